# SPDX-License-Identifier: Apache-2.0
"""Play files that are damaged, or that no exporter of Blender wrote."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from inpose_core.errors import InPoseError
from inpose_core.motion_files.fbx_clips import read_fbx_clips
from inpose_core.motion_files.fbx_nodes import read_fbx
from inpose_core.motion_files.file_clips import LocalTracks
from inpose_core.motion_files.glb import GlbNumbers, glb_parts, node_parents, read_glb
from inpose_core.motion_files.gltf_clips import read_gltf_clips

HEAD = b"Kaydara FBX Binary  \x00\x1a\x00" + struct.pack("<I", 7400)


def record(name: str, values: bytes, count: int, *below: bytes, at: int) -> bytes:
    """Return one record of a binary FBX file that begins at a place of the file."""
    head = 13 + len(name)
    place = at + head + len(values)
    inside = b"".join((*below, bytes(13))) if below else b""
    return struct.pack("<IIIB", place + len(inside), count, len(values), len(name)) + name.encode() + values + inside


def test_the_values_of_a_record(tmp_path: Path) -> None:
    packed = zlib.compress(struct.pack("<3d", 1.0, 2.0, 3.0))
    values = b"I" + struct.pack("<i", -5) + b"S" + struct.pack("<I", 2) + b"ab" + b"D" + struct.pack("<d", 0.5)
    values += b"d" + struct.pack("<III", 3, 1, len(packed)) + packed + b"C\x01"
    path = tmp_path / "file.fbx"
    path.write_bytes(HEAD + record("Thing", values, 5, at=len(HEAD)))
    (node,) = read_fbx(path).children
    assert node.name == "Thing"
    assert node.values[:3] == (-5, "ab", 0.5)
    np.testing.assert_array_equal(node.values[3], (1, 2, 3))
    assert node.values[4] is True


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"; FBX 7.4.0 project file",
        HEAD[:20],
        HEAD + b"\xff" * 40,
        HEAD + record("Thing", b"x\0", 1, at=len(HEAD)),
        HEAD + record("Thing", b"I\0", 1, at=len(HEAD)),
        HEAD + record("Thing", b"d" + struct.pack("<III", 1 << 20, 1, 4) + b"abcd", 1, at=len(HEAD)),
        HEAD + record("Thing", b"d" + struct.pack("<III", 4, 0, 8) + bytes(8), 1, at=0),
        HEAD + record("Objects", b"", 0, at=len(HEAD)),
    ],
)
def test_a_damaged_fbx_is_named(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "file.fbx"
    path.write_bytes(data)
    with pytest.raises(InPoseError, match=r"file\.fbx"):
        read_fbx_clips(path)


def glb(folder: Path, document: dict[str, Any], *arrays: np.ndarray) -> Path:
    numbers = GlbNumbers()
    for array in arrays:
        numbers.add(array)
    path = folder / "file.glb"
    path.write_bytes(b"".join(glb_parts({"asset": {"version": "2.0"}, **document}, numbers)))
    return path


def clip_of(interpolation: str) -> dict[str, Any]:
    return {
        "nodes": [{"name": "a", "children": [1]}, {"name": "b", "translation": [0.0, 1.0, 0.0]}],
        "animations": [
            {
                "name": "turn",
                "samplers": [{"input": 0, "output": 1, "interpolation": interpolation}],
                "channels": [{"sampler": 0, "target": {"node": 0, "path": "rotation"}}],
            }
        ],
    }


@pytest.mark.parametrize(
    ("interpolation", "middle"), [("LINEAR", (-np.sqrt(0.5), np.sqrt(0.5), 0)), ("STEP", (0, 1, 0))]
)
def test_a_turned_parent_carries_its_child(tmp_path: Path, interpolation: str, middle: tuple[float, ...]) -> None:
    times = np.array((0.0, 1.0))
    quarter = np.array(((0, 0, 0, 1.0), (0, 0, np.sqrt(0.5), np.sqrt(0.5))))
    document = clip_of(interpolation)
    document["animations"][0]["samplers"].append({"input": 2, "output": 3})
    document["animations"][0]["channels"].append({"sampler": 1, "target": {"node": 0, "path": "translation"}})
    path = glb(tmp_path, document, times, quarter, np.array((0.0, 0.5, 1.0)), np.zeros((3, 3)))
    (clip,) = read_gltf_clips(path)
    np.testing.assert_allclose(clip.times_s, (0, 0.5, 1))
    np.testing.assert_allclose(clip.places_m["b"][[0, 2]], ((0, 1, 0), (-1, 0, 0)), atol=1e-6)
    np.testing.assert_allclose(clip.places_m["b"][1], middle, atol=1e-6)


@pytest.mark.parametrize(
    "document",
    [
        clip_of("CUBICSPLINE"),
        {**clip_of("LINEAR"), "nodes": [{"name": "a", "children": [1]}, {"name": "b", "children": [0]}]},
        {**clip_of("LINEAR"), "nodes": [{"name": "a", "children": [5]}]},
        {**clip_of("LINEAR"), "nodes": [{"name": "a", "matrix": [1.0] * 16}]},
        {"nodes": [], "animations": [{"samplers": [{"input": 9, "output": 1}], "channels": []}]},
        {"nodes": 3, "animations": [{}]},
    ],
)
def test_a_file_that_cannot_be_played_is_named(tmp_path: Path, document: dict[str, Any]) -> None:
    path = glb(tmp_path, document, np.array((0.0, 1.0)), np.tile((0, 0, 0, 1.0), (2, 1)))
    with pytest.raises(InPoseError, match=r"file\.glb"):
        read_gltf_clips(path)


def test_an_accessor_reads_only_its_file(tmp_path: Path) -> None:
    path = glb(tmp_path, {"nodes": []}, np.zeros((4, 3)))
    file = read_glb(path)
    file.document["accessors"][0]["count"] = 100
    with pytest.raises(ValueError, match="beyond"):
        file.accessor(0)


def test_a_node_has_one_parent() -> None:
    with pytest.raises(ValueError, match="child"):
        node_parents([{"children": [2]}, {"children": [2]}, {}])


def test_parents_may_come_later() -> None:
    tracks = LocalTracks(("b", "a"), (1, -1), np.ones((1, 2, 3)), np.tile(np.eye(3), (1, 2, 1, 1)), np.ones((1, 2, 3)))
    np.testing.assert_array_equal(tracks.world_matrices()[0, 0, :3, 3], (2, 2, 2))
