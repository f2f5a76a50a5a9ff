# SPDX-License-Identifier: Apache-2.0
"""Draw the cases of the bench: a performer, devices, a logger and what the user says.

A case is a kind of defect and the number of a scene. A scene's draws do not depend on the kind.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from ...body.motion import Motion
from ...options.calibration import CalibrationSettings
from ...options.reading import ReadOptions
from ..calibration_trials import draw_body
from .defects import Damaged, Defect
from .devices import CONTROLLERS, Take, TrackingSettings, track
from .loggers.json_files import AFRAME, IWER
from .loggers.logger import Logger
from .loggers.replays import BSOR
from .loggers.tables import INPOSE_CSV, STEAMVR_ROWS, UNITY_CSV
from .performance import CalibrationStance, PerformanceSettings, perform

SCENES: Final[int] = 12
"""Cases of each kind."""

_SMALLEST_M, _LARGEST_M = 1.45, 2.0
_RATES_HZ: Final[tuple[float, ...]] = (72.0, 90.0, 20.0, 60.0, 120.0, 30.0, 72.0, 90.0, 45.0)
_TURNS: Final[tuple[tuple[str, Logger], ...]] = (
    ("touch", INPOSE_CSV),
    ("wand", STEAMVR_ROWS),
    ("saber", BSOR),
    ("touch", UNITY_CSV),
    ("index", STEAMVR_ROWS),
    ("touch", IWER),
    ("wand", INPOSE_CSV),
    ("tracked_hand", INPOSE_CSV),
    ("touch_aim", INPOSE_CSV),
    ("wand", AFRAME),
    ("touch", INPOSE_CSV),
)
"""Devices and loggers that go together; their number has no factor in common with the number of rates."""
_SAYS_THE_POSE: Final[frozenset[str]] = frozenset({"bsor", "iwer", "steamvr", "aframe"})
_SHARE_POSED, _SHARE_STATURE, _SHARE_POSE = 0.75, 0.3, 0.6


@dataclass(frozen=True)
class Scene:
    """Hold a take and its logger before anything is spoilt, and what the user says."""

    take: Take
    logger: Logger
    calibration: CalibrationSettings
    reading: ReadOptions


def make_scene(performers: Sequence[Sequence[Motion]], defect: Defect, number: int, seed: int = 0) -> Scene:
    """Return a scene for a kind of defect; the same arguments return the same scene."""
    random = np.random.default_rng((seed, number))
    stature_m = float(random.uniform(_SMALLEST_M, _LARGEST_M))
    body = draw_body(stature_m, random)
    seconds = float(random.uniform(14.0, 19.0))
    posed, says_stature, says_pose = random.random(3) < (_SHARE_POSED, _SHARE_STATURE, _SHARE_POSE)
    name, logger = _TURNS[number % len(_TURNS)]
    if defect.group in ("meaning", "loggers", "file"):
        logger = INPOSE_CSV  # the kind brings its own; this one is the clean reference
    if defect.controllers is not None and name not in defect.controllers:
        name, logger = defect.controllers[number % len(defect.controllers)], INPOSE_CSV
    controller = CONTROLLERS[name]
    stance: CalibrationStance = defect.calibration or ("good" if posed else "none")
    settings = PerformanceSettings(seconds, stance, defect.posture, defect.hanging_arms)
    performance = perform(performers[number % len(performers)], body, settings, random)
    tracking = TrackingSettings(rate_hz=_RATES_HZ[number % len(_RATES_HZ)])
    take = track(performance, controller, tracking, random)
    said = defect.pose_said if defect.pose_said is not None else bool(says_pose)
    pose = controller.pose if said and logger.name not in _SAYS_THE_POSE else None
    told_m = round(stature_m, 2) if says_stature else None
    reading = ReadOptions(axes="unity") if logger.name == "unity" else ReadOptions()
    return Scene(take, logger, CalibrationSettings(pose=pose, stature_m=told_m), reading)


def spoil(scene: Scene, defect: Defect, number: int, seed: int = 0) -> Damaged:
    """Return the scene's take with the defect."""
    random = np.random.default_rng((seed, number, zlib.crc32(defect.kind.encode())))
    return defect.inflict(scene.take, scene.logger, random)
