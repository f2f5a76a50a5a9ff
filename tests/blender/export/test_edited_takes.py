# SPDX-License-Identifier: GPL-3.0-or-later
"""What an animator has changed about a take is in the exported files, in all formats and on rigs of several families.

Blender's own evaluation of the scene decides. Two readers play the files: ours, and Blender's importers.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import bpy
import numpy as np
import pytest
from export.edited_takes import EDITS, STANDS, TAKE, bake
from export.importing import import_file, own_name
from ik_rigs import hand_made_rig

from inpose_blender.core import JOINT_INDEX, read_fbx_clips, read_gltf_clips
from inpose_blender.export.exporting import export_character
from inpose_blender.export.options import ExportOptions
from inpose_blender.export.sampling import BLENDER_FROM_CORE, GameFrame
from inpose_blender.rig.prepare import prepare_rig
from inpose_core.motion_files.vrma import VRM_BONES
from tests.shared_files import shared_or_skip

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "gui"))
FAMILIES = importlib.import_module("characters").FAMILIES
FILES: Mapping[str, dict[str, Any]] = {
    "godot.glb": {"engine": "godot"},
    "unreal.fbx": {"engine": "unreal"},
    "unity.fbx": {"engine": "unity", "root_motion": "root"},
    "motion.bvh": {},
    "motion.vrma": {},
}
TOLERANCE_M = {".glb": 5e-5, ".fbx": 2e-3, ".bvh": 1e-3}
VRMA_TOLERANCE_M = 5e-3
PLANTED_M = 2e-3
SEEN_M = 0.01
TRUNK = {"pelvis", "spine1", "spine2", "spine3", "neck"}
"""In a VRMA file, bones between these joints are straight."""
FAST = {("by hand", "tweak layer"), ("by hand", "keys by hand")}
CELLS = [
    pytest.param(rig, edit, marks=[] if (rig, edit) in FAST else [pytest.mark.slow], id=f"{rig}-{edit}")
    for rig in ("by hand", *FAMILIES)
    for edit in EDITS
]
Places = dict[str, dict[str, np.ndarray]]
"""Clip to bone to path, (F, 3), in the game frame."""


@pytest.fixture(scope="module")
def opened(tmp_path_factory) -> Callable[[str], Any]:
    """Return a function that opens a rig in a scene of its own; generating one takes ten seconds, opening it none."""
    folder = tmp_path_factory.mktemp("rigs")

    def open_rig(name: str) -> Any:
        file = folder / f"{name}.blend"
        if not file.exists():
            bpy.ops.wm.read_factory_settings(use_empty=True)
            if name != "by hand" and FAMILIES[name].file:
                shared_or_skip(f"rigs/{FAMILIES[name].file}")
            try:
                rig = hand_made_rig() if name == "by hand" else FAMILIES[name].build()
            except RuntimeError as error:
                pytest.skip(f"this Blender has no Rigify ({error})")
            rig.name = "Hero"
            bpy.ops.wm.save_as_mainfile(filepath=str(file))
        bpy.ops.wm.open_mainfile(filepath=str(file))
        bpy.context.scene.render.fps = 24
        return bpy.data.objects["Hero"]

    return open_rig


@pytest.fixture(scope="module")
def plain() -> dict[str, Places]:
    """Return a store for what each rig plays when nothing is changed."""
    return {}


def seen(rig: Any, frames: Mapping[str, range]) -> Places:
    """Return where Blender has the bones. An object that moves begins where the rig stands."""
    scene = bpy.context.scene
    before = scene.frame_current
    rest = GameFrame.of(rig, prepare_rig(rig, scene).measure).rest
    places: Places = {}
    for clip, numbers in frames.items():
        rows = []
        for number in numbers:
            scene.frame_set(number)
            if number == numbers[0]:
                begins = np.linalg.inv(np.array(rig.matrix_world, dtype=np.float64))
            to_game = rest @ begins @ np.array(rig.matrix_world, dtype=np.float64)
            heads = np.array([bone.head for bone in rig.pose.bones], dtype=np.float64)
            rows.append(heads @ to_game[:3, :3].T + to_game[:3, 3])
        places[clip] = {bone.name: np.array(rows)[:, index] for index, bone in enumerate(rig.pose.bones)}
    scene.frame_set(before)
    return places


def read(path: Path) -> Places:
    """Play a file with our own readers."""
    clips = read_fbx_clips(path).clips if path.suffix == ".fbx" else read_gltf_clips(path)
    return {clip.name: {bone: place @ BLENDER_FROM_CORE.T for bone, place in clip.places_m.items()} for clip in clips}


def furthest_m(found: Places, wanted: Places) -> float:
    """Return the largest distance of a joint from where Blender has it; clips and frames must be the same."""
    assert sorted(found) == sorted(wanted)
    worst = 0.0
    for clip, places in found.items():
        common = set(places) & set(wanted[clip])
        assert len(common) > 15
        for bone in common:
            assert len(places[bone]) == len(wanted[clip][bone]), clip
            worst = max(worst, float(np.linalg.norm(places[bone] - wanted[clip][bone], axis=1).max()))
    return worst


def slide_m(path_m: np.ndarray) -> float:
    """Return how far a planted foot moves while it stands, but for the frames in which it comes and goes."""
    stances = [path_m[first + 1 : last] for first, last in STANDS]
    return max(float(np.linalg.norm(path - path.mean(axis=0), axis=1).max()) for path in stances)


@pytest.mark.timeout(900)
@pytest.mark.parametrize(("name", "edit_name"), CELLS)
def test_what_the_animator_changed_is_in_the_file(registered, opened, plain, tmp_path, name, edit_name):
    edit = EDITS[edit_name]
    family = FAMILIES.get(name)
    if edit.needs == "ik" and family and not family.has_ik:
        pytest.skip("a rig without IK")
    if edit.needs == "root" and family and not family.root:
        pytest.skip("a rig without a root bone")
    rig = opened(name)
    if name not in plain:
        bake(rig)
        plain[name] = seen(rig, TAKE)
        rig = opened(name)
    edit.do(rig)
    frames = edit.frames or frames_of_action(rig)
    wanted = seen(rig, frames)
    if edit.changes:
        assert furthest_m(wanted, dict.fromkeys(wanted, plain[name]["take"])) > SEEN_M
    prepared = prepare_rig(rig, bpy.context.scene)
    results = {
        file: export_character(
            bpy.context, prepared, bpy.context.scene, tmp_path / file, ExportOptions(mesh=False, **options)
        )
        for file, options in FILES.items()
    }
    exported = dict(results["godot.glb"].clips)
    assert {clip: exported.get(clip) for clip in frames} == {clip: len(numbers) for clip, numbers in frames.items()}
    bones = (family.joints if family else None) or prepared.mapping.bones
    size = max(1.0, prepared.measure.skeleton.stature_m / 1.7)
    for file, result in results.items():
        path, motion = tmp_path / file, {"take": wanted["take"]} if result.clips[0][0] == "take" else {}
        if path.suffix == ".vrma":
            (clip,) = read(path).values()
            check_body(clip, wanted[result.clips[0][0]], bones, size)
            continue
        carrier = (family.root if family else "root") if "root_motion" in FILES[file] else ""
        for found in played(path, wanted, result.clips[0][0]):
            for places in found.values():
                places.pop(carrier, None)  # only this bone moves differently, as asked for
            assert furthest_m(found, {clip: wanted[clip] for clip in found}) < TOLERANCE_M[path.suffix] * size, file
            if edit.feet_stand and motion:
                check_planted(found["take"], wanted["take"], bones, TOLERANCE_M[path.suffix] * size)


def frames_of_action(rig: Any) -> dict[str, range]:
    """Return the frames of the action that plays: a loop chooses its end itself."""
    action = rig.animation_data.action
    first, last = (round(each) for each in action.curve_frame_range)
    return {action.name: range(first, last + 1)}


def played(path: Path, wanted: Places, first: str) -> Iterator[Places]:
    """Yield what both readers play of a file, of the clips that are wanted; a BVH file holds the first one."""
    imported = import_file(path).places_m
    if path.suffix == ".bvh":
        yield {first: next(iter(imported.values()))}
        return
    for places in (read(path), imported):
        by_name = {own_name(clip, wanted): bones for clip, bones in places.items()}
        assert set(wanted) <= set(by_name)
        yield {clip: by_name[clip] for clip in wanted}


def check_body(found: Mapping[str, np.ndarray], wanted: Mapping[str, np.ndarray], bones: Any, size: float) -> None:
    """Compare the joints of a VRMA file that no bones between other joints bend."""
    for joint in JOINT_INDEX:
        if joint in bones and joint not in TRUNK:
            apart = np.linalg.norm(found[VRM_BONES[joint]] - wanted[bones[joint]], axis=1)
            assert apart.max() < VRMA_TOLERANCE_M * size, joint


def check_planted(
    found: Mapping[str, np.ndarray], wanted: Mapping[str, np.ndarray], bones: Any, tolerance_m: float
) -> None:
    """Check that planted feet slide no further in a file than in Blender, and stand still where they do there."""
    for joint in ("left_foot", "right_foot"):
        place = wanted[bones[joint]]
        toe = min(set(found) & set(wanted), key=lambda bone: np.linalg.norm(wanted[bone] - place, axis=1).max())
        in_blender_m = slide_m(wanted[toe])
        assert slide_m(found[toe]) < in_blender_m + tolerance_m
        assert slide_m(found[toe]) < PLANTED_M or in_blender_m > PLANTED_M - tolerance_m
