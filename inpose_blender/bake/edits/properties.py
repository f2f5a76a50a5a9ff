# SPDX-License-Identifier: GPL-3.0-or-later
"""Keep the clean-up edits of a character with its armature object. Each edit has a stretch of frames and an amount."""

# Blender reads properties from annotations, which are then no types.
# mypy: disable-error-code="valid-type"

from typing import Any, Final

import bpy

from ...options import EDIT_KINDS
from ...takes.overrides import ON_OVERRIDES

KIND_ITEMS: Final[tuple[tuple[str, str, str, int], ...]] = tuple(
    (kind.name, kind.label, kind.description, number) for number, kind in enumerate(EDIT_KINDS)
)
MIRROR_ITEMS: Final[tuple[tuple[str, str, str, int], ...]] = (
    ("none", "Not mirrored", "Left and right are as recorded", 0),
    ("heading", "At the start", "The mirror goes through the start of the character, in the direction it faces", 1),
    ("room", "At the room", "The mirror goes through the middle of the recorded room", 2),
)


def _is_mesh(_edit: Any, candidate: Any) -> bool:
    return bool(candidate.type == "MESH")


class INPOSE_PG_edit(bpy.types.PropertyGroup):
    """Hold one edit: what it does, when, and how much. Each kind has an amount of its own."""

    kind: bpy.props.EnumProperty(name="Kind", description="What the edit does", items=KIND_ITEMS)
    whole: bpy.props.BoolProperty(name="Whole take", description="Edit the take from its first to its last frame")
    first: bpy.props.IntProperty(name="From", description="First frame that is edited fully")
    last: bpy.props.IntProperty(name="To", description="Last frame that is edited fully")
    ease: bpy.props.IntProperty(
        name="Ease", description="Frames in which the edit fades in before and out after", default=8, min=0, max=240
    )
    amount: bpy.props.FloatProperty(
        name="Amount", description="How much the edit does", default=1.0, min=0.0, soft_max=3.0, max=3.0, step=5
    )
    hold_hands: bpy.props.BoolProperty(name="Hold hands", description="The hands stay where they are")
    ground: bpy.props.PointerProperty(
        name="Ground",
        description="The mesh that the feet stand on: its highest surface counts. None: a level floor",
        type=bpy.types.Object,
        poll=_is_mesh,
    )
    height: bpy.props.FloatProperty(
        name="Height", description="Height of the level floor above that of the recording", unit="LENGTH", step=1
    )
    muted: bpy.props.BoolProperty(name="Mute", description="Keep the edit, but do not use it")


class INPOSE_PG_edits(bpy.types.PropertyGroup):
    """Hold the edits of one character, in the order in which they are applied."""

    entries: bpy.props.CollectionProperty(
        name="Edits", description="The clean-up edits", type=INPOSE_PG_edit, override=set(ON_OVERRIDES)
    )
    chosen: bpy.props.IntProperty(name="Edit", description="The chosen edit", default=-1)
    mirror: bpy.props.EnumProperty(
        name="Mirror", description="Exchange left and right in the whole take", items=MIRROR_ITEMS
    )


CLASSES = (INPOSE_PG_edit, INPOSE_PG_edits)


def edits_of(armature: Any) -> Any:
    """Return the edits of an armature object; None if the add-on is not enabled, as without a window."""
    return getattr(armature, "inpose_edits", None)


def chosen_edit(armature: Any) -> Any:
    """Return the chosen edit of an armature object, or None."""
    edits = edits_of(armature)
    return edits.entries[edits.chosen] if 0 <= edits.chosen < len(edits.entries) else None


def move_edits(armature: Any, first_frame: int, speed: float) -> None:
    """Let all edits stay at the poses that they change, when a bake begins at another frame or has another speed.

    Args:
        armature: still has the first frame and the speed of its last bake.
        first_frame: of the new bake.
        speed: of the new bake.
    """
    edits, take = edits_of(armature), armature.inpose_take
    if edits is None or (first_frame, speed) == (take.first_frame, take.speed):
        return
    longer = take.speed / speed
    for edit in edits.entries:
        edit.first = first_frame + round((edit.first - take.first_frame) * longer)
        edit.last = first_frame + round((edit.last - take.first_frame) * longer)
        edit.ease = round(edit.ease * longer)
