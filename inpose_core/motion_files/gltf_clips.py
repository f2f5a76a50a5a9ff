# SPDX-License-Identifier: Apache-2.0
"""Play the animations of a glTF binary, to check what was written. Cubic splines and morph targets are not read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from ..arrays import FloatArray
from ..body.quaternions import normalize_quaternion, quaternion_to_matrix, slerp_at
from ..errors import InPoseError
from .file_clips import FileClip, LocalTracks
from .glb import Glb, node_parents, read_glb

_SAME_TIME_S: Final[float] = 1e-4


@dataclass(frozen=True)
class _Sampler:
    """Hold the keys of one curve."""

    times_s: FloatArray
    values: FloatArray
    interpolation: str


def read_gltf_clips(path: Path) -> tuple[FileClip, ...]:
    """Return the animations of a file, with the paths of all nodes that hold no mesh.

    Raises:
        InPoseError: the file is missing, damaged, or has splines.
    """
    glb = read_glb(path)
    try:
        return tuple(_clip(glb, animation) for animation in glb.document.get("animations", ()))
    except (ValueError, KeyError, IndexError, TypeError) as error:
        raise InPoseError(f"{Path(path).name} is a damaged glTF file ({error}).", "Export it again.") from error


def _clip(glb: Glb, animation: Mapping[str, Any]) -> FileClip:
    nodes = glb.document["nodes"]
    samplers = [
        _Sampler(
            glb.accessor(sampler["input"])[:, 0],
            glb.accessor(sampler["output"]),
            sampler.get("interpolation", "LINEAR"),
        )
        for sampler in animation["samplers"]
    ]
    times_s = _common_times([sampler.times_s for sampler in samplers])
    count = len(times_s)
    translations = np.tile([node.get("translation", (0.0, 0.0, 0.0)) for node in nodes], (count, 1, 1)).astype(float)
    wxyz = np.tile([_wxyz(node.get("rotation", (0.0, 0.0, 0.0, 1.0))) for node in nodes], (count, 1, 1))
    scales = np.tile([node.get("scale", (1.0, 1.0, 1.0)) for node in nodes], (count, 1, 1)).astype(float)
    if any("matrix" in node for node in nodes):
        raise ValueError("a node has a matrix")
    for channel in animation["channels"]:
        node, path = channel["target"].get("node"), channel["target"]["path"]
        if node is None or path == "weights":
            continue
        values = _sampled(samplers[channel["sampler"]], times_s, is_rotation=path == "rotation")
        {"translation": translations, "rotation": wxyz, "scale": scales}[path][:, node] = values
    names = tuple(node.get("name", f"node {index}") for index, node in enumerate(nodes))
    tracks = LocalTracks(names, tuple(node_parents(nodes)), translations, quaternion_to_matrix(wxyz), scales)
    places_m = tracks.world_matrices()[..., :3, 3]
    joints = [index for index, node in enumerate(nodes) if "mesh" not in node]
    return FileClip(animation.get("name", ""), times_s, {names[joint]: places_m[:, joint] for joint in joints})


def _common_times(all_times_s: list[FloatArray]) -> FloatArray:
    times_s = np.unique(np.concatenate(all_times_s))
    return times_s[np.concatenate(([True], np.diff(times_s) > _SAME_TIME_S))]


def _sampled(sampler: _Sampler, at_s: FloatArray, *, is_rotation: bool) -> FloatArray:
    times_s, values, interpolation = sampler.times_s, sampler.values, sampler.interpolation
    if interpolation not in {"STEP", "LINEAR"}:
        raise ValueError(f"the interpolation {interpolation} is not read")
    if is_rotation:
        values = normalize_quaternion(_wxyz(values))
    if interpolation == "STEP":
        return values[np.clip(np.searchsorted(times_s, at_s + _SAME_TIME_S, side="right") - 1, 0, len(values) - 1)]
    if is_rotation:
        return slerp_at(times_s, values, at_s)
    return np.stack([np.interp(at_s, times_s, column) for column in values.T], axis=1)


def _wxyz(xyzw: Any) -> FloatArray:
    return np.roll(np.asarray(xyzw, dtype=np.float64), 1, axis=-1)
