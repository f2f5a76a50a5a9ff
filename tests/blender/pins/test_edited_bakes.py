# SPDX-License-Identifier: GPL-3.0-or-later
"""Solve again on a take whose bake was edited by hand: edits elsewhere stay, edits in the solved frames are kept."""

from __future__ import annotations

import bpy
import numpy as np
import pytest

from inpose_blender.bake.baked_actions import is_untouched_bake
from inpose_blender.bake.patching import BAKE_DIFFERS, KEYS_DIFFER
from inpose_blender.bpy_compat import action_curves, all_curves
from inpose_blender.rig.prepare import prepare_rig

PINNED = 40
LAST = 73


def notes() -> str:
    return bpy.context.window_manager.inpose_status.notes


def bone(rig, joint: str) -> str:
    return prepare_rig(rig, bpy.context.scene).mapping.bones[joint]


def curve(rig, joint: str, channel: str, index: int):
    path = rig.pose.bones[bone(rig, joint)].path_from_id(channel)
    curves = action_curves(rig.animation_data.action, rig)
    return next(one for one in curves if (one.data_path, one.array_index) == (path, index))


def values(rig, joint: str = "pelvis", channel: str = "location") -> np.ndarray:
    return np.array(
        [[curve(rig, joint, channel, axis).evaluate(frame) for axis in range(3)] for frame in range(1, LAST + 1)]
    )


def edit(rig, frame: int, by: float, joint: str = "pelvis", channel: str = "location", index: int = 0) -> None:
    """Move one key, as in the Graph Editor."""
    (key,) = [key for key in curve(rig, joint, channel, index).keyframe_points if round(key.co.x) == frame]
    key.co.y += by


def kept(rig) -> list[str]:
    return [track.strips[0].action.name for track in rig.animation_data.nla_tracks if track.mute]


@pytest.fixture
def pinned(monkeypatch, request):
    """Return the character with a pin in the middle, which the stand-in answers by lifting the body there."""
    monkeypatch.setenv("FAKE_FRAMES", "181")
    solved = request.getfixturevalue("solved")
    solved.animation_data.action.name = "lunge"
    bpy.context.scene.frame_set(PINNED)
    assert bpy.ops.inpose.add_pin(joint="right_wrist") == {"FINISHED"}
    solved.inpose_pins.entries[0].ease = 2
    return solved


def solve_again() -> None:
    assert bpy.ops.inpose.solve_again() == {"FINISHED"}


def answer(rig) -> np.ndarray:
    """Return what the pin makes of a bake that nobody has edited; afterwards, all is as it was."""
    solve_again()
    found = values(rig)
    rig.inpose_pins.entries[0].muted = True
    solve_again()
    rig.inpose_pins.entries[0].muted = False
    return found


def lifted_rows(before: np.ndarray, after: np.ndarray) -> np.ndarray:
    return np.flatnonzero(abs(after - before).max(axis=1) > 1e-4)


def test_an_edit_elsewhere_stays_and_the_new_frames_are_the_solvers(pinned) -> None:
    before = values(pinned)
    edit(pinned, 3, 0.5)
    edit(pinned, 65, 0.7, "head", "rotation_quaternion", 2)
    head = values(pinned, "head", "rotation_quaternion")
    solve_again()
    after = values(pinned)
    assert after[2, 0] == pytest.approx(before[2, 0] + 0.5)
    rows = lifted_rows(before, after)
    assert PINNED - 1 in rows
    solved = np.delete(rows, rows == 2)
    assert solved.min() > 20
    assert solved.max() < 60
    np.testing.assert_allclose(values(pinned, "head", "rotation_quaternion"), head)
    assert kept(pinned) == []  # nothing was lost, so nothing has to be kept
    assert "Your edits of the bake are kept." in notes()
    # The frames between are those of a bake that nobody has edited.
    pinned.animation_data.action = None
    solve_again()
    fresh = values(pinned)
    np.testing.assert_allclose(after[solved], fresh[solved], atol=1e-5)


def test_a_modifier_counts_once_in_the_solved_frames(pinned) -> None:
    keys, wanted = values(pinned), answer(pinned)
    curve(pinned, "pelvis", "location", 0).modifiers.new("NOISE").strength = 0.2
    shaken = values(pinned)
    assert abs(shaken - keys).max() > 0.02
    solve_again()
    assert "Your edits of the bake are kept." in notes()
    np.testing.assert_allclose(values(pinned), wanted + shaken - keys, atol=1e-5)


def test_edits_of_the_solved_frames_are_kept_beside(pinned) -> None:
    before, wanted = values(pinned), answer(pinned)
    edit(pinned, PINNED, 0.5)
    edit(pinned, 3, 0.25)
    solve_again()
    after = values(pinned)
    assert after[PINNED - 1] == pytest.approx(wanted[PINNED - 1], abs=1e-5)
    assert after[2, 0] == pytest.approx(before[2, 0] + 0.25)
    (name,) = kept(pinned)
    (key,) = [
        key
        for one in all_curves(bpy.data.actions[name])
        if one.data_path.endswith(f'"{bone(pinned, "pelvis")}"].location') and one.array_index == 0
        for key in one.keyframe_points
        if round(key.co.x) == PINNED
    ]
    assert key.co.y == pytest.approx(before[PINNED - 1, 0] + 0.5)
    assert f"your edits are only in {name}" in notes()


def test_a_curve_that_was_moved_as_a_whole_is_moved_in_the_new_frames_too(pinned) -> None:
    wanted = answer(pinned)
    for frame in range(1, LAST + 1):
        edit(pinned, frame, 0.4)
    solve_again()
    np.testing.assert_allclose(values(pinned) - wanted, np.tile((0.4, 0.0, 0.0), (LAST, 1)), atol=1e-4)


def test_at_the_ends_the_body_goes_over_from_the_edit(pinned) -> None:
    wanted = answer(pinned)
    for frame in range(1, PINNED + 1):
        edit(pinned, frame, 0.4)
    solve_again()
    x = values(pinned)[:, 0] - wanted[:, 0]
    assert abs(np.diff(x)).max() < 0.3  # it takes several frames
    assert x[0] == pytest.approx(0.4, abs=1e-4)
    assert x[-1] == pytest.approx(0.0, abs=1e-4)


def test_deleted_and_added_keys_of_other_frames_stay(pinned) -> None:
    moved = curve(pinned, "pelvis", "location", 1)
    early = [key for key in moved.keyframe_points if 2 <= key.co.x <= 5]
    for key in reversed(early):
        moved.keyframe_points.remove(key)
    added = moved.keyframe_points.insert(3.5, 2.0)
    added.interpolation, added.handle_right_type = "BEZIER", "VECTOR"
    pinned.animation_data.action["note"] = "mine"
    solve_again()
    frames = [round(key.co.x, 3) for key in curve(pinned, "pelvis", "location", 1).keyframe_points]
    assert frames == [1, 3.5, *range(6, LAST + 1)]
    again = curve(pinned, "pelvis", "location", 1).keyframe_points[1]
    assert (again.co.y, again.interpolation, again.handle_right_type) == (2.0, "BEZIER", "VECTOR")
    assert pinned.animation_data.action["note"] == "mine"


def test_edits_survive_one_solve_after_the_other(pinned) -> None:
    before = values(pinned)
    edit(pinned, 3, 0.5)
    solve_again()
    assert bpy.ops.inpose.solve_again(another=True) == {"FINISHED"}
    assert bpy.ops.inpose.remove_pin() == {"FINISHED"}
    solve_again()
    after = values(pinned)
    assert list(lifted_rows(before, after)) == [2]  # as before, with the edit
    assert kept(pinned) == []
    assert len([action for action in bpy.data.actions if action.name.startswith("lunge")]) <= 1


def test_without_edits_that_are_left_the_action_is_a_bake_like_any_other(pinned) -> None:
    edit(pinned, PINNED, 0.5)
    solve_again()
    assert len(kept(pinned)) == 1
    assert is_untouched_bake(pinned.animation_data.action, pinned.inpose_take.label, pinned)


def test_a_bone_that_the_bake_holds_at_rest_does_not_hide_the_edits(pinned) -> None:
    """It was posed before the bake, and rests since then; another one is posed since, and has no keys."""
    pinned.animation_data.action = None
    knee, elbow = (pinned.pose.bones[bone(pinned, joint)] for joint in ("left_knee", "left_elbow"))
    knee.scale = (1.2, 1.2, 1.2)
    solve_again()
    bpy.context.scene.frame_set(5)
    assert tuple(knee.scale) == (1.0, 1.0, 1.0)
    elbow.location = (0.1, 0.0, 0.0)
    before = values(pinned)
    edit(pinned, 3, 0.5)
    pinned.inpose_pins.entries[0].muted = True
    solve_again()
    assert "Your edits of the bake are kept." in notes()
    assert values(pinned)[2, 0] == pytest.approx(before[2, 0] + 0.5)
    assert curve(pinned, "left_knee", "scale", 0).evaluate(5) == 1.0
    assert kept(pinned) == []
    assert tuple(elbow.location) == pytest.approx((0.1, 0.0, 0.0))


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"smoothing_s": 0.1}, BAKE_DIFFERS),
        ({"start_at": "cursor"}, BAKE_DIFFERS),
        ({"fewer_keys": True}, KEYS_DIFFER),
        ({"key_step": 2}, KEYS_DIFFER),
    ],
)
def test_what_cannot_be_patched_is_baked_anew_and_told(pinned, change, why) -> None:
    edit(pinned, 3, 0.5)
    bpy.context.scene.cursor.location = (1.0, 0.0, 0.0)
    for name, value in change.items():
        setattr(bpy.context.scene.inpose_bake, name, value)
    solve_again()
    (name,) = kept(pinned)
    assert f"Your edits are in {name}, in a muted NLA track." in notes()
    assert why in notes()


def test_a_bake_without_edits_is_replaced_as_before(pinned) -> None:
    solve_again()
    assert kept(pinned) == []
    assert "edits" not in notes()
