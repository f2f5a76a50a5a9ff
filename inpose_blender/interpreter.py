# SPDX-License-Identifier: GPL-3.0-or-later
"""Choose the Python that runs the solver process: one with torch, which Blender's own rarely is. No bpy here."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from .errors import CORE_FOLDER, WorkerError

WORKER_ARGUMENTS: Final[tuple[str, ...]] = ("-m", "inpose_core.worker")
ENVIRONMENT_VARIABLE: Final[str] = "INPOSE_PYTHON"
"""Names the interpreter where there are no preferences: in headless runs and on farms."""

_RUNTIME_PYTHONS: Final[tuple[str, ...]] = ("bin/python3", "bin/python", "python.exe", "Scripts/python.exe")


@dataclass(frozen=True)
class Interpreter:
    """Name one Python, and folders with packages that it finds besides its own."""

    executable: str
    label: str
    package_folders: tuple[str, ...] = ()

    @property
    def command(self) -> tuple[str, ...]:
        """Return the command that starts the solver process."""
        return (self.executable, *WORKER_ARGUMENTS)

    @property
    def environment(self) -> Mapping[str, str]:
        """Return the environment of the solver process: it finds the core that belongs to this add-on first."""
        environment = dict(os.environ)
        environment.pop("PYTHONHOME", None)  # Blender's, where it is set, is wrong for any other Python
        inherited = environment.get("PYTHONPATH", "")
        folders = [str(CORE_FOLDER), *self.package_folders, *([inherited] if inherited else [])]
        environment["PYTHONPATH"] = os.pathsep.join(folders)
        environment["PYTHONUNBUFFERED"] = "1"
        environment["PYTHONUTF8"] = "1"
        return environment


def candidate_interpreters(chosen: str = "", runtime_folder: Path | None = None) -> tuple[Interpreter, ...]:
    """Return the interpreters to try, best first. Whether one has torch shows when it is started.

    Args:
        chosen: the path from the preferences; if set, no other is tried, so that a typing error does not go unseen.
        runtime_folder: where the bundled runtime is, if this build of the extension has one.

    Raises:
        WorkerError: the chosen interpreter does not exist.
    """
    chosen = chosen or os.environ.get(ENVIRONMENT_VARIABLE, "")
    if chosen:
        if not Path(chosen).is_file():
            raise WorkerError(
                f"The Python {chosen} set for InPose does not exist.", "Correct the path in the add-on's preferences."
            )
        return (Interpreter(chosen, "The Python set for InPose"),)
    candidates = []
    if runtime_folder is not None:
        for name in _RUNTIME_PYTHONS:
            if (runtime_folder / name).is_file():
                candidates.append(Interpreter(str(runtime_folder / name), "InPose's runtime"))
                break
        packages = runtime_folder / "site-packages"
        if packages.is_dir():
            candidates.append(Interpreter(sys.executable, "InPose's packages", (str(packages),)))
    candidates.append(Interpreter(sys.executable, "Blender's own Python"))
    return tuple(candidates)
