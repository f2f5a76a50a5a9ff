# SPDX-License-Identifier: Apache-2.0
"""Map global rotations to joint positions: forward kinematics, and the paper's linear position operator.

With global rotations the position of joint m is linear in them (paper, Eq. 8):
``l_m = l_1 + sum_k R[parent(k)] b_k`` over the joints k on the path from m to the root. So ``l = A vec(D) + l_1`` with
``A = I3 (x) kappa^T``; ``kappa_m`` holds ``b_k`` at the block of ``parent(k)`` and zero elsewhere.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from .skeleton import JOINT_COUNT, PARENTS


def path_matrix(device: torch.device | None = None, dtype: torch.dtype = torch.float32) -> Tensor:
    """Return (22, 22): 1 where joint k (column) is on the path from joint m (row) to the root, pelvis excluded."""
    paths = torch.zeros(JOINT_COUNT, JOINT_COUNT, dtype=dtype)
    for joint in range(1, JOINT_COUNT):
        paths[joint] = paths[PARENTS[joint]]
        paths[joint, joint] = 1
    return paths.to(device)


def forward_kinematics(R_world: Tensor, offsets_m: Tensor, root_m: Tensor | None = None) -> Tensor:
    """Return the joint positions in metres, (..., 22, 3).

    Args:
        R_world: global rotations, (..., 22, 3, 3).
        offsets_m: rest offsets, (22, 3) or (..., 22, 3).
        root_m: position of the pelvis, (..., 3); the origin if absent.
    """
    parents = torch.tensor(PARENTS[1:], device=R_world.device)
    bones_m = (R_world.index_select(-3, parents) @ offsets_m[..., 1:, :, None])[..., 0]
    positions_m = path_matrix(R_world.device, R_world.dtype)[:, 1:] @ bones_m
    return positions_m if root_m is None else positions_m + root_m[..., None, :]


def chain_offsets(offsets_m: Tensor, joints: Sequence[int]) -> Tensor:
    """Return ``kappa`` of each measured joint, (M, 22, 3): the offset that each joint's rotation carries on its path.

    Args:
        offsets_m: rest offsets, (22, 3).
        joints: the M measured joints.
    """
    kappa = offsets_m.new_zeros(len(joints), JOINT_COUNT, 3)
    for row, joint in enumerate(joints):
        child = joint
        while PARENTS[child] >= 0:
            kappa[row, PARENTS[child]] = offsets_m[child]
            child = PARENTS[child]
    return kappa


def position_operator(offsets_m: Tensor, joints: Sequence[int]) -> Tensor:
    """Return the dense ``A = I3 (x) K`` of the paper, (3 M, 198), for rotations in the order of `vectorize_rotations`.

    The solver never forms it; tests do.
    """
    K = chain_offsets(offsets_m, joints).flatten(1)
    return torch.kron(torch.eye(3, dtype=K.dtype, device=K.device), K)


def vectorize_rotations(D: Tensor) -> Tensor:
    """Return ``vec(D)``, (..., 198), of matrices (..., 22, 3, 3): coordinate first, then joint, then column."""
    return D.movedim(-2, -3).flatten(-3)


def rotated_chains(D: Tensor, kappa: Tensor) -> Tensor:
    """Return ``v[m, j] = D_j kappa[m, j]``, (..., M, 22, 3); summed over j: the position without the root."""
    return torch.einsum("...jab,mjb->...mja", D, kappa)


def tangent_covariance(v: Tensor, variance: Tensor) -> Tensor:
    """Return the covariance of the measured positions for independent tangent noise at every joint, (..., 3 M, 3 M).

    With ``R_j -> exp([omega_j]x) R_j``, ``omega_j ~ N(0, variance_j I)``, block (m, n) is
    ``sum_j variance_j ((v_mj . v_nj) I - v_nj v_mj^T)``: Theorem 1 of the paper for Gram-Schmidt, to first order.

    Args:
        v: chains as `rotated_chains` returns them, (..., M, 22, 3).
        variance: tangent variance of each joint in rad^2, (22,) or (..., 22).
    """
    scaled = v * variance[..., None, :, None]
    dots = torch.einsum("...mja,...nja->...mn", scaled, v)
    outer = torch.einsum("...nja,...mjb->...manb", scaled, v)
    # outer[m, a, n, b] = sum_j s_j v_n[a] v_m[b]
    eye = torch.eye(3, dtype=v.dtype, device=v.device)
    blocks = dots[..., :, None, :, None] * eye[:, None, :] - outer
    return blocks.flatten(-4, -3).flatten(-2, -1)
