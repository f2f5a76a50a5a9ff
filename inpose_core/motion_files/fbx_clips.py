# SPDX-License-Identifier: Apache-2.0
"""Play the animations of a binary FBX file, to check what was written. It reads what Blender's exporter writes: baked
curves for translation, rotation and scale, Euler angles in the order XYZ, and no pivots.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from ..arrays import FloatArray
from ..body.euler import euler_to_quaternion
from ..body.quaternions import quaternion_to_matrix
from ..errors import InPoseError
from .fbx_nodes import FbxNode, read_fbx
from .file_clips import FileClip, LocalTracks

_TICKS_PER_S: Final[float] = 46_186_158_000.0
_METRES_PER_CENTIMETRE: Final[float] = 0.01
_Y: Final[int] = 1
_COMPONENTS: Final[Mapping[str, int]] = {"d|X": 0, "d|Y": 1, "d|Z": 2}
_PROPERTIES: Final[Mapping[str, float]] = {"Lcl Translation": 0.0, "Lcl Rotation": 0.0, "Lcl Scaling": 1.0}
_UNREAD: Final[tuple[str, ...]] = ("PreRotation", "PostRotation", "RotationPivot", "ScalingPivot")


@dataclass(frozen=True)
class FbxClips:
    """Hold the animations of an FBX file, and what its header says."""

    clips: tuple[FileClip, ...]
    centimetres_per_unit: float
    fps: float


def read_fbx_clips(path: Path) -> FbxClips:
    """Return the animations of a file, with the paths of all bones.

    Raises:
        InPoseError: the file is missing, damaged, or has what this does not read.
    """
    root = read_fbx(path)
    try:
        return _clips(root)
    except (ValueError, KeyError, IndexError, TypeError) as error:
        raise InPoseError(f"{Path(path).name} is a damaged FBX file ({error}).", "Export it again.") from error


def _clips(root: FbxNode) -> FbxClips:
    header = _properties(root.child("GlobalSettings"))
    unit_cm = float(header["UnitScaleFactor"][0])
    if header["UpAxis"][0] != _Y or header["UpAxisSign"][0] != 1:
        raise ValueError("Y is not up")
    models = {node.values[0]: node for node in root.child("Objects").children if node.name == "Model"}
    graph = _Graph.of(root)
    stacks = [node for node in root.child("Objects").children if node.name == "AnimationStack"]
    clips = tuple(_clip(stack, graph, models, unit_cm) for stack in stacks)
    return FbxClips(clips, unit_cm, float(header["CustomFrameRate"][0]))


@dataclass(frozen=True)
class _Graph:
    """Hold the connections of a file: what hangs below what."""

    objects: Mapping[int, FbxNode]
    below: Mapping[int, list[tuple[int, str]]]
    """Object to its sources, each with the property that it drives."""
    above: Mapping[int, list[tuple[int, str]]]

    @classmethod
    def of(cls, root: FbxNode) -> _Graph:
        below: dict[int, list[tuple[int, str]]] = {}
        above: dict[int, list[tuple[int, str]]] = {}
        for link in root.child("Connections").children:
            source, target = link.values[1], link.values[2]
            name = link.values[3] if len(link.values) > 3 else ""
            below.setdefault(target, []).append((source, name))
            above.setdefault(source, []).append((target, name))
        objects = {node.values[0]: node for node in root.child("Objects").children if node.values}
        return cls(objects, below, above)

    def model_parent(self, model: int, models: Mapping[int, FbxNode]) -> int:
        """Return the model from which another one hangs, -1 for none."""
        return next((target for target, name in self.above.get(model, ()) if not name and target in models), -1)

    def drivers(self, target: int, kind: str) -> list[tuple[FbxNode, str]]:
        """Return the records of a kind below a record, each with the property that it drives."""
        found = [(self.objects.get(source), name) for source, name in self.below.get(target, ())]
        return [(node, name) for node, name in found if node is not None and node.name == kind]

    def sources(self, target: int, kind: str) -> list[FbxNode]:
        """Return the records of a kind below a record."""
        return [node for node, _ in self.drivers(target, kind)]


@dataclass(frozen=True)
class _Curve:
    """Hold the keys of one component of one property of a model."""

    model: int
    name: str
    component: int
    times_s: FloatArray
    values: FloatArray


def _clip(stack: FbxNode, graph: _Graph, models: Mapping[int, FbxNode], unit_cm: float) -> FileClip:
    curves = list(_curves(stack, graph, models))
    times_s = np.unique(np.concatenate([curve.times_s for curve in curves])) if curves else np.zeros(1)
    index_of = {model: index for index, model in enumerate(models)}
    tracks = {name: np.empty((len(times_s), len(models), 3)) for name in _PROPERTIES}
    for index, node in enumerate(models.values()):
        rest = _properties(node)
        if turned := [name for name in _UNREAD if np.any(rest.get(name, 0.0))]:
            raise ValueError(f"{', '.join(turned)} is not read")
        for name, neutral in _PROPERTIES.items():
            tracks[name][:, index] = rest.get(name, (neutral,) * 3)
    for curve in curves:
        tracks[curve.name][:, index_of[curve.model], curve.component] = np.interp(times_s, curve.times_s, curve.values)
    wxyz = euler_to_quaternion(np.radians(tracks["Lcl Rotation"][..., ::-1]), "ZYX")
    names = tuple(_plain(node.values[1]) for node in models.values())
    parents = tuple(index_of.get(graph.model_parent(model, models), -1) for model in models)
    local = LocalTracks(names, parents, tracks["Lcl Translation"], quaternion_to_matrix(wxyz), tracks["Lcl Scaling"])
    places_m = local.world_matrices()[..., :3, 3] * (unit_cm * _METRES_PER_CENTIMETRE)
    bones = [index for index, node in enumerate(models.values()) if node.values[2] == "LimbNode"]
    return FileClip(_plain(stack.values[1]), times_s - times_s[0], {names[bone]: places_m[:, bone] for bone in bones})


def _curves(stack: FbxNode, graph: _Graph, models: Mapping[int, FbxNode]) -> Iterator[_Curve]:
    for layer in graph.sources(stack.values[0], "AnimationLayer"):
        for curve_node in graph.sources(layer.values[0], "AnimationCurveNode"):
            targets = [(model, name) for model, name in graph.above[curve_node.values[0]] if name in _PROPERTIES]
            for curve, component in graph.drivers(curve_node.values[0], "AnimationCurve"):
                times_s = curve.child("KeyTime").values[0] / _TICKS_PER_S
                values = np.asarray(curve.child("KeyValueFloat").values[0], dtype=np.float64)
                yield from (
                    _Curve(model, name, _COMPONENTS[component], times_s, values)
                    for model, name in targets
                    if model in models
                )


def _properties(node: FbxNode) -> dict[str, tuple[Any, ...]]:
    """Return the values of an object's properties; those of no value are left out."""
    return {
        entry.values[0]: tuple(entry.values[4:])
        for entry in node.child("Properties70").children
        if len(entry.values) > 4
    }


def _plain(name: str) -> str:
    """Return a name without its class, which a binary file appends behind a zero byte."""
    return re.split("\0", name, maxsplit=1)[0]
