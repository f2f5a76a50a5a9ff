# SPDX-License-Identifier: GPL-3.0-or-later
"""Describe a solver process in lines for the preferences. Does not import bpy."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

_RUNTIME = f"{__package__.rpartition('.')[0]}.runtime.worker_job"


def solver_lines(said: Mapping[str, Any]) -> list[str]:
    """Return a line with Python and library, and a line with compute device and memory, from a solver's first
    message."""
    device = (said.get("device_name"), f"({said.get('device')})", _memory_text(said))
    return [
        f"Python {said.get('python')}, {said.get('library')} {said.get('library_version')}",
        " ".join(filter(None, device)),
    ]


def running_solver_lines() -> list[str]:
    """Return the lines for the running process; no lines if none is running."""
    jobs = sys.modules.get(_RUNTIME)  # before the first solve it need not be loaded
    said = jobs.solver_introduction() if jobs is not None else {}
    return solver_lines(said) if said else []


def _memory_text(said: Mapping[str, Any]) -> str:
    memory = said.get("memory_bytes")
    return f"{memory / 2**30:.0f} GB" if isinstance(memory, int) else ""
