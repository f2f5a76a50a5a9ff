# SPDX-License-Identifier: Apache-2.0
"""Spoil simulated takes in every way that was seen in real recordings and bug reports, one kind per defect."""

from __future__ import annotations

from typing import Final

from . import clocks, loggers, meaning, performers, roles, room, rotations, sessions, tracks, wearing
from .defect import CLEAN_KINDS, Damage, Damaged, Defect, Limits

__all__ = ["CLEAN_KINDS", "DEFECTS", "Damage", "Damaged", "Defect", "Limits"]

DEFECTS: Final[dict[str, Defect]] = {
    defect.kind: defect
    for module in (performers, tracks, roles, wearing, room, sessions, clocks, meaning, rotations, loggers)
    for defect in module.DEFECTS
}
"""Every kind of the bench, the clean ones first."""
