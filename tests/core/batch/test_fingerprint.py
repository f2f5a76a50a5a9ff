# SPDX-License-Identifier: Apache-2.0
"""A job is another one as soon as any file that its solve reads is another one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from inpose_core.batch import fingerprint, places
from inpose_core.batch.fingerprint import fingerprint_of, fingerprint_of_solver
from inpose_core.batch.jobs import Job, check_jobs
from inpose_core.batch.places import companions_at, fetched
from inpose_core.errors import InPoseError
from inpose_core.options.reading import ReadOptions
from inpose_core.recording import load_recording
from tests.core.recording.recording_files import moving_person
from tests.core.recording.sample_recordings import uxf_files

Change = Callable[[], object]


def _job(recording: Path, **reading: str) -> Job:
    return Job(recording, recording.with_suffix(".npz"), reading=ReadOptions(**reading))


def _differs(job: Job, change: Change) -> bool:
    before = fingerprint_of(job, "solver")
    assert fingerprint_of(job, "solver") == before
    change()
    return fingerprint_of(job, "solver") != before


def test_the_columns_beside_a_table_count(tmp_path: Path) -> None:
    table, beside = tmp_path / "take.csv", tmp_path / "take.csv.columns.json"
    table.write_text("a,b\n0,0\n")
    assert _differs(_job(table), lambda: beside.write_text('{"columns": {}}'))
    assert _differs(_job(table), lambda: beside.write_text('{"columns": {"time": "a"}}'))
    # Columns that the user gives are read instead.
    assert not _differs(_job(table, columns="uxf"), lambda: beside.write_text("{}"))


def test_the_columns_that_an_option_names_count_and_must_be_there(tmp_path: Path) -> None:
    table, columns = tmp_path / "take.csv", tmp_path / "mine.json"
    table.write_text("a,b\n0,0\n")
    job = _job(table, columns=str(columns))
    with pytest.raises(InPoseError, match=r"mapping of columns is missing: .*mine\.json"):
        check_jobs([job])
    columns.write_text("{}")
    check_jobs([job])
    assert _differs(job, lambda: columns.write_text('{"columns": {}}'))


def test_the_files_of_all_devices_count(tmp_path: Path) -> None:
    left = uxf_files(moving_person(), tmp_path)
    head, right = (tmp_path / f"{name}_movement_T001.csv" for name in ("head", "righthand"))
    assert _differs(_job(head), lambda: right.write_text(right.read_text() + "\n"))
    assert _differs(_job(left), lambda: head.write_text(head.read_text() + "\n"))
    assert _differs(_job(head), left.unlink)


def test_the_shipped_networks_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = tmp_path / "other.safetensors"
    other.write_bytes(b"other")
    found = {fingerprint_of_solver()}
    for name in ("DEFAULT_WEIGHTS", "HAND_FINDER_WEIGHTS", "EVIDENCE_WEIGHTS"):
        with monkeypatch.context() as patched:
            patched.setattr(fingerprint, name, other)
            found.add(fingerprint_of_solver())
    assert len(found) == 4


def test_a_recording_at_an_address_is_fetched_with_the_files_that_belong_to_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    uxf_files(moving_person(), tmp_path)
    head, options = tmp_path / "head_movement_T001.csv", ReadOptions()
    alone = load_recording(head)
    monkeypatch.setattr(places, "is_remote", lambda path: path.parent == tmp_path)
    with fetched(head, companions_at(head, options).values()) as local:
        assert local.parent != tmp_path
        assert (load_recording(local).positions_m == alone.positions_m).all()
