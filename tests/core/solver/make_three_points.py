# SPDX-License-Identifier: Apache-2.0
"""Write ``three_points.npz``, what the solver made of head and hands before it took any other points:
``python tests/core/solver/make_three_points.py``. Write it again only where another result is wanted."""

from pathlib import Path

import numpy as np

from inpose_core.options.solve import SolveSettings
from inpose_core.recording.sensors import Sensors
from inpose_core.solver.solving import solve
from tests.core.synthetic import perfect_sensors, smooth_motion

REFERENCE = Path(__file__).with_name("three_points.npz")
EVERY = 12
SETTINGS = SolveSettings(device="cpu", library="numpy", precision="float32", foot_planting=0.0)
"""Without foot planting, which has its own tests and changes more often."""


def reference_sensors() -> Sensors:
    """Return head and hands over more than one window, each lost for a while."""
    sensors = perfect_sensors(smooth_motion(300, seed=5))
    for device, span in enumerate((slice(200, 230), slice(60, 110), slice(90, 95))):
        sensors.measured[span, device] = False
    return sensors


if __name__ == "__main__":
    motion = solve(reference_sensors(), smooth_motion(2).skeleton, SETTINGS)
    np.savez_compressed(
        REFERENCE,
        rotations_wxyz=motion.rotations_wxyz[::EVERY].astype(np.float32),
        root_translation_m=motion.root_translation_m[::EVERY].astype(np.float32),
    )
