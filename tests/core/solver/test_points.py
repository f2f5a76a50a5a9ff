# SPDX-License-Identifier: Apache-2.0
"""Any number of measured points: the same code for head alone, three points and eleven, and for an animator's pins."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from inpose_core.body.motion import Motion
from inpose_core.body.points import joints_of_points
from inpose_core.body.quaternions import geodesic_angle, multiply_quaternions
from inpose_core.body.skeleton import ANKLE_JOINTS, JOINT_INDEX, KNEE_JOINTS, SENSOR_JOINTS, WRIST_JOINTS, Skeleton
from inpose_core.options.solve import SolveSettings
from inpose_core.prior.checkpoint import load_prior
from inpose_core.recording.sensors import MeasuredPoint, Sensors
from inpose_core.solver.solving import solve
from tests.core.solver.make_three_points import EVERY, REFERENCE, SETTINGS, reference_sensors
from tests.core.synthetic import perfect_sensors, smooth_motion

FRAMES = 150
ELEVEN = "hips,chest,elbows,knees,feet"
EXACT = SolveSettings(device="cpu", precision="float32")


@pytest.fixture(scope="module")
def performer() -> Motion:
    return smooth_motion(FRAMES)


@pytest.fixture(scope="module")
def three(performer: Motion) -> Motion:
    return solve(perfect_sensors(performer), performer.skeleton, EXACT, load_prior())


def point(motion: Motion, joint: int, measured: slice = slice(None)) -> MeasuredPoint:
    seen = np.zeros(len(motion), np.bool_)
    seen[measured] = True
    return MeasuredPoint(joint, motion.joint_positions_m[:, joint], seen, motion.rotations_wxyz[:, joint])


def with_points(motion: Motion, names: str) -> Sensors:
    return perfect_sensors(motion).with_points(*(point(motion, joint) for joint in joints_of_points(names)))


def errors_m(solved: Motion, truth: Motion, joints: tuple[int, ...]) -> float:
    away_m = solved.joint_positions_m[:, joints] - truth.joint_positions_m[:, joints]
    return float(np.linalg.norm(away_m, axis=-1).max())


def largest_angle_deg(a: Motion, b: Motion, joints: slice = slice(None)) -> float:
    return float(np.rad2deg(geodesic_angle(a.rotations_wxyz[:, joints], b.rotations_wxyz[:, joints])).max())


def test_head_and_hands_give_what_they_gave_when_there_were_only_three_points() -> None:
    motion = solve(reference_sensors(), Skeleton.template(), SETTINGS, load_prior())
    with np.load(REFERENCE) as before:
        angle = geodesic_angle(motion.rotations_wxyz[::EVERY], before["rotations_wxyz"].astype(np.float64))
        np.testing.assert_allclose(motion.root_translation_m[::EVERY], before["root_translation_m"], atol=1e-4)
    assert np.rad2deg(angle).max() < 0.01 + 0.03  # 0.03: the reference's own rounding to float32


@pytest.mark.parametrize("library", ["numpy", "torch"])
@pytest.mark.parametrize("names", ["hips", "feet", "toes", "hips,feet", "left_knee", ELEVEN])
def test_every_point_is_met(performer: Motion, names: str, library: str) -> None:
    settings = replace(EXACT, library=library)  # type: ignore[arg-type]  # the parameters' own names
    solved = solve(with_points(performer, names), performer.skeleton, settings, load_prior())
    assert errors_m(solved, performer, (*SENSOR_JOINTS, *joints_of_points(names))) < 0.01
    assert solved.sensor_error_m is not None
    assert solved.sensor_error_m.shape[1] == 3 + len(joints_of_points(names))


def test_more_points_are_nearer_to_the_truth(performer: Motion, three: Motion) -> None:
    every = tuple(range(22))
    errors = [errors_m(three, performer, every)]
    for names in ("hips", "hips,feet", ELEVEN):
        solved = solve(with_points(performer, names), performer.skeleton, EXACT, load_prior())
        errors.append(errors_m(solved, performer, every))
    assert errors == sorted(errors, reverse=True)
    assert errors[-1] < 0.25 * errors[0]


def test_a_point_that_is_never_measured_changes_nothing(performer: Motion, three: Motion) -> None:
    sensors = perfect_sensors(performer).with_points(point(performer, ANKLE_JOINTS[0], slice(0, 0)))
    solved = solve(sensors, performer.skeleton, EXACT, load_prior())
    np.testing.assert_allclose(solved.rotations_wxyz, three.rotations_wxyz, atol=1e-5)
    np.testing.assert_allclose(solved.root_translation_m, three.root_translation_m, atol=1e-5)


def test_the_order_of_points_does_not_matter(performer: Motion) -> None:
    one, other = (
        solve(with_points(performer, names), performer.skeleton, EXACT, load_prior())
        for names in ("hips,feet", "feet,hips")
    )
    assert largest_angle_deg(one, other) < 0.01


@pytest.mark.parametrize("kept", [(), (1,)])
def test_a_head_alone_or_with_one_hand_is_solved(performer: Motion, kept: tuple[int, ...]) -> None:
    sensors = perfect_sensors(performer)
    sensors.measured[:, [hand for hand in (1, 2) if hand not in kept]] = False
    solved = solve(sensors, performer.skeleton, EXACT, load_prior())
    assert errors_m(solved, performer, tuple(SENSOR_JOINTS[device] for device in (0, *kept))) < 0.002


def test_a_hand_that_only_turns_keeps_its_rotation(performer: Motion) -> None:
    sensors = perfect_sensors(performer)
    turned = sensors.measured.copy()
    sensors.measured[:, 1] = False
    stuck_m = sensors.positions_m.copy()
    stuck_m[:, 1] = stuck_m[0, 1]
    solved = solve(
        replace(sensors, positions_m=stuck_m, rotation_measured=turned), performer.skeleton, EXACT, load_prior()
    )
    wrist = slice(WRIST_JOINTS[0], WRIST_JOINTS[0] + 1)
    assert largest_angle_deg(solved, performer, wrist) < 0.05
    away_m = np.linalg.norm(solved.joint_positions_m[:, WRIST_JOINTS[0]] - stuck_m[:, 1], axis=-1)
    assert np.median(away_m) > 0.05


def test_a_rotation_with_noise_counts_less_than_an_exact_one(performer: Motion) -> None:
    tilt = np.array((np.cos(0.15), np.sin(0.15), 0.0, 0.0))
    hips = point(performer, 0)
    assert hips.rotations_wxyz is not None
    tilted = replace(hips, rotations_wxyz=multiply_quaternions(hips.rotations_wxyz, tilt), shown=False)
    errors = []
    for noise_rad in (0.0, 0.3, 3.0):
        sensors = perfect_sensors(performer).with_points(replace(tilted, rotation_noise_rad=noise_rad))
        solved = solve(sensors, performer.skeleton, EXACT, load_prior())
        tilted_wxyz = tilted.rotations_wxyz
        assert tilted_wxyz is not None
        errors.append(float(geodesic_angle(solved.rotations_wxyz[:, 0], tilted_wxyz).mean()))
    assert errors[0] < 1e-3
    assert errors == sorted(errors)
    assert errors[2] > 0.1


def test_a_pin_on_one_frame_is_met_and_moves_only_what_is_near(performer: Motion) -> None:
    frame = 75
    settings = replace(EXACT, foot_planting=0.0)  # which moves a whole stance
    free = solve(perfect_sensors(performer), performer.skeleton, settings, load_prior())
    place_m = free.joint_positions_m[:, ANKLE_JOINTS[0]] + (0.05, 0.1, 0.1)
    pin = MeasuredPoint(ANKLE_JOINTS[0], place_m, np.arange(FRAMES) == frame, shown=False)
    solved = solve(perfect_sensors(performer).with_points(pin), performer.skeleton, settings, load_prior())
    assert np.linalg.norm(solved.joint_positions_m[frame, ANKLE_JOINTS[0]] - place_m[frame]) < 0.003
    turned_deg = np.rad2deg(geodesic_angle(solved.rotations_wxyz, free.rotations_wxyz)).max(axis=1)
    assert turned_deg[np.abs(np.arange(FRAMES) - frame) > 40].max() < 0.1
    assert turned_deg[frame] > 5
    # It comes and goes within a third of a second, without a jump.
    assert np.abs(np.diff(turned_deg)).max() < 0.2 * turned_deg[frame]


@pytest.mark.parametrize("joint", [*ANKLE_JOINTS, *KNEE_JOINTS, JOINT_INDEX["pelvis"]])
def test_a_pin_is_met_where_feet_are_planted(performer: Motion, three: Motion, joint: int) -> None:
    frame = 75
    place_m = three.joint_positions_m[:, joint] + (0.02, 0.0, 0.04)
    pin = MeasuredPoint(joint, place_m, np.arange(FRAMES) == frame, shown=False)
    solved = solve(perfect_sensors(performer).with_points(pin), performer.skeleton, EXACT, load_prior())
    assert np.linalg.norm(solved.joint_positions_m[frame, joint] - place_m[frame]) < 0.005


def test_a_foot_out_of_reach_stretches_no_bone_and_stays_finite(performer: Motion) -> None:
    far_m = performer.joint_positions_m[:, ANKLE_JOINTS[0]] + (0.0, -1.0, 0.0)
    sensors = perfect_sensors(performer).with_points(replace(point(performer, ANKLE_JOINTS[0]), positions_m=far_m))
    solved = solve(sensors, performer.skeleton, EXACT, load_prior())
    assert np.isfinite(solved.rotations_wxyz).all()
    speed_m = np.linalg.norm(np.diff(solved.joint_positions_m[:, ANKLE_JOINTS[0]], axis=0), axis=-1)
    assert speed_m.max() < 0.1


def test_trackers_place_the_body_while_the_head_is_lost(performer: Motion) -> None:
    sensors = with_points(performer, "hips")
    sensors.measured[50:100, 0] = False
    stuck_m = sensors.positions_m.copy()
    stuck_m[50:100, 0] += (0.5, 0.0, 0.0)
    solved = solve(replace(sensors, positions_m=stuck_m), performer.skeleton, EXACT, load_prior())
    assert errors_m(solved, performer, (JOINT_INDEX["pelvis"],)) < 0.01


@pytest.fixture(autouse=True)
def quiet_numbers() -> Iterator[None]:
    with np.errstate(invalid="raise"):
        yield
