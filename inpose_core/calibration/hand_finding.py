# SPDX-License-Identifier: Apache-2.0
"""Find from the motion how the devices lie in the hands, with the trained network (`hand_network`).

A long take is cut into pieces of ten seconds. Each piece gives an estimate with its uncertainty; a device has the same
place in the hand in all of them, so the result is their weighted mean.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..arrays import FloatArray
from ..body.motion import SOLVER_FPS
from ..body.quaternions import matrix_to_quaternion, mean_rotation, quaternion_to_matrix
from ..recording.types import Recording
from .hand_network import USUAL_PLACE_ERROR_M, USUAL_TURN_ERROR_RAD, HandNetwork, find_offsets
from .hand_views import SIZE_M, VIEW_FPS, HandViews
from .hand_weights import load_hand_finder
from .presets import wrist_offset
from .rigid import RigidOffset, place_all
from .wrist_refinement import frames_to_look_at

_EVERY: Final[int] = round(SOLVER_FPS / VIEW_FPS)
_MOST_FRAMES: Final[int] = 110
"""Of one piece: as long as in the training."""
_FEWEST_FRAMES: Final[int] = 20
"""Of one piece: two seconds."""


@dataclass(frozen=True)
class FoundHands:
    """Hold the estimate of how both devices lie in the hands."""

    wrists: tuple[RigidOffset, RigidOffset]
    """Left and right wrist in their devices' frames."""
    turn_errors_rad: tuple[float, float]
    """Expected angle between each and the truth."""
    place_errors_m: tuple[float, float]
    """Expected distance of each from the truth."""


def find_hands(
    recording: Recording,
    stature_m: float,
    head: RigidOffset,
    start: RigidOffset | None = None,
    network: HandNetwork | None = None,
) -> FoundHands | None:
    """Return how the devices lie in the hands; None if too little is measured.

    Args:
        recording: at the solver's rate, its floor at y = 0.
        stature_m: the performer's.
        head: the head joint in the headset's frame.
        start: the left wrist in its device, roughly; by default as in an OpenXR grip, which most devices are close to.
        network: the shipped one by default.

    Raises:
        WeightsError: the network's weights are missing or damaged.
    """
    frames = frames_to_look_at(recording)
    if frames is None:
        return None
    pieces = _pieces(frames)
    if not pieces:
        return None
    network = network or load_hand_finder()
    # The network knows devices within some 65 degrees of a grip. So it sees a grip in the place of the start.
    grip = wrist_offset("grip", 0)
    seen = (start or grip).then(grip.inverse())
    left = _views(recording, pieces, SIZE_M / stature_m, (head, seen, seen.mirrored()))
    right = left.mirrored()
    both = HandViews(
        *(
            np.concatenate((getattr(left, name), getattr(right, name)))
            for name in ("R_world_head", "head_m", "R_world_device", "device_m", "known")
        )
    )
    found = find_offsets(network.config, network.weights, both)[-1]
    errors = np.exp(found.log_errors.astype(np.float64)).reshape(2, len(pieces), 2)
    lengths = np.array([len(piece) for piece in pieces], dtype=np.float64)
    wxyz = matrix_to_quaternion(found.offsets.R_device_wrist.astype(np.float64)).reshape(2, len(pieces), 4)
    places_m = found.offsets.wrist_m.astype(np.float64).reshape(2, len(pieces), 3) * (stature_m / SIZE_M)
    means = []
    for side in (0, 1):
        of_turn, of_place = (_shares(lengths, errors[side, :, kind]) for kind in (0, 1))
        means.append(RigidOffset(of_place @ places_m[side], mean_rotation(np.sqrt(of_turn)[:, None] * wxyz[side])))
    # A person's habits stay, so pieces of one take err alike: their mean is as uncertain as each of them.
    shares = lengths / lengths.sum()
    turns, places = (
        [float(shares @ errors[side, :, kind]) * unit for side in (0, 1)]
        for kind, unit in ((0, USUAL_TURN_ERROR_RAD), (1, USUAL_PLACE_ERROR_M))
    )
    wrists = seen.then(means[0]), seen.mirrored().then(means[1].mirrored())
    return FoundHands(wrists, (turns[0], turns[1]), (places[0], places[1]))


def _pieces(frames: NDArray[np.intp]) -> list[NDArray[np.intp]]:
    """Return frames in steps of a tenth of a second, in pieces. No piece may reach over what was left out."""
    seams = np.flatnonzero(np.diff(frames) != 1) + 1
    pieces: list[NDArray[np.intp]] = []
    for part in np.split(frames, seams):
        thinned = part[::_EVERY]
        if len(thinned) >= _FEWEST_FRAMES:
            pieces += np.array_split(thinned, -(-len(thinned) // _MOST_FRAMES))
    return pieces


def _views(
    recording: Recording,
    pieces: list[NDArray[np.intp]],
    size: float,
    offsets: tuple[RigidOffset, RigidOffset, RigidOffset],
) -> HandViews:
    """Return the pieces as views of left hands; the shorter ones repeat their last frame, which does not count."""
    length = max(len(piece) for piece in pieces)
    index = np.stack([np.pad(piece, (0, length - len(piece)), mode="edge") for piece in pieces])
    known = np.stack([np.arange(length) < len(piece) for piece in pieces])
    joints_m, joints_wxyz = place_all(
        recording.positions_m[index.ravel()], recording.rotations_wxyz[index.ravel()], offsets
    )
    # Far from the origin, single precision is too coarse.
    origin_m = joints_m[:, :1].mean(axis=0) * (1.0, 0.0, 1.0)
    placed_m = ((joints_m - origin_m) * size).astype(np.float32).reshape(*index.shape, 3, 3)
    R = quaternion_to_matrix(joints_wxyz).astype(np.float32).reshape(*index.shape, 3, 3, 3)
    return HandViews(R[:, :, 0], placed_m[:, :, 0], R[:, :, 1:], placed_m[:, :, 1:], known.astype(np.float32))


def _shares(lengths: FloatArray, errors: FloatArray) -> FloatArray:
    weights = lengths / errors**2
    return np.asarray(weights / weights.sum())
