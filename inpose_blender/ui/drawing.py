# SPDX-License-Identifier: GPL-3.0-or-later
"""Share code of all panels: their place, and the wrapping of sentences, which Blender's labels do not wrap."""

from __future__ import annotations

import re
from typing import Any, Final

from .panel_words import panel_words

_LINE_LENGTH: Final[int] = 34
_WIDE: Final[int] = 0x2E80
"""Characters from here on are about twice as wide: Chinese, Japanese, Korean."""
_PIECE: Final[re.Pattern[str]] = re.compile(rf"[{chr(_WIDE)}-\U0010ffff] *|[^{chr(_WIDE)}-\U0010ffff\s]+\s*")


class SidebarPanel:
    """Place a panel in the InPose tab; mixed into panels."""

    bl_space_type = "VIEW_3D"
    bl_region_type = "UI"
    bl_category = "InPose"


class SubPanel(SidebarPanel):
    """Place a panel below the main one; mixed into panels."""

    bl_parent_id = "INPOSE_PT_main"


def draw_text(layout: Any, text: str, icon: str = "BLANK1") -> None:
    """Draw a sentence in lines that fit the sidebar, the icon before the first one. Flags become fields."""
    for line in wrapped(panel_words(text)):
        layout.label(text=line, icon=icon, translate=False)
        icon = "BLANK1"


def wrapped(text: str, length: int = _LINE_LENGTH) -> list[str]:
    """Break a text into lines: at spaces, and between any two wide characters, because their languages have no
    spaces."""
    lines, line = [], ""
    for piece in _PIECE.findall(text.strip()):
        if line and _width(line) + _width(piece.rstrip()) > length:
            lines.append(line.rstrip())
            line = ""
        line += piece
    return [*lines, line.rstrip()] if line.strip() else lines


def _width(text: str) -> int:
    return sum(2 if ord(character) >= _WIDE else 1 for character in text)
