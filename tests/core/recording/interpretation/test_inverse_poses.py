# SPDX-License-Identifier: Apache-2.0
"""Poses that are the wrong way round are put right and told; poses of people stay."""

from __future__ import annotations

import numpy as np
import pytest

from inpose_core.body.quaternions import conjugate_quaternion, geodesic_angle, rotate_vector, xyzw_from_wxyz
from inpose_core.recording import ReadOptions, Recording, load_recording
from inpose_core.recording.interpretation.interpret import interpret
from inpose_core.recording.tracks import Declared, RawTracks
from tests.core.recording.recording_files import real_recording
from tests.core.recording.recording_tables import cut

DECLARED = Declared(axes="RUB", quaternion_order="xyzw", hands=True)
UNDECLARED = Declared(quaternion_order="xyzw")


def take() -> Recording:
    return cut(load_recording(real_recording("bs_vivepro2_normal.bsor")), slice(300, 1500))


@pytest.mark.parametrize(("whole", "declared"), [(True, DECLARED), (True, UNDECLARED), (False, UNDECLARED)])
def test_inverse_poses_are_inverted(whole: bool, declared: Declared) -> None:
    person = take()
    back = conjugate_quaternion(person.rotations_wxyz)
    positions_m = -rotate_vector(back, person.positions_m) if whole else person.positions_m
    raw = RawTracks(person.times_s, positions_m, xyzw_from_wxyz(back), "test", declared=declared)
    read = interpret(raw, ReadOptions(), "test")
    np.testing.assert_allclose(read.positions_m, person.positions_m, atol=1e-6)
    assert geodesic_angle(read.rotations_wxyz, person.rotations_wxyz).max() < 1e-3
    (finding,) = [finding for finding in read.findings if finding.kind == "inverse_poses"]
    assert ("view matrices" in finding.sentence) == whole
    assert finding.action == "repaired"


def test_poses_of_a_person_stay() -> None:
    person = take()
    raw = RawTracks(
        person.times_s, person.positions_m, xyzw_from_wxyz(person.rotations_wxyz), "test", declared=DECLARED
    )
    read = interpret(raw, ReadOptions(), "test")
    np.testing.assert_allclose(read.positions_m, person.positions_m)
    assert not [finding for finding in read.findings if finding.kind == "inverse_poses"]
