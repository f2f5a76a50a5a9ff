# SPDX-License-Identifier: Apache-2.0
"""A long pause makes several takes, and a finding names those that are left out."""

from dataclasses import replace

import numpy as np

from inpose_core.recording.cleaning.clean import cut_take
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
