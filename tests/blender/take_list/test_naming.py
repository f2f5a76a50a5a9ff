# SPDX-License-Identifier: GPL-3.0-or-later
"""Read slates and numbers from names, and count on."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inpose_blender.options import CalibrationSettings, SolveRequest
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


def test_another_recording_of_the_same_name_gives_another_file(tmp_path):
    recording, performer = tmp_path / "recording.csv", tmp_path / "me.json"
    recording.write_text("walk")
    performer.write_text("{}")
    request = SolveRequest(
        recording, output=tmp_path, calibration=CalibrationSettings(calibration_file=performer)
    ).to_json()
    names = [take_file_name("recording", request)]
    (tmp_path / "other.csv").write_text("changes the folder, not the recording")
    assert take_file_name("recording", request) == names[0]
    recording.write_text("run fast")
    names.append(take_file_name("recording", request))
    performer.write_text('{"stature_m": 1.8}')
    names.append(take_file_name("recording", request))
    assert len(set(names)) == 3
