# SPDX-License-Identifier: GPL-3.0-or-later
"""Collect the data of the checks: the posed joints and skin of a baked character, in the armature frame."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ..core import JOINT_INDEX, JOINT_NAMES, PARENTS, FloatArray
from ..rig.carriers import nearest_above
from ..rig.families import RigMapping
from ..rig.home import home_world
from ..rig.measure import RigMeasure
from ..rig.places import joint_place
from .posing import PosedBones
from .skin import Skin

_NEAREST: Final[int] = 6
"""Number of joints near the skin to compare it with; skin that stays behind would agree with a foot."""
_SAMPLES: Final[int] = 12
"""Points of each bone's skin that are compared."""
NOBODY: Final[str] = ""
STRAYS: Final[float] = 0.07
"""Skin stays behind if it is further than this part of the stature from where the body carries it. Cloth strays
less."""


@dataclass(frozen=True)
class PosedBody:
    """Hold a baked character at the frames that are checked. Lengths are in units of the armature frame."""

    mapping: RigMapping
    rest_places: dict[str, FloatArray]
    """For each mapped joint (3,) where it rests."""
    posed: PosedBones
    size: float
    """The stature."""
    up: FloatArray
    """(3,) away from the floor."""
    floor: FloatArray
    """(3,) a point of the floor."""
    measure: RigMeasure
    skin: Skin | None
    hangs_on: dict[str, str]
    """For the bones with skin that are mapped, or below a mapped one: its joint."""

    @property
    def frames(self) -> tuple[int, ...]:
        """Return the frames of the scene that are checked."""
        return self.posed.frames

    def moves(self, bone: str) -> FloatArray:
        """Return how a bone moves away from rest, (frames, 4, 4); no bone does not move."""
        if bone == NOBODY:
            return np.tile(np.eye(4), (len(self.frames), 1, 1))
        return self.posed.moves[bone]

    def joint(self, name: str) -> FloatArray:
        """Return where a mapped joint is, (frames, 3)."""
        return moved(self.moves(self.mapping.anchor(name)), self.rest_places[name][None])[:, 0]

    def height(self, points: FloatArray) -> FloatArray:
        """Return the height of points (..., 3) above the floor."""
        heights: FloatArray = (points - self.floor) @ self.up
        return heights

    def mapped_parent(self, joint: str) -> str:
        """Return the nearest mapped joint above a joint; the pelvis has itself."""
        parent = PARENTS[JOINT_INDEX[joint]]
        while parent > 0 and JOINT_NAMES[parent] not in self.mapping.bones:
            parent = PARENTS[parent]
        return JOINT_NAMES[max(parent, 0)]

    @cached_property
    def carriers(self) -> dict[str, tuple[str, float]]:
        """Return for each bone with skin the joint that it follows, and its largest distance from it. Skin that follows
        no joint has the nearest one.
        """
        if self.skin is None:
            return {}
        main = self.skin.main_owner
        joints = list(self.mapping.bones)
        places = np.array([self.rest_places[joint] for joint in joints])
        found = {}
        for index, bone in enumerate(self.skin.bones):
            points = self.skin.points[main == index]
            if not len(points):
                continue
            points = points[:: max(1, len(points) // _SAMPLES)]
            distances = np.linalg.norm(places - points.mean(axis=0), axis=1)
            near = [joints[place] for place in np.argsort(distances)[:_NEAREST]]
            if bone in self.hangs_on and self.hangs_on[bone] not in near:
                near.append(self.hangs_on[bone])
            carried = moved(self.moves(bone), points)
            strays = [self._strays(carried, points, joint) for joint in near]
            best = int(np.argmin(strays))
            goes_with = near[best] if strays[best] < STRAYS * self.size else near[0]
            found[bone] = goes_with, strays[best]
        return found

    def _strays(self, carried: FloatArray, points: FloatArray, joint: str) -> float:
        away = np.linalg.norm(carried - moved(self.moves(self.mapping.bones[joint]), points), axis=-1)
        return float(away.mean(axis=1).max())

    @cached_property
    def skin_joint(self) -> NDArray[np.object_]:
        """Return for each point of the skin the joint that its main bone goes with, (N,)."""
        assert self.skin is not None
        joints = np.array([self.carriers.get(bone, ("", 0.0))[0] for bone in self.skin.bones], dtype=object)
        found: NDArray[np.object_] = joints[self.skin.main_owner]
        return found

    @cached_property
    def skin_places(self) -> FloatArray:
        """Return where the points of the skin are, (frames, N, 3), by linear blend skinning."""
        assert self.skin is not None
        matrices = np.array([self.moves(bone)[:, :3] for bone in self.skin.bones])
        result = np.zeros((len(self.frames), len(self.skin.points), 3))
        for column in range(self.skin.owners.shape[1]):
            weight = self.skin.weights[:, column]
            some = np.flatnonzero(weight > 0)
            owned = matrices[self.skin.owners[some, column]]
            points = self.skin.points[some]
            result[:, some] += (
                np.einsum("pfij,pj->fpi", owned[..., :3], points) + owned[..., 3].swapaxes(0, 1)
            ) * weight[some, None]
        return result


def moved(matrices: FloatArray, points: FloatArray) -> FloatArray:
    """Return points (N, 3) moved by matrices (F, 4, 4): (F, N, 3)."""
    result: FloatArray = points @ matrices[:, :3, :3].swapaxes(1, 2) + matrices[:, None, :3, 3]
    return result


def posed_body(
    armature_object: Any, mapping: RigMapping, measure: RigMeasure, posed: PosedBones, skin: Skin | None
) -> PosedBody:
    """Make a posed body from Blender's data."""
    world = home_world(armature_object)
    inverse = np.linalg.inv(world)
    up = inverse[:3, :3] @ measure.R_world_core[:, 1]
    scale = float(np.linalg.norm(world[:3, 0]))
    return PosedBody(
        mapping,
        {joint: joint_place(armature_object.data, mapping, joint) for joint in mapping.bones},
        posed,
        measure.skeleton.stature_m / measure.metres_per_unit / scale,
        up / np.linalg.norm(up),
        inverse[:3, :3] @ measure.origin_world + inverse[:3, 3],
        measure,
        skin,
        _hanging(armature_object.data.bones, mapping, skin),
    )


def _hanging(bones: Any, mapping: RigMapping, skin: Skin | None) -> dict[str, str]:
    joint_of = {bone: joint for joint, bone in mapping.bones.items()}
    hanging = {}
    for name in skin.bones[:-1] if skin else ():
        carrier = nearest_above(bones[name], joint_of)
        if carrier is not None:
            hanging[name] = joint_of[carrier]
    return hanging
