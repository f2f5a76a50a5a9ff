# SPDX-License-Identifier: Apache-2.0
"""Solving again meets the pins, keeps the hands, and leaves everything else alone."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from inpose_core.arrays import runs
from inpose_core.body.quaternions import geodesic_angle, rotate_vector, rotvec_to_quaternion
from inpose_core.body.skeleton import JOINT_INDEX, Skeleton
from inpose_core.calibration import CalibrationSettings, calibrate
from inpose_core.errors import CancelledError, InPoseError
from inpose_core.pins import Pin, PinKey, PinnedStance, PinSet, final_stands, spelled_out
from inpose_core.pins.solving import solve_again
from inpose_core.pins.standing import pins_while_standing
from inpose_core.prior.checkpoint import load_prior
from inpose_core.recording import load_recording
from inpose_core.solver.solving import solve

EXAMPLE = Path(__file__).resolve().parents[3] / "examples" / "walk_wave_crouch.csv"


@pytest.fixture(scope="module")
def prior() -> Any:
    return load_prior()


@pytest.fixture(scope="module")
def sensors() -> Any:
    return calibrate(load_recording(EXAMPLE), Skeleton.template(), CalibrationSettings()).sensors


@pytest.fixture(scope="module")
def motion(sensors: Any, prior: Any) -> Any:
    return solve(sensors, Skeleton.template(), prior=prior)


def at(motion: Any, sensors: Any, joint: str, frame: int, moved_m: tuple[float, float, float], **more: Any) -> Pin:
    """Return a pin of a joint, so far from where it is."""
    place = motion.joint_positions_m[frame, JOINT_INDEX[joint]] + moved_m
    at_s = sensors.start_s + frame / motion.fps
    return Pin(joint, at_s, at_s, (PinKey(at_s, tuple(place.tolist())),), **more)


@pytest.mark.parametrize(
    ("joint", "moved_m"),
    [
        ("left_ankle", (0.03, 0.04, 0.03)),
        ("right_foot", (0.03, 0.04, 0.03)),
        ("right_knee", (0.03, 0.0, 0.03)),
        ("pelvis", (0.03, 0.0, 0.02)),
        ("spine3", (0.02, 0.0, 0.01)),
    ],
)
def test_a_pin_within_reach_is_met_to_three_millimetres(
    motion: Any, sensors: Any, prior: Any, joint: str, moved_m: tuple[float, float, float]
) -> None:
    pin = at(motion, sensors, joint, 300, moved_m)
    again = solve_again(motion, sensors, PinSet((pin,)), prior=prior)
    assert again.missed == ()
    off_m = again.motion.joint_positions_m[300, JOINT_INDEX[joint]] - pin.keys[0].position_m
    assert np.linalg.norm(off_m) < 0.003
    ((start, stop),) = again.stretches
    assert start < 300 < stop
    for part in (slice(0, start), slice(stop, None)):
        assert geodesic_angle(again.motion.rotations_wxyz[part], motion.rotations_wxyz[part]).max() < 1e-12
        assert np.array_equal(again.motion.root_translation_m[part], motion.root_translation_m[part])
    hands_m = [m.joint_positions_m[:, [20, 21]] for m in (motion, again.motion)]
    assert np.abs(hands_m[0] - hands_m[1]).max() < 0.005


def test_an_elbow_turns_about_the_line_from_shoulder_to_hand(motion: Any, sensors: Any, prior: Any) -> None:
    shoulder, elbow, wrist = (
        motion.joint_positions_m[:, JOINT_INDEX[f"left_{name}"]] for name in ("shoulder", "elbow", "wrist")
    )
    frame = int(np.argmin(np.linalg.norm(wrist - shoulder, axis=-1)))
    axis = (wrist - shoulder)[frame] / np.linalg.norm((wrist - shoulder)[frame])
    swivel = rotate_vector(rotvec_to_quaternion(0.35 * axis), (elbow - shoulder)[frame]) - (elbow - shoulder)[frame]
    assert np.linalg.norm(swivel) > 0.03
    pin = at(motion, sensors, "left_elbow", frame, tuple(swivel))
    assert solve_again(motion, sensors, PinSet((pin,)), prior=prior).missed == ()


def test_nothing_jumps_where_a_stretch_begins_and_ends(motion: Any, sensors: Any, prior: Any) -> None:
    again = solve_again(
        motion, sensors, PinSet((at(motion, sensors, "left_ankle", 300, (0.0, 0.2, 0.1)),)), prior=prior
    )
    ((start, stop),) = again.stretches

    def jitter(of: Any) -> Any:
        return np.linalg.norm(np.diff(of.joint_positions_m, 3, axis=0), axis=-1).max(axis=-1)

    usual = np.quantile(jitter(motion), 0.99)
    for border in (start, stop):
        assert jitter(again.motion)[border - 4 : border + 4].max() < max(
            usual, jitter(motion)[border - 4 : border + 4].max() * 1.5
        )


def test_a_rotation_is_met(motion: Any, sensors: Any, prior: Any) -> None:
    turned = (np.cos(0.3), 0.0, np.sin(0.3), 0.0)
    at_s = sensors.start_s + 5.0
    pin = Pin("left_ankle", at_s, at_s, (PinKey(at_s, None, turned),))
    again = solve_again(motion, sensors, PinSet((pin,)), prior=prior)
    assert np.degrees(geodesic_angle(again.motion.rotations_wxyz[300, JOINT_INDEX["left_ankle"]], turned)) < 1.0


def test_what_is_out_of_reach_is_told(motion: Any, sensors: Any, prior: Any) -> None:
    again = solve_again(
        motion, sensors, PinSet((at(motion, sensors, "left_ankle", 300, (0.0, 0.0, 3.0)),)), prior=prior
    )
    (missed,) = again.missed
    assert missed.off_m > 1.0
    assert "left ankle" in missed.sentence
    assert np.isfinite(again.motion.rotations_wxyz).all()


def test_what_is_after_the_end_is_told(motion: Any, sensors: Any, prior: Any) -> None:
    end_s = sensors.start_s + len(motion) / motion.fps
    late = Pin("left_wrist", end_s + 1, end_s + 2, (PinKey(end_s + 1, (0.0, 1.0, 0.0)),))
    solved = solve_again(motion, sensors, PinSet((late,)), prior=prior)
    assert np.array_equal(solved.motion.rotations_wxyz, motion.rotations_wxyz)
    (note,) = solved.notes
    assert "has no effect" in note


def test_a_pin_of_a_moving_hand_between_two_frames_is_met(motion: Any, sensors: Any, prior: Any) -> None:
    wrist = motion.joint_positions_m[:, JOINT_INDEX["right_wrist"]]
    frame = 120 + int(np.linalg.norm(np.diff(wrist[120:500], axis=0), axis=-1).argmax())  # the fastest
    at_s = sensors.start_s + (frame + 0.4) / motion.fps
    place_m = 0.6 * wrist[frame] + 0.4 * wrist[frame + 1] + (0.0, 0.03, 0.0)
    pin = Pin("right_wrist", at_s, at_s, (PinKey(at_s, tuple(place_m.tolist())),))
    solved = solve_again(motion, sensors, PinSet((pin,)), prior=prior)
    assert solved.notes == ()
    moved = solved.motion.joint_positions_m[:, JOINT_INDEX["right_wrist"]] - wrist
    assert np.linalg.norm(moved, axis=-1).max() < 0.035  # the hand still waves


def test_taking_the_pins_away_gives_the_first_motion_back(motion: Any, sensors: Any, prior: Any) -> None:
    pins = PinSet((at(motion, sensors, "left_ankle", 300, (0.0, 0.2, 0.1)),))
    pinned = solve_again(motion, sensors, pins, prior=prior)
    back = solve_again(pinned.motion, sensors, PinSet(), before=pins, prior=prior)
    # Next to the border of a stretch the two are mixed, as they were before.
    moved = np.linalg.norm(back.motion.joint_positions_m - motion.joint_positions_m, axis=-1).max(axis=-1)
    assert moved[280:320].max() < 0.01
    assert moved.max() < 0.5 * np.linalg.norm(pinned.motion.joint_positions_m - motion.joint_positions_m, axis=-1).max()


def test_the_same_pins_change_nothing(motion: Any, sensors: Any, prior: Any) -> None:
    pins = PinSet((at(motion, sensors, "left_ankle", 300, (0.0, 0.2, 0.1)),))
    assert solve_again(motion, sensors, pins, before=pins, prior=prior).motion is motion


def test_a_foot_that_stands_is_held_as_long_as_it_stands(motion: Any, sensors: Any) -> None:
    frame = int(np.flatnonzero(motion.foot_stands[:, 0])[20])
    moved = at(motion, sensors, "left_foot", frame, (0.05, 0.0, 0.05))
    (held,) = pins_while_standing(moved, motion, sensors.start_s)
    first, last = (round((time_s - sensors.start_s) * motion.fps) for time_s in (held.start_s, held.stop_s))
    assert motion.foot_stands[first : last + 1, 0].all()
    assert first == 0 or not motion.foot_stands[first - 1, 0]
    assert not motion.foot_stands[last + 1, 0]
    lifted = at(motion, sensors, "left_foot", frame, (0.0, 0.3, 0.0))
    assert pins_while_standing(lifted, motion, sensors.start_s) == (lifted,)


def test_a_held_foot_stands_and_one_on_its_way_does_not(motion: Any, sensors: Any, prior: Any) -> None:
    frame = int(np.flatnonzero(motion.foot_stands[:, 0])[20])
    pin = replace(at(motion, sensors, "left_ankle", frame, (0.1, 0.0, 0.1)), stop_s=sensors.start_s + (frame + 30) / 60)
    stands = solve_again(motion, sensors, PinSet((pin,)), prior=prior).motion.foot_stands[:, 0]
    assert stands[frame : frame + 31].all()
    assert not stands[frame - 18 : frame - 1].any()
    assert not stands[frame + 32 : frame + 49].any()


def test_the_toes_of_a_held_ankle_rest(motion: Any, sensors: Any, prior: Any) -> None:
    frame = int(np.flatnonzero(motion.foot_stands[:, 0])[20])
    pin = at(motion, sensors, "left_ankle", frame, (0.1, 0.0, 0.1), while_standing=True)
    again = solve_again(motion, sensors, PinSet((pin,)), prior=prior).motion
    (held,) = spelled_out(PinSet((pin,)), motion, sensors.start_s).pins
    first, last = (round((time_s - sensors.start_s) * 60) for time_s in (held.start_s, held.stop_s))
    assert last - first > 20
    toes_m = again.joint_positions_m[first : last + 1, JOINT_INDEX["left_foot"]]
    assert np.linalg.norm(toes_m - toes_m.mean(axis=0), axis=-1).max() < 0.01
    assert again.foot_stands[first : last + 1, 0].all()


def test_a_foot_pinned_for_a_frame_stands_elsewhere_where_it_stood(motion: Any, sensors: Any, prior: Any) -> None:
    first, end = max(runs(motion.foot_stands[:, 0]), key=lambda run: run[1] - run[0])
    frame = (first + end) // 2
    assert end - first > 100
    again = solve_again(
        motion, sensors, PinSet((at(motion, sensors, "left_ankle", frame, (0.0, 0.05, 0.15)),)), prior=prior
    ).motion
    toes = JOINT_INDEX["left_foot"]
    for part in (slice(first, frame - 30), slice(frame + 31, end)):
        moved_m = np.linalg.norm(again.joint_positions_m[part, toes] - motion.joint_positions_m[part, toes], axis=-1)
        assert np.median(moved_m) < 0.03
    assert not again.foot_stands[frame - 10 : frame + 11, 0].any()


def test_a_foot_stands_where_it_is_told_to_and_not_where_not(motion: Any, sensors: Any, prior: Any) -> None:
    start_s = sensors.start_s
    pins = PinSet(
        stances=(
            PinnedStance("left", start_s + 5.0, start_s + 5.8),
            PinnedStance("right", start_s + 5.0, start_s + 5.8, False),
        )
    )
    again = solve_again(motion, sensors, pins, prior=prior).motion
    told = slice(300, 349)
    assert again.foot_stands[told, 0].all()
    assert not again.foot_stands[told, 1].any()
    assert np.array_equal(again.foot_stands, final_stands(motion=again, pins=pins, start_s=start_s)), (
        "a bake reads these"
    )
    speed = np.linalg.norm(np.diff(again.joint_positions_m[302:346, 10], axis=0), axis=-1) * 60
    before = np.linalg.norm(np.diff(motion.joint_positions_m[302:346, 10], axis=0), axis=-1) * 60
    assert before.max() > 0.5  # it walked
    assert speed[8:-8].max() < 0.1


def test_sensors_of_another_take_are_refused(motion: Any, sensors: Any, prior: Any) -> None:
    with pytest.raises(InPoseError, match="frames"):
        solve_again(
            motion, sensors.part(slice(0, 100)), PinSet((at(motion, sensors, "pelvis", 30, (0, 0, 0)),)), prior=prior
        )


def test_can_be_cancelled(motion: Any, sensors: Any, prior: Any) -> None:
    def stop(_: float) -> None:
        raise CancelledError

    with pytest.raises(CancelledError):
        solve_again(
            motion, sensors, PinSet((at(motion, sensors, "pelvis", 300, (0, 0, 0)),)), prior=prior, on_progress=stop
        )
