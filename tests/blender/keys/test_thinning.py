# SPDX-License-Identifier: GPL-3.0-or-later
"""Test the fit of all curves together: the largest error, the keys that go, and what happens where none can."""

from __future__ import annotations

import numpy as np
from keys.test_choosing import FRAMES, _arm, _wrist

from inpose_blender.bake.reduction import with_fewer_keys
from inpose_blender.bake.settings import KeyTolerance
from inpose_blender.keys import choosing
from inpose_blender.keys.thinning import thin_out
from inpose_blender.keys.tridiagonal import solve_blocks


def test_blocks_of_any_size_are_solved(rng: np.random.Generator) -> None:
    for count, size in ((1, 3), (2, 8), (9, 5)):
        after = rng.normal(size=(count - 1, size, size))
        diagonal = np.tile(20.0 * np.eye(size), (count, 1, 1))
        full = np.zeros((count * size, count * size))
        for k in range(count):
            here = slice(k * size, (k + 1) * size)
            full[here, here] = diagonal[k]
            if k + 1 < count:
                there = slice((k + 1) * size, (k + 2) * size)
                full[here, there], full[there, here] = after[k], after[k].T
        known = rng.normal(size=(count, size))
        assert np.allclose(full @ solve_blocks(diagonal, after, known).ravel(), known.ravel())


def test_more_keys_go_than_without_it_and_the_end_stays(rng: np.random.Generator, monkeypatch) -> None:
    channels, body = _arm(rng)
    tolerance = KeyTolerance(2.0, 0.5)
    thinned = with_fewer_keys(channels, body, tolerance, None)
    monkeypatch.setattr(choosing, "_LONGEST_TO_THIN", 0)
    plain = with_fewer_keys(channels, body, tolerance, None)
    counts = [sum(len(channel.kept) for channel in each) for each in (thinned, plain)]
    assert counts[0] < 0.9 * counts[1]
    (before_m, _), (after_m, _) = _wrist(channels), _wrist(thinned)
    assert 1e3 * np.linalg.norm(after_m - before_m, axis=1).max() < 2.0
    for channel in thinned:
        assert {0, FRAMES - 1} <= set(channel.kept.tolist())


def test_curves_that_are_off_are_left_alone() -> None:
    errors = np.full((1, 6, 5), 2.0)
    thin_out([], errors)
    assert (errors == 2.0).all()
