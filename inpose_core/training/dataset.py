# SPDX-License-Identifier: Apache-2.0
"""Hold motion in memory, so that windows are cut without a Python loop per sample."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ..arrays import FloatArray
from ..body.motion import SOLVER_FPS
from ..body.quaternions import rotate_vector
from ..body.rotations import matrix_to_sixd, quaternion_wxyz_to_matrix, sixd_to_matrix
from ..body.skeleton import FOOT_JOINTS, JOINT_INDEX, TOE_JOINTS, Skeleton
from ..errors import InPoseError
from .packed import PackedClips
from .situations import frame_weights, situations
from .upright import joint_positions, stands_upright


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
    """(F, 2) 1 where the left or right foot is planted, else 0."""
    valid: Tensor
    """(F,) bool; False near a glitch of the capture."""
    start: Tensor
    """(N,) first frame of each clip."""
    length: Tensor
    """(N,) frames of each clip."""
    offsets_m: Tensor
    """(N, 22, 3) rest offsets; the template's if the source has no skeleton of the subject."""
    root_scale: Tensor
    """(N,) leg length of `offsets_m` over that of the source: the factor for the root motion."""
    upright_ratio: Tensor
    """(N,) head height over the rest skeleton's while the person stands upright, near 1."""
    clip: Tensor
    """(F,) index of each frame's clip."""
    drawn_up_to: Tensor
    """(F,) probability that the middle of an example is at or before this frame: a cumulative distribution."""
    situation: Tensor
    """(F,) `situations.Situation` of each frame."""

    def __len__(self) -> int:
        return len(self.start)

    @property
    def duration_s(self) -> float:
        """Return the length of all clips together."""
        return float(self.length.sum()) / SOLVER_FPS

    def to(self, device: torch.device) -> MotionData:
        """Return the data on a device."""
        moved = {name: tensor.to(device) for name, tensor in vars(self).items() if name != "drawn_up_to"}
        # MPS knows no float64.
        drawn_up_to = self.drawn_up_to.float() if device.type == "mps" else self.drawn_up_to
        return MotionData(drawn_up_to=drawn_up_to.to(device), **moved)


def make_motion_data(clips: PackedClips) -> MotionData:
    """Return packed clips as tensors; single-frame clips are skipped.

    Raises:
        InPoseError: no usable clip remains.
    """
    clips = clips.select(clips.length >= _FEWEST_FRAMES)
    if not len(clips):
        raise InPoseError("No motion clip was found to train on.", "Give folders or files of packed motion (.npz).")
    template = Skeleton.template()
    frames = len(clips.root_m)
    clearance_m, contact = torch.empty(frames), torch.empty(frames, 2)
    labels, upright = np.zeros(frames, np.int8), np.zeros(frames, dtype=bool)
    height = np.zeros(frames)
    offsets_m, root_scale = [], []
    for clip in range(len(clips)):
        part = clips.frames(clip)
        source = Skeleton(clips.offsets_m[clip].astype(np.float64))
        wxyz, floor_m = clips.wxyz[part].astype(np.float64), float(clips.floor_m[clip])
        positions_m = joint_positions(wxyz, source.offsets_m, clips.root_m[part])
        above_m = positions_m - (0.0, floor_m, 0.0)
        clearance_m[part] = torch.from_numpy(above_m[:, list(FOOT_JOINTS), 1].min(axis=1)).float()
        contact[part] = foot_contact(torch.from_numpy(above_m), SOLVER_FPS).float()
        rest_m = source.standing_head_height_m
        upright[part] = stands_upright(wxyz, positions_m, floor_m, rest_m) & clips.valid[part]
        height[part] = above_m[:, _HEAD, 1] / rest_m
        labels[part] = situations(
            positions_m, _heading(wxyz[:, _PELVIS]), floor_m, source.leg_length_m, rest_m, str(clips.activity[clip])
        )
        own_body = not bool(clips.generic_skeleton[clip]) and "Daz" not in str(clips.family[clip])
        body = source if own_body else template
        offsets_m.append(torch.from_numpy(body.offsets_m.astype(np.float32)))
        root_scale.append(body.leg_length_m / source.leg_length_m)
    clip_of = np.repeat(np.arange(len(clips)), clips.length)
    return MotionData(
        sixd=_sixd(clips.wxyz),
        root_m=torch.from_numpy(clips.root_m),
        clearance_m=clearance_m,
        contact=contact,
        valid=torch.from_numpy(clips.valid),
        start=torch.from_numpy(clips.start),
        length=torch.from_numpy(clips.length),
        offsets_m=torch.stack(offsets_m),
        root_scale=torch.tensor(root_scale, dtype=torch.float32),
        upright_ratio=torch.from_numpy(_upright_ratios(clips, clip_of, upright, height)),
        clip=torch.from_numpy(clip_of),
        drawn_up_to=torch.from_numpy(np.cumsum(frame_weights(clips, labels))),
        situation=torch.from_numpy(labels),
    )


def _sixd(wxyz: np.ndarray[tuple[int, ...], np.dtype[np.float32]]) -> Tensor:
    """Return 6D rotations (F, 22, 6), computed in pieces: matrices for hours of motion would fill the memory."""
    sixd = torch.empty(*wxyz.shape[:-1], 6)
    for first in range(0, len(wxyz), _FRAMES_AT_ONCE):
        part = slice(first, first + _FRAMES_AT_ONCE)
        sixd[part] = matrix_to_sixd(quaternion_wxyz_to_matrix(torch.from_numpy(wxyz[part])))
    return sixd


def _heading(wxyz: FloatArray) -> FloatArray:
    """Return the ground heading of rotations (F, 4): their +Z axis as unit vectors (x, z), (F, 2)."""
    forward = rotate_vector(wxyz, np.array([0.0, 0.0, 1.0]))[:, [0, 2]]
    return np.asarray(forward / np.maximum(np.linalg.norm(forward, axis=-1, keepdims=True), 1e-6))


def _upright_ratios(
    clips: PackedClips, clip_of: NDArray[np.int64], upright: NDArray[np.bool_], height: FloatArray
) -> NDArray[np.float32]:
    """Return each person's median relative head height in upright stances, per clip, (N,); 1 if never upright."""
    people, person = np.unique(["\0".join(p) for p in clips.people()], return_inverse=True)
    ratio = np.ones(len(people), np.float32)
    for index in range(len(people)):
        heights = height[upright & (person[clip_of] == index)]
        if len(heights) >= _FEWEST_UPRIGHT_FRAMES:
            ratio[index] = np.clip(np.median(heights), *_UPRIGHT_RANGE)
    return np.asarray(ratio[person])


_FEWEST_FRAMES: Final[int] = 2
_FRAMES_AT_ONCE: Final[int] = 100_000
_FEWEST_UPRIGHT_FRAMES: Final[int] = 45
_UPRIGHT_RANGE: Final[tuple[float, float]] = (0.95, 1.06)
_STANDING_SPEED_M_S = 0.3
_STANDING_HEIGHT_M = 0.06
_HEAD: Final[int] = JOINT_INDEX["head"]
_PELVIS: Final[int] = JOINT_INDEX["pelvis"]


def foot_contact(positions_m: Tensor, fps: float) -> Tensor:
    """Return which feet are planted, (F, 2) bool, from joint positions (F, 22, 3) with the floor at y = 0.

    A foot is planted while its toe joint is slower than 0.3 m/s and within 6 cm of the floor: from flat foot to
    toe-off.
    """
    toes_m = positions_m[:, list(TOE_JOINTS)]
    speed = torch.gradient(toes_m, dim=0)[0].norm(dim=-1) * fps
    return (speed < _STANDING_SPEED_M_S) & (toes_m[..., 1] < _STANDING_HEIGHT_M)


def cut_windows(data: MotionData, clip: Tensor, first: Tensor, stretch: Tensor, frames: int) -> dict[str, Tensor]:
    """Cut windows of ``frames`` frames, resampled in time, reflecting at a clip's ends.

    Args:
        data: the clips.
        clip: (B,) index of each window's clip.
        first: (B,) first source frame, counted from the clip's start, possibly fractional.
        stretch: (B,) source frames per window frame; 1 keeps the speed.
        frames: T.

    Returns:
        ``R_world`` (B, T, 22, 3, 3), ``root_m`` (B, T, 3), ``clearance_m`` (B, T), ``contact`` (B, T, 2),
        ``situation`` (B, T) and ``weight`` (B, T), which is zero on reflected and on glitchy frames.
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
        "situation": data.situation[low],
        "weight": (inside & data.valid[low] & data.valid[high]).to(torch.float32),
    }
