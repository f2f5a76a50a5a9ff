# SPDX-License-Identifier: GPL-3.0-or-later
"""Show and change the bone of each joint, and keep this mapping with the armature or in a file."""

from __future__ import annotations

from .files import read_mapping, write_mapping
from .operators import CLASSES as _OPERATORS
from .panel import INPOSE_PT_rig_mapping
from .properties import INPOSE_PG_rig_mapping, register, unregister

CLASSES = (INPOSE_PG_rig_mapping, *_OPERATORS, INPOSE_PT_rig_mapping)

__all__ = ["CLASSES", "read_mapping", "register", "unregister", "write_mapping"]
