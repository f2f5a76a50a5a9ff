# SPDX-License-Identifier: Apache-2.0
"""One text, two libraries: numpy and torch give the same numbers, function by function and for whole solves."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from inpose_core.body import kinematics, rotations
from inpose_core.body.quaternions import geodesic_angle
from inpose_core.body.skeleton import SENSOR_JOINTS, Skeleton
from inpose_core.errors import DeviceError
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
from inpose_core.sampling.gaps import fade_into_gaps, smooth_between_gaps
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
    both(kinematics.tangent_covariance, v, np.linspace(0.01, 0.2, 22))
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
    both(fade_into_gaps, R, measured, atol=2e-3)
    both(lambda x, seen: smooth_between_gaps(x, 1.5, seen), R.reshape(40, -1), measured)
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


X = np.random.default_rng(8).normal(size=(4, 12, 6))
ANGLES = np.arange(12)[:, None] * np.linspace(0.1, 1, 3)


def added_twice(xp: Namespace, x: Any) -> Any:
    total = xp.copy(x)
    xp.add_at(total, xp.indices([1, 3, 1], x), x[:3])
    return total


FUNCTIONS: dict[str, Callable[[Namespace, Any], Any]] = {
    "asarray": lambda xp, x: xp.asarray([[1, 2], [3, 4]], x),
    "zeros": lambda xp, x: xp.zeros((2, 3), x),
    "empty": lambda xp, x: xp.empty((2, 0), x),
    "full": lambda xp, x: xp.full((2, 3), 0.1, x),
    "eye": lambda xp, x: xp.eye(3, x),
    "indices": lambda xp, x: xp.indices(range(4), x),
    "copy": lambda xp, x: xp.copy(x),
    "astype_of": lambda xp, x: xp.astype_of(x > 0, x),
    "concat": lambda xp, x: xp.concat((part for part in (x, -x)), axis=-1),
    "stack": lambda xp, x: xp.stack([x, -x], axis=1),
    "broadcast_to": lambda xp, x: xp.broadcast_to(x[:1], (5, 12, 6)),
    "moveaxis": lambda xp, x: xp.moveaxis(x, 0, -1),
    "contiguous": lambda xp, x: xp.contiguous(x.swapaxes(0, 1)),
    "where": lambda xp, x: xp.where(x > 0, xp.where(x > 1, x, 0.1), xp.where(x < -1, 0.2, x)),
    "flatnonzero": lambda xp, x: xp.flatnonzero(x[0, 0] > 0),
    "add_at": added_twice,
    "sqrt": lambda xp, x: xp.sqrt(x * x),
    "sin": lambda xp, x: xp.sin(x),
    "cos": lambda xp, x: xp.cos(x),
    "tan": lambda xp, x: xp.tan(0.3 * x),
    "log": lambda xp, x: xp.log(x * x + 0.1),
    "asin": lambda xp, x: xp.asin(x.clip(-1, 1)),
    "atan2": lambda xp, x: xp.atan2(x, x[:1]),
    "tanh": lambda xp, x: xp.tanh(x),
    "hypot": lambda xp, x: xp.hypot(x, x[:1]),
    "abs": lambda xp, x: xp.abs(x),
    "minimum": lambda xp, x: xp.minimum(x, x[:1]),
    "maximum": lambda xp, x: xp.maximum(x, x[:1]),
    "sigmoid": lambda xp, x: xp.sigmoid(40 * x),
    "einsum": lambda xp, x: xp.einsum("abc,adc->bd", x, x),
    "products_by_frame": lambda xp, x: xp.products_by_frame(x, 2 * x[:3]),
    "sums_of_products": lambda xp, x: xp.sums_of_products(x[0], x),
    "quantile": lambda xp, x: xp.asarray(xp.quantile(x.reshape(-1), 0.95), x),
    "linear": lambda xp, x: xp.linear(x, xp.asarray(X[0], x), xp.asarray(X[0, :, 0], x)),
    "layer_norm": lambda xp, x: xp.layer_norm(x, 1 + x[:, :1], x[:, :1]) + xp.layer_norm(x),
    "rotate_pairs": lambda xp, x: xp.rotate_pairs(x, np.cos(ANGLES), np.sin(ANGLES)),
    "gelu": lambda xp, x: xp.gelu(x),
    "softmax": lambda xp, x: xp.softmax(x, axis=1),
    "attention": lambda xp, x: xp.attention(x, 2 * x, x),
    "map_parts": lambda xp, x: xp.concat(xp.map_parts(lambda part: 2 * x[part], [slice(0, 1), slice(1, 4)], x)),
    "to_numpy": lambda xp, x: xp.from_numpy(xp.to_numpy(x), "cpu"),
}
"""A use of each function that returns an array."""
AFFAIRS = {
    "one_thread_each",
    "in_bfloat16",
    "shares_parts",
    "prefers_bfloat16",
    "without_gradients",
    "vector_jacobian_product",
    "version",
    "device_of",
    "from_numpy",
}
"""What the libraries do not have in common, or what is part of the uses above."""


@pytest.mark.parametrize("function", FUNCTIONS)
def test_each_function_of_the_namespaces(function: str) -> None:
    both(lambda x: FUNCTIONS[function](namespace_of(x), x), X)


def test_both_namespaces_offer_what_is_listed_and_nothing_is_untested() -> None:
    listed = {name for name, member in vars(Namespace).items() if inspect.isfunction(member) and name[0] != "_"}
    assert listed == {*FUNCTIONS, *AFFAIRS}
    for namespace in (numpy_namespace, torch_namespace):
        assert [name for name in listed if not callable(getattr(namespace, name, None))] == []


def test_what_the_libraries_do_not_have_in_common() -> None:
    x, tensor = (backend.asarray(X) for backend in LIBRARIES)
    with numpy_namespace.in_bfloat16(x, True), numpy_namespace.without_gradients():
        assert (x @ x.swapaxes(-1, -2)).dtype == np.float32
    with torch_namespace.in_bfloat16(tensor, True), torch_namespace.without_gradients():
        assert str((tensor @ tensor.swapaxes(-1, -2)).dtype) == "torch.bfloat16"
    assert numpy_namespace.device_of(x) == torch_namespace.device_of(tensor) == "cpu"
    assert not numpy_namespace.prefers_bfloat16("cpu")
    assert not torch_namespace.prefers_bfloat16("mps")
    assert (numpy_namespace.version(), torch_namespace.version()) == (np.__version__, torch.__version__)
    with numpy_namespace.one_thread_each("cpu"), torch_namespace.one_thread_each("cpu"):
        assert torch.get_num_threads() == 1
    assert numpy_namespace.shares_parts(x)
    assert torch_namespace.shares_parts(tensor)
    cubed = torch_namespace.vector_jacobian_product(lambda x: x**3, tensor, tensor)
    np.testing.assert_allclose(cubed, 3 * X**3, rtol=1e-5)
    with pytest.raises(DeviceError, match="cannot do"):
        numpy_namespace.vector_jacobian_product(lambda x: x, x, x)
