# SPDX-License-Identifier: GPL-3.0-or-later
"""Keep the pins of a character with its armature object; each has a handle, an empty that says where the joint is."""

# Blender reads properties from annotations, which are then no types.
# mypy: disable-error-code="valid-type"

from typing import Any, Final

import bpy

from ..joint_names import JOINT_NAMES
from ..takes.clock import clock_of_take
from ..takes.frame_fields import frame_of, set_frame_of
from ..takes.overrides import ON_OVERRIDES

PIN_JOINTS: Final[tuple[str, ...]] = (
    *(f"{side}_{joint}" for joint in ("ankle", "foot", "knee", "hip") for side in ("left", "right")),
    *("pelvis", "spine1", "spine2", "spine3", "neck", "head"),
    *(f"{side}_{joint}" for joint in ("collar", "shoulder", "elbow", "wrist") for side in ("left", "right")),
)
"""All joints, those that are pinned most often first."""
assert set(PIN_JOINTS) == set(JOINT_NAMES)

JOINT_ITEMS: Final[tuple[tuple[str, str, str, int], ...]] = tuple(
    (joint, joint.replace("_", " "), "", JOINT_NAMES.index(joint)) for joint in PIN_JOINTS
)


FOOT_ITEMS: Final[tuple[tuple[str, str, str, int], ...]] = (
    ("left_ankle", "left foot", "", 0),
    ("right_ankle", "right foot", "", 1),
)
KIND_ITEMS: Final[tuple[tuple[str, str, str, int], ...]] = (
    ("place", "Place", "The joint is where the handle is, or turned as the handle is", 0),
    ("stands", "Stands", "The foot stands on the ground", 1),
    ("lifts", "Does not stand", "The foot does not stand on the ground", 2),
    ("sits", "Sits", "The body sits where the handle is", 3),
)
"""What a pin says."""
CONTACT_ITEMS: Final[tuple[tuple[str, str, str, int], ...]] = (
    ("left_foot", "Left foot on an object", "The left foot stands on the object for its stance at this frame", 0),
    ("right_foot", "Right foot on an object", "The right foot stands on the object for its stance at this frame", 1),
    ("both_feet", "Both feet on an object", "Both feet stand on the object for their stances at this frame", 2),
    ("sit", "Sit on an object", "The body sits on the object as long as it stays there", 3),
    ("left_hand", "Left hand on an object", "The left hand lies on the object as long as it stays there", 4),
    ("right_hand", "Right hand on an object", "The right hand lies on the object as long as it stays there", 5),
)
"""What can touch an object."""
SURFACE_TYPES: Final[frozenset[str]] = frozenset({"MESH", "CURVE", "SURFACE", "META", "FONT", "EMPTY"})
"""Objects that something can touch; of an empty, it is its XY plane."""


def _on_ease(pin: Any, context: bpy.types.Context) -> None:
    solved = getattr(pin.id_data, "inpose_take", None)
    if solved is not None:  # else the pin is being put away into the list of takes
        pin.ease_s = pin.ease / clock_of_take(solved, context.scene).fps


class INPOSE_PG_pin(bpy.types.PropertyGroup):
    """Hold one pin: which joint, when, and how strictly. Its handle says where; a foot that stands has none.

    Times are those of the recording: a pin keeps its place in the motion, whatever frames this is baked to.
    """

    kind: bpy.props.EnumProperty(name="Kind", description="What the pin says", items=KIND_ITEMS)
    joint: bpy.props.EnumProperty(name="Joint", description="The joint that the pin holds", items=JOINT_ITEMS)
    handle: bpy.props.PointerProperty(
        name="Handle",
        description="Move, rotate, animate or parent this empty to say where the joint is",
        type=bpy.types.Object,
    )
    start_s: bpy.props.FloatProperty(options={"HIDDEN"})
    stop_s: bpy.props.FloatProperty(options={"HIDDEN"})
    first: bpy.props.IntProperty(
        name="From",
        description="First frame in which the pin holds the joint",
        get=frame_of("start_s"),
        set=set_frame_of("start_s"),
    )
    last: bpy.props.IntProperty(
        name="To",
        description="Last frame in which the pin holds the joint",
        get=frame_of("stop_s"),
        set=set_frame_of("stop_s"),
    )
    while_standing: bpy.props.BoolProperty(
        name="Hold while it stands",
        description="Hold the foot as long as it stands. If the handle lifts the foot, hold it in this frame only",
    )
    ease: bpy.props.IntProperty(
        name="Ease",
        description="Frames in which the motion goes to the pin, and leaves it",
        default=8,
        min=0,
        max=240,
        update=_on_ease,
    )
    ease_s: bpy.props.FloatProperty(default=-1.0, options={"HIDDEN"})
    """The same in seconds of the recording: it stays when a bake has other frames. Below 0 in pins of older files."""
    use_position: bpy.props.BoolProperty(name="Position", description="The joint is where the handle is", default=True)
    use_rotation: bpy.props.BoolProperty(
        name="Rotation", description="The joint is turned as the handle is; unturned, it is as in a T-pose"
    )
    soft: bpy.props.BoolProperty(
        name="Soft", description="Give in if the rest of the body would have to bend in an unlikely way"
    )
    muted: bpy.props.BoolProperty(name="Mute", description="Keep the pin, but do not use it")
    shift_m: bpy.props.FloatVectorProperty(options={"HIDDEN"})
    turn_wxyz: bpy.props.FloatVectorProperty(size=4, default=(1.0, 0.0, 0.0, 0.0), options={"HIDDEN"})
    """How the clean-up edits of the last bake have moved and turned the joint at the first frame of the pin, in the
    room of the motion. The handle shows the joint after the edits; the solver wants it before them."""


def _is_surface(_pins: Any, candidate: bpy.types.Object) -> bool:
    return is_surface(candidate)


class INPOSE_PG_pins(bpy.types.PropertyGroup):
    """Hold the pins of one character."""

    entries: bpy.props.CollectionProperty(
        name="Pins", description="The pins of the character", type=INPOSE_PG_pin, override=set(ON_OVERRIDES)
    )
    chosen: bpy.props.IntProperty(name="Pin", description="The chosen pin", default=-1)
    surface: bpy.props.PointerProperty(
        name="Object",
        description="The object that feet, hands or the body touch. If empty, the active object",
        type=bpy.types.Object,
        poll=_is_surface,
    )
    seed: bpy.props.IntProperty(
        name="Variation", description="0 is the most likely motion; each other number gives another one", min=0
    )


def _on_stand_choice(stands: Any, context: bpy.types.Context) -> None:
    stand = None if stands.is_filling else chosen_stand(context)
    if stand is not None and not stand.first <= context.scene.frame_current <= stand.last:
        context.scene.frame_set(stand.first)


class INPOSE_PG_stand(bpy.types.PropertyGroup):
    """Hold one stance of a foot for the list in the panel."""

    foot: bpy.props.IntProperty(options={"SKIP_SAVE"})
    """0 the left, 1 the right."""
    first: bpy.props.IntProperty(options={"SKIP_SAVE"})
    last: bpy.props.IntProperty(options={"SKIP_SAVE"})
    is_said: bpy.props.BoolProperty(options={"SKIP_SAVE"})


class INPOSE_PG_stands(bpy.types.PropertyGroup):
    """Hold the list of stances that the panel shows; belongs to the session and is never saved."""

    entries: bpy.props.CollectionProperty(type=INPOSE_PG_stand, options={"SKIP_SAVE"})
    chosen: bpy.props.IntProperty(
        name="Stance", description="Click a stance to go to its first frame", default=-1, update=_on_stand_choice
    )
    listed: bpy.props.StringProperty(options={"SKIP_SAVE"})
    """Key of the stances in the list."""
    is_filling: bpy.props.BoolProperty(options={"SKIP_SAVE"})


CLASSES = (INPOSE_PG_pin, INPOSE_PG_pins, INPOSE_PG_stand, INPOSE_PG_stands)


def stands_shown(context: bpy.types.Context) -> Any:
    """Return the session's list of stances."""
    return context.window_manager.inpose_stands


def chosen_stand(context: bpy.types.Context) -> Any:
    """Return the stance that is chosen in the list, or None."""
    shown = stands_shown(context)
    return shown.entries[shown.chosen] if 0 <= shown.chosen < len(shown.entries) else None


def is_surface(thing: Any) -> bool:
    """Return whether something can touch an object; handles of pins are no surfaces."""
    return thing is not None and thing.type in SURFACE_TYPES and thing.inpose_room_of is None


def pins_of(armature: Any) -> Any:
    """Return the pins of an armature object."""
    return armature.inpose_pins


def chosen_pin(armature: Any) -> Any:
    """Return the chosen pin of an armature object, or None."""
    pins = pins_of(armature)
    return pins.entries[pins.chosen] if 0 <= pins.chosen < len(pins.entries) else None
