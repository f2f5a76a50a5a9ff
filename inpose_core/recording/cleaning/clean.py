# SPDX-License-Identifier: Apache-2.0
"""Repair errors in recordings, mark poses without tracking as not measured, and report both.

The order matters, because each step trusts the results of the steps before it:

1. the clock (`clock`), rows that repeat the one before (`repeated_rows`), and poses that are none;
2. hands that were swapped (`swapped_hands`);
3. a headset that is not worn (`wearing`);
4. devices at a place of the runtime's: the origin (`track_defects`), the headset (`head_followers`), the other hand
   (`doubled_hands`), a parking place (`interpretation.parked`); before the last, leaps of a few frames
   (`track_defects`);
5. devices that repeat one pose (`track_defects`), hands that are feet (`device_changes`), devices that stand still as
   no hand does (`still_devices`), hands that are carried by the head (`head_followers`);
6. the same for trackers on the body (`lost_trackers`);
7. rooms and floors that jump, a headset that jumps alone, a room that leans, a floor that drifts, hands that become
   another device's (`mending`): the numbers are mended;
8. hands out of reach (`track_defects`), and hands that are feet (`device_changes`) or hips (`hips`); devices
   that never turn (`unturned`).

Short losses are bridged later (`resample`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from ...arrays import BoolArray, FloatArray, lengths, runs
from ...body.quaternions import continuous_signs
from ...errors import RecordingError
from ..cleaning_report import DEVICE_LABELS, CleaningReport
from ..interpretation.parked import find_parked
from ..types import DEVICE_NAMES, LONGEST_BRIDGE_S, Recording
from . import telling
from .accounting import DECLARED, device_cleanings, durations_s
from .clock import check_length, check_rate, checked_order
from .defects import Poses, TrackDefect, as_defects, rotation_known, without
from .device_changes import find_feet
from .doubled_hands import find_doubled_hands
from .head_followers import find_at_headset, find_carried_hands
from .hips import find_hips
from .lost_trackers import find_lost_trackers
from .mending import mend
from .repeated_rows import find_repeated_rows
from .stalled_clock import stall_findings
from .still_devices import find_still_devices
from .swapped_hands import put_hands_back
from .takes import choose_take
from .track_defects import find_at_origin, find_frozen, find_out_of_reach, find_spikes
from .unturned import find_unturned
from .wearing import find_not_worn

_LARGEST_COORDINATE_M: Final[float] = 1000.0
_LARGEST_LENGTH_ERROR: Final[float] = 0.05


def clean_recording(recording: Recording, name: str = "The recording") -> Recording:
    """Return the recording with increasing times from 0, unit quaternions of continuous sign, and losses marked.

    If a device is not measured, its pose is the last measured one, so that every number is finite. A device whose
    position is stuck while it turns keeps its rotation. The result's
    ``cleaning`` and its findings list all repairs.

    Raises:
        RecordingError: fewer than two usable frames, no head, no hand, or a length of many hours.
    """
    in_order = checked_order(recording.times_s, name)
    repeated = find_repeated_rows(recording, in_order)
    kept = in_order & ~repeated
    times_s = recording.times_s[kept]
    times_s = times_s - times_s[0]
    check_length(times_s, name)

    positions_m = recording.positions_m[kept].astype(np.float64)
    rotations_wxyz = recording.rotations_wxyz[kept].astype(np.float64)
    given = recording.measured[kept]
    measured = given & _valid(positions_m, rotations_wxyz)
    invalid = given & ~measured
    positions_m[~measured] = 0.0
    rotations_wxyz[~measured] = (1.0, 0.0, 0.0, 0.0)
    length = lengths(rotations_wxyz)
    unnormalised = (np.abs(length - 1) > _LARGEST_LENGTH_ERROR) & measured
    rotations_wxyz /= length[..., None]

    poses, exchanged = put_hands_back(times_s, Poses(positions_m, rotations_wxyz, measured))
    # A missing device is not a fault of the track; it is told below.
    seen = poses.measured.any(axis=0)
    invalid, lost = (np.where(exchanged[:, None], own[:, (0, 2, 1)], own) & seen for own in (invalid, ~given))
    unworn = find_not_worn(times_s, poses)
    for start, stop in unworn:
        poses.measured[start:stop] = False
    fingers = None if recording.fingers is None else recording.fingers.part(kept).cleaned(times_s).exchanged(exchanged)
    poses, defects = _taken_out(times_s, poses, _BEFORE_MENDING)
    given_trackers = None if recording.trackers is None else recording.trackers.part(kept)
    tracks, lost_trackers = find_lost_trackers(times_s, poses, given_trackers)
    mended = mend(times_s, poses, tracks)
    trackers = None if given_trackers is None else given_trackers.with_poses(*mended.trackers)
    poses, late = _taken_out(times_s, mended.poses, _AFTER_MENDING)
    defects = [*as_defects("no_pose", invalid), *_declared_losses(times_s, lost), *defects, *late]
    _check_devices(poses.measured, name, tracked=trackers is not None and bool(trackers.measured.any()))
    findings = [
        *stall_findings(recording.times_s, in_order),
        *telling.swap_findings(times_s, runs(exchanged)),
        *telling.not_worn_findings(times_s, unworn),
        *mended.findings,
        *telling.defect_findings(times_s, defects),
        *telling.defect_findings(times_s, lost_trackers, [] if trackers is None else trackers.names),
        *telling.missing_findings(poses.measured, defects),
    ]
    known = rotation_known(poses.measured, defects)
    held_wxyz = _last_held(poses.rotations_wxyz, known)
    report = CleaningReport(
        devices=device_cleanings(times_s, poses.measured, held_wxyz, defects, lost),
        dropped_frames=int((~in_order).sum()),
        repeated_rows=int(repeated.sum()),
        unnormalised_frames=int(unnormalised.any(axis=1).sum()),
        swapped_s=float(durations_s(times_s)[exchanged].sum()),
        recentred_at_s=mended.recentred_at_s,
    )
    return replace(
        recording,
        times_s=times_s,
        positions_m=_last_held(poses.positions_m, poses.measured),
        rotations_wxyz=continuous_signs(held_wxyz),
        measured=poses.measured,
        rotation_measured=None if (known == poses.measured).all() else known,
        trackers=trackers,
        fingers=fingers,
        notes=(*recording.notes, *report.sentences),
        cleaning=report,
    ).with_findings(*sorted(findings, key=lambda finding: finding.start_s or 0.0))


def cut_take(recording: Recording, number: int | None = None, name: str = "The recording") -> Recording:
    """Return one take of an uncleaned recording, by its number from 1, or the longest one (`choose_take`).

    Raises:
        RecordingError: there is no such take, or the times are invalid.
    """
    kept = checked_order(recording.times_s, name)
    check_rate(recording.times_s[kept], name)
    seen = (recording.measured & _valid(recording.positions_m, recording.rotations_wxyz)).any(axis=1)
    return choose_take(recording, kept & seen, number, name)


def _declared_losses(times_s: FloatArray, lost: BoolArray) -> list[TrackDefect]:
    """Return the losses that the file itself declares and that are too long to be bridged."""
    declared = [defect._replace(how=DECLARED) for defect in as_defects("no_pose", lost)]
    return [each for each in declared if times_s[each.stop - 1] - times_s[each.start] > LONGEST_BRIDGE_S]


def _parked(_: FloatArray, poses: Poses) -> list[TrackDefect]:
    return as_defects("parked", find_parked(np.where(poses.measured[..., None], poses.positions_m, np.nan)))


_Detector = Callable[[FloatArray, Poses], list[TrackDefect]]
_BEFORE_MENDING: Final[tuple[_Detector, ...]] = (
    find_at_origin,
    find_at_headset,
    find_doubled_hands,
    find_spikes,
    _parked,
    find_frozen,
    find_feet,
    find_still_devices,
    find_carried_hands,
)
_AFTER_MENDING: Final[tuple[_Detector, ...]] = (find_out_of_reach, find_feet, find_hips, find_unturned)


def _taken_out(times_s: FloatArray, poses: Poses, detectors: Sequence[_Detector]) -> tuple[Poses, list[TrackDefect]]:
    """Return the poses without the defects that the detectors find one after the other, and these defects."""
    defects: list[TrackDefect] = []
    for detect in detectors:
        found = _leaving_a_hand(poses.measured, detect(times_s, poses))
        poses = poses._replace(measured=without(poses.measured, found))
        defects += found
    return poses, defects


def _leaving_a_hand(measured: BoolArray, found: list[TrackDefect]) -> list[TrackDefect]:
    """Return the defects. If they would remove both hands from the whole take, InPose only reports them.

    Without a hand, nothing can be solved. What looks like a defect everywhere may be how this person moves.
    """
    if not measured[:, 1:].any() or without(measured, found)[:, 1:].any():
        return found
    return [defect._replace(believed=True) if defect.device else defect for defect in found]


def _valid(positions_m: FloatArray, rotations_wxyz: FloatArray) -> BoolArray:
    with np.errstate(invalid="ignore", over="ignore"):
        length = lengths(rotations_wxyz)
        valid = np.isfinite(positions_m).all(axis=-1) & np.isfinite(rotations_wxyz).all(axis=-1)
        valid &= (np.abs(positions_m) < _LARGEST_COORDINATE_M).all(axis=-1)
        valid &= (length > 0.1) & (length < 10.0)
        # Recorders write -1 everywhere for "no pose", and drivers the exact origin while tracking is lost.
        valid &= ~(np.abs(rotations_wxyz) == 1.0).all(axis=-1)
        valid &= ~(positions_m == 0.0).all(axis=-1)
    return np.asarray(valid)


def _last_held(values: FloatArray, measured: BoolArray) -> FloatArray:
    """Return values (F, 3, ...) with unmeasured ones replaced by the device's last measured one, or by its first."""
    held = values.copy()
    for device in range(3):
        own = measured[:, device]
        if own.any():
            source = np.maximum.accumulate(np.where(own, np.arange(len(own)), -1))
            source[source < 0] = int(np.argmax(own))
            held[:, device] = values[source, device]
    return held


def _check_devices(measured: BoolArray, name: str, *, tracked: bool) -> None:
    """Raise an error if the head is never measured, or neither hand nor, if there are any (``tracked``), trackers."""
    present = measured.any(axis=0)
    if present.sum() <= 1 and not (present[0] and tracked):
        which = f"only the {DEVICE_LABELS[int(np.argmax(present))]}" if present.any() else "no device"
        raise RecordingError(
            f"{name} has {which}; InPose needs a head and at least one hand.",
            "Record with the headset and both controllers on.",
        )
    if not present[0]:
        raise RecordingError(
            f"The head is never tracked in {name}.", "Record with the headset on, in standing (floor) tracking."
        )


assert len(DEVICE_LABELS) == len(DEVICE_NAMES)
