# SPDX-License-Identifier: Apache-2.0
"""Damage every sample thirty times: no crash, no hang, no flood of memory, no name of a player."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from inpose_core.motion_files.bvh import save_bvh
from inpose_core.recording.tables.csv_format import write_csv
from tests.core.recording.fuzzing import LONGEST_S
from tests.core.recording.recording_files import PLAYER_ID, PLAYER_NAME, moving_person
from tests.core.recording.sample_recordings import all_samples
from tests.core.synthetic import smooth_motion
from tests.shared_files import shared_or_skip

REPOSITORY = Path(__file__).resolve().parents[3]
VARIANTS = 30
MOST_MEGABYTES = 500

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads its peak memory from /proc")


def damage_and_read(folder: Path) -> list[dict[str, object]]:
    done = subprocess.run(
        [sys.executable, "-m", "tests.core.recording.fuzzing", str(folder), str(VARIANTS)],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY), "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
    )
    assert done.returncode == 0, f"the reader ended the process: {done.returncode} {done.stderr[-2000:]}"
    report = json.loads(done.stdout)
    assert report["megabytes"] < MOST_MEGABYTES
    results: list[dict[str, object]] = report["results"]
    bad = [r for r in results if r["outcome"] not in {"read", "refused"} or float(str(r["seconds"])) > LONGEST_S]
    assert not bad, bad[:5]
    return results


def test_damaged_samples_of_every_format(tmp_path: Path) -> None:
    person = moving_person(150)
    for name, data in all_samples(person).items():
        (tmp_path / name).write_bytes(data)
    write_csv(person, tmp_path / "own.csv")
    save_bvh(smooth_motion(60), tmp_path / "body.bvh")
    results = damage_and_read(tmp_path)
    assert len(results) == VARIANTS * 13
    outcomes = Counter(result["outcome"] for result in results)
    assert min(outcomes["read"], outcomes["refused"]) > 20, "damage that always or never matters tests nothing"
    for result in results:
        assert PLAYER_NAME not in str(result["text"])
        assert PLAYER_ID not in str(result["text"])


def test_damaged_real_recordings(tmp_path: Path) -> None:
    files = [path for path in shared_or_skip("recordings").glob("*") if path.suffix != ".md"]
    for path in files:
        (tmp_path / path.name).write_bytes(path.read_bytes())
    assert len(damage_and_read(tmp_path)) == VARIANTS * len(files)
