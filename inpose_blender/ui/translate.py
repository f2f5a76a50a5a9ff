# SPDX-License-Identifier: GPL-3.0-or-later
"""Translate the interface to Blender's language: tables in ``translations/*.json``, handed to `bpy.app.translations`.

A table maps an English text to its translation; Blender looks labels and tooltips of registered classes up by itself.
`tr` translates texts with values: first it translates the pattern, then it fills in the values.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

import bpy

_FOLDER: Final[Path] = Path(__file__).parents[1] / "translations"
_CONTEXTS: Final[tuple[str, ...]] = ("*", "Operator")
"""Blender has a separate context for the labels of operators; our texts mean the same in both contexts."""


def tr(text: str, **values: object) -> str:
    """Translate a text of the interface and fill in its values."""
    translated = str(bpy.app.translations.pgettext_iface(text))
    return translated.format(**values) if values else translated


def load_tables() -> dict[str, dict[str, str]]:
    """Return the tables by the name that Blender gives the language: ``de_DE``, ``ja_JP``, ``zh_HANS``."""
    return {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted(_FOLDER.glob("*.json"))}


def blender_tables() -> dict[str, dict[tuple[str, str], str]]:
    """Return the tables in Blender's form: by language, then by context and text."""
    return {
        language: {(context, text): translation for text, translation in table.items() for context in _CONTEXTS}
        for language, table in load_tables().items()
    }


def register() -> None:
    """Register the tables in Blender."""
    bpy.app.translations.register(__name__, blender_tables())


def unregister() -> None:
    """Remove the tables from Blender."""
    bpy.app.translations.unregister(__name__)
