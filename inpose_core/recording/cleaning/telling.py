# SPDX-License-Identifier: Apache-2.0
"""Tell the user what cleaning found: one finding for each defect, in a sentence with its time span."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from ...arrays import BoolArray, FloatArray
from ...body.quaternions import geodesic_angle
from ..cleaning_report import DEVICE_LABELS
from ..findings import Finding, FindingAction
from ..types import LONGEST_BRIDGE_S
from .defects import TrackDefect
from .device_changes import OffsetChange
from .floor_drift import Drift
from .rooms import RoomJump
from .tilt import Tilt

_MOST_SPANS: Final[int] = 3
"""If a device has more defects of one kind than this, they become one finding, to keep the list short."""
_MOST_MOMENTS: Final[int] = 5

_SEEN: Final[dict[str, str]] = {
    "no_pose": "has no valid pose",
    "no_pose declared": "was not tracked, according to the file",
    "frozen": "repeats one pose, like a controller that sleeps or is out of sight",
    "frozen tracker": "repeats one pose, as if it sleeps or is out of sight",
    "position_stuck": "turns without moving: only its rotation is tracked",
    "at_head": "is at the place of the headset, where some runtimes put a lost hand",
    "at_head carried": "moves with the head, as a lost hand does in some runtimes",
    "at_head modelled": "has only a computed position, from an arm model: it was not tracked",
    "parked": "is at a place where a runtime puts lost devices",
    "at_origin": "is at the origin of the room, where a driver puts lost devices",
    "out_of_reach": "is beyond the reach of the arm: put down or lost",
    "never_tracked": "does not move in the whole recording: it was probably switched off",
    "not_worn": "lies still: nobody holds it",
    "another_device": "stays near the floor like a foot: check the roles of the trackers",
    "spikes": "jumps away and back",
}
"""What the device does, by the kind of the finding and, for some kinds, its variant."""


_PARTS: Final[dict[str, str]] = {"position_stuck": "position", "rotation_stuck": "rotation"}
"""What is missing of a pose whose other part is measured."""


def defect_findings(
    times_s: FloatArray, defects: Sequence[TrackDefect], trackers: Sequence[str] | None = None
) -> list[Finding]:
    """Return a finding for each defect of a device; many defects of one kind become one finding.

    Args:
        times_s: (F,) of the frames.
        defects: of head and hands, or of trackers.
        trackers: the names of the trackers; None: the defects are those of head and hands.
    """
    labels = DEVICE_LABELS if trackers is None else [f"tracker {name}" for name in trackers]
    findings: list[Finding] = []
    groups: dict[tuple[str, int, str, bool], list[TrackDefect]] = {}
    for defect in sorted(defects, key=lambda each: (each.start, each.device)):
        groups.setdefault((defect.kind, defect.device, defect.how, defect.believed), []).append(defect)
    for group in groups.values():
        if len(group) <= _MOST_SPANS and group[0].kind != "spikes":
            findings += [_finding(times_s, [defect], labels[defect.device]) for defect in group]
        else:
            findings.append(_finding(times_s, group, labels[group[0].device]))
    if trackers is not None:
        findings = [replace(finding, device=None) for finding in findings]
    return sorted(findings, key=lambda finding: (finding.start_s or 0.0, finding.device or 0))


def _finding(times_s: FloatArray, group: Sequence[TrackDefect], label: str) -> Finding:
    first = group[0]
    spans_s = [(float(times_s[each.start]), float(times_s[each.stop - 1])) for each in group]
    gaps_s = [times_s[min(each.stop, len(times_s) - 1)] - times_s[max(each.start - 1, 0)] for each in group]
    inside = all(each.start > 0 and each.stop < len(times_s) for each in group)
    bridged = inside and max(gaps_s) <= LONGEST_BRIDGE_S + 1e-9
    told = first.believed and first.kind != "rotation_stuck"
    action: FindingAction = "told" if told else "repaired" if bridged else "left_to_solver"
    seen = _SEEN.get(f"{first.kind} {first.how}".strip(), first.how or _SEEN[first.kind])
    start_s, stop_s = spans_s[0][0], max(stop for _, stop in spans_s)
    if first.kind == "never_tracked" or (first.start == 0 and first.stop == len(times_s) and "whole" in seen):
        when = ""
    elif len(group) == 1 and stop_s - start_s < 0.1:
        when = f"at {start_s:.1f} s, "
    elif len(group) == 1:
        when = f"from {start_s:.1f} to {stop_s:.1f} s, "
    else:
        total_s = sum(stop - start for start, stop in spans_s)
        total = f" ({total_s:.1f} s in all)" if total_s >= 0.1 else ""
        when = f"{len(group)} times from {start_s:.1f} to {stop_s:.1f} s{total}, "
    sentence = f"{when}the {label} {seen}."
    ending = {
        "told": " InPose uses it anyway.",
        "repaired": " InPose interpolates it.",
        "left_to_solver": " The solver computes it there.",
    }
    if first.kind in _PARTS:
        ending["left_to_solver"] = f" The solver computes its {_PARTS[first.kind]} there."
    if first.kind == "never_tracked":
        ending["left_to_solver"] = " The solver computes it without data."
    return Finding(
        kind=first.kind,
        sentence=sentence[0].upper() + sentence[1:] + ending[action],
        action=action,
        device=first.device,
        start_s=start_s,
        stop_s=stop_s,
    )


def not_worn_findings(times_s: FloatArray, spans: Sequence[tuple[int, int]]) -> list[Finding]:
    """Return a finding for each span in which the headset lies somewhere."""
    found = []
    for start, stop in spans:
        start_s, stop_s = float(times_s[start]), float(times_s[stop - 1])
        at_end = start == 0 or stop == len(times_s)
        fate = "InPose leaves this out." if at_end else "The solver computes the body there."
        sentence = f"From {start_s:.1f} to {stop_s:.1f} s, the headset is not worn: it lies still. {fate}"
        found.append(Finding("not_worn", sentence, "left_to_solver", None, start_s, stop_s))
    return found


def swap_findings(times_s: FloatArray, spans: Sequence[tuple[int, int]]) -> list[Finding]:
    """Return a finding for each span in which left and right were swapped."""
    return [
        Finding(
            "swapped_hands",
            f"From {times_s[start]:.1f} to {times_s[stop - 1]:.1f} s, left and right were swapped. "
            "InPose corrected it.",
            "repaired",
            None,
            float(times_s[start]),
            float(times_s[stop - 1]),
        )
        for start, stop in spans
    ]


def room_findings(times_s: FloatArray, jumps: Sequence[RoomJump], home: int) -> list[Finding]:
    """Return findings about jumps of the room and of the floor; home is the room into which the take was moved.

    The span of a jump is the room that it leads to.
    """
    findings = []
    borders = [*(jump.frame for jump in jumps), len(times_s)]
    for room, jump in enumerate(jumps):
        if jump.of_floor:
            height_cm, way = abs(100 * jump.shift_m[1]), "up" if jump.shift_m[1] > 0 else "down"
            sentence = (
                f"At {times_s[jump.frame]:.1f} s, all devices jumped {way} by {height_cm:.0f} cm: the floor was lost. "
                f"InPose corrected the heights {'after' if room >= home else 'before'} this."
            )
            span_s = float(times_s[jump.frame]), float(times_s[borders[room + 1] - 1])
            findings.append(Finding("floor_lost", sentence, "repaired", None, *span_s))
    rooms = [room for room, jump in enumerate(jumps) if not jump.of_floor]
    if rooms:
        moments = ", ".join(f"{times_s[jumps[room].frame]:.1f}" for room in rooms[:_MOST_MOMENTS])
        more = " ..." if len(rooms) > _MOST_MOMENTS else ""
        sentence = f"The room was recentred at {moments}{more} s. InPose removed the jump{'s' * (len(rooms) > 1)}."
        span_s = float(times_s[jumps[rooms[0]].frame]), float(times_s[borders[rooms[-1] + 1] - 1])
        findings.append(Finding("recentred", sentence, "repaired", None, *span_s))
    return findings


def offset_findings(times_s: FloatArray, changes: Sequence[OffsetChange]) -> list[Finding]:
    """Return a finding for each moment at which hands become another device's."""
    findings = []
    for change in changes:
        start_s = float(times_s[change.frame])
        turn_deg = np.degrees(float(geodesic_angle(change.turn_wxyz, (1.0, 0.0, 0.0, 0.0))))
        sentence = (
            f"From {start_s:.1f} s on, another device tracks the {DEVICE_LABELS[change.hand]}, or a bare hand replaces "
            f"a controller: its pose jumps by {100 * float(np.linalg.norm(change.place_m)):.0f} cm and {turn_deg:.0f} "
            "degrees. InPose moved it to the pose of the first device."
        )
        findings.append(Finding("another_offset", sentence, "repaired", change.hand, start_s, float(times_s[-1])))
    return findings


def headset_finding(times_s: FloatArray, borders: Sequence[int], moved: Sequence[int]) -> Finding:
    """Return the finding about a headset that jumped alone; ``moved`` are the parts that were put back."""
    spans = [(float(times_s[borders[part]]), float(times_s[borders[part + 1] - 1])) for part in moved]
    when = " and ".join(f"from {start_s:.1f} to {stop_s:.1f} s" for start_s, stop_s in spans[:_MOST_SPANS])
    sentence = f"The headset alone jumped; {when} it was in another place. InPose put it back."
    return Finding("headset_jumped", sentence, "repaired", 0, spans[0][0], spans[-1][1])


def drift_finding(drift: Drift) -> Finding:
    """Return the finding about a floor that drifted."""
    moved = f"{'rose' if drift.rise_m > 0 else 'sank'} slowly by {abs(100 * drift.rise_m):.0f} cm"
    seems, fate = ("the floor drifted", "removed the drift")
    if not drift.sure:
        seems, fate = ("the floor seems to drift", "left the heights as they are")
    sentence = f"From {drift.start_s:.1f} to {drift.stop_s:.1f} s, all devices {moved}: {seems}. InPose {fate}."
    return Finding("floor_drifts", sentence, "repaired" if drift.sure else "told", None, drift.start_s, drift.stop_s)


def tilt_finding(tilt: Tilt) -> Finding:
    """Return the finding about a room that leans."""
    angle_deg, deviation_deg = np.degrees((tilt.angle_rad, tilt.deviation_rad))
    leans, fate = ("leans", "InPose levelled it") if tilt.sure else ("seems to lean", "InPose left it as it is")
    sentence = (
        f"The room {leans} by {angle_deg:.0f} degrees (give or take {deviation_deg:.0f}): its floor was set up on a "
        f"slope. {fate}."
    )
    return Finding("room_tilted", sentence, "repaired" if tilt.sure else "told")


def missing_findings(measured: BoolArray, defects: Sequence[TrackDefect]) -> list[Finding]:
    """Return a finding for each hand that is never measured, if no other finding explains it."""
    explained = {defect.device for defect in defects if not defect.believed}
    return [
        Finding(
            "never_tracked",
            f"The {DEVICE_LABELS[hand]} is never tracked. The solver computes it without data.",
            "left_to_solver",
            hand,
        )
        for hand in (1, 2)
        if not measured[:, hand].any() and hand not in explained
    ]
