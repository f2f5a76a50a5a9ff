# SPDX-License-Identifier: Apache-2.0
"""Solve the full body from calibrated sensors: the method's own algorithm, from measurement to motion."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ..body.kinematics import forward_kinematics, rotated_chains
from ..body.motion import Motion
from ..body.quaternions import continuous_signs
from ..body.rotations import matrix_to_quaternion_wxyz, mean_heading, sixd_to_matrix
from ..body.skeleton import SENSOR_JOINTS, Skeleton
from ..errors import DeviceError, InPoseError
from ..options.solve import SolveSettings
from ..prior.checkpoint import Prior, load_prior
from ..prior.conditioning import ScaleFreeSensors
from ..prior.schedule import NoiseSchedule
from ..recording.types import Sensors
from ..sampling import (
    FINAL_ITERATIONS,
    ITERATIONS_BEFORE_REFINEMENT,
    SAMPLERS,
    Measurement,
    MirroredDenoiser,
    WindowedDenoiser,
    confidence,
    foot_paths,
    in_pieces,
    make_guidance,
    refine,
    smooth_in_time,
    steady_positions,
)

ProgressCallback = Callable[[float], None]
"""Called with the share done, 0 to 1; raises `CancelledError` to stop."""


def solve(
    sensors: Sensors,
    skeleton: Skeleton,
    settings: SolveSettings = SolveSettings(),  # noqa: B008 (frozen)
    prior: Prior | None = None,
    on_progress: ProgressCallback | None = None,
) -> Motion:
    """Return the motion of all 22 joints of ``skeleton`` that explains the sensors.

    Args:
        sensors: joint poses of head and wrists at 60 Hz, in the skeleton's size.
        skeleton: the body to solve for; any proportions.
        settings: guidance, steps, seed, device.
        prior: a loaded prior, to solve many recordings with; the shipped one by default.
        on_progress: called with the share done; raises to cancel.

    Raises:
        WeightsError: the prior's weights are missing or damaged.
        DeviceError: the requested device does not exist here, or has not enough memory.
        InPoseError: the sensors are empty or not finite.
    """
    _require_finite(sensors)
    device = choose_device(settings.device)
    prior = (prior or load_prior()).to(device)
    try:
        return _solve_on(device, sensors, skeleton, settings, prior, on_progress)
    except torch.OutOfMemoryError as error:
        raise DeviceError(
            f"The {device.type} device does not have enough memory for this recording.",
            "Solve it on the CPU, or in parts.",
        ) from error


def _solve_on(
    device: torch.device,
    sensors: Sensors,
    skeleton: Skeleton,
    settings: SolveSettings,
    prior: Prior,
    on_progress: ProgressCallback | None,
) -> Motion:
    origin_m = origin_below(sensors)
    with torch.inference_mode(settings.guidance != "pigdm"):
        steady = steady_positions(replace(sensors, positions_m=sensors.positions_m - origin_m))
        measurement = Measurement.from_sensors(steady.sensors, skeleton, device, steady.noise_m)
        scale_free = measurement.scale_free(settings.use_head_motion, settings.use_hand_reach)
        denoiser = _denoiser(prior, scale_free, sensors.fps, settings)
        guidance = make_guidance(
            settings.guidance,
            measurement,
            prior.calibration,
            denoiser.plain,
            settings.position_noise_ratio,
            settings.measures_floor,
            # Refining knows no floor, where that is measured.
            ITERATIONS_BEFORE_REFINEMENT
            if settings.planting_strength > 0 and not settings.measures_floor
            else FINAL_ITERATIONS,
        )
        noise = settings.start_temperature * _draw_noise(measurement, settings.seed)
        times = _times(prior.schedule, settings)
        sample = SAMPLERS[settings.sampler]
        drawn = sample(denoiser, guidance, prior.schedule, noise, times, _step_progress(on_progress))
        x_0 = smooth_in_time(drawn.x_0, settings.smoothing_deviation_frames)
        R_world = guidance.finish(in_pieces(sixd_to_matrix, x_0))
        trust = confidence(drawn.first.x_0, R_world, measurement.measured)
        feet = foot_paths(R_world, measurement, drawn.last)
        R_world = refine(R_world, measurement, feet, prior.calibration, settings)
        root_m = measurement.y_m[:, 0] - rotated_chains(R_world, measurement.kappa[:1]).sum(dim=-2)[:, 0]
        error_m = _sensor_error(R_world, root_m, measurement)
        wxyz = in_pieces(matrix_to_quaternion_wxyz, R_world)
    return Motion(
        rotations_wxyz=continuous_signs(wxyz.cpu().numpy()),
        root_translation_m=_to_numpy(root_m) + origin_m,
        skeleton=skeleton,
        fps=sensors.fps,
        sensor_error_m=_to_numpy(error_m),
        foot_contact=_to_numpy(drawn.last.contact),
        confidence=_to_numpy(trust),
        foot_stands=feet.stands,
    )


def choose_device(name: str) -> torch.device:
    """Return the device of that name; "auto" prefers CUDA, then MPS, then the CPU.

    Raises:
        DeviceError: the name is unknown, or the device is not there.
    """
    available = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if name == "auto":
        return torch.device(next(device for device in ("cuda", "mps", "cpu") if available[device]))
    if not available.get(name, False):
        raise DeviceError(f'The device "{name}" does not exist here.', "Choose auto or cpu.")
    return torch.device(name)


def _require_finite(sensors: Sensors) -> None:
    if len(sensors.positions_m) == 0:
        raise InPoseError("The recording is empty.", "Record again.")
    if not (np.isfinite(sensors.positions_m).all() and np.isfinite(sensors.rotations_wxyz).all()):
        raise InPoseError(
            "The sensors contain values that are not finite.", "Read the recording through load_recording."
        )


def origin_below(sensors: Sensors) -> NDArray[np.float64]:
    """Return the point on the floor below the head, (3,), as the origin of the solve: far from it, float32 is too
    coarse."""
    return np.median(sensors.positions_m[:, 0], axis=0) * (1.0, 0.0, 1.0)


def _denoiser(
    prior: Prior, sensors: ScaleFreeSensors, fps: float, settings: SolveSettings
) -> WindowedDenoiser | MirroredDenoiser:
    make = MirroredDenoiser if settings.mirrored else WindowedDenoiser
    return make.for_sensors(prior, sensors, fps, settings.precision)


def _times(schedule: NoiseSchedule, settings: SolveSettings) -> Tensor:
    """Return the steps' diffusion times; the published algorithm's are evenly spaced."""
    if settings.guidance == "pigdm":
        return schedule.times(settings.denoising_steps)
    return schedule.informative_times(settings.denoising_steps)


def _to_numpy(values: Tensor) -> NDArray[np.float64]:
    return np.asarray(values.cpu().numpy().astype(np.float64))


def _draw_noise(measurement: Measurement, seed: int) -> Tensor:
    """Return x_T over the whole recording, (F, 22, 6), the same on every device.

    It turns with the recording's mean heading, so that a performer who faces elsewhere gets the same motion.
    """
    frames = len(measurement.y_m)
    generator = torch.Generator().manual_seed(seed)
    columns = torch.randn(frames, 22, 2, 3, generator=generator).to(measurement.y_m.device)
    return (columns @ mean_heading(measurement.R_world_sensor[:, 0]).transpose(-1, -2)).flatten(-2)


def _sensor_error(R_world: Tensor, root_m: Tensor, measurement: Measurement) -> Tensor:
    def solved(R: Tensor, root: Tensor) -> Tensor:
        return forward_kinematics(R, measurement.offsets_m, root)[:, list(SENSOR_JOINTS)]

    solved_m = in_pieces(solved, R_world, root_m)
    distance_m = (solved_m - measurement.y_m).norm(dim=-1)
    return torch.where(measurement.measured, distance_m, torch.nan)


def _step_progress(on_progress: ProgressCallback | None) -> Callable[[int, int], None] | None:
    if on_progress is None:
        return None
    return lambda step, steps: on_progress(step / steps)
