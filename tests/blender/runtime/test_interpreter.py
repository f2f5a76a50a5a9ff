# SPDX-License-Identifier: GPL-3.0-or-later
"""The solver process runs our code and its interpreter's, whatever lies where Blender was started."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import time
from pathlib import Path

import pytest

from inpose_blender.core import Skeleton, WorkerError
from inpose_blender.options import CalibrationSettings
from inpose_blender.recording.job import RecordingJob
from inpose_blender.runtime.bundle import Runtime
from inpose_blender.runtime.interpreter import Interpreter, candidate_interpreters
from inpose_blender.runtime.solver_process import SolverProcess
from inpose_blender.solve.job import SolveJob
from inpose_blender.solve.options import SolveOptions
from inpose_core.system.programs import PROGRAM_ENDING
from tests.planted import STARTED_WITH, PlantedFolder, planted  # noqa: F401 (a fixture)

REPOSITORY = Path(__file__).resolve().parents[3]
NOWHERE = Runtime((3, 99), (), 0, Path("/nowhere/runtime"))


def first_words(interpreter: Interpreter) -> dict:
    """Return what the process says first: that it is ready, or what its Python lacks."""
    process = SolverProcess(interpreter.command, interpreter.environment)
    try:
        until = time.monotonic() + 60
        while not (process.ready or process.failure) and time.monotonic() < until:
            process.look()
            time.sleep(0.02)
        return process.ready or process.failure or {}
    finally:
        process.stop()


@pytest.mark.parametrize("runtime", [None, NOWHERE], ids=["chosen", "bundled"])
def test_no_planted_file_runs(planted: PlantedFolder, monkeypatch: pytest.MonkeyPatch, runtime: Runtime | None):  # noqa: F811
    monkeypatch.setenv("PYTHONPATH", f"{planted.folder}{os.pathsep}")
    monkeypatch.setenv("PYTHONSTARTUP", "json.py")
    said = first_words(Interpreter(sys.executable, "", runtime))
    assert said.get("event") == "ready" or "has no" in said["message"], said
    assert planted.ran == set()


@pytest.mark.skipif(os.name != "posix", reason="the layout of a user's own packages is another on Windows")
def test_the_users_own_packages_start_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Python itself would run a usercustomize.py from there; a virtual environment has no such folder, its base has."""
    base = Path(getattr(sys, "_base_executable", sys.executable))
    folder = Path(sysconfig.get_path("purelib", "posix_user", {"userbase": str(tmp_path / "home")}))
    planted_there = PlantedFolder(folder)
    monkeypatch.setenv("PYTHONUSERBASE", str(tmp_path / "home"))
    subprocess.run([str(base), "-c", ""], check=True, timeout=60)
    assert "usercustomize" in planted_there.ran, "this Python has no folder of the user's: the trap is none"
    for mark in (planted_there.folder / "marks").iterdir():
        mark.unlink()
    first_words(Interpreter(str(base), ""))
    assert not planted_there.ran & {*STARTED_WITH, "__init__", "worker", "numpy"}


def test_the_core_of_this_add_on_runs_whatever_else_is_installed(planted: PlantedFolder):  # noqa: F811
    command = Interpreter(sys.executable, "").command
    assert "-I" in command
    assert str(REPOSITORY) in command
    assert "-m" not in command


def test_the_process_works_in_a_folder_that_is_nobodys(planted: PlantedFolder, tmp_path: Path):  # noqa: F811
    script = tmp_path / "say_where.py"
    script.write_text("import os, json; print(json.dumps({'event': 'ready', 'cwd': os.getcwd()}), flush=True); input()")
    process = SolverProcess([sys.executable, str(script)], dict(os.environ))
    until = time.monotonic() + 30
    while process.ready is None and time.monotonic() < until:
        process.look()
        time.sleep(0.02)
    process.stop()
    assert process.ready is not None
    assert Path(process.ready["cwd"]) == Path(sys.executable).parents[-1]


def test_paths_in_requests_are_whole(planted: PlantedFolder):  # noqa: F811
    options = SolveOptions(calibration=CalibrationSettings(calibration_file=Path("me.json")))
    solve = SolveJob(Path("take.bsor"), Skeleton.template(), [], options, Path("results"))
    info = RecordingJob(Path("take.bsor"), [])
    for params in (solve._params, info._params):
        assert Path(params["recording"]) == planted.folder / "take.bsor"
        assert Path(params["output"]).is_absolute()
    assert Path(solve._params["output"]).parent == planted.folder / "results"
    assert Path(solve._params["sensors_output"]).is_absolute()
    assert Path(solve._params["calibration"]["calibration_file"]) == planted.folder / "me.json"


def test_a_bare_name_is_no_interpreter(planted: PlantedFolder):  # noqa: F811
    """It would be a file of the current folder, which is not where anybody expects a program to be taken from."""
    with pytest.raises(WorkerError, match="not a whole path") as caught:
        candidate_interpreters("python3.11")
    assert "whole path" in caught.value.hint
    (chosen,) = candidate_interpreters("./python3.11")  # this says so
    assert Path(chosen.executable) == planted.folder / "python3.11"


def test_a_bundled_runtime_takes_no_python_of_the_current_folder(
    planted: PlantedFolder,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
):
    other = (3, 13) if sys.version_info[:2] == (3, 11) else (3, 11)
    name = f"python{other[0]}.{other[1]}"
    runtime = Runtime(other, (), 0, tmp_path)
    assert (planted.folder / name).is_file()
    monkeypatch.setenv("PATH", f"{os.pathsep}.{os.pathsep}")
    assert runtime.executable is None
    elsewhere = tmp_path / "bin"
    elsewhere.mkdir()
    shutil.copy(planted.folder / name, elsewhere / f"{name}{PROGRAM_ENDING}")
    monkeypatch.setenv("PATH", f".{os.pathsep}{elsewhere}")
    assert runtime.executable == str(elsewhere / f"{name}{PROGRAM_ENDING}")
