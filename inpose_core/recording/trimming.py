# SPDX-License-Identifier: Apache-2.0
"""Apply the user's trim to a cleaned recording: the part to solve, and the stretches to leave out.

The recording stays whole, on its own clock: a T-pose before the start still calibrates, and all notes name the same
seconds. `calibrate` cuts the sensors. In a stretch that is left out, no device counts as measured, neither for
calibration nor for the solver. The solver computes the body there, so the timing stays.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np

from ..errors import RecordingError
from ..options.reading import ReadOptions
from ..options.spans import parse_spans
from .types import Recording

_SHORTEST_S: Final[float] = 0.1
"""Shortest trim, in seconds."""
_AT_END_S: Final[float] = 1.0
"""A stretch that begins or ends this close to the beginning or the end of the recording reaches it."""


def trim_recording(recording: Recording, options: ReadOptions, name: str = "The recording") -> Recording:
    """Return the recording with its trim, and with nothing measured in the stretches that are left out.

    A side that the options do not set is that of the proposed trim.

    Args:
        recording: cleaned; its times start at 0.
        options: the options that contain the trim.
        name: the file's name, for messages.

    Raises:
        RecordingError: the trim contains nothing of the recording, or no head or hand is left.
    """
    proposed_s = proposed_trim(recording)
    if options.trim_start_s is None and options.trim_end_s is None and options.leave_out is None:
        return replace(recording, trim_s=proposed_s)
    end_s = recording.duration_s
    # Nothing is measured outside of the proposal, so nothing is lost; --from 0 keeps it.
    start_s, stop_s = proposed_s or (0.0, end_s)
    start_s = start_s if options.trim_start_s is None else options.trim_start_s
    stop_s = stop_s if options.trim_end_s is None else min(options.trim_end_s, end_s)
    if stop_s - start_s < _SHORTEST_S:
        raise RecordingError(
            f"The trim from {start_s:g} to {stop_s:g} s contains no motion of {name}.",
            f"The recording lasts {end_s:.1f} s.",
        )
    spans = parse_spans(options.leave_out or "")
    left_out = np.zeros(len(recording), np.bool_)
    for span_start_s, span_stop_s in spans:
        left_out |= (recording.times_s >= span_start_s) & (recording.times_s <= span_stop_s)
    measured = recording.measured & ~left_out[:, None]
    turned = recording.rotation_measured
    inside = (recording.times_s >= start_s) & (recording.times_s <= stop_s)
    if recording.measured[inside, 0].any() and not (measured[inside, 0].any() and measured[inside, 1:].any()):
        raise RecordingError(
            f"Nothing of {name} is left between {start_s:g} and {stop_s:g} s.", "Leave out less, or trim less."
        )
    return replace(
        recording,
        measured=measured,
        rotation_measured=None if turned is None else turned & ~left_out[:, None],
        trackers=None if recording.trackers is None else recording.trackers.unless(left_out),
        fingers=None if recording.fingers is None else recording.fingers.unless(left_out),
        trim_s=(start_s, stop_s),
        left_out_s=spans,
    )


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
