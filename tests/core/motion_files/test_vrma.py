# SPDX-License-Identifier: Apache-2.0
"""Write VRM animations, and read them with a reader of our own and with the validator of the Khronos Group."""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inpose_core.body.motion import Motion
from inpose_core.body.skeleton import JOINT_NAMES, Skeleton
from inpose_core.errors import InPoseError, OutputError
from inpose_core.motion_files.glb import node_parents, read_glb
from inpose_core.motion_files.gltf_clips import read_gltf_clips
from inpose_core.motion_files.saving import save_motion
from inpose_core.motion_files.vrma import EXTENSION, VRM_BONES, save_vrma

from .test_bvh import random_motion

VRM_TREE = {
    "spine": "hips",
    "chest": "spine",
    "upperChest": "chest",
    "neck": "upperChest",
    "head": "neck",
    **{
        f"{side}{bone}": parent if parent in {"hips", "upperChest"} else f"{side}{parent}"
        for side in ("left", "right")
        for bone, parent in (
            ("UpperLeg", "hips"),
            ("LowerLeg", "UpperLeg"),
            ("Foot", "LowerLeg"),
            ("Toes", "Foot"),
            ("Shoulder", "upperChest"),
            ("UpperArm", "Shoulder"),
            ("LowerArm", "UpperArm"),
            ("Hand", "LowerArm"),
        )
    },
}
"""The parents of VRM 1.0's humanoid bones, from its specification."""
REQUIRED = {"hips", "spine", "head", *(bone for bone in VRM_TREE if "Leg" in bone or "Arm" in bone)} | {
    f"{side}{bone}" for side in ("left", "right") for bone in ("Foot", "Hand")
}


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), fps=st.sampled_from([24.0, 29.97, 60.0]), frames=st.integers(1, 40))
def test_round_trip(seed: int, fps: float, frames: int) -> None:
    motion = random_motion(frames, seed, fps)
    with tempfile.TemporaryDirectory() as folder:
        save_vrma(motion, Path(folder) / "wave.vrma")
        (clip,) = read_gltf_clips(Path(folder) / "wave.vrma")
    assert clip.name == "wave"
    np.testing.assert_allclose(clip.times_s, np.arange(frames) / fps, atol=1e-6)
    places_m = np.stack([clip.places_m[VRM_BONES[name]] for name in JOINT_NAMES], axis=1)
    np.testing.assert_allclose(places_m, motion.joint_positions_m, atol=2e-6)


def test_the_structure_is_that_of_the_specification(tmp_path: Path) -> None:
    save_vrma(random_motion(7), tmp_path / "take.vrma")
    document = read_glb(tmp_path / "take.vrma").document
    nodes = document["nodes"]
    extension = document["extensions"][EXTENSION]
    bones = {bone: entry["node"] for bone, entry in extension["humanoid"]["humanBones"].items()}
    assert extension["specVersion"] == "1.0"
    assert document["extensionsUsed"] == [EXTENSION]
    assert set(bones) >= REQUIRED
    parents = node_parents(nodes)
    bone_of = {node: bone for bone, node in bones.items()}
    assert {bone: bone_of[parents[node]] for bone, node in bones.items() if parents[node] >= 0} == VRM_TREE
    (animation,) = document["animations"]
    targets = [(channel["target"]["node"], channel["target"]["path"]) for channel in animation["channels"]]
    assert len(set(targets)) == len(targets)
    assert [node for node, path in targets if path == "translation"] == [bones["hips"]]
    assert {node for node, path in targets if path == "rotation"} == set(bones.values())
    assert not [path for _, path in targets if path not in {"translation", "rotation"}]
    assert not any("rotation" in node or "scale" in node or "mesh" in node for node in nodes)  # the rest is a T-pose


def test_the_rest_pose_stands_on_the_floor_in_a_t_pose(tmp_path: Path) -> None:
    body = Skeleton.template(1.8)
    still = Motion(np.tile((1.0, 0, 0, 0), (2, 22, 1)), np.zeros((2, 3)), body, 60.0)
    save_vrma(still, tmp_path / "rest.vrma")
    nodes = read_glb(tmp_path / "rest.vrma").document["nodes"]
    parents = node_parents(nodes)
    rest_m = np.zeros((len(nodes), 3))
    for node, parent in enumerate(parents):
        rest_m[node] = np.add(nodes[node]["translation"], rest_m[parent] if parent >= 0 else 0.0)
    by_name = {node["name"]: place for node, place in zip(nodes, rest_m, strict=True)}
    assert by_name["leftToes"][1] == pytest.approx(body.sole_height_m, abs=1e-6)
    assert by_name["leftHand"][0] > by_name["leftLowerArm"][0] > 0 > by_name["rightHand"][0]
    assert by_name["leftToes"][2] > by_name["leftFoot"][2]  # it faces +Z


def test_names_decide_the_format(tmp_path: Path) -> None:
    motion = random_motion(3)
    for name in ("a.npz", "a.BVH", "a.vrma"):
        save_motion(motion, tmp_path / name)
    assert (tmp_path / "a.BVH").read_bytes().startswith(b"HIERARCHY")
    assert Motion.load_npz(tmp_path / "a.npz").fps == motion.fps
    with pytest.raises(OutputError, match="neither in"):
        save_motion(motion, tmp_path / "a.abc")


@pytest.mark.parametrize("cut", [3, 11, 100, -4])
def test_a_damaged_file_is_named(tmp_path: Path, cut: int) -> None:
    save_vrma(random_motion(3), tmp_path / "take.vrma")
    data = (tmp_path / "take.vrma").read_bytes()
    (tmp_path / "cut.vrma").write_bytes(data[:cut])
    with pytest.raises(InPoseError, match=r"cut\.vrma"):
        read_gltf_clips(tmp_path / "cut.vrma")


@pytest.mark.slow
def test_the_validator_of_the_khronos_group_finds_nothing(tmp_path: Path) -> None:
    report = validate(tmp_path, random_motion(50))
    assert report["issues"]["numErrors"] == report["issues"]["numWarnings"] == 0, report["issues"]
    assert report["info"]["animationCount"] == 1


def validate(folder: Path, motion: Motion) -> dict:
    """Return what the validator says of a motion's file; skip where it cannot be installed."""
    npm, node = shutil.which("npm"), shutil.which("node")
    if npm is None or node is None:
        pytest.skip("needs node and npm")
    made = subprocess.run(
        [npm, "install", "--silent", "--no-audit", "--no-fund", "gltf-validator@2.0.0-dev.3.10"],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    if made.returncode:
        pytest.skip(f"the validator cannot be installed: {made.stderr[:200]}")
    save_vrma(motion, folder / "take.vrma")
    script = (
        "const v=require('gltf-validator'),fs=require('fs');"
        "v.validateBytes(new Uint8Array(fs.readFileSync('take.vrma'))).then(r=>console.log(JSON.stringify(r)))"
    )
    done = subprocess.run([node, "-e", script], cwd=folder, capture_output=True, text=True, timeout=60, check=True)
    return json.loads(done.stdout)
