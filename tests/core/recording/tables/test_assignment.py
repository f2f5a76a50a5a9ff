# SPDX-License-Identifier: Apache-2.0
"""Assign the columns of tables whose names say nothing: by a guess from the numbers, by hand, by the file beside."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from inpose_core.body.quaternions import geodesic_angle
from inpose_core.errors import ColumnsError, RecordingError
from inpose_core.inspection.table import TableLook, look_at_table, option_text, table_lines
from inpose_core.options.reading import ReadOptions
from inpose_core.recording import load_recording
from inpose_core.recording.tables.assigned_devices import AssignedDevice
from inpose_core.recording.tables.assignment import Assignment, mapping_path, save_assignment
from inpose_core.recording.tables.column_guess import guess_assignment
from tests.core.recording.recording_tables import Convention, FloatArray, cut

EXAMPLE = Path(__file__).resolve().parents[4] / "examples" / "walk_wave_crouch.csv"
PERSON = cut(load_recording(EXAMPLE), slice(0, 900))
T, P, Q = Convention("RUF").tracks(PERSON)  # quaternions xyzw
UNITY_DEG = Rotation.from_quat(Q.reshape(-1, 4)).as_euler("YXZ", degrees=True)[:, (1, 0, 2)].reshape(P.shape) % 360


def written(path: Path, header: Sequence[str], columns: Sequence[FloatArray]) -> Path:
    rows = np.column_stack([column.reshape(len(T), -1) for column in columns])
    lines = [",".join(header)] if header else []
    path.write_text("\n".join([*lines, *(",".join(f"{x:.6f}" for x in row) for row in rows)]) + "\n")
    return path


def read(path: Path, look: TableLook) -> None:
    """Check that the table is the example, read as the look says."""
    found = load_recording(path, ReadOptions(columns=look.assignment.to_option()))
    assert len(found) == len(PERSON)
    assert np.abs(found.positions_m - PERSON.positions_m).max() < 2e-3
    assert np.degrees(geodesic_angle(found.rotations_wxyz, PERSON.rotations_wxyz)).max() < 0.2


def in_a_row(path: Path) -> Path:
    return written(path, (), [T, np.concatenate((P, Q), axis=-1)])


def rotations_first_and_head_second(path: Path) -> Path:
    order = [1, 0, 2]
    parts = np.concatenate((Q, P), axis=-1)[:, order]
    return written(path, [f"v{n}" for n in range(23)], [np.arange(len(T)), 1000 * T, parts])


def names_twice(path: Path) -> Path:
    return written(path, ["t", *["x", "y", "z", "qx", "qy", "qz", "qw"] * 3], [T, np.concatenate((P, Q), axis=-1)])


def positions_in_one_block(path: Path) -> Path:
    return written(path, [f"c{n}" for n in range(22)], [T, P, Q])


def euler_angles(path: Path) -> Path:
    return written(path, [f"c{n}" for n in range(19)], [T, np.concatenate((P, UNITY_DEG), axis=-1)])


def matrices(path: Path) -> Path:
    R = Rotation.from_quat(Q.reshape(-1, 4)).as_matrix().reshape(len(T), 3, 3, 3)
    return written(path, [f"m{n}" for n in range(37)], [T, np.concatenate((R, P[..., None]), axis=-1)])


def a_row_for_each_device(path: Path) -> Path:
    lines = ["t,serial,valid,a,b,c,d,e,f,g"]
    for frame, time in enumerate(T):
        for device, serial in enumerate(("LHR-7", "LHR-8", "LHR-9")):
            numbers = ",".join(f"{x:.6f}" for x in (*P[frame, device], *Q[frame, device]))
            lines.append(f"{time:.6f},{serial},{frame % 2},{numbers}")
    path.write_text("\n".join(lines))
    return path


@pytest.mark.parametrize(
    "table",
    [
        in_a_row,
        rotations_first_and_head_second,
        names_twice,
        positions_in_one_block,
        euler_angles,
        matrices,
        a_row_for_each_device,
    ],
)
def test_the_numbers_tell_the_columns(table: Callable[[Path], Path], tmp_path: Path) -> None:
    path = table(tmp_path / "take.csv")
    with pytest.raises(ColumnsError):
        load_recording(path)
    look = look_at_table(path)
    assert look.is_guess
    assert look.assignment.missing == ()
    read(path, look)


def test_the_mapping_beside_a_table_is_written_once_and_read_without_an_option(tmp_path: Path) -> None:
    path = names_twice(tmp_path / "take.csv")
    table = path.read_bytes()
    look = look_at_table(path)
    save_assignment(look.assignment, path, look.header)
    assert path.read_bytes() == table
    assert sorted(file.name for file in tmp_path.iterdir()) == ["take.csv", "take.csv.columns.json"]
    columns = json.loads(mapping_path(path).read_text())["columns"]
    assert (columns["time"], columns["head_p"]) == (["t"], ["#2", "#3", "#4"])  # its name, where it is the only one
    again = look_at_table(path)
    assert not again.is_guess
    assert again.assignment == look.assignment
    assert np.abs(load_recording(path).positions_m - PERSON.positions_m).max() < 2e-3


def test_a_mapping_of_the_users_own_is_kept(tmp_path: Path) -> None:
    path = names_twice(tmp_path / "take.csv")
    look = look_at_table(path)
    mapping_path(path).write_text('{"columns": {"time": "mine"}}')
    for _ in range(2):  # the second one replaces InPose's own
        save_assignment(look.assignment, path, look.header)
    assert (tmp_path / "take.csv.columns.json.bak").read_text() == '{"columns": {"time": "mine"}}'


def test_a_mapping_that_no_longer_fits_names_the_column(tmp_path: Path) -> None:
    path = positions_in_one_block(tmp_path / "take.csv")
    look = look_at_table(path)
    save_assignment(look.assignment, path, look.header)
    path.write_text(path.read_text().replace("c1,", "d1,", 1))
    with pytest.raises(ColumnsError, match=r"take\.csv\.columns\.json assigns: there is no column c1"):
        load_recording(path)
    assert look_at_table(path).is_guess  # one can assign them anew


def test_a_table_without_times_is_read_by_its_frame_rate(tmp_path: Path) -> None:
    path = written(tmp_path / "take.csv", (), [np.concatenate((P, Q), axis=-1)])
    look = look_at_table(path)
    assert look.assignment.missing == (("time", 0),)
    timed = replace(look.assignment, fps=90.0)
    save_assignment(timed, path, look.header)
    assert load_recording(path).duration_s == pytest.approx((len(T) - 1) / 90.0)
    assert look_at_table(path).assignment.fps == 90.0


def test_what_is_missing_is_named() -> None:
    head = AssignedDevice((1, 2, 3), (4, 5, 6, 7))
    half = AssignedDevice((8, 9, 10))
    nothing = AssignedDevice()
    assert Assignment(8, (head, nothing, nothing)).missing == (("position", 1), ("rotation", 1))
    assert Assignment(11, (head, nothing, half)).missing == (("rotation", 2),)
    assert Assignment(11, (head, nothing, replace(half, rotation=(4, 5, 6, 7)))).missing == ()
    assert Assignment(None, (nothing, half, half)).missing[:2] == (("time", 0), ("position", 0))
    long = Assignment(1, (half, half, half), key=2)
    assert long.missing == (("rotation", 0), ("name", 0))
    with pytest.raises(RecordingError):
        save_assignment(long, Path("take.csv"), ())


def test_the_lines_number_the_columns_and_hide_words(tmp_path: Path) -> None:
    path = rotations_first_and_head_second(tmp_path / "take.csv")
    text = path.read_text().replace("v22", "v22,who", 1).splitlines()
    path.write_text("\n".join([text[0], *(f"{line},Jane Doe" for line in text[1:])]))
    lines = list(table_lines(look_at_table(path), path.name))
    assert any(line.startswith("  #14") and line.endswith("head position x") for line in lines)
    assert "Jane" not in "\n".join(lines)
    (option,) = (line.split('"')[1] for line in lines if "--columns" in line)
    assert load_recording(path, ReadOptions(columns=option)).duration_s == pytest.approx(T[-1], abs=1e-3)


def test_the_line_to_correct_has_dots_where_something_is_missing() -> None:
    assert option_text(Assignment(1, unit="cm")).startswith("time=#1, head_p=..., head_q=..., left_p=...")
    assert option_text(Assignment(1, unit="cm")).endswith("right_q=..., unit=cm")


def test_other_files_have_no_columns(tmp_path: Path) -> None:
    replay = tmp_path / "take.bsor"
    replay.write_bytes((0x442D3D69).to_bytes(4, "little") + bytes(40))
    with pytest.raises(RecordingError, match="no table but BSOR"):
        look_at_table(replay)
    assert not look_at_table(EXAMPLE).is_guess


@settings(deadline=None, max_examples=150)
@given(
    st.lists(st.text(max_size=12), max_size=14),
    st.lists(
        st.lists(
            st.one_of(st.floats(width=32).map(str), st.sampled_from(("", "lost", "12:30:01", "1e999"))), max_size=16
        ),
        max_size=12,
    ),
)
def test_no_table_breaks_the_guess(header: list[str], rows: list[list[str]]) -> None:
    assignment = guess_assignment(header, rows)
    named = [number for own in assignment.devices for number in (*own.position, *own.rotation)]
    assert all(1 <= number <= len(header) for number in named)
    document = assignment.to_document(header)
    assert all(len(columns) > 0 for columns in document["columns"].values())
