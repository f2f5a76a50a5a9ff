# SPDX-License-Identifier: GPL-3.0-or-later
"""Work with an armature that *Disable in Viewports* hides while its mesh is seen, as in files for rendering."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import bpy
import numpy as np
import pytest
from character.skinned import add_body
from controls.test_ik_bake import apart, bake, poses
from ik_rigs import MIXAMO, auto_rig_pro_rig, hand_made_rig

from inpose_blender.character.posing import pose_bones
from inpose_blender.controls.snap import snap
from inpose_blender.core import RigError
from inpose_blender.export.exporting import export_character
from inpose_blender.export.options import ExportOptions
from inpose_blender.layers.playing import Others, played_moves
from inpose_blender.rig.checks import check_object
from inpose_blender.rig.prepare import prepare_rig

FRAMES = range(1, 61, 6)


@contextmanager
def hidden(rig: Any) -> Iterator[None]:
    """Hide a rig for a while; something that is seen still hangs on it."""
    if not rig.children:
        hat = bpy.data.objects.new("Hat", None)
        bpy.context.scene.collection.objects.link(hat)
        hat.parent = rig
    rig.hide_viewport = True
    try:
        yield
    finally:
        rig.hide_viewport = False


@pytest.mark.parametrize("build", [hand_made_rig, auto_rig_pro_rig])
def test_ik_and_snaps_are_as_exact_as_on_a_rig_that_is_seen(build: Any) -> None:
    rig = build()
    bake(rig)
    expected = poses(rig, FRAMES)
    with hidden(rig):
        snap(rig, bpy.context.scene, "ik_to_fk", range(1, 61), frozenset())
    assert max(apart(expected, poses(rig, FRAMES))) < 0.1
    with hidden(rig):
        result = bake(rig, controls="ik")
    assert max(apart(expected, poses(rig, FRAMES))) < 0.1
    assert not [found.sentence for found in result.character.problems if found.kind.startswith("ik_")]


def test_the_check_and_the_blends_see_the_pose() -> None:
    rig = hand_made_rig()
    bake(rig)
    names = ["LeftHand", "Head"]
    steps = pose_bones(rig, names, list(FRAMES), float("inf"))
    seen = [taken(steps), played_moves(rig, names, list(FRAMES), Others())]
    with hidden(rig):
        steps = pose_bones(rig, names, list(FRAMES), float("inf"))
        unseen = [taken(steps), played_moves(rig, names, list(FRAMES), Others())]
    assert np.ptp(seen[1], axis=0).max() > 0.3
    for name, moves in seen[0].items():
        assert np.allclose(moves, unseen[0][name], atol=1e-6)
    assert np.allclose(seen[1], unseen[1], atol=1e-6)
    assert not [scene.name for scene in bpy.data.scenes if scene.name.startswith("InPose")]


@pytest.mark.parametrize("suffix", [".bvh", ".glb"])
def test_the_export_has_the_motion(tmp_path: Any, suffix: str) -> None:
    rig = hand_made_rig()
    add_body(rig, MIXAMO)
    bake(rig)
    files = []
    for name in (f"seen{suffix}", f"unseen{suffix}"):
        rig.hide_viewport = name.startswith("unseen")
        bpy.context.view_layer.update()
        prepared = prepare_rig(rig, bpy.context.scene)
        export_character(bpy.context, prepared, bpy.context.scene, tmp_path / name, ExportOptions())
        files.append((tmp_path / name).read_bytes())
    assert files[0] == files[1]


def test_a_rig_of_which_nothing_is_seen_is_refused() -> None:
    """Blender does not even know where it stands and how large it is."""
    rig = hand_made_rig()
    rig.hide_viewport = True
    with pytest.raises(RigError, match="switched off in the viewports"):
        check_object(rig)
    with hidden(rig):
        check_object(rig)
    rig.hide_set(True)  # the eye hides it only from the user
    check_object(rig)


def taken(steps: Any) -> dict[str, np.ndarray]:
    while True:
        try:
            next(steps)
        except StopIteration as stop:
            return dict(stop.value.moves)


def test_a_rig_of_a_scene_that_is_not_shown_now_is_baked() -> None:
    """Somebody may look at another scene while a take is solved."""
    rig, scene = hand_made_rig(), bpy.context.scene
    window: Any = bpy.context.window
    other = bpy.data.scenes.new("Other")
    window.scene = other
    try:
        bpy.context.view_layer.update()
        check_object(rig)
    finally:
        window.scene = scene
        bpy.data.scenes.remove(other)
