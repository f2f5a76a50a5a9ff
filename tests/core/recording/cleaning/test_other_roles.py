# SPDX-License-Identifier: Apache-2.0
"""Devices in roles that are not theirs: a tracker on the hips, one hand for both, a hand that passes the eyes."""

from __future__ import annotations

import numpy as np
import pytest

from inpose_core.body.quaternions import multiply_quaternions, rotate_vector, rotvec_to_quaternion
from inpose_core.recording import Recording, load_recording
from inpose_core.recording.cleaning.clean import clean_recording
from inpose_core.recording.cleaning.defects import Poses
from inpose_core.recording.cleaning.device_changes import find_offset_changes
from inpose_core.recording.conventions import ReadOptions
from inpose_core.recording.interpretation.interpret import interpret
from inpose_core.recording.tracks import Declared, RawTracks
from tests.core.recording.cleaning.people import between, person, told
from tests.core.recording.recording_files import moving_person, real_recording


def with_belt(take: Recording, hand: int, part: slice) -> Recording:
    """Put a tracker below the head of a person, at the back of a belt that follows the heading."""
    forward = rotate_vector(take.rotations_wxyz[part, 0], (0.0, 0.0, -1.0)) * (1.0, 0.0, 1.0)
    forward /= np.linalg.norm(forward, axis=1, keepdims=True)
    head_m = take.positions_m[part, 0] - 0.1 * forward
    heading = np.arctan2(-forward[:, 0], -forward[:, 2])[:, None] * (0.0, 1.0, 0.0)
    noise = 5e-4 * np.random.default_rng(0).standard_normal(head_m.shape)
    sway_m = 0.03 * np.sin(np.outer(take.times_s[part], (1.3, 1.7, 2.1)))  # hips do not go with the head exactly
    take.positions_m[part, hand] = head_m - 0.13 * forward + (0.0, -0.54, 0.0) + sway_m + noise
    take.rotations_wxyz[part, hand] = multiply_quaternions(
        rotvec_to_quaternion(heading + noise), rotvec_to_quaternion(np.array((0.9, 0.2, 0.4)))
    )
    return take


@pytest.mark.parametrize("span_s", [(-1.0, 99.0), (5.0, 99.0)])
def test_a_tracker_on_a_belt_is_no_hand(span_s: tuple[float, float]) -> None:
    take = person()
    part = between(take, *span_s)
    cleaned = clean_recording(with_belt(take, 2, part))
    assert told(cleaned.findings) == {("another_device", 2)}
    assert "hips" in cleaned.findings[0].sentence
    if part.start:
        assert (cleaned.measured[part, 2]).mean() < 0.03
        assert cleaned.measured[: part.start, 2].all()
    else:  # perhaps the hand is held there all the time
        assert cleaned.measured.all()
        assert cleaned.findings[0].action == "told"


@pytest.mark.parametrize("hand", [1, 2])
def test_a_hand_with_the_pose_of_the_other_hand_is_lost(hand: int) -> None:
    take = person()
    take.positions_m[:, hand], take.rotations_wxyz[:, hand] = (
        take.positions_m[:, 3 - hand],
        take.rotations_wxyz[:, 3 - hand],
    )
    cleaned = clean_recording(take)
    assert told(cleaned.findings) == {("another_device", hand)}
    assert not cleaned.measured[:, hand].any()
    assert cleaned.measured[:, 3 - hand].all()


def test_a_hand_that_passes_the_eyes_is_believed() -> None:
    take = person(noise_m=0.0)
    part = between(take, 4.0, 4.4)
    way = np.linspace(-0.028, 0.028, part.stop - part.start)[:, None] * (1.0, 0.0, 0.0)
    take.positions_m[part, 1] = take.positions_m[part, 0] + way
    blend = between(take, 3.0, 4.0), between(take, 4.4, 5.4)
    for span, inside in ((blend[0], part.start), (blend[1], part.stop - 1)):
        ends_m = take.positions_m[span.start, 1].copy(), take.positions_m[span.stop - 1, 1].copy()
        share = np.linspace(0, 1, span.stop - span.start)[:, None]
        near_m = take.positions_m[inside, 1]
        from_m, to_m = (ends_m[0], near_m) if span is blend[0] else (near_m, ends_m[1])
        take.positions_m[span, 1] = from_m + share * share * (3 - 2 * share) * (to_m - from_m)
    assert ("at_head", 1) not in told(clean_recording(take).findings)


@pytest.mark.parametrize("declared", [Declared(), Declared(axes="RUB", quaternion_order="wxyz", hands=True)])
@pytest.mark.parametrize("order", [(1, 0, 2), (2, 1, 0)])
def test_a_headset_in_the_role_of_a_hand_is_put_back(order: tuple[int, int, int], declared: Declared) -> None:
    take = moving_person(900)
    raw = RawTracks(take.times_s, take.positions_m[:, order], take.rotations_wxyz[:, order], "test", declared=declared)
    read = interpret(raw, ReadOptions(), "test")
    np.testing.assert_allclose(read.positions_m, take.positions_m, atol=1e-9)
    (finding,) = [finding for finding in read.findings if finding.kind == "another_device"]
    assert "headset" in finding.sentence


def test_a_headset_in_its_own_role_stays() -> None:
    take = moving_person(900)
    read = interpret(RawTracks(take.times_s, take.positions_m, take.rotations_wxyz, "test"), ReadOptions(), "test")
    assert not [finding for finding in read.findings if finding.kind == "another_device"]


def test_fast_sabers_do_not_become_other_devices() -> None:
    """In three of these stretches both sabers leap within a second, each in its own way."""
    take = load_recording(real_recording("bs_vivepro2_expertplus.bsor"))
    poses = Poses(take.positions_m, take.rotations_wxyz, take.measured)
    for start_s in range(0, 310, 10):
        part = between(take, start_s, start_s + 10)
        assert find_offset_changes(take.times_s[part], Poses(*(series[part] for series in poses))) == []
