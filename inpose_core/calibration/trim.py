# SPDX-License-Identifier: Apache-2.0
"""Cut the solver's input to the recording's trim, after the whole recording has calibrated it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from ..recording.findings import Finding, FindingKind
from ..recording.types import Recording, Sensors

_ALWAYS: Final[tuple[FindingKind, ...]] = ("calibration_pose", "not_worn")


def cut_sensors(sensors: Sensors, recording: Recording) -> Sensors:
    """Return the sensors from the trim's start to its end; all of them without a trim."""
    if recording.trim_s is None:
        return sensors
    start_s, stop_s = recording.trim_s
    first, last = round(start_s * sensors.fps), round(stop_s * sensors.fps)
    cut = slice(first, max(last + 1, first + 2))
    return sensors.part(cut)


def findings_inside(findings: Iterable[Finding], recording: Recording) -> tuple[Finding, ...]:
    """Return the findings of the part that is solved, without those in parts that were trimmed away or left out.

    A finding of calibration concerns the whole recording, and a headset that is not worn is why the recording is cut.
    """
    return tuple(finding for finding in findings if _is_inside(finding, recording))


def notes_inside(notes: Iterable[str], findings: Iterable[Finding], recording: Recording) -> tuple[str, ...]:
    """Return the notes without the sentences of findings that `findings_inside` drops."""
    dropped = {finding.sentence for finding in findings if not _is_inside(finding, recording)}
    return tuple(note for note in notes if note not in dropped)


def _is_inside(finding: Finding, recording: Recording) -> bool:
    if (finding.start_s is None and finding.stop_s is None) or finding.kind in _ALWAYS:
        return True
    start_s = finding.start_s or 0.0
    stop_s = recording.duration_s if finding.stop_s is None else finding.stop_s
    if any(left_out_s <= start_s and stop_s <= until_s for left_out_s, until_s in recording.left_out_s):
        return False
    return recording.trim_s is None or (stop_s > recording.trim_s[0] and start_s < recording.trim_s[1])
