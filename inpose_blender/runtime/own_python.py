# SPDX-License-Identifier: GPL-3.0-or-later
"""Find the Python that belongs to this Blender, and its numpy. No bpy here.

In official builds, ``sys.executable`` names it. In other builds, this can be Blender itself, empty, or the system's
Python. To run Blender by mistake would open a second window, so only a program with a Python's name is accepted.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from .python_layout import PYTHON_NAMES

_PYTHON_NAME: Final[re.Pattern[str]] = re.compile(r"python(w|\d+(\.\d+)*)?t?(\.exe)?", re.IGNORECASE)


def own_python() -> Path | None:
    """Return the Python of this Blender's version, Blender's own first; None if there is none."""
    return next((path for path in _candidates() if _is_python(path)), None)


def own_numpy_folder() -> Path | None:
    """Return the folder from which Blender's Python imports numpy, without importing it; None if it has none."""
    try:
        spec = find_spec("numpy")
    except (ImportError, ValueError):  # ValueError: some add-on put a half module there
        return None
    return None if spec is None or spec.origin is None else Path(spec.origin).parents[1]


def _candidates() -> Iterator[Path]:
    version = f"python{sys.version_info[0]}.{sys.version_info[1]}"
    for text in (sys.executable, getattr(sys, "_base_executable", None)):
        if text:
            yield Path(text)
    for prefix in dict.fromkeys((sys.prefix, sys.exec_prefix, sys.base_prefix)):
        for folder in (Path(prefix, "bin"), Path(prefix)):
            for name in (version, *PYTHON_NAMES):
                yield folder / name
    from ..core import find_program

    # By its version, so that Blender's numpy fits it.
    if found := find_program(version):
        yield Path(found)


def _is_python(path: Path) -> bool:
    try:
        return (
            path.is_absolute()
            and _PYTHON_NAME.fullmatch(path.name) is not None
            and path.is_file()
            and os.access(path, os.X_OK)
        )
    except OSError:  # a folder that may not be looked into
        return False
