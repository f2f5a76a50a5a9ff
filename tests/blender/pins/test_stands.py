# SPDX-License-Identifier: GPL-3.0-or-later
"""The list of stances in the panel: what it shows, and what its buttons do."""

from __future__ import annotations

import bpy
import pytest

from inpose_blender.pins.stand_list import fill_list
from inpose_blender.pins.stands import stances_at_hand, stances_of
from inpose_blender.takes.memory import TAKES


@pytest.fixture
def listed(solved):
    """Return the list, filled as the panel does it, with the stance of the left foot chosen."""
    shown = bpy.context.window_manager.inpose_stands
    fill_list(bpy.context, stances_of(bpy.context.scene, solved), 0, 12)
    assert shown.chosen == 0
    return shown


def spans(listed) -> list[tuple[int, int, int]]:
    return [(one.foot, one.first, one.last) for one in listed.entries]


def entries(rig) -> list[tuple[str, str, int, int]]:
    return [(pin.kind, pin.joint, pin.first, pin.last) for pin in rig.inpose_pins.entries]


def test_the_list_has_the_solved_stances(listed) -> None:
    assert spans(listed) == [(0, 7, 18)]
    assert not listed.entries[0].is_said


def test_the_fields_of_the_chosen_stance_change_it(solved, listed) -> None:
    assert (solved.inpose_stand.first, solved.inpose_stand.last) == (7, 18)
    solved.inpose_stand.last = 21
    solved.inpose_stand.first = 9
    assert spans(listed) == [(0, 9, 21)]
    assert listed.entries[0].is_said
    assert entries(solved) == [("stands", "left_ankle", 19, 21), ("lifts", "left_ankle", 7, 8)]
    assert bpy.context.window_manager.inpose_stands.chosen == 0
    solved.inpose_stand.last, solved.inpose_stand.first = 18, 7
    assert entries(solved) == []


def test_a_stance_is_divided_moved_deleted_and_reset(solved, listed) -> None:
    bpy.context.scene.frame_set(12)
    assert bpy.ops.inpose.split_stand(frames=2) == {"FINISHED"}
    assert spans(listed) == [(0, 7, 11), (0, 14, 18)]
    assert listed.chosen == 0
    listed.chosen = 1
    assert bpy.ops.inpose.move_stand(frames=3) == {"FINISHED"}
    assert spans(listed) == [(0, 7, 11), (0, 17, 21)]
    assert listed.chosen == 1
    assert bpy.ops.inpose.remove_stand() == {"FINISHED"}
    assert spans(listed) == [(0, 7, 11)]
    assert listed.chosen == 0
    assert bpy.ops.inpose.reset_stand() == {"FINISHED"}
    assert spans(listed) == [(0, 7, 18)]
    assert entries(solved) == []


def test_a_stance_is_added(solved, listed) -> None:
    bpy.context.scene.frame_set(3)
    assert bpy.ops.inpose.add_stand(foot="right_ankle") == {"FINISHED"}
    assert spans(listed) == [(1, 3, 14), (0, 7, 18)]
    assert entries(solved) == [("stands", "right_ankle", 3, 14)]
    assert listed.chosen == 0


def test_a_muted_change_does_not_count_and_stays(solved, listed) -> None:
    solved.inpose_stand.last = 21
    solved.inpose_pins.entries[0].muted = True
    assert [(one.first, one.last) for one in stances_of(bpy.context.scene, solved).listed()] == [(7, 18)]
    fill_list(bpy.context, stances_of(bpy.context.scene, solved), 0, 12)
    solved.inpose_stand.first = 9
    assert [(pin.kind, pin.muted) for pin in solved.inpose_pins.entries] == [("stands", True), ("lifts", False)]


def test_the_choice_of_a_stance_goes_to_it(solved, listed) -> None:
    bpy.context.scene.frame_set(1)
    listed.chosen = 0
    assert bpy.context.scene.frame_current == 7
    bpy.context.scene.frame_set(10)
    listed.chosen = 0
    assert bpy.context.scene.frame_current == 10


def test_drawing_does_not_load_a_take(solved) -> None:
    TAKES.clear()
    assert stances_at_hand(bpy.context.scene, solved) is None
    assert stances_of(bpy.context.scene, solved).listed()
    assert stances_at_hand(bpy.context.scene, solved) is not None


def test_without_a_chosen_stance_there_is_nothing_to_change(solved, listed) -> None:
    listed.chosen = -1
    assert not bpy.ops.inpose.split_stand.poll()
    assert bpy.ops.inpose.add_stand.poll()
