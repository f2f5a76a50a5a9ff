# SPDX-License-Identifier: GPL-3.0-or-later
"""Choose the takes that *Solve all* and *Bake all* are about: all, or only those with a star."""

from __future__ import annotations

from typing import Any

from ..takes.listed import entries_of
from ..ui.translate import tr


def wanted_entries(scene: Any) -> list[Any]:
    """Return the takes of a scene; if its list says so, only those with a star."""
    only_starred = scene.inpose_takes.only_starred
    return [entry for entry in entries_of(scene) if entry.star or not only_starred]


def nothing_starred(scene: Any) -> str:
    """Return what to do if the list wants only takes with a star, and none has one; else an empty text."""
    if scene.inpose_takes.only_starred and not wanted_entries(scene):
        return tr("No take has a star. Give one to a take, or switch off Only starred under Options")
    return ""
