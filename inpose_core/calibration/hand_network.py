# SPDX-License-Identifier: Apache-2.0
"""Estimate from a take how the devices lie in the hands: a network whose frames vote.

The place of the wrist in its device is the same in all frames of a take. So every frame votes for it, with a weight
that the network gives, and the mean of the votes is the estimate. A vote is a correction of the wrist's pose in the
body's axes, which the network sees, carried over into the device. A second round sees the take with the estimate of the
first. A last layer corrects the mean by what all frames together look like.

The forward pass is a function of the weights, by their names, for arrays of either library.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import numpy as np

from ..body.quaternions import quaternion_to_matrix
from ..body.rotations import matrix_to_sixd, rotvec_to_matrix, sixd_to_matrix
from ..numerics import Array, Shape, namespace_of
from .hand_views import FRAME_FEATURES, HandViews, Offsets, SeenFrames, neighbour, see
from .presets import wrist_offset

_REACH: Final[int] = 3
"""Frames before and after a frame that a layer of the network sees."""
_VOTE: Final[int] = 11
"""Six numbers of a rotation, three of a place, and a weight for each."""
_CORRECTION: Final[int] = 8
"""A rotation vector, a place, and how far off both are."""
_PLACE_UNIT_M: Final[float] = 0.3
_SHIFT_UNIT_M: Final[float] = 0.1
_TURN_UNIT_RAD: Final[float] = 0.5
_SUM_PLACE_UNIT_M: Final[float] = 0.2
_LEAST_VARIANCE: Final[float] = 1e-4
_UNSEEN: Final[float] = 1e4
"""Taken from the weight's logarithm of frames after the end of a take."""
USUAL_TURN_ERROR_RAD: Final[float] = 0.25
USUAL_PLACE_ERROR_M: Final[float] = 0.06
"""Mean errors at which the logarithms of the network's uncertainty are 0."""
_SIZES: Final[dict[str, int]] = {"width": 1024, "depth": 16, "rounds": 8}
"""The most of each."""


@dataclass(frozen=True)
class HandNetworkConfig:
    """Size the network; stored with the weights."""

    width: int = 96
    depth: int = 3
    """Layers in each round."""
    rounds: int = 2

    def __post_init__(self) -> None:
        """Refuse sizes that no network of ours has, because a damaged file of weights may name any.

        Raises:
            ValueError: one of them.
        """
        for name, most in _SIZES.items():
            size = getattr(self, name)
            if type(size) is not int or not 1 <= size <= most:
                raise ValueError(f"a network of {name} {size!s:.20}")


class FoundOffsets(NamedTuple):
    """Hold the estimate of one round for B views."""

    offsets: Offsets
    log_errors: Array
    """(B, 2) of rotation and place: log of the expected error over the usual one."""


@dataclass(frozen=True)
class HandNetwork:
    """Hold a trained network."""

    config: HandNetworkConfig
    weights: Mapping[str, np.ndarray[Any, Any]]
    """By their names, in the shapes of `hand_weight_shapes`."""


def hand_weight_shapes(config: HandNetworkConfig) -> dict[str, Shape]:
    """Return the shape of each of a network's weights by its name; matrices have their outputs first."""
    width = config.width
    shapes: dict[str, Shape] = {}
    layers: dict[str, tuple[int, int]] = {}
    for number in range(config.rounds):
        name = f"rounds.{number}"
        layers[f"{name}.embed"] = (width, FRAME_FEATURES)
        for layer in range(config.depth):
            block = f"{name}.blocks.{layer}"
            layers[f"{block}.widen"] = (2 * width, width)
            layers[f"{block}.of_all"] = (2 * width, 2 * width)
            layers[f"{block}.narrow"] = (width, 2 * width)
            shapes[f"{block}.scale"], shapes[f"{block}.shift"] = (width,), (width,)
            shapes[f"{block}.neighbours"] = (2 * _REACH + 1, width)
        shapes[f"{name}.scale"], shapes[f"{name}.shift"] = (width,), (width,)
        layers[f"{name}.vote"] = (_VOTE, width)
        layers[f"{name}.sum.0"] = (width, 2 * width + 12)
        layers[f"{name}.sum.1"] = (_CORRECTION, width)
    for name, (outputs, inputs) in layers.items():
        shapes[f"{name}.weight"], shapes[f"{name}.bias"] = (outputs, inputs), (outputs,)
    return shapes


def find_offsets(
    config: HandNetworkConfig,
    weights: Mapping[str, Array],
    views: HandViews,
    dropout: Callable[[Array], Array] | None = None,
) -> list[FoundOffsets]:
    """Return each round's estimate for both views of takes; the last one is the best.

    Args:
        config: the network's sizes.
        weights: its weights by their names.
        views: of B takes, first the B views of left hands, then the B views of right hands.
        dropout: applied to (B, T, width) after every layer in training.
    """
    xp = namespace_of(views.head_m)
    count = len(views.head_m)
    grip = wrist_offset("grip", 0)
    R_grip = xp.asarray(quaternion_to_matrix(grip.wxyz), views.head_m)
    own = Offsets(
        xp.broadcast_to(R_grip, (count, 3, 3)), xp.broadcast_to(xp.asarray(grip.position_m, views.head_m), (count, 3))
    )
    found: list[FoundOffsets] = []
    for number in range(config.rounds):
        # In the view of one hand, the other hand holds its device as the other view says, mirrored.
        swapped = Offsets(*(xp.concat((x[count // 2 :], x[: count // 2])) for x in own))
        seen = see(views, own, swapped.mirrored())
        found.append(_round(f"rounds.{number}", config, weights, seen, views.known, own, dropout))
        own = found[-1].offsets
    return found


def _round(
    name: str,
    config: HandNetworkConfig,
    weights: Mapping[str, Array],
    seen: SeenFrames,
    known: Array,
    believed: Offsets,
    dropout: Callable[[Array], Array] | None,
) -> FoundOffsets:
    xp = namespace_of(known)

    def linear(layer: str, x: Array) -> Array:
        return xp.linear(x, weights[f"{name}.{layer}.weight"], weights[f"{name}.{layer}.bias"])

    flags = known[..., None]
    frames = linear("embed", seen.features) * flags
    for layer in range(config.depth):
        block = f"blocks.{layer}"
        x = xp.layer_norm(frames, weights[f"{name}.{block}.scale"], weights[f"{name}.{block}.shift"]) * flags
        x = x + _of_neighbours(x, weights[f"{name}.{block}.neighbours"])
        inner = xp.gelu(linear(f"{block}.widen", x) + linear(f"{block}.of_all", _summary(x, flags))[:, None])
        frames = frames + linear(f"{block}.narrow", inner)
        frames = (frames if dropout is None else dropout(frames)) * flags
    frames = xp.layer_norm(frames, weights[f"{name}.scale"], weights[f"{name}.shift"])
    votes = linear("vote", frames)
    R_body_wrist = seen.R_body_wrist
    voted = sixd_to_matrix(matrix_to_sixd(R_body_wrist) + votes[..., :6])
    to_device = believed.R_device_wrist[:, None] @ R_body_wrist.swapaxes(-1, -2)
    place_m = believed.wrist_m[:, None] + (to_device @ (_PLACE_UNIT_M * votes[..., 6:9])[..., None])[..., 0]
    shares = xp.softmax(votes[..., 9:] - _UNSEEN * (1.0 - flags), 1)
    R = sixd_to_matrix(matrix_to_sixd(((to_device @ voted) * shares[..., :1, None]).sum(axis=1)))
    place_m = (place_m * shares[..., 1:]).sum(axis=1)
    looks = xp.concat((_summary(frames, flags), R.reshape(len(R), 9), place_m / _SUM_PLACE_UNIT_M), axis=-1)
    correction = linear("sum.1", xp.gelu(linear("sum.0", looks)))
    offsets = Offsets(
        R @ rotvec_to_matrix(_TURN_UNIT_RAD * correction[:, :3]), place_m + _SHIFT_UNIT_M * correction[:, 3:6]
    )
    return FoundOffsets(offsets, correction[:, 6:])


def _of_neighbours(x: Array, share: Array) -> Array:
    """Return sums over the neighbouring frames of each channel, (B, T, width), for shares (2 reach + 1, width)."""
    total = share[_REACH] * x
    for shift in range(-_REACH, _REACH + 1):
        if shift:
            total = total + share[_REACH + shift] * neighbour(x, shift)
    return total


def _summary(x: Array, flags: Array) -> Array:
    """Return mean and standard deviation of the known frames of (B, T, width), (B, 2 width)."""
    xp = namespace_of(x)
    count = flags.sum(axis=1)
    mean = (x * flags).sum(axis=1) / count
    variance = ((x - mean[:, None]) ** 2 * flags).sum(axis=1) / count
    return xp.concat((mean, xp.sqrt(variance + _LEAST_VARIANCE)), axis=-1)
