# SPDX-License-Identifier: GPL-3.0-or-later
"""Measure *Fewer keys* on the examples: ``python benchmarks/keys.py``; with ``--long``, how long 10,000 frames take.

Needs bpy. The examples are solved for the stick figure and baked with and without *Fewer keys*. Blender evaluates both
bakes in each whole frame, and the joints are compared in world space. Prints Markdown.
"""

from __future__ import annotations

import argparse
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import bpy
import numpy as np

REPOSITORY: Final[Path] = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(REPOSITORY))

from inpose_blender.bake.job import BakeJob  # noqa: E402
from inpose_blender.bake.options import BakeOptions  # noqa: E402
from inpose_blender.bpy_compat import action_curves  # noqa: E402
from inpose_blender.core import FloatArray, Skeleton  # noqa: E402
from inpose_blender.keys.body import END_JOINTS  # noqa: E402
from inpose_blender.preferences.machine_settings import solver_interpreters  # noqa: E402
from inpose_blender.reducing.measuring import LargestChange, largest_change, places  # noqa: E402
from inpose_blender.rig.prepare import PreparedRig, prepare_rig  # noqa: E402
from inpose_blender.rig.stick_figure import add_stick_figure  # noqa: E402
from inpose_blender.runtime.worker_job import stop_warm_process  # noqa: E402
from inpose_blender.solve.job import SolveJob  # noqa: E402
from inpose_blender.solve.options import SolveOptions  # noqa: E402
from inpose_blender.takes.take import SolvedTake  # noqa: E402

EXAMPLES: Final[tuple[tuple[str, int], ...]] = (
    ("lunge.csv", 24),
    ("walk_wave_crouch.csv", 24),
    ("walk_wave_crouch.csv", 60),
)
LONG_FRAMES: Final[int] = 10_000


@dataclass(frozen=True)
class Figures:
    """Hold what was measured of one bake."""

    share: float
    """Of the keys that a bake without *Fewer keys* has."""
    change: LargestChange


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--key-distance", type=float, default=2.0, help="millimetres")
    parser.add_argument("--key-angle", type=float, default=0.5, help="degrees")
    parser.add_argument("--long", action="store_true", help=f"how long the bake of {LONG_FRAMES} frames takes")
    arguments = parser.parse_args()
    options = BakeOptions(fewer_keys=True, key_distance_mm=arguments.key_distance, key_angle_deg=arguments.key_angle)
    try:
        print("| recording | frames per second | keys left | farthest hand, foot, head or pelvis |")
        print("|---|---|---|---|")
        for name, fps in EXAMPLES:
            rig = stick_figure(fps)
            found = measured(rig, solved(rig, name), options)
            off = f"{found.change.mm:.1f} mm, {found.change.degrees:.2f} degrees"
            print(f"| `{name}` | {fps} | {100 * found.share:.1f} % | {off} |")
        if arguments.long:
            rig = stick_figure(EXAMPLES[1][1])
            cpu_s, wall_s = duration_s(rig, lengthened(solved(rig, EXAMPLES[1][0]), EXAMPLES[1][1]), options)
            print(f"\nFewer keys of {LONG_FRAMES} frames: {cpu_s:.1f} s of processor time, {wall_s:.1f} s.")
    finally:
        stop_warm_process()


def stick_figure(fps: int) -> PreparedRig:
    """Return a stick figure in an empty scene."""
    bpy.ops.wm.read_homefile(use_empty=True)
    scene = bpy.context.scene
    scene.render.fps = fps
    return prepare_rig(add_stick_figure(scene, Skeleton.template()), scene)


def solved(rig: PreparedRig, name: str) -> SolvedTake:
    """Solve an example for a rig."""
    options = SolveOptions()
    interpreters = solver_interpreters("", options.solve.device)
    job = SolveJob(REPOSITORY / "examples" / name, rig.measure.skeleton, interpreters, options)
    job.wait()
    return job.outcome.take


def measured(rig: PreparedRig, take: SolvedTake, options: BakeOptions) -> Figures:
    """Bake a take densely and with few keys, and compare."""
    armature_object = rig.armature_object
    names = [rig.mapping.bones[joint] for joint in END_JOINTS]
    heads = {name: np.array(armature_object.data.bones[name].head_local, dtype=np.float64) for name in names}
    counts: list[int] = []
    poses: list[FloatArray] = []
    frames: list[int] = []
    for each in (replace(options, fewer_keys=False), options):
        result = BakeJob(rig, bpy.context.scene, lambda: take, each, "keys", replace_own=True).run()
        frames = list(range(result.first_frame, result.last_frame + 1))
        counts.append(key_count(armature_object))
        poses.append(places(armature_object, names, frames))
    change = largest_change(poses[0], poses[1], heads, frames, rig.measure.metres_per_unit)
    return Figures(counts[1] / counts[0], change)


def key_count(armature_object: Any) -> int:
    """Return the number of keys of the active action; properties with a single key do not move."""
    counts = [
        len(curve.keyframe_points) for curve in action_curves(armature_object.animation_data.action, armature_object)
    ]
    return sum(count for count in counts if count > 1)


def lengthened(take: SolvedTake, fps: int) -> SolvedTake:
    """Return a take that goes forth and back until it has enough frames."""
    motion = take.motion
    count = round(LONG_FRAMES * motion.fps / fps)
    there = np.arange(len(motion))
    index = np.concatenate([there, there[::-1]] * (count // (2 * len(motion)) + 1))[:count]
    return SolvedTake(motion.part(index))


def duration_s(rig: PreparedRig, take: SolvedTake, options: BakeOptions) -> tuple[float, float]:
    """Return how much longer a bake takes with few keys: processor time and time."""
    spent = []
    for each in (replace(options, fewer_keys=False), options):
        cpu_s, wall_s = time.process_time(), time.perf_counter()
        BakeJob(rig, bpy.context.scene, lambda: take, each, "long", replace_own=True).run()
        spent.append((time.process_time() - cpu_s, time.perf_counter() - wall_s))
    return spent[1][0] - spent[0][0], spent[1][1] - spent[0][1]


if __name__ == "__main__":
    main()
