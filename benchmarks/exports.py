# SPDX-License-Identifier: GPL-3.0-or-later
"""Measure exports: ``python benchmarks/exports.py --rigs FOLDER [--out FOLDER]``.

Solves the walk of the example for each rig of the folder and for a generated Rigify human, bakes it, and exports it as
FBX for Unreal and as glTF for Godot. Blender's own importers read the files into an empty scene. Prints, for each rig,
the largest distance of a joint from its place in Blender, and how far planted toes move while they stand, as Markdown.
Needs the bpy wheel.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import bpy
import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "blender"), str(ROOT / "tests" / "gui")]

from characters import FAMILIES  # noqa: E402
from export.importing import import_file, largest_distance_m, played_places_m  # noqa: E402
from rigs import import_rig  # noqa: E402

from inpose_blender.bake.job import BakeJob  # noqa: E402
from inpose_blender.bake.options import BakeOptions  # noqa: E402
from inpose_blender.export.exporting import export_character  # noqa: E402
from inpose_blender.export.options import EngineName, ExportOptions  # noqa: E402
from inpose_blender.rig.prepare import PreparedRig, prepare_rig  # noqa: E402
from inpose_blender.takes.take import SolvedTake  # noqa: E402
from inpose_core.arrays import FloatArray, runs  # noqa: E402
from inpose_core.body.motion import Motion  # noqa: E402
from inpose_core.options.reading import ReadOptions  # noqa: E402
from inpose_core.recording_to_motion import SolvePlan, solve_recording  # noqa: E402

WALK_S: Final[tuple[float, float]] = (4.0, 8.0)
_RIGIFY: Final[str] = "Rigify (generated)"
_NAME: Final[str] = "walk"
_SUFFIXES: Final[frozenset[str]] = frozenset({".bvh", ".fbx", ".glb", ".gltf", ".vrm", ".blend"})
_MARGIN_FRAMES: Final[int] = 1
"""At the ends of a stance, where the foot comes and goes between two frames."""


EXPORTS: Final[Mapping[str, EngineName]] = {".fbx": "unreal", ".glb": "godot"}


@dataclass(frozen=True)
class Figures:
    """Hold what was measured for one rig, in millimetres; by the ending of the file."""

    joints_mm: dict[str, float]
    """Largest distance of a joint from its place in Blender."""
    planted_mm: dict[str, float]
    """Largest distance of a planted toe from where it stands."""
    planted_in_blender_mm: float

    @property
    def row(self) -> str:
        """Return the cells of the rig's row."""
        values = [figure for suffix in EXPORTS for figure in (self.joints_mm[suffix], self.planted_mm[suffix])]
        return " | ".join(f"{value:.3f}" for value in (*values, self.planted_in_blender_mm))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rigs", type=Path, required=True, help="folder of rigs")
    parser.add_argument("--out", type=Path, help="folder that keeps the files")
    arguments = parser.parse_args()
    print("| rig | FBX: joints mm | planted toes mm | glTF: joints mm | planted toes mm | planted in Blender mm |")
    print("|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for name in (_RIGIFY, *sorted(path.name for path in arguments.rigs.iterdir() if path.suffix in _SUFFIXES)):
            print(f"| {name} | {measured(name, arguments.rigs, arguments.out or Path(folder)).row} |", flush=True)


def measured(name: str, rigs: Path, folder: Path) -> Figures:
    """Bake and export a rig, and measure the imported files."""
    rig = opened(name, rigs)
    prepared = prepare_rig(rig, bpy.context.scene)
    plan = SolvePlan(
        ROOT / "examples" / "walk_wave_crouch.csv",
        prepared.measure.skeleton,
        reading=ReadOptions(trim_start_s=WALK_S[0], trim_end_s=WALK_S[1]),
    )
    motion = solve_recording(plan).motion
    baked(prepared, motion)
    fps = bpy.context.scene.render.fps / bpy.context.scene.render.fps_base
    played = played_places_m(rig)
    (in_blender,) = played.values()
    stances = stances_in_frames(motion, fps, len(next(iter(in_blender.values()))))
    files = {suffix: folder / f"{bpy.path.clean_name(name)}_{engine}{suffix}" for suffix, engine in EXPORTS.items()}
    for suffix, path in files.items():
        options = ExportOptions(engine=EXPORTS[suffix])
        export_character(bpy.context, prepared, bpy.context.scene, path, options)
    mapped = {side: prepared.mapping.bones.get(f"{side}_foot", "") for side in stances}
    joints_mm, planted_mm, toes = {}, {}, dict[str, str]()
    for suffix, path in files.items():
        imported = import_file(path, fps)
        (in_file,) = imported.places_m.values()
        toes = {side: nearest_bone(bone, in_blender, in_file) for side, bone in mapped.items() if bone}
        joints_mm[suffix] = 1000 * largest_distance_m(imported, played)
        planted_mm[suffix] = 1000 * slide_m(in_file, toes, stances)
    return Figures(joints_mm, planted_mm, 1000 * slide_m(in_blender, toes, stances))


def nearest_bone(bone: str, in_blender: Mapping[str, FloatArray], in_file: Mapping[str, FloatArray]) -> str:
    """Return the exported bone that is where a bone of the rig is: the bones that deform have names of their own."""
    common = [name for name in in_file if name in in_blender]
    return min(common, key=lambda name: float(np.linalg.norm(in_blender[name] - in_blender[bone], axis=1).max()))


def opened(name: str, rigs: Path) -> Any:
    """Open a rig in an empty Blender, and return its armature object."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    return FAMILIES["rigify"].build() if name == _RIGIFY else import_rig(rigs / name)[0]


def baked(prepared: PreparedRig, motion: Motion) -> None:
    """Bake a motion as the only action."""
    for action in list(bpy.data.actions):
        bpy.data.actions.remove(action)
    animation = prepared.armature_object.animation_data
    for track in list(animation.nla_tracks) if animation else ():
        animation.nla_tracks.remove(track)
    take = SolvedTake(motion)
    options = BakeOptions(set_frame_range=True)
    BakeJob(prepared, bpy.context.scene, lambda: take, options, _NAME, replace_own=True).run()


def stances_in_frames(motion: Motion, fps: float, frames: int) -> dict[str, list[tuple[int, int]]]:
    """Return the first frame and the frame after the last of each stance in which the foot surely stands."""
    assert motion.foot_stands is not None
    times = np.arange(frames) / fps * motion.fps
    rows = np.minimum(np.round(times).astype(int), len(motion) - 1)
    found = {}
    for column, side in enumerate(("left", "right")):
        stretches = runs(motion.foot_stands[rows, column])
        inner = [(start + _MARGIN_FRAMES, stop - _MARGIN_FRAMES) for start, stop in stretches]
        found[side] = [(start, stop) for start, stop in inner if stop - start > 1]
    return found


def slide_m(
    places_m: Mapping[str, FloatArray], toes: Mapping[str, str], stances: Mapping[str, Sequence[tuple[int, int]]]
) -> float:
    """Return the largest distance of a planted toe from where it stands on average."""
    worst = 0.0
    for side, bone in toes.items():
        for start, stop in stances[side]:
            path = places_m[bone][start:stop]
            worst = max(worst, float(np.linalg.norm(path - path.mean(axis=0), axis=1).max()))
    return worst


if __name__ == "__main__":
    main()
