# SPDX-License-Identifier: Apache-2.0
"""A sample of the bench through the whole product: what is right today stays right."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from inpose_core.errors import InPoseError
from inpose_core.evaluation.recordings.report import document, table, write_recordings_report, wrong_cases
from inpose_core.evaluation.recordings.running import RunSettings, run_cases
from inpose_core.evaluation.row_store import Row, RowStore
from tests.shared_files import shared_or_skip

SAMPLE = (
    "clean_posed",
    "frozen",
    "position_stuck",
    "glued_to_head",
    "parked_below",
    "never_awake",
    "spikes",
    "desk_first",
    "headset_jumps",
    "floor_lost",
    "recentred",
    "two_sessions",
    "clock_past_midnight",
    "unit_cm",
    "bvh_z_up",
)
SCENES = 2
MOST_WRONG = 1


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> RunSettings:
    """Return a run on a small part of the training people, so that nothing here is chosen on the reported ones."""
    data = tmp_path_factory.mktemp("data")
    (data / "cmu_fbx.npz").symlink_to(shared_or_skip("data/cmu_fbx.npz"))
    return RunSettings(data, "train", SAMPLE, SCENES, processes=1)


@pytest.fixture(scope="module")
def rows(settings: RunSettings) -> list[Row]:
    return run_cases(settings)


def test_the_sample_s_cases_are_right_or_told(rows: list[Row]) -> None:
    assert len(rows) == len(SAMPLE) * SCENES
    wrong = [row for row in rows if row["outcome"] in ("misled", "silent")]
    assert len(wrong) <= MOST_WRONG, wrong_cases(wrong)


def test_a_run_goes_on_with_what_is_stored(settings: RunSettings, rows: list[Row], tmp_path: Path) -> None:
    store = RowStore(tmp_path / "rows.jsonl")
    kept = rows[:-1]
    marked = [{**row, "reason": "stored"} for row in kept]
    for row in marked:
        store.add(row)
    with store.path.open("a", encoding="utf-8") as file:
        file.write('{"kind": "spikes", "places_cm": {}')  # a process that was killed
    again = run_cases(settings, store)
    assert [row["reason"] for row in again[:-1]] == ["stored"] * len(kept)
    assert {k: v for k, v in again[-1].items() if k != "seconds"} == {
        k: v for k, v in rows[-1].items() if k != "seconds"
    }
    assert len(store.rows()) == len(rows)


def test_stored_rows_of_other_data_or_another_prior_do_not_count(
    settings: RunSettings, rows: list[Row], tmp_path: Path
) -> None:
    store, one = RowStore(tmp_path / "rows.jsonl"), replace(settings, kinds=("unit_cm",), scenes=1)
    (known,) = (row for row in rows if (row["kind"], row["scene"]) == ("unit_cm", 0))
    for name in ("data", "weights", "seed", "people"):
        assert name in known
        store.add({**known, name: "other", "reason": "stored"})
        store.add({**{key: value for key, value in known.items() if key != name}, "reason": "stored"})
    assert [row["reason"] for row in run_cases(one, store)] == [known["reason"]]
    store.add({**known, "reason": "stored"})
    assert [row["reason"] for row in run_cases(one, store)] == ["stored"]
    assert [row["reason"] for row in run_cases(one, store, again=True)] == [known["reason"]]


def test_files_are_kept_where_they_are_wanted(settings: RunSettings, tmp_path: Path) -> None:
    (row,) = run_cases(RunSettings(settings.data, "train", ("spikes",), 1, processes=1, files=tmp_path))
    file = row["command"].split()[2]
    assert (tmp_path / file).is_file()


def test_an_unknown_kind_is_refused(settings: RunSettings) -> None:
    with pytest.raises(InPoseError, match="no kind of defect"):
        run_cases(RunSettings(settings.data, "train", ("lsot",)))


def test_the_report_counts_every_case(rows: list[Row], tmp_path: Path) -> None:
    found = document(rows)
    assert sum(found["kinds"]["spikes"][name] for name in ("right", "told", "misled", "silent")) == SCENES
    assert found["clean"]["cases"] == SCENES
    assert found["all"]["cases"] == len(rows) - SCENES
    assert table(found).count("\n") == len(SAMPLE) + 2
    paths = write_recordings_report(rows, tmp_path)
    assert json.loads(paths[0].read_text(encoding="utf-8")) == found
    assert paths[1].read_bytes().startswith(b"\x89PNG")
