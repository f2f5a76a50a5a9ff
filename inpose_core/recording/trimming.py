# SPDX-License-Identifier: Apache-2.0
"""Obey the user's trim of a cleaned recording: what is solved, and what is left out.

The recording stays whole, on its own clock: a T-pose before the start still calibrates, and all notes name the same
seconds. `calibrate` cuts the sensors. A stretch that is left out is no tracking for anybody: nothing is measured there,
neither for calibration nor for the solver, which computes the body and keeps the timing.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from ..errors import RecordingError
from ..options.reading import ReadOptions
from ..options.spans import parse_spans
from .types import Recording

_SHORTEST_S: Final[float] = 0.1
"""Less is no motion."""
_AT_END_S: Final[float] = 1.0
"""A stretch that comes this near to the beginning or the end of the recording reaches it."""


def trim_recording(recording: Recording, options: ReadOptions, name: str = "The recording") -> Recording:
    """Return the recording with its trim set, and nothing measured in the stretches to leave out.

    Args:
        recording: cleaned; its times start at 0.
        options: the trim is what the options say.
        name: the file's name, for messages.

    Raises:
        RecordingError: the trim contains nothing of the recording, or no head or hand is left.
    """
    if options.trim_start_s is None and options.trim_end_s is None and options.leave_out is None:
        return recording
    end_s = recording.duration_s
    start_s = options.trim_start_s or 0.0
    stop_s = end_s if options.trim_end_s is None else min(options.trim_end_s, end_s)
    if stop_s - start_s < _SHORTEST_S:
        raise RecordingError(
            f"The trim from {start_s:g} to {stop_s:g} s contains no motion of {name}.",
            f"The recording lasts {end_s:.1f} s.",
        )
    spans = parse_spans(options.leave_out or "")
    measured = recording.measured.copy()
    for span_start_s, span_stop_s in spans:
        measured[(recording.times_s >= span_start_s) & (recording.times_s <= span_stop_s)] = False
    inside = (recording.times_s >= start_s) & (recording.times_s <= stop_s)
    if recording.measured[inside, 0].any() and not (measured[inside, 0].any() and measured[inside, 1:].any()):
        raise RecordingError(
            f"Nothing of {name} is left between {start_s:g} and {stop_s:g} s.", "Leave out less, or trim less."
        )
    return replace(recording, measured=measured, trim_s=(start_s, stop_s), left_out_s=spans)


def proposed_trim(recording: Recording) -> tuple[float, float] | None:
    """Return the start and end between which the headset is worn; None if that is the whole recording.

    A headset that lies on a desk while somebody starts and stops the recorder is the usual reason to trim.
    """
    spans = [
        (finding.start_s or 0.0, recording.duration_s if finding.stop_s is None else finding.stop_s)
        for finding in recording.findings
        if finding.kind == "not_worn" and finding.device in (None, 0)
    ]
    start_s = max((stop for start, stop in spans if start <= _AT_END_S), default=0.0)
    stop_s = min(
        (start for start, stop in spans if stop >= recording.duration_s - _AT_END_S), default=recording.duration_s
    )
    if (start_s, stop_s) == (0.0, recording.duration_s) or stop_s - start_s < _SHORTEST_S:
        return None
    return start_s, stop_s
