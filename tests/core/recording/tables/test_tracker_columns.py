# SPDX-License-Identifier: Apache-2.0
"""Tables with one row per frame may have columns of trackers beside head and hands."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from inpose_core.body.quaternions import geodesic_angle
from inpose_core.body.skeleton import ANKLE_JOINTS, JOINT_INDEX, PELVIS_JOINT
from inpose_core.errors import RecordingError
from inpose_core.inspection.table import look_at_table, table_lines
from inpose_core.options.reading import ReadOptions
from inpose_core.recording import Recording, load_recording
from inpose_core.recording.tables.assigned_devices import AssignedDevice, AssignedTracker
from inpose_core.recording.tables.assignment import Assignment, save_assignment
from inpose_core.recording.tables.column_words import layout_by_words
from inpose_core.recording.tables.layouts import layout_from
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


def nameless(path: Path, person: Recording, *, w_first: bool = False) -> Path:
    """Write head, hands and three trackers one after the other, under names that say nothing."""
    times, positions, quaternions = Convention("RUF").tracks(with_trackers(person))
    if w_first:
        quaternions = np.roll(quaternions, 1, axis=-1)
    rows = np.column_stack((times, np.concatenate((positions, quaternions), axis=-1).reshape(len(times), -1)))
    lines = [",".join(["t", *(f"v{n}" for n in range(42))]), *(",".join(f"{x:.7f}" for x in row) for row in rows)]
    path.write_text("\n".join(lines) + "\n")
    return path


@pytest.mark.parametrize("w_first", [False, True])
def test_trackers_are_assigned_by_hand(tmp_path: Path, w_first: bool) -> None:
    path = nameless(tmp_path / "take.csv", moving_person(200), w_first=w_first)
    look = look_at_table(path)
    assert look.assignment.trackers is None  # three devices are usual, so more are only offered
    waist, foot, marker = look.spare
    assert waist == AssignedDevice((23, 24, 25), (26, 27, 28, 29))
    trackers = (
        AssignedTracker("hips", waist),
        AssignedTracker("left_foot", foot),
        AssignedTracker("", AssignedDevice(marker.position)),
    )
    assignment = replace(look.assignment, axes="unity", unit="m", trackers=trackers)
    assert assignment.missing == ()
    save_assignment(assignment, path, look.header)
    loaded = load_recording(path)
    assert loaded.trackers is not None
    assert loaded.trackers.names == ("hips", "left_foot", "tracker_3")
    assert loaded.trackers.joints == (PELVIS_JOINT, ANKLE_JOINTS[0], None)
    assert loaded.trackers.turns == (True, True, False)
    np.testing.assert_allclose(loaded.trackers.positions_m, loaded.positions_m - DOWN_M, atol=1e-4)
    assert geodesic_angle(loaded.trackers.rotations_wxyz[:, :2], loaded.rotations_wxyz[:, :2]).max() < 1e-3
    again = look_at_table(path)
    assert again.assignment.trackers == trackers
    assert any("hips position x" in line for line in table_lines(again, path.name))


def test_an_assignment_says_what_a_tracker_lacks(tmp_path: Path) -> None:
    look = look_at_table(nameless(tmp_path / "take.csv", moving_person(60)))
    whole, other, _ = look.spare

    def missing(*trackers: AssignedTracker) -> tuple[tuple[str, int], ...]:
        return replace(look.assignment, trackers=trackers).missing

    assert missing(AssignedTracker("hips")) == (("position", 3),)
    assert missing(AssignedTracker("", AssignedDevice(whole.position, whole.rotation[:2]))) == (("rotation", 3),)
    assert missing(AssignedTracker("hips", whole), AssignedTracker("hips", other)) == (("place", 4),)
    assert missing(AssignedTracker("", whole), AssignedTracker("", other)) == ()
    one = AssignedTracker("hips", names=("a",))
    long = Assignment(1, (AssignedDevice((2, 3, 4), (5, 6, 7, 8)),) * 3, key=9, names=(("h",), (), ()))
    assert replace(long, trackers=(one, AssignedTracker())).missing == (("name", 4),)


def test_what_a_mapping_assigns_goes_before_what_the_names_tell(tmp_path: Path) -> None:
    person = moving_person(120)
    names = ("Head", "LeftHand", "RightHand", "Hips", "LeftAnkle", "Tracker 1")
    text = wide_table(with_trackers(person), Convention(axes="RUF"), names, "{} P ", "{} Q ", "Time")
    (tmp_path / "take.csv").write_text(text, encoding="utf-8")
    by_names = look_at_table(tmp_path / "take.csv").assignment
    assert by_names.trackers is not None
    assert [one.place for one in by_names.trackers] == ["hips", "left_foot", ""]
    three = "".join(
        f", {device}_p={name} P {{xyz}}, {device}_q={name} Q {{xyzw}}"
        for device, name in (("head", "Head"), ("left", "LeftHand"), ("right", "RightHand"))
    )
    columns = f"time=Time{three}, hips_p=Tracker 1 P {{xyz}}, hips_q=Tracker 1 Q {{wxyz}}"

    def trackers(text: str) -> dict[str, bool]:
        found = load_recording(tmp_path / "take.csv", ReadOptions(columns=text)).trackers
        return {} if found is None else dict(zip(found.names, found.turns, strict=True))

    # The waist is not the hips any more, because another tracker was said to be there.
    assert trackers(columns) == {"hips": True, "left_ankle": True}
    assert trackers(columns + ", trackers=assigned") == {"hips": True}
    assert trackers(f"time=Time{three}, trackers=assigned") == {}
    with pytest.raises(RecordingError, match="order of the quaternions of hips"):
        trackers(columns.replace("Head Q {xyzw}", "Head Q {x,y,z,w}"))


def test_a_mapping_names_places_or_numbers() -> None:
    columns = "time=t, head_p=a{xyz}, head_q=b{xyzw}"
    assert layout_from(f"{columns}, waist_p=b{{xyz}}, tracker_2_p=c{{xyz}}").tracker_names == ("waist", "tracker_2")
    for wrong in ("tail_p=b{xyz}", "hips_p=b{xy}", "hips_q=b{xyzw}"):
        with pytest.raises(RecordingError):
            layout_from(f"{columns}, {wrong}")
    many = ", ".join(f"tracker_{n}_p=a{{xyz}}" for n in range(17))
    with pytest.raises(RecordingError, match="more than 16 trackers"):
        layout_from(f"{columns}, {many}")


@pytest.mark.parametrize("only_assigned", [False, True])
def test_rows_of_a_device_are_assigned_as_trackers(tmp_path: Path, only_assigned: bool) -> None:
    person = with_trackers(moving_person(120))
    times, positions, quaternions = Convention("RUF").tracks(person)
    serials = ("h", "l", "r", "LHR-1", "LHR-2", "LHR-3")
    lines = ["t,serial,x,y,z,qx,qy,qz,qw"]
    for frame, time in enumerate(times):
        for device, serial in enumerate(serials):
            numbers = ",".join(f"{x:.6f}" for x in (*positions[frame, device], *quaternions[frame, device]))
            lines.append(f"{time:.6f},{serial},{numbers}")
    path = tmp_path / "take.csv"
    path.write_text("\n".join(lines))
    own = AssignedDevice((3, 4, 5), (6, 7, 8, 9))
    trackers = (AssignedTracker("hips", names=("LHR-2",)),)
    assignment = Assignment(
        *(1, (own,) * 3),
        quaternion_order="xyzw",
        key=2,
        names=(("h",), ("l",), ("r",)),
        trackers=trackers,
    )
    document = assignment.to_option()
    if not only_assigned:
        document = document.replace('"trackers": "assigned", ', "")
    found = load_recording(path, ReadOptions(columns=document, axes="unity", unit="m")).trackers
    assert found is not None
    assert set(found.names) == ({"hips"} if only_assigned else {"hips", "lhr-1", "lhr-3"})
    assert found.joints[found.names.index("hips")] == PELVIS_JOINT
    save_assignment(assignment, path, lines[0].split(","))
    assert look_at_table(path).assignment.trackers == trackers


def pose_columns(*names: str) -> list[str]:
    return [
        f"{name}_{part}" for name in names for part in (*(f"pos_{a}" for a in "xyz"), *(f"rot_{a}" for a in "xyzw"))
    ]


@pytest.mark.parametrize(
    ("column", "name"),
    [
        ("ViveTrackerWaist", "waist"),
        ("TrackerRole_LeftFoot", "left_foot"),
        ("vive_tracker_right_knee", "right_knee"),
        ("tracker_LHR_1234", "tracker_lhr_1234"),
        ("ViveTracker1", "tracker_1"),
        ("trackerA", "tracker_a"),
        ("belt", "belt"),
        ("lower_back", "lower_back"),
        ("LeftThigh", "left_thigh"),
        ("right_lower_leg", "right_lower_leg"),
    ],
)
def test_trackers_have_many_names(column: str, name: str) -> None:
    (found,) = tracker_columns(pose_columns(column), ()).items()
    assert found[0] == name
    assert found[1].kind == "q"


def test_a_thigh_is_no_hand() -> None:
    table = layout_by_words(["time", *pose_columns("head", "left_thigh", "right_hand")])
    assert table is not None
    assert "left_p" not in table.columns


def test_complete_poses_that_are_not_used_are_told(tmp_path: Path) -> None:
    person = moving_person(200)
    names = ("Head", "LeftHand", "RightHand", "Gadget", "Waist", "LeftEye")
    text = wide_table(with_trackers(person), Convention(axes="RUF"), names, "{}_pos_", "{}_rot_")
    (tmp_path / "take.csv").write_text(text, encoding="utf-8")
    (note,) = [note for note in load_recording(tmp_path / "take.csv").notes if "does not use" in note]
    assert "gadget" in note
    assert "eye" not in note
    assert "waist" not in note
