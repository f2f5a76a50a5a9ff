# SPDX-License-Identifier: GPL-3.0-or-later
"""Draw lists of things with frames, such as pins and edits, and remove or move the chosen one.

A list is a property group with a collection ``entries`` and the index ``chosen``.
"""

from __future__ import annotations

from typing import Any, Final

_MOST_ROWS: Final[int] = 6


def draw_list(layout: Any, list_type: str, listed: Any, fewest_rows: int = 4) -> Any:
    """Draw a list, and return the column of buttons beside it."""
    row = layout.row()
    rows = min(_MOST_ROWS, max(fewest_rows, len(listed.entries)))
    row.template_list(list_type, "", listed, "entries", listed, "chosen", rows=rows)
    return row.column(align=True)


def draw_entry(layout: Any, title: str, frames: str, icon: str = "NONE") -> Any:
    """Draw what an entry is, and its frames at the right; return the row."""
    row = layout.row(align=True)
    row.label(text=title, icon=icon, translate=False)
    when = row.row()
    when.alignment = "RIGHT"
    when.label(text=frames, translate=False)
    return row


def draw_mute(row: Any, entry: Any) -> None:
    """Draw the eye that switches an entry off; one that is off is grey."""
    row.active = not entry.muted
    row.prop(entry, "muted", text="", icon="HIDE_ON" if entry.muted else "HIDE_OFF", emboss=False)


def remove_chosen(listed: Any) -> None:
    """Remove the chosen entry, and choose the next one."""
    listed.entries.remove(listed.chosen)
    listed.chosen = min(listed.chosen, len(listed.entries) - 1)


def move_chosen(listed: Any, step: int) -> bool:
    """Exchange the chosen entry with its neighbour; return False if there is none."""
    to = listed.chosen + step
    if not 0 <= to < len(listed.entries):
        return False
    listed.entries.move(listed.chosen, to)
    listed.chosen = to
    return True
