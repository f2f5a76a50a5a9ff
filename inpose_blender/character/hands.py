# SPDX-License-Identifier: GPL-3.0-or-later
"""Find hands that go into the body: points of a hand behind the skin that is nearest to them.

Where a body folds, at the hips of somebody who sits or crouches, the skin of most characters goes into itself: belly
and thigh are in one place. A hand that lies there is inside of one of them, and this is not its fault.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..core import FloatArray
from .body import PosedBody
from .problems import CharacterProblem, problem

_TRUNK: Final[tuple[str, ...]] = ("pelvis", "spine1", "spine2", "spine3", "neck", "head", "left_hip", "right_hip")
_MOST_TRUNK: Final[int] = 1500
_MOST_HAND: Final[int] = 24
_DEPTH: Final[float] = 0.02
"""A point is inside if it is deeper below the skin than this part of the stature; a hand on the hip is not."""
_NEAREST: Final[int] = 4
"""Most of so many nearest points of the trunk must agree: the inner side of a jacket faces inwards."""
_AROUND: Final[int] = 6
"""So many nearest points must belong to one part of the trunk: in a fold, belly and thigh are beside each other."""
_THIGHS: Final[tuple[str, ...]] = ("left_hip", "right_hip")
_PART: Final[float] = 0.4
"""Of the hand's points."""
_DEEPEST: Final[float] = 1.5
"""A point is not inside if it is farther from the skin than the joints of the trunk are, times this: the surfaces of a
character that is made of separate parts have ends that face a hand far away."""
_FRAMES: Final[float] = 0.12
"""Part of the checked frames: a clap or a passing hand is not a problem."""


def hand_problems(body: PosedBody) -> Iterator[CharacterProblem]:
    """Yield the hands that are inside the trunk or the thighs for a good part of the motion."""
    if body.skin is None:
        return
    trunk = _some(np.flatnonzero(np.isin(body.skin_joint, _TRUNK)), _MOST_TRUNK)
    parts = _parts(body, trunk)
    for side in ("left", "right"):
        hand = _some(np.flatnonzero(body.skin_joint == f"{side}_wrist"), _MOST_HAND)
        if not len(trunk) or not len(hand):
            continue
        skin = body.skin
        deepest = _deepest(body, skin.points[trunk])
        if _inside(body, skin.points[trunk], skin.normals[trunk], parts, skin.points[hand], deepest) > _PART:
            continue  # in the rest pose, too: the normals of this mesh point inwards
        inside = np.array([_inside_at(body, frame, trunk, hand, deepest) for frame in range(len(body.frames))])
        bad = inside > _PART
        if bad.mean() > _FRAMES:
            yield problem(
                "hand_inside",
                bone=body.mapping.bones[f"{side}_wrist"],
                share=round(100 * float(bad.mean())),
                frame=body.frames[int(inside.argmax())],
            )


def _deepest(body: PosedBody, surface: FloatArray) -> float:
    """Return the largest distance from the skin (N, 3) of the trunk at rest at which a point may be inside it."""
    joints = np.array([body.rest_places[joint] for joint in _TRUNK if joint in body.rest_places])
    nearest = np.linalg.norm(joints[:, None] - surface[None], axis=2).min(axis=1)
    return _DEEPEST * float(nearest.max())


def _inside_at(body: PosedBody, frame: int, trunk: NDArray[np.int64], hand: NDArray[np.int64], deepest: float) -> float:
    """Return the part of the hand's points that are inside at the frame of this index."""
    assert body.skin is not None
    matrices = np.array([body.moves(bone)[frame, :3, :3] for bone in body.skin.bones])
    normals = np.einsum("pij,pj->pi", matrices[body.skin.main_owner[trunk]], body.skin.normals[trunk])
    surface, points = body.skin_places[frame, trunk], body.skin_places[frame, hand]
    return _inside(body, surface, normals, _parts(body, trunk), points, deepest)


def _parts(body: PosedBody, trunk: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return for each point of the trunk whether it is of a thigh, and of which; the rest is one part."""
    joints = body.skin_joint[trunk]
    return np.select([joints == thigh for thigh in _THIGHS], range(1, len(_THIGHS) + 1), default=0)


def _inside(
    body: PosedBody,
    surface: FloatArray,
    normals: FloatArray,
    parts: NDArray[np.int64],
    points: FloatArray,
    deepest: float,
) -> float:
    """Return the part of the points (P, 3) that are behind a surface (N, 3) with normals (N, 3) and parts (N,), and not
    farther from it."""
    if len(surface) <= _AROUND:
        return 0.0
    offsets = points[:, None] - surface[None]
    distances = (offsets**2).sum(axis=2)
    rows = np.arange(len(points))[:, None]
    around = np.argpartition(distances, _AROUND, axis=1)[:, :_AROUND]
    around = around[rows, np.argsort(distances[rows, around], axis=1)]
    nearest = around[:, :_NEAREST]
    heights: FloatArray = (offsets[rows, nearest] * normals[nearest]).sum(axis=2)
    deep = (heights < -_DEPTH * body.size).sum(axis=1) > _NEAREST / 2
    of_one_part = (parts[around] == parts[around[:, :1]]).all(axis=1)
    near = distances.min(axis=1) < deepest**2
    return float((deep & of_one_part & near).mean())


def _some(indices: NDArray[np.int64], most: int) -> NDArray[np.int64]:
    return indices[:: max(1, -(-len(indices) // most))]
