# SPDX-License-Identifier: Apache-2.0
"""Read the fingers of SMPL-H and SMPL-X poses.

SMPL's hands rest nearly as our T-pose: flat, palms down, the thumbs in front. So its rotations count as ours, to within
the few degrees by which its fingers are spread at rest.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from ..arrays import FloatArray
from ..body.amass_convention import SMPL_HAND
from ..body.hands.joints import SIDES
from ..body.hands.tracks import FingerTracks
from ..body.quaternions import rotvec_to_quaternion

_FIRST_JOINT: Final[dict[int, int]] = {156: 22, 165: 25}
"""Where the left hand begins among the joints, by the number of columns: SMPL-X has a jaw and two eyes before it."""
_STILL_RAD: Final[float] = 1e-3


def smpl_finger_joints(columns: int) -> list[int] | None:
    """Return the joint of each finger joint of the left hand, then of the right one; None for bodies without hands."""
    first = _FIRST_JOINT.get(columns)
    if first is None:
        return None
    return [first + side * len(SMPL_HAND) + place for side in range(len(SIDES)) for place in SMPL_HAND]


def fingers_of_smpl(poses: FloatArray) -> FingerTracks | None:
    """Return the fingers of poses (F, columns) in axis-angles; None if they have none, or the same in all frames."""
    joints = smpl_finger_joints(poses.shape[1])
    if joints is None:
        return None
    rotvecs = poses.reshape(len(poses), -1, 3)[:, joints].reshape(len(poses), len(SIDES), -1, 3)
    if not (np.ptp(rotvecs, axis=0) > _STILL_RAD).any():
        return None
    return FingerTracks.of_joints(rotvec_to_quaternion(rotvecs))
