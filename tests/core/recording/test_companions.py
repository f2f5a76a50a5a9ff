# SPDX-License-Identifier: Apache-2.0
"""The files that belong to one recording are found by what the reader does with them."""

from __future__ import annotations

from pathlib import Path

import pytest

from inpose_core.batch.choosing import jobs_for
from inpose_core.batch.jobs import Job
from inpose_core.batch.running import run_batch
from inpose_core.batch.work import failed
from inpose_core.options.reading import ReadOptions
from inpose_core.recording.companions import companions_of, has_one_device
from inpose_core.recording.folders import one_file_each, recordings_in
from inpose_core.recording.tables.device_files import ListedFolders, device_files
from tests.core.recording.recording_files import moving_person
from tests.core.recording.sample_recordings import alyx_table, uxf_files

NOTHING_SAID = ReadOptions()


def _names(files: dict[str, Path]) -> dict[str, str]:
    return {what: file.name for what, file in files.items()}


def test_a_file_per_device_makes_one_recording(tmp_path: Path) -> None:
    left = uxf_files(moving_person(), tmp_path)
    head, right = tmp_path / "head_movement_T001.csv", tmp_path / "righthand_movement_T001.csv"
    assert _names(companions_of(left, NOTHING_SAID)) == {"head": head.name, "right": right.name}
    assert _names(companions_of(head, NOTHING_SAID)) == {"left": left.name, "right": right.name}
    (tmp_path / "take.csv").write_text(alyx_table(moving_person()))
    (tmp_path / "lefthand_movement_T002.csv").write_text(left.read_text())
    listed = [path.name for path in recordings_in(tmp_path)]
    assert listed == [head.name, "lefthand_movement_T002.csv", "take.csv"]
    # A hand whose head is not among the files stands for itself: the reader says what it lacks.
    assert one_file_each([right, left], NOTHING_SAID) == [right, left]


def test_the_files_of_many_recordings_are_found_by_listing_their_folder_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for take in range(900):  # the last of them, too
        for device in ("head", "lefthand", "righthand"):
            (tmp_path / f"{device}_{take:03}.csv").touch()
    listed = []
    list_folder = Path.iterdir
    monkeypatch.setattr(Path, "iterdir", lambda folder: listed.append(folder) or list_folder(folder))
    folders = ListedFolders()
    for take in range(900):
        found = folders.device_files(tmp_path / f"lefthand_{take:03}.csv")
        assert _names(found) == {device: f"{device.replace('t', 'thand')}_{take:03}.csv" for device in found}
        assert list(found) == ["left", "head", "right"]
    assert listed == [tmp_path]
    assert folders.device_files(tmp_path / "take.csv") == {}
    assert len(device_files(tmp_path / "head_899.csv")) == 3


def test_a_batch_lists_each_folder_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for take in range(3):
        (tmp_path / f"{take}").mkdir()
        left = uxf_files(moving_person(), tmp_path / f"{take}")
        for file in sorted(left.parent.iterdir()):
            file.rename(tmp_path / f"{take}_{file.name}")
    jobs = jobs_for([tmp_path], tmp_path / "out", Job(Path(), Path()))
    listed = []
    list_folder = Path.iterdir
    monkeypatch.setattr(Path, "iterdir", lambda folder: listed.append(folder) or list_folder(folder))
    results = run_batch(jobs, tmp_path, lambda jobs, _: enumerate(failed(job, "not tried") for job in jobs))
    assert (len(results), listed) == (3, [tmp_path])


def test_whole_recordings_with_such_names_stay_apart(tmp_path: Path) -> None:
    for side in ("head", "left", "right"):
        (tmp_path / f"turn_{side}.csv").write_text(alyx_table(moving_person()))
        (tmp_path / f"empty_{side}.csv").write_text("")
        (tmp_path / f"bytes_{side}.csv").write_bytes(b"\0\1\2")
    assert companions_of(tmp_path / "turn_head.csv", NOTHING_SAID) == {}
    assert len(recordings_in(tmp_path)) == 9


def test_a_mapping_may_say_that_there_is_a_file_per_device(tmp_path: Path) -> None:
    uxf_files(moving_person(), tmp_path)
    head = tmp_path / "head_movement_T001.csv"
    given = ReadOptions(columns="shape=files, time=time, p=pos_{xyz}, e=rot_{xyz}, unit=m")
    assert has_one_device(head, given)
    assert not has_one_device(head, ReadOptions(columns="time=time, p=pos_{xyz}, e=rot_{xyz}"))
    assert not has_one_device(head, ReadOptions(columns=str(tmp_path / "none.json")))
    assert list(companions_of(head, given)) == ["left", "right"]


def test_the_columns_beside_a_table_belong_to_it_unless_others_are_given(tmp_path: Path) -> None:
    table, beside = tmp_path / "take.csv", tmp_path / "take.csv.columns.json"
    table.write_text("a,b\n0,0\n")
    assert companions_of(table, NOTHING_SAID) == {}
    beside.write_text("{}")
    assert companions_of(table, NOTHING_SAID) == {"columns": beside}
    assert companions_of(table, ReadOptions(columns="uxf")) == {}
