# SPDX-License-Identifier: GPL-3.0-or-later
"""Collect what a bake needs to know of a rig, so that the rest of the bake asks Blender nothing."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any, Final

import bpy
import numpy as np

from ..character.skin import Skin, read_skin
from ..controls.find import body_control, find_controls
from ..controls.limbs import IkControls
from ..controls.stretch import stretching_off
from ..core import FloatArray, Motion
from ..fingers.moved import MovedFingers, moved_fingers
from ..fingers.rig_fingers import RigFingers, finger_bone_names, rig_fingers
from ..layers.below import paths_below
from ..layers.masks import BodyPart, body_parts
from ..rig.chains import can_be_shifted, detached_joints, root_bone_name
from ..rig.checks import check_bones, check_object
from ..rig.curves import rotation_property
from ..rig.families import RigMapping
from ..rig.measure import RigMeasure
from ..rig.places import joint_place, location_axes
from ..rig.switched_off import SwitchedOff, to_switch_off
from ..rig.tree import BoneTree, bone_tree
from .channels import AT_REST, Channel
from .control_channels import (
    control_parts,
    setting_channels,
)
from .object_motion import ObjectPlace, check_object_motion, object_place
from .root_motion import root_motion_bone
from .settings import BakeSettings, ControlMode

_NOT_AT_REST: Final[float] = 1e-6


@dataclass(frozen=True)
class RigFacts:
    """Hold all data of Blender that a bake needs, so that the rest of the bake can run in another thread."""

    world: FloatArray
    """(4, 4) matrix_world of the armature object, where it stands without root motion."""
    place: ObjectPlace
    tree: BoneTree
    root_bone: str
    """The bone whose location carries the body."""
    root_turns: bool
    """It has skin and is none of the joints: it turns as the pelvis does, or its skin would stay behind."""
    loose_bones: dict[str, str]
    """Bones that no parent carries to their joint, and which joint that is: they get a location of their own."""
    location_axes: dict[str, FloatArray]
    """For the bones that get a location: what one unit of each component does in the armature frame, as columns."""
    pelvis_rest: FloatArray
    """(3,) the pelvis joint in the rest pose, in the armature frame."""
    modes: dict[str, str]
    """Rotation mode of each bone of the tree."""
    parts: dict[str, BodyPart]
    """The part of the body of each bone."""
    rest_channels: tuple[Channel, ...]
    """Constant channels for bones that must rest while the motion plays."""
    switched_off: tuple[SwitchedOff, ...]
    """Constraints without influence while the action plays."""
    scene_fps: float
    skin: Skin | None
    """None if the armature deforms nothing."""
    fingers: RigFingers | None
    """None if the rig has no fingers."""
    fingers_at_rest: tuple[Channel, ...] = ()
    """As ``rest_channels``, for the bones of the fingers."""
    controls: IkControls | None = None
    """The controls that get keys of inverse kinematics; None: only FK is baked."""

    def metres_per_unit(self, measure: RigMeasure) -> float:
        """Return how many metres a unit of the armature frame is: many objects are scaled by 0.01."""
        return float(np.cbrt(abs(np.linalg.det(self.world[:3, :3])))) * measure.metres_per_unit

    def moved_fingers(self, motion: Motion, settings: BakeSettings) -> MovedFingers:
        """Return how many finger bones a bake moves, and by what."""
        bones = self.fingers.count if self.fingers is not None else 0
        return moved_fingers(bones, motion.fingers, settings.fingers)


def rig_facts(
    armature_object: Any,
    *,
    scene: Any,
    mapping: RigMapping,
    control_mode: ControlMode = "fk",
    over_active_action: bool = False,
) -> RigFacts:
    """Check a rig, and collect everything that a bake needs from Blender.

    Args:
        armature_object: the rig.
        scene: its scene.
        mapping: which bone is which joint.
        control_mode: which controls get keys.
        over_active_action: the bake is a layer: the active action plays on below it.

    Raises:
        RigError: the rig cannot be keyed; the message names the object, bone or constraint.
    """
    check_object(armature_object)
    check_bones(armature_object, mapping)
    bones = armature_object.data.bones
    body = body_control(mapping, bones) if control_mode != "fk" else None
    tree = bone_tree(armature_object, mapping, scene, body)
    skin = read_skin(armature_object)
    with_skin = frozenset(skin.bones[:-1]) if skin else frozenset()
    root = root_bone_name(armature_object, mapping, tree, with_skin)
    turns = not mapping.family.is_control_rig and root in with_skin - set(mapping.bones.values())
    loose = {mapping.bones[joint]: joint for joint in detached_joints(tree, mapping, root if turns else None)}
    loose = {name: joint for name, joint in loose.items() if can_be_shifted(bones[name])}
    switched_off = to_switch_off(armature_object, mapping)
    controls = None
    if control_mode != "fk":
        controls = find_controls(armature_object, mapping, scene, tree, switched_off)
        switched_off = tuple(off for off in switched_off if off.data_path not in dict(controls.settings))
        switched_off += stretching_off(armature_object, controls.limbs)
    tops = [name for name, bone in tree.items() if bone.carrier is None]  # one of them may get root motion
    located = (root, *loose, *tops, *(controls.centre if controls else ()))
    animated = (*tree, root, *(controls.bones if controls else ()))
    below = paths_below(armature_object, over_active_action)
    fingers = rig_fingers(armature_object, mapping, scene)
    finger_bones = finger_bone_names(fingers) - tree.keys()
    place = object_place(armature_object)
    return RigFacts(
        world=place.world,
        place=place,
        tree=tree,
        root_bone=root,
        root_turns=turns or (body is not None and root == body),
        loose_bones=loose,
        location_axes={name: location_axes(bones[name]) for name in located},
        pelvis_rest=joint_place(armature_object.data, mapping, "pelvis"),
        modes={name: armature_object.pose.bones[name].rotation_mode for name in animated},
        parts={
            **body_parts(armature_object, mapping, tree),
            **dict.fromkeys(finger_bones, "arms"),
            **(control_parts(controls) if controls else {}),
        },
        rest_channels=_rest_channels(armature_object, mapping, switched_off, controls, below),
        switched_off=switched_off,
        scene_fps=scene.render.fps / scene.render.fps_base,
        skin=skin,
        fingers=fingers,
        fingers_at_rest=tuple(_held_at_rest(armature_object, finger_bones, below)),
        controls=controls,
    )


def check_root_motion(armature_object: Any, carrier: str, *, scene: Any, mapping: RigMapping) -> None:
    """Check that a rig can take root motion, on its root bone ("root") or on the object ("object"): before the solve.

    Raises:
        RigError: it cannot; the message says what to do.
    """
    if carrier == "object":
        check_object_motion(armature_object)
    if carrier != "root":
        return
    facts = rig_facts(armature_object, scene=scene, mapping=mapping)
    root_motion_bone(facts.tree, mapping, facts.root_bone)


def _rest_channels(
    armature_object: Any,
    mapping: RigMapping,
    switched_off: Iterable[SwitchedOff],
    controls: IkControls | None,
    below: Collection[str],
) -> tuple[Channel, ...]:
    """Return constant channels for bones that would otherwise bend or shift the motion, and for the rig's switches.

    A posed bone between or above the mapped ones, left over from an earlier animation or moved by a track below, is
    held at rest by the new action: neither its pose nor the earlier animation is touched.
    """
    pose = armature_object.pose.bones
    mapped = set(mapping.bones.values())
    held = {*mapped, *mapping.family.held_bones, *((*controls.held, *controls.bones) if controls else ())}
    held |= {parent.name for name in mapped for parent in pose[name].parent_recursive}
    channels = _held_at_rest(armature_object, held, below)
    for name, key, value in mapping.family.settings:
        if name in pose and key in pose[name]:
            path = f'{pose[name].path_from_id()}["{bpy.utils.escape_identifier(key)}"]'
            channels.append(Channel(path, name, np.array([[value]])))
    channels += [Channel(off.data_path, off.bone, np.zeros((1, 1))) for off in switched_off]
    settings = setting_channels(controls) if controls else []
    set_for_ik = {channel.data_path for channel in settings}
    return (*(channel for channel in channels if channel.data_path not in set_for_ik), *settings)


def _held_at_rest(armature_object: Any, held: Collection[str], below: Collection[str]) -> list[Channel]:
    """Return constant channels for those of the bones that are not at rest now, or that a track below animates."""
    channels = []
    for bone in (bone for bone in armature_object.pose.bones if bone.name in held):
        for name in ("location", "scale", rotation_property(bone.rotation_mode)):
            rest = AT_REST[name]
            path = bone.path_from_id(name)
            if path in below or np.abs(np.subtract(getattr(bone, name), rest)).max() > _NOT_AT_REST:
                channels.append(Channel(path, bone.name, np.array([rest])))
    return channels
