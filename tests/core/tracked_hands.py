# SPDX-License-Identifier: Apache-2.0
"""Make the joint poses of a hand as WebXR tracks them, for any finger angles, any size and any place of the hand."""

from __future__ import annotations

import numpy as np

from inpose_core.body.hands.angles import global_rotations
from inpose_core.body.hands.joint_poses import XR_JOINTS
from inpose_core.body.hands.joints import FINGERS, LEFT_AXES, SIDES, Side
from inpose_core.body.quaternions import matrix_to_quaternion, quaternion_to_matrix

_KNUCKLES = {
    "thumb": (0.25, -0.02, 0.30),
    "index": (1.0, 0.0, 0.22),
    "middle": (1.0, 0.0, 0.0),
    "ring": (0.92, 0.0, -0.2),
    "little": (0.8, 0.0, -0.38),
}
"""First joints of the left hand in the T-pose, in lengths of the palm."""
_LENGTHS = {"thumb": (0.5, 0.4, 0.3), "little": (0.35, 0.22, 0.2)}


def webxr_hand(
    side: Side, local_wxyz: np.ndarray, *, palm_m: float = 0.09, R_room_hand: np.ndarray | None = None
) -> np.ndarray:
    """Return poses (25, 7) of the joints, scalar last, of a hand with local finger rotations (15, 4)."""
    R_room_hand = np.eye(3) if R_room_hand is None else R_room_hand
    mirror = np.diag((1.0 if side == "left" else -1.0, 1.0, 1.0))
    G_hand = quaternion_to_matrix(global_rotations(local_wxyz)).reshape(5, 3, 3, 3)
    places = dict.fromkeys(XR_JOINTS, np.zeros(3))
    turns = dict.fromkeys(XR_JOINTS, np.eye(3))
    names = iter(XR_JOINTS[1:])
    for number, finger in enumerate(FINGERS):
        place = mirror @ np.array(_KNUCKLES[finger])
        if finger != "thumb":
            places[next(names)] = 0.3 * place
        axes = mirror @ LEFT_AXES[number]
        # Mirrored axes are left-handed; the third one is an axis of rotation.
        axes = axes if side == "left" else axes * (1, 1, -1)
        for phalanx, length in enumerate(_LENGTHS.get(finger, (0.45, 0.3, 0.25))):
            name = next(names)
            turned = G_hand[number, phalanx] @ axes
            places[name], turns[name] = place, turned
            place = place + length * turned[:, 0]
        name = next(names)
        places[name], turns[name] = place, turned
    # WebXR: X to the right, Y out of the nail, -Z to the tip.
    xr = np.stack([np.stack((R[:, 2], R[:, 1], -R[:, 0]), axis=1) for R in turns.values()])
    positions = np.stack(list(places.values())) * palm_m @ R_room_hand.T + R_room_hand @ (0.3, -0.1, 0.4)
    wxyz = matrix_to_quaternion(R_room_hand @ xr)
    return np.concatenate((positions, np.roll(wxyz, -1, axis=-1)), axis=-1)


def both_hands(local_wxyz: np.ndarray, **how: object) -> list[np.ndarray]:
    """Return the joint poses of the left and of the right hand."""
    return [webxr_hand(side, local_wxyz[hand], **how) for hand, side in enumerate(SIDES)]
