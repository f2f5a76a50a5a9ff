# SPDX-License-Identifier: GPL-3.0-or-later
"""Show how a job ended: in the panel, in Blender's status bar, and as a report to copy."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import bpy

from ..errors import InPoseError
from .properties import status_of
from .translate import tr


def show_result(operator: Any, context: bpy.types.Context, text: str, notes: Iterable[str] = ()) -> None:
    """Show what was done."""
    status = status_of(context)
    status.result, status.notes, status.failed, status.report = text, "\n".join(notes), False, ""
    operator.report({"INFO"}, text)


def clear_result(context: bpy.types.Context) -> None:
    """Remove the result of the last job: a new one has started."""
    status = status_of(context)
    status.result, status.notes, status.failed, status.report = "", "", False, ""


def show_cancelled(operator: Any, context: bpy.types.Context) -> None:
    """Show that the job was cancelled."""
    show_result(operator, context, tr("Cancelled. Nothing was changed."))


def show_error(operator: Any, context: bpy.types.Context, error: InPoseError, doing: str) -> None:
    """Show what went wrong and what to do about it; keep the details for whoever is asked for help."""
    from .report import error_report

    status = status_of(context)
    status.result, status.notes, status.failed = error.message, error.hint, True
    status.report = error_report(error, doing)
    for details in getattr(error, "__notes__", ()):
        operator.report({"WARNING"}, details)
    operator.report({"ERROR"}, str(error))
