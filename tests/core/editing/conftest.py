# SPDX-License-Identifier: Apache-2.0
"""Solve the example once: a walk in a curve, a wave and a crouch, with planted feet."""

from pathlib import Path

import pytest

from inpose_core.body.motion import Motion
from inpose_core.recording.sensors import Sensors
from inpose_core.recording_to_motion import SolvedRecording, SolvePlan, solve_recording

EXAMPLE = Path(__file__).resolve().parents[3] / "examples" / "walk_wave_crouch.csv"


@pytest.fixture(scope="session")
def solved_example() -> SolvedRecording:
    return solve_recording(SolvePlan(EXAMPLE))


@pytest.fixture
def walk(solved_example: SolvedRecording) -> Motion:
    return solved_example.motion


@pytest.fixture
def walk_sensors(solved_example: SolvedRecording) -> Sensors:
    return solved_example.calibrated.sensors
