# SPDX-License-Identifier: GPL-3.0-or-later
"""Say what is changed about a motion before it is baked. Neither bpy nor numpy here."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class AdjustSettings:
    """Say how a solved motion is changed before it is baked. Strengths go from 0 (as solved) to 1."""

    smoothing_s: float = 0.0
    """Standard deviation of the Gaussian over time, in seconds; 0 is no smoothing."""
    hand_lock: float = 1.0
    """How strongly the wrists follow the recorded ones."""
    foot_lock: float = 1.0
    """How firmly planted toes are held in place."""
    in_place: bool = False
    """Remove root motion."""
