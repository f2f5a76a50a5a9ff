# SPDX-License-Identifier: Apache-2.0
"""Measure how often the order of Euler angles is found: ``python benchmarks/euler_orders.py --data DIR``.

Writes tables of headset and controllers of captured people in several conventions, lets InPose read them, and prints
Markdown: in how many of them the order is right, doubted, and wrong without a doubt. The takes are of data sets that
did not choose the priors of the orders (`accad`, `cmu_asf`, `cmu_daz` and `hdm05` did).
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from typing import Final

import numpy as np

from inpose_core.arrays import FloatArray
from inpose_core.body.euler import quaternion_to_euler
from inpose_core.body.motion import Motion
from inpose_core.body.quaternions import (
    matrix_to_quaternion,
    multiply_quaternions,
    quaternion_to_matrix,
    rotate_vector,
)
from inpose_core.body.skeleton import SENSOR_JOINTS
from inpose_core.calibration.presets import head_offset, wrist_offset
from inpose_core.evaluation.clips import choose_clips, load_packed_clips
from inpose_core.recording import load_recording
from inpose_core.recording.conventions import Axes, axes_matrix

SETS: Final[tuple[str, ...]] = ("uiprmd", "soma_apache", "cmu_fbx", "cmu_long", "cmu_neo", "cmu_expmap")
CONVENTIONS: Final[tuple[tuple[str, str], ...]] = (
    ("RUF", "YXZ"),
    ("RUB", "XYZ"),
    ("RFU", "ZYX"),
    ("FLU", "ZYX"),
    ("RUF", "ZXY"),
)
"""Axes and order: of Unity, of three.js, of Blender and ROS, and an unusual one."""
_LONGEST: Final[int] = 1800
_SHORTEST: Final[int] = 300
_DEVICES: Final[tuple[str, ...]] = ("head", "left", "right")


def main() -> None:
    """Write tables, read them, and print how often the order is right."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of packed motion")
    parser.add_argument("--clips", type=int, default=12, help="clips of each data set")
    options = parser.parse_args()
    motions: list[Motion] = []
    for name in SETS:
        clips = [clip for clip in load_packed_clips(options.data / f"{name}.npz") if len(clip) >= _SHORTEST]
        motions += choose_clips(clips, options.clips, _LONGEST)
    print("| axes | order | tables | right | doubted | wrong and not doubted |\n|---|---|---|---|---|---|")
    for axes, order in CONVENTIONS:
        read = [read_order(motion, axes, order, np.random.default_rng(seed)) for seed, motion in enumerate(motions)]
        right = sum(found == order for found, _ in read)
        doubted = sum(doubt for _, doubt in read)
        sure = sum(found != order and not doubt for found, doubt in read)
        print(f"| {axes} | {order} | {len(read)} | {right} | {doubted} | {sure} |")


def read_order(motion: Motion, axes: str, order: str, random: np.random.Generator) -> tuple[str, bool]:
    """Return the order that InPose finds in a table of a motion, and whether it doubts it."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "take.csv"
        path.write_text(table(motion, axes, order, random))
        recording = load_recording(path)
    (guess,) = [guess for guess in recording.guesses if guess.name == "Euler order"]
    return str(guess.value), bool(guess.doubt)


def table(motion: Motion, axes: str, order: str, random: np.random.Generator) -> str:
    """Return a table of a headset and two controllers in some axes, with Euler angles in degrees."""
    joints = list(SENSOR_JOINTS)
    half = random.uniform(-np.pi, np.pi) / 2
    room = np.array((np.cos(half), 0.0, np.sin(half), 0.0))
    offsets = [head_offset(motion.skeleton.stature_m), wrist_offset("grip", 0), wrist_offset("grip", 1)]
    positions_m, angles_deg = [], []
    for device, offset in enumerate(each.inverse() for each in offsets):
        wxyz = motion.rotations_wxyz[:, joints[device]]
        place_m = motion.joint_positions_m[:, joints[device]] + rotate_vector(wxyz, offset.position_m)
        positions_m.append(rotate_vector(room, place_m) + 0.0004 * random.standard_normal(place_m.shape))
        turned = multiply_quaternions(room, multiply_quaternions(wxyz, offset.wxyz))
        angles_deg.append(written_angles_deg(turned, axes, order))
    written_m = np.stack(positions_m, axis=1) @ axes_matrix(Axes.parse(axes).positions)
    header = ["time"]
    for device in _DEVICES:
        header += [f"{device}_pos_{axis}" for axis in "xyz"] + [f"{device}_euler_{axis}" for axis in "xyz"]
    rows = np.concatenate((written_m, np.stack(angles_deg, axis=1)), axis=-1).reshape(len(motion), -1)
    lines = [f"{row / motion.fps:.4f}," + ",".join(f"{value:.4f}" for value in rows[row]) for row in range(len(rows))]
    return "\n".join([",".join(header), *lines])


def written_angles_deg(wxyz: FloatArray, axes: str, order: str) -> FloatArray:
    """Return rotations in OpenXR's axes as Euler angles (F, 3) about x, y and z of other axes."""
    parsed = Axes.parse(axes)
    to_rotations, to_device = axes_matrix(parsed.rotations), axes_matrix(parsed.device)
    matrices = to_rotations.T @ quaternion_to_matrix(wxyz) @ to_device
    in_order = np.degrees(quaternion_to_euler(matrix_to_quaternion(matrices), order))
    angles = np.empty_like(in_order)
    angles[..., ["XYZ".index(letter) for letter in order]] = in_order
    return angles


if __name__ == "__main__":
    main()
