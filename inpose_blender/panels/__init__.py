# SPDX-License-Identifier: GPL-3.0-or-later
"""Draw the InPose tab of the 3D View's sidebar, in the order of the work."""

from __future__ import annotations

from .bake import INPOSE_PT_bake
from .calibration import INPOSE_PT_calibration
from .main import INPOSE_PT_main
from .recording import INPOSE_PT_recording
from .rig import INPOSE_PT_rig
from .solve import INPOSE_PT_solve

CLASSES = (INPOSE_PT_main, INPOSE_PT_recording, INPOSE_PT_calibration, INPOSE_PT_rig, INPOSE_PT_solve, INPOSE_PT_bake)
