# SPDX-License-Identifier: GPL-3.0-or-later
"""The solver process runs our code and its interpreter's, whatever lies where Blender was started."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
import time
from pathlib import Path

import pytest

from inpose_blender.core import Skeleton, WorkerError
from inpose_blender.options import CalibrationSettings
from inpose_blender.recording.job import RecordingJob, RecordingQuestion
from inpose_blender.runtime import interpreter as interpreter_module
from inpose_blender.runtime import start_worker
from inpose_blender.runtime.interpreter import Interpreter, candidate_interpreters
from inpose_blender.runtime.own_python import own_numpy_folder, own_python
from inpose_blender.runtime.solver_process import SolverProcess
from inpose_blender.solve.job import SolveJob
from inpose_blender.solve.options import SolveOptions
from inpose_core.system.programs import PROGRAM_ENDING
from tests.planted import STARTED_WITH, PlantedFolder, planted  # noqa: F401 (a fixture)

REPOSITORY = Path(__file__).resolve().parents[3]


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


@pytest.mark.parametrize("numpy_folder", [None, "own"])
def test_no_planted_file_runs(planted: PlantedFolder, monkeypatch: pytest.MonkeyPatch, numpy_folder: str | None):  # noqa: F811
    monkeypatch.setenv("PYTHONPATH", f"{planted.folder}{os.pathsep}")
    monkeypatch.setenv("PYTHONSTARTUP", "json.py")
    folder = None if numpy_folder is None else str(own_numpy_folder())
    said = first_words(Interpreter(sys.executable, "", folder))
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
    info = RecordingJob(RecordingQuestion(Path("take.bsor")), [])
    for params in (solve._params, info._params):
        assert Path(params["recording"]) == planted.folder / "take.bsor"
        assert Path(params["output"]).is_absolute()
    assert Path(solve._params["output"]).parent == planted.folder / "results"
    assert Path(solve._params["sensors_output"]).is_absolute()
    assert Path(solve._params["calibration"]["calibration_file"]) == planted.folder / "me.json"


def test_a_bare_name_is_no_interpreter(planted: PlantedFolder):  # noqa: F811
    """It would be a file of the current folder, which is not where anybody expects a program to be taken from."""
    with pytest.raises(WorkerError, match="not a full path") as caught:
        candidate_interpreters("python3.11")
    assert "full path" in caught.value.hint
    (chosen,) = candidate_interpreters("./python3.11")  # this says so
    assert Path(chosen.executable) == planted.folder / "python3.11"


def test_a_folder_with_an_environment_stands_for_its_python(tmp_path: Path):
    python = make_program(tmp_path / "env" / "bin" / "python3")
    (chosen,) = candidate_interpreters(str(tmp_path / "env"))
    assert Path(chosen.executable) == python


def test_blender_is_not_started_for_a_python(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    blender = make_program(tmp_path / "Blender 4.2")
    with pytest.raises(WorkerError, match="is Blender itself"):
        candidate_interpreters(str(blender))
    for name in ("executable", "_base_executable"):
        monkeypatch.setattr(sys, name, str(blender))
    monkeypatch.setenv("PATH", "")
    (own,) = candidate_interpreters()
    assert Path(own.executable).name.startswith("python")
    for name in ("prefix", "base_prefix", "exec_prefix"):
        monkeypatch.setattr(sys, name, str(tmp_path))
    with pytest.raises(WorkerError, match="does not find the Python") as caught:
        candidate_interpreters()
    assert "NumPy" in caught.value.hint


def test_a_python_of_blenders_version_on_the_search_path_is_the_last_resort(
    planted: PlantedFolder,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
):
    for name in ("executable", "_base_executable", "prefix", "base_prefix", "exec_prefix"):
        monkeypatch.setattr(sys, name, str(tmp_path / "nowhere"))
    version = f"python{sys.version_info[0]}.{sys.version_info[1]}"
    assert (planted.folder / version).is_file()
    monkeypatch.setenv("PATH", f"{os.pathsep}.{os.pathsep}")
    assert own_python() is None
    there = make_program(tmp_path / "bin" / f"{version}{PROGRAM_ENDING}")
    monkeypatch.setenv("PATH", f".{os.pathsep}{there.parent}")
    assert own_python() == there


def test_a_python_without_numpy_takes_blenders(tmp_path: Path):
    """As where a distribution's Blender has its packages in a folder of its own."""
    bare = tmp_path / "bare"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(bare)], check=True, timeout=120)
    python = str(bare / "bin" / "python")
    alone = first_words(Interpreter(python, ""))
    assert "has no numpy" in alone["message"]
    assert first_words(Interpreter(python, "", str(own_numpy_folder())))["event"] == "ready"


def test_only_the_core_can_be_imported_from_its_folder(tmp_path: Path):
    """Whatever else lies beside it."""
    core = tmp_path / "inpose_core"
    core.mkdir()
    (core / "__init__.py").write_text("")
    (core / "worker.py").write_text(
        "from importlib.util import find_spec\nprint('found' if find_spec('beside') else 'not found')"
    )
    (tmp_path / "beside.py").write_text("")
    script = interpreter_module.WORKER_ARGUMENTS[0]
    done = subprocess.run(
        [sys.executable, "-I", script, str(tmp_path)], capture_output=True, text=True, timeout=60, check=True
    )
    assert "not found" in done.stdout


def test_an_old_python_is_told_apart(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    monkeypatch.setattr(sys, "argv", ["start_worker.py", str(REPOSITORY)])
    monkeypatch.setattr(sys, "version_info", (3, 9, 18))
    assert start_worker.main() == 1
    first, second = (json.loads(line) for line in capsys.readouterr().out.splitlines())
    assert first["event"] == "python"
    assert "has version 3.9.18. InPose needs 3.11 or newer" in second["message"]


def make_program(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return path
