# SPDX-License-Identifier: Apache-2.0
"""Send poses as the bones of an avatar by the VMC protocol, to whatever listens: VTuber programs, Unreal, Unity.

Source: protocol.vmc.info. ``/VMC/Ext/Bone/Pos`` carries the name of one of Unity's human bones and its pose in its
parent, in Unity's axes; in a T-pose all rotations are the identity. A datagram stays under 1,500 bytes.
"""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Final

import numpy as np

from ..arrays import FloatArray
from ..body.quaternions import conjugate_quaternion, multiply_quaternions
from ..body.skeleton import JOINT_NAMES, PARENTS, Skeleton
from .pose import LivePose

UNITY_BONES: Final[dict[str, str]] = {
    "pelvis": "Hips",
    "left_hip": "LeftUpperLeg",
    "right_hip": "RightUpperLeg",
    "spine1": "Spine",
    "left_knee": "LeftLowerLeg",
    "right_knee": "RightLowerLeg",
    "spine2": "Chest",
    "left_ankle": "LeftFoot",
    "right_ankle": "RightFoot",
    "spine3": "UpperChest",
    "left_foot": "LeftToes",
    "right_foot": "RightToes",
    "neck": "Neck",
    "left_collar": "LeftShoulder",
    "right_collar": "RightShoulder",
    "head": "Head",
    "left_shoulder": "LeftUpperArm",
    "right_shoulder": "RightUpperArm",
    "left_elbow": "LeftLowerArm",
    "right_elbow": "RightLowerArm",
    "left_wrist": "LeftHand",
    "right_wrist": "RightHand",
}
_TO_UNITY_PLACE: Final[FloatArray] = np.array((-1.0, 1.0, 1.0))
_TO_UNITY_TURN: Final[FloatArray] = np.array((1.0, 1.0, -1.0, -1.0))
"""The plane x = 0 mirrors our axes into Unity's; an axis of rotation turns the other way round."""
_MOST_BYTES: Final[int] = 1400
_NOW: Final[bytes] = struct.pack(">Q", 1)


class VmcOutput:
    """Send to one address.

    Args:
        host: name or number of the computer that listens.
        port: its UDP port; most programs listen to 39539 or 39540.
        skeleton: the body that is solved.
    """

    def __init__(self, host: str, port: int, skeleton: Skeleton) -> None:
        self._address = host, port
        self._skeleton = skeleton
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)

    def send(self, pose: LivePose) -> None:
        """Send one pose. If nobody listens, or the network is gone, nothing happens."""
        for datagram in datagrams_of(pose, self._skeleton):
            with suppress(OSError):
                self._socket.sendto(datagram, self._address)

    def close(self) -> None:
        """Stop sending."""
        self._socket.close()


def datagrams_of(pose: LivePose, skeleton: Skeleton) -> Iterator[bytes]:
    """Yield the datagrams of one pose."""
    local = pose.rotations_wxyz.copy()
    for joint, parent in enumerate(PARENTS):
        if parent >= 0:
            back = conjugate_quaternion(pose.rotations_wxyz[parent])
            local[joint] = multiply_quaternions(back, pose.rotations_wxyz[joint])
    turns = (local * _TO_UNITY_TURN)[:, (1, 2, 3, 0)]
    places_m = skeleton.offsets_m.copy()
    places_m[0] = pose.root_m
    places_m = places_m * _TO_UNITY_PLACE
    root = message("/VMC/Ext/Root/Pos", "root", 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0)
    bones = [
        message("/VMC/Ext/Bone/Pos", UNITY_BONES[name], *places_m[joint].tolist(), *turns[joint].tolist())
        for joint, name in enumerate(JOINT_NAMES)
    ]
    yield from _bundles((message("/VMC/Ext/OK", 1), message("/VMC/Ext/T", pose.time_s), root, *bones))


def message(address: str, *values: float | int | str) -> bytes:
    """Return an OSC message."""
    types, data = ",", b""
    for value in values:
        if isinstance(value, str):
            types, data = types + "s", data + _padded(value)
        elif isinstance(value, int):
            types, data = types + "i", data + struct.pack(">i", value)
        else:
            types, data = types + "f", data + struct.pack(">f", value)
    return _padded(address) + _padded(types) + data


def _padded(text: str) -> bytes:
    data = text.encode() + b"\0"
    return data + bytes(-len(data) % 4)


def _bundles(messages: Iterable[bytes]) -> Iterator[bytes]:
    bundle = b""
    for each in messages:
        element = struct.pack(">i", len(each)) + each
        if bundle and len(bundle) + len(element) > _MOST_BYTES:
            yield b"#bundle\0" + _NOW + bundle
            bundle = b""
        bundle += element
    if bundle:
        yield b"#bundle\0" + _NOW + bundle
