# SPDX-License-Identifier: Apache-2.0
"""A clock that stands still is told; frames that share a time without a hole, as replays begin, are not."""

from dataclasses import replace

import pytest

from inpose_core.recording.cleaning.clean import clean_recording
from tests.core.recording.recording_files import moving_person


def test_a_stalled_clock_is_told_with_its_span() -> None:
    person = moving_person(400)
    times_s = person.times_s.copy()
    times_s[100:145] = times_s[100]
    (finding,) = [f for f in clean_recording(replace(person, times_s=times_s)).findings if f.kind == "clock"]
    assert finding.start_s == pytest.approx(100 / 90)
    assert finding.stop_s == pytest.approx(145 / 90)
    assert finding.action == "repaired"


def test_equal_times_at_the_beginning_are_no_stall() -> None:
    person = moving_person(400)
    times_s = person.times_s.copy()
    times_s[:5] = times_s[4]
    assert not [f for f in clean_recording(replace(person, times_s=times_s)).findings if f.kind == "clock"]
