# SPDX-License-Identifier: Apache-2.0
"""Find and start other programs, and never a file of the current folder in their place.

A recording or a rig is often opened in the downloads folder, beside untrusted files. Windows, a search path with an
empty or relative entry, and ``python -c`` all look for code there.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Final

NO_WINDOW: Final[int] = getattr(subprocess, "CREATE_NO_WINDOW", 0)
"""Flags that start a program without a console on Windows; no flags elsewhere."""
_PYTHON_VARIABLES: Final[tuple[str, ...]] = ("PYTHON", "__PYVENV_LAUNCHER__")
"""Prefixes of the environment variables that change how Python works. The second one makes a Python on macOS believe
that it is another one."""
PROGRAM_ENDING: Final[str] = ".exe" if sys.platform == "win32" else ""


def find_program(name: str, ending: str = PROGRAM_ENDING) -> str | None:
    """Return the whole path of a program on the search path; never one that merely lies in the current folder.

    ``shutil.which`` would not do: on Windows it looks into the current folder first, whatever path it is given.
    """
    for folder in os.get_exec_path():
        candidate = Path(folder.strip('"'), name + ending)
        try:
            if candidate.is_absolute() and candidate.is_file() and os.access(candidate, os.X_OK):
                return str(candidate)
        except OSError:  # a folder that may not be looked into, or a link of Windows' store, which has no file
            continue
    return None


def neutral_folder(program: str) -> str | None:
    """Return a safe folder to start a program in, which belongs to no user: the root of the program's disk."""
    return Path(program).anchor or None


def without_python_variables(environment: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return the environment without the variables that tell Python where to find code."""
    return {name: value for name, value in environment if not name.upper().startswith(_PYTHON_VARIABLES)}


def trusted_import_folders() -> list[str]:
    """Return the folders of ``sys.path`` without the current one, which ``python -c`` and ``-m`` put there."""
    here = Path.cwd()
    return [folder for folder in sys.path if Path(folder).is_absolute() and Path(folder) != here]
