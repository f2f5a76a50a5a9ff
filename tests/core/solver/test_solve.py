# SPDX-License-Identifier: Apache-2.0
"""What must hold of a solve with any weights: invariances, measurements met, bad input refused."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from inpose_core import numerics
from inpose_core.body.motion import Motion
from inpose_core.body.quaternions import geodesic_angle, multiply_quaternions, rotate_vector
from inpose_core.body.skeleton import MIRROR_JOINTS, SENSOR_JOINTS, TOE_JOINTS, Skeleton
from inpose_core.errors import CancelledError, DeviceError, InPoseError, WeightsError
from inpose_core.numerics import Backend
from inpose_core.numerics.blas_threads import blas_limit
from inpose_core.numerics.torch_threads import torch_limit
from inpose_core.options.solve import GUIDANCE_NAMES, SolveSettings
from inpose_core.prior.checkpoint import Prior, load_prior
from inpose_core.recording.types import Sensors
from inpose_core.solver import backends, solving
from inpose_core.solver.backends import choose_backend
from inpose_core.solver.solving import solve
from tests.core.synthetic import perfect_sensors, smooth_motion

FRAMES = 150
"""More than one window."""
MIRRORED_WXYZ = np.array((1.0, 1.0, -1.0, -1.0))
"""Turns a rotation into that of the mirror image in the plane x = 0."""
EXACT = SolveSettings(precision="float32")
"""What must be the same to a hundredth of a degree is computed alike on every processor."""


@pytest.fixture(scope="module", params=["numpy", "torch"], autouse=True)
def library(request: pytest.FixtureRequest) -> Iterator[str]:
    """Solve everything here once with each library; what asks for one of them gets it."""
    choose = backends.choose_backend

    def choose_other(settings: SolveSettings = EXACT) -> Backend:
        asks = settings.library != "auto" or settings.device not in ("auto", "cpu")
        needs = settings.guidance == "pigdm" or settings.precision == "bfloat16"
        return choose(settings if asks or needs else replace(settings, library=request.param))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(solving, "choose_backend", choose_other)
        yield request.param


@pytest.fixture(scope="module")
def prior(library: str) -> Prior:
    return load_prior()


@pytest.fixture(scope="module")
def performer(library: str) -> Motion:
    return smooth_motion(FRAMES)


@pytest.fixture(scope="module")
def solved(prior: Prior, performer: Motion) -> Motion:
    return solve(perfect_sensors(performer), performer.skeleton, EXACT, prior)


def other_proportions() -> Skeleton:
    """Return a body with long arms and a long trunk on short legs, as cartoon figures have."""
    offsets_m = Skeleton.template(1.6).offsets_m.copy()
    offsets_m[[18, 19, 20, 21]] *= 1.3
    offsets_m[[3, 6, 9, 12]] *= 1.15
    offsets_m[[4, 5, 7, 8]] *= 0.75
    return Skeleton(offsets_m)


def largest_angle_deg(a: Motion, b: Motion) -> float:
    return float(np.rad2deg(geodesic_angle(a.rotations_wxyz, b.rotations_wxyz)).max())


def sensor_error_m(motion: Motion) -> NDArray[np.float64]:
    assert motion.sensor_error_m is not None
    return motion.sensor_error_m


# What the solve must not depend on.


@pytest.mark.parametrize("noise_m", [0.0, 0.003])
def test_rotations_do_not_depend_on_the_scale(prior: Prior, performer: Motion, noise_m: float) -> None:
    sensors = perfect_sensors(performer)
    noise = np.random.default_rng(0).normal(scale=noise_m, size=sensors.positions_m.shape)
    sensors = replace(sensors, positions_m=sensors.positions_m + noise)
    solved = solve(sensors, performer.skeleton, EXACT, prior)
    for factor in (0.3, 1.4, 6.5):
        scaled = replace(sensors, positions_m=factor * sensors.positions_m)
        motion = solve(scaled, performer.skeleton.scaled(factor), EXACT, prior)
        assert largest_angle_deg(motion, solved) < 0.05
        np.testing.assert_allclose(motion.root_translation_m, factor * solved.root_translation_m, atol=1e-4 * factor)


def test_two_looks_give_a_mirrored_performer_the_mirrored_motion(prior: Prior) -> None:
    performer = smooth_motion(FRAMES, body=other_proportions(), seed=3)
    sign, swapped = np.array((-1.0, 1.0, 1.0)), [0, 2, 1]
    body = Skeleton((performer.skeleton.offsets_m * sign)[list(MIRROR_JOINTS)])
    sensors = perfect_sensors(performer)
    mirrored = replace(
        sensors,
        positions_m=(sensors.positions_m * sign)[:, swapped],
        rotations_wxyz=(sensors.rotations_wxyz * MIRRORED_WXYZ)[:, swapped],
    )
    high = replace(EXACT, quality="high")
    motion, other = solve(sensors, performer.skeleton, high, prior), solve(mirrored, body, high, prior)
    back = replace(other, rotations_wxyz=(other.rotations_wxyz * MIRRORED_WXYZ)[:, list(MIRROR_JOINTS)])
    assert largest_angle_deg(motion, back) < 0.05
    np.testing.assert_allclose(other.root_translation_m * sign, motion.root_translation_m, atol=1e-4)
    assert motion.foot_stands is not None
    assert other.foot_stands is not None
    np.testing.assert_array_equal(other.foot_stands[:, ::-1], motion.foot_stands)


@pytest.mark.parametrize("yaw_rad", [0.6, 2.0, np.pi])
def test_a_performer_who_faces_elsewhere_gets_the_same_motion(
    prior: Prior, performer: Motion, solved: Motion, yaw_rad: float
) -> None:
    yaw = np.array([np.cos(yaw_rad / 2), 0.0, np.sin(yaw_rad / 2), 0.0])
    sensors = perfect_sensors(performer)
    turned = replace(
        sensors,
        positions_m=rotate_vector(yaw, sensors.positions_m),
        rotations_wxyz=multiply_quaternions(yaw, sensors.rotations_wxyz),
    )
    motion = solve(turned, performer.skeleton, EXACT, prior)
    expected = replace(solved, rotations_wxyz=multiply_quaternions(yaw, solved.rotations_wxyz))
    assert largest_angle_deg(motion, expected) < 0.05
    np.testing.assert_allclose(
        motion.root_translation_m, rotate_vector(yaw, solved.root_translation_m), atol=1e-4, rtol=0
    )


@pytest.mark.parametrize("shift_m", [(3.0, 0.0, -2.0), (1000.0, 0.0, -1000.0), (0.0, 0.0, 1e6)])
def test_a_performer_who_stands_elsewhere_gets_the_same_motion(
    prior: Prior, performer: Motion, solved: Motion, shift_m: tuple[float, float, float]
) -> None:
    sensors = perfect_sensors(performer)
    motion = solve(replace(sensors, positions_m=sensors.positions_m + shift_m), performer.skeleton, EXACT, prior)
    assert largest_angle_deg(motion, solved) < 0.005
    np.testing.assert_allclose(motion.root_translation_m - shift_m, solved.root_translation_m, atol=1e-5, rtol=0)


def test_the_same_seed_gives_the_same_motion_and_another_seed_another(
    prior: Prior, performer: Motion, solved: Motion
) -> None:
    sensors = perfect_sensors(performer)
    again = solve(sensors, performer.skeleton, EXACT, prior)
    np.testing.assert_array_equal(again.rotations_wxyz, solved.rotations_wxyz)
    np.testing.assert_array_equal(again.root_translation_m, solved.root_translation_m)
    samples = [solve(sensors, performer.skeleton, SolveSettings(seed=seed, variation=1.0), prior) for seed in (0, 1)]
    assert largest_angle_deg(*samples) > 0.1


def test_solving_leaves_the_sensors_and_the_global_random_state_alone(prior: Prior, performer: Motion) -> None:
    import torch  # noqa: PLC0415

    sensors = perfect_sensors(performer)
    positions_m, rotations_wxyz = sensors.positions_m.copy(), sensors.rotations_wxyz.copy()
    state = torch.get_rng_state()
    solve(sensors, performer.skeleton, SolveSettings(steps=1), prior)
    np.testing.assert_array_equal(sensors.positions_m, positions_m)
    np.testing.assert_array_equal(sensors.rotations_wxyz, rotations_wxyz)
    assert torch.equal(torch.get_rng_state(), state)


# What was measured is met.


@pytest.mark.parametrize("body", [Skeleton.template(), Skeleton.template(1.1), other_proportions()])
@pytest.mark.parametrize("seed", [0, 3])
def test_head_and_hands_meet_their_targets(prior: Prior, body: Skeleton, seed: int) -> None:
    performer = smooth_motion(FRAMES, seed=seed, body=body)
    sensors = perfect_sensors(performer)
    motion = solve(sensors, body, EXACT, prior)
    distance_m = np.linalg.norm(motion.joint_positions_m[:, list(SENSOR_JOINTS)] - sensors.positions_m, axis=-1)
    assert distance_m[:, 0].max() < 1e-5
    assert distance_m[:, 1:].mean() < 0.01
    assert np.percentile(distance_m[:, 1:], 95) < 0.03
    np.testing.assert_allclose(sensor_error_m(motion), distance_m, atol=1e-5)


def test_measured_rotations_are_those_of_the_joints(solved: Motion, performer: Motion) -> None:
    joints = list(SENSOR_JOINTS)
    angle_deg = np.rad2deg(geodesic_angle(solved.rotations_wxyz[:, joints], performer.rotations_wxyz[:, joints]))
    assert angle_deg.max() < 0.05


def test_rotations_are_unit_quaternions_of_continuous_sign(solved: Motion) -> None:
    wxyz = solved.rotations_wxyz
    assert wxyz.shape == (FRAMES, 22, 4)
    assert wxyz.dtype == solved.root_translation_m.dtype == np.float64
    np.testing.assert_allclose(np.linalg.norm(wxyz, axis=-1), 1.0, atol=1e-5)
    assert ((wxyz[1:] * wxyz[:-1]).sum(-1) >= 0).all()


def test_the_body_stands_near_the_floor(solved: Motion, performer: Motion) -> None:
    """The head is given, so the feet end near the floor with any weights that know legs point down."""
    body = performer.skeleton
    lowest_m = solved.joint_positions_m[..., 1].min(axis=1)
    assert -0.15 * body.stature_m < np.median(lowest_m) < 0.25 * body.stature_m
    assert (solved.root_translation_m[:, 1] < solved.joint_positions_m[:, 15, 1]).all()


@pytest.mark.parametrize("frames", [1, 2, 5, 256, 257])
def test_any_number_of_frames_is_solved(prior: Prior, frames: int) -> None:
    assert prior.network.config.window == 256, "256 and 257 are to be one window and one frame more"
    performer = smooth_motion(frames)
    motion = solve(perfect_sensors(performer), performer.skeleton, EXACT, prior)
    assert len(motion) == frames
    assert np.isfinite(motion.rotations_wxyz).all()
    assert np.isfinite(motion.root_translation_m).all()
    assert sensor_error_m(motion).mean() < 0.01


@pytest.mark.parametrize("frames", [1, 2, 130])
@pytest.mark.parametrize("lost", [[1, 2], [0], [0, 1, 2]], ids=["hands", "head", "all"])
def test_devices_that_are_never_measured_leave_a_body(prior: Prior, frames: int, lost: list[int]) -> None:
    performer = smooth_motion(frames)
    measured = np.ones((frames, 3), dtype=bool)
    measured[:, lost] = False
    motion = solve(replace(perfect_sensors(performer), measured=measured), performer.skeleton, EXACT, prior)
    np.testing.assert_allclose(np.linalg.norm(motion.rotations_wxyz, axis=-1), 1, atol=1e-5)
    assert np.isfinite(motion.root_translation_m).all()
    assert motion.confidence is not None
    assert np.isfinite(motion.confidence).all()
    assert np.isnan(sensor_error_m(motion)[:, lost]).all()


@pytest.mark.parametrize("lost", [1, 2])
def test_a_hand_that_is_never_measured_leaves_the_other_on_its_target(
    prior: Prior, performer: Motion, lost: int
) -> None:
    measured = np.ones((FRAMES, 3), dtype=bool)
    measured[:, lost] = False
    sensors = replace(perfect_sensors(performer), measured=measured)
    motion = solve(sensors, performer.skeleton, EXACT, prior)
    assert np.isfinite(motion.rotations_wxyz).all()
    error_m = sensor_error_m(motion)
    assert np.isnan(error_m[:, lost]).all()
    assert error_m[:, 3 - lost].mean() < 0.01
    # The pose in the place of the lost hand means nothing, and must not pull the body.
    nonsense = sensors.positions_m.copy()
    nonsense[:, lost] = performer.root_translation_m
    rotations_wxyz = sensors.rotations_wxyz.copy()
    rotations_wxyz[:, lost] = (0.0, 1.0, 0.0, 0.0)
    other = solve(
        replace(sensors, positions_m=nonsense, rotations_wxyz=rotations_wxyz), performer.skeleton, EXACT, prior
    )
    assert largest_angle_deg(other, motion) < 1.0


def test_a_head_that_is_lost_for_a_span_leaves_the_rest_as_good(prior: Prior, performer: Motion) -> None:
    measured = np.ones((FRAMES, 3), dtype=bool)
    measured[50:90, 0] = False
    sensors = perfect_sensors(performer)
    positions_m = sensors.positions_m.copy()
    positions_m[50:90, 0] = np.linspace(positions_m[50, 0], positions_m[90, 0], 40)
    motion = solve(replace(sensors, positions_m=positions_m, measured=measured), performer.skeleton, EXACT, prior)
    assert np.isfinite(motion.rotations_wxyz).all()
    error_m = sensor_error_m(motion)
    assert np.isnan(error_m[50:90, 0]).all()
    assert error_m[~np.isnan(error_m[:, 0]), 0].max() < 1e-5
    assert error_m[measured.all(axis=1), 1:].mean() < 0.01
    step_m = np.linalg.norm(np.diff(motion.root_translation_m, axis=0), axis=1)
    assert step_m.max() < 0.3 * performer.skeleton.stature_m


def test_hands_out_of_reach_are_reached_for(prior: Prior) -> None:
    """Nothing can meet such targets; the result must stay a body, with arms as long as they are."""
    performer = smooth_motion(20)
    sensors = perfect_sensors(performer)
    far = sensors.positions_m.copy()
    far[:, 1] = far[:, 0] + (5.0, 0.0, 0.0)
    motion = solve(replace(sensors, positions_m=far), performer.skeleton, EXACT, prior)
    assert np.isfinite(motion.rotations_wxyz).all()
    error_m = sensor_error_m(motion)
    assert (error_m[:, 1] > 3.0).all()
    assert (error_m[:, 1] < 5.0).all()
    assert error_m[:, 0].max() < 1e-4


# Settings.


def test_the_guidances_differ_and_only_the_default_needs_few_steps(
    prior: Prior, performer: Motion, solved: Motion
) -> None:
    sensors = perfect_sensors(performer)
    unguided = solve(sensors, performer.skeleton, SolveSettings(guidance="none"), prior)
    published = solve(sensors, performer.skeleton, SolveSettings(guidance="pigdm", steps=4), prior)
    for motion in (unguided, published):
        assert np.isfinite(motion.rotations_wxyz).all()
        assert sensor_error_m(motion)[:, 0].max() < 1e-5
        assert largest_angle_deg(motion, solved) > 1.0
    assert largest_angle_deg(unguided, published) > 1.0
    assert sensor_error_m(unguided)[:, 1:].mean() > 5 * sensor_error_m(solved)[:, 1:].mean()


def test_withholding_the_head_motion_changes_what_the_prior_sees(
    prior: Prior, performer: Motion, solved: Motion
) -> None:
    settings = SolveSettings(use_head_motion=False)
    motion = solve(perfect_sensors(performer), performer.skeleton, settings, prior)
    assert largest_angle_deg(motion, solved) > 0.1
    assert sensor_error_m(motion)[:, 1:].mean() < 0.01


def test_the_prior_heeds_the_reach_where_it_may(performer: Motion, prior: Prior, solved: Motion) -> None:
    settings = SolveSettings(use_hand_reach=False)
    motion = solve(perfect_sensors(performer), performer.skeleton, settings, prior)
    assert largest_angle_deg(motion, solved) > 1.0
    assert sensor_error_m(motion)[:, 1:].mean() < 0.01


def test_a_library_keeps_to_one_thread_while_it_solves_and_gets_its_own_back(
    library: str, prior: Prior, performer: Motion
) -> None:
    """Beside two busy processes a solve on the libraries' own threads took thirty times as long."""
    limit = torch_limit() if library == "torch" else blas_limit()
    if limit is None:
        pytest.skip("this numpy has no BLAS that can be told")
    before, during = limit.get(), []
    try:
        limit.set(2)
        solve(
            perfect_sensors(performer),
            performer.skeleton,
            prior=prior,
            on_progress=lambda _: during.append(limit.get()),
        )
        assert set(during) == {1}
        assert limit.get() == 2
    finally:
        limit.set(before)


def test_the_number_of_steps_follows_the_guidance() -> None:
    assert SolveSettings().denoising_steps == 2
    assert SolveSettings(guidance="pigdm").denoising_steps == 50
    assert SolveSettings(guidance="pigdm", steps=7).denoising_steps == 7


@pytest.mark.parametrize("name", ["", "Tangent", "exact"])
def test_an_unknown_guidance_is_refused_with_the_known_ones(name: str) -> None:
    with pytest.raises(InPoseError, match="Guidance") as caught:
        SolveSettings(guidance=name)  # type: ignore[arg-type]
    assert all(known in caught.value.hint for known in GUIDANCE_NAMES)


@pytest.mark.parametrize("steps", [0, -1, 1001])
def test_an_impossible_number_of_steps_is_refused(steps: int) -> None:
    with pytest.raises(InPoseError, match="Steps"):
        SolveSettings(steps=steps)


@pytest.mark.parametrize("seed", [-1, 2**63])
def test_an_impossible_seed_is_refused(seed: int) -> None:
    with pytest.raises(InPoseError, match="Seed"):
        SolveSettings(seed=seed)


def test_a_device_that_is_not_there_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    monkeypatch.setattr("torch.backends.mps.is_available", lambda: False)
    assert choose_backend() == choose_backend(SolveSettings(device="cpu")) == Backend("numpy", "cpu")
    for name in ("cuda", "mps"):
        with pytest.raises(DeviceError, match="no compute device") as caught:
            choose_backend(SolveSettings(device=name))
        assert caught.value.hint
    with pytest.raises(DeviceError, match="NumPy does not use"):
        choose_backend(SolveSettings(device="cuda", library="numpy"))


def test_torch_is_taken_where_only_torch_can() -> None:
    for settings in (SolveSettings(guidance="pigdm"), SolveSettings(precision="bfloat16")):
        assert choose_backend(settings) == choose_backend(SolveSettings(library="torch")) == Backend("torch", "cpu")
        with pytest.raises(DeviceError, match="NumPy cannot compute"):
            choose_backend(replace(settings, library="numpy"))


def test_without_torch_numpy_solves_and_what_needs_torch_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    monkeypatch.delitem(sys.modules, "inpose_core.numerics.torch_namespace", raising=False)
    monkeypatch.delattr(numerics, "torch_namespace", raising=False)
    monkeypatch.setattr(backends, "find_spec", lambda _: None)
    assert choose_backend() == Backend()
    with pytest.raises(DeviceError, match="no working PyTorch") as caught:
        choose_backend(SolveSettings(library="torch"))
    assert "pip install" in caught.value.hint


def test_a_gpu_is_chosen_where_there_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backends, "_may_have_graphics_card", lambda: True)
    monkeypatch.setattr("torch.backends.mps.is_available", lambda: True)
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    assert choose_backend() == Backend("torch", "mps")
    monkeypatch.setattr("torch.cuda.is_available", lambda: True)
    assert choose_backend() == Backend("torch", "cuda")
    assert choose_backend(SolveSettings(device="cpu")) == Backend("numpy", "cpu")
    # Whether a card is there was only a guess.
    monkeypatch.setattr("torch.backends.mps.is_available", lambda: False)
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    assert choose_backend() == Backend("numpy", "cpu")


def test_missing_weights_are_told_before_anything_is_solved(
    monkeypatch: pytest.MonkeyPatch, performer: Motion, tmp_path: Path
) -> None:
    monkeypatch.setattr(load_prior, "__defaults__", (tmp_path / "prior.safetensors", None))
    with pytest.raises(WeightsError, match="missing"):
        solve(perfect_sensors(performer), performer.skeleton)


# Bad sensors.


def test_an_empty_recording_is_refused(prior: Prior) -> None:
    nothing = Sensors(np.zeros((0, 3, 3)), np.zeros((0, 3, 4)), np.zeros((0, 3), dtype=bool))
    with pytest.raises(InPoseError, match="empty"):
        solve(nothing, Skeleton.template(), EXACT, prior)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
@pytest.mark.parametrize("field", ["positions_m", "rotations_wxyz"])
def test_values_that_are_not_finite_are_refused(prior: Prior, performer: Motion, field: str, bad: float) -> None:
    sensors = perfect_sensors(performer)
    values = getattr(sensors, field).copy()
    values[7, 1, 2] = bad
    with pytest.raises(InPoseError, match="finite"):
        solve(replace(sensors, **{field: values}), performer.skeleton, EXACT, prior)


@pytest.mark.parametrize("rate_hz", [24.0, 30.0, 72.0])
def test_sensors_at_another_rate_are_refused(prior: Prior, performer: Motion, rate_hz: float) -> None:
    sensors = perfect_sensors(performer)
    with pytest.raises(InPoseError, match=f"{rate_hz:g} frames per second") as refused:
        solve(replace(sensors, fps=rate_hz), performer.skeleton, EXACT, prior)
    assert "calibrate" in refused.value.hint
    assert len(solve(replace(sensors, fps=59.94), performer.skeleton, EXACT, prior)) == len(sensors)


# Progress.


def test_progress_grows_from_zero_to_below_one(prior: Prior, performer: Motion) -> None:
    shares: list[float] = []
    solve(perfect_sensors(performer), performer.skeleton, SolveSettings(steps=5), prior, shares.append)
    assert shares[0] == 0.0
    assert shares == sorted(set(shares))
    assert len(shares) == 5
    assert shares[-1] <= 1.0


@pytest.mark.parametrize("error", [CancelledError, KeyboardInterrupt])
def test_a_callback_that_raises_cancels(prior: Prior, performer: Motion, error: Callable[[], BaseException]) -> None:
    calls = 0

    def stop(share: float) -> None:
        nonlocal calls
        calls += 1
        if share > 0:
            raise error()

    with pytest.raises(error):  # type: ignore[call-overload]
        solve(perfect_sensors(performer), performer.skeleton, prior=prior, on_progress=stop)
    assert calls == 2


# Size.

_LONG_SOLVE = """
import json, resource, sys
import numpy as np
from inpose_core.recording.types import Sensors
from inpose_core.solver.solving import solve
from tests.core.synthetic import perfect_sensors, smooth_motion

short = smooth_motion(1200)
part = perfect_sensors(short)
def there_and_back(values):
    return np.concatenate([values, values[::-1]] * 15)
long = Sensors(*(there_and_back(v) for v in (part.positions_m, part.rotations_wxyz, part.measured)))
motion = solve(long, short.skeleton)
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
error_m = float(motion.sensor_error_m[:, 1:].mean())
print(json.dumps({"frames": len(motion), "peak_bytes": peak, "hand_error_m": error_m}))
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="the peak memory of a process is read by `resource`")
def test_ten_minutes_are_solved_in_less_than_four_gigabytes() -> None:
    finished = subprocess.run(
        [sys.executable, "-c", _LONG_SOLVE],
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
        cwd=Path(__file__).parents[3],
    )
    assert finished.returncode == 0, finished.stderr[-2000:]
    result = json.loads(finished.stdout.splitlines()[-1])
    assert result["frames"] == 36_000
    assert result["peak_bytes"] < 4e9
    assert result["hand_error_m"] < 0.01


def test_a_full_device_is_told_in_a_sentence(prior: Prior, performer: Motion, monkeypatch: pytest.MonkeyPatch) -> None:
    def exhausted(*_: object) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr("inpose_core.solver.solving._denoiser", exhausted)
    with pytest.raises(DeviceError, match="not have enough memory"):
        solve(perfect_sensors(performer), performer.skeleton, EXACT, prior)


def test_the_public_name_is_the_function_in_whatever_order_things_are_imported() -> None:
    script = "import inpose_core.recording_to_motion; from inpose_core import solve; assert callable(solve), solve"
    subprocess.run([sys.executable, "-c", script], check=True, timeout=120)


# What long recordings must not show, and what qualities must.


def test_windows_leave_no_seam(prior: Prior) -> None:
    """The jerk at the borders of windows is no larger than elsewhere."""
    performer = smooth_motion(1800, seed=4)
    motion = solve(perfect_sensors(performer), performer.skeleton, EXACT, prior)
    jerk = np.linalg.norm(np.diff(motion.joint_positions_m, 3, axis=0), axis=-1).mean(axis=1)
    stride = prior.network.config.window * 3 // 4
    first = np.arange(stride, len(motion) - prior.network.config.window, stride)
    borders = np.unique(np.concatenate([first + shift for shift in range(-3, 3)]))
    others = np.setdiff1d(np.arange(len(jerk)), borders)
    assert jerk[borders].mean() < 1.2 * jerk[others].mean()


def test_a_longer_recording_begins_as_the_shorter_one_does(prior: Prior) -> None:
    """Up to the last window of the shorter one, and without foot planting: a stance has one place for all its time."""
    performer = smooth_motion(900, seed=5)
    sensors = perfect_sensors(performer)
    unplanted = replace(EXACT, foot_planting=0.0)
    long = solve(sensors, performer.skeleton, unplanted, prior)
    short = solve(sensors.part(slice(0, 600)), performer.skeleton, unplanted, prior)
    same = slice(0, 600 - prior.network.config.window)
    angle_deg = np.rad2deg(geodesic_angle(long.rotations_wxyz[same], short.rotations_wxyz[same]))
    assert angle_deg.mean() < 0.05
    assert angle_deg.max() < 1.0


def test_bfloat16_changes_next_to_nothing(prior: Prior, performer: Motion) -> None:
    exact, coarse = (
        solve(perfect_sensors(performer), performer.skeleton, SolveSettings(precision=precision), prior)
        for precision in ("float32", "bfloat16")
    )
    angle_deg = np.rad2deg(geodesic_angle(exact.rotations_wxyz, coarse.rotations_wxyz))
    assert 0 < angle_deg.mean() < 0.15


def test_planted_feet_stand_still_where_they_slid(prior: Prior, performer: Motion) -> None:
    sensors = perfect_sensors(performer)
    slid, planted = (
        solve(sensors, performer.skeleton, SolveSettings(foot_planting=strength, precision="float32"), prior)
        for strength in (0.0, 1.0)
    )
    assert slid.foot_stands is not None
    standing = slid.foot_stands[1:] & slid.foot_stands[:-1]
    assert standing.mean() > 0.2

    def speed_m_s(motion: Motion) -> float:
        step_m = np.linalg.norm(np.diff(motion.joint_positions_m[:, list(TOE_JOINTS)], axis=0)[..., [0, 2]], axis=-1)
        return float(60 * step_m[standing].mean())

    assert speed_m_s(planted) < 0.3 * speed_m_s(slid)
    assert sensor_error_m(planted).mean() < 0.005


@pytest.mark.parametrize("change", [{"quality": "fine"}, {"sampler": "euler"}, {"precision": "int4"}])
def test_unknown_choices_are_refused_by_name(change: dict[str, Any]) -> None:
    with pytest.raises(InPoseError, match=next(iter(change.values()))):
        SolveSettings(**change)
