# SPDX-License-Identifier: GPL-3.0-or-later
"""Know the usual places of Pythons: the tools that install them, and the folders that they use. Does not import bpy.

Only places that the user's own tools made are here. An environment beside the .blend file is not: it may have come
with the file, from anybody.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from ..core import NO_WINDOW, find_program, neutral_folder, without_python_variables
from .python_layout import ON_WINDOWS, is_file, python_in

OWN_ENVIRONMENT: Final[str] = ".inpose-torch"
"""The folder in the user's home that InPose proposes for PyTorch."""

_CONDAS: Final[tuple[str, ...]] = ("miniforge3", "mambaforge", "miniconda3", "anaconda3", "micromamba")
_POSIX_PREFIXES: Final[tuple[str, ...]] = (
    *("/opt/conda", "/opt/miniconda3", "/opt/anaconda3", "/opt/miniforge3", "/opt/homebrew", "/usr/local", "/usr"),
    "/opt/homebrew/Caskroom/miniforge/base",
    "/opt/homebrew/Caskroom/miniconda/base",
)
_ENVIRONMENT_BESIDE: Final[tuple[str, ...]] = (".venv", "venv", "env")
_LONGEST_LIST: Final[int] = 100_000
_LAUNCHER_LIMIT_S: Final[float] = 10.0
_LAUNCHED: Final[re.Pattern[str]] = re.compile(r"([A-Za-z]:\\.*python[\w.]*\.exe)\s*$", re.MULTILINE | re.IGNORECASE)


def likely_pythons(environment: Mapping[str, str], home: Path, *, windows: bool = ON_WINDOWS) -> Iterator[Path]:
    """Yield the Pythons of this computer's user, the ones in use first, each once. This runs no Python.

    Args:
        environment: the environment variables.
        home: the user's folder.
        windows: whether to use the folders of Windows.
    """
    seen: set[Path] = set()
    for prefix in _prefixes(environment, home, windows):
        if not prefix.is_absolute() or prefix in seen:
            continue
        seen.add(prefix)
        if (python := python_in(prefix, windows=windows)) is not None:
            yield python


def launched_pythons() -> Iterator[Path]:
    """Yield the Pythons that Windows' launcher ``py`` knows; none elsewhere."""
    launcher = find_program("py") if ON_WINDOWS else None
    if launcher is None:
        return
    try:
        done = subprocess.run(
            [launcher, "-0p"],
            env=without_python_variables(os.environ.items()),
            cwd=neutral_folder(launcher),
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=_LAUNCHER_LIMIT_S,
            creationflags=NO_WINDOW,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return
    yield from pythons_in_listing(done.stdout)


def pythons_in_listing(text: str) -> Iterator[Path]:
    """Yield the Pythons in what ``py -0p`` prints."""
    for found in _LAUNCHED.finditer(text):
        yield Path(found[1])


def environment_beside(blend_file: Path) -> Path | None:
    """Return the Python of a virtual environment beside a .blend file. It must not be used unless the user says so."""
    for name in _ENVIRONMENT_BESIDE:
        folder = blend_file.parent / name
        if is_file(folder / "pyvenv.cfg") and (python := python_in(folder)) is not None:
            return python
    return None


def _prefixes(environment: Mapping[str, str], home: Path, windows: bool) -> Iterator[Path]:
    yield home / OWN_ENVIRONMENT
    for variable in ("VIRTUAL_ENV", "CONDA_PREFIX"):
        if folder := environment.get(variable):
            yield Path(folder)
    yield from _conda_prefixes(environment, home, windows)
    yield from _entries(Path(environment.get("WORKON_HOME") or home / ".virtualenvs"))
    pyenv = Path(environment.get("PYENV_ROOT") or home / ".pyenv")
    yield from _entries(pyenv / "versions")
    yield from _entries(pyenv / "pyenv-win" / "versions")
    if windows:
        local, programs = environment.get("LOCALAPPDATA"), environment.get("PROGRAMFILES")
        yield from _entries(Path(local, "Programs", "Python") if local else None)
        yield from (entry for entry in _entries(Path(programs) if programs else None) if "Python" in entry.name)
        return
    yield from _entries(home / ".local" / "share" / "uv" / "python")
    yield from _entries(Path("/Library/Frameworks/Python.framework/Versions"))
    yield from map(Path, _POSIX_PREFIXES)


def _conda_prefixes(environment: Mapping[str, str], home: Path, windows: bool) -> Iterator[Path]:
    """Yield conda's environments: first those in its list, then those in the usual folders."""
    try:
        with (home / ".conda" / "environments.txt").open(encoding="utf-8", errors="replace") as file:
            yield from (Path(line.strip()) for line in file.read(_LONGEST_LIST).splitlines() if line.strip())
    except OSError:
        pass  # no conda, or one that has made no environment yet
    parents = [home]
    if windows:
        parents += [Path(environment[name]) for name in ("LOCALAPPDATA", "PROGRAMDATA") if environment.get(name)]
    for root in (parent / name for parent in parents for name in _CONDAS):
        yield root
        yield from _entries(root / "envs")


def _entries(folder: Path | None) -> list[Path]:
    try:
        return sorted(folder.iterdir(), reverse=True) if folder is not None else []
    except OSError:
        return []
