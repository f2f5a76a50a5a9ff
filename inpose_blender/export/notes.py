# SPDX-License-Identifier: GPL-3.0-or-later
"""Say what a file cannot contain, and what to do about it. Does not import bpy or numpy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

NoteKind = Literal["no_root", "still_root", "stretch", "bendy", "modifiers", "no_skin", "one_clip", "bone_length"]

NOTES: Final[dict[NoteKind, str]] = {
    "no_root": (
        "The skeleton has no root bone, which the engine needs for root motion. If you want root motion, set "
        "Root motion to Root bone, and export again."
    ),
    "still_root": (
        "The root bone {bone} does not move, so the engine finds no root motion. If you want it, set Root "
        "motion to Root bone, and export again."
    ),
    "stretch": (
        "The bone {bone} is stretched by up to {percent} %. The file contains no stretch: joints are in their places, "
        "but the skin of the bone keeps its length."
    ),
    "bendy": "Engines have no bendy bones: the skin of {bone} bends only at its ends.",
    "modifiers": (
        "The mesh {mesh} has shape keys, so these modifiers are not applied in the file: {names}. Apply or remove them."
    ),
    "no_skin": (
        "Godot makes a skeleton only of a glTF file with a skinned mesh. Switch on Meshes, or export an FBX file."
    ),
    "one_clip": "This kind of file holds one motion: the file contains {clip}.",
    "bone_length": (
        "In a BVH file, bones keep their length: {bone} is up to {mm} mm away from its place. Use FBX or glTF instead."
    ),
}
"""The sentence of each kind, with the fields that `ExportNote.values` fills in."""


@dataclass(frozen=True)
class ExportNote:
    """Hold one note on an export."""

    kind: NoteKind
    values: tuple[tuple[str, str], ...] = ()

    @property
    def sentence(self) -> str:
        """Return the note in English."""
        return NOTES[self.kind].format(**dict(self.values))
