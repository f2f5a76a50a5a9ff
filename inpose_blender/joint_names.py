# SPDX-License-Identifier: GPL-3.0-or-later
"""Import the names of the joints from the core, and list the joints that a rig may lack. Does not need numpy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING or __package__ == "inpose_blender":
    from inpose_core.body.joint_names import JOINT_NAMES
else:
    from ..inpose_core.body.joint_names import JOINT_NAMES

OPTIONAL_JOINTS: Final[frozenset[str]] = frozenset(
    {"spine1", "spine2", "neck", "left_collar", "right_collar", "left_foot", "right_foot"}
)
"""Joints that a rig may lack; `rig.measure` says what replaces them. A rig needs one spine bone."""

STORED_PROPERTY: Final[str] = "inpose_mapping"
"""The property of armature data that holds the user's own mapping."""

LOCAL_PROPERTY: Final[str] = "inpose_own_mapping"
"""The property of objects that holds it where the armature data is linked. Library overrides save plain properties."""

__all__ = ["JOINT_NAMES", "LOCAL_PROPERTY", "OPTIONAL_JOINTS", "STORED_PROPERTY"]
