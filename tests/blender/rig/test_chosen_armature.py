# SPDX-License-Identifier: GPL-3.0-or-later
"""Find the character to animate: the chosen armature, the active object, or the armature of the active mesh."""

from __future__ import annotations

from typing import Any

import bpy
import numpy as np
import pytest
from rigs import build_rig

from inpose_blender.rig.properties import _is_armature_of_scene, chosen_armature

pytestmark = pytest.mark.usefixtures("registered")


@pytest.fixture
def two(rng: np.random.Generator) -> tuple[Any, Any]:
    one, other = build_rig(rng), build_rig(rng)
    bpy.context.scene.inpose.armature = one
    bpy.context.view_layer.objects.active = other
    return one, other


def test_the_chosen_one_comes_before_the_active_one(two: tuple[Any, Any]) -> None:
    assert chosen_armature(bpy.context) == two[0]
    bpy.context.scene.inpose.armature = None
    assert chosen_armature(bpy.context) == two[1]


def test_a_deleted_character_is_not_animated(two: tuple[Any, Any]) -> None:
    """The choice itself keeps it in the file, where nobody sees it."""
    one, other = two
    bpy.ops.object.select_all(action="DESELECT")
    one.select_set(True)
    bpy.ops.object.delete()
    assert one.name in bpy.data.objects
    assert chosen_armature(bpy.context) == other
    # Another object of the same name is another character, too.
    other.name, one.name = "Hero", "Old"
    assert chosen_armature(bpy.context) == other


def test_a_character_in_a_hidden_collection_is_animated(two: tuple[Any, Any]) -> None:
    one, _ = two
    collection = bpy.data.collections.new("Characters")
    bpy.context.scene.collection.children.link(collection)
    for owner in one.users_collection:
        owner.objects.unlink(one)
    collection.objects.link(one)
    bpy.context.view_layer.layer_collection.children["Characters"].exclude = True
    assert chosen_armature(bpy.context) == one


def test_the_field_offers_the_characters_of_its_own_scene(two: tuple[Any, Any]) -> None:
    one, other = two
    elsewhere = bpy.data.scenes.new("Elsewhere")
    try:
        elsewhere.collection.objects.link(other)
        bpy.context.scene.collection.objects.unlink(other)
        offered = {
            scene.name: [each.name for each in bpy.data.objects if _is_armature_of_scene(scene.inpose, each)]
            for scene in (bpy.context.scene, elsewhere)
        }
        assert offered == {bpy.context.scene.name: [one.name], "Elsewhere": [other.name]}
    finally:
        bpy.data.scenes.remove(elsewhere)
