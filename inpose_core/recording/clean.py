# SPDX-License-Identifier: Apache-2.0
"""Repair what recorders get wrong, and mark as not measured what cannot be repaired.

Every rule answers a defect that was seen in real files: leading frames of zeros, quaternions of zeros or of -1,
repeated times, sign flips, tracks that freeze or jump to the origin while tracking is lost, one-frame spikes.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..errors import RecordingError
from ..quaternions import continuous_signs
from .types import DEVICE_NAMES, Recording

BoolArray = NDArray[np.bool_]
FloatArray = NDArray[np.float64]

_DEVICE_LABELS: Final[tuple[str, str, str]] = ("head", "left hand", "right hand")
_LARGEST_COORDINATE_M: Final[float] = 1000.0
_LONGEST_RECORDING_S: Final[float] = 6 * 3600.0
_LARGEST_BACKWARDS_FRACTION: Final[float] = 0.3
_SPIKE_SPEED_M_S: Final[float] = 8.0
_SPIKE_DEVIATION_M: Final[float] = 0.08
_FREEZE_FRAMES: Final[int] = 3
_FREEZE_S: Final[float] = 0.1
_FREEZE_JUMP_M: Final[float] = 0.02


def clean_recording(recording: Recording, name: str = "The recording") -> Recording:
    """Return the recording with increasing times from 0, unit quaternions of continuous sign, and losses marked.

    Where a device is not measured its pose is the last measured one, so that every number is finite.

    Raises:
        RecordingError: fewer than two usable frames, no head, no hand, or a length of many hours.
    """
    notes = list(recording.notes)
    kept = _increasing(recording.times_s)
    times_s = recording.times_s[kept]
    backwards = float((np.diff(recording.times_s) < 0).mean()) if len(kept) > 1 else 0.0
    if backwards > _LARGEST_BACKWARDS_FRACTION:
        raise RecordingError(
            f"The times in {name} do not increase: {backwards:.0%} of the frames come before the one before.",
            "Check the time column, in seconds.",
        )
    if len(times_s) < 2:
        raise RecordingError(
            f"{name} holds no movement: it has fewer than two frames at different times.", "Record at least a second."
        )
    dropped = len(kept) - len(times_s)
    if dropped:
        notes.append(
            f"{_frames(dropped)} with a repeated or decreasing time {'was' if dropped == 1 else 'were'} dropped."
        )
    times_s = times_s - times_s[0]
    _check_length(times_s, name)

    positions_m = recording.positions_m[kept].astype(np.float64)
    rotations_wxyz = recording.rotations_wxyz[kept].astype(np.float64)
    measured = recording.measured[kept] & _valid(positions_m, rotations_wxyz)
    _note_invalid(recording.measured[kept] & ~measured, notes)
    positions_m[~measured] = 0.0
    rotations_wxyz[~measured] = (1.0, 0.0, 0.0, 0.0)
    lengths = np.linalg.norm(rotations_wxyz, axis=-1)
    if np.abs(lengths[measured] - 1).max(initial=0.0) > 0.05:
        notes.append("The rotations were not unit quaternions and were normalised.")
    rotations_wxyz /= lengths[..., None]

    for device, label in enumerate(_DEVICE_LABELS):
        frozen = _frozen(times_s, positions_m, rotations_wxyz, measured, device)
        measured[:, device] &= ~frozen
        spikes = _spikes(times_s, positions_m[:, device], measured[:, device])
        measured[:, device] &= ~spikes
        if frozen.any():
            notes.append(f"The {label} stood frozen while tracking was lost in {_frames(int(frozen.sum()))}.")
        if spikes.any():
            notes.append(f"The {label} jumped away for single frames {int(spikes.sum())} times; these are bridged.")
        _hold_last(positions_m[:, device], measured[:, device])
        _hold_last(rotations_wxyz[:, device], measured[:, device])
        rotations_wxyz[:, device] = continuous_signs(rotations_wxyz[:, device])
    _check_devices(measured, notes, name)
    return replace(
        recording,
        times_s=times_s,
        positions_m=positions_m,
        rotations_wxyz=rotations_wxyz,
        measured=measured,
        notes=tuple(notes),
    )


def _frames(count: int) -> str:
    return f"{count} frame{'' if count == 1 else 's'}"


def _increasing(times_s: FloatArray) -> BoolArray:
    """Choose frames of strictly increasing time: the last of equal ones, and no frame from before the one kept last."""
    kept = np.isfinite(times_s)
    indices = np.flatnonzero(kept)
    t = times_s[indices]
    if len(t) > 2:
        # One time far ahead would otherwise make all that follow look late.
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


def _check_length(times_s: FloatArray, name: str) -> None:
    middle_s = float(np.median(np.diff(times_s)))
    if middle_s > 1.0 or times_s[-1] > _LONGEST_RECORDING_S:
        raise RecordingError(
            f"{name} would last {times_s[-1]:.0f} s with {middle_s:.3g} s from frame to frame, which is no recording.",
            "Times are in seconds: check the unit of the time column.",
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


def _note_invalid(invalid: BoolArray, notes: list[str]) -> None:
    for device, label in enumerate(_DEVICE_LABELS):
        count = int(invalid[:, device].sum())
        if 0 < count < len(invalid):
            notes.append(f"The {label} has no valid pose in {_frames(count)}.")


def _frozen(
    times_s: FloatArray, positions_m: FloatArray, rotations_wxyz: FloatArray, measured: BoolArray, device: int
) -> BoolArray:
    """Find runs of exactly repeated poses that end or begin with a jump while another device moves.

    A person or an animation that holds still repeats poses too, but does not jump into or out of the rest.
    """
    same = np.zeros(measured.shape, dtype=np.bool_)
    same[1:] = (positions_m[1:] == positions_m[:-1]).all(-1) & (rotations_wxyz[1:] == rotations_wxyz[:-1]).all(-1)
    others = [other for other in range(3) if other != device]
    frozen = np.zeros(len(times_s), dtype=np.bool_)
    runs = np.flatnonzero(
        np.diff(np.concatenate(([False], same[:, device] & measured[:, device], [False])).astype(int))
    )
    for start, stop in zip(runs[::2], runs[1::2], strict=True):  # frames start..stop-1 repeat frame start-1
        if stop - start < _FREEZE_FRAMES or times_s[stop - 1] - times_s[start - 1] < _FREEZE_S:
            continue
        others_move = not same[start:stop, others].all(axis=1).mean() > 0.5
        jump_out = stop < len(times_s) and _distance(positions_m, stop - 1, stop, device) > _FREEZE_JUMP_M
        jump_in = start >= 2 and _distance(positions_m, start - 2, start - 1, device) > 2 * _FREEZE_JUMP_M
        frozen[start:stop] = others_move and (jump_out or jump_in)
    return frozen


def _distance(positions_m: FloatArray, before: int, after: int, device: int) -> float:
    return float(np.linalg.norm(positions_m[after, device] - positions_m[before, device]))


def _spikes(times_s: FloatArray, positions_m: FloatArray, measured: BoolArray) -> BoolArray:
    """Find single frames that leap away and back; fast swings (sabers reach 16 m/s) go on in their direction."""
    spikes = np.zeros(len(times_s), dtype=np.bool_)
    index = np.flatnonzero(measured)
    if len(index) < 3:
        return spikes
    t, p = times_s[index], positions_m[index]
    velocity = np.diff(p, axis=0) / np.diff(t)[:, None]
    speed = np.linalg.norm(velocity, axis=1)
    weight = ((t[1:-1] - t[:-2]) / (t[2:] - t[:-2]))[:, None]
    deviation = np.linalg.norm(p[1:-1] - (p[:-2] * (1 - weight) + p[2:] * weight), axis=1)
    back = (velocity[1:] * velocity[:-1]).sum(axis=1) < -0.5 * speed[1:] * speed[:-1]
    fast = np.minimum(speed[1:], speed[:-1]) > _SPIKE_SPEED_M_S
    spikes[index[1:-1]] = back & fast & (deviation > _SPIKE_DEVIATION_M)
    return spikes


def _hold_last(values: FloatArray, measured: BoolArray) -> None:
    """Overwrite unmeasured rows with the last measured one; before the first, with the first."""
    if measured.any():
        source = np.maximum.accumulate(np.where(measured, np.arange(len(measured)), -1))
        source[source < 0] = int(np.argmax(measured))
        values[:] = values[source]


def _check_devices(measured: BoolArray, notes: list[str], name: str) -> None:
    present = measured.any(axis=0)
    if present.sum() <= 1:
        which = f"only the {_DEVICE_LABELS[int(np.argmax(present))]}" if present.any() else "no device"
        raise RecordingError(
            f"{name} has {which}; a head and at least one hand are needed.",
            "Record with the headset and both controllers on.",
        )
    if not present[0]:
        raise RecordingError(
            f"The head is never measured in {name}.", "Record with the headset on, in standing (floor) tracking."
        )
    for device in (1, 2):
        if not present[device]:
            notes.append(f"The {_DEVICE_LABELS[device]} is never measured; the solver imagines it.")


assert len(_DEVICE_LABELS) == len(DEVICE_NAMES)
