# SPDX-License-Identifier: Apache-2.0
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from inpose_core.body.kinematics import forward_kinematics
from inpose_core.body.rotations import quaternion_wxyz_to_matrix, rotvec_to_matrix
from inpose_core.body.skeleton import SENSOR_JOINTS, TOE_JOINTS
from inpose_core.numerics import Backend
from inpose_core.options.solve import SolveSettings
from inpose_core.prior.feet import feet_places
from inpose_core.prior.uncertainty import Uncertainty
from inpose_core.sampling import Measurement, refine
from inpose_core.sampling.estimate import Estimate
from inpose_core.sampling.foot_planting import PlantingSettings, plant_feet
from inpose_core.sampling.toe_paths import foot_paths, solved_toes, towards_predicted_toes
from tests.core.synthetic import perfect_sensors, smooth_motion

BODY_SIZE_M = 1.5
FLOOR_M = 0.02
DEFAULT = SolveSettings()


def sliding_walk(frames: int = 240) -> tuple[np.ndarray, np.ndarray]:
    """Return toes that step in turn, 40 frames each, and slide at 20 cm/s while they stand; and who stands."""
    time = np.arange(frames)
    left = (time // 40) % 2 == 0
    stands = np.stack((left, ~left), axis=1)
    speed_m = np.where(stands, 0.2, 1.0) / 60
    toes_m = np.zeros((frames, 2, 3))
    toes_m[..., 0] = (-0.1, 0.1)
    toes_m[..., 2] = np.cumsum(speed_m, axis=0)
    toes_m[..., 1] = FLOOR_M + np.where(stands, 0.01, 0.05)
    return toes_m, stands


def test_a_standing_foot_stands_still_near_the_floor_and_moves_smoothly_between() -> None:
    toes_m, stands = sliding_walk()
    paths = plant_feet(toes_m, stands, BODY_SIZE_M, FLOOR_M)
    step_m = np.diff(paths.target_m, axis=0)
    both = paths.stands[1:] & paths.stands[:-1]
    assert both.mean() > 0.4
    assert np.abs(step_m[both]).max() < 1e-12
    # It was solved to stand a centimetre above the floor, and loses a part of it; all of it if asked to.
    np.testing.assert_allclose(paths.target_m[paths.stands][:, 1], FLOOR_M + 0.007, atol=0.001)
    firm = plant_feet(toes_m, stands, BODY_SIZE_M, FLOOR_M, PlantingSettings(floor_pull=1.0))
    np.testing.assert_allclose(firm.target_m[firm.stands][:, 1], FLOOR_M)
    # Nothing jumps: between two frames no foot moves by more than it was solved to, and a bit.
    assert np.abs(step_m[..., 2]).max() < 1.0 / 60 + 0.02
    # A stance is where the foot was solved to stand, on average.
    assert abs((paths.target_m - toes_m)[paths.stands][:, 2].mean()) < 1e-9


def test_a_foot_that_never_stands_is_left_alone_but_for_the_floor() -> None:
    toes_m, stands = sliding_walk()
    toes_m[100:120, 0, 1] = FLOOR_M - 0.04
    free = plant_feet(toes_m, np.zeros_like(stands), BODY_SIZE_M, None)
    np.testing.assert_array_equal(free.target_m, toes_m)
    assert not free.stands.any()
    above = plant_feet(toes_m, np.zeros_like(stands), BODY_SIZE_M, FLOOR_M)
    assert above.target_m[..., 1].min() == pytest.approx(FLOOR_M)


def test_a_foot_that_stands_below_the_floor_is_put_on_it() -> None:
    toes_m, stands = sliding_walk()
    toes_m[..., 1] -= 0.05
    paths = plant_feet(toes_m, stands, BODY_SIZE_M, FLOOR_M)
    np.testing.assert_allclose(paths.target_m[paths.stands][:, 1], FLOOR_M)


def test_a_foot_that_was_solved_to_drag_over_the_floor_is_lifted_by_the_length_of_its_step() -> None:
    toes_m, stands = sliding_walk()
    toes_m[..., 1] = FLOOR_M
    paths = plant_feet(toes_m, stands, BODY_SIZE_M, FLOOR_M)
    swing_m = paths.target_m[40:80, 0]
    step_m = float(paths.target_m[90, 0, 2] - paths.target_m[30, 0, 2])
    assert swing_m[:, 1].max() == pytest.approx(FLOOR_M + PlantingSettings().clearance * step_m, abs=1e-3)
    assert np.abs(np.diff(swing_m[:, 1])).max() < 0.003
    np.testing.assert_allclose(paths.target_m[paths.stands][:, 1], FLOOR_M)
    high_m, _ = sliding_walk()
    raised = plant_feet(high_m, stands, BODY_SIZE_M, FLOOR_M)
    as_solved = plant_feet(high_m, stands, BODY_SIZE_M, FLOOR_M, PlantingSettings(clearance=0.0))
    np.testing.assert_array_equal(raised.target_m, as_solved.target_m)


def test_a_foot_on_a_step_stays_there() -> None:
    toes_m, stands = sliding_walk()
    toes_m[..., 1] += 0.3
    paths = plant_feet(toes_m, stands, BODY_SIZE_M, FLOOR_M)
    assert paths.target_m[paths.stands][:, 1].min() > FLOOR_M + 0.3


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 200), st.integers(0, 2**31))
def test_planting_is_finite_and_keeps_standing_feet_still_whatever_the_stances(frames: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    toes_m = np.cumsum(random.normal(0, 0.02, (frames, 2, 3)), axis=0)
    stands = np.cumsum(random.normal(0, 0.3, (frames, 2)), axis=0) > 0
    paths = plant_feet(toes_m, stands, BODY_SIZE_M, FLOOR_M)
    assert np.isfinite(paths.target_m).all()
    for foot in range(2):
        run = paths.stands[1:, foot] & paths.stands[:-1, foot]
        assert np.abs(np.diff(paths.target_m[:, foot], axis=0)[run]).max(initial=0) < 1e-9


@pytest.fixture(scope="module")
def slider() -> tuple[torch.Tensor, Measurement, torch.Tensor]:
    """Return somebody whose solved legs sway while both feet are said to stand."""
    motion = smooth_motion(150, swing=0.15)
    measurement = Measurement.from_sensors(perfect_sensors(motion), motion.skeleton, Backend("torch"))
    R = quaternion_wxyz_to_matrix(torch.tensor(motion.rotations_wxyz).float())
    bend = rotvec_to_matrix(torch.tensor([[-0.3, 0.0, 0.0], [0.4, 0.0, 0.0]]))
    R[:, [1, 2]] = R[:, [1, 2]] @ bend[0]
    R[:, [4, 5]] = R[:, [4, 5]] @ bend[1]
    return R, measurement, torch.ones(150, 2)


def uncertainty() -> Uncertainty:
    return Uncertainty(np.array([-1.0, 1.0]), torch.full((2, 22), 0.04))


def told(contact: torch.Tensor, feet: torch.Tensor | None = None) -> Estimate:
    """Return what a prior says of the feet."""
    return Estimate(torch.zeros(len(contact), 22, 6), contact, feet)


def with_feet(
    R: torch.Tensor, measurement: Measurement, estimate: Estimate, settings: SolveSettings = DEFAULT
) -> torch.Tensor:
    return refine(R, measurement, foot_paths(R, measurement, estimate), uncertainty(), settings)


def toe_speed_m_s(R: torch.Tensor, measurement: Measurement) -> float:
    p = forward_kinematics(R, measurement.offsets_m)
    toes_m = p[:, list(TOE_JOINTS)] - p[:, [SENSOR_JOINTS[0]]] + measurement.y_m[:, :1]
    return float((toes_m[1:] - toes_m[:-1])[..., [0, 2]].norm(dim=-1).mean() * 60)


def test_refining_stops_the_feet_and_keeps_the_hands(slider: tuple[torch.Tensor, Measurement, torch.Tensor]) -> None:
    R, measurement, contact = slider
    refined = with_feet(R, measurement, told(contact))
    assert toe_speed_m_s(R, measurement) > 0.05
    assert toe_speed_m_s(refined, measurement) < 0.01
    p = forward_kinematics(refined, measurement.offsets_m)[:, list(SENSOR_JOINTS)]
    error_m = ((p[:, :1] - p[:, 1:]) - (measurement.y_m[:, :1] - measurement.y_m[:, 1:])).norm(dim=-1)
    assert float(error_m.mean()) < 0.002
    half = with_feet(R, measurement, told(contact), SolveSettings(foot_planting=0.5))
    assert toe_speed_m_s(refined, measurement) < toe_speed_m_s(half, measurement) < toe_speed_m_s(R, measurement)
    eye = torch.eye(3).expand_as(refined)
    torch.testing.assert_close(refined @ refined.transpose(-1, -2), eye, atol=1e-4, rtol=0)


def test_refining_is_indifferent_to_the_unit_of_length(slider: tuple[torch.Tensor, Measurement, torch.Tensor]) -> None:
    R, measurement, contact = slider
    scale = 3.0
    larger = replace(
        measurement,
        y_m=measurement.y_m * scale,
        offsets_m=measurement.offsets_m * scale,
        kappa=measurement.kappa * scale,
        leg_length_m=measurement.leg_length_m * scale,
        body_size_m=measurement.body_size_m * scale,
        sole_height_m=measurement.sole_height_m * scale,
        head_height_m=measurement.head_height_m * scale,
    )
    assert foot_paths(R, larger, told(contact)).stands.all()
    small, large = (with_feet(R, one, told(contact)) for one in (measurement, larger))
    torch.testing.assert_close(small, large, atol=2e-3, rtol=0)


def places_of(feet_m: torch.Tensor, measurement: Measurement) -> torch.Tensor:
    """Return positions (F, 4, 3) as a prior tells them."""
    standing_m = torch.tensor((0.0, measurement.sole_height_m, 0.0))
    leg_m = torch.tensor(measurement.leg_length_m)
    return feet_places(feet_m - standing_m, measurement.y_m[:, 0], leg_m, torch.eye(3))


def test_told_feet_draw_the_solved_ones_towards_them(slider: tuple[torch.Tensor, Measurement, torch.Tensor]) -> None:
    R, measurement, contact = slider
    solved_m = solved_toes(R, measurement)
    aside_m = solved_m + torch.tensor((0.1, 0.0, 0.0))
    feet = places_of(torch.cat((solved_m, aside_m), dim=1), measurement)
    drawn_m = towards_predicted_toes(solved_m, measurement, told(contact, feet)) - solved_m
    torch.testing.assert_close(
        drawn_m[20:-20], torch.full_like(drawn_m, 0.05)[20:-20] * aside_m.new_tensor((1, 0, 0)), atol=5e-3, rtol=0
    )
    assert torch.equal(towards_predicted_toes(solved_m, measurement, told(contact)), solved_m)
    # Where the head is lost nothing is told, and the refinement follows what is.
    lost = replace(measurement, measured=torch.zeros_like(measurement.measured))
    assert torch.equal(towards_predicted_toes(solved_m, lost, told(contact, feet)), solved_m)
    refined = with_feet(R, measurement, told(0 * contact, feet))
    moved_m = (solved_toes(refined, measurement) - solved_m)[20:-20].mean(dim=(0, 1))
    assert 0.03 < float(moved_m[0]) < 0.06


def test_nobody_is_planted_while_the_head_is_lost_for_long(
    slider: tuple[torch.Tensor, Measurement, torch.Tensor],
) -> None:
    R, measurement, contact = slider
    measured = torch.ones_like(measurement.measured)
    measured[20:40, 0] = False
    measured[60:120, 0] = False
    stands = foot_paths(R, replace(measurement, measured=measured), told(contact)).stands
    assert stands[:60].all()
    assert not stands[60:120].any()
    assert stands[120:].all()


def test_planted_feet_stay_where_the_head_is_lost_for_a_moment(
    slider: tuple[torch.Tensor, Measurement, torch.Tensor],
) -> None:
    R, measurement, contact = slider
    measured = torch.ones_like(measurement.measured)
    measured[50:62] = False
    refined = with_feet(R, replace(measurement, measured=measured), told(contact))
    steps_m = solved_toes(refined, measurement).diff(dim=0)
    assert float(steps_m[45:67].norm(dim=-1).max()) < 0.002
