# SPDX-License-Identifier: GPL-3.0-or-later
"""The options of an export, and what each game engine expects of a file. Neither bpy nor numpy here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from ..errors import OutputError
from ..options import Choice, OptionTable, option

EngineName = Literal["unreal", "unity", "godot"]
ClipChoice = Literal["takes", "playing"]
RootMotionChoice = Literal["keep", "root"]


@dataclass(frozen=True)
class Engine:
    """Describe what a game engine expects."""

    label: str
    suffix: str
    """Ending of the file that it imports best."""
    root_points_up: bool
    """The axes of a new root bone: its Y axis is up, so that the engine shows no rotation where Y is up; else all axes
    are Blender's, for an engine where Z is up."""


ENGINES: Final[Mapping[str, Engine]] = {
    "unreal": Engine("Unreal", ".fbx", root_points_up=False),
    "unity": Engine("Unity", ".fbx", root_points_up=True),
    "godot": Engine("Godot", ".glb", root_points_up=True),
}
GAME_SUFFIXES: Final[tuple[str, ...]] = (".fbx", ".glb")
BODY_SUFFIXES: Final[tuple[str, ...]] = (".bvh", ".vrma")
EXPORT_SUFFIXES: Final[tuple[str, ...]] = (*GAME_SUFFIXES, *BODY_SUFFIXES)


@dataclass(frozen=True)
class ExportOptions(OptionTable):
    """Say how the character is exported.

    Raises:
        OutputError: a value does not fit.
    """

    title = "Export"
    sentence = "How the character is exported: the options under Export in the panel."
    error = OutputError

    engine: EngineName = option(
        "unreal",
        "Game engine that will import the file",
        label="Engine",
        choices=(
            Choice("unreal", "Unreal", "FBX in centimetres, with a root bone that has no rotation where Z is up"),
            Choice("unity", "Unity", "FBX without rotation or scale on any object"),
            Choice("godot", "Godot", "glTF, in metres"),
        ),
        flag="export-for",
    )
    clips: ClipChoice = option(
        "takes",
        "Animations that the file contains",
        label="Clips",
        choices=(
            Choice("takes", "One per take", "The newest bake of each take of this character, also in muted NLA tracks"),
            Choice("playing", "What plays", "The frame range of the scene, with all layers, as one clip"),
        ),
        flag="export-clips",
    )
    root_motion: RootMotionChoice = option(
        "keep",
        "Bone that has the root motion in the file",
        label="Root motion",
        choices=(
            Choice("keep", "As animated", "The bones move as in Blender"),
            Choice(
                "root",
                "Root bone",
                "A bone on the floor carries the root motion. It is added if the rig has none. The body does not move "
                "differently",
            ),
        ),
        flag="export-root-motion",
    )
    mesh: bool = option(
        True,
        "Export the meshes of the character, too. Otherwise, the file contains only the skeleton and its animations",
        label="Meshes",
        flag="export-meshes",
    )
