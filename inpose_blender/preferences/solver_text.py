# SPDX-License-Identifier: GPL-3.0-or-later
"""Say what a solver process runs on, in lines for the preferences. No bpy here."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

_RUNTIME = f"{__package__.rpartition('.')[0]}.runtime.worker_job"


def solver_lines(said: Mapping[str, Any]) -> list[str]:
    """Return Python and library, then device and memory, of what a solver process said of itself."""
    device = (said.get("device_name"), f"({said.get('device')})", _memory_text(said))
    return [
        f"Python {said.get('python')}, {said.get('library')} {said.get('library_version')}",
        " ".join(filter(None, device)),
    ]


def running_solver_lines() -> list[str]:
    """Return the same for the process that runs now; nothing where none does."""
    jobs = sys.modules.get(_RUNTIME)  # before the first solve it need not be loaded
    said = jobs.solver_introduction() if jobs is not None else {}
    return solver_lines(said) if said else []


def _memory_text(said: Mapping[str, Any]) -> str:
    memory = said.get("memory_bytes")
    return f"{memory / 2**30:.0f} GB" if isinstance(memory, int) else ""
