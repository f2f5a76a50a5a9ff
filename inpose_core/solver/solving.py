# SPDX-License-Identifier: Apache-2.0
"""Solve the full body from calibrated sensors: the method's own algorithm, from measurement to motion."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final

import numpy as np

from ..arrays import FloatArray
from ..body.kinematics import forward_kinematics
from ..body.motion import SOLVER_FPS, Motion
from ..body.quaternions import continuous_signs
from ..body.rotations import matrix_to_quaternion_wxyz, mean_heading, norm, sixd_to_matrix
from ..body.skeleton import JOINT_COUNT, SENSOR_JOINTS, Skeleton
from ..errors import DeviceError, InPoseError
from ..numerics import Array, Backend, namespace_of, to_numpy
from ..numerics.memory import keep_freed_memory
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
    place_lost_head,
    refine,
    seat,
    smooth_between_gaps,
    steady_poses,
    swivel_solved_elbows,
    with_posture,
)
from .backends import choose_backend

_RATE_TOLERANCE_HZ: Final[float] = 0.5
"""Clocks that are a little off do no harm."""

ProgressCallback = Callable[[float], None]
"""A function that is called before each denoising step with the share that is done, 0 to 1. To cancel the solve, it
raises `CancelledError`; the solve then ends before this step."""


def solve(
    sensors: Sensors,
    skeleton: Skeleton,
    settings: SolveSettings = SolveSettings(),  # noqa: B008 (frozen)
    prior: Prior | None = None,
    on_progress: ProgressCallback | None = None,
) -> Motion:
    """Return the motion of all 22 joints of ``skeleton`` that explains the sensors.

    Args:
        sensors: joint poses of head, wrists and any further points at 60 Hz, in the skeleton's size.
        skeleton: the body to solve for; any proportions.
        settings: guidance, steps, seed, device.
        prior: a loaded prior, to solve many recordings with; the shipped one by default.
        on_progress: called before each denoising step; raises `CancelledError` to cancel.

    Raises:
        WeightsError: the prior's weights are missing or damaged.
        DeviceError: this computer does not have the compute device, or it does not have enough memory.
        InPoseError: the sensors are empty or not finite, or have another rate.
    """
    _require_solvable(sensors)
    backend = choose_backend(settings)
    keep_freed_memory()
    prior = (prior or load_prior()).to(backend)
    try:
        with backend.namespace.without_gradients(), backend.namespace.one_thread_each(backend.device):
            return _solve_on(backend, sensors, skeleton, settings, prior, on_progress)
    except (MemoryError, RuntimeError) as error:
        # torch's own error of this kind is a RuntimeError; torch may not be there.
        if not isinstance(error, MemoryError) and type(error).__name__ != "OutOfMemoryError":
            raise
        raise DeviceError(
            f"The compute device {backend.device} does not have enough memory for this recording.",
            "Solve it on the processor (cpu), or in parts.",
        ) from error


def _solve_on(
    backend: Backend,
    sensors: Sensors,
    skeleton: Skeleton,
    settings: SolveSettings,
    prior: Prior,
    on_progress: ProgressCallback | None,
) -> Motion:
    origin_m = origin_below(sensors)
    near_origin = replace(sensors, positions_m=sensors.positions_m - origin_m)
    steady = steady_poses(near_origin, skeleton.standing_head_height_m)
    measurement = Measurement.from_sensors(steady.sensors, skeleton, backend, steady.noise_m)
    scale_free = measurement.scale_free(settings.use_head_motion, settings.use_hand_reach, settings.use_trackers)
    scale_free = with_posture(scale_free, sensors.seated)
    denoiser = _denoiser(backend, prior, scale_free, sensors.fps, settings)
    guidance = make_guidance(
        settings.guidance,
        measurement,
        prior.uncertainty,
        denoiser.plain,
        settings.position_noise_ratio,
        settings.measures_floor,
        # Refining knows no floor, where that is measured.
        ITERATIONS_BEFORE_REFINEMENT
        if settings.planting_strength > 0 and not settings.measures_floor
        else FINAL_ITERATIONS,
    )
    noise = _draw_noise(measurement, settings)
    times = _times(prior.schedule, settings)
    sample = SAMPLERS[settings.sampler]
    drawn = sample(denoiser, guidance, prior.schedule, noise, times, _step_progress(on_progress))
    # The conditions of an hour take 150 MB; the rest of the solve does not need them.
    del scale_free, denoiser, noise
    x_0 = smooth_between_gaps(drawn.x_0, settings.smoothing_deviation_frames, measurement.known_anywhere)
    R_world = guidance.finish(in_pieces(sixd_to_matrix, x_0))
    devices = measurement.measured[:, : len(SENSOR_JOINTS)]
    measurement = place_lost_head(R_world, measurement)
    trust = confidence(drawn.first.x_0, R_world, devices, measurement.feet_measured)
    feet = foot_paths(R_world, measurement, drawn.last)
    R_world = refine(R_world, measurement, feet, prior.uncertainty, settings)
    if settings.planting_strength > 0:
        sat = seat(R_world, measurement, feet, prior.uncertainty, settings, sensors.seated, sensors.told_seated)
        R_world, feet = sat.R_world, sat.feet
    measurement = place_lost_head(R_world, measurement)
    offsets_m = measurement.offsets_m
    sensors_m = in_pieces(lambda R: forward_kinematics(R, offsets_m)[:, list(sensors.joints)], R_world)
    root_m = measurement.y_m[:, 0] - sensors_m[:, 0]
    error_m = norm(sensors_m + root_m[:, None] - measurement.y_m)
    rotations_wxyz = to_numpy(in_pieces(matrix_to_quaternion_wxyz, R_world))
    rotations_wxyz = swivel_solved_elbows(rotations_wxyz, skeleton, sensors)
    return Motion(
        rotations_wxyz=continuous_signs(rotations_wxyz),
        root_translation_m=to_numpy(root_m) + origin_m,
        skeleton=skeleton,
        fps=sensors.fps,
        sensor_error_m=np.where(sensors.measured, to_numpy(error_m), np.nan),
        foot_contact=to_numpy(drawn.last.contact),
        confidence=to_numpy(trust),
        foot_stands=feet.stands,
        fingers=sensors.fingers,
    )


def _require_solvable(sensors: Sensors) -> None:
    if len(sensors.positions_m) == 0:
        raise InPoseError("The recording is empty.", "Record again.")
    if not (np.isfinite(sensors.positions_m).all() and np.isfinite(sensors.rotations_wxyz).all()):
        raise InPoseError(
            "The sensors contain values that are not finite.", "Read the recording through load_recording."
        )
    if abs(sensors.fps - SOLVER_FPS) > _RATE_TOLERANCE_HZ:
        raise InPoseError(
            f"The sensors have {sensors.fps:g} frames per second. The solver knows how bodies move at {SOLVER_FPS:g}.",
            "calibrate returns sensors at this rate, for a recording at any rate.",
        )


def origin_below(sensors: Sensors) -> FloatArray:
    """Return the point on the floor below the head, (3,), as the origin of the solve: far from it, float32 is too
    coarse."""
    return np.median(sensors.positions_m[:, 0], axis=0) * (1.0, 0.0, 1.0)


def _denoiser(
    backend: Backend, prior: Prior, sensors: ScaleFreeSensors, fps: float, settings: SolveSettings
) -> WindowedDenoiser | MirroredDenoiser:
    make = MirroredDenoiser if settings.mirrored else WindowedDenoiser
    return make.for_sensors(prior, sensors, fps, in_bfloat16=backend.computes_in_bfloat16(settings.precision))


def _times(schedule: NoiseSchedule, settings: SolveSettings) -> FloatArray:
    """Return the steps' diffusion times; the published algorithm's are evenly spaced."""
    if settings.guidance == "pigdm":
        return schedule.times(settings.denoising_steps)
    return schedule.informative_times(settings.denoising_steps)


def _draw_noise(measurement: Measurement, settings: SolveSettings) -> Array:
    """Return x_T over the whole recording, (F, 22, 6), the same with every library and on every device.

    It turns with the recording's mean heading, so that a performer who faces elsewhere gets the same motion.
    """
    xp, frames = namespace_of(measurement.y_m), len(measurement.y_m)
    if settings.start_variation == 0:
        return xp.zeros((frames, JOINT_COUNT, 6), measurement.y_m)
    drawn = np.random.default_rng(settings.seed).standard_normal((frames, JOINT_COUNT * 2, 3), dtype=np.float32)
    turned = xp.asarray(drawn, measurement.y_m) @ mean_heading(measurement.R_world_sensor[:, 0]).swapaxes(-1, -2)
    return settings.start_variation * turned.reshape(frames, JOINT_COUNT, 6)


def _step_progress(on_progress: ProgressCallback | None) -> Callable[[int, int], None] | None:
    if on_progress is None:
        return None
    return lambda step, steps: on_progress(step / steps)
