# SPDX-License-Identifier: Apache-2.0
"""Make scenes of the bench for tests, from a synthetic person who gestures on the spot."""

from __future__ import annotations

import numpy as np

from inpose_core.body.motion import Motion
from inpose_core.evaluation.recordings.cases import Scene, make_scene
from inpose_core.evaluation.recordings.defects import DEFECTS
from inpose_core.evaluation.recordings.devices import CONTROLLERS, Take, TrackingSettings, track
from inpose_core.evaluation.recordings.performance import PerformanceSettings, perform
from tests.core.synthetic import smooth_motion


def clips() -> list[Motion]:
    return [smooth_motion(400), smooth_motion(300)]


def take(controller: str = "touch", settings: PerformanceSettings | None = None, rate_hz: float = 60.0) -> Take:
    random = np.random.default_rng(5)
    found = clips()
    performance = perform(found, found[0].skeleton, settings or PerformanceSettings(seconds=12.0), random)
    return track(performance, CONTROLLERS[controller], TrackingSettings(rate_hz=rate_hz), random)


def scene(kind: str = "clean_posed", number: int = 0) -> Scene:
    return make_scene([clips()], DEFECTS[kind], number)
