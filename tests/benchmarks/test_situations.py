# SPDX-License-Identifier: Apache-2.0
"""The page of motion by situation has the test people together, and each data set."""

from benchmarks.situations import figures_of_sets, page
from tests.core.evaluation.plausibility.test_by_situation import carried, stander


def test_the_test_people_are_joined_and_hdm05_is_not_among_them() -> None:
    standing = stander()
    pairs = {
        "CMU": [(standing, standing)],
        "children": [(standing, standing)],
        "HDM05": [(carried(standing, 1.2),) * 2],
    }
    figures = figures_of_sets(pairs)
    assert list(figures) == ["test people", "CMU", "children", "HDM05"]
    assert set(figures["test people"]) == {"all", "gesture"}
    assert figures["test people"]["all"].seconds == 2 * figures["CMU"]["all"].seconds
    text = page({name: {key: row.to_dict() for key, row in rows.items()} for name, rows in figures.items()})
    assert "## Test people" in text
    assert "- **foot sliding**: " in text
    assert "test people" not in figures_of_sets({"CMU": pairs["CMU"]})
