# SPDX-License-Identifier: Apache-2.0
"""Files that users sent: each is told in one sentence, with its span."""

from __future__ import annotations

import pytest

from inpose_core.recording import load_recording
from tests.core.recording.cleaning.people import told
from tests.core.recording.recording_files import real_recording
from tests.shared_files import shared_or_skip


@pytest.mark.parametrize(
    ("name", "kind", "device", "span_s"),
    [
        ("01_hand_stops_but_turns", "position_stuck", 2, (9.3, 14.8)),
        ("02_hand_frozen_to_the_end", "frozen", 2, (9.3, 17.0)),
        ("04_lost_hand_is_the_head", "at_head", 2, (9.3, 14.8)),
        ("07_floor_drifts", "floor_drifts", None, (0.0, 17.0)),
        ("22_headset_on_the_desk_first", "not_worn", None, (0.0, 7.3)),
    ],
)
def test_what_users_sent_is_told(name: str, kind: str, device: int | None, span_s: tuple[float, float]) -> None:
    recording = load_recording(shared_or_skip(f"bugs/{name}/take.csv"))
    (finding,) = (finding for finding in recording.findings if finding.kind == kind)
    assert finding.device == device
    assert (finding.start_s, finding.stop_s) == pytest.approx(span_s, abs=0.4)
    assert recording.notes.count(finding.sentence) == 1


def test_a_desk_is_left_out_by_itself() -> None:
    recording = load_recording(shared_or_skip("bugs/22_headset_on_the_desk_first/take.csv"))
    assert recording.trim_s == pytest.approx((7.0, recording.duration_s), abs=0.5)


def test_parked_hands_leave_unit_and_floor_alone() -> None:
    recording = load_recording(shared_or_skip("bugs/14_lost_hands_parked_far_below/take.csv"))
    assert told(recording.findings) >= {("parked", 1), ("parked", 2)}
    assert recording.unit == "m"
    assert {guess.name: guess.value for guess in recording.guesses}["origin"] == "floor"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("bs_vivepro2_normal.bsor", set()),
        ("bs_vivepro2_expertplus.bsor", {("spikes", 1), ("spikes", 2)}),
        # At its end, headset and controllers are on a desk; at its beginning the right controller is, too.
        ("aframe_tracked-recording.json", {("not_worn", None), ("frozen", 2)}),
        ("webxr_iwer_quest3.json", {("frozen", 1), ("frozen", 2), ("no_pose", 1), ("another_offset", None)}),
    ],
)
def test_real_takes_raise_no_false_alarm(name: str, expected: set[tuple[str, int | None]]) -> None:
    assert told(load_recording(real_recording(name)).findings) <= expected
