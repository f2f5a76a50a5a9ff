# SPDX-License-Identifier: Apache-2.0
"""Hold the skin of a body as points with normals, and tell how deep other points are below it.

The skin moves with the joints as a mesh does, by linear blend skinning. Between its points it is a smooth surface: each
point of the skin stands for a plane, and near planes are averaged (as in the implicit moving least squares of
Oztireli, Guennebaud and Gross 2009). The trunk and the legs are parts of their own, which touch in a fold, and are not
averaged there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..arrays import FloatArray, IndexArray, lengths
from ..body.motion import Motion
from ..body.quaternions import quaternion_to_matrix
from ..numerics.threads import map_parts

_NEIGHBOURS: Final[int] = 8
"""Points of the skin that are averaged."""
_WIDTH: Final[float] = 0.8
"""Planes count by a Gaussian that is so wide, over the distance of the points."""
_FARTHEST_M: Final[float] = 0.3
"""What is further from the skin is not below it."""
_SMALLEST_SPACING_M: Final[float] = 0.005
_CLOSE_M: Final[float] = 0.15
_HOPS: Final[int] = 3
"""A place that has moved finds its nearest point from neighbour to neighbour."""
_CHUNK: Final[int] = 16
"""Frames that are looked at in one go: their distances stay in the cache of the processor."""

SmallFloats = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class BodySurface:
    """Hold N points of the skin of trunk, head and legs, each carried by up to W joints.

    All places are in the frame of a joint, where a T-pose that faces +Z has no rotation.
    """

    joints: IndexArray
    """(N, W) joints that carry a point."""
    weights: FloatArray
    """(N, W) with a sum of 1."""
    points_m: FloatArray
    """(N, W, 3) a point in the frame of each of its joints."""
    normals: FloatArray
    """(N, W, 3) unit vectors out of the body."""
    parts: IndexArray
    """(N,) the number of the part of each point."""
    neighbours: IndexArray
    """(N, K) the points near each point, of its own part; itself first."""
    spacing_m: FloatArray
    """(N,) mean distance of a point's neighbours."""
    bulges_m: FloatArray
    """(N,) how far a point is below the mean of the planes around it, as on round skin."""


@dataclass(frozen=True, eq=False)
class PosedSurface:
    """Hold the skin in the frames of a motion, from the pelvis."""

    surface: BodySurface
    points_m: SmallFloats
    """(F, N, 3)"""
    normals: SmallFloats
    """(F, N, 3)"""
    pelvis_m: FloatArray
    """(F, 3)"""

    def nearest(self, places_m: FloatArray, frames: IndexArray) -> IndexArray:
        """Return the points of the skin that are nearest to places (K, P, 3) of some frames (K,), (K, P)."""
        chunks = [slice(first, first + _CHUNK) for first in range(0, len(frames), _CHUNK)]
        found = map_parts(lambda chunk: self._nearest(places_m[chunk], frames[chunk]), chunks)
        return np.concatenate(found) if found else np.zeros(places_m.shape[:2], np.int64)

    def below(self, places_m: FloatArray, frames: IndexArray, skin: IndexArray) -> tuple[FloatArray, FloatArray]:
        """Return how deep places (Q, 3) are below the skin, (Q,), and the way out, (Q, 3) unit vectors.

        Places above the skin have a negative depth; where the skin is far, it is minus infinity.

        Args:
            places_m: where.
            frames: (Q,) frame of each place.
            skin: (Q,) the point of the skin nearest to it, or one within a hand's breadth of that.
        """
        own_m = self._from_pelvis(places_m, frames)
        away_m, normals = own_m - self.points_m[frames, skin], self.normals[frames, skin]
        distance_m = lengths(away_m)
        depth_m, out = -distance_m.astype(np.float64), normals.astype(np.float64)
        # One plane is enough for what is well above the skin.
        close = np.flatnonzero((distance_m < _CLOSE_M) | (np.einsum("qc,qc->q", away_m, normals) < 0))
        depth_m[close], out[close] = self._below_planes(own_m[close], frames[close], skin[close])
        return depth_m, out

    def places_m(self, points: IndexArray, frames: IndexArray) -> FloatArray:
        """Return where points of the skin (K,) are in frames (K,), (K, 3)."""
        return np.asarray(self.points_m[frames, points] + self.pelvis_m[frames])

    def _from_pelvis(self, places_m: FloatArray, frames: IndexArray) -> SmallFloats:
        return np.asarray((places_m - self.pelvis_m[frames]).astype(np.float32))

    def _nearest(self, places_m: FloatArray, frames: IndexArray) -> IndexArray:
        own_m = self._from_pelvis(places_m, frames[:, None])
        # The square of the place itself is the same for all points of the skin, so one product is enough.
        place = np.concatenate((-2 * own_m, np.ones((*own_m.shape[:2], 1), np.float32)), axis=2)
        skin_m = self.points_m[frames].swapaxes(1, 2)
        skin = np.concatenate((skin_m, (skin_m**2).sum(axis=1, keepdims=True)), axis=1)
        return np.asarray((place @ skin).argmin(axis=2))

    def _below_planes(self, own_m: SmallFloats, frames: IndexArray, skin: IndexArray) -> tuple[FloatArray, FloatArray]:
        rows, column = np.arange(len(skin)), frames[:, None]
        for _ in range(_HOPS):
            near = self.surface.neighbours[skin]
            away_m = own_m[:, None] - self.points_m[column, near]
            squares = np.einsum("qkc,qkc->qk", away_m, away_m)
            nearest = near[rows, squares.argmin(axis=1)]
            if (nearest == skin).all():
                break
            skin = nearest
        near, spacing_m = self.surface.neighbours[skin], self.surface.spacing_m[skin]
        away_m = own_m[:, None] - self.points_m[column, near]
        normals = self.normals[column, near]
        squares = np.einsum("qkc,qkc->qk", away_m, away_m)
        distance_m = np.sqrt(squares[:, 0])
        wide_m = _WIDTH * spacing_m + 0.5 * distance_m
        weights = _weights(squares, wide_m)
        above_m = (weights * np.einsum("qkc,qkc->qk", away_m, normals)).sum(axis=1)
        mean = np.einsum("qk,qkc->qc", weights, normals)
        out = mean / np.maximum(lengths(mean), 1e-9)[:, None]
        # Beyond a rim, as at the socket of an arm, the planes go on, but the skin does not.
        aside_m = np.einsum("qk,qkc->qc", weights, away_m)
        aside_m -= np.einsum("qc,qc->q", aside_m, out)[:, None] * out
        beyond_m = (lengths(aside_m) - spacing_m).clip(min=0)
        return np.where(distance_m < _FARTHEST_M, -above_m - self.surface.bulges_m[skin] - beyond_m, -np.inf), out


def surface_of(
    joints: IndexArray,
    weights: FloatArray,
    points_m: FloatArray,
    normals: FloatArray,
    parts: IndexArray,
    rest_m: FloatArray,
) -> BodySurface:
    """Return a surface with the neighbours of its points.

    Args:
        joints: (N, W) as in `BodySurface`.
        weights: (N, W).
        points_m: (N, W, 3).
        normals: (N, W, 3).
        parts: (N,).
        rest_m: (22, 3) places of the joints in a T-pose: there, neighbours are found.
    """
    places_m = (weights[..., None] * (points_m + rest_m[joints])).sum(axis=1)
    facing = (weights[..., None] * normals).sum(axis=1)
    neighbours = np.empty((len(places_m), _NEIGHBOURS), np.int64)
    spacing_m, bulges_m = np.empty(len(places_m)), np.empty(len(places_m))
    for index, place_m in enumerate(places_m):
        squares = ((places_m - place_m) ** 2).sum(axis=1)
        # The other side of a thin part is no neighbour.
        squares[(parts != parts[index]) | (facing @ facing[index] < 0)] = np.inf
        squares[index] = -1.0
        near = np.argsort(squares)[:_NEIGHBOURS]
        there = near[np.isfinite(squares[near])]
        neighbours[index] = np.resize(there, _NEIGHBOURS)
        others_m = np.sqrt(squares[there[1:]])
        spacing_m[index] = max(float(others_m.mean()) if len(others_m) else 0.0, _SMALLEST_SPACING_M)
        away_m = place_m - places_m[neighbours[index]]
        planes = _weights((away_m**2).sum(axis=1)[None], _WIDTH * spacing_m[[index]])[0]
        bulges_m[index] = -planes @ (away_m * facing[neighbours[index]]).sum(axis=1)
    return BodySurface(joints, weights, points_m, normals, parts, neighbours, spacing_m, bulges_m)


def _weights(squares: FloatArray, wide_m: FloatArray) -> FloatArray:
    """Return weights (Q, K) of planes at squared distances (Q, K), by the width of a Gaussian (Q,)."""
    weights = np.exp(-0.5 * squares / (wide_m**2)[:, None])
    return np.asarray(weights / np.maximum(weights.sum(axis=1, keepdims=True), 1e-12))


def posed_surface(surface: BodySurface, motion: Motion) -> PosedSurface:
    """Return the skin in each frame of a motion."""
    joints_m = (motion.joint_positions_m - motion.root_translation_m[:, None]).astype(np.float32)
    shape = (len(motion), len(surface.parts), 3)
    points_m, normals = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
    for joint in np.unique(surface.joints):
        R_joint_world = quaternion_to_matrix(motion.rotations_wxyz[:, joint]).swapaxes(1, 2).astype(np.float32)
        rows, columns = np.nonzero((surface.joints == joint) & (surface.weights > 0))
        for column in np.unique(columns):
            some = rows[columns == column]
            weight = surface.weights[some, column, None].astype(np.float32)
            own_m, own = surface.points_m[some, column], surface.normals[some, column]
            points_m[:, some] += weight * (joints_m[:, None, joint] + own_m.astype(np.float32) @ R_joint_world)
            normals[:, some] += (weight * own.astype(np.float32)) @ R_joint_world
    normals /= np.maximum(np.linalg.norm(normals, axis=-1, keepdims=True), 1e-6)
    return PosedSurface(surface, points_m, normals, motion.root_translation_m)
