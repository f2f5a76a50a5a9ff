# SPDX-License-Identifier: Apache-2.0
"""List the position of the head joint, and those of the wrists in devices of which only the kind of hand poses is
known, with their uncertainty. Known devices have rows in `hand_devices`.

Where the offsets come from:

* head: the eyes of a person of 1.75 m lie 6 cm above and 10 cm in front of the head joint (MakeHuman 3 and 11 cm,
  Mixamo 8 and 10 cm, LibOVR's neck model 7.5 and 8 cm).
* grip: the wrist in the OpenXR grip frame of a bare hand, measured in a capture of a Quest 3 that recorded both:
  L (-37, 65, 2) mm, the same within 1 mm for the right hand mirrored; the axes are exact permutations of each other.
* aim: the same capture, grip to aim: L (10, -23, -46) mm, 44.9 degrees down, 6.6 in, 2.7 about the roll.
* raw: between the controllers that SteamVR knows (52 degrees) and a Vive wand (68).
* saber: the game pitches the saber by 16.3 degrees and shifts it by (0, 22, -10) mm on Index controllers
  (Unity axes, before any setting of the player); with Monado's grip of the Index, 15.4 degrees at (0, -15, 130) mm,
  the grip lies 12 cm behind the saber's origin on the line of the blade. Its pitch to the hand is the players'
  choice (`holding`). A replay that tells the offset needs none of this.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from ..body.quaternions import matrix_to_quaternion, multiply_quaternions
from ..recording.types import PoseType
from .rigid import RigidOffset, from_rotvec_deg

HEAD_JOINT_IN_HEADSET_M: Final[tuple[float, float, float]] = (0.0, -0.06, 0.10)
"""For a performer of `REFERENCE_STATURE_M`; +Z points to the back of the head."""

HEAD_DEVIATION_M: Final[tuple[float, float, float]] = (0.004, 0.015, 0.01)
"""Standard deviations of this: heads differ, and rigs have the head joint at different places."""

REFERENCE_STATURE_M: Final[float] = 1.75

LEFT_EYE_M: Final[float] = 0.032
"""Distance of the left eye from the middle, for recorders that record its view as the head (Tracking Toolkit)."""

_HALF_TURN_ABOUT_Y: Final[tuple[float, float, float, float]] = (0.0, 0.0, 1.0, 0.0)
"""A device looks along -Z, the head joint faces +Z."""

WRIST_DEVIATION_M: Final[dict[PoseType, float]] = {
    "joint": 0.002,
    "grip": 0.015,
    "aim": 0.02,
    "raw": 0.03,
    "saber": 0.06,
}
"""Standard deviations of each preset per axis: a Quest's grip was measured within 1 mm on one person, and hands differ;
the raw frame differs between controllers; each player sets the angle of the saber."""

UNKNOWN_WRIST_DEVIATION_M: Final[float] = 0.09
"""Used if the kind of the hand poses is unknown."""


def head_offset(stature_m: float) -> RigidOffset:
    """Return the head joint in the headset's frame for a performer of this stature."""
    size = stature_m / REFERENCE_STATURE_M
    return RigidOffset(np.array(HEAD_JOINT_IN_HEADSET_M) * size, np.array(_HALF_TURN_ABOUT_Y))


def wrist_offset(pose: PoseType, side: int) -> RigidOffset:
    """Return the wrist joint in the frame of the recorded hand pose, for side 0 (left) or 1 (right)."""
    left = _LEFT_WRIST_OFFSETS[pose]
    return left if side == 0 else left.mirrored()


def _left_wrist_offsets() -> dict[PoseType, RigidOffset]:
    no_turn = np.array((1.0, 0.0, 0.0, 0.0))
    # In grip coordinates the fingers of an open hand point along -Y, the thumb along -Z, the back of the left hand
    # along -X. In the T-pose the left fingers point along +X, the back of the hand along +Y, the thumb along +Z.
    R_grip_wrist = np.array([[0.0, -1.0, 0.0], [-1.0, 0.0, 0.0], [0.0, 0.0, -1.0]])
    wrist_in_grip = RigidOffset(np.array((-0.037, 0.065, 0.002)), matrix_to_quaternion(R_grip_wrist))
    aim_in_grip = RigidOffset(np.array((0.010, -0.023, -0.046)), from_rotvec_deg((-44.9, -6.6, 2.7)))
    hand_in_raw_wxyz = from_rotvec_deg((60.0, 0.0, 0.0))
    grip_in_saber = RigidOffset(np.array((0.0, 0.0, 0.12)), from_rotvec_deg((45.0, 0.0, 0.0)))
    return {
        "joint": RigidOffset(np.zeros(3), no_turn),
        "grip": wrist_in_grip,
        "aim": aim_in_grip.inverse().then(wrist_in_grip),
        "raw": RigidOffset(
            np.array((-0.032, 0.030, 0.147)), multiply_quaternions(hand_in_raw_wxyz, wrist_in_grip.wxyz)
        ),
        "saber": grip_in_saber.then(wrist_in_grip),
    }


_LEFT_WRIST_OFFSETS: Final[dict[PoseType, RigidOffset]] = _left_wrist_offsets()
