# SPDX-License-Identifier: Apache-2.0
"""Write files as AMASS and the authors of the SMPL body models lay them out, with made-up content."""

from pathlib import Path

import numpy as np
from scipy.spatial.transform import Rotation

from inpose_core.body.amass_convention import SMPL_REST_PELVIS_M
from inpose_core.body.motion import Motion
from inpose_core.body.quaternions import xyzw_from_wxyz
from inpose_core.body.skeleton import Skeleton

Z_UP = Rotation.from_euler("x", 90, degrees=True)
BETAS = np.linspace(-1, 1, 16)


def write_amass(
    path: Path,
    motion: Motion,
    fps: float,
    rate_key: str = "mocap_framerate",
    gender: object = "female",
    columns: int = 156,
) -> None:
    """Write a motion as AMASS has it: Z up, local axis-angles, hands beside the body, the rest pelvis left out."""
    local = xyzw_from_wxyz(motion.local_rotations_wxyz)
    poses = Rotation.from_quat(local.reshape(-1, 4)).as_rotvec().reshape(len(motion), 22, 3)
    root = Z_UP * Rotation.from_quat(xyzw_from_wxyz(motion.rotations_wxyz[:, 0]))
    poses[:, 0] = root.as_rotvec()
    hands = np.zeros((len(motion), columns - 66))
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez(
        path,
        poses=np.concatenate((poses.reshape(len(motion), -1), hands), axis=1),
        trans=Z_UP.apply(motion.root_translation_m) - SMPL_REST_PELVIS_M,
        betas=BETAS,
        gender=np.array(gender),
        **{rate_key: np.float64(fps)},
    )


def write_body_model(path: Path, body: Skeleton, pelvis_m: tuple[float, float, float], growth: float = 0.1) -> None:
    """Write a body model whose vertices are the joints of a body; the first shape parameter makes everything longer."""
    joints_m = body.rest_positions_m + pelvis_m
    vertices_m = np.concatenate((joints_m, np.zeros((5, 3))))
    directions_m = np.zeros((len(vertices_m), 3, 16))
    directions_m[..., 0] = growth * vertices_m
    regressor = np.eye(52, len(vertices_m))
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez(path, v_template=vertices_m, shapedirs=directions_m, J_regressor=regressor)
