# SPDX-License-Identifier: Apache-2.0
"""Weigh over time how likely each foot stands: the log odds of a frame, from what the prior says around it.

The prior's own probability misses half of a runner's stances, because each of its tokens judges eight frames. A small
network sees this probability together with the solved toes and the head, from 0.4 s before a frame to 0.4 s after. It
has one hidden layer, 2,400 weights, no scale, and judges one foot at a time, so left and right are treated the same.
`benchmarks/stance_evidence.py` estimates it from the people who train the prior.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

import numpy as np

from ..arrays import FloatArray
from ..errors import WeightsError
from ..numerics.filters import gaussian_filter
from ..prior.weights_file import read_weights_file

EVIDENCE_WEIGHTS: Final[Path] = Path(__file__).parent.parent / "weights" / "inpose_stance_evidence.safetensors"
SEEN_FRAMES: Final[tuple[int, ...]] = (-24, -16, -8, -4, 0, 4, 8, 16, 24)
"""The frames, counted from the judged one, whose features the network sees."""
FEATURES: Final[int] = 11
"""Four features of the judged foot, the same four of the other foot, and three of the head."""
_SHARED: Final[int] = 3
_LEAST_PROBABILITY: Final[float] = 1e-3
_TOE_SMOOTHING_FRAMES: Final[float] = 1.0
_HEAD_SMOOTHING_FRAMES: Final[float] = 4.0
_LOWEST_TOES: Final[float] = 0.1
"""Quantile of the lower toe's height that stands for the floor in recordings whose heights do not count from it."""


@dataclass(frozen=True)
class FootTracks:
    """Hold what is known of the feet of one recording, before they are planted."""

    contact: FloatArray
    """(F, 2) the prior's probability that the left and the right foot stand."""
    toes_m: FloatArray
    """(F, 2, 3) solved toe joints, Y up."""
    head_m: FloatArray
    """(F, 3) head joint."""
    leg_length_m: float
    body_size_m: float
    """Standing head height."""
    floor_m: float | None
    """Height of a standing foot's toe joint; None if it is not known."""
    fps: float

    def head_speed_per_leg(self, smoothing_frames: float) -> FloatArray:
        """Return the horizontal speed of the head over the leg's length, per second, (F,)."""
        velocity = gaussian_filter(_rate(self.head_m, self.fps), smoothing_frames, "nearest")[:, [0, 2]]
        return np.asarray(np.linalg.norm(velocity, axis=-1) / self.leg_length_m)


@dataclass(frozen=True)
class StanceEvidence:
    """Hold the network that judges one foot in one frame."""

    hidden_weight: FloatArray
    """(9, 11, H) of each seen frame and feature."""
    hidden_bias: FloatArray
    """(H,)"""
    output_weight: FloatArray
    """(H,)"""
    output_bias: float

    def log_odds(self, tracks: FootTracks) -> FloatArray:
        """Return the log odds that the left and the right foot stand in each frame, (F, 2)."""
        features = foot_features(tracks)
        frames = np.arange(len(features))
        hidden = np.zeros((*features.shape[:2], len(self.hidden_bias)))
        for weight, shift in zip(self.hidden_weight, SEEN_FRAMES, strict=True):
            # Each feature is weighted once and then shifted: the same as a convolution over time.
            hidden += (features @ weight)[np.clip(frames + shift, 0, len(features) - 1)]
        return np.asarray(np.tanh(hidden + self.hidden_bias) @ self.output_weight + self.output_bias)


def foot_features(tracks: FootTracks) -> FloatArray:
    """Return the features of each foot, (F, 2, 11): its own, those of the other foot, and those of the head."""
    p = np.clip(tracks.contact, _LEAST_PROBABILITY, 1 - _LEAST_PROBABILITY)
    toes_m = gaussian_filter(tracks.toes_m, _TOE_SMOOTHING_FRAMES, "nearest")
    floor_m = tracks.floor_m
    if floor_m is None:
        floor_m = float(np.quantile(toes_m[..., 1].min(axis=1), _LOWEST_TOES))
    velocity = _rate(toes_m, tracks.fps) / tracks.leg_length_m
    own = np.stack(
        (
            np.log(p / (1 - p)) / 3,
            np.clip(4 * (toes_m[..., 1] - floor_m) / tracks.leg_length_m, -1, 4),
            np.log1p(np.linalg.norm(velocity[..., [0, 2]], axis=-1)),
            np.clip(velocity[..., 1], -8, 8),
        ),
        axis=-1,
    )
    head = gaussian_filter(_rate(tracks.head_m, tracks.fps), _HEAD_SMOOTHING_FRAMES, "nearest") / tracks.leg_length_m
    shared = np.stack(
        (
            np.log1p(np.linalg.norm(head[:, [0, 2]], axis=-1)),
            np.clip(2 * head[:, 1], -8, 8),
            np.clip(3 * (tracks.head_m[:, 1] - floor_m) / tracks.body_size_m - 2.5, -3, 2),
        ),
        axis=-1,
    )
    of_both = np.broadcast_to(shared[:, None], (len(shared), 2, _SHARED))
    return np.concatenate((own, own[:, ::-1], of_both), axis=-1)


@cache
def load_stance_evidence(path: Path = EVIDENCE_WEIGHTS) -> StanceEvidence:
    """Return the shipped network.

    Raises:
        WeightsError: the file is missing or damaged.
    """
    reinstall = "Install InPose again."
    if not path.is_file():
        raise WeightsError(f"The weights are missing ({path.name}).", reinstall)
    try:
        tensors = {name: value.astype(np.float64) for name, value in read_weights_file(path).tensors.items()}
        hidden = len(tensors["hidden_bias"])
        shapes = {
            "hidden_weight": (len(SEEN_FRAMES), FEATURES, hidden),
            "hidden_bias": (hidden,),
            "output_weight": (hidden,),
            "output_bias": (1,),
        }
        if {name: value.shape for name, value in tensors.items()} != shapes:
            raise ValueError("they are those of another network")
        if not all(np.isfinite(value).all() for value in tensors.values()):
            raise ValueError("they are not finite")
    except (ValueError, OSError, KeyError, RecursionError) as error:
        raise WeightsError(f"The weights in {path.name} are damaged ({error}).", reinstall) from error
    bias = float(tensors.pop("output_bias")[0])
    return StanceEvidence(output_bias=bias, **tensors)


def _rate(positions_m: FloatArray, fps: float) -> FloatArray:
    """Return the velocity of positions (F, ..., 3) per second; zero for one frame."""
    if len(positions_m) < 2:
        return np.zeros_like(positions_m)
    return np.asarray(np.gradient(positions_m, axis=0) * fps)
