# SPDX-License-Identifier: Apache-2.0
"""Tell for the timeline where each device is bridged or lost."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from inpose_core.inspection.describe import describe_recording
from inpose_core.inspection.stretches import Stretch, unmeasured_stretches
from tests.core.recording.recording_files import moving_person


def test_a_device_is_bridged_over_short_gaps_and_lost_over_long_ones_and_at_the_ends() -> None:
    person = moving_person(frames=300, rate_hz=60.0)
    person.measured[60:66, 1] = False
    person.measured[120:180, 1] = False
    person.measured[290:, 2] = False
    stretches = unmeasured_stretches(person)
    assert stretches["head"] == ()
    bridged, lost = stretches["left"]
    assert (bridged.state, lost.state) == ("bridged", "lost")
    assert np.allclose((bridged.start_s, bridged.stop_s, lost.start_s, lost.stop_s), (59 / 60, 66 / 60, 119 / 60, 3.0))
    assert stretches["right"] == (Stretch(289 / 60, 299 / 60, "lost"),)


def test_frames_that_the_file_lacks_are_a_gap_too() -> None:
    person = moving_person(frames=300, rate_hz=60.0)
    later = replace(person, times_s=person.times_s + 2.0 * (np.arange(300) >= 100))
    assert [each.state for each in unmeasured_stretches(later)["head"]] == ["lost"]
    assert describe_recording(later).to_dict()["unmeasured"]["head"] == [  # type: ignore[index]
        {"start_s": 1.65, "stop_s": 3.667, "state": "lost"}
    ]
