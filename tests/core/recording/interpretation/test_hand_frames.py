# SPDX-License-Identifier: Apache-2.0
"""Write hands as the headset sees them, and see whether they are put back into the room."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from inpose_core.body.quaternions import conjugate_quaternion, geodesic_angle, multiply_quaternions, rotate_vector
from inpose_core.recording import ReadOptions, Recording, load_recording
from tests.core.recording.recording_tables import Convention, cut, wide_table

EXAMPLE = Path(__file__).resolve().parents[4] / "examples" / "walk_wave_crouch.csv"


def seen_from_head(person: Recording, turned: bool) -> Recording:
    positions_m, rotations_wxyz = person.positions_m.copy(), person.rotations_wxyz.copy()
    back = conjugate_quaternion(person.rotations_wxyz[:, :1])
    positions_m[:, 1:] -= positions_m[:, :1]
    if turned:
        positions_m[:, 1:] = rotate_vector(back, positions_m[:, 1:])
        rotations_wxyz[:, 1:] = multiply_quaternions(back, rotations_wxyz[:, 1:])
    return replace(person, positions_m=positions_m, rotations_wxyz=rotations_wxyz)


def written(folder: Path, person: Recording, **options: object) -> Recording:
    (folder / "take.csv").write_text(
        wide_table(person, Convention("RUF"), ("Head", "LeftHand", "RightHand"), "{}Pos.", "{}Rot.")
    )
    return load_recording(folder / "take.csv", ReadOptions(**options))  # type: ignore[arg-type]


@pytest.mark.parametrize("turned", [True, False])
def test_hands_are_put_into_the_room(tmp_path: Path, turned: bool) -> None:
    person = load_recording(EXAMPLE)
    read = written(tmp_path, seen_from_head(person, turned))
    np.testing.assert_allclose(read.positions_m, person.positions_m, atol=1e-5)
    assert np.degrees(geodesic_angle(read.rotations_wxyz, person.rotations_wxyz)).max() < 0.1
    assert "hands_in_head_frame" in {finding.kind for finding in read.findings}


def test_hands_in_the_room_stay_there(tmp_path: Path) -> None:
    person = cut(load_recording(EXAMPLE), slice(0, 900))
    read = written(tmp_path, person)
    np.testing.assert_allclose(read.positions_m, person.positions_m, atol=1e-5)
    assert "hands_in_head_frame" not in {finding.kind for finding in read.findings}


def test_the_user_decides_where_hands_count_from(tmp_path: Path) -> None:
    person = load_recording(EXAMPLE)
    local = seen_from_head(person, True)
    read = written(tmp_path, local, hands_from="room", axes="unity")
    assert "hands_in_head_frame" not in {finding.kind for finding in read.findings}
