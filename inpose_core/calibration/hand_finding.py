# SPDX-License-Identifier: Apache-2.0
"""Find how unknown controllers are held: a network estimates the position of the wrists from the motion.

The network has the form of the prior. It was trained as a regressor on controllers that are displaced, and turned by up
to 70 degrees from a known grip (`training.hand_finder`). It sees the rotations of head and controllers, and the
positions of the controllers in proportion to the arms, and returns the rotations of the whole body. One window gives
little information. But a controller has the same place in the hand during the whole recording. So the offset of the
wrist in the controller's frame is the mean over all windows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from ..arrays import FloatArray
from ..body.motion import SOLVER_FPS
from ..body.quaternions import matrix_to_quaternion, mean_rotation, quaternion_to_matrix
from ..body.skeleton import JOINT_COUNT, SENSOR_JOINTS, Skeleton
from ..numerics import CPU, to_numpy
from ..recording.types import Recording, Sensors
from .rigid import RigidOffset, place_all
from .wrist_refinement import frames_to_look_at

if TYPE_CHECKING:
    from ..prior.checkpoint import Prior

_FEWEST_FRAMES: Final[int] = 128
"""The network's window; shorter pieces would be extended by reflection."""


def find_hands(
    recording: Recording,
    skeleton: Skeleton,
    offsets: tuple[RigidOffset, RigidOffset, RigidOffset],
    finder: Prior | None = None,
) -> tuple[RigidOffset, RigidOffset] | None:
    """Return left and right wrist in their devices' frames; None if too little is measured.

    Args:
        recording: at the solver's rate, its floor at y = 0.
        skeleton: a body of the performer's size; its proportions matter little.
        offsets: head joint and wrists in their devices' frames, the wrists' as a first guess.
        finder: the network; the shipped one by default.

    Raises:
        WeightsError: the network's weights are missing or damaged.
    """
    frames = frames_to_look_at(recording)
    if frames is None:
        return None
    positions_m, devices = recording.positions_m[frames], recording.rotations_wxyz[frames]
    joints_m, joints = place_all(positions_m, devices, offsets)
    # No window may reach over what was left out.
    seams = np.flatnonzero(np.diff(frames) != 1) + 1
    parts = [part for part in np.split(np.arange(len(frames)), seams) if len(part) >= _FEWEST_FRAMES]
    if not parts:
        return None
    pieces = [Sensors(joints_m[part], joints[part], np.ones((len(part), 3), np.bool_)) for part in parts]
    kept = np.concatenate(parts)
    R_world, wrists_from_head_m = _estimate(pieces, skeleton, finder)
    R_device = quaternion_to_matrix(devices[kept])
    left, right = (
        mean_offset(
            R_device[:, 1 + side],
            positions_m[kept, 1 + side] - joints_m[kept, 0],
            R_world[:, side],
            wrists_from_head_m[:, side],
        )
        for side in (0, 1)
    )
    return left, right


def _estimate(pieces: Sequence[Sensors], skeleton: Skeleton, finder: Prior | None) -> tuple[FloatArray, FloatArray]:
    """Return the network's estimate of the wrists: rotations (F, 2, 3, 3) and positions relative to the head (F, 2,
    3)."""
    # The network loads only where there is something to find.
    from ..body.kinematics import forward_kinematics  # noqa: PLC0415
    from ..body.rotations import sixd_to_matrix  # noqa: PLC0415
    from ..prior.checkpoint import HAND_FINDER_WEIGHTS, load_prior  # noqa: PLC0415
    from ..prior.conditioning import condition_features, window_heading  # noqa: PLC0415
    from ..sampling import Measurement, WindowedDenoiser, Windows, steady_positions  # noqa: PLC0415
    from ..solver.solving import origin_below  # noqa: PLC0415

    finder = finder or load_prior(HAND_FINDER_WEIGHTS)
    measurements = []
    for piece in pieces:
        steady = steady_positions(replace(piece, positions_m=piece.positions_m - origin_below(piece)))
        measurements.append(Measurement.from_sensors(steady.sensors, skeleton, CPU, steady.noise_m))
    measurement = Measurement.joined(measurements)
    windows = Windows.joined([Windows.for_network(finder.network, len(piece.measured)) for piece in pieces])
    sensors = measurement.scale_free(use_head_motion=True).windowed(windows.index)
    heading = window_heading(sensors.R_world_sensor[:, :, 0])
    condition = condition_features(sensors, heading, SOLVER_FPS, finder.network.config.condition_size)
    denoiser = WindowedDenoiser(finder.network, windows, heading, condition)
    nothing = np.zeros((windows.frames, JOINT_COUNT, 6), np.float32)
    R_world = sixd_to_matrix(denoiser(nothing, finder.schedule.pure_noise_log_snr).x_0)
    head, *wrists = SENSOR_JOINTS
    R_world[:, head] = measurement.R_world_sensor[:, 0]
    p_m = forward_kinematics(R_world, measurement.offsets_m)
    return to_numpy(R_world[:, wrists]), to_numpy(p_m[:, wrists] - p_m[:, [head]])


def mean_offset(R_device: FloatArray, device_m: FloatArray, R_wrist: FloatArray, wrist_m: FloatArray) -> RigidOffset:
    """Return the mean position and rotation of the wrist in the device's frame.

    Args:
        R_device: rotations of the device in the world, (F, 3, 3).
        device_m: its positions, (F, 3).
        R_wrist: rotations of the wrist joint in the world, (F, 3, 3).
        wrist_m: its positions from the same origin, (F, 3).
    """
    to_device: NDArray[np.float64] = np.swapaxes(R_device, -1, -2)
    place_m = (to_device @ (wrist_m - device_m)[..., None])[..., 0].mean(axis=0)
    return RigidOffset(place_m, mean_rotation(matrix_to_quaternion(to_device @ R_wrist)))
