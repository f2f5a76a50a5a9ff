# SPDX-License-Identifier: Apache-2.0
"""Tables with one row per frame may have columns of trackers beside head and hands."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from inpose_core.body.quaternions import geodesic_angle
from inpose_core.body.skeleton import ANKLE_JOINTS, JOINT_INDEX, PELVIS_JOINT
from inpose_core.recording import Recording, load_recording
from inpose_core.recording.tables.tracker_columns import tracker_columns
from tests.core.recording.recording_files import moving_person
from tests.core.recording.recording_tables import Convention, wide_table

DOWN_M = np.array(((0.0, 0.6, 0.0), (0.1, 1.2, 0.0), (0.0, 0.3, 0.1)))


def with_trackers(person: Recording) -> Recording:
    """Return head, hands and three more devices below them."""
    places_m = np.concatenate((person.positions_m, person.positions_m - DOWN_M), axis=1)
    return replace(person, positions_m=places_m, rotations_wxyz=np.tile(person.rotations_wxyz, (1, 2, 1)))


@pytest.mark.parametrize(
    ("convention", "names", "position", "rotation", "time"),
    [
        (  # Who is Alyx?, with trackers
            Convention(unit="cm", time_unit="ms"),
            ("hmd", "left_controller", "right_controller", "waist", "left_foot", "tracker_1"),
            "{}_pos_",
            "{}_rot_",
            "delta_time_ms",
        ),
        (  # a table of Unity's, by the words of its names
            Convention(axes="RUF"),
            ("Head", "LeftHand", "RightHand", "Hips", "LeftAnkle", "Tracker 1"),
            "{} Position ",
            "{} Rotation ",
            "Time",
        ),
    ],
)
def test_trackers_are_read_like_head_and_hands(
    tmp_path: Path, convention: Convention, names: tuple[str, ...], position: str, rotation: str, time: str
) -> None:
    person = moving_person(200)
    text = wide_table(with_trackers(person), convention, names, position, rotation, time)
    (tmp_path / "take.csv").write_text(text, encoding="utf-8")
    loaded = load_recording(tmp_path / "take.csv")
    trackers = loaded.trackers
    assert trackers is not None
    assert trackers.joints == (PELVIS_JOINT, ANKLE_JOINTS[0], None)
    assert trackers.turns == (True, True, True)
    np.testing.assert_allclose(trackers.positions_m, loaded.positions_m - DOWN_M, atol=1e-4)
    assert geodesic_angle(trackers.rotations_wxyz, loaded.rotations_wxyz).max() < 1e-4


def test_a_place_alone_is_a_marker_and_other_columns_are_none() -> None:
    header = [
        *(f"chest_pos_{axis}" for axis in "xyz"),
        *(f"left_knee_vel_{axis}" for axis in "xyz"),
        *(f"left_index_pos_{axis}" for axis in "xyz"),
        *(f"right_foot_pos_{axis}" for axis in "xy"),
        *(f"tracker_2_confidence_{axis}" for axis in "xyz"),
        *(f"RElbow.p{axis}" for axis in "xyz"),
        *(f"RElbow.euler.{axis}" for axis in "xyz"),
        "time",
        "hips",
    ]
    found = tracker_columns(header, taken=["time"])
    assert set(found) == {"chest", "right_elbow"}
    assert found["chest"].rotation == ()
    assert found["right_elbow"].kind == "e"
    assert tracker_columns(header, taken=header) == {}


def test_a_marker_of_a_table_has_no_rotation(tmp_path: Path) -> None:
    person = moving_person(120)
    lines = wide_table(person, Convention(axes="RUF"), ("Head", "LeftHand", "RightHand"), "{} Pos ", "{} Rot ", "time")
    header, *rows = lines.splitlines()
    header += ",Chest Pos x,Chest Pos y,Chest Pos z"
    rows = [f"{row},0.1,1.2,{0.001 * number}" for number, row in enumerate(rows)]
    (tmp_path / "take.csv").write_text("\n".join((header, *rows)) + "\n", encoding="utf-8")
    trackers = load_recording(tmp_path / "take.csv").trackers
    assert trackers is not None
    assert (trackers.joints, trackers.turns) == ((JOINT_INDEX["spine3"],), (False,))
    assert trackers.measured.all()
