# SPDX-License-Identifier: GPL-3.0-or-later
"""Understand a rig: which bone is which joint, what is in the way, how long its limbs are, what carries what."""

from __future__ import annotations

from ..joint_names import STORED_PROPERTY
from .chains import Chain, can_be_shifted, detached_joints, root_bone_name, spread_chains
from .checks import check_bones, check_object
from .families import RigMapping, best_mapping, load_families, map_bones, map_humanoid
from .find import detect_mapping, find_mapping, map_rig, stored_bones
from .measure import RigMeasure, measure_rig
from .structure import RestBone, map_by_structure
from .tree import BoneTree, CarriedBone, bone_tree
from .vrm import read_vrm_table

__all__ = [
    "STORED_PROPERTY",
    "BoneTree",
    "CarriedBone",
    "Chain",
    "RestBone",
    "RigMapping",
    "RigMeasure",
    "best_mapping",
    "bone_tree",
    "can_be_shifted",
    "check_bones",
    "check_object",
    "detached_joints",
    "detect_mapping",
    "find_mapping",
    "load_families",
    "map_bones",
    "map_by_structure",
    "map_humanoid",
    "map_rig",
    "measure_rig",
    "read_vrm_table",
    "root_bone_name",
    "spread_chains",
    "stored_bones",
]
