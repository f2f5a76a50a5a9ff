# SPDX-License-Identifier: Apache-2.0
"""Sheets show a typical stretch of each situation, truth beside solution."""

import struct
from pathlib import Path

import numpy as np
import pytest

from inpose_core.body.motion import Motion
from inpose_core.body.quaternions import rotvec_to_quaternion
from inpose_core.body.skeleton import ANKLE_JOINTS, HIP_JOINTS, JOINT_COUNT, KNEE_JOINTS, TOE_JOINTS, Skeleton
from inpose_core.evaluation.sheets.choosing import ShownStretch, everywhere, held_out_stretches, kicks, typical_stretch
from inpose_core.evaluation.sheets.drawing import save_sheet

FPS = 60.0
LEG = [HIP_JOINTS[0], KNEE_JOINTS[0], ANKLE_JOINTS[0], TOE_JOINTS[0]]


def stander(frames: int = 150, raised_deg: np.ndarray | float = 0.0) -> Motion:
    """Return somebody who stands, the straight left leg raised to the front by so much."""
    body = Skeleton.template()
    wxyz = np.tile(np.array((1.0, 0.0, 0.0, 0.0)), (frames, JOINT_COUNT, 1))
    turn = np.deg2rad(np.broadcast_to(raised_deg, frames))[:, None] * (-1.0, 0.0, 0.0)
    wxyz[:, LEG] = rotvec_to_quaternion(turn)[:, None]
    root_m = np.zeros((frames, 3))
    root_m[:, 1] = body.sole_height_m - body.rest_positions_m[TOE_JOINTS[1], 1]
    return Motion(wxyz, root_m, body, FPS)


def kick_deg(frames: int = 150, seconds: float = 0.3) -> np.ndarray:
    times_s = (np.arange(frames) - frames / 2) / FPS
    return 90.0 * np.exp(-0.5 * (times_s / seconds) ** 2)


def test_a_kick_is_high_and_fast() -> None:
    kicked = kicks(stander(raised_deg=kick_deg(seconds=0.15)))
    assert kicked[75]
    assert 0.2 < kicked.mean() < 0.9
    assert not kicks(stander(600, kick_deg(frames=600, seconds=1.5))).any()  # raised slowly
    assert not kicks(stander(raised_deg=20.0 * kick_deg() / 90.0)).any()  # not high


def test_the_stretch_whose_feet_move_at_the_median_speed_is_shown() -> None:
    truths = [stander(raised_deg=height * kick_deg()) for height in (0.1, 0.5, 0.2)]
    pairs = [(truth, stander()) for truth in truths]
    stretch = typical_stretch("moving", "nobody", pairs, everywhere)
    assert stretch is not None
    assert stretch.candidates == 3
    middle = typical_stretch("moving", "nobody", pairs[2:], everywhere)
    assert middle is not None
    assert stretch.legs_cm == pytest.approx(middle.legs_cm)
    assert stretch.usual_legs_cm == pytest.approx(middle.legs_cm)
    # Another solver, the same stretch.
    better = typical_stretch("moving", "nobody", list(zip(truths, truths, strict=True)), everywhere)
    assert better is not None
    np.testing.assert_array_equal(better.truth.rotations_wxyz, stretch.truth.rotations_wxyz)
    assert typical_stretch("walking", "nobody", pairs, lambda motion: np.zeros(len(motion), dtype=bool)) is None


def test_each_situation_comes_from_the_first_people_who_show_it_and_kicks_from_the_last() -> None:
    kicking = stander(raised_deg=kick_deg(seconds=0.15))
    pairs = {"A": [(kicking, kicking)], "B": [(kicking, stander())]}
    found = {stretch.name: stretch for stretch in held_out_stretches(pairs)}
    assert set(found) == {"gesture", "kick"}
    assert (found["gesture"].people, found["kick"].people) == ("A", "B")
    assert found["kick"].legs_cm > 1.0 > found["gesture"].legs_cm


def test_a_sheet_is_a_small_picture(tmp_path: Path) -> None:
    truth = stander(raised_deg=kick_deg(seconds=0.15))
    save_sheet(ShownStretch("kick", "nobody", truth, stander(), 12.0, 11.0, 3), tmp_path / "kick.png")
    content = (tmp_path / "kick.png").read_bytes()
    assert content.startswith(b"\x89PNG")
    width, height = struct.unpack(">II", content[16:24])
    assert width > 900
    assert height > 700
    assert len(content) < 300_000
