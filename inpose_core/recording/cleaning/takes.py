# SPDX-License-Identifier: Apache-2.0
"""Split a recording at long pauses: InPose does not invent the motion in between.

A new take begins after a long pause: a paused game, a headset that was put down, or a clock that was changed. One take
is solved. A note lists the times of the others.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...errors import RecordingError
from ..findings import Finding, FindingKind
from ..types import Recording

LONGEST_PAUSE_S: Final[float] = 10.0
"""A pause up to this long stays in its take, which keeps its timing; the prior can fill in this much motion."""

_MOST_TOLD: Final[int] = 6
_OF_FILES: Final[frozenset[FindingKind]] = frozenset({"several_takes", "several_players"})
"""Findings that tell already why a file has several takes. The times between these are InPose's own."""


class TakeSpan(NamedTuple):
    """Hold the span of a take in a recording."""

    first: int
    last: int
    """The frames, both inclusive."""
    start_s: float
    stop_s: float
    """Seconds since the recording's first frame."""

    def __str__(self) -> str:
        return f"{self.start_s:.1f} to {self.stop_s:.1f} s"


def find_takes(times_s: NDArray[np.float64], seen: NDArray[np.bool_]) -> list[TakeSpan]:
    """Return the takes of a recording, in order; a single frame is not a take.

    Args:
        times_s: (F,) strictly increasing where ``seen``.
        seen: (F,) True where any device was measured.
    """
    frames = np.flatnonzero(seen)
    if len(frames) == 0:
        return []
    begins = np.append(True, np.diff(times_s[frames]) > LONGEST_PAUSE_S)
    first, last = frames[begins], frames[np.append(begins[1:], True)]
    zero_s = float(times_s[frames[0]])
    return [
        TakeSpan(a, b, float(times_s[a]) - zero_s, float(times_s[b]) - zero_s)
        for a, b in zip(first.tolist(), last.tolist(), strict=True)
        if b > a
    ]


def choose_take(recording: Recording, seen: NDArray[np.bool_], number: int | None, name: str) -> Recording:
    """Return one take of a recording, with a finding that names the others; the recording itself if it has no pauses.

    Args:
        recording: times may be in any order outside ``seen``.
        seen: (F,) frames that count, at strictly increasing times.
        number: number of the take, from 1; None chooses the longest.
        name: the file's name, for messages.

    Raises:
        RecordingError: there is no take of this number.
    """
    takes = find_takes(recording.times_s, seen)
    if number is not None and not 1 <= number <= max(1, len(takes)):
        raise RecordingError(f"{name} has no take {number}.", f"It has {max(1, len(takes))}; the first is number 1.")
    if len(takes) < 2:
        return recording
    chosen = takes[number - 1] if number is not None else max(takes, key=lambda take: take.stop_s - take.start_s)
    cut = slice(chosen.first, chosen.last + 1)
    zero_s, stop_s = (float(recording.times_s[frame] - recording.times_s[0]) for frame in (chosen.first, chosen.last))
    recording = _findings_of(recording, zero_s, stop_s)
    take = replace(
        recording,
        times_s=recording.times_s[cut],
        positions_m=recording.positions_m[cut],
        rotations_wxyz=recording.rotations_wxyz[cut],
        measured=recording.measured[cut],
        trackers=None if recording.trackers is None else recording.trackers.part(cut),
        fingers=None if recording.fingers is None else recording.fingers.part(cut),
        other_devices=tuple(
            replace(each, start_s=each.start_s - zero_s, stop_s=each.stop_s - zero_s)
            for each in recording.other_devices
            if each.stop_s >= zero_s and each.start_s <= stop_s
        ),
    )
    apart = any(finding.kind in _OF_FILES for finding in recording.findings)
    sentence = _sentence_of_sessions(takes, chosen) if apart else _sentence(takes, chosen)
    return take.with_findings(Finding("several_takes", sentence))


def _findings_of(recording: Recording, start_s: float, stop_s: float) -> Recording:
    """Return the recording with the findings of one of its takes, in the time of this take, and their notes."""
    findings, notes = [], list(recording.notes)
    for finding in recording.findings:
        ends_before = finding.stop_s is not None and finding.stop_s < start_s
        begins_after = finding.start_s is not None and finding.start_s > stop_s
        if not (ends_before or begins_after):
            moved = finding.since(start_s)
            findings.append(moved)
            notes = [moved.sentence if note == finding.sentence else note for note in notes]
        else:
            notes = [note for note in notes if note != finding.sentence]
    return replace(recording, findings=tuple(findings), notes=tuple(notes))


def _sentence_of_sessions(takes: list[TakeSpan], chosen: TakeSpan) -> str:
    others = [f"take {number} ({take.stop_s - take.start_s:.1f} s)" for number, take in enumerate(takes, 1)]
    this = others.pop(takes.index(chosen))
    if len(others) > _MOST_TOLD:
        others = [*others[:_MOST_TOLD], f"{len(others) - _MOST_TOLD} more"]
    return f"This is {this} of {len(takes)}. The others are {', '.join(others)}."


def _sentence(takes: list[TakeSpan], chosen: TakeSpan) -> str:
    others = [f"take {number} from {take}" for number, take in enumerate(takes, 1) if take is not chosen]
    if len(others) > _MOST_TOLD:
        others = [*others[:_MOST_TOLD], f"{len(others) - _MOST_TOLD} more"]
    return (
        f"Pauses of more than {LONGEST_PAUSE_S:.0f} s split the recording into {len(takes)} takes. "
        f"This is take {takes.index(chosen) + 1}, from {chosen}. The others are {', '.join(others)}."
    )
