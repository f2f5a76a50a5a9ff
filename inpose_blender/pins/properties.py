# SPDX-License-Identifier: GPL-3.0-or-later
"""Keep the pins of a character with its armature object; each has a handle, an empty that says where the joint is."""

# Blender reads properties from annotations, which are then no types.
# mypy: disable-error-code="valid-type"

from typing import Any, Final

import bpy

from ..joint_names import JOINT_NAMES

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
)
"""What a pin says."""


class INPOSE_PG_pin(bpy.types.PropertyGroup):
    """Hold one pin: which joint, when, and how strictly. Its handle says where; a foot that stands has none."""

    kind: bpy.props.EnumProperty(name="Kind", description="What the pin says", items=KIND_ITEMS)
    joint: bpy.props.EnumProperty(name="Joint", description="The joint that the pin holds", items=JOINT_ITEMS)
    handle: bpy.props.PointerProperty(
        name="Handle",
        description="Move, rotate, animate or parent this empty to say where the joint is",
        type=bpy.types.Object,
    )
    first: bpy.props.IntProperty(name="From", description="First frame in which the pin holds the joint")
    last: bpy.props.IntProperty(name="To", description="Last frame in which the pin holds the joint")
    ease: bpy.props.IntProperty(
        name="Ease", description="Frames in which the motion goes to the pin, and leaves it", default=8, min=0, max=240
    )
    use_position: bpy.props.BoolProperty(name="Position", description="The joint is where the handle is", default=True)
    use_rotation: bpy.props.BoolProperty(
        name="Rotation", description="The joint is turned as the handle is; unturned, it is as in a T-pose"
    )
    soft: bpy.props.BoolProperty(
        name="Soft", description="Give in if the rest of the body would have to bend in an unlikely way"
    )
    muted: bpy.props.BoolProperty(name="Mute", description="Keep the pin, but do not use it")


class INPOSE_PG_pins(bpy.types.PropertyGroup):
    """Hold the pins of one character."""

    entries: bpy.props.CollectionProperty(name="Pins", description="The pins of the character", type=INPOSE_PG_pin)
    chosen: bpy.props.IntProperty(name="Pin", description="The chosen pin", default=-1)
    seed: bpy.props.IntProperty(
        name="Variation", description="0 is the most likely motion; each other number gives another one", min=0
    )


CLASSES = (INPOSE_PG_pin, INPOSE_PG_pins)


def pins_of(armature: Any) -> Any:
    """Return the pins of an armature object."""
    return armature.inpose_pins


def chosen_pin(armature: Any) -> Any:
    """Return the chosen pin of an armature object, or None."""
    pins = pins_of(armature)
    return pins.entries[pins.chosen] if 0 <= pins.chosen < len(pins.entries) else None
