# SPDX-License-Identifier: GPL-3.0-or-later
"""Understand a rig: which bone is which joint, what is in the way, how long its limbs are, what carries what."""

from __future__ import annotations

from .checks import check_bones, check_object
from .families import RigMapping, best_mapping, load_families, map_bones
from .measure import RigMeasure, measure_rig
from .tree import BoneTree, CarriedBone, bone_tree

__all__ = [
    "BoneTree",
    "CarriedBone",
    "RigMapping",
    "RigMeasure",
    "best_mapping",
    "bone_tree",
    "check_bones",
    "check_object",
    "load_families",
    "map_bones",
    "measure_rig",
]
