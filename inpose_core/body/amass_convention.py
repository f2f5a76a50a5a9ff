# SPDX-License-Identifier: Apache-2.0
"""Convert a body's motion to the arrays of AMASS, and state AMASS's convention in one place. Needs only numpy.

AMASS (Mahmood et al. 2019) is Z up. ``poses`` holds the axis-angle of each SMPL-H joint relative to its parent, and for
the pelvis relative to the world: SMPL's body is Y up and faces +Z, so one that stands upright in AMASS is turned by 90
degrees about X. SMPL turns its body about the pelvis joint, which is at ``J_pelvis`` in the model, and then adds
``trans``. So the pelvis is at ``trans + J_pelvis``. ``J_pelvis`` depends only on the shape. It does not turn with the
body, and is not converted from Y up to Z up.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from .hands.joints import FINGERS, PHALANX_COUNT, Finger
from .hands.tracks import FingerTracks
from .quaternions import multiply_quaternions, quaternion_to_rotvec, rotate_vector

SMPL_REST_PELVIS_M: Final[tuple[float, float, float]] = (-0.0018, -0.2233, 0.0282)
"""``J_pelvis`` of the neutral SMPL body of average shape (``betas`` all zero)."""

Z_UP_FROM_Y_UP_WXYZ: Final[tuple[float, float, float, float]] = (np.sqrt(0.5), np.sqrt(0.5), 0.0, 0.0)
"""The rotation by 90 degrees about X, which takes +Y to +Z and +Z to -Y."""

_SMPLH_JOINT_COUNT: Final[int] = 52
_SMPL_FINGERS: Final[tuple[Finger, ...]] = ("index", "middle", "little", "ring", "thumb")
SMPL_HAND: Final[tuple[int, ...]] = tuple(
    PHALANX_COUNT * _SMPL_FINGERS.index(finger) + number for finger in FINGERS for number in range(PHALANX_COUNT)
)
"""Where SMPL has each finger joint of a hand, in the order of `FINGER_JOINT_NAMES`."""
SMPLH_FINGER_JOINTS: Final[list[int]] = [22 + 15 * side + place for side in range(2) for place in SMPL_HAND]
"""The joints of SMPL-H that are the finger joints of both hands."""
_SHAPE_COUNT: Final[int] = 16
_SOFT_TISSUE_COUNT: Final[int] = 8


def amass_arrays(
    local_rotations_wxyz: NDArray[np.float64],
    root_translation_m: NDArray[np.float64],
    fps: float,
    fingers: FingerTracks | None = None,
) -> dict[str, NDArray[np.generic]]:
    """Return the arrays of an AMASS file, for the neutral body of average shape.

    Args:
        local_rotations_wxyz: (F, 22, 4) rotation of each joint relative to its parent; the pelvis' is global, Y up.
        root_translation_m: (F, 3) position of the pelvis joint, Y up.
        fps: frames per second.
        fingers: the tracked fingers; a hand that is not tracked is open.
    """
    frames, joints = local_rotations_wxyz.shape[:2]
    local_wxyz = local_rotations_wxyz.copy()
    local_wxyz[:, 0] = multiply_quaternions(Z_UP_FROM_Y_UP_WXYZ, local_wxyz[:, 0])
    poses = np.zeros((frames, _SMPLH_JOINT_COUNT, 3), np.float32)
    poses[:, :joints] = quaternion_to_rotvec(local_wxyz)
    if fingers is not None and fingers.rotations_wxyz is not None:
        hands = quaternion_to_rotvec(fingers.rotations_wxyz) * fingers.measured[..., None, None]
        poses[:, SMPLH_FINGER_JOINTS] = hands.reshape(frames, -1, 3)
    trans_m = rotate_vector(Z_UP_FROM_Y_UP_WXYZ, root_translation_m) - SMPL_REST_PELVIS_M
    return {
        "poses": poses.reshape(frames, -1),
        "trans": trans_m.astype(np.float32),
        "mocap_framerate": np.array(fps, np.float64),
        "gender": np.array("neutral"),
        "betas": np.zeros(_SHAPE_COUNT, np.float32),
        "dmpls": np.zeros((frames, _SOFT_TISSUE_COUNT), np.float32),
    }
