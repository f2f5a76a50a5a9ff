# SPDX-License-Identifier: GPL-3.0-or-later
"""Show how a job ended: in the panel, in Blender's status bar, and as a report to copy."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import bpy

from ..errors import InPoseError
from .panel_words import panel_words
from .properties import status_of
from .translate import tr


def show_result(
    operator: Any,
    context: bpy.types.Context,
    text: str,
    notes: Iterable[str] = (),
    problems: Sequence[tuple[str, str]] = (),
) -> None:
    """Show what was done; what is wrong with it, each sentence with what to do; and notes, each of them once."""
    show_text(context, text, notes)
    status_of(context).problems = "\n".join("\t".join(pair) for pair in problems)
    if problems:
        operator.report({"WARNING"}, f"{tr('Check the character')}: {problems[0][0]}")
    else:
        operator.report({"INFO"}, text)


def show_text(context: bpy.types.Context, text: str, notes: Iterable[str] = ()) -> None:
    """Show in the panel what has happened while no operator ran, and notes, each of them once."""
    clear_result(context)
    status = status_of(context)
    status.result, status.notes = text, "\n".join(dict.fromkeys(map(panel_words, notes)))


def clear_result(context: bpy.types.Context) -> None:
    """Remove the result of the last job: a new one has started."""
    status = status_of(context)
    status.result = status.notes = status.problems = status.report = ""
    status.failed = False


def clear_error(context: bpy.types.Context) -> None:
    """Remove an error that is over: what failed has now worked, or other things were chosen."""
    if status_of(context).failed:
        clear_result(context)


def show_cancelled(operator: Any, context: bpy.types.Context) -> None:
    """Show that the job was cancelled."""
    show_result(operator, context, tr("Cancelled. Nothing was changed."))


def show_error(operator: Any, context: bpy.types.Context, error: InPoseError, doing: str) -> None:
    """Show what went wrong and what to do; keep the details for a report."""
    from .report import error_report

    clear_result(context)
    status = status_of(context)
    status.result, status.notes, status.failed = panel_words(error.message), panel_words(error.hint), True
    status.report = error_report(error, doing)
    for details in getattr(error, "__notes__", ()):
        operator.report({"WARNING"}, details)
    operator.report({"ERROR"}, panel_words(str(error)))
