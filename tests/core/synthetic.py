# SPDX-License-Identifier: Apache-2.0
"""Make motions that nobody recorded: smooth random rotations, for tests that need any body in motion."""

import numpy as np
from scipy.ndimage import gaussian_filter1d
from scipy.spatial.transform import Rotation

from inpose_core.body.motion import SOLVER_FPS, Motion
from inpose_core.body.quaternions import continuous_signs, normalize_quaternion, wxyz_from_xyzw
from inpose_core.body.skeleton import PARENTS, SENSOR_JOINTS, Skeleton
from inpose_core.recording.types import Recording, Sensors


def smooth_motion(frames: int, seed: int = 0, body: Skeleton | None = None, swing: float = 0.5) -> Motion:
    """Return a body that sways, swings its arms and turns slowly."""
    random = np.random.default_rng(seed)
    body = body or Skeleton.template()
    noise = random.normal(size=(frames + 200, 22, 3))
    smooth = gaussian_filter1d(noise, 20, axis=0)[100 : 100 + frames]
    smooth *= swing / smooth.std() * np.where(np.isin(np.arange(22), (16, 17, 18, 19)), 1.0, 0.25)[:, None]
    # Arms hang: 1.2 rad down from the T-pose.
    rest = np.zeros((22, 3))
    rest[16, 2], rest[17, 2] = -1.2, 1.2
    local = Rotation.from_rotvec((smooth + rest).reshape(-1, 3)).as_matrix().reshape(frames, 22, 3, 3)
    R_world = np.empty_like(local)
    turn = Rotation.from_rotvec(np.outer(0.004 * np.arange(frames), (0, 1, 0))).as_matrix()
    R_world[:, 0] = turn @ local[:, 0]
    for joint in range(1, 22):
        R_world[:, joint] = R_world[:, PARENTS[joint]] @ local[:, joint]
    wxyz = wxyz_from_xyzw(Rotation.from_matrix(R_world.reshape(-1, 3, 3)).as_quat().reshape(frames, 22, 4))
    root_m = gaussian_filter1d(random.normal(size=(frames + 200, 3)), 30, axis=0)[100 : 100 + frames] * 0.5
    root_m[:, 1] = -body.rest_positions_m[[10, 11], 1].min() + body.sole_height_m
    return Motion(continuous_signs(wxyz), root_m, body, 60.0)


def perfect_sensors(motion: Motion) -> Sensors:
    """Return the joints of head and wrists as if measured without error."""
    joints = list(SENSOR_JOINTS)
    measured = np.ones((len(motion), 3), dtype=bool)
    return Sensors(motion.joint_positions_m[:, joints], motion.rotations_wxyz[:, joints], measured, motion.fps)


def joint_recording(motion: Motion) -> Recording:
    """Return the joints of head and wrists as a recording of joint poses, to be written as a file."""
    sensors = perfect_sensors(motion)
    times_s = np.arange(len(motion)) / motion.fps
    return Recording(times_s, sensors.positions_m, sensors.rotations_wxyz, sensors.measured, format="CSV", pose="joint")


def bent_motion(seed: int, frames: int = 40) -> Motion:
    """Return a body with all joints turned a little, slowly moving, feet at the skeleton's own height."""
    rng = np.random.default_rng(seed)
    skeleton = Skeleton.template()
    turns = rng.normal(scale=0.3, size=(1, 22, 3)) + rng.normal(scale=0.003, size=(frames, 22, 3)).cumsum(0)
    wxyz = normalize_quaternion(np.concatenate((np.ones((frames, 22, 1)), turns), axis=-1))
    root_m = np.array((0.0, 0.9, 0.0)) + rng.normal(scale=0.004, size=(frames, 3)).cumsum(0)
    return Motion(wxyz, root_m, skeleton, SOLVER_FPS, foot_stands=np.ones((frames, 2), np.bool_))
