# SPDX-License-Identifier: Apache-2.0
"""Trackers and feet in the condition: free of scale and place, mirrored as the body is, and silent where unknown."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor

from inpose_core.body.kinematics import forward_kinematics
from inpose_core.body.rotations import quaternion_wxyz_to_matrix, yaw_matrix
from inpose_core.body.skeleton import FOOT_JOINTS, JOINT_NAMES, MIRROR_JOINTS, Skeleton
from inpose_core.numerics import CPU, Backend
from inpose_core.prior.checkpoint import load_prior
from inpose_core.prior.conditioning import CONDITION_SIZE, THREE_POINT_SIZE, condition_features, window_heading
from inpose_core.prior.feet import feet_places, feet_positions_m
from inpose_core.prior.trackers import MIRROR_TRACKERS, TRACKER_FEATURES, TRACKER_JOINTS, Trackers, tracker_places
from inpose_core.recording.sensors import MeasuredPoint
from inpose_core.sampling import Measurement, WindowedDenoiser
from inpose_core.sampling.mirroring import mirror_sensors
from inpose_core.training.augmentation import AugmentationSettings
from inpose_core.training.random_draws import RandomDraws
from inpose_core.training.sensing import frozen_hands, sensed_posture, sensed_trackers
from inpose_core.training.situations import Situation
from tests.core.synthetic import perfect_sensors, smooth_motion

FRAMES = 64
HEAD = JOINT_NAMES.index("head")


def body_of(motion_seed: int = 1) -> tuple[Tensor, Tensor, Tensor]:
    """Return rotations (F, 22, 3, 3), joints (F, 22, 3) and offsets (22, 3) of a made-up motion."""
    motion = smooth_motion(FRAMES, seed=motion_seed)
    R = quaternion_wxyz_to_matrix(torch.tensor(motion.rotations_wxyz))
    offsets_m = torch.tensor(motion.skeleton.offsets_m)
    return R, forward_kinematics(R, offsets_m, torch.tensor(motion.root_translation_m)), offsets_m


def places(R: Tensor, joints_m: Tensor, offsets_m: Tensor) -> Tensor:
    return tracker_places(joints_m[:, list(TRACKER_JOINTS)], joints_m[:, HEAD], R[:, HEAD], offsets_m)


def test_a_body_at_rest_has_hips_and_chest_in_place_and_limbs_at_their_lengths() -> None:
    offsets_m = torch.tensor(Skeleton.template().offsets_m)
    rest_m = forward_kinematics(torch.eye(3).double().expand(22, 3, 3), offsets_m)
    place = tracker_places(rest_m[list(TRACKER_JOINTS)], rest_m[HEAD], torch.eye(3).double(), offsets_m)
    torch.testing.assert_close(place[:2], torch.zeros(2, 3).double(), atol=1e-6, rtol=0)
    torch.testing.assert_close(place[6:].norm(dim=-1), torch.ones(2).double(), atol=1e-3, rtol=0)
    assert (place[6:, 1] < -0.99).all()
    assert 0.4 < float(place[2].norm()) < 0.6  # an elbow is about half an arm away


def test_places_know_no_size_no_spot_and_turn_with_the_world() -> None:
    R, joints_m, offsets_m = body_of()
    turn = yaw_matrix(torch.tensor(1.1)).double()
    moved_m = 1.7 * (joints_m @ turn.T) + torch.tensor((3.0, 0.0, -2.0)).double()
    torch.testing.assert_close(places(turn @ R, moved_m, 1.7 * offsets_m), places(R, joints_m, offsets_m) @ turn.T)


def trackers_of(R: Tensor, joints_m: Tensor, offsets_m: Tensor, known: Tensor) -> Trackers:
    return Trackers(R[:, list(TRACKER_JOINTS)], places(R, joints_m, offsets_m), known, known)


def test_the_mirror_image_has_the_places_of_the_mirrored_body() -> None:
    R, joints_m, offsets_m = body_of()
    S = torch.diag(torch.tensor((-1.0, 1.0, 1.0))).double()
    mirror = list(MIRROR_JOINTS)
    image = trackers_of((S @ R @ S)[:, mirror], (joints_m @ S)[:, mirror], (offsets_m @ S)[mirror], torch.ones(8) > 0)
    mirrored = trackers_of(R, joints_m, offsets_m, torch.ones(8) > 0).mirrored()
    torch.testing.assert_close(mirrored.place, image.place)
    torch.testing.assert_close(mirrored.R_world, image.R_world)
    assert [TRACKER_JOINTS[i] for i in MIRROR_TRACKERS] == [mirror[joint] for joint in TRACKER_JOINTS]


def features(known: Tensor, R: Tensor, size: int = CONDITION_SIZE, mirrored: bool = False) -> Tensor:
    motion = smooth_motion(FRAMES, seed=1)
    m = Measurement.from_sensors(perfect_sensors(motion), motion.skeleton, Backend("torch"))
    _, joints_m, offsets_m = (x.float() for x in body_of())
    trackers = trackers_of(R.float(), joints_m, offsets_m, known.expand(FRAMES, 8))
    sensors = replace(m.scale_free(True), trackers=trackers)
    windows = (mirror_sensors(sensors) if mirrored else sensors).windowed(torch.arange(FRAMES)[None])
    return condition_features(windows, window_heading(windows.R_world_sensor[:, :, 0]), 60.0, size)


def test_what_is_not_known_is_not_shown() -> None:
    R, _, _ = body_of()
    other = R.roll(7, dims=0)
    none, some = torch.zeros(8, dtype=torch.bool), torch.tensor([True] + [False] * 7)
    assert features(none, R).shape == (1, FRAMES, CONDITION_SIZE)
    torch.testing.assert_close(features(none, R), features(none, other))
    seen = features(some, R)[0, :, THREE_POINT_SIZE : THREE_POINT_SIZE + TRACKER_FEATURES].unflatten(-1, (8, 11))
    assert (seen[:, 0, -2:] == 1).all()
    assert (seen[:, 1:] == 0).all()
    torch.testing.assert_close(features(some, R, THREE_POINT_SIZE), features(some, R)[..., :THREE_POINT_SIZE])
    assert features(some, R, mirrored=True).isfinite().all()


def test_feet_come_back_from_their_places() -> None:
    _, joints_m, _ = body_of()
    feet_m, head_m = joints_m[:, list(FOOT_JOINTS)], joints_m[:, HEAD]
    heading = yaw_matrix(torch.tensor(0.7)).double()
    leg_m = torch.tensor(0.8).double()
    place = feet_places(feet_m, head_m, leg_m, heading.T)
    standing_m = 0.02
    back_m = feet_positions_m(place @ heading.T, head_m, 0.8, standing_m)
    torch.testing.assert_close(back_m, feet_m + torch.tensor((0.0, standing_m, 0.0)).double())
    # Free of scale, and of where in the world somebody is.
    torch.testing.assert_close(feet_places(2 * feet_m, 2 * head_m, 2 * leg_m, heading.T), place)
    there = torch.tensor((5.0, 0.0, -4.0)).double()
    torch.testing.assert_close(feet_places(feet_m + there, head_m + there, leg_m, heading.T), place)


# How they are sensed in training.


def draws(seed: int = 0) -> RandomDraws:
    return RandomDraws(torch.Generator().manual_seed(seed), torch.device("cpu"))


def test_trackers_are_worn_as_often_as_asked_mostly_as_hips_and_feet() -> None:
    R, joints_m, offsets_m = (x.float() for x in body_of())
    batch = 400
    windows = (joints_m.expand(batch, -1, -1, -1), R.expand(batch, -1, -1, -1, -1))
    settings = AugmentationSettings(trackers=0.4)
    sensed = sensed_trackers(*windows, windows[1][:, :, HEAD], offsets_m.expand(batch, -1, -1), settings, draws())
    assert sensed is not None
    worn = (sensed.rotation_known | sensed.place_known).any(dim=1)
    assert 0.33 < worn.any(dim=-1).float().mean() < 0.45
    assert 0.6 < worn[worn.any(dim=-1)][:, 0].float().mean() < 0.9
    # Knees come in pairs, and so do feet.
    assert (worn[:, 4] == worn[:, 5]).float().mean() > 0.97
    assert (worn[:, 6] == worn[:, 7]).float().mean() > 0.97
    assert (sensed.place - places(R, joints_m, offsets_m)).norm(dim=-1).mean() < 0.08
    never = replace(settings, trackers=0.0)
    assert sensed_trackers(*windows, windows[1][:, :, HEAD], offsets_m.expand(batch, -1, -1), never, draws()) is None


def test_a_frozen_hand_shows_one_frame_for_a_while_and_the_head_never_freezes() -> None:
    values = torch.arange(FRAMES).float()[None, :, None].expand(200, FRAMES, 3)
    shown = frozen_hands(200, FRAMES, 0.5, draws()).of_sensors(values)
    assert torch.equal(shown[..., 0], values[..., 0])
    stuck = (shown[..., 1:] != values[..., 1:]).sum(dim=1)
    assert 0.3 < (stuck > 0).float().mean() < 0.6
    assert int(stuck.max()) < 31
    assert torch.equal(frozen_hands(200, FRAMES, 0.0, draws()).of_sensors(values), values)


@pytest.mark.parametrize(
    ("situation", "posture"), [(Situation.WALK, (1, 0)), (Situation.SIT, (0, 1)), (Situation.LOW, (0, 0))]
)
def test_posture_is_told_where_it_is_clear(situation: Situation, posture: tuple[int, int]) -> None:
    told = sensed_posture(torch.full((5, FRAMES), int(situation)), 1.0, draws())
    assert told is not None
    assert torch.equal(told, torch.tensor(posture).float().expand(5, FRAMES, 2))
    assert sensed_posture(torch.zeros(5, FRAMES), 0.0, draws()) is None


def test_the_network_computes_in_float32_with_trackers_too() -> None:
    # In float64 it is half as fast, and one number of NumPy 1 by itself makes float64 of everything.
    motion = smooth_motion(FRAMES)
    known = np.ones(FRAMES, np.bool_)
    points = [
        MeasuredPoint(joint, motion.joint_positions_m[:, joint], known, motion.rotations_wxyz[:, joint])
        for joint in TRACKER_JOINTS
    ]
    m = Measurement.from_sensors(perfect_sensors(motion).with_points(*points), motion.skeleton, CPU)
    denoiser = WindowedDenoiser.for_sensors(load_prior(), m.scale_free(use_head_motion=True), motion.fps)
    assert denoiser.condition.dtype == np.float32
