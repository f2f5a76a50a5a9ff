# SPDX-License-Identifier: GPL-3.0-or-later
"""The example is two clicks: it brings a figure where no character is chosen, and nothing where one is."""

from __future__ import annotations

import bpy
import pytest

from inpose_blender.recording import example
from inpose_blender.rig.properties import chosen_armature
from tests.blender.rigs import build_rig

pytestmark = pytest.mark.usefixtures("registered", "fake_worker")


def test_load_example_and_solve_are_two_clicks(results):
    bpy.ops.mesh.primitive_cube_add(size=2)
    cube = bpy.context.object
    assert bpy.ops.inpose.load_example() == {"FINISHED"}
    scene = bpy.context.scene
    assert scene.inpose.recording == str(example.EXAMPLE)
    figure = chosen_armature(bpy.context)
    assert figure.type == "ARMATURE"
    assert figure.location.x >= 1 + 1.5, "the figure stands within the cube"
    assert not cube.select_get()
    assert bpy.ops.inpose.solve_full_body() == {"FINISHED"}
    assert scene.frame_end == round(figure.animation_data.action.frame_range[1])


def test_the_users_character_is_taken(rng):
    armature = build_rig(rng)
    bpy.context.view_layer.objects.active = armature
    objects = len(bpy.data.objects)
    assert bpy.ops.inpose.load_example() == {"FINISHED"}
    assert len(bpy.data.objects) == objects
    assert chosen_armature(bpy.context) == armature
    assert not bpy.context.scene.inpose_bake.set_frame_range


def test_an_installation_without_the_example_says_so(monkeypatch, tmp_path):
    monkeypatch.setattr(example, "EXAMPLE", tmp_path / "gone.csv")
    assert not bpy.ops.inpose.load_example.poll()
