# SPDX-License-Identifier: Apache-2.0
"""Repair errors in recordings, mark the rest as not measured, and report both.

The order is: times that do not increase, invalid poses, swapped hands, rooms that jumped, then each device's own track
(`track_defects`). Short losses are bridged later (`resample`).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np

from ...arrays import BoolArray, FloatArray, runs
from ...body.quaternions import continuous_signs
from ...errors import RecordingError
from ..cleaning_report import DEVICE_LABELS, CleaningReport, DeviceCleaning
from ..types import DEVICE_NAMES, LONGEST_BRIDGE_S, Recording
from .room_defects import Poses, put_hands_back, undo_recentring
from .takes import choose_take
from .track_defects import find_at_origin, find_frozen, find_out_of_reach, find_spikes

_LARGEST_COORDINATE_M: Final[float] = 1000.0
_LONGEST_RECORDING_S: Final[float] = 3 * 3600.0
_LONGEST_STEP_S: Final[float] = 1.0
_LONG_S: Final[float] = 600.0
_FEWEST_PER_S: Final[float] = 5.0
"""Average over a long recording: a small file with hours between its frames would cost as much as hours of motion."""
_LARGEST_BACKWARDS_FRACTION: Final[float] = 0.3
_LARGEST_LENGTH_ERROR: Final[float] = 0.05


def clean_recording(recording: Recording, name: str = "The recording") -> Recording:
    """Return the recording with increasing times from 0, unit quaternions of continuous sign, and losses marked.

    If a device is not measured, its pose is the last measured one, so that every number is finite. The result's
    ``cleaning`` and its notes list all repairs.

    Raises:
        RecordingError: fewer than two usable frames, no head, no hand, or a length of many hours.
    """
    kept = _checked_order(recording.times_s, name)
    times_s = recording.times_s[kept]
    times_s = times_s - times_s[0]
    _check_length(times_s, name)

    positions_m = recording.positions_m[kept].astype(np.float64)
    rotations_wxyz = recording.rotations_wxyz[kept].astype(np.float64)
    given = recording.measured[kept]
    measured = given & _valid(positions_m, rotations_wxyz)
    invalid = given & ~measured
    positions_m[~measured] = 0.0
    rotations_wxyz[~measured] = (1.0, 0.0, 0.0, 0.0)
    lengths = np.linalg.norm(rotations_wxyz, axis=-1)
    unnormalised = (np.abs(lengths - 1) > _LARGEST_LENGTH_ERROR) & measured
    rotations_wxyz /= lengths[..., None]

    poses, exchanged = put_hands_back(times_s, Poses(positions_m, rotations_wxyz, measured))
    poses, recentred = undo_recentring(times_s, poses)
    positions_m, rotations_wxyz, measured = poses
    spent_s = _spent(times_s)
    devices = []
    for device in range(3):
        own_invalid = np.where(exchanged, invalid[:, (0, 2, 1)[device]], invalid[:, device])
        own_given = np.where(exchanged, given[:, (0, 2, 1)[device]], given[:, device])
        tracked, found = _tracked(times_s, Poses(positions_m, rotations_wxyz, measured), device)
        measured[:, device] = tracked
        positions_m[:, device] = _last_held(positions_m[:, device], tracked)
        held_wxyz = _last_held(rotations_wxyz[:, device], tracked)
        rotations_wxyz[:, device] = continuous_signs(held_wxyz)
        # A missing device is not a fault of the track; `_missing_devices` reports it.
        seen = tracked.any()
        lost, bridged = _losses(times_s, tracked, spent_s)
        devices.append(
            replace(
                found,
                invalid_s=float(spent_s[own_invalid].sum()) if seen else 0.0,
                untracked_s=float(spent_s[~own_given].sum()) if seen else 0.0,
                sign_flips=int(((held_wxyz[1:] * held_wxyz[:-1]).sum(axis=-1) < 0).sum()),
                bridged_s=bridged,
                lost_s=lost,
            )
        )
    report = CleaningReport(
        devices=(devices[0], devices[1], devices[2]),
        dropped_frames=len(kept) - len(times_s),
        unnormalised_frames=int(unnormalised.any(axis=1).sum()),
        swapped_s=float(spent_s[exchanged].sum()),
        recentred_at_s=tuple(float(times_s[frame]) for frame in recentred),
    )
    missing = _missing_devices(measured, name)
    return replace(
        recording,
        times_s=times_s,
        positions_m=positions_m,
        rotations_wxyz=rotations_wxyz,
        measured=measured,
        notes=(*recording.notes, *report.sentences, *missing),
        cleaning=report,
    )


def cut_take(recording: Recording, number: int | None = None, name: str = "The recording") -> Recording:
    """Return one take of an uncleaned recording, by its number from 1, or the longest one (`choose_take`).

    Raises:
        RecordingError: there is no such take, or the times are invalid.
    """
    kept = _checked_order(recording.times_s, name)
    _check_rate(recording.times_s[kept], name)
    seen = (recording.measured & _valid(recording.positions_m, recording.rotations_wxyz)).any(axis=1)
    return choose_take(recording, kept & seen, number, name)


def _tracked(times_s: FloatArray, poses: Poses, device: int) -> tuple[BoolArray, DeviceCleaning]:
    """Return the frames in which one device was really tracked, (F,), and how long it was not."""
    positions_m, rotations_wxyz, measured = poses.positions_m, poses.rotations_wxyz, poses.measured.copy()
    spent_s = _spent(times_s)
    frozen = find_frozen(times_s, positions_m, rotations_wxyz, measured, device)
    measured[:, device] &= ~frozen
    thrown = find_at_origin(times_s, positions_m[:, device], measured[:, device])
    measured[:, device] &= ~thrown
    spikes, count = find_spikes(times_s, positions_m[:, device], rotations_wxyz[:, device], measured[:, device])
    measured[:, device] &= ~spikes
    away = find_out_of_reach(positions_m, measured, device) if device > 0 else np.zeros_like(frozen)
    measured[:, device] &= ~away
    found = DeviceCleaning(
        frozen_s=float(spent_s[frozen].sum()),
        origin_s=float(spent_s[thrown].sum()),
        away_s=float(spent_s[away].sum()),
        spikes=count,
    )
    return measured[:, device], found


def _spent(times_s: FloatArray) -> FloatArray:
    """Return the duration of each frame, (F,): half of the time to both neighbours."""
    between_s = np.diff(times_s)
    usual_s = float(np.median(between_s))
    between_s = np.minimum(between_s, LONGEST_BRIDGE_S)
    return 0.5 * (np.append(between_s, usual_s) + np.append(usual_s, between_s))


def _losses(times_s: FloatArray, measured: BoolArray, spent_s: FloatArray) -> tuple[float, float]:
    """Return how long a device stays lost, and how long its losses are short enough to be bridged."""
    if not measured.any():
        return float(times_s[-1] - times_s[0]), 0.0
    lost_s = bridged_s = 0.0
    for start, stop in runs(~measured):
        inside = start > 0 and stop < len(times_s)
        if inside and times_s[stop] - times_s[start - 1] <= LONGEST_BRIDGE_S + 1e-9:
            bridged_s += float(spent_s[start:stop].sum())
        else:
            lost_s += float(spent_s[start:stop].sum())
    return lost_s, bridged_s


def _increasing(times_s: FloatArray) -> BoolArray:
    """Choose frames of strictly increasing time: the last of equal times, none earlier than the last kept one."""
    kept = np.isfinite(times_s)
    indices = np.flatnonzero(kept)
    t = times_s[indices]
    if len(t) > 2:
        # Otherwise, one time far ahead would make all later frames look too early.
        ahead = np.zeros(len(t), dtype=np.bool_)
        ahead[1:-1] = (t[1:-1] > t[2:]) & (t[:-2] <= t[2:])
        ahead[0] = t[0] > t[1] and t[0] > t[2]
        indices, t = indices[~ahead], t[~ahead]
    in_order = t >= np.maximum.accumulate(t) if len(t) else np.zeros(0, dtype=np.bool_)
    indices, t = indices[in_order], t[in_order]
    last_of_equal = np.append(np.diff(t) > 0, True)[: len(t)]
    chosen = np.zeros(len(times_s), dtype=np.bool_)
    chosen[indices[last_of_equal]] = True
    return chosen


def _checked_order(times_s: FloatArray, name: str) -> BoolArray:
    """Return the frames of increasing time, (F,), at least two."""
    kept = _increasing(times_s)
    backwards = float((np.diff(times_s) < 0).mean()) if len(times_s) > 1 else 0.0
    if backwards > _LARGEST_BACKWARDS_FRACTION:
        raise RecordingError(
            f"The times in {name} do not increase: {backwards:.0%} of the frames are earlier than the frame before.",
            "Check the time column, in seconds.",
        )
    if kept.sum() < 2:
        raise RecordingError(
            f"{name} contains no movement: it has fewer than two frames at different times.",
            "Record at least a second.",
        )
    return kept


def _check_rate(times_s: FloatArray, name: str) -> None:
    middle_s = float(np.median(np.diff(times_s)))
    if middle_s > _LONGEST_STEP_S:
        raise _no_recording(times_s, middle_s, name)


def _check_length(times_s: FloatArray, name: str) -> None:
    _check_rate(times_s, name)
    duration_s = float(times_s[-1])
    if duration_s > _LONGEST_RECORDING_S:
        raise _no_recording(times_s, float(np.median(np.diff(times_s))), name)
    if duration_s > _LONG_S and len(times_s) < _FEWEST_PER_S * duration_s:
        raise RecordingError(
            f"{name} has only {len(times_s)} frames in {duration_s:.0f} s, which cannot be a recording.",
            "Check the time column, or record at 30 frames per second at least.",
        )


def _no_recording(times_s: FloatArray, middle_s: float, name: str) -> RecordingError:
    return RecordingError(
        f"{name} would last {times_s[-1] - times_s[0]:.0f} s with {middle_s:.3g} s from frame to frame, "
        "which cannot be a recording.",
        "Times are in seconds: check the unit of the time column. InPose takes up to "
        f"{_LONGEST_RECORDING_S / 3600:.0f} hours at once.",
    )


def _valid(positions_m: FloatArray, rotations_wxyz: FloatArray) -> BoolArray:
    with np.errstate(invalid="ignore", over="ignore"):
        lengths = np.linalg.norm(rotations_wxyz, axis=-1)
        valid = np.isfinite(positions_m).all(axis=-1) & np.isfinite(rotations_wxyz).all(axis=-1)
        valid &= (np.abs(positions_m) < _LARGEST_COORDINATE_M).all(axis=-1)
        valid &= (lengths > 0.1) & (lengths < 10.0)
        # Recorders write -1 everywhere for "no pose", and drivers the exact origin while tracking is lost.
        valid &= ~(np.abs(rotations_wxyz) == 1.0).all(axis=-1)
        valid &= ~(positions_m == 0.0).all(axis=-1)
    return np.asarray(valid)


def _last_held(values: FloatArray, measured: BoolArray) -> FloatArray:
    """Return the rows with unmeasured ones replaced by the last measured one; before the first, by the first."""
    if not measured.any():
        return values
    source = np.maximum.accumulate(np.where(measured, np.arange(len(measured)), -1))
    source[source < 0] = int(np.argmax(measured))
    return values[source]


def _missing_devices(measured: BoolArray, name: str) -> tuple[str, ...]:
    """Return a note about a hand that is never measured; raise an error if more is missing."""
    present = measured.any(axis=0)
    if present.sum() <= 1:
        which = f"only the {DEVICE_LABELS[int(np.argmax(present))]}" if present.any() else "no device"
        raise RecordingError(
            f"{name} has {which}; InPose needs a head and at least one hand.",
            "Record with the headset and both controllers on.",
        )
    if not present[0]:
        raise RecordingError(
            f"The head is never tracked in {name}.", "Record with the headset on, in standing (floor) tracking."
        )
    absent = (DEVICE_LABELS[device] for device in (1, 2) if not present[device])
    return tuple(f"The {label} is never tracked. The solver computes it without data." for label in absent)


assert len(DEVICE_LABELS) == len(DEVICE_NAMES)
