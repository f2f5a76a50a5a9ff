# SPDX-License-Identifier: Apache-2.0
"""Hold motion clips in memory, ready to be cut into windows without a Python loop per sample.

The packed format: one ``.npz`` of concatenated clips, Y up, where a T-pose facing +Z is the identity. Per frame:
``quat`` (F, 22, 4) int16, global wxyz / 32767, ``root`` (F, 3) in metres, ``valid`` (F,). Per clip: ``start``,
``length``, ``offsets`` (N, 22, 3), ``floor_y``, ``subject``, ``activity``, ``family``, ``generic_skeleton``.
For the file: ``joints``, ``fps``.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from zipfile import BadZipFile

import numpy as np
import torch
from torch import Tensor

from ..body.kinematics import forward_kinematics
from ..body.rotations import matrix_to_sixd, quaternion_wxyz_to_matrix, sixd_to_matrix
from ..body.skeleton import FOOT_JOINTS, JOINT_INDEX, JOINT_NAMES, Skeleton
from ..errors import InPoseError
from ..recording.types import SOLVER_FPS

ClipFilter = Callable[[str, str], bool]
"""Decide by data set (the file's stem) and subject whether a clip belongs to a split."""


@dataclass(frozen=True)
class MotionData:
    """Hold N clips, F frames in all, as tensors on one device."""

    sixd: Tensor
    """(F, 22, 6) global rotations."""
    root_m: Tensor
    """(F, 3) pelvis."""
    clearance_m: Tensor
    """(F,) height of the lowest foot joint above the clip's floor."""
    contact: Tensor
    """(F, 2) 1 where the left or right foot stands, else 0."""
    valid: Tensor
    """(F,) bool; False near a glitch of the capture."""
    start: Tensor
    """(N,) first frame of each clip."""
    length: Tensor
    """(N,) frames of each clip."""
    offsets_m: Tensor
    """(N, 22, 3) rest offsets; a template's where the source has no skeleton of its own subject."""
    root_scale: Tensor
    """(N,) leg length of `offsets_m` over that of the source: the root's path is to be multiplied by it."""
    sampling_weight: Tensor
    """(N,) how often a clip is drawn, relative to the others."""

    def __len__(self) -> int:
        return len(self.start)

    @property
    def duration_s(self) -> float:
        """Return the length of all clips together."""
        return float(self.length.sum()) / SOLVER_FPS

    def to(self, device: torch.device) -> MotionData:
        """Return the data on a device."""
        return MotionData(**{name: tensor.to(device) for name, tensor in vars(self).items()})


def load_packed_motion(paths: Sequence[Path], keep: ClipFilter) -> MotionData:
    """Read packed ``.npz`` files and keep the clips that ``keep(file stem, subject)`` accepts.

    Raises:
        InPoseError: a file is missing or not in the packed format, or no clip is left.
    """
    parts = [_load_file(Path(path), keep) for path in paths]
    parts = [part for part in parts if len(part)]
    if not parts:
        raise InPoseError("No motion clip was found to train on.", "Give folders or files of packed motion (.npz).")
    frames_before = np.cumsum([0] + [len(part.root_m) for part in parts[:-1]])
    joined = {name: torch.cat([getattr(part, name) for part in parts]) for name in vars(parts[0]) if name != "start"}
    start = torch.cat([part.start + int(before) for part, before in zip(parts, frames_before, strict=True)])
    return MotionData(start=start, **joined)


def _load_file(path: Path, keep: ClipFilter) -> MotionData:
    try:
        with np.load(path, allow_pickle=False) as packed:
            arrays = {key: packed[key] for key in packed.files}
        if tuple(arrays["joints"]) != JOINT_NAMES or int(arrays["fps"]) != SOLVER_FPS:
            raise InPoseError(f"{path} is not packed for 22 SMPL joints at 60 Hz.", "Pack the motion again.")
        kept = [
            index
            for index, (subject, length) in enumerate(zip(arrays["subject"], arrays["length"], strict=True))
            if keep(path.stem, str(subject)) and length >= 2
        ]
        return _pack(arrays, kept)
    except (OSError, ValueError, KeyError, IndexError, EOFError, BadZipFile) as error:
        raise InPoseError(f"{path} is not a file of packed motion ({error}).", "Give packed .npz files.") from error


def _pack(arrays: dict[str, Any], kept: list[int]) -> MotionData:
    template = Skeleton.template()
    frames = np.concatenate(
        [np.arange(arrays["start"][i], arrays["start"][i] + arrays["length"][i]) for i in kept]
        or [np.zeros(0, np.int64)]
    ).astype(np.int64)
    length = arrays["length"][kept].astype(np.int64)
    start = np.cumsum(length) - length
    wxyz = torch.from_numpy(arrays["quat"][frames].astype(np.float32))
    R_world = quaternion_wxyz_to_matrix(torch.nn.functional.normalize(wxyz, dim=-1))
    root_m = torch.from_numpy(arrays["root"][frames].astype(np.float32))

    clearance_m, contact = torch.empty(len(frames)), torch.empty(len(frames), 2)
    offsets_m, root_scale, weights = [], [], []
    for row, index in enumerate(kept):
        source = arrays["offsets"][index].astype(np.float64)
        clip = slice(start[row], start[row] + length[row])
        positions_m = forward_kinematics(R_world[clip], torch.from_numpy(source.astype(np.float32)), root_m[clip])
        positions_m[..., 1] -= float(arrays["floor_y"][index])
        clearance_m[clip] = positions_m[:, list(FOOT_JOINTS), 1].min(dim=1).values
        contact[clip] = foot_contact(positions_m, SOLVER_FPS).to(torch.float32)
        own_body = not bool(arrays["generic_skeleton"][index]) and "Daz" not in str(arrays["family"][index])
        body = Skeleton(source) if own_body else template
        offsets_m.append(torch.from_numpy(body.offsets_m.astype(np.float32)))
        root_scale.append(body.leg_length_m / Skeleton(source).leg_length_m)
        weights.append(_clip_weight(str(arrays["activity"][index]), int(length[row])))
    count = len(kept)
    return MotionData(
        sixd=matrix_to_sixd(R_world),
        root_m=root_m,
        clearance_m=clearance_m,
        contact=contact,
        valid=torch.from_numpy(arrays["valid"][frames].astype(bool)),
        start=torch.from_numpy(start),
        length=torch.from_numpy(length),
        offsets_m=torch.stack(offsets_m) if count else torch.zeros(0, 22, 3),
        root_scale=torch.tensor(root_scale),
        sampling_weight=torch.tensor(weights),
    )


_STANDING_SPEED_M_S = 0.3
_STANDING_HEIGHT_M = 0.06
_TOES = (JOINT_INDEX["left_foot"], JOINT_INDEX["right_foot"])


def foot_contact(positions_m: Tensor, fps: float) -> Tensor:
    """Return which feet stand, (F, 2) bool, of joint positions (F, 22, 3) above a floor at y = 0.

    A foot stands while its toe joint is slower than 0.3 m/s and within 6 cm of the floor: from the foot's being flat
    to the toes' leaving.
    """
    toes_m = positions_m[:, list(_TOES)]
    speed = torch.gradient(toes_m, dim=0)[0].norm(dim=-1) * fps
    return (speed < _STANDING_SPEED_M_S) & (toes_m[..., 1] < _STANDING_HEIGHT_M)


_ACTIVITY_WEIGHTS: Final[tuple[tuple[str, float], ...]] = (
    ("climb", 0.25),  # nobody climbs or hangs with controllers in both hands
    ("dance", 0.6),  # salsa and ballet are a quarter of the data
    ("walk", 2.5),
    ("run", 1.5),
)
"""How often an activity is drawn, relative to its share of the data: by what performers do."""


def _clip_weight(activity: str, length: int) -> float:
    # The square root lies between drawing clips (long takes starve) and drawing frames (few subjects dominate).
    factors = [factor for word, factor in _ACTIVITY_WEIGHTS if word in activity]
    return math.sqrt(length) * (factors[0] if factors else 1.0)


def cut_windows(data: MotionData, clip: Tensor, first: Tensor, stretch: Tensor, frames: int) -> dict[str, Tensor]:
    """Cut windows of ``frames`` frames, resampled in time, reflecting at a clip's ends.

    Args:
        data: the clips.
        clip: (B,) clip of each window.
        first: (B,) first source frame, counted from the clip's start, may be fractional.
        stretch: (B,) source frames per window frame; 1 keeps the speed.
        frames: T.

    Returns:
        ``R_world`` (B, T, 22, 3, 3), ``root_m`` (B, T, 3), ``clearance_m`` (B, T), ``contact`` (B, T, 2) and
        ``weight`` (B, T), which is zero on reflected and on glitchy frames.
    """
    place = first[:, None] + stretch[:, None] * torch.arange(frames, device=first.device)
    last = (data.length[clip] - 1)[:, None].to(place.dtype)
    inside = (place >= 0) & (place <= last)
    period = 2 * last
    folded = torch.remainder(place, period)
    folded = torch.where(folded > last, period - folded, folded)
    lower = folded.floor().clamp(max=(last - 1).clamp(min=0)).to(torch.int64)
    fraction = (folded - lower).to(torch.float32)
    low = data.start[clip][:, None] + lower
    high = low + 1

    def between(values: Tensor) -> Tensor:
        share = fraction.reshape(fraction.shape + (1,) * (values.dim() - 1))
        return values[low] * (1 - share) + values[high] * share

    return {
        "R_world": sixd_to_matrix(between(data.sixd)),
        "root_m": between(data.root_m),
        "clearance_m": between(data.clearance_m),
        "contact": between(data.contact),
        "weight": (inside & data.valid[low] & data.valid[high]).to(torch.float32),
    }
