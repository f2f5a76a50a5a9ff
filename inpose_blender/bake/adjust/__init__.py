# SPDX-License-Identifier: GPL-3.0-or-later
"""Adjust a solved motion before each bake, without solving again. Pure numpy."""

from __future__ import annotations

from ..adjust_settings import AdjustSettings
from .adjust import adjust_motion
from .keys import reduce_keys
from .resample import resample_motion, resample_rotations, resampled_count
from .root import RootPath, in_place, root_path_of, way_back_m

__all__ = [
    "AdjustSettings",
    "RootPath",
    "adjust_motion",
    "in_place",
    "reduce_keys",
    "resample_motion",
    "resample_rotations",
    "resampled_count",
    "root_path_of",
    "way_back_m",
]
