# SPDX-License-Identifier: GPL-3.0-or-later
"""Collect the facts for a report of an error: the error, the last messages of the solver, and the versions."""

from __future__ import annotations

import platform

import bpy

from ..core import InPoseError
from ..runtime.worker_job import solver_introduction


def error_report(error: InPoseError, doing: str) -> str:
    """Return the report as plain text; no names of people or files but those in the error itself.

    Args:
        error: what went wrong.
        doing: the step that failed, for example "Solving".
    """
    solver = solver_introduction()
    facts = {
        "Doing": doing,
        "Error": f"{type(error).__name__}: {error}",
        "Blender": f"{bpy.app.version_string} (Python {platform.python_version()})",
        "System": platform.platform(),
        "Solver": ", ".join(f"{key} {solver[key]}" for key in _SHOWN if solver.get(key)) or "not running",
    }
    details = "\n".join(getattr(error, "__notes__", ()))
    lines = [f"{name}: {value}" for name, value in facts.items()]
    return "\n".join([*lines, *(["", details] if details else [])])


_SHOWN = ("version", "python", "library", "library_version", "device", "device_name")
