# SPDX-License-Identifier: Apache-2.0
"""What cannot be solved well is solved with low confidence, or refused in one sentence: never NaN."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from inpose_core import InPoseError, Motion, Prior, Skeleton, load_prior, solve
from inpose_core.options.solve import SolveSettings
from inpose_core.recording.types import Sensors
from tests.core.synthetic import perfect_sensors, smooth_motion

SETTINGS = SolveSettings(device="cpu")


@pytest.fixture(scope="module")
def prior() -> Prior:
    return load_prior()


@pytest.fixture(scope="module")
def performer() -> Motion:
    return smooth_motion(400)


def finite(motion: Motion) -> bool:
    assert motion.foot_contact is not None
    assert motion.confidence is not None
    arrays = (motion.rotations_wxyz, motion.root_translation_m, motion.foot_contact, motion.confidence)
    return all(np.isfinite(array).all() for array in arrays)


def shortened(sensors: Sensors, frames: int) -> Sensors:
    return Sensors(
        sensors.positions_m[:frames], sensors.rotations_wxyz[:frames], sensors.measured[:frames], sensors.fps
    )


@pytest.mark.parametrize("frames", [1, 2, 3, 7, 127, 129])
def test_shorter_than_a_window_is_no_problem(prior: Prior, performer: Motion, frames: int) -> None:
    motion = solve(shortened(perfect_sensors(performer), frames), performer.skeleton, SETTINGS, prior)
    assert len(motion) == frames
    assert finite(motion)
    assert motion.sensor_error_m is not None
    assert np.nanmean(motion.sensor_error_m) < 0.005


@pytest.mark.parametrize("devices", [[0], [1], [1, 2], [0, 1, 2]])
def test_a_device_that_is_missing_all_the_time_costs_confidence(
    prior: Prior, performer: Motion, devices: list[int]
) -> None:
    sensors = perfect_sensors(performer)
    measured = sensors.measured.copy()
    measured[:, devices] = False
    seen = solve(sensors, performer.skeleton, SETTINGS, prior).confidence
    motion = solve(replace(sensors, measured=measured), performer.skeleton, SETTINGS, prior)
    assert finite(motion)
    assert seen is not None
    assert motion.confidence is not None
    assert motion.confidence.mean() < 0.8 * seen.mean()
    if len(devices) == 3:
        assert motion.confidence.max() == 0


def test_a_gap_of_half_a_minute_is_a_guess_that_begins_and_ends_without_a_jump(prior: Prior) -> None:
    performer = smooth_motion(2400)
    sensors = perfect_sensors(performer)
    measured = sensors.measured.copy()
    measured[300:2100] = False
    motion = solve(replace(sensors, measured=measured), performer.skeleton, SETTINGS, prior)
    assert finite(motion)
    assert motion.confidence is not None
    assert motion.confidence[330:2070].max() < 0.01
    assert motion.confidence[:250].mean() > 0.3
    step_m = np.linalg.norm(np.diff(motion.joint_positions_m - motion.root_translation_m[:, None], axis=0), axis=-1)
    assert step_m[[*range(295, 305), *range(2095, 2105)]].max() < 0.1


@pytest.mark.parametrize("flicker", [2, 7])
def test_a_hand_that_comes_and_goes_is_met_where_it_is_seen(prior: Prior, performer: Motion, flicker: int) -> None:
    sensors = perfect_sensors(performer)
    measured = sensors.measured.copy()
    measured[:, 1] = (np.arange(len(measured)) // flicker) % 2 == 0
    motion = solve(replace(sensors, measured=measured), performer.skeleton, SETTINGS, prior)
    assert finite(motion)
    assert motion.sensor_error_m is not None
    assert np.nanmean(motion.sensor_error_m) < 0.005
    assert np.isnan(motion.sensor_error_m[~measured[:, 1], 1]).all()


def test_targets_out_of_reach_straighten_the_arm_and_are_told(prior: Prior, performer: Motion) -> None:
    sensors = perfect_sensors(performer)
    head_m = sensors.positions_m[:, :1]
    far = replace(
        sensors, positions_m=np.concatenate((head_m, head_m + 3.0 * (sensors.positions_m[:, 1:] - head_m)), axis=1)
    )
    motion = solve(far, performer.skeleton, SETTINGS, prior)
    assert finite(motion)
    assert motion.sensor_error_m is not None
    p = motion.joint_positions_m
    for shoulder, wrist, device in ((16, 20, 1), (17, 21, 2)):
        reach = np.linalg.norm(p[:, wrist] - p[:, shoulder], axis=-1) / performer.skeleton.arm_length_m
        # No bone stretches, and the arm is nearly straight.
        assert reach.max() < 1.001
        assert np.median(reach) > 0.93
        towards = far.positions_m[:, device] - p[:, shoulder]
        along = ((p[:, wrist] - p[:, shoulder]) * towards).sum(-1) / np.linalg.norm(towards, axis=-1)
        assert np.median(along / np.linalg.norm(p[:, wrist] - p[:, shoulder], axis=-1)) > 0.95
    assert np.nanmean(motion.sensor_error_m[:, 1:]) > 0.3
    # No flailing: the wrists jerk no more than the far targets themselves.
    jerk = np.abs(np.diff(p[:, [20, 21]], 3, axis=0)).mean()
    assert jerk < np.abs(np.diff(far.positions_m[:, 1:], 3, axis=0)).mean() + 0.002


def test_values_that_are_not_finite_are_refused(prior: Prior, performer: Motion) -> None:
    sensors = perfect_sensors(performer)
    sensors.positions_m[5, 1] = np.nan
    with pytest.raises(InPoseError, match="not finite"):
        solve(sensors, performer.skeleton, SETTINGS, prior)


@pytest.mark.parametrize("scale", [0.02, 20.0])
def test_a_body_of_three_centimetres_or_thirty_metres_is_refused(scale: float) -> None:
    with pytest.raises(InPoseError, match="head of this skeleton"):
        Skeleton.template().scaled(scale)


@pytest.mark.parametrize(
    ("joints", "refused"), [((4, 7, 10), False), ((10, 11), False), ((12, 15), False), ((18, 20), True)]
)
def test_bones_without_length(prior: Prior, performer: Motion, joints: tuple[int, ...], refused: bool) -> None:
    offsets_m = performer.skeleton.offsets_m.copy()
    offsets_m[list(joints)] = 0

    def attempt() -> Motion:
        return solve(perfect_sensors(performer), Skeleton(offsets_m), SETTINGS, prior)

    if refused:
        expect_refusal(attempt)
    else:
        assert finite(attempt())


def expect_refusal(attempt: Callable[[], Motion]) -> None:
    with pytest.raises(InPoseError, match="has no length"):
        attempt()
