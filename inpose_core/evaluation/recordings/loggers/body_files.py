# SPDX-License-Identifier: Apache-2.0
"""Write the true body itself: as BVH with Y or Z up, and as the add-on's CSV of a scene, which holds joints."""

from __future__ import annotations

import re
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np

from ....body.motion import Motion
from ....body.quaternions import matrix_to_quaternion, quaternion_to_matrix
from ....body.skeleton import SENSOR_JOINTS
from ....motion_files.bvh import save_bvh
from ..devices import Take
from .logger import Logger
from .tables import INPOSE, write_table

_UP_BECOMES_Z: Final[np.ndarray[tuple[int, ...], np.dtype[np.float64]]] = np.array(
    [[1.0, 0.0, 0.0], [0.0, 0.0, -1.0], [0.0, 1.0, 0.0]]
)
_OFFSET: Final[re.Pattern[str]] = re.compile(r"OFFSET (\S+) (\S+) (\S+)")


def write_bvh(take: Take) -> bytes:
    """Return the true body as BVH, Y up."""
    return _bvh_bytes(take.truth)


def write_bvh_z_up(take: Take) -> bytes:
    """Return the true body as BVH whose third axis is up, rest pose and all, as 3ds Max writes it."""
    A, truth = _UP_BECOMES_Z, take.truth
    R = A @ quaternion_to_matrix(truth.rotations_wxyz) @ A.T
    turned = replace(truth, rotations_wxyz=matrix_to_quaternion(R), root_translation_m=truth.root_translation_m @ A.T)
    # A skeleton of ours is Y up, so the offsets are turned in the text.
    return _OFFSET.sub(_turned_offset, _bvh_bytes(turned).decode()).encode()


def write_scene(take: Take) -> bytes:
    """Return head and wrist joints in the project's CSV, as the add-on wrote them from a scene by a T-pose."""
    joints = list(SENSOR_JOINTS)
    tracks = [take.joints_at_frames(joint) for joint in joints]
    positions_m = np.stack([track[0] for track in tracks], axis=1)
    wxyz = np.stack([track[1] for track in tracks], axis=1)
    return write_table(replace(take, positions_m=positions_m, rotations_wxyz=wxyz), INPOSE)


def _turned_offset(line: re.Match[str]) -> str:
    x, y, z = _UP_BECOMES_Z @ [float(number) for number in line.groups()]
    return f"OFFSET {x:.6f} {y:.6f} {z:.6f}"


def _bvh_bytes(motion: Motion) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "take.bvh")
        save_bvh(motion, path)
        return path.read_bytes()


BVH: Final[Logger] = Logger("bvh", ".bvh", write_bvh)
BVH_Z_UP: Final[Logger] = Logger("bvh_z_up", ".bvh", write_bvh_z_up)
SCENE_CSV: Final[Logger] = Logger("scene", ".csv", write_scene)
