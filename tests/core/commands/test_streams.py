# SPDX-License-Identifier: Apache-2.0
"""Commands whose output nobody reads, or that finds no room, end without a traceback."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from pathlib import Path

import pytest

from inpose_core.cli import main
from inpose_core.commands.streams import CLOSED_PIPE

REPOSITORY = Path(__file__).resolve().parents[3]
EXAMPLE = REPOSITORY / "examples" / "walk_wave_crouch.csv"
COMMAND = [sys.executable, "-m", "inpose_core.cli", "info", "--json", str(EXAMPLE)]
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(REPOSITORY)}


@pytest.mark.skipif(sys.platform == "win32", reason="pipes break otherwise there")
@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_pipe_that_is_closed_ends_the_command_in_silence(unbuffered: str) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        COMMAND,
        stdout=writing,
        stderr=subprocess.PIPE,
        env={**ENVIRONMENT, "PYTHONUNBUFFERED": unbuffered},
        cwd=REPOSITORY,
        check=False,
        timeout=100,
    )
    os.close(writing)
    assert (done.returncode, done.stderr) == (CLOSED_PIPE, b"")


@pytest.mark.parametrize("encoding", ["cp1252", "ascii"])
def test_a_name_that_the_output_cannot_encode_is_printed(
    encoding: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    take = tmp_path / "テスト ł.csv"
    take.write_text("\n".join(EXAMPLE.read_text().splitlines()[:180]) + "\n")
    for command in (["info", take], ["takes", tmp_path]):
        output = io.BytesIO()
        monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(output, encoding=encoding))
        assert main([str(word) for word in command]) == 0
        assert rb"\u30c6\u30b9\u30c8" in output.getvalue()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device of Linux")
@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_full_disk_behind_the_output_is_told(unbuffered: str) -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            COMMAND,
            stdout=full,
            stderr=subprocess.PIPE,
            env={**ENVIRONMENT, "PYTHONUNBUFFERED": unbuffered},
            cwd=REPOSITORY,
            text=True,
            check=False,
            timeout=100,
        )
    assert done.returncode == 2
    assert done.stderr.startswith("inpose: The output cannot be written")
    assert len(done.stderr.splitlines()) == 1
