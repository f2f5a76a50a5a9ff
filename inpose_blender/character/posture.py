# SPDX-License-Identifier: GPL-3.0-or-later
"""Find poses that no performer makes: a trunk that leans back, toes that point up, feet below the floor."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..core import JOINT_INDEX, FloatArray
from .body import PosedBody
from .problems import CharacterProblem, problem

_STANDS: Final[float] = 0.92
"""Of the largest height of the head."""
_LEANS_BACK_DEG: Final[float] = 25.0
_LEANS_DEG: Final[float] = 40.0
_TOES_UP_DEG: Final[float] = 25.0
_BELOW_FLOOR: Final[float] = 0.025
"""Of the stature; in the median of all frames."""


def posture_problems(body: PosedBody) -> Iterator[CharacterProblem]:
    """Yield the problems of the joints, and of the skin of the feet."""
    yield from _lean(body)
    yield from _toes(body)
    yield from _floor(body)


def _lean(body: PosedBody) -> Iterator[CharacterProblem]:
    top = "neck" if "neck" in body.mapping.bones else "head"
    left, right = body.joint("left_hip"), body.joint("right_hip")
    trunk = body.joint(top) - (left + right) / 2
    stands = _standing(body)
    forward = np.cross(left - right, body.up)
    forward /= np.maximum(np.linalg.norm(forward, axis=1, keepdims=True), 1e-12)
    side = np.cross(forward, body.up)
    upward = trunk @ body.up
    # In the core's T-pose the rig's own hunch is what it is at rest.
    rest = body.measure.skeleton.rest_positions_m
    rest_trunk = rest[JOINT_INDEX[top]] - (rest[JOINT_INDEX["left_hip"]] + rest[JOINT_INDEX["right_hip"]]) / 2
    pitch = _degrees(np.arctan2((trunk * forward).sum(axis=1), upward) - np.arctan2(rest_trunk[2], rest_trunk[1]))
    roll = _degrees(np.arctan2((trunk * side).sum(axis=1), upward))
    back, ahead = -float(np.median(pitch[stands])), float(np.median(pitch[stands]))
    pelvis = body.mapping.bones["pelvis"]
    if back > _LEANS_BACK_DEG:
        yield problem("leans_back", bone=pelvis, degrees=round(back))
    elif (most := max(ahead, float(np.median(abs(roll[stands]))))) > _LEANS_DEG:
        yield problem("leans", bone=pelvis, other=body.mapping.bones[top], degrees=round(most))


def _toes(body: PosedBody) -> Iterator[CharacterProblem]:
    for side in ("left", "right"):
        if f"{side}_foot" not in body.mapping.bones:
            continue
        ankle, toe = body.joint(f"{side}_ankle"), body.joint(f"{side}_foot")
        offset = body.measure.skeleton.offsets_m[JOINT_INDEX[f"{side}_foot"]]
        foot = toe - ankle
        rise = np.arcsin(np.clip(foot @ body.up / np.maximum(np.linalg.norm(foot, axis=1), 1e-12), -1, 1))
        up = _degrees(rise - np.arcsin(np.clip(offset[1] / max(float(np.linalg.norm(offset)), 1e-12), -1, 1)))
        heights = body.height(ankle)
        stands = _standing(body) & (heights <= np.median(heights))
        if stands.any() and (median := float(np.median(up[stands]))) > _TOES_UP_DEG:
            yield problem("toes_up", bone=body.mapping.bones[f"{side}_ankle"], degrees=round(median))


def _floor(body: PosedBody) -> Iterator[CharacterProblem]:
    joints = [f"{side}_{name}" for side in ("left", "right") for name in ("ankle", "foot")]
    joints = [joint for joint in joints if joint in body.mapping.bones]
    lowest: FloatArray
    if body.skin is not None and (feet := np.isin(body.skin_joint, joints)).any():
        lowest = body.height(body.skin_places[:, feet]).min(axis=1)
        at_rest = float(body.height(body.skin.points[feet]).min())
    else:
        lowest = np.min([body.height(body.joint(joint)) for joint in joints], axis=0)
        at_rest = min(float(body.height(body.rest_places[joint])) for joint in joints)
    # A rig may be modelled with its heels below its origin.
    below = min(at_rest, 0.0) - float(np.median(lowest))
    if below > _BELOW_FLOOR * body.size:
        cm = 100 * body.measure.skeleton.stature_m / body.size
        yield problem("below_floor", bone=body.mapping.bones["left_ankle"], cm=round(below * cm))


def _standing(body: PosedBody) -> NDArray[np.bool_]:
    head = body.height(body.joint("head"))
    standing: NDArray[np.bool_] = head >= _STANDS * head.max()
    return standing


def _degrees(radians: FloatArray) -> FloatArray:
    wrapped: FloatArray = np.degrees((radians + np.pi) % (2 * np.pi) - np.pi)
    return wrapped
