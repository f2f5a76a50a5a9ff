# SPDX-License-Identifier: GPL-3.0-or-later
"""Measure *Arms out of the body* against real meshes: ``python benchmarks/arms.py --rigs FILE... [--data DATA]``.

Takes are baked on each rig (.vrm, .glb, .fbx, .blend) without and with the edit. In every fifth frame, the evaluated
mesh tells how deep the arms are in the body. The takes are the example, further recordings (``--recordings``), and, of
a folder of packed motion, captured people who rest their hands at chin and hips and who laugh. ``--broader 1.9`` makes
the trunks broader. Prints Markdown. Needs the bpy wheel.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import bpy
import numpy as np
from mesh_depth import arm_depths, fatten, skin_parts

from inpose_blender import addon
from inpose_blender.bake.edits.applying import character_shape
from inpose_blender.bake.job import BakeJob
from inpose_blender.bake.options import BakeOptions
from inpose_blender.rig.prepare import PreparedRig, prepare_rig
from inpose_blender.takes.take import SolvedTake
from inpose_core.arrays import FloatArray, lengths
from inpose_core.body.motion import Motion
from inpose_core.body.skeleton import ELBOW_JOINTS, WRIST_JOINTS, Skeleton
from inpose_core.editing.applying import apply_edits
from inpose_core.editing.arm_spreading import arm_depths_m
from inpose_core.editing.edit import Edit, EditList
from inpose_core.evaluation.clips import motions_of
from inpose_core.recording_to_motion import SolvePlan, solve_recording
from inpose_core.training.packed_files import read_packed

EXAMPLE: Final[Path] = Path(__file__).parent.parent / "examples" / "walk_wave_crouch.csv"
CAPTURED: Final[tuple[tuple[str, str], ...]] = (
    ("cmu_asf", "14_30"),
    ("cmu_asf", "14_17"),
    ("accad", "Female1_D2_Wait"),
)
"""Files and clips in which hands are at the body: a hand at the chin, laughing, waiting with hands on hips."""
EVERY: Final[int] = 5
"""Frames of the scene between two looks at a mesh."""
MUCH_M: Final[float] = 0.01
"""An arm this deep in the body is seen."""
HEADER: Final[tuple[str, ...]] = (
    "rig",
    "take",
    "frames deeper than 1 cm, %",
    "depth in cm: mean, 95 %, worst",
    "depth beyond 1 cm gone, %",
    "wrists moved in cm: median, 95 %, worst",
    "jitter of wrists, elbows in m/s2",
    "known depth off the mesh, median in cm",
    "s per minute",
)


@dataclass(frozen=True)
class Baked:
    """Hold what the mesh shows of a baked take."""

    frames: range
    depths_m: FloatArray
    """(F, 2)"""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rigs", type=Path, nargs="+", required=True, help="rigs with a skin")
    parser.add_argument("--recordings", type=Path, nargs="*", default=[], help="further recordings")
    parser.add_argument("--data", type=Path, help="folder of packed motion")
    parser.add_argument("--broader", type=float, default=1.0, help="factor of the trunk's breadth")
    parser.add_argument("--every", type=int, default=EVERY, help="frames between two looks at a mesh")
    given = parser.parse_args()
    addon.register()
    print("| " + " | ".join(HEADER) + " |\n|" + "---|" * len(HEADER))
    for path in given.rigs:
        rig = open_rig(path)
        if given.broader != 1.0:
            bones = dict(rig.mapping.bones)
            fatten(skin_parts(rig.armature_object, bones), rig.armature_object, bones, given.broader)
        for name, motion in takes_for(rig.measure.skeleton, given.recordings, given.data):
            print(f"| {path.stem} | {name} | {measured(rig, motion, given.every)} |", flush=True)


def open_rig(path: Path) -> PreparedRig:
    """Open or import a rig into an empty scene."""
    if path.suffix == ".blend":
        bpy.ops.wm.open_mainfile(filepath=str(path))
    else:
        bpy.ops.wm.read_factory_settings(use_empty=True)
        load: Any = bpy.ops.import_scene.fbx if path.suffix == ".fbx" else bpy.ops.import_scene.gltf
        load(filepath=str(path))
    bpy.context.scene.render.fps = 30
    armature = next(thing for thing in bpy.data.objects if thing.type == "ARMATURE")
    armature.name = path.stem
    return prepare_rig(armature, bpy.context.scene)


def takes_for(skeleton: Skeleton, recordings: Sequence[Path], data: Path | None) -> Iterator[tuple[str, Motion]]:
    """Yield names and motions of all takes on a skeleton."""
    for recording in (EXAMPLE, *recordings):
        yield recording.stem, solve_recording(SolvePlan(recording, skeleton=skeleton)).motion
    for file, name in CAPTURED if data is not None else ():
        path = data / f"{file}.npz"
        motion = motions_of(read_packed(path))[np.load(path)["clip"].tolist().index(name)]
        scale = skeleton.standing_head_height_m / motion.skeleton.standing_head_height_m
        yield name, replace(motion, skeleton=skeleton, root_translation_m=scale * motion.root_translation_m)


def measured(rig: PreparedRig, motion: Motion, every: int) -> str:
    """Return the figures of one take on a rig."""
    shape = character_shape(rig, bpy.context.scene, BakeOptions(), motion)
    edits = EditList((Edit("spread_arms"),))
    started_s = time.process_time()
    edited = apply_edits(motion, None, edits, shape).motion
    taken_s = time.process_time() - started_s
    before, after = (baked(rig, one, every) for one in (motion, edited))
    times = (np.array(before.frames) - before.frames.start) / bpy.context.scene.render.fps
    known_m = arm_depths_m(motion.part(np.minimum(np.round(times * motion.fps).astype(int), len(motion) - 1)), shape)
    seen = before.depths_m > MUCH_M
    off_m = np.abs(known_m - before.depths_m)[seen]
    moved_m = lengths(edited.joint_positions_m - motion.joint_positions_m)[:, list(WRIST_JOINTS)]
    pairs = [(jitter(motion, joints), jitter(edited, joints)) for joints in (WRIST_JOINTS, ELBOW_JOINTS)]
    beyond = [(one.depths_m - MUCH_M).clip(min=0).sum() for one in (before, after)]
    cells = (
        " to ".join(f"{100 * (one.depths_m > MUCH_M).mean():.0f}" for one in (before, after)),
        " to ".join(_three(one.depths_m, one.depths_m.mean()) for one in (before, after)),
        f"{100 * (1 - beyond[1] / beyond[0]):.0f}" if beyond[0] > 0 else "",
        _three(moved_m, float(np.median(moved_m))),
        ", ".join(f"{was:.1f} to {now:.1f}" for was, now in pairs),
        f"{100 * np.median(off_m):.1f}" if seen.any() else "",
        f"{taken_s * 60 * motion.fps / len(motion):.1f}",
    )
    return " | ".join(cells)


def bake(rig: PreparedRig, motion: Motion) -> range:
    """Bake a motion, and return its frames without the T-pose of the start."""
    solved, options = SolvedTake(motion, None, 1.0), BakeOptions(set_frame_range=True)
    result = BakeJob(rig, bpy.context.scene, lambda: solved, options, "arms", replace_own=True).run()
    return range(result.first_frame, result.last_frame)


def baked(rig: PreparedRig, motion: Motion, every: int) -> Baked:
    """Bake a motion and look at the mesh."""
    frames = bake(rig, motion)[::every]
    parts = skin_parts(rig.armature_object, dict(rig.mapping.bones))
    return Baked(frames, arm_depths(parts, frames, rig.measure.metres_per_unit)[0])


def jitter(motion: Motion, joints: Sequence[int]) -> float:
    """Return the root mean square of the acceleration of joints in m/s2."""
    places_m = motion.joint_positions_m[:, list(joints)]
    return float(np.sqrt((np.diff(places_m, 2, axis=0) ** 2).sum(axis=-1).mean()) * motion.fps**2)


def _three(values_m: FloatArray, first_m: float) -> str:
    return f"{100 * first_m:.1f}, {100 * np.quantile(values_m, 0.95):.1f}, {100 * values_m.max():.1f}"


if __name__ == "__main__":
    main()
