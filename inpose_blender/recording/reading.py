# SPDX-License-Identifier: GPL-3.0-or-later
"""Say how a recording is read where the guess is wrong. Neither bpy nor numpy here."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Reading:
    """Say how a recording is read, against what would be guessed; the names are those of the core's `ReadOptions`."""

    unit: str | None = None
    """m, cm, ..., or metres per unit as a number."""
    axes: str | None = None
    """A name such as unity, or where x, y and z point, such as RUF."""
    quaternion_order: str | None = None
    time_unit: str | None = None
    swap_hands: bool | None = None
    origin: str | None = None

    def as_params(self) -> dict[str, Any]:
        """Return the parameter ``reading`` of a request: only what is not left to the guess."""
        return {name: value for name, value in asdict(self).items() if value is not None}
