# SPDX-License-Identifier: GPL-3.0-or-later
"""Make the timeline's stripes of what the worker says."""

from __future__ import annotations

import pytest

from inpose_blender.viewing.stripes import Stripe, span_of, stripe_at, stripes_of
from inpose_blender.viewing.timeline_layout import timeline_layout, wanted_height

INFO = {
    "duration_s": 10.0,
    "unmeasured": {
        "head": [],
        "left": [{"start_s": 2.0, "stop_s": 2.2, "state": "bridged"}, {"start_s": 4.0, "stop_s": 6.0, "state": "lost"}],
        "right": [],
    },
    "calibration_pose": {"kind": "t_pose", "start_s": 1.0, "stop_s": 1.5},
}


def finding(sentence, device, start_s, stop_s, action="told"):
    return {"sentence": sentence, "device": device, "start_s": start_s, "stop_s": stop_s, "action": action}


def test_each_device_is_measured_but_where_it_is_not():
    stripes = stripes_of(INFO, ())
    assert [stripe.state for stripe in stripes if stripe.row == 2] == ["measured", "bridged", "lost"]
    assert [stripe.state for stripe in stripes if stripe.row == 3] == ["measured"]
    assert Stripe(0, 1.0, 1.5, "pose", "T-pose") in stripes


def test_findings_lie_in_front_in_the_row_of_their_device():
    stripes = stripes_of(
        INFO,
        [
            finding("Stuck.", 2, 3.0, 4.0),
            finding("Parked.", 1, 4.0, 6.0, "left_to_solver"),
            finding("The floor drifts.", None, 5.0, None),
            finding("Unit.", None, None, None),
            finding("Jumped.", 0, 7.0, 7.5, "repaired"),
        ],
    )
    states = {stripe.sentence: (stripe.row, stripe.state) for stripe in stripes if stripe.sentence}
    assert states == {
        "T-pose": (0, "pose"),
        "Stuck.": (3, "doubted"),
        "Parked.": (2, "lost"),
        "The floor drifts.": (0, "doubted"),
        "Jumped.": (1, "repaired"),
    }
    assert stripe_at(stripes, 2, 5.0).sentence == "Parked."
    assert stripe_at(stripes, 0, 9.9).sentence == "The floor drifts."
    assert stripe_at(stripes, 2, 9.0) is None  # all is well there
    assert stripe_at(stripes, 7, 5.0) is None


def test_what_is_short_can_still_be_seen():
    short = stripes_of(INFO, [finding("A leap.", 0, 3.0, 3.001)])[-1]
    assert short.stop_s - short.start_s > 0.02


def test_an_unknown_recording_has_no_stripes():
    assert stripes_of({}, ()) == ()


def test_a_finding_without_an_end_lasts_to_the_end():
    assert span_of(finding("", 0, 3.0, None), 10.0) == (3.0, 10.0)
    assert span_of(finding("", 0, None, 3.0), 10.0) == (0.0, 3.0)
    assert span_of(finding("", 0, None, None), 10.0) == (None, 10.0)


def test_a_high_timeline_has_names_and_a_low_one_thin_rows():
    high, low = timeline_layout(200, 1.0, True), timeline_layout(36, 1.0, True)
    assert high.has_names
    assert not low.has_names
    assert low.top <= 36
    assert 2.5 < low.row < high.row
    for layout in (high, low, timeline_layout(200, 2.0, False)):
        for row in range(4):
            assert layout.row_at(layout.row_bottom(row) + 0.5 * layout.row) == row
    assert high.row_at(high.bottom + 1) == 4  # in the curve


def test_markers_stay_free():
    free = timeline_layout(200, 1.0, True, has_markers=True)
    assert free.has_names
    assert free.bottom > timeline_layout(200, 1.0, True).bottom + 20


def test_a_timeline_as_high_as_wanted_has_names():
    for scale in (1.0, 2.0):
        layout = timeline_layout(wanted_height(scale) - 26 * scale, scale, True, has_markers=True)
        assert layout.has_names
        assert layout.row == pytest.approx(11 * scale)
