# SPDX-License-Identifier: GPL-3.0-or-later
"""Make channels of the keys of IK controls."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from ..controls.keys import SolvedControls
from ..controls.limbs import IkControls
from ..core import FloatArray, continuous_signs, normalize_quaternion, quaternion_to_matrix
from ..layers.masks import BodyPart
from ..rig.families import RigMapping
from .channels import Channel, channel_path, rotation_channel


def control_channels(solved: SolvedControls, modes: Mapping[str, str]) -> list[Channel]:
    """Return the channels of the IK controls, rotations in the mode of each bone."""
    channels = []
    for keys in solved.keys:
        if keys.location is not None:
            channels.append(Channel(channel_path(keys.bone, "location"), keys.bone, keys.location))
        if keys.rotation is not None:
            basis = continuous_signs(normalize_quaternion(keys.rotation))
            channels.append(rotation_channel(keys.bone, modes[keys.bone], basis))
    return channels


def setting_channels(controls: IkControls) -> list[Channel]:
    """Return constant channels for the switches and other properties that IK needs."""
    return [Channel(path, path.split('"')[1], np.array([[value]])) for path, value in controls.settings]


def control_parts(controls: IkControls) -> dict[str, BodyPart]:
    """Return the part of the body of each IK control, and of each bone that has a setting for IK."""
    parts: dict[str, BodyPart] = {}
    for limb in controls.limbs:
        bones = {control.bone for control in limb.controls} | {path.split('"')[1] for path, _ in limb.settings}
        parts |= dict.fromkeys(bones, "arms" if limb.kind == "arm" else "legs")
    return parts


def replaced_bones(controls: IkControls, mapping: RigMapping) -> frozenset[str]:
    """Return the FK controls that have no effect while IK is on, and that need no keys then."""
    bones: set[str] = set()
    for limb in controls.limbs:
        if not limb.is_own:
            bones |= set(limb.joints)
            if limb.toe is not None:
                bones.add(mapping.bones[f"{limb.side}_foot"])
    return frozenset(bones)


def way_and_height(centre: Sequence[str], shift: FloatArray, up: FloatArray) -> dict[str, FloatArray]:
    """Share the shift of the body, (F, 3), between the bone for its way on the floor and the one for its height."""
    up = up / np.linalg.norm(up)
    height = (shift @ up)[:, None] * up
    way, rise = centre
    return {way: shift - height, rise: height}


def carried_move(rest: FloatArray, location: FloatArray, turn: FloatArray) -> FloatArray:
    """Return how a bone moves what it carries, (F, 4, 4), from its channels: location (F, 3) and rotation (F, 4)."""
    basis = np.tile(np.eye(4), (len(location), 1, 1))
    basis[:, :3, :3] = quaternion_to_matrix(turn)
    basis[:, :3, 3] = location
    return rest @ basis @ np.linalg.inv(rest)


def moved_along(moves: Mapping[str, FloatArray], root: str, way: FloatArray) -> dict[str, FloatArray]:
    """Return moves as they are in the armature when the root bone moves all of them along, (F, 4, 4)."""
    return {name: way if name == root else way @ move for name, move in moves.items()}
