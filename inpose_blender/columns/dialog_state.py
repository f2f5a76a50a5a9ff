# SPDX-License-Identifier: GPL-3.0-or-later
"""Find the columns that are being chosen: they belong to the session."""

from __future__ import annotations

from typing import Any, Final

import bpy

DEVICES: Final[tuple[str, str, str]] = ("Head", "Left hand", "Right hand")


def choices_of(context: bpy.types.Context) -> Any:
    """Return the columns that are being chosen: an `INPOSE_PG_columns`."""
    return context.window_manager.inpose_columns
