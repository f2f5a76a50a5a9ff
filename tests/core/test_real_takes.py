# SPDX-License-Identifier: Apache-2.0
"""Test what real recordings become: figures that can be seen without ground truth."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from inpose_core import Motion
from inpose_core.body.skeleton import JOINT_INDEX, LEG_CHAINS, TOE_JOINTS
from inpose_core.prior.checkpoint import load_prior
from inpose_core.recording_to_motion import SolvePlan, solve_recording
from tests.shared_files import shared_or_skip

STANDING = ("bs_vivepro2_normal.bsor", "bs_vivepro2_expertplus.bsor", "aframe_tracked-recording.json")
STILL_M_S = 0.12


@pytest.mark.parametrize("name", STANDING)
def test_people_who_stand_have_straight_legs_and_soles_on_the_floor(name: str) -> None:
    motion = _solved(shared_or_skip(f"recordings/{name}"))
    p = motion.joint_positions_m
    still = _still(p[:, [JOINT_INDEX["head"]]], motion.fps) & _still(p[:, list(TOE_JOINTS)], motion.fps)
    assert still.sum() > 300
    assert np.median(_knee_deg(p)[:, still]) < 12.0
    lowest_m = p[still][:, list(TOE_JOINTS), 1].min(axis=1)
    assert abs(np.median(lowest_m) - motion.skeleton.sole_height_m) < 0.01


def _solved(path: Path) -> Motion:
    return solve_recording(SolvePlan(path), load_prior()).motion


def _still(p: np.ndarray, fps: float) -> np.ndarray:
    return np.asarray((np.linalg.norm(np.gradient(p, axis=0), axis=-1) * fps).max(axis=1) < STILL_M_S)


def _knee_deg(p: np.ndarray) -> np.ndarray:
    flexion = []
    for hip, knee, ankle in LEG_CHAINS:
        thigh, shin = p[:, hip] - p[:, knee], p[:, ankle] - p[:, knee]
        cosine = (thigh * shin).sum(-1) / np.linalg.norm(thigh, axis=-1) / np.linalg.norm(shin, axis=-1)
        flexion.append(180 - np.degrees(np.arccos(np.clip(cosine, -1, 1))))
    return np.array(flexion)
