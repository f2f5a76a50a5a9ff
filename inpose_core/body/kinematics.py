# SPDX-License-Identifier: Apache-2.0
"""Map global rotations to joint positions: forward kinematics, and the paper's linear position operator.

With global rotations the position of joint m is linear in them (paper, Eq. 8):
``l_m = l_1 + sum_k R[parent(k)] b_k`` over the joints k on the path from m to the root. So ``l = A vec(D) + l_1`` with
``A = I3 (x) kappa^T``; ``kappa_m`` holds ``b_k`` at the block of ``parent(k)`` and zero elsewhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from ..numerics import Array, namespace_of
from .skeleton import JOINT_COUNT, PARENTS

_PARENTS_OF_REST: Final[list[int]] = list(PARENTS[1:])


def path_matrix(like: Array) -> Array:
    """Return (22, 22): 1 where joint k (column) is on the path from joint m (row) to the root, pelvis excluded.

    Args:
        like: an array of the wanted library, number format and device.
    """
    paths = [[0.0] * JOINT_COUNT]
    for joint in range(1, JOINT_COUNT):
        path = list(paths[PARENTS[joint]])
        path[joint] = 1.0
        paths.append(path)
    return namespace_of(like).asarray(paths, like)


def forward_kinematics(R_world: Array, offsets_m: Array, root_m: Array | None = None) -> Array:
    """Return the joint positions in metres, (..., 22, 3).

    Args:
        R_world: global rotations, (..., 22, 3, 3).
        offsets_m: rest offsets, (22, 3) or (..., 22, 3).
        root_m: position of the pelvis, (..., 3); the origin if absent.
    """
    xp = namespace_of(R_world)
    R, b_m = R_world[..., _PARENTS_OF_REST, :, :], offsets_m[..., 1:, None, :]
    bones_m = R[..., 0] * b_m[..., 0] + R[..., 1] * b_m[..., 1] + R[..., 2] * b_m[..., 2]
    positions_m = xp.contiguous(path_matrix(R_world)[:, 1:]) @ bones_m
    return positions_m if root_m is None else positions_m + root_m[..., None, :]


def chain_offsets(offsets_m: Array, joints: Sequence[int]) -> Array:
    """Return ``kappa`` of each measured joint, (M, 22, 3): the offset that each joint's rotation carries on its path.

    Args:
        offsets_m: rest offsets, (22, 3).
        joints: the M measured joints.
    """
    kappa = namespace_of(offsets_m).zeros((len(joints), JOINT_COUNT, 3), offsets_m)
    for row, joint in enumerate(joints):
        child = joint
        while PARENTS[child] >= 0:
            kappa[row, PARENTS[child]] = offsets_m[child]
            child = PARENTS[child]
    return kappa


def position_operator(offsets_m: Array, joints: Sequence[int]) -> Array:
    """Return the dense ``A = I3 (x) K`` of the paper, (3 M, 198), for rotations in the order of `vectorize_rotations`.

    The solver never forms it; tests do.
    """
    xp = namespace_of(offsets_m)
    K = chain_offsets(offsets_m, joints).reshape(len(joints), -1)
    return xp.einsum("ab,mk->ambk", xp.eye(3, K), K).reshape(3 * len(joints), -1)


def vectorize_rotations(D: Array) -> Array:
    """Return ``vec(D)``, (..., 198), of matrices (..., 22, 3, 3): coordinate first, then joint, then column."""
    return D.swapaxes(-2, -3).reshape(*D.shape[:-3], -1)


def rotated_chains(D: Array, kappa: Array) -> Array:
    """Return ``v[m, j] = D_j kappa[m, j]``, (..., M, J, 3); summed over j: the position without the root.

    Args:
        D: rotations, or matrices that stand for them, of J joints, (..., J, 3, 3).
        kappa: chains of M measured points, (M, J, 3).
    """
    columns = namespace_of(D).moveaxis(kappa, 0, -1)
    return (D @ columns).swapaxes(-1, -3).swapaxes(-1, -2)


def tangent_covariance(v: Array, variance: Array, carriers: Sequence[Array] | None = None) -> Array:
    """Return the covariance ``H S H^T`` of the chains' sums for independent tangent noise, frames last, (3 M, 3 M, F).

    With ``R_j -> exp([omega_j]x) R_j`` a chain v_mj moves by ``omega_j x v_mj``, so its block of H is ``-[v_mj]x``.
    Block (m, n) of the covariance is ``sum_j s_j^2 ((v_mj . v_nj) I - v_nj v_mj^T)``: Theorem 1 of the paper for
    Gram-Schmidt, to first order. Computed so, it needs a third of the products that H with its zeros takes.

    Args:
        v: chains as `rotated_chains` has them, frames last, (M, J, 3, F).
        variance: tangent variance s_j^2 of each joint in rad^2, (J,), or of each joint in each frame, (J, F).
        carriers: which of the J joints carry each chain, so that the others, where v is zero, are skipped; None: all.
    """
    xp = namespace_of(v)
    points, joints, _, frames = v.shape
    every = xp.indices(range(joints), v)
    of_joint = variance.reshape(joints, 1, -1)
    by_axis = v.swapaxes(1, 2)
    covariance = xp.empty((points, 3, points, 3, frames), v)
    for m in range(points):
        on_chain = every if carriers is None else carriers[m]
        weighted = of_joint[on_chain] * v[m, on_chain]
        others = by_axis[m:, :, on_chain].reshape(3 * (points - m), len(on_chain), frames)
        for axis in range(3):
            products = xp.sums_of_products(weighted[:, axis], others).reshape(points - m, 3, frames)
            covariance[m, :, m:, axis] = -products.swapaxes(0, 1)
        dots = covariance[m, 0, m:, 0] + covariance[m, 1, m:, 1] + covariance[m, 2, m:, 2]
        for axis in range(3):
            covariance[m, axis, m:, axis] -= dots
        covariance[m + 1 :, :, m] = xp.moveaxis(covariance[m, :, m + 1 :], 0, 2)
    return covariance.reshape(3 * points, 3 * points, frames)
