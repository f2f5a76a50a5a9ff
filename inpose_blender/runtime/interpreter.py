# SPDX-License-Identifier: GPL-3.0-or-later
"""Choose the Python that runs the solver process: one with torch, which Blender's own rarely is. No bpy here."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ..errors import CORE_FOLDER, WorkerError
from .bundle import Runtime

WORKER_ARGUMENTS: Final[tuple[str, ...]] = ("-m", "inpose_core.worker")
ENVIRONMENT_VARIABLE: Final[str] = "INPOSE_PYTHON"
"""Names the interpreter where there are no preferences: in headless runs and on farms."""

_RUNTIME_START: Final[str] = """\
import runpy, sys
sys.path[:0] = sys.argv[1:]
sys.argv[1:] = []
runpy.run_module("inpose_core.worker", run_name="__main__", alter_sys=True)
"""
"""An isolated Python (-I, -S) has no other packages than these folders', and heeds no variables of the user's."""


@dataclass(frozen=True)
class Interpreter:
    """Name one Python, and the unpacked runtime whose packages it is to use instead of its own."""

    executable: str
    label: str
    runtime: Runtime | None = None

    @property
    def command(self) -> tuple[str, ...]:
        """Return the command that starts the solver process."""
        if self.runtime is None:
            return (self.executable, *WORKER_ARGUMENTS)
        isolated = ("-I", "-S", "-u", "-X", "utf8", "-c", _RUNTIME_START)
        return (self.executable, *isolated, str(CORE_FOLDER), str(self.runtime.folder))

    @property
    def environment(self) -> Mapping[str, str]:
        """Return the environment of the solver process: it finds the core that belongs to this add-on first."""
        environment = dict(os.environ)
        environment.pop("PYTHONHOME", None)  # Blender's, where it is set, is wrong for any other Python
        inherited = environment.get("PYTHONPATH", "")
        folders = [str(CORE_FOLDER), *([inherited] if inherited else [])]
        environment["PYTHONPATH"] = os.pathsep.join(folders)
        environment["PYTHONUNBUFFERED"] = "1"
        environment["PYTHONUTF8"] = "1"
        return environment


def candidate_interpreters(chosen: str = "", runtimes: Sequence[Runtime] = ()) -> tuple[Interpreter, ...]:
    """Return the interpreters to try, best first. Whether one has torch shows when it is started.

    Args:
        chosen: the path from the preferences; if set, no other is tried, so that a typing error does not go unseen.
        runtimes: what the full zip brings along, best first; the first that some Python here can use is tried.

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
    usable = ((runtime, runtime.executable) for runtime in runtimes)
    bundled = [Interpreter(python, "InPose's own packages", runtime) for runtime, python in usable if python][:1]
    return (*bundled, Interpreter(sys.executable, "Blender's own Python"))
