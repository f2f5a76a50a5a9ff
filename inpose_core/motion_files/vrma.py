# SPDX-License-Identifier: Apache-2.0
"""Write a motion as VRM animation (``.vrma``): glTF 2.0 with the extension ``VRMC_vrm_animation`` 1.0.

The file contains no mesh, only the humanoid bones at rest in the T-pose, their rotations, and the way of the hips. An
application plays it on any VRM character, and scales the way of the hips to the character's legs. VRM 1.0 has the same
frame as the core: Y up, facing +Z, metres.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np

from ..arrays import FloatArray
from ..body.motion import Motion
from ..body.quaternions import continuous_signs, normalize_quaternion
from ..body.skeleton import FOOT_JOINTS, JOINT_NAMES, PARENTS, Skeleton
from ..system.output import write_output
from .glb import GlbNumbers, glb_parts

VRM_BONES: Final[Mapping[str, str]] = {
    "pelvis": "hips",
    "spine1": "spine",
    "spine2": "chest",
    "spine3": "upperChest",
    "neck": "neck",
    "head": "head",
    **{
        f"{side}_{joint}": f"{side}{bone}"
        for side in ("left", "right")
        for joint, bone in (
            ("hip", "UpperLeg"),
            ("knee", "LowerLeg"),
            ("ankle", "Foot"),
            ("foot", "Toes"),
            ("collar", "Shoulder"),
            ("shoulder", "UpperArm"),
            ("elbow", "LowerArm"),
            ("wrist", "Hand"),
        )
    },
}
"""The humanoid bone of VRM for each of the 22 joints."""
EXTENSION: Final[str] = "VRMC_vrm_animation"


def save_vrma(motion: Motion, path: Path) -> None:
    """Write a motion as VRM animation, with one key per frame; the rest pose is the T-pose with its feet on y = 0.

    Raises:
        OutputError: the file cannot be written; an existing file is then left as it was.
    """
    path = Path(path)
    numbers = GlbNumbers()
    times = numbers.add(np.arange(len(motion)) / motion.fps, bounds=True)
    samplers: list[dict[str, Any]] = [_sampler(times, numbers.add(motion.root_translation_m))]
    channels: list[dict[str, Any]] = [_channel(0, 0, "translation")]
    xyzw = np.roll(continuous_signs(normalize_quaternion(motion.local_rotations_wxyz)), -1, axis=-1)
    for joint in range(len(JOINT_NAMES)):
        channels.append(_channel(len(samplers), joint, "rotation"))
        samplers.append(_sampler(times, numbers.add(xyzw[:, joint])))
    document = {
        "asset": {"version": "2.0", "generator": "InPose"},
        "extensionsUsed": [EXTENSION],
        "extensions": {
            EXTENSION: {
                "specVersion": "1.0",
                "humanoid": {
                    "humanBones": {VRM_BONES[name]: {"node": joint} for joint, name in enumerate(JOINT_NAMES)}
                },
            }
        },
        "scene": 0,
        "scenes": [{"nodes": [0]}],
        "nodes": _nodes(motion.skeleton),
        "animations": [{"name": path.stem, "channels": channels, "samplers": samplers}],
    }
    write_output(path, glb_parts(document, numbers))


def _nodes(skeleton: Skeleton) -> list[dict[str, Any]]:
    offsets_m: FloatArray = skeleton.offsets_m.copy()
    lowest_m = float(skeleton.rest_positions_m[list(FOOT_JOINTS), 1].min())
    offsets_m[0] = (0.0, skeleton.sole_height_m - lowest_m, 0.0)
    nodes: list[dict[str, Any]] = []
    for joint, name in enumerate(JOINT_NAMES):
        node: dict[str, Any] = {"name": VRM_BONES[name], "translation": offsets_m[joint].tolist()}
        if children := [child for child, parent in enumerate(PARENTS) if parent == joint]:
            node["children"] = children
        nodes.append(node)
    return nodes


def _sampler(times: int, values: int) -> dict[str, Any]:
    return {"input": times, "output": values, "interpolation": "LINEAR"}


def _channel(sampler: int, node: int, path: str) -> dict[str, Any]:
    return {"sampler": sampler, "target": {"node": node, "path": path}}
