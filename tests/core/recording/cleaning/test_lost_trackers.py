# SPDX-License-Identifier: Apache-2.0
"""Trackers that are not tracked as recorded: each kind is found where it is, and told with the tracker's name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from inpose_core.body.quaternions import multiply_quaternions, rotate_vector
from inpose_core.recording import Recording
from inpose_core.recording.cleaning.clean import clean_recording
from inpose_core.recording.trackers import TrackerTracks
from tests.core.recording.cleaning.people import between, person, told, turned

HIPS, FOOT = 0, 1


def walker(noise_m: float = 3e-4, seconds: float = 12.0) -> Recording:
    """Return a person with trackers on the hips and on a foot, which stands and steps in turn."""
    take = person(seconds, noise_m)
    phase = 1.1 * take.times_s
    share = np.clip((phase % 1.0) / 0.4, 0.0, 1.0)
    stepped = np.floor(phase) + share * share * (3 - 2 * share)
    lift = np.sin(np.pi * share) ** 2
    # The foot steps forward and back again; the hips sway above it.
    along = 0.6 * np.abs((stepped + 1) % 2 - 1)
    foot_m = np.stack((0.4 + 0 * along, 0.1 + 0.12 * lift, along), axis=-1)
    hips_m = np.stack((0.05 * np.sin(phase), 0.95 + 0.02 * np.cos(2 * phase), 0.3 + 0.1 * np.sin(2 * phase)), axis=-1)
    random = np.random.default_rng(5)
    positions_m = np.stack((hips_m, foot_m), axis=1)
    positions_m += noise_m * random.standard_normal(positions_m.shape)
    rotations_wxyz = np.zeros((len(take), 2, 4))
    rotations_wxyz[..., 0] = 1.0
    rotations_wxyz[..., 1:] = 0.05 * positions_m
    measured = np.ones((len(take), 2), np.bool_)
    names, joints = ("hips", "left_foot"), (None, None)
    return replace(take, trackers=TrackerTracks(names, joints, positions_m, rotations_wxyz, measured, (True, True)))


def trackers_of(take: Recording) -> TrackerTracks:
    assert take.trackers is not None
    return take.trackers


def at_zero(trackers: TrackerTracks, part: slice) -> None:
    trackers.positions_m[part, FOOT], trackers.rotations_wxyz[part, FOOT] = 0.0, (1.0, 0.0, 0.0, 0.0)


def near_the_origin(trackers: TrackerTracks, part: slice) -> None:
    trackers.positions_m[part, FOOT] = 0.002 * np.random.default_rng(0).standard_normal((part.stop - part.start, 3))


def far_below(trackers: TrackerTracks, part: slice) -> None:
    trackers.positions_m[part, FOOT] = (0.0, -10.0, 0.0)


def frozen(trackers: TrackerTracks, part: slice) -> None:
    for poses in (trackers.positions_m, trackers.rotations_wxyz):
        poses[part, FOOT] = poses[part.start - 1, FOOT]


def leaping(trackers: TrackerTracks, part: slice) -> None:
    trackers.positions_m[part, FOOT] += (0.0, 0.4, 0.4)


@pytest.mark.parametrize(
    ("spoil", "span_s", "kind"),
    [
        (at_zero, (4.0, 6.0), "no_pose"),
        (near_the_origin, (4.0, 6.0), "at_origin"),
        (far_below, (4.0, 6.0), "parked"),
        (frozen, (4.2, 6.6), "frozen"),
        (frozen, (9.0, 99.0), "frozen"),
        (leaping, (5.0, 5.01), "spikes"),
    ],
)
@pytest.mark.parametrize("hands", [True, False])
def test_a_lost_tracker_is_not_measured_and_told(
    spoil: Callable[[TrackerTracks, slice], None], span_s: tuple[float, float], kind: str, hands: bool
) -> None:
    take = walker()
    take.measured[:, 1:] &= hands
    part = between(take, *span_s)
    spoil(trackers_of(take), part)
    cleaned = clean_recording(take)
    expected = np.ones((len(take), 2), np.bool_)
    expected[part, FOOT] = False
    assert (trackers_of(cleaned).measured != expected).sum() <= 1
    (finding,) = [finding for finding in cleaned.findings if "tracker" in finding.sentence]
    assert (finding.kind, finding.device) == (kind, None)
    assert "the tracker left_foot" in finding.sentence
    assert finding.action == ("repaired" if kind == "spikes" else "left_to_solver")
    assert finding.start_s == pytest.approx(span_s[0], abs=0.1)
    assert cleaned.measured[:, 1:].all() == hands


@pytest.mark.parametrize("noise_m", [0.0, 3e-4])
def test_a_foot_that_stands_is_tracked(noise_m: float) -> None:
    """In an animation, a foot repeats its pose exactly while it stands."""
    take = walker(noise_m)
    cleaned = clean_recording(take)
    assert trackers_of(cleaned).measured.all()
    assert told(cleaned.findings) == set()


def test_a_tracker_that_is_never_tracked_is_told_once() -> None:
    take = walker()
    at_zero(trackers_of(take), slice(0, len(take)))
    cleaned = clean_recording(take)
    assert trackers_of(cleaned).measured.mean(axis=0).tolist() == [1.0, 0.0]
    assert len([note for note in cleaned.notes if "left_foot" in note]) == 1


def recentred(take: Recording | TrackerTracks, times_s: NDArray[np.float64]) -> None:
    part = times_s >= 12.0
    turn = turned(0.6)
    take.positions_m[part] = rotate_vector(turn, take.positions_m[part]) + np.array((0.8, 0.0, -0.5))
    take.rotations_wxyz[part] = multiply_quaternions(turn, take.rotations_wxyz[part])


def drifting(take: Recording | TrackerTracks, times_s: NDArray[np.float64]) -> None:
    take.positions_m[..., 1] += 0.4 * times_s[:, None] / 20


@pytest.mark.parametrize(("spoil", "kind"), [(recentred, "recentred"), (drifting, "floor_drifts")])
@pytest.mark.parametrize("lost_s", [(14.0, 18.0), (4.0, 7.0)])
def test_trackers_move_with_the_room_while_both_hands_are_lost(
    spoil: Callable[[Recording | TrackerTracks, NDArray[np.float64]], None], kind: str, lost_s: tuple[float, float]
) -> None:
    truth, take = walker(seconds=20.0), walker(seconds=20.0)
    spoil(take, take.times_s)
    spoil(trackers_of(take), take.times_s)
    take.measured[between(take, *lost_s), 1:] = False
    cleaned = clean_recording(take)
    assert kind in {finding.kind for finding in cleaned.findings}
    off_m = trackers_of(cleaned).positions_m - trackers_of(truth).positions_m
    np.testing.assert_allclose(off_m, 0.0, atol=0.06)
