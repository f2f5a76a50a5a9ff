# SPDX-License-Identifier: GPL-3.0-or-later
"""Pythons with PyTorch are found by their files, as each tool and each system lays them out; none is run."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from inpose_blender.runtime import gpu_pythons, likely_pythons
from inpose_blender.runtime.gpu_pythons import Search, find_base, gpu_python, install_command, load_found, save_found
from inpose_blender.runtime.likely_pythons import environment_beside, pythons_in_listing
from inpose_blender.runtime.python_layout import installed_python, without_activation

CUDA = "__version__ = '2.9.0+cu128'\ncuda: Optional[str] = '12.8'\nhip: Optional[str] = None\n"
CPU = "__version__ = '2.9.0+cpu'\ncuda: Optional[str] = None\nhip: Optional[str] = None\n"


def make_python(prefix: Path, torch: str | None = CUDA, version: str = "3.12", *, windows: bool = False) -> Path:
    """Lay out an environment with numpy, and with a torch that says this of itself."""
    python = prefix / ("python.exe" if windows else "bin/python3")
    packages = prefix / "Lib/site-packages" if windows else prefix / f"lib/python{version}/site-packages"
    for folder in (python.parent, packages / "numpy", packages / "torch"):
        folder.mkdir(parents=True, exist_ok=True)
    python.write_text("#!/bin/sh\nexit 1\n")
    python.chmod(0o755)
    if windows:
        (prefix / f"python{version.replace('.', '')}.dll").touch()
    if torch is not None:
        (packages / "torch" / "version.py").write_text(torch)
    return python


def test_an_environment_says_what_it_has(tmp_path: Path):
    python = make_python(tmp_path / "env")
    (tmp_path / "env" / "pyvenv.cfg").write_text("home = /usr/bin\nversion = 3.12.1\n")
    found = gpu_python(python)
    assert found is not None
    assert found.label == "Python 3.12, PyTorch 2.9.0, CUDA 12.8"
    assert found.interpreter.executable == str(python)


def test_a_rocm_build_counts(tmp_path: Path):
    build = CPU.replace("hip: Optional[str] = None", "hip: Optional[str] = '6.4'")
    assert gpu_python(make_python(tmp_path / "env", build)) is not None


@pytest.mark.parametrize("torch", [CPU, None, "", "\0\xff"])
def test_a_torch_for_the_processor_is_no_gain(tmp_path: Path, torch: str | None):
    assert gpu_python(make_python(tmp_path / "env", torch)) is None


def test_an_old_python_or_one_without_numpy_is_of_no_use(tmp_path: Path):
    assert gpu_python(make_python(tmp_path / "old", version="3.10")) is None
    python = make_python(tmp_path / "bare")
    (tmp_path / "bare/lib/python3.12/site-packages/numpy").rmdir()
    assert gpu_python(python) is None
    assert gpu_python(tmp_path / "nothing" / "bin" / "python3") is None


def test_packages_of_the_base_count_where_the_environment_shares_them(tmp_path: Path):
    base = make_python(tmp_path / "base")
    python = make_python(tmp_path / "env", None)
    settings = tmp_path / "env" / "pyvenv.cfg"
    settings.write_text(f"home = {base.parent}\nversion = 3.12.1\ninclude-system-site-packages = false\n")
    assert gpu_python(python) is None
    settings.write_text(settings.read_text().replace("false", "true"))
    assert gpu_python(python) is not None


@pytest.mark.parametrize("folder", [
    ".inpose-torch", "miniconda3", "miniforge3/envs/motion", ".pyenv/versions/3.12.1", ".virtualenvs/motion",
    ".local/share/uv/python/cpython-3.12",
])  # fmt: skip
def test_every_tools_folders_are_looked_into(tmp_path: Path, folder: str):
    python = make_python(tmp_path / folder)
    assert python in set(likely_pythons.likely_pythons({}, tmp_path, windows=False))


@pytest.mark.parametrize("variable", ["VIRTUAL_ENV", "CONDA_PREFIX"])
def test_an_active_environment_is_found(tmp_path: Path, variable: str):
    python = make_python(tmp_path / "elsewhere")
    found = list(likely_pythons.likely_pythons({variable: str(tmp_path / "elsewhere")}, tmp_path, windows=False))
    assert found[0] == python


def test_condas_own_list_is_read(tmp_path: Path):
    python = make_python(tmp_path / "work" / "env")
    (tmp_path / ".conda").mkdir()
    (tmp_path / ".conda" / "environments.txt").write_text(f"/nowhere\n\n{tmp_path / 'work' / 'env'}\n")
    assert python in set(likely_pythons.likely_pythons({}, tmp_path, windows=False))


def test_a_relative_place_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """It would be in the folder where Blender was started, among files of anybody's."""
    make_python(tmp_path / "env")
    monkeypatch.chdir(tmp_path)
    assert all(p.is_absolute() for p in likely_pythons.likely_pythons({"VIRTUAL_ENV": "env"}, tmp_path / "home"))


def test_windows_layouts_are_understood(tmp_path: Path):
    local = tmp_path / "AppData" / "Local"
    python = make_python(local / "Programs/Python/Python312", windows=True)
    conda = make_python(local / "miniconda3" / "envs" / "motion", windows=True)
    variables = {"LOCALAPPDATA": str(local)}
    found = list(likely_pythons.likely_pythons(variables, tmp_path, windows=True))
    assert {python, conda} <= set(found)
    installed = installed_python(python, windows=True)
    assert installed is not None
    assert installed.version == (3, 12)
    assert installed.has("numpy")
    scripts = tmp_path / "env" / "Scripts"
    scripts.mkdir(parents=True)
    (scripts / "python.exe").touch()
    (tmp_path / "env" / "pyvenv.cfg").write_text("version_info = 3.13.0.final.0\r\n")
    environment = installed_python(scripts / "python.exe", windows=True)
    assert environment is not None
    assert environment.version == (3, 13)
    assert environment.package_folders == (tmp_path / "env" / "Lib" / "site-packages",)


def test_the_list_of_windows_launcher_is_read():
    text = (
        " -V:3.13 *        C:\\Users\\Ann Lee\\AppData\\Local\\Programs\\Python\\Python313\\python.exe\r\n"
        " -V:3.12          C:\\Program Files\\Python312\\python.exe\r\n"
        " -V:Astral/CPython3.11.9 D:\\uv\\python3.11.exe\r\nNo installed Pythons found!\r\n"
    )
    assert [path.name or str(path) for path in pythons_in_listing(text)] == [
        "C:\\Users\\Ann Lee\\AppData\\Local\\Programs\\Python\\Python313\\python.exe",
        "C:\\Program Files\\Python312\\python.exe",
        "D:\\uv\\python3.11.exe",
    ]


def test_condas_libraries_are_on_the_search_path_on_windows(tmp_path: Path):
    python = make_python(tmp_path / "conda", windows=True)
    plain = {"Path": "C:\\Windows", "TEMP": "C:\\Temp"}
    assert without_activation(python, plain, windows=True) == plain
    (tmp_path / "conda" / "conda-meta").mkdir()
    path = without_activation(python, plain, windows=True)["Path"].split(";")
    assert str(tmp_path / "conda" / "Library" / "bin") in path
    assert path[-1] == "C:\\Windows"
    assert without_activation(python, plain, windows=False) == plain


def test_an_environment_beside_the_file_is_offered_and_never_found(tmp_path: Path):
    """It may have come with the file, from anybody: its Python would be their program."""
    python = make_python(tmp_path / ".venv")
    assert environment_beside(tmp_path / "shot.blend") is None
    (tmp_path / ".venv" / "pyvenv.cfg").write_text("version = 3.12.1\n")
    assert environment_beside(tmp_path / "shot.blend") == python
    assert python not in set(likely_pythons.likely_pythons({}, tmp_path / "home"))


@pytest.fixture
def only(monkeypatch: pytest.MonkeyPatch) -> Callable[[list[Path]], None]:
    """Let these be the only Pythons of this computer, which has a graphics card."""
    monkeypatch.setattr(gpu_pythons, "has_graphics_card", lambda: True)
    return lambda pythons: monkeypatch.setattr(gpu_pythons, "_all_pythons", lambda: iter(pythons))


def test_a_search_remembers_what_it_found(tmp_path: Path, only: Callable[[list[Path]], None]):
    file = tmp_path / "found.json"
    assert load_found(file) == ()
    python, other = make_python(tmp_path / "env"), make_python(tmp_path / "other", CPU)
    only([other, python, python])
    search = Search(file)
    search.wait()
    assert [found.executable for found in search.found] == [python]
    assert load_found(file) == search.found
    # It is looked at again each time: what was removed is not started.
    (tmp_path / "env/lib/python3.12/site-packages/torch/version.py").write_text(CPU)
    assert load_found(file) == ()


def test_no_python_is_of_use_without_a_card(
    tmp_path: Path, only: Callable[[list[Path]], None], monkeypatch: pytest.MonkeyPatch
):
    """For Linux, every PyTorch of PyPI is built for CUDA."""
    only([make_python(tmp_path / "env")])
    assert len(gpu_pythons.find_gpu_pythons()) == 1
    monkeypatch.setattr(gpu_pythons, "has_graphics_card", lambda: False)
    monkeypatch.setattr(gpu_pythons, "_AMD_DRIVER", tmp_path / "none")
    assert gpu_pythons.find_gpu_pythons() == ()
    (tmp_path / "none").touch()
    assert len(gpu_pythons.find_gpu_pythons()) == 1


@pytest.mark.parametrize("content", ["", "{", "{}", '[1, null, [], "python3"]', "[" * 100_000])
def test_a_damaged_memory_is_none(tmp_path: Path, content: str):
    (tmp_path / "found.json").write_text(content)
    assert load_found(tmp_path / "found.json") == ()


def test_a_search_that_cannot_remember_still_finds(tmp_path: Path, only: Callable[[list[Path]], None]):
    only([make_python(tmp_path / "env")])
    (tmp_path / "full").touch()
    search = Search(tmp_path / "full" / "found.json")
    search.wait()
    assert len(search.found) == 1


def test_a_long_list_is_cut(tmp_path: Path):
    found = [gpu_python(make_python(tmp_path / str(number))) for number in range(30)]
    save_found([python for python in found if python], tmp_path / "found.json")
    assert len(load_found(tmp_path / "found.json")) == 20


def test_the_advice_fits_the_search(monkeypatch: pytest.MonkeyPatch):
    """What the command installs must be looked for."""
    assert likely_pythons.OWN_ENVIRONMENT in install_command("/usr/bin/python3.12")
    monkeypatch.setattr(gpu_pythons.sys, "platform", "win32")
    make, install = install_command("py").splitlines()
    folder = f'"{Path.home() / likely_pythons.OWN_ENVIRONMENT}"'
    assert make == f"py -m venv --clear {folder}"
    assert install.startswith(f"py -m pip --python {folder} install torch numpy --index-url https://")


def test_the_advice_names_a_python_that_is_new_enough(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """On macOS, Rocky Linux 9 and Ubuntu 22.04, ``python3`` is older than the solver needs."""
    old, new = tmp_path / "old/bin", tmp_path / "new/bin"
    for folder, names in ((old, ("python3.9", "python3")), (new, ("python3.12",))):
        folder.mkdir(parents=True)
        for name in names:
            (folder / name).touch()
    (tmp_path / "old/lib/python3.9").mkdir(parents=True)
    monkeypatch.setattr(gpu_pythons, "_PROGRAM_FOLDERS", ())
    monkeypatch.setenv("PATH", str(old))
    assert find_base() is None
    monkeypatch.setenv("PATH", f"{old}{os.pathsep}{new}")
    assert find_base() == str(new / "python3.12")
    monkeypatch.setattr(gpu_pythons.sys, "platform", "win32")
    monkeypatch.setattr(gpu_pythons, "launched_pythons", lambda: iter([old / "python3.9"]))
    assert find_base() is None
    monkeypatch.setattr(gpu_pythons, "launched_pythons", lambda: iter([old / "python3.9", new / "python3.12"]))
    assert find_base() == "py"


def test_a_python_that_nearly_fits_is_told_with_the_reason(tmp_path: Path, only: Callable[[list[Path]], None]):
    old, bare = make_python(tmp_path / "old", version="3.10"), make_python(tmp_path / "bare")
    (tmp_path / "bare/lib/python3.12/site-packages/numpy").rmdir()
    only([old, bare, make_python(tmp_path / "cpu", CPU)])
    search = Search(tmp_path / "found.json")
    search.wait()
    assert search.found == ()
    assert [(near.executable, near.is_too_old) for near in search.near_misses] == [(old, True), (bare, False)]
