# SPDX-License-Identifier: Apache-2.0
"""Straighten captured people: remove the knee bend that marker solvers add to relaxed stances.

Solvers of optical capture often set a person's thighs and shins a few per cent too long, so the knees of a relaxed
stance are bent by 20 to 40 degrees. A prior trained on such people makes everyone squat. So each person's legs are
shortened until the relaxed stance has nearly straight knees. Hips, ankles and all other joints stay where they were
captured, and the knees follow by two-bone inverse kinematics in their original plane.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ..arrays import FloatArray
from ..body.motion import SOLVER_FPS
from ..body.quaternions import multiply_quaternions, rotate_vector
from ..body.skeleton import JOINT_INDEX, LEG_CHAINS, PARENTS, TOE_JOINTS, Skeleton
from .packed import PackedClips

_STILL_M_S: Final[float] = 0.12
"""In a relaxed stance, head and toes move more slowly than this."""
_UPRIGHT_HEAD: Final[float] = 0.93
"""Least share of the rest skeleton's head height in an upright stance."""
_UPRIGHT_TRUNK: Final[float] = 0.94
"""Cosine of the trunk's tilt from the vertical."""
_FEWEST_FRAMES: Final[int] = 45
_RELAXED_KNEE_RAD: Final[float] = np.deg2rad(5.0)
"""Knee flexion of a relaxed stance: 0 to 10 degrees in people (AMASS body fits 7 to 9, UI-PRMD 4, SOMA 6)."""
_BENT_KNEE_RAD: Final[float] = np.deg2rad(8.0)
"""Legs of people who stand with straighter knees are not changed."""
_MOST_OVERREACH: Final[float] = 0.02
"""Share by which a leg may be too short in its longest 5 % of frames; the ankle then falls short."""
_SOFT_LIMIT: Final[float] = 0.995
"""Share of a leg's length beyond which it straightens softly instead of snapping."""
_HEAD: Final[int] = JOINT_INDEX["head"]
_PELVIS: Final[int] = JOINT_INDEX["pelvis"]
_CHEST: Final[int] = JOINT_INDEX["spine3"]


@dataclass(frozen=True)
class LegScales:
    """Hold the leg length factors of `straighten_legs`."""

    clips: PackedClips
    scale_of: dict[tuple[str, str], float]
    """Leg length factor by data set and subject; 1 if unchanged."""


def straighten_legs(clips: PackedClips) -> LegScales:
    """Shorten the legs of people whose relaxed stance has bent knees, and bend the knees less to match."""
    scale_of = _leg_scales(clips)
    wxyz, offsets_m = clips.wxyz.copy(), clips.offsets_m.copy()
    for clip, person in enumerate(clips.people()):
        scale = scale_of[person]
        if scale < 1.0:
            frames = clips.frames(clip)
            offsets = clips.offsets_m[clip].astype(np.float64)
            shorter = offsets.copy()
            shorter[[joint for leg in LEG_CHAINS for joint in leg[1:]]] *= scale
            wxyz[frames] = _with_shorter_legs(clips.wxyz[frames].astype(np.float64), offsets, shorter)
            offsets_m[clip] = shorter
    return LegScales(replace(clips, wxyz=wxyz, offsets_m=offsets_m), scale_of)


def joint_positions(
    wxyz: NDArray[np.floating[Any]], offsets_m: NDArray[np.floating[Any]], root_m: NDArray[np.floating[Any]]
) -> FloatArray:
    """Return joint positions (F, 22, 3) from global rotations (F, 22, 4), rest offsets (22, 3) and the root (F, 3)."""
    positions_m = np.empty((len(wxyz), len(PARENTS), 3))
    positions_m[:, _PELVIS] = root_m
    for joint in range(1, len(PARENTS)):
        parent = PARENTS[joint]
        positions_m[:, joint] = positions_m[:, parent] + rotate_vector(wxyz[:, parent], offsets_m[joint])
    return positions_m


def stands_upright(
    wxyz: NDArray[np.floating[Any]], positions_m: FloatArray, floor_m: float, rest_height_m: float
) -> NDArray[np.bool_]:
    """Return the frames in which the person stands upright and still, (F,).

    Args:
        wxyz: global rotations, (F, 22, 4).
        positions_m: joints, (F, 22, 3).
        floor_m: height of a planted foot's lowest joint.
        rest_height_m: head height of the rest skeleton above its lowest foot joint.
    """
    if len(positions_m) < 2:
        return np.zeros(len(positions_m), dtype=bool)
    speed = np.linalg.norm(np.gradient(positions_m[:, [_HEAD, *TOE_JOINTS]], axis=0), axis=-1) * SOLVER_FPS
    trunk = np.stack([_up_of(wxyz[:, joint]) for joint in (_PELVIS, _CHEST)])
    return (
        (speed.max(axis=1) < _STILL_M_S)
        & (positions_m[:, _HEAD, 1] - floor_m > _UPRIGHT_HEAD * rest_height_m)
        & (trunk.min(axis=0) > _UPRIGHT_TRUNK)
    )


def leg_extension(positions_m: FloatArray, offsets_m: NDArray[np.floating[Any]]) -> FloatArray:
    """Return the hip-to-ankle distance over thigh plus shin, left and right, (F, 2)."""
    return np.stack(
        [
            np.linalg.norm(positions_m[:, ankle] - positions_m[:, hip], axis=-1)
            / (np.linalg.norm(offsets_m[knee]) + np.linalg.norm(offsets_m[ankle]))
            for hip, knee, ankle in LEG_CHAINS
        ],
        axis=1,
    )


def _up_of(wxyz: NDArray[np.floating[Any]]) -> FloatArray:
    """Return the cosine of the angle between a joint's Y axis and the vertical, (F,)."""
    return np.asarray(1 - 2 * (wxyz[:, 1] ** 2 + wxyz[:, 3] ** 2), np.float64)


def _leg_scales(clips: PackedClips) -> dict[tuple[str, str], float]:
    upright: dict[tuple[str, str], list[FloatArray]] = {}
    every: dict[tuple[str, str], list[FloatArray]] = {}
    for clip, person in enumerate(clips.people()):
        frames = clips.frames(clip)
        wxyz, offsets_m = clips.wxyz[frames], clips.offsets_m[clip]
        positions_m = joint_positions(wxyz, offsets_m, clips.root_m[frames])
        rest_m = Skeleton(offsets_m.astype(np.float64)).standing_head_height_m
        extension = leg_extension(positions_m, offsets_m)
        valid = clips.valid[frames]
        stands = stands_upright(wxyz, positions_m, float(clips.floor_m[clip]), rest_m) & valid
        upright.setdefault(person, []).append(extension[stands])
        every.setdefault(person, []).append(extension[valid])
    stance = {
        person: float(np.median(values))
        for person, parts in upright.items()
        if len(values := np.concatenate(parts)) >= _FEWEST_FRAMES
    }
    usual = {
        data_set: float(np.median([r for (name, _), r in stance.items() if name == data_set]))
        for data_set in {name for name, _ in stance}
    }
    return {
        # People without a relaxed stance get the stance of the others in their data set.
        person: _leg_scale(stance.get(person, usual.get(person[0], 1.0)), np.concatenate(parts))
        for person, parts in every.items()
    }


def _leg_scale(stance: float, every: FloatArray) -> float:
    """Return the leg length factor that makes a stance of this extension relaxed."""
    if len(every) == 0 or 2 * np.arccos(min(1.0, stance)) < _BENT_KNEE_RAD:
        return 1.0
    relaxed = stance / np.cos(_RELAXED_KNEE_RAD / 2)
    return float(min(1.0, max(relaxed, np.percentile(every, 95) - _MOST_OVERREACH)))


def _with_shorter_legs(wxyz: FloatArray, offsets_m: FloatArray, shorter_m: FloatArray) -> FloatArray:
    """Return rotations (F, 22, 4) that keep the ankles in place on legs of other lengths."""
    result = wxyz.copy()
    for hip, knee, ankle in LEG_CHAINS:
        thigh_m = rotate_vector(wxyz[:, hip], offsets_m[knee])
        shin_m = rotate_vector(wxyz[:, knee], offsets_m[ankle])
        upper_m, lower_m = float(np.linalg.norm(shorter_m[knee])), float(np.linalg.norm(shorter_m[ankle]))
        to_ankle, reach_m = _unit(thigh_m + shin_m)
        wanted = reach_m / (upper_m + lower_m)
        rest = 1 - _SOFT_LIMIT
        soft = _SOFT_LIMIT + rest * (1 - np.exp(-np.maximum(wanted - _SOFT_LIMIT, 0) / rest))
        shortest_m = abs(upper_m - lower_m) * 1.001
        reach_m = np.maximum(np.minimum(wanted, soft) * (upper_m + lower_m), shortest_m)
        bend = _bend_direction(thigh_m, to_ankle, rotate_vector(wxyz[:, hip], np.array([1.0, 0.0, 0.0])))
        along_m = (upper_m**2 - lower_m**2 + reach_m**2) / (2 * reach_m)
        out_m = np.sqrt(np.maximum(upper_m**2 - along_m**2, 0.0))
        thigh_new_m = along_m[:, None] * to_ankle + out_m[:, None] * bend
        shin_new_m = reach_m[:, None] * to_ankle - thigh_new_m
        result[:, hip] = multiply_quaternions(_swing(thigh_m, thigh_new_m), wxyz[:, hip])
        result[:, knee] = multiply_quaternions(_swing(shin_m, shin_new_m), wxyz[:, knee])
    return result


def _bend_direction(thigh_m: FloatArray, to_ankle: FloatArray, hinge: FloatArray) -> FloatArray:
    """Return the knee direction, (F, 3), perpendicular to the leg: as captured, or from the hinge of a straight leg."""
    seen_m = thigh_m - (thigh_m * to_ankle).sum(-1, keepdims=True) * to_ankle
    trust = np.clip((np.linalg.norm(seen_m, axis=-1, keepdims=True) - 0.01) / 0.02, 0, 1)
    by_hinge, _ = _unit(np.cross(to_ankle, hinge))
    seen, _ = _unit(seen_m)
    mixed = trust * seen + (1 - trust) * by_hinge
    return _unit(mixed - (mixed * to_ankle).sum(-1, keepdims=True) * to_ankle)[0]


def _unit(vector: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return directions (F, 3) and lengths (F,)."""
    length = np.linalg.norm(vector, axis=-1)
    return vector / np.maximum(length, 1e-9)[:, None], length


def _swing(source: FloatArray, target: FloatArray) -> FloatArray:
    """Return the smallest rotations (F, 4) from directions to others less than 180 degrees away."""
    a, b = _unit(source)[0], _unit(target)[0]
    wxyz = np.concatenate((1 + (a * b).sum(-1, keepdims=True), np.cross(a, b)), axis=-1)
    return np.asarray(wxyz / np.linalg.norm(wxyz, axis=-1, keepdims=True))
