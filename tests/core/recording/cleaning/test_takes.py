# SPDX-License-Identifier: Apache-2.0
"""A long pause makes several takes, and a finding names those that are left out."""

from dataclasses import replace

import numpy as np
import pytest

from inpose_core.recording.cleaning.clean import cut_take
from inpose_core.recording.findings import Finding
from inpose_core.recording.types import DeviceStretch, Recording
from tests.core.recording.recording_files import moving_person


def test_the_takes_that_are_left_out_are_a_finding() -> None:
    person = moving_person(300)
    later_s = np.where(np.arange(300) < 200, 0.0, 20.0)
    cut = cut_take(replace(person, times_s=person.times_s + later_s))
    assert len(cut) == 200
    (finding,) = cut.findings
    assert finding.kind == "several_takes"
    assert "The others are take 2 from" in finding.sentence
    assert cut.notes == (finding.sentence,)


def test_a_take_without_a_pause_has_no_finding() -> None:
    assert cut_take(moving_person(300)).findings == ()


def of_two_takes() -> Recording:
    """Return takes of 2 and 3 seconds, 20 seconds apart, with devices and findings in the time of the whole file."""
    person = moving_person(300)
    times_s = 5.0 + np.arange(300) / 60 + np.where(np.arange(300) < 120, 0.0, 20.0)
    stretches = (DeviceStretch(1, 0.5, 1.0, "oculus-hand"), DeviceStretch(2, 23.0, 24.5, "oculus-hand"))
    template = "At {start_s} s, the headset's menu was open."
    return replace(person, times_s=times_s, other_devices=stretches).with_findings(
        Finding("damaged", "The take was cut off.", "repaired"),
        Finding.timed("no_pose", template, "told", 1.5, 1.5),
        Finding.timed("no_pose", template, "told", 23.5, 23.5),
    )


def test_devices_and_findings_of_a_take_are_in_its_time() -> None:
    second = cut_take(of_two_takes())
    assert len(second) == 180
    assert second.other_devices == (DeviceStretch(2, pytest.approx(1.0), pytest.approx(2.5), "oculus-hand"),)
    damaged, menu, several = second.findings
    assert (damaged.kind, several.kind) == ("damaged", "several_takes")
    assert menu.sentence == "At 1.5 s, the headset's menu was open."
    assert menu.start_s == pytest.approx(1.5)
    assert second.notes == (damaged.sentence, menu.sentence, several.sentence)

    first = cut_take(of_two_takes(), 1)
    assert [stretch.hand for stretch in first.other_devices] == [1]
    assert first.findings[1].start_s == 1.5
    assert len(first.findings) == 3
