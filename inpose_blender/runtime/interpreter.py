# SPDX-License-Identifier: GPL-3.0-or-later
"""Choose the Python that runs the solver process: the user's choice, one with a graphics card, or Blender's own.

No bpy here.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ..errors import CORE_FOLDER, WorkerError
from .own_python import own_numpy_folder, own_python
from .python_layout import python_in, without_activation

ENVIRONMENT_VARIABLE: Final[str] = "INPOSE_PYTHON"
"""Environment variable that names the interpreter if there are no preferences: in headless runs and on farms."""

_ISOLATED: Final[tuple[str, ...]] = ("-I", "-u", "-X", "utf8")
"""Ignore the user's environment variables and packages, and files in the current folder, which may be the downloads
folder. Python then does not search the script's folder for modules either."""

WORKER_ARGUMENTS: Final[tuple[str, ...]] = (str(Path(__file__).with_name("start_worker.py")), str(CORE_FOLDER))
"""Run the core that belongs to this add-on, even if the interpreter has another one installed."""

_NO_PYTHON: Final[re.Pattern[str]] = re.compile(r"blender", re.IGNORECASE)


@dataclass(frozen=True)
class Interpreter:
    """Hold the path of a Python, and the folder of numpy if it has none of its own."""

    executable: str
    label: str
    numpy_folder: str | None = None

    @property
    def command(self) -> tuple[str, ...]:
        """Return the command that starts the solver process."""
        numpy_folder = () if self.numpy_folder is None else (self.numpy_folder,)
        return (self.executable, *_ISOLATED, *WORKER_ARGUMENTS, *numpy_folder)

    @property
    def environment(self) -> Mapping[str, str]:
        """Return the environment of the solver process, without Blender's PYTHONHOME, which is wrong for another
        Python."""
        from ..core import without_python_variables

        return without_activation(Path(self.executable), without_python_variables(os.environ.items()))


def candidate_interpreters(chosen: str = "", with_gpu: Sequence[Interpreter] = ()) -> tuple[Interpreter, ...]:
    """Return the interpreters to try, best first. Whether one works shows when it is started.

    Args:
        chosen: the Python from the preferences, or the folder of its environment. If it is set, no other is tried, so
            that a typing error is reported.
        with_gpu: Pythons that can use the graphics card; the first is tried before Blender's own.

    Raises:
        WorkerError: the chosen interpreter does not exist, is Blender itself, or is a name without a path; or none is
            chosen and Blender has no Python of its own.
    """
    chosen = chosen or os.environ.get(ENVIRONMENT_VARIABLE, "")
    if chosen:
        return (Interpreter(str(_chosen_python(chosen)), "The Python set for InPose"),)
    if (own := own_python()) is not None:
        numpy_folder = own_numpy_folder()
        numpy_text = None if numpy_folder is None else str(numpy_folder)
        return (*with_gpu[:1], Interpreter(str(own), "Blender's own Python", numpy_text))
    if with_gpu:
        return tuple(with_gpu[:1])
    raise WorkerError(
        "InPose does not find the Python that belongs to this Blender.",
        "In the add-on's preferences, choose a Python 3.11 or newer that has NumPy.",
    )


def _chosen_python(chosen: str) -> Path:
    if Path(chosen).name == chosen:
        raise WorkerError(f'The Python set for InPose, "{chosen}", is not a full path.', "Give the full path.")
    path = Path(chosen).absolute()
    if path.is_dir() and (inside := python_in(path)) is not None:
        return inside
    if not path.is_file():
        raise WorkerError(
            f"The Python set for InPose, {chosen}, does not exist.", "Correct the path in the add-on's preferences."
        )
    if _NO_PYTHON.match(path.name):  # it would open a second window of Blender
        raise WorkerError(
            f"The Python set for InPose, {chosen}, is Blender itself.",
            "Leave the field empty to use Blender's own Python.",
        )
    return path
