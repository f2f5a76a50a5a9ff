# SPDX-License-Identifier: Apache-2.0
"""One text, two libraries: numpy and torch give the same numbers, function by function and for whole solves."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from inpose_core.body import kinematics, rotations
from inpose_core.body.quaternions import geodesic_angle
from inpose_core.body.skeleton import SENSOR_JOINTS, Skeleton
from inpose_core.numerics import (
    Backend,
    frames_first,
    frames_last,
    namespace_of,
    numpy_namespace,
    solve_positive_definite,
    to_numpy,
    torch_namespace,
)
from inpose_core.numerics.array import Namespace
from inpose_core.options.solve import SolveSettings
from inpose_core.prior.checkpoint import load_prior
from inpose_core.sampling import Measurement, WindowedDenoiser, confidence, smooth_in_time
from inpose_core.sampling.floor import FloorLikelihood
from inpose_core.sampling.gaps import fade_into_gaps
from inpose_core.sampling.tangent_guidance import TangentGuidance
from inpose_core.solver.solving import solve
from tests.core.synthetic import perfect_sensors, smooth_motion

LIBRARIES = (Backend("numpy"), Backend("torch"))
FRAMES = 300
MOTION = smooth_motion(FRAMES, swing=0.3)


def both(compute: Callable[..., Any], *values: Any, atol: float = 2e-5) -> None:
    """Check that a function of arrays gives the same with either library, in the format that it got."""
    results = []
    for backend in LIBRARIES:
        result = compute(*(backend.asarray(value) for value in values))
        assert namespace_of(result) is backend.namespace
        assert str(result.dtype).endswith(("float32", "bool", "int64")), "numpy is not to widen float32 by itself"
        results.append(backend.namespace.to_numpy(result))
    np.testing.assert_allclose(results[0], results[1], atol=atol, rtol=1e-4)


def rotation_matrices(seed: int = 0) -> np.ndarray:
    omega = np.random.default_rng(seed).normal(0, 1.2, (40, 22, 3))
    return np.asarray(rotations.rotvec_to_matrix(omega))


R = rotation_matrices()
VECTORS = np.random.default_rng(1).normal(size=(40, 22, 3))


def test_rotations() -> None:
    some, other, v = R, rotation_matrices(2), VECTORS
    both(rotations.matrix_to_sixd, some)
    both(rotations.sixd_to_matrix, np.concatenate((v, v[..., ::-1] + 0.3), axis=-1))
    both(rotations.sixd_to_raw_matrix, np.concatenate((v, v[..., ::-1]), axis=-1))
    both(lambda x: abs(rotations.matrix_to_quaternion_wxyz(x)), some)
    both(rotations.matrix_to_rotvec, some, atol=1e-3)
    both(rotations.rotvec_to_matrix, v)
    both(rotations.geodesic_angle, some, other, atol=1e-3)
    both(rotations.skew, v)
    both(rotations.cross, v, v[..., ::-1])
    both(rotations.heading_of, some)
    both(rotations.yaw_matrix, v[..., 0])


def test_kinematics() -> None:
    offsets_m = Skeleton.template().offsets_m
    both(kinematics.forward_kinematics, R, offsets_m)
    kappa = np.asarray(kinematics.chain_offsets(offsets_m, SENSOR_JOINTS))
    both(kinematics.rotated_chains, R, kappa)
    v = frames_last(kinematics.rotated_chains(R, kappa))
    both(kinematics.tangent_jacobian, v)
    both(lambda v, s: kinematics.tangent_covariance(kinematics.tangent_jacobian(v), s), v, np.linspace(0.01, 0.2, 22))
    both(lambda x: frames_first(frames_last(x)), R)


def test_small_systems() -> None:
    half = np.random.default_rng(3).normal(size=(12, 20, 500))
    A = np.einsum("ikf,jkf->ijf", half, half) + 0.1 * np.eye(12)[..., None]
    both(solve_positive_definite, A, half[:, 0], atol=2e-3)


def test_what_looks_over_time() -> None:
    series = np.cumsum(np.random.default_rng(4).normal(size=(500, 6)), axis=0)
    both(lambda x: smooth_in_time(x, 2.5), series)
    measured = np.ones((40, 3), np.bool_)
    measured[10:20, 1] = False
    both(fade_into_gaps, R, rotation_matrices(5), measured, atol=2e-3)
    sixd = np.asarray(rotations.matrix_to_sixd(R))
    both(confidence, 0.9 * sixd, R, measured)


@pytest.mark.parametrize("floor", [False, True])
def test_guidance(floor: bool) -> None:
    found = []
    for backend in LIBRARIES:
        measurement = Measurement.from_sensors(perfect_sensors(MOTION), MOTION.skeleton, backend)
        uncertainty = load_prior(backend=backend).uncertainty
        likelihood = FloorLikelihood(measurement) if floor else None
        guidance = TangentGuidance(measurement, uncertainty, 0.002, likelihood)
        start = backend.asarray(np.broadcast_to(np.eye(3), (FRAMES, 22, 3, 3)))
        found.append(to_numpy(guidance.finish(start)))
    np.testing.assert_allclose(found[0], found[1], atol=2e-3)


def test_the_network_and_its_condition() -> None:
    found = []
    for backend in LIBRARIES:
        measurement = Measurement.from_sensors(perfect_sensors(MOTION), MOTION.skeleton, backend)
        denoiser = WindowedDenoiser.for_sensors(load_prior(backend=backend), measurement.scale_free(True), 60.0)
        x_t = backend.asarray(np.random.default_rng(6).normal(size=(FRAMES, 22, 6)))
        estimate = denoiser(x_t, 0.3)
        found.append([to_numpy(x) for x in (denoiser.condition, estimate.x_0, estimate.contact, estimate.feet)])
    for ours, theirs in zip(*found, strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-4)


def lose_hands(measured: np.ndarray) -> np.ndarray:
    lost = measured.copy()
    lost[60:100, 1] = False
    lost[200:, 2] = False
    return lost


@pytest.mark.parametrize(
    "settings",
    [
        SolveSettings(),
        SolveSettings(quality="high"),
        SolveSettings(variation=1.0, seed=7, sampler="dpmpp_2m", steps=6),
        SolveSettings(use_floor=True),
        SolveSettings(use_head_motion=False),
        SolveSettings(max_elbow_bend_deg=95.0),
        SolveSettings(guidance="none", foot_planting=1.0),
    ],
    ids=lambda settings: ", ".join(f"{k}={v}" for k, v in vars(settings).items() if v != vars(SolveSettings())[k]),
)
def test_whole_solves(settings: SolveSettings) -> None:
    sensors = perfect_sensors(MOTION)
    sensors = replace(sensors, measured=lose_hands(sensors.measured))
    ours, theirs = (
        solve(sensors, MOTION.skeleton, replace(settings, library=library, precision="float32"))
        for library in ("numpy", "torch")
    )
    angle_deg = np.rad2deg(geodesic_angle(ours.rotations_wxyz, theirs.rotations_wxyz))
    assert angle_deg.mean() < 0.05
    assert angle_deg.max() < 1.0
    np.testing.assert_allclose(ours.root_translation_m, theirs.root_translation_m, atol=1e-3)
    np.testing.assert_allclose(ours.foot_contact, theirs.foot_contact, atol=2e-3)


@pytest.mark.parametrize("namespace", [numpy_namespace, torch_namespace], ids=["numpy", "torch"])
def test_both_namespaces_offer_all_that_is_listed(namespace: Any) -> None:
    listed = [name for name, member in vars(Namespace).items() if inspect.isfunction(member) and name[0] != "_"]
    assert len(listed) > 40
    assert [name for name in listed if not callable(getattr(namespace, name, None))] == []
