# SPDX-License-Identifier: GPL-3.0-or-later
"""Measure *Feet to the ground* against real meshes: ``python benchmarks/soles.py --rigs FILE...``.

The example is baked on each rig over meshes of the scene: a level one, a slope of 14 degrees, bumps and stairs. In
every sixth frame, the lowest vertices of each foot tell how far its skin is from the ground, straight down. Prints
Markdown. Needs the bpy wheel.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any, Final

import bpy
import numpy as np
from arms import EXAMPLE, open_rig
from mathutils import Vector
from mesh_depth import joints_of_vertices, posed_vertices

from inpose_blender import addon
from inpose_blender.bake.job import BakeJob
from inpose_blender.bake.options import BakeOptions
from inpose_blender.rig.prepare import PreparedRig
from inpose_blender.takes.take import SolvedTake
from inpose_core.arrays import FloatArray
from inpose_core.editing.meeting import planted_feet
from inpose_core.recording_to_motion import SolvedRecording, SolvePlan, solve_recording

EVERY: Final[int] = 6
LOWEST: Final[int] = 60
"""Vertices of a foot that are looked at."""
GROUNDS: Final[tuple[str, ...]] = ("level", "slope", "bumps", "stairs")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rigs", type=Path, nargs="+", required=True, help="rigs with a skin")
    given = parser.parse_args()
    addon.register()
    print("| rig | ground | planted feet over it in cm: median, 5 %, 95 % | swinging feet at most below it in cm |")
    print("|---|---|---|---|")
    for path in given.rigs:
        rig = open_rig(path)
        solved = solve_recording(SolvePlan(EXAMPLE, skeleton=rig.measure.skeleton))
        for name in GROUNDS:
            print(f"| {path.stem} | {name} | {measured(rig, solved, name)} |", flush=True)


def measured(rig: PreparedRig, solved: SolvedRecording, name: str) -> str:
    """Return the figures of the example on one ground."""
    scene, armature, metres = bpy.context.scene, rig.armature_object, rig.measure.metres_per_unit
    ground = ground_mesh(name, metres)
    armature.inpose_edits.entries.clear()
    edit = armature.inpose_edits.entries.add()
    edit.kind, edit.ground, edit.whole, edit.amount = "ground", ground, True, 1.0
    take = SolvedTake(solved.motion, solved.calibrated.sensors, 1.0)
    options = BakeOptions(set_frame_range=True)
    result = BakeJob(rig, scene, lambda: take, options, "soles", replace_own=True).run()
    stands, feet = planted_feet(solved.motion), feet_of(rig)
    planted, swinging = [], []
    for frame in range(result.first_frame, result.last_frame, EVERY):
        scene.frame_set(frame)
        of_motion = round((frame - result.first_frame) / scene.render.fps * solved.motion.fps)
        for side in (0, 1):
            gap_m = metres * gap(ground, [posed_vertices(mesh)[chosen[side]] for mesh, chosen in feet.items()])
            (planted if stands[min(of_motion, len(stands) - 1), side] else swinging).append(gap_m)
    bpy.data.objects.remove(ground)
    low, middle, high = (100 * np.quantile(planted, share) for share in (0.05, 0.5, 0.95))
    return f"{middle:.1f}, {low:.1f}, {high:.1f} | {-100 * min(swinging, default=0.0):.1f}"


def feet_of(rig: PreparedRig) -> dict[str, tuple[Any, Any]]:
    """Return the vertices of the left and of the right foot, by the name of the mesh object."""
    found = {}
    for mesh, joints in joints_of_vertices(rig.armature_object, dict(rig.mapping.bones)).items():
        sides = (np.flatnonzero(np.isin(joints, [f"{side}_ankle", f"{side}_foot"])) for side in ("left", "right"))
        found[mesh] = (next(sides), next(sides))
    return found


def gap(ground: Any, parts: list[FloatArray]) -> float:
    """Return how far the lowest of some vertices is above a ground, in units of the scene."""
    places = np.concatenate(parts)
    gaps = []
    for place in places[places[:, 2].argsort()[:LOWEST]]:
        hit, on_ground, _, _ = ground.ray_cast(Vector((place[0], place[1], place[2] + 1e3)), Vector((0, 0, -1)))
        if hit:
            gaps.append(place[2] - on_ground.z)
    return float(min(gaps))


def ground_mesh(name: str, metres_per_unit: float) -> Any:
    """Return a mesh object of the scene, 12 m wide."""
    steps = np.arange(-6.0, 6.0, 0.4)
    x_m = np.linspace(-6.0, 6.0, 161)
    y_m = np.sort(np.concatenate((steps, steps - 1e-4))) if name == "stairs" else x_m
    X, Y = np.meshgrid(x_m, y_m, indexing="ij")
    heights_m = {
        "level": 0.0 * X,
        "slope": 0.25 * X,
        "bumps": 0.1 + 0.05 * np.sin(2 * X) * np.cos(1.7 * Y) + 0.02 * np.sin(5 * X + 1) * np.sin(4 * Y),
        "stairs": 0.15 * np.floor(Y / 0.4 + 1e-6),
    }[name]
    numbers = np.arange(X.size).reshape(X.shape)
    corners = (numbers[:-1, :-1], numbers[1:, :-1], numbers[1:, 1:], numbers[:-1, 1:])
    data = bpy.data.meshes.new(name)
    places = np.stack((X, Y, heights_m), axis=-1).reshape(-1, 3) / metres_per_unit
    data.from_pydata(places.tolist(), [], np.stack(corners, axis=-1).reshape(-1, 4).tolist())
    ground = bpy.data.objects.new(name, data)
    bpy.context.scene.collection.objects.link(ground)
    return ground


if __name__ == "__main__":
    main()
