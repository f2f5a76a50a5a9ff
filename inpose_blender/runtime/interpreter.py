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

ENVIRONMENT_VARIABLE: Final[str] = "INPOSE_PYTHON"
"""Names the interpreter where there are no preferences: in headless runs and on farms."""

_START: Final[str] = """\
import runpy, sys
sys.path[:0] = sys.argv[1:]
sys.argv[1:] = []
runpy.run_module("inpose_core.worker", run_name="__main__", alter_sys=True)
"""
_ISOLATED: Final[tuple[str, ...]] = ("-I", "-u", "-X", "utf8")
"""Heed no variables of the user's, nor packages of the user's alone, nor files in the current folder: that may be where
a rig was downloaded to, and `python -m` would run a json.py that lies there."""

WORKER_ARGUMENTS: Final[tuple[str, ...]] = ("-c", _START, str(CORE_FOLDER))
"""Run the core that belongs to this add-on, whatever the interpreter has installed."""


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
            return (self.executable, *_ISOLATED, *WORKER_ARGUMENTS)
        # -S: no other packages than the runtime's.
        return (self.executable, *_ISOLATED, "-S", *WORKER_ARGUMENTS, str(self.runtime.folder))

    @property
    def environment(self) -> Mapping[str, str]:
        """Return the environment of the solver process; Blender's PYTHONHOME, too, is wrong for any other Python."""
        from ..core import without_python_variables

        return without_python_variables(os.environ.items())


def candidate_interpreters(chosen: str = "", runtimes: Sequence[Runtime] = ()) -> tuple[Interpreter, ...]:
    """Return the interpreters to try, best first. Whether one has torch shows when it is started.

    Args:
        chosen: the path from the preferences; if set, no other is tried, so that a typing error does not go unseen.
        runtimes: what the full zip brings along, best first; the first that some Python here can use is tried.

    Raises:
        WorkerError: the chosen interpreter does not exist, or is a bare name, which is nowhere looked for.
    """
    chosen = chosen or os.environ.get(ENVIRONMENT_VARIABLE, "")
    if chosen:
        if Path(chosen).name == chosen:
            raise WorkerError(f'The Python set for InPose, "{chosen}", is not a whole path.', "Give the whole path.")
        if not Path(chosen).is_file():
            raise WorkerError(
                f"The Python set for InPose, {chosen}, does not exist.", "Correct the path in the add-on's preferences."
            )
        return (Interpreter(str(Path(chosen).absolute()), "The Python set for InPose"),)
    usable = ((runtime, runtime.executable) for runtime in runtimes)
    bundled = [Interpreter(python, "InPose's own packages", runtime) for runtime, python in usable if python][:1]
    return (*bundled, Interpreter(sys.executable, "Blender's own Python"))
