# SPDX-License-Identifier: GPL-3.0-or-later
"""Find the Pythons of this computer whose PyTorch can use its graphics card. No bpy here.

The search reads the files of the Pythons, and runs none of them. It runs in its own thread, and stores the result in a
file for the next session.
"""

from __future__ import annotations

import json
import os
import shlex
import sys
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ..core import TorchBuild, has_nvidia_driver, is_apple_silicon, output_error, read_json, torch_build, write_output
from ..errors import OutputError
from .interpreter import Interpreter
from .likely_pythons import OWN_ENVIRONMENT, launched_pythons, likely_pythons
from .python_layout import installed_python, is_file
from .start_worker import OLDEST

PYTORCH_INDEX: Final[str] = "https://download.pytorch.org/whl/cu128"
_AMD_DRIVER: Final[Path] = Path("/dev/kfd")
_BASES: Final[tuple[str, ...]] = ("python3.13", "python3.12", "python3.11", "python3.14", "python3")
"""The versions first for which PyTorch has been built for long."""
_PROGRAM_FOLDERS: Final[tuple[str, ...]] = ("/usr/local/bin", "/opt/homebrew/bin", "/usr/bin")
"""Programs that are started from the desktop of macOS do not have all of them in PATH."""
_MOST_BYTES: Final[int] = 100_000
_MOST_KEPT: Final[int] = 20


@dataclass(frozen=True)
class GpuPython:
    """Hold a Python whose PyTorch was built for the graphics card."""

    executable: Path
    version: tuple[int, int]
    build: TorchBuild

    @property
    def label(self) -> str:
        """Return the versions for the user."""
        card = "Metal" if self.build.device == "mps" else f"CUDA {self.build.cuda}"
        return f"Python {self.version[0]}.{self.version[1]}, PyTorch {self.build.version.partition('+')[0]}, {card}"

    @property
    def interpreter(self) -> Interpreter:
        """Return the interpreter that runs the solver."""
        return Interpreter(str(self.executable), self.label)


@dataclass(frozen=True)
class NearMiss:
    """Hold a Python whose PyTorch was built for the graphics card, but which cannot run the solver."""

    executable: Path
    version: tuple[int, int]

    @property
    def is_too_old(self) -> bool:
        """Say whether its version is the reason; else NumPy is missing."""
        return self.version < OLDEST


def gpu_python(executable: Path) -> GpuPython | None:
    """Return the facts of a Python if, by its files, it can solve on the graphics card; else None."""
    looked = _looked_at(executable)
    return looked if isinstance(looked, GpuPython) else None


def _looked_at(executable: Path) -> GpuPython | NearMiss | None:
    installed = installed_python(executable)
    if installed is None:
        return None
    build = next(filter(None, map(torch_build, installed.package_folders)), None)
    if build is None or build.device == "cpu":
        return None
    if installed.version < OLDEST or not installed.has("numpy"):
        return NearMiss(executable, installed.version)
    return GpuPython(executable, installed.version, build)


def find_gpu_pythons() -> tuple[GpuPython, ...]:
    """Look into all likely places; takes from milliseconds to seconds.

    Without a graphics card, none is useful: on Linux, every PyTorch is built for a card.
    """
    return _those_of(_all_pythons()) if has_graphics_card() or _AMD_DRIVER.exists() else ()


def find_near_misses() -> tuple[NearMiss, ...]:
    """Look into all likely places for Pythons that have the PyTorch, but cannot run the solver."""
    looked = map(_looked_at, dict.fromkeys(_all_pythons()))
    return tuple(python for python in looked if isinstance(python, NearMiss))


def find_base() -> str | None:
    """Return the command that starts a Python which can run the solver, for `install_command`; None: there is none."""
    if sys.platform == "win32":
        return "py" if any(map(_is_new_enough, launched_pythons())) else None
    folders = [*os.environ.get("PATH", "").split(os.pathsep), *_PROGRAM_FOLDERS]
    places = (Path(folder, name) for name in _BASES for folder in folders)
    found = (place for place in places if place.is_absolute() and is_file(place) and _is_new_enough(place))
    return next((shlex.quote(str(place)) for place in found), None)


def _is_new_enough(executable: Path) -> bool:
    installed = installed_python(executable)
    return installed is not None and installed.version >= OLDEST


def has_graphics_card() -> bool:
    """Return whether the computer has a graphics card that the PyTorch of `install_command` can use."""
    return has_nvidia_driver() or is_apple_silicon()


def install_command(base: str) -> str:
    """Return the command for a terminal that installs a PyTorch for the graphics card where InPose finds it.

    Args:
        base: of `find_base`.
    """
    if sys.platform == "win32":
        # Two lines that both of Windows' shells understand; neither needs an administrator's rights.
        folder = f'"{Path.home() / OWN_ENVIRONMENT}"'
        make = f"{base} -m venv --clear {folder}"
        return f"{make}\n{base} -m pip --python {folder} install torch numpy --index-url {PYTORCH_INDEX}"
    make = f"{base} -m venv --clear ~/{OWN_ENVIRONMENT}"
    return f"{make} && ~/{OWN_ENVIRONMENT}/bin/pip install torch numpy"


def save_found(found: Iterable[GpuPython], file: Path) -> None:
    """Store the found Pythons for other sessions.

    Raises:
        OutputError: the file cannot be written.
    """
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise output_error(file, error) from error
    write_output(file, [json.dumps([str(python.executable) for python in found][:_MOST_KEPT]).encode()])


def load_found(file: Path) -> tuple[GpuPython, ...]:
    """Return the Pythons of an earlier search that still exist."""
    try:
        kept = read_json(file, _MOST_BYTES)
    except (OSError, ValueError):  # nobody has searched yet
        return ()
    paths = [Path(text) for text in kept if isinstance(text, str)] if isinstance(kept, list) else []
    return _those_of(path for path in paths[:_MOST_KEPT] if path.is_absolute())


class Search:
    """Search in a separate thread, so that Blender can draw meanwhile."""

    def __init__(self, file: Path) -> None:
        self.found: tuple[GpuPython, ...] = ()
        self.near_misses: tuple[NearMiss, ...] = ()
        """Why none was found."""
        self.base: str | None = None
        """Of `find_base`, if none was found."""
        self.has_graphics_card = False
        self._file = file
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    @property
    def done(self) -> bool:
        """Say whether it has ended."""
        return not self._thread.is_alive()

    def wait(self) -> None:
        """Wait for the end."""
        self._thread.join()

    def _run(self) -> None:
        self.has_graphics_card = has_graphics_card()
        self.found = find_gpu_pythons()
        if self.has_graphics_card and not self.found:
            self.near_misses, self.base = find_near_misses(), find_base()
        try:
            save_found(self.found, self._file)
        except OutputError:
            return  # the next session searches again


def _all_pythons() -> Iterator[Path]:
    yield from likely_pythons(os.environ, Path.home())
    yield from launched_pythons()


def _those_of(executables: Iterable[Path]) -> tuple[GpuPython, ...]:
    return tuple(python for python in map(gpu_python, dict.fromkeys(executables)) if python is not None)
