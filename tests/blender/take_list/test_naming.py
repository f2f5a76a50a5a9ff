# SPDX-License-Identifier: GPL-3.0-or-later
"""Read slates and numbers from names, and count on."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inpose_blender.takes.naming import free_name, next_name, parsed_name
from inpose_blender.takes.take import is_take_file_name, sensors_file_of, take_file_name


@given(st.text(max_size=30))
def test_the_parts_of_a_name_make_the_name(name):
    assert str(parsed_name(name)) == name


@pytest.mark.parametrize(
    ("name", "slate", "number"),
    [("fight_003", "fight", 3), ("Kick 12", "Kick", 12), ("wave", "wave", None), ("2024", "2024", None)],
)
def test_a_number_at_the_end_is_the_number_of_the_take(name, slate, number):
    parts = parsed_name(name)
    assert (parts.slate, parts.number) == (slate, number)


def test_the_next_take_is_written_as_the_last_one():
    assert next_name("fight", {"fight_003", "fight_009", "walk_020"}) == "fight_010"
    assert next_name("Kick", set()) == "Kick 1"
    assert next_name("Kick", {"Kick"}) == "Kick 2"


@given(st.text(max_size=10), st.sets(st.text(max_size=10), max_size=10))
def test_a_free_name_is_free(name, names):
    found = free_name(name, names)
    assert found not in names
    assert found.startswith(name)


@given(st.text(), st.integers())
def test_the_files_of_takes_are_known_by_their_names(stem, number):
    name = take_file_name(stem, {"number": number})
    assert is_take_file_name(name)
    assert is_take_file_name(sensors_file_of(Path(name)).name)
    assert not is_take_file_name(name.upper())
