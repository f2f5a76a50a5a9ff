# SPDX-License-Identifier: Apache-2.0
"""The smooth change is the least squares solution, and the elbow's path is the cheapest one."""

from itertools import pairwise, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inpose_core.editing.elbow_search import _best_path
from inpose_core.editing.smooth_change import Wishes, smooth_change


@settings(max_examples=25, deadline=None)
@given(st.integers(3, 30), st.integers(1, 4), st.integers(1, 5), st.integers(0, 10_000))
def test_it_is_the_least_squares_solution(count: int, channels: int, points: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    ways, gains = random.normal(size=(count, points, channels)), random.normal(size=(count, points))
    weights, stiffness = random.uniform(0, 5, size=(count, points)), random.uniform(0.5, 2, size=channels)
    change, fixed = random.normal(size=(count, channels)), random.random(count) < 0.2
    found = smooth_change(Wishes(ways, gains, weights), change, stiffness, 2.0, fixed)
    rows, right = [], []
    for frame, point in product(range(count), range(points)):
        row = np.zeros((count, channels))
        row[frame] = ways[frame, point]
        root = np.sqrt(weights[frame, point])
        rows.append(root * row.ravel())
        right.append(root * (gains[frame, point] + ways[frame, point] @ change[frame]))
    for channel in range(channels):
        own = np.zeros((count, count, channels))
        own[:, :, channel] = np.eye(count)
        rows += list(np.sqrt(stiffness[channel]) * own.reshape(count, -1))
        bends = np.diff(own, 2, axis=0)
        rows += list(np.sqrt(stiffness[channel]) * 4.0 * bends.reshape(count - 2, -1))
        right += [0.0] * (2 * count - 2)
    matrix = np.array(rows).reshape(-1, count, channels)
    matrix[:, fixed] = 0.0
    wanted = np.linalg.lstsq(matrix.reshape(len(right), -1), np.array(right), rcond=None)[0].reshape(count, channels)
    assert found == pytest.approx(wanted, abs=1e-6)
    assert np.abs(found[fixed]).max(initial=0.0) < 1e-9


def test_the_path_is_the_cheapest_of_all() -> None:
    random = np.random.default_rng(3)
    for _ in range(20):
        costs, moves = random.uniform(size=(5, 3)), random.uniform(size=(3, 3))

        def total(path: tuple[int, ...], costs: np.ndarray = costs, moves: np.ndarray = moves) -> float:
            steps = sum(moves[a, b] for a, b in pairwise(path))
            return float(sum(costs[row, column] for row, column in enumerate(path)) + steps)

        assert tuple(_best_path(costs, moves)) == min(product(range(3), repeat=5), key=total)
