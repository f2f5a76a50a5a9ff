# SPDX-License-Identifier: Apache-2.0
from dataclasses import replace

import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from inpose_core.body.kinematics import forward_kinematics
from inpose_core.body.rotations import matrix_to_sixd, quaternion_wxyz_to_matrix, rotvec_to_matrix, sixd_to_matrix
from inpose_core.body.skeleton import MIRROR_JOINTS, Skeleton
from inpose_core.numerics import Backend
from inpose_core.prior.checkpoint import load_prior
from inpose_core.sampling import Measurement, MirroredDenoiser, confidence
from inpose_core.sampling.mirroring import mirror_sensors, mirror_sixd
from tests.core.synthetic import perfect_sensors, smooth_motion

CPU = Backend("torch")


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000))
def test_the_mirror_image_of_a_pose_has_the_mirrored_positions(seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    sixd = matrix_to_sixd(rotvec_to_matrix(torch.randn(22, 3, generator=generator)))
    offsets_m = torch.tensor(Skeleton.template().offsets_m).float()
    image = forward_kinematics(sixd_to_matrix(mirror_sixd(sixd)), offsets_m)
    expected = forward_kinematics(sixd_to_matrix(sixd), offsets_m)[list(MIRROR_JOINTS)] * torch.tensor([-1.0, 1, 1])
    torch.testing.assert_close(image, expected, atol=1e-3, rtol=0)
    torch.testing.assert_close(mirror_sixd(mirror_sixd(sixd)), sixd)


def test_a_mirrored_recording_gets_the_mirrored_estimate() -> None:
    prior = load_prior(backend=CPU)
    motion = smooth_motion(150)
    measurement = Measurement.from_sensors(perfect_sensors(motion), motion.skeleton, CPU)
    sensors = measurement.scale_free(use_head_motion=True)
    x_t = torch.randn(150, 22, 6, generator=torch.Generator().manual_seed(1))
    denoiser = MirroredDenoiser.for_sensors(prior, sensors, 60.0)
    image = MirroredDenoiser.for_sensors(prior, mirror_sensors(sensors), 60.0)
    estimate, seen = denoiser(x_t, 0.0), image(mirror_sixd(x_t), 0.0)
    torch.testing.assert_close(seen.x_0, mirror_sixd(estimate.x_0), atol=1e-4, rtol=0)
    torch.testing.assert_close(seen.contact, estimate.contact.flip(-1), atol=1e-4, rtol=0)
    # Left and right are not the same to the prior, or the test would say nothing.
    assert float((denoiser.plain(x_t, 0.0).x_0 - estimate.x_0).abs().mean()) > 1e-3


def test_the_mirrored_sensors_are_those_of_the_mirrored_performer() -> None:
    measurement = Measurement.from_sensors(perfect_sensors(smooth_motion(20)), smooth_motion(20).skeleton, CPU)
    S = torch.diag(torch.tensor([-1.0, 1.0, 1.0]))
    image = replace(
        measurement,
        y_m=measurement.y_m[:, [0, 2, 1]] @ S,
        R_world_sensor=S @ measurement.R_world_sensor[:, [0, 2, 1]] @ S,
        head_velocity_per_leg=measurement.head_velocity_per_leg @ S,
        offsets_m=measurement.offsets_m[list(MIRROR_JOINTS)] @ S,
    )
    for name, value in vars(mirror_sensors(measurement.scale_free(True))).items():
        torch.testing.assert_close(value, vars(image.scale_free(True))[name], atol=1e-5, rtol=0)


def test_lost_hands_change_places_in_the_mirror() -> None:
    motion = smooth_motion(20)
    measurement = Measurement.from_sensors(perfect_sensors(motion), motion.skeleton, CPU)
    lost = replace(measurement, measured=torch.tensor([[True, False, True]]).expand(20, 3))
    assert mirror_sensors(lost.scale_free(True)).measured.tolist() == [[True, True, False]] * 20


def test_confidence_falls_with_the_spread_and_with_the_turn() -> None:
    R = quaternion_wxyz_to_matrix(torch.tensor(smooth_motion(60).rotations_wxyz).float())
    certain = matrix_to_sixd(R)
    seen = torch.ones(60, 3, dtype=torch.bool)
    turned = matrix_to_sixd(rotvec_to_matrix(torch.tensor([0.0, 0.1, 0.0])) @ R)
    # Even then legs are off by more than 10 cm in 3 of 100 frames.
    assert float(confidence(certain, R, seen).min()) > 0.96
    by_spread = [float(confidence(share * certain, R, seen).mean()) for share in (1.0, 0.95, 0.8, 0.3)]
    assert by_spread == sorted(by_spread, reverse=True)
    assert float(confidence(turned, R, seen).max()) < 0.25
    assert float(confidence(turned, R, seen).min()) > 0
    assert float(confidence(certain, R, ~seen).max()) == 0
