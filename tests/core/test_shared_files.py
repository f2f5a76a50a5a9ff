# SPDX-License-Identifier: Apache-2.0
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.shared_files import missing_folder, shared_or_skip, wants_shared

ROOT = Path(__file__).resolve().parents[2]


def test_a_run_without_the_shared_files_says_what_it_skipped(tmp_path: Path) -> None:
    """A checkout with nothing beside it; one test of it passes and two are skipped."""
    tests = tmp_path / "checkout" / "tests"
    tests.mkdir(parents=True)
    for name in ("conftest.py", "shared_files.py"):
        shutil.copy(ROOT / "tests" / name, tests)
    (tests / "test_some.py").write_text(
        "from tests.shared_files import shared_or_skip\n"
        "def test_with_rigs(): shared_or_skip('rigs/a.fbx')\n"
        "def test_with_data(): shared_or_skip('data')\n"
        "def test_alone(): pass\n",
        encoding="utf-8",
    )
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "--import-mode=importlib", "-p", "no:cacheprovider", "tests"],
        cwd=tests.parent,
        env={**os.environ, "PYTHONPATH": str(tests.parent)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    assert "Skipped because ../shared lacks files: 2 tests (data 1, rigs 1)." in run.stdout.splitlines()


def test_other_skips_are_not_counted() -> None:
    assert missing_folder("Skipped: " + wants_shared("recordings/a.bsor")) == "recordings"
    assert missing_folder("Skipped: Windows has no umask") is None
    with pytest.raises(pytest.skip.Exception, match=r"needs \.\./shared/nothing"):
        shared_or_skip("nothing/at all")
