# SPDX-License-Identifier: GPL-3.0-or-later
"""Know the files of an installed Python: its program, its packages, its version. This runs no Python."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ON_WINDOWS: Final[bool] = os.name == "nt"
PYTHON_NAMES: Final[tuple[str, ...]] = ("python.exe",) if ON_WINDOWS else ("python3", "python")

_LONGEST_SETTINGS: Final[int] = 10_000
_SETTING: Final[re.Pattern[str]] = re.compile(r"^\s*([\w-]+)\s*=\s*(.*?)\s*$", re.MULTILINE)
_LIBRARY: Final[re.Pattern[str]] = re.compile(r"python(3)(\d+)\.dll", re.IGNORECASE)
_VERSION_IN_NAME: Final[re.Pattern[str]] = re.compile(r"python(\d+)\.(\d+)")


@dataclass(frozen=True)
class InstalledPython:
    """Hold the facts about an installed Python, from its files."""

    executable: Path
    version: tuple[int, int]
    package_folders: tuple[Path, ...]
    """Folders of its own packages, in the order of the search."""

    def has(self, package: str) -> bool:
        """Say whether a package is installed."""
        return any((folder / package).is_dir() for folder in self.package_folders)


def python_in(folder: Path, *, windows: bool = ON_WINDOWS) -> Path | None:
    """Return the Python of an environment or an installation; None if there is none in the folder."""
    places = ("Scripts/python.exe", "python.exe") if windows else ("bin/python3", "bin/python")
    return next((folder / place for place in places if is_file(folder / place)), None)


def installed_python(executable: Path, *, windows: bool = ON_WINDOWS) -> InstalledPython | None:
    """Return the facts about a Python; None if its files do not contain its version."""
    try:
        prefix = _prefix_of(executable, windows)
        settings = _settings_of(prefix)
        version = _version_of(executable, prefix, settings, windows)
        if version is None:
            return None
        folders = list(_package_folders(prefix, version, windows))
        if settings.get("include-system-site-packages", "").lower() == "true" and settings.get("home"):
            home = Path(settings["home"])
            folders += _package_folders(home if windows else home.parent, version, windows)
    except OSError:  # a folder that may not be looked into
        return None
    return InstalledPython(executable, version, tuple(folders))


def without_activation(
    executable: Path, environment: Mapping[str, str], *, windows: bool = ON_WINDOWS
) -> Mapping[str, str]:
    """Return the environment in which a Python works without activation. On Windows, conda's packages look for their
    libraries on the search path, which the activation would extend.
    """
    prefix = executable.parent
    if not windows or not (prefix / "conda-meta").is_dir():
        return environment
    folders = [prefix, *(prefix / "Library" / name for name in ("mingw-w64/bin", "usr/bin", "bin")), prefix / "Scripts"]
    name = next((name for name in environment if name.upper() == "PATH"), "PATH")
    path = ";".join([*map(str, folders), environment.get(name, "")])
    return {**environment, name: path}


def is_file(path: Path) -> bool:
    """Return whether a file exists. Files that Windows does not show to programs, such as the links of its store, do
    not count."""
    try:
        return path.is_file()
    except OSError:
        return False


def _prefix_of(executable: Path, windows: bool) -> Path:
    folder = executable.parent
    return folder if windows and folder.name.lower() != "scripts" else folder.parent


def _settings_of(prefix: Path) -> dict[str, str]:
    """Return the content of ``pyvenv.cfg``; empty if this is not a virtual environment."""
    try:
        with (prefix / "pyvenv.cfg").open(encoding="utf-8", errors="replace") as file:
            return {name.lower(): value for name, value in _SETTING.findall(file.read(_LONGEST_SETTINGS))}
    except OSError:
        return {}


def _version_of(executable: Path, prefix: Path, settings: Mapping[str, str], windows: bool) -> tuple[int, int] | None:
    for name in ("version_info", "version"):  # virtualenv and uv, venv
        if found := re.match(r"(\d+)\.(\d+)", settings.get(name, "")):
            return int(found[1]), int(found[2])
    if windows:
        libraries = [_LIBRARY.fullmatch(entry.name) for entry in prefix.iterdir()]
        return next(((int(found[1]), int(found[2])) for found in libraries if found), None)
    for name in (executable.name, executable.resolve().name):
        if found := _VERSION_IN_NAME.match(name):
            return int(found[1]), int(found[2])
    versions = [_VERSION_IN_NAME.match(folder.name) for folder in prefix.glob("lib/python3.*")]
    return next(((int(found[1]), int(found[2])) for found in versions if found), None)


def _package_folders(prefix: Path, version: tuple[int, int], windows: bool) -> Iterator[Path]:
    if windows:
        yield prefix / "Lib" / "site-packages"
        return
    own = f"lib/python{version[0]}.{version[1]}"
    yield prefix / own / "site-packages"
    yield prefix / "local" / own / "dist-packages"  # Debian's
    yield prefix / own / "dist-packages"
    yield prefix / "lib" / "python3" / "dist-packages"
