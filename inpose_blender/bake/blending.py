# SPDX-License-Identifier: GPL-3.0-or-later
"""Let a bake go over from what plays already, and back to it.

A layer blends in the NLA editor, where the user can change it. A bake without a layer has the blend in its keys.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

import numpy as np

from ..controls.under_ik import leading_bones, limb_joints
from ..core import (
    JOINT_COUNT,
    JOINT_INDEX,
    JOINT_NAMES,
    PARENTS,
    FloatArray,
    Motion,
    continuous_signs,
    matrix_to_quaternion,
    multiply_quaternions,
    slerp,
)
from ..layers.hemispheres import nearest_to
from ..layers.on_ik import LimbsOnIk, limbs_on_ik
from ..layers.options import LayerOptions
from ..layers.playing import Others, played_moves, played_values
from ..rig.chains import spread_chains
from ..rig.families import RigMapping
from ..rig.home import home_world
from ..rig.places import joint_place
from ..rig.prepare import PreparedRig
from ..rig.rotation import rotation_of
from ..rig.tree import BoneTree
from .adjust import resampled_count
from .channels import Channel
from .play_action import others_playing
from .rig_facts import RigFacts
from .settings import BakeSettings

_MOST_LOOKS: Final[int] = 300
"""Most frames at which the hips are looked at: between them, they turn evenly."""
_ROTATION: Final[re.Pattern[str]] = re.compile(r"\.(rotation_quaternion|rotation_euler)$")


def blendable_channels(
    armature_object: Any, channels: list[Channel], frames: FloatArray, settings: BakeSettings
) -> list[Channel]:
    """Return the channels of a layer so that Blender blends them with what plays below along the short way.

    Args:
        armature_object: the object.
        channels: what the layer's action will hold.
        frames: the scene's frame of each value.
        settings: of the bake, with a layer.
    """
    layer = settings.layer
    assert layer is not None
    if layer.adds or not (layer.blend_in or layer.blend_out):
        return channels
    at = layer.blend_in / 2 if layer.blend_in else frames[-1] - frames[0] - layer.blend_out / 2
    index = int(np.clip(np.searchsorted(frames, frames[0] + at), 0, len(frames) - 1))
    found = [(channel, match.group(1)) for channel in channels if (match := _ROTATION.search(channel.data_path))]
    paths = [(channel.group, name) for channel, name in found]
    below = played_values(armature_object, paths, [float(frames[index])], others_playing(armature_object, settings))
    turned = {
        channel.data_path: _rewritten(
            channel, *nearest_to(name, channel.values[min(index, len(channel.values) - 1)], values[0])
        )
        for (channel, name), values in zip(found, below, strict=True)
    }
    return [turned.get(channel.data_path, channel) for channel in channels]


def _rewritten(channel: Channel, factor: float, summand: FloatArray) -> Channel:
    """Return a channel of the same rotations in other numbers; its smooth curves go the same way."""
    slopes = None if channel.slopes is None else factor * channel.slopes
    return replace(channel, values=factor * channel.values + summand, slopes=slopes)


def blended_motion(
    motion: Motion, options: LayerOptions, rig: PreparedRig, scene: Any, settings: BakeSettings, facts: RigFacts
) -> Motion:
    """Return a placed motion that begins and ends in the poses that the character has without it.

    Args:
        motion: where the bake puts it.
        options: how many frames of the scene the blends take.
        rig: the rig.
        scene: the scene that is animated.
        settings: of the bake.
        facts: of the rig.

    Raises:
        RigError: the animation before uses IK that cannot be read.
    """
    rate = scene.render.fps / scene.render.fps_base / motion.fps  # frames of the scene for each of the motion
    length = (len(motion) - 1) * rate
    share = np.zeros(len(motion))
    frames = np.arange(len(motion)) * rate
    if options.blend_in:
        share = np.maximum(share, 1 - _ease(frames / options.blend_in))
    if options.blend_out:
        share = np.maximum(share, 1 - _ease((length - frames) / options.blend_out))
    (blended,) = np.nonzero(share)
    if not len(blended):
        return motion
    others = others_playing(rig.armature_object, settings)
    at = settings.first_frame + frames[blended]
    played = _played_motion(motion, rig, scene, facts, at.tolist(), others)
    weight = share[blended][:, None]
    local = slerp(motion.part(blended).local_rotations_wxyz, played.local_rotations_wxyz, weight[..., None])
    rotations = motion.rotations_wxyz.copy()
    rotations[blended] = _from_local(local)
    root_m = motion.root_translation_m.copy()
    root_m[blended] += weight * (played.root_translation_m - root_m[blended])
    return replace(motion, rotations_wxyz=continuous_signs(rotations), root_translation_m=root_m)


def _played_motion(
    motion: Motion, rig: PreparedRig, scene: Any, facts: RigFacts, at: Sequence[float], others: Others
) -> Motion:
    """Return the motion that plays already, at some frames of the scene.

    The controls of FK rest while IK moves a limb of a control rig. There, the bones of the IK chain are read instead.
    """
    armature_object, mapping = rig.armature_object, rig.mapping
    turning = _turning_bones(facts.tree, mapping)
    on_ik = LimbsOnIk((), np.zeros((len(at), 0)))
    if mapping.family.is_control_rig:  # other rigs have no bones beside those that IK moves
        on_ik = limbs_on_ik(armature_object, mapping, scene, facts.tree, facts.switched_off, frames=at, others=others)
    of_limbs = {joint for limb in on_ik.limbs for joint in limb_joints(limb)}
    leading = {joint: (bone,) for limb in on_ik.limbs for joint, bone in leading_bones(limb).items()}
    under_ik = {joint: bones for joint, bones in turning.items() if joint not in of_limbs} | leading
    read = [bone for bones in (*turning.values(), *leading.values()) for bone in bones]
    names = list(dict.fromkeys((*read, mapping.anchor("pelvis"))))
    moves = dict(zip(names, played_moves(armature_object, names, at, others).swapaxes(0, 1), strict=True))
    played = posed_motion(moves, turning, rig, motion)
    if not on_ik.limbs:
        return played
    rotations, under_ik_wxyz = played.rotations_wxyz, posed_motion(moves, under_ik, rig, motion).rotations_wxyz
    for limb, share in zip(on_ik.limbs, on_ik.shares.T, strict=True):
        joints = [JOINT_INDEX[joint] for joint in limb_joints(limb)]
        rotations[:, joints] = slerp(rotations[:, joints], under_ik_wxyz[:, joints], share[:, None, None])
    return replace(played, rotations_wxyz=rotations)


def turning_hips(motion: Motion, rig: PreparedRig, facts: RigFacts, settings: BakeSettings) -> FloatArray:
    """Return how the hips turn in what plays already, (F, 4) in the core frame, for each key of a bake."""
    fps = settings.fps or facts.scene_fps
    count = resampled_count(len(motion), motion.fps, fps)
    rate = facts.scene_fps / fps
    step = max(1, int(np.ceil(count / _MOST_LOOKS)))
    looked = np.unique(np.append(np.arange(0, count, step), count - 1))
    frames = (settings.first_frame + looked * rate).tolist()
    bone = rig.mapping.anchor("pelvis")
    moves = played_moves(rig.armature_object, [bone], frames, others_playing(rig.armature_object, settings))
    R_core_armature = rig.measure.R_world_core.T @ rotation_of(home_world(rig.armature_object))
    turned = R_core_armature @ _rotations(moves[:, 0]) @ R_core_armature.T @ rig.measure.alignments[0].T
    found = continuous_signs(matrix_to_quaternion(turned)[:, None])[:, 0]
    keys = np.arange(count)
    before = np.clip(np.searchsorted(looked, keys, side="right") - 1, 0, max(len(looked) - 2, 0))
    after = np.minimum(before + 1, len(looked) - 1)
    share = (keys - looked[before]) / np.maximum(looked[after] - looked[before], 1)
    return slerp(found[before], found[after], share[:, None])


def posed_motion(
    moves: Mapping[str, FloatArray], turning: Mapping[str, Sequence[str]], rig: PreparedRig, motion: Motion
) -> Motion:
    """Return the motion of a posed rig, in the frame of a placed motion: the bake, backwards.

    Args:
        moves: (F, 4, 4) for each bone: how it moves away from rest in the armature frame.
        turning: the one or two bones that turn as each joint does.
        rig: the rig.
        motion: gives the skeleton and the frame rate.
    """
    measure, armature_object = rig.measure, rig.armature_object
    world = home_world(armature_object)
    R_core_armature = measure.R_world_core.T @ rotation_of(world)
    pelvis = moves[rig.mapping.anchor("pelvis")] @ np.append(
        joint_place(armature_object.data, rig.mapping, "pelvis"), 1.0
    )
    rotations = np.empty((len(pelvis), JOINT_COUNT, 4))
    for joint, name in enumerate(JOINT_NAMES):
        if name not in turning:  # it turns with the joint above
            rotations[:, joint] = rotations[:, PARENTS[joint]]
            continue
        turned = [
            matrix_to_quaternion(
                R_core_armature @ _rotations(moves[bone]) @ R_core_armature.T @ measure.alignments[joint].T
            )
            for bone in turning[name]
        ]
        rotations[:, joint] = slerp(turned[0], turned[-1], 0.5)
    in_world = pelvis @ world.T
    root_m = (in_world[:, :3] - measure.origin_world) @ measure.R_world_core * measure.metres_per_unit
    return Motion(rotations, root_m, motion.skeleton, motion.fps)


def _turning_bones(tree: BoneTree, mapping: RigMapping) -> dict[str, tuple[str, ...]]:
    """Return the bones that turn as each joint does: in a spine of more bones, those in the middle of a segment."""
    bones: dict[str, tuple[str, ...]] = {joint: (bone,) for joint, bone in mapping.bones.items()}
    for chain in spread_chains(tree, mapping):
        if chain.bends:
            count = len(chain.bones)
            bones[chain.joint] = chain.bones[(count - 1) // 2 : count // 2 + 1]
    return bones


def _rotations(moves: FloatArray) -> FloatArray:
    left, _, right = np.linalg.svd(moves[..., :3, :3])
    rotations: FloatArray = left @ right
    return rotations


def _from_local(local_wxyz: FloatArray) -> FloatArray:
    rotations = local_wxyz.copy()
    for joint in range(1, JOINT_COUNT):
        rotations[:, joint] = multiply_quaternions(rotations[:, PARENTS[joint]], local_wxyz[:, joint])
    return rotations


def _ease(x: FloatArray) -> FloatArray:
    x = np.clip(x, 0.0, 1.0)
    return x * x * (3 - 2 * x)
