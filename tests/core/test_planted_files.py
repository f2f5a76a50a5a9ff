# SPDX-License-Identifier: Apache-2.0
"""No file of the current folder runs as code, wherever the command line and its children are started."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import fpzip
import numpy as np
import pytest

from inpose_core.recording.formats import fpzip_frames
from inpose_core.recording.tables.csv_format import write_csv
from inpose_core.system.programs import find_program
from tests.core.recording.sample_recordings import xror_bytes
from tests.core.synthetic import joint_recording, smooth_motion
from tests.planted import PlantedFolder, planted  # noqa: F401 (a fixture)

REPOSITORY = Path(__file__).parents[2]


def run(*command: str, search: tuple[Path, ...] = (REPOSITORY,)) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(str(folder) for folder in search)}
    return subprocess.run(
        command,
        env=environment,
        input='{"method": "shutdown"}\n',  # for the worker; others do not read it
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.fixture
def take(tmp_path: Path) -> Path:
    path = tmp_path / "take.csv"
    write_csv(joint_recording(smooth_motion(240)), path)
    return path


def test_the_traps_work(planted: PlantedFolder) -> None:  # noqa: F811
    run(sys.executable, "-c", "import json, fpzip")
    run(sys.executable, "-m", "inpose_core.worker")
    run(sys.executable, "-c", "", search=(planted.folder,))
    assert {"json", "fpzip", "__init__", "sitecustomize"} <= planted.ran


@pytest.mark.parametrize("module", ["inpose_core.cli", "inpose_core.worker"])
def test_a_module_started_by_m_leaves_the_current_folder_out(
    tmp_path: Path, take: Path, monkeypatch: pytest.MonkeyPatch, module: str
) -> None:
    """Only a planted inpose_core cannot be told from a checkout: Python itself finds it, before a line of ours."""
    folder = PlantedFolder(tmp_path / "downloads", package=False)
    monkeypatch.chdir(folder.folder)
    done = run(sys.executable, "-m", module, *(["info", str(take)] if module == "inpose_core.cli" else []))
    assert done.returncode == 0, done.stderr
    assert ("CSV" if module == "inpose_core.cli" else '"event": "ready"') in done.stdout
    assert folder.ran == set()


def test_the_installed_script_is_safe(planted: PlantedFolder, take: Path) -> None:  # noqa: F811
    script = Path(sys.executable).with_name("inpose.exe" if sys.platform == "win32" else "inpose")
    done = run(str(script), "info", str(take))
    assert done.returncode == 0, done.stderr
    assert planted.ran == set()


def test_the_decoder_takes_no_package_of_the_current_folder(planted: PlantedFolder, tmp_path: Path) -> None:  # noqa: F811
    """Neither this process nor its child, even if this one was started so that the folder is searched first."""
    recording = tmp_path / "take.xror"
    recording.write_bytes(xror_bytes(joint_recording(smooth_motion(240))))
    code = "import sys; from inpose_core.recording import load_recording; print(load_recording(sys.argv[1]).format)"
    # What the current folder holds must not stop the parent, which was told to search it: it is put last.
    code = f"import sys; sys.path.append(sys.path.pop(0)); {code}"
    done = run(sys.executable, "-c", code, str(recording))
    assert done.stdout == "XROR\n", done.stderr
    assert planted.ran == set()


def test_the_decoder_heeds_no_variable(planted: PlantedFolder, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    monkeypatch.setenv("PYTHONPATH", str(planted.folder))
    monkeypatch.setenv("PYTHONSTARTUP", str(planted.folder / "json.py"))
    monkeypatch.syspath_prepend(".")
    monkeypatch.syspath_prepend("")
    table = np.arange(12, dtype=np.float32).reshape(3, 4)
    assert fpzip_frames.has_fpzip()
    assert (fpzip_frames.unpack_frames(fpzip.compress(table[None, None], order="C")) == table).all()
    assert planted.ran == set()


@pytest.mark.parametrize("ending", ["", ".exe"])
@pytest.mark.parametrize("search", ["", ".", "{empty}{sep}.{sep}downloads{sep}"])
def test_a_program_of_the_current_folder_is_not_found(
    planted: PlantedFolder,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    ending: str,
    search: str,
) -> None:
    monkeypatch.setenv("PATH", search.format(empty=tmp_path, sep=os.pathsep))
    assert find_program("python3.11", ending) is None
    programs = tmp_path / "programs"
    programs.mkdir()
    (programs / f"python3.11{ending}").write_text("")
    monkeypatch.setenv("PATH", f"{search.format(empty=tmp_path, sep=os.pathsep)}{os.pathsep}{programs}")
    assert find_program("python3.11", ending) is None  # it cannot be run
    (programs / f"python3.11{ending}").chmod(0o755)
    assert find_program("python3.11", ending) == str(programs / f"python3.11{ending}")
    assert find_program("python3.12", ending) is None
