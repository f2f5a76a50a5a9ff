# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from inpose_core.body.quaternions import wxyz_from_xyzw
from inpose_core.body.skeleton import Skeleton
from inpose_core.calibration import CalibrationSettings, calibrate, fit_head_pivot, head_offset
from inpose_core.recording import Recording
from tests.core.recording.recording_files import moving_person


def shaken_head(pivot_m: tuple[float, float, float], frames: int = 900) -> tuple[np.ndarray, np.ndarray]:
    """Return a headset on a head that nods, shakes and tilts about a resting point of it."""
    time_s = np.arange(frames) / 60
    angles = 0.3 * np.sin(2 * np.pi * time_s[:, None] * (0.9, 0.7, 0.4))
    turns = Rotation.from_euler("XYZ", angles)
    sway_m = 0.003 * np.sin(time_s[:, None] * (0.5, 0.4, 0.6))
    positions_m = np.array((0.0, 1.5, 0.0)) + sway_m - turns.apply(pivot_m)
    positions_m += np.random.default_rng(0).normal(0, 0.0005, positions_m.shape)
    return positions_m, wxyz_from_xyzw(turns.as_quat())


@pytest.mark.parametrize("pivot_m", [(0.0, -0.12, 0.08), (0.032, -0.05, 0.1), (-0.03, -0.18, 0.06)])
def test_the_least_moving_point_is_found(pivot_m: tuple[float, float, float]) -> None:
    pivot = fit_head_pivot(*shaken_head(pivot_m), 60.0)
    assert pivot is not None
    np.testing.assert_allclose(pivot.position_m, pivot_m, atol=0.005)
    assert pivot.eye_shift_m == (0.0 if pivot_m[0] == 0 else np.copysign(0.032, pivot_m[0]))


def test_a_still_head_tells_nothing() -> None:
    positions_m, rotations = shaken_head((0.032, -0.1, 0.1))
    pivot = fit_head_pivot(positions_m, np.tile((1.0, 0.0, 0.0, 0.0), (900, 1)), 60.0)
    assert pivot is not None
    assert pivot.eye_shift_m == 0.0
    assert fit_head_pivot(positions_m[:50], rotations[:50], 60.0) is None


def one_eyed() -> Recording:
    person = moving_person(900, 60.0)
    person.positions_m[:, 0], person.rotations_wxyz[:, 0] = shaken_head((0.032, -0.1, 0.1))
    return person


def test_one_eyes_view_is_centred() -> None:
    skeleton = Skeleton.template()
    centred = calibrate(one_eyed(), skeleton, CalibrationSettings(pose="grip"))
    assert any("left eye" in note for note in centred.notes)
    told = calibrate(one_eyed(), skeleton, CalibrationSettings(pose="grip", head_view="left_eye"))
    np.testing.assert_allclose(told.sensors.positions_m, centred.sensors.positions_m)
    middle = calibrate(one_eyed(), skeleton, CalibrationSettings(pose="grip", head_view="middle"))
    told_m, middle_m = (found.performer_positions_m[:, 0] for found in (told, middle))
    np.testing.assert_allclose(np.linalg.norm(told_m - middle_m, axis=1), 0.032, atol=1e-9)
    assert head_offset(1.75).position_m[0] == 0.0
