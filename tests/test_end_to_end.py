# SPDX-License-Identifier: Apache-2.0
"""From a recording file to keyframes, through every process a user has: headless Blender, solver, .blend."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from inpose_core import CalibrationSettings, Sensors, Skeleton, calibrate, load_recording
from inpose_core.body.skeleton import JOINT_INDEX
from tests.shared_files import SHARED, wants_shared

pytest.importorskip("bpy", reason="Blender's Python module is not installed")

ROOT = Path(__file__).parent.parent
EXAMPLE = ROOT / "examples" / "walk_wave_crouch.csv"
REAL = SHARED / "recordings" / "bs_vivepro2_normal.bsor"
TIMEOUT_S = 280

READ_BACK = """
import json, sys
import bpy
bpy.ops.wm.open_mainfile(filepath=sys.argv[1])
scene = bpy.context.scene
rig = next(thing for thing in scene.objects if thing.type == "ARMATURE")
first, last = (int(frame) for frame in rig.animation_data.action.frame_range)
frames = list(range(first, last + 1, max(1, (last - first) // 200)))
places = []
for frame in frames:
    scene.frame_set(frame)
    bones = [rig.pose.bones[name] for name in ("head", "left_wrist", "right_wrist")]
    places.append([list(rig.matrix_world @ bone.head) for bone in bones])
print("\\nREAD" + json.dumps({"frames": frames, "first": first, "last": last, "places": places,
    "fps": scene.render.fps / scene.render.fps_base, "action": rig.animation_data.action.name}))
"""


@pytest.mark.parametrize(
    ("recording", "pose"),
    [
        pytest.param(EXAMPLE, "grip", id="example"),
        pytest.param(
            REAL,
            "saber",
            id="beat-saber",
            marks=pytest.mark.skipif(not REAL.exists(), reason=wants_shared("recordings")),
        ),
    ],
)
def test_a_recording_becomes_keyframes_that_follow_it(recording: Path, pose: str, tmp_path: Path) -> None:
    output = tmp_path / "take.blend"
    report = run_headless("--recording", str(recording), "--output", str(output), "--hand-poses", pose)
    assert report["ok"], report
    assert output.is_file()
    baked = read_back(output)
    assert baked["action"] == recording.stem

    body = Skeleton.template()
    sensors = calibrate(load_recording(recording), body, CalibrationSettings(pose=pose)).sensors  # type: ignore[arg-type]
    times_s = (np.array(baked["frames"]) - baked["first"]) / baked["fps"]
    assert (baked["last"] - baked["first"]) / baked["fps"] == pytest.approx((len(sensors.measured) - 1) / 60, abs=0.1)
    blender_m = np.array(baked["places"])
    places_m = np.stack((blender_m[..., 0], blender_m[..., 2], -blender_m[..., 1]), axis=-1)
    targets_m = targets_at(sensors, times_s)
    distance_m = np.linalg.norm(places_m - targets_m, axis=-1)
    rest_m = body.rest_positions_m
    shoulder_m = float(np.linalg.norm(rest_m[JOINT_INDEX["head"]] - rest_m[JOINT_INDEX["left_shoulder"]]))
    # A hand that hangs straight down is as far from the head as this; further away, a body must twist to reach.
    reachable = np.linalg.norm(targets_m[:, 1:] - targets_m[:, :1], axis=-1) < body.arm_length_m + 0.9 * shoulder_m
    assert reachable.mean() > 0.5
    assert distance_m[:, 0].mean() < 0.01
    assert distance_m[:, 1:][reachable].mean() < 0.02
    # A standing person: the head is up for most of the time.
    assert np.median(places_m[:, 0, 1]) > 0.75 * body.standing_head_height_m


def run_headless(*arguments: str) -> dict[str, object]:
    finished = subprocess.run(
        [sys.executable, str(ROOT / "inpose_blender" / "headless.py"), *arguments],
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    )
    assert finished.returncode == 0, finished.stdout[-2000:] + finished.stderr[-2000:]
    lines = [line for line in finished.stdout.splitlines() if line.startswith("{")]
    report: dict[str, object] = json.loads(lines[-1])
    return report


def read_back(blend: Path) -> dict[str, object]:
    finished = subprocess.run(
        [sys.executable, "-c", READ_BACK, str(blend)], capture_output=True, text=True, timeout=TIMEOUT_S, check=True
    )
    line = next(line for line in finished.stdout.splitlines() if line.startswith("READ"))
    document: dict[str, object] = json.loads(line.removeprefix("READ"))
    return document


def targets_at(sensors: Sensors, times_s: NDArray[np.float64]) -> NDArray[np.float64]:
    solved_s = np.arange(len(sensors.positions_m)) / sensors.fps
    flat = sensors.positions_m.reshape(len(solved_s), 9)
    return np.stack([np.interp(times_s, solved_s, column) for column in flat.T], axis=-1).reshape(-1, 3, 3)
