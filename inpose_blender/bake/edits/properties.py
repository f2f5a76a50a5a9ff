# SPDX-License-Identifier: GPL-3.0-or-later
"""Keep the clean-up edits of a character with its armature object. Each edit has a stretch of frames and an amount."""

# Blender reads properties from annotations, which are then no types.
# mypy: disable-error-code="valid-type"

from typing import Any, Final

import bpy

from ...options import EDIT_KINDS
from ...takes.frame_fields import frame_of, frames_of, set_frame_of, set_frames_of
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
    """Hold one edit: what it does, when, and how much. Each kind has an amount of its own.

    Times are those of the recording: an edit keeps its place in the motion, whatever frames this is baked to.
    """

    kind: bpy.props.EnumProperty(name="Kind", description="What the edit does", items=KIND_ITEMS)
    whole: bpy.props.BoolProperty(name="Whole take", description="Edit the take from its first to its last frame")
    start_s: bpy.props.FloatProperty(options={"HIDDEN"})
    stop_s: bpy.props.FloatProperty(options={"HIDDEN"})
    ease_s: bpy.props.FloatProperty(default=1 / 3, options={"HIDDEN"})
    first: bpy.props.IntProperty(
        name="From",
        description="First frame that is edited fully",
        get=frame_of("start_s"),
        set=set_frame_of("start_s"),
    )
    last: bpy.props.IntProperty(
        name="To", description="Last frame that is edited fully", get=frame_of("stop_s"), set=set_frame_of("stop_s")
    )
    ease: bpy.props.IntProperty(
        name="Ease",
        description="Frames in which the edit fades in before and out after",
        min=0,
        soft_max=240,
        get=frames_of("ease_s"),
        set=set_frames_of("ease_s"),
    )
    amount: bpy.props.FloatProperty(
        name="Amount",
        description="How much the edit does",
        default=1.0,
        min=0.0,
        soft_max=3.0,
        max=3.0,
        step=5,
        precision=3,
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
