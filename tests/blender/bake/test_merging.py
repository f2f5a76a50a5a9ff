# SPDX-License-Identifier: GPL-3.0-or-later
"""Merge what an animator has edited with what a new solve changes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inpose_blender.bake.channels import Channel
from inpose_blender.bake.merging import BLEND_ROWS, changed_rows, changed_stretches, is_edited, merged_values
from inpose_blender.core import multiply_quaternions, rotvec_to_quaternion

PLACE, TURN, EULER = (f'pose.bones["a"].{name}' for name in ("location", "rotation_quaternion", "rotation_euler"))
ROWS = 60
SIZE = 1.7


def turning(rows: int = ROWS, seed: int = 0) -> Any:
    """Return a smooth rotation about one axis after the other."""
    axes = np.random.default_rng(seed).normal(size=3)
    return rotvec_to_quaternion(np.linspace(0, 2, rows)[:, None] * axes)


@settings(deadline=None)
@given(st.integers(1, 50), st.integers(1, 50), st.integers(0, 59), st.floats(-2, 2), st.integers(0, 20))
def test_outside_and_without_edits_the_new_values_are_exact(start, length, row, by, seed) -> None:
    stop = min(start + length, ROWS)
    before = np.random.default_rng(seed).normal(size=(ROWS, 3))
    now = before.copy()
    now[start:stop] += 1.0
    (merged,) = merged_values(PLACE, before, before, now, [(start, stop)], SIZE).values
    assert (merged == now[start:stop]).all()
    # An edit is only seen where it touches the stretch.
    edited = before.copy()
    edited[row] += by
    (merged,) = merged_values(PLACE, edited, before, now, [(start, stop)], SIZE).values
    if row not in {start - 1, stop} and stop - start < ROWS / 2:
        assert (merged == now[start:stop]).all()
    assert abs(merged - now[start:stop]).max(initial=0.0) <= 2 * abs(by) + 1e-9


@pytest.mark.parametrize("path", [PLACE, TURN])
def test_an_edit_at_the_border_fades_out(path) -> None:
    before = turning() if path == TURN else np.zeros((ROWS, 3))
    now, edited = before.copy(), before.copy()
    start, stop, by = 20, 50, 0.5
    if path == TURN:
        change = rotvec_to_quaternion(np.array([0.4, 0.0, 0.0]))
        now[start:stop] = multiply_quaternions(change, before[start:stop])
        edited[10:35] = multiply_quaternions(rotvec_to_quaternion(np.array([0.0, by, 0.0])), before[10:35])
    else:
        now[start:stop] += 0.4
        edited[10:35] += by
    (merged,) = merged_values(path, edited, before, now, [(start, stop)], SIZE).values
    off = abs(merged - now[start:stop]).max(axis=1)
    assert off[0] > 0.5 * abs(edited - before).max()
    assert (np.diff(off[:BLEND_ROWS]) < 0).all()
    assert off[BLEND_ROWS:].max() < 1e-9


def test_an_edit_stays_where_the_solve_changes_little() -> None:
    before = turning()
    angle = np.radians(np.clip(np.arange(ROWS) - 20.0, 0.0, 20.0))  # 1 degree more in each row, up to 20
    now = multiply_quaternions(rotvec_to_quaternion(angle[:, None] * np.array([0.0, 0.0, 1.0])), before)
    edit = rotvec_to_quaternion(np.array([0.3, 0.0, 0.0]))
    edited = before.copy()
    edited[10:] = multiply_quaternions(edit, before[10:])
    merged = merged_values(TURN, edited, before, now, [(15, ROWS)], SIZE)
    with_edit = multiply_quaternions(edit, now[15:])
    np.testing.assert_allclose(merged.values[0][:10], with_edit[:10], atol=1e-9)
    assert (merged.keeps[0][:10] == 1.0).all()
    assert merged.keeps[0][20:].max() == 0.0
    np.testing.assert_allclose(merged.values[0][20:], now[35:], atol=1e-9)


def test_a_turned_curve_is_turned_everywhere() -> None:
    before = turning()
    edit = rotvec_to_quaternion(np.array([0.1, 0.2, -0.3]))
    edited = multiply_quaternions(edit, before)
    now = before.copy()
    now[:30] = multiply_quaternions(rotvec_to_quaternion(np.array([0.5, 0, 0])), before[:30])
    (merged,) = merged_values(TURN, edited, before, now, [(0, 30)], SIZE).values
    np.testing.assert_allclose(merged, multiply_quaternions(edit, now[:30]), atol=1e-9)


def test_signs_and_whole_turns_join_what_is_beside() -> None:
    before = turning()
    now = before.copy()
    now[20:40] = multiply_quaternions(rotvec_to_quaternion(np.array([0.3, 0, 0])), before[20:40])
    (merged,) = merged_values(TURN, -before, before, -now, [(20, 40)], SIZE).values
    assert (merged == -now[20:40]).all()
    angles = np.linspace(0, 3, ROWS)[:, None] * np.ones(3)
    later = angles.copy()
    later[20:40] += 0.3
    (merged,) = merged_values(EULER, angles + 2 * np.pi, angles, later, [(20, 40)], SIZE).values
    np.testing.assert_allclose(merged, later[20:40] + 2 * np.pi)
    later[30:] += 2 * np.pi  # a turn more, from the middle of the stretch on
    assert merged_values(EULER, angles, angles, later, [(20, 40)], SIZE) is None


def test_a_whole_turn_is_no_change() -> None:
    angles = np.linspace(0, 3, ROWS)[:, None] * np.ones(3)
    assert not is_edited(EULER, angles + 2 * np.pi, angles).any()
    assert not is_edited(TURN, -turning(), turning()).any()
    assert is_edited(PLACE, angles + 2 * np.pi, angles).all()


def test_stretches_that_are_close_are_one() -> None:
    flags = np.zeros((2, 100), np.bool_)
    flags[0, 5:10] = flags[1, 20:22] = flags[0, 60:61] = True
    assert changed_stretches(flags) == ((5, 22), (60, 61))
    assert changed_stretches(np.zeros((2, 10), np.bool_)) == ()


def test_bakes_with_other_channels_cannot_be_merged() -> None:
    values = np.zeros((ROWS, 3))
    one, other, constant = Channel(PLACE, "", values), Channel(EULER, "", values), Channel(PLACE, "", values[:1])
    assert changed_rows([one], [other]) is None
    assert changed_rows([one], [constant]) is None
    assert changed_rows([one, constant], [one, Channel(PLACE, "", values[:1] + 1.0)]) is None
    assert not changed_rows([one, constant], [one, constant]).any()
