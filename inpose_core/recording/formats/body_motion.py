# SPDX-License-Identifier: Apache-2.0
"""Read head and hands from full-body motion: AMASS ``.npz``, InPose's own ``.npz``, BVH.

The poses are joint poses, so nothing is offset or scaled. Use it for existing motion, and to compare a solved motion
with the captured one.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from ...body.motion import SOLVER_FPS
from ...errors import InPoseError, RecordingError
from ...system.safe_files import array_shapes
from ..findings import Finding
from ..trackers import TrackerTracks
from ..tracks import Declared, RawTracks
from .format import RecordingFormat

if TYPE_CHECKING:
    from ...body.motion import Motion

_LARGEST_ARRAY_BYTES: Final[int] = 128 * 2**20
_AMASS_ARRAYS: Final[tuple[str, ...]] = ("poses", "trans")


def recognises_npz(data: bytes) -> bool:
    """Return whether the file is a ZIP archive of numpy arrays."""
    return data.startswith(b"PK\x03\x04") and b".npy" in data[:256]


def recognises_bvh(data: bytes) -> bool:
    """Return whether the file begins like BVH."""
    return data[:64].lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"HIERARCHY")


def read_npz(data: bytes, name: str, path: Path, points: str | None = None) -> RawTracks:
    """Return head and wrists of AMASS motion (on an average body's bones) or of a motion that InPose solved.

    Further points are those that the user asks for.

    Raises:
        RecordingError: the arrays are damaged, or are not motion.
    """
    from ...body.motion import Motion  # noqa: PLC0415
    from ...motion_files.amass import load_amass  # noqa: PLC0415
    from ...motion_files.resampling import check_motion_length  # noqa: PLC0415

    try:
        arrays = array_shapes(data, _LARGEST_ARRAY_BYTES)
    except (OSError, ValueError) as error:
        raise RecordingError(f"{name} is a damaged .npz archive.", "Download or save it again.") from error
    if "rotations_wxyz" in arrays:
        load, what = Motion.load_npz, "InPose motion"
    elif set(_AMASS_ARRAYS) <= arrays.keys():
        load, what = load_amass, "AMASS"
    else:
        raise RecordingError(
            f"{name} is an archive of numpy arrays, but neither AMASS nor InPose motion.",
            "Give the .npz files of AMASS, or export the tracks as CSV.",
        )
    try:
        # Check the number of frames before allocating memory, then the rate.
        check_motion_length((*arrays.get("rotations_wxyz", ()), 0)[0], SOLVER_FPS)
        motion = load(path)
        check_motion_length(len(motion), motion.fps)
    except InPoseError as error:
        raise RecordingError(f"InPose cannot read {name} as {what}: {error.message}", error.hint) from error
    return _tracks(motion, what, points)


def read_bvh(_data: bytes, name: str, path: Path, points: str | None = None, *, turn_upright: bool = True) -> RawTracks:
    """Return head and wrists of a body in BVH; unless the user gave the axes, it is turned upright if it needs it.

    Raises:
        RecordingError: the file is damaged, or its joint names do not describe a human body.
    """
    from ...motion_files.bvh_motion import read_bvh_motion  # noqa: PLC0415

    try:
        read = read_bvh_motion(path, turn_upright=turn_upright)
        turned = tuple(Finding("axes", note, "repaired") for note in read.notes)
        return replace(_tracks(read.value, "BVH", points), findings=turned)
    except RecordingError:
        raise
    except InPoseError as error:
        raise RecordingError(f"{name} is BVH, but: {error.message}", error.hint) from error


def _tracks(motion: Motion, what: str, points: str | None) -> RawTracks:
    from ...body.skeleton import SENSOR_JOINTS  # noqa: PLC0415

    if len(motion) < 2 or not np.isfinite(motion.root_translation_m).all():
        raise RecordingError(f"This {what} file contains no movement.", "Choose another file.")
    joints = list(SENSOR_JOINTS)
    return RawTracks(
        times=np.arange(len(motion)) / motion.fps,
        positions=motion.joint_positions_m[:, joints],
        quaternions=motion.rotations_wxyz[:, joints],
        format=what,
        declared=Declared(
            unit="m",
            axes="RUB",
            quaternion_order="wxyz",
            time_unit="s",
            hands=True,
            pose="joint",
            origin="floor",
            certain=True,
            by="joints of a body",
        ),
        trackers=_trackers(motion, points or ""),
        fingers=motion.fingers,
    )


def _trackers(motion: Motion, points: str) -> TrackerTracks | None:
    """Return the joints that the user asks for, besides head and wrists, as trackers."""
    from ...body.points import joints_of_points  # noqa: PLC0415
    from ...body.skeleton import JOINT_NAMES, SENSOR_JOINTS  # noqa: PLC0415

    joints = [joint for joint in joints_of_points(points) if joint not in SENSOR_JOINTS] if points else []
    if not joints:
        return None
    return TrackerTracks(
        names=tuple(JOINT_NAMES[joint] for joint in joints),
        joints=tuple(joints),
        positions_m=motion.joint_positions_m[:, joints],
        rotations_wxyz=motion.rotations_wxyz[:, joints],
        measured=np.ones((len(motion), len(joints)), np.bool_),
        turns=(True,) * len(joints),
    )


FORMATS: Final[tuple[RecordingFormat, ...]] = (
    RecordingFormat(
        name="NPZ",
        suffixes=(".npz",),
        source="AMASS, or a motion that InPose solved",
        hand_poses="joints",
        recognises=recognises_npz,
        read=lambda file: read_npz(file.data, file.name, file.path, file.options.points),
    ),
    RecordingFormat(
        name="BVH",
        suffixes=(".bvh",),
        source="full-body motion capture",
        hand_poses="joints",
        recognises=recognises_bvh,
        read=lambda file: read_bvh(
            file.data, file.name, file.path, file.options.points, turn_upright=file.options.axes is None
        ),
    ),
)
