# SPDX-License-Identifier: GPL-3.0-or-later
"""Rename takes; their bakes get the new name, too."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ..bake.markers import rename_markers
from ..bake.takes_of_actions import rename_bakes
from ..takes.listed import data_of, names_beside
from ..takes.naming import free_name, parsed_name


def rename(scene: Any, entry: Any, name: str) -> None:
    """Give a take a name; if another take of its character has it, the name gets a number. An empty name is ignored."""
    name = name.strip()
    if not name or name == entry.name:
        return
    before, entry.name = entry.name, free_name(name, names_beside(scene, entry, entry.character))
    solved = data_of(entry).solved
    if solved.label:
        solved.label = entry.name
    if entry.character is not None:
        rename_bakes(entry.character, before, entry.name)
        rename_markers(entry.character, before, entry.name)


def rename_parts(scene: Any, entry: Any, slate: str = "", number: int | None = None) -> None:
    """Change the slate or the number in the name of a take; the number 0 is none."""
    parts = parsed_name(entry.name)
    if slate.strip():
        parts = replace(parts, slate=slate.strip())
    if number is not None:
        parts = replace(parts, number=number or None)
    rename(scene, entry, str(parts))
