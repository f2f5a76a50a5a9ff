# SPDX-License-Identifier: Apache-2.0
"""Bone maps and VRM files that anybody may have made are refused with a sentence."""

import json
import os
import struct
import sys

import pytest

from inpose_blender.core import JOINT_NAMES, InPoseError, RigError
from inpose_blender.rig.mapping import read_mapping

WHOLE = {"format": "inpose-mapping", "version": 1, "bones": {joint: f"bone {joint}" for joint in JOINT_NAMES}}
HUMANOID = {"humanBones": {"hips": {"node": 0}}}
VRM = {"nodes": [{"name": "Hips"}], "extensions": {"VRMC_vrm": {"humanoid": HUMANOID}}}
OLD_HUMANOID = {"humanBones": [{"bone": "hips", "node": 0}]}
OLD_VRM = {"nodes": [{"name": "Hips"}], "extensions": {"VRM": {"humanoid": OLD_HUMANOID}}}


def glb(text):
    data = text.encode("utf-8", "surrogatepass")
    return b"glTF" + struct.pack("<III", 2, 20 + len(data), len(data)) + b"JSON" + data


HOSTILE = [
    "[" * 100_000,
    '{"a":' * 100_000,
    "1" * 5000,
    "null",
    "{",
    "",
    json.dumps({**WHOLE, "version": "@"}).replace('"@"', "1" * 400),
    json.dumps({**WHOLE, "bones": {"pelvis": 3}}),
    json.dumps({**WHOLE, "bones": {"pelvis": "@"}}).replace('"@"', "[" * 50_000),
    json.dumps({**WHOLE, "bones": []}),
    *(json.dumps({**VRM, "nodes": nodes}) for nodes in (3, [], [3], [{"name": 3}], [{"name": None}], {"0": {}}, None)),
    *(json.dumps({**VRM, "extensions": value}) for value in (3, [], None, "VRM", {"VRM": 1}, {"VRMC_vrm": {}})),
    json.dumps(VRM).replace('"node": 0', '"node": ' + "9" * 400),
    json.dumps(VRM).replace('"node": 0', '"node": 0.5'),
    json.dumps(OLD_VRM).replace('"bone": "hips"', '"bone": 3'),
    json.dumps(OLD_VRM).replace('"bone": "hips"', '"bone": [1]'),
]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_maps_are_refused(tmp_path, text):
    for name, data in (("a.json", text.encode()), ("a.vrm", glb(text)), ("a.glb", text.encode())):
        (tmp_path / name).write_bytes(data)
        with pytest.raises(RigError):
            read_mapping(tmp_path / name)


@pytest.mark.skipif(sys.platform == "win32", reason="it has no such files")
@pytest.mark.timeout(20)
def test_pipes_devices_and_folders_are_no_maps(tmp_path):
    for ending in ("json", "vrm"):
        os.mkfifo(tmp_path / f"pipe.{ending}")
        (tmp_path / f"endless.{ending}").symlink_to("/dev/zero")
        (tmp_path / f"folder.{ending}").mkdir()
        for name in ("pipe", "endless", "folder", "nothing"):
            with pytest.raises(InPoseError):
                read_mapping(tmp_path / f"{name}.{ending}")
