# SPDX-License-Identifier: GPL-3.0-or-later
"""Print by how much IK and FK differ at most on each rig at hand, and hold it to the limits.

``pytest tests/blender/controls/test_agreement.py -m slow -s -q``. None of the rigs in ``../shared`` has IK. So each of
them gets targets and IK constraints, as a rigger would add them; rigs whose bones do not hang together cannot have it.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import bpy
import pytest
from controls.test_ik_bake import apart, bake, poses
from controls.test_rigify_controls import generate_rig, set_all
from ik_rigs import auto_rig_pro_rig, hand_made_rig, mmd_rig, unreal_rig
from rigs import SHARED_RIGS, import_shared_rig

from inpose_blender.bake.rig_facts import rig_facts
from inpose_blender.controls.names import LIMBS
from inpose_blender.core import RigError
from inpose_blender.rig.find import map_rig
from inpose_blender.rig.prepare import prepare_rig

SHARED_FILES = sorted(path.with_suffix("").name for path in SHARED_RIGS.glob("*.json"))
MOST_DEGREES, MOST_MM = 0.1, 1.0


def rigify(**state: float) -> Any:
    rig = generate_rig()
    for key, value in state.items():
        set_all(rig, key, value)
    return rig


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "build"),
    [
        ("Rigify, generated", rigify),
        ("Rigify, generated, with poles", partial(rigify, pole_vector=1)),
        ("Auto-Rig Pro (its names)", auto_rig_pro_rig),
        ("MMD (its names)", mmd_rig),
        ("Unreal (its IK bones)", unreal_rig),
        ("made by hand, with poles", hand_made_rig),
        ("made by hand, without poles", partial(hand_made_rig, poles=False)),
    ],
)
def test_a_rig_with_ik(name, build, capsys):
    compare(build(), name, capsys)


@pytest.mark.slow
@pytest.mark.parametrize("name", SHARED_FILES)
def test_a_shared_rig_that_gets_ik(name, capsys):
    (path,) = (path for path in SHARED_RIGS.glob(f"{name}.*") if path.suffix not in {".json", ".bin"})
    rig, _ = import_shared_rig(path.name)
    limbs = give_ik(rig)
    if not limbs:
        pytest.skip(f"{path.name}: its limbs are no chains of bones")
    compare(rig, f"{path.name}, {limbs} limbs", capsys)


def compare(rig: Any, name: str, capsys: Any) -> None:
    """Bake FK and IK, print the largest difference, and hold it to the limits."""
    for action in list(bpy.data.actions):
        bpy.data.actions.remove(action)
    bake(rig)
    expected = poses(rig)
    result = bake(rig, controls="ik")
    degrees, mm = apart(expected, poses(rig))
    mm *= metres_per_unit(rig)
    named = sorted(found.kind for found in result.character.problems if "ik" in found.kind.split("_"))
    with capsys.disabled():
        print(f"\n| {name} | {degrees:.3f} | {mm:.3f} | {', '.join(named) or '-'} |", end="")  # noqa: T201
    assert named or (degrees < MOST_DEGREES and mm < MOST_MM)


def metres_per_unit(rig: Any) -> float:
    """Return how many metres a unit of the armature frame is."""
    scene = bpy.context.scene
    prepared = prepare_rig(rig, scene)
    return rig_facts(rig, scene=scene, mapping=prepared.mapping).metres_per_unit(prepared.measure)


def give_ik(rig: Any) -> int:
    """Give a rig a target and an IK constraint for each limb whose bones are a chain, and return how many."""
    try:
        mapping = map_rig(rig).bones
    except RigError as error:
        pytest.skip(str(error))
    bpy.context.view_layer.objects.active = rig
    rig.hide_set(False)
    bones = rig.data.bones
    chains = {}
    for joints in LIMBS.values():
        for side in ("left", "right"):
            first, last = (mapping.get(f"{side}_{joint}") for joint in (joints[0], joints[2]))
            if first is None or last is None:
                continue
            above = [parent.name for parent in bones[last].parent_recursive]
            if first in above:
                chains[f"{side} {joints[2]} target"] = (last, above.index(first) + 1)
    bpy.ops.object.mode_set(mode="EDIT")
    for target, (end, _) in chains.items():
        bone, edit = rig.data.edit_bones.new(target), rig.data.edit_bones[end]
        bone.head, bone.tail, bone.roll, bone.use_deform = edit.head, edit.tail, edit.roll, False
    bpy.ops.object.mode_set(mode="OBJECT")
    for target, (end, count) in chains.items():
        constraint = rig.pose.bones[end].constraints.new("IK")
        constraint.target, constraint.subtarget = rig, target
        constraint.use_tail, constraint.chain_count = False, count
    bpy.context.view_layer.update()
    return len(chains)
