# SPDX-License-Identifier: GPL-3.0-or-later
"""Assign the columns of a table in the dialog: what it shows, what it says is missing, and what it writes."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import bpy
import pytest

from inpose_blender import core_tables
from inpose_blender.columns.choices import assignment_of, fill_choices, used_twice
from inpose_blender.columns.dialog import draw_dialog
from inpose_blender.columns.dialog_state import choices_of
from inpose_blender.columns.preview import problem_of, show_choices
from inpose_blender.columns.properties import PLACES
from inpose_blender.core_tables import (
    TRACKER_PLACES,
    AssignedDevice,
    AssignedTracker,
    Assignment,
    TableColumn,
    TableLook,
    look_at_table,
)
from inpose_blender.errors import OutputError
from inpose_blender.options import ReadOptions
from inpose_blender.recording import draft
from inpose_blender.recording.properties import question_of
from inpose_core.recording import load_recording

EXAMPLE = Path(__file__).resolve().parents[3] / "examples" / "walk_wave_crouch.csv"


@pytest.fixture
def table(tmp_path):
    """Return the example with names that say nothing, and quaternions before positions."""
    lines = [line for line in EXAMPLE.read_text().splitlines() if not line.startswith("#")]
    rows = [line.split(",") for line in lines[1:]]
    path = tmp_path / "logger.csv"
    written = [",".join(["clock", *(f"v{n}" for n in range(21))])]
    for row in rows:
        poses = [row[1 + 7 * device : 8 + 7 * device] for device in range(3)]
        written.append(",".join([row[0], *(cell for pose in poses for cell in (*pose[3:], *pose[:3]))]))
    path.write_text("\n".join(written))
    return path


@pytest.fixture
def scene(registered, table, fake_worker):
    bpy.context.scene.inpose.recording = str(table)
    yield bpy.context.scene
    draft.close_draft()


def choices():
    return choices_of(bpy.context)


def filled(path):
    look = look_at_table(path)
    fill_choices(choices(), look, ReadOptions())
    return look


def test_the_guess_is_filled_in_and_one_click_writes_it(scene, table):
    before = table.read_bytes()
    assert bpy.ops.inpose.assign_columns() == {"FINISHED"}
    assert table.read_bytes() == before
    mapping = json.loads(table.with_name("logger.csv.columns.json").read_text())
    assert mapping["columns"]["head_q"] == ["v0", "v1", "v2", "v3"]
    assert mapping["columns"]["head_p"] == ["v4", "v5", "v6"]
    assert len(load_recording(table)) > 1000


def test_what_is_shown_is_what_is_assigned(scene, table):
    look = filled(table)
    assert choices().is_guess
    assert choices().left.position == "13: v11"
    assert not choices().one_by_one
    assert assignment_of(choices()) == look.assignment
    choices().one_by_one = True
    assert choices().left.z == "15: v13"
    assert assignment_of(choices()) == look.assignment


HEAD, LEFT, RIGHT = (
    AssignedDevice(tuple(range(2 + 7 * device, 5 + 7 * device)), tuple(range(5 + 7 * device, 9 + 7 * device)))
    for device in range(3)
)
WAIST = AssignedDevice((23, 24, 25), (26, 27, 28, 29))
MARKER = AssignedDevice((30, 31, 32))
TRACKERS = (AssignedTracker("hips", WAIST), AssignedTracker("", MARKER))
THREE = tuple(AssignedDevice((2 + 6 * n, 3 + 6 * n, 4 + 6 * n), (5 + 6 * n, 6 + 6 * n, 7 + 6 * n)) for n in range(3))


@pytest.mark.parametrize(
    "assignment",
    [
        Assignment(1, (HEAD, LEFT, RIGHT), quaternion_order="wxyz", unit="cm", axes="unity", time_unit="ms"),
        Assignment(1, (HEAD, LEFT, AssignedDevice()), axes="RDB"),
        Assignment(None, (HEAD, LEFT, RIGHT), fps=72.0, pose="raw"),
        Assignment(1, THREE, kind="euler", euler_order="ZXY", angle_unit="rad"),
        Assignment(1, THREE, kind="rotator", angle_unit="deg"),
        Assignment(1, (AssignedDevice((), tuple(range(2, 14))),) * 3, kind="matrix"),
        Assignment(1, (HEAD,) * 3, key=9, names=(("a",), ("b",), ("c",))),
        Assignment(1, (AssignedDevice((4, 3, 2), (8, 7, 6, 5)), LEFT, RIGHT), quaternion_order="xyzw"),
        Assignment(1, (HEAD, LEFT, RIGHT), quaternion_order="wxyz", trackers=TRACKERS),
        Assignment(1, (HEAD, LEFT, RIGHT), trackers=()),
        Assignment(1, (HEAD, LEFT, RIGHT), trackers=(AssignedTracker("chest", AssignedDevice((25, 24, 23))),)),
        Assignment(1, (HEAD,) * 3, key=9, names=(("a",), (), ()), trackers=(AssignedTracker("hips", names=("b",)),)),
    ],
)
def test_every_kind_of_assignment_survives_the_dialog(registered, assignment):
    columns = tuple(TableColumn(number, f"c{number}", ("0",), ("a", "b", "c")) for number in range(1, 33))
    fill_choices(choices(), TableLook(columns, True, assignment, "", True), ReadOptions())
    assert assignment_of(choices()) == assignment


def test_a_quaternion_whose_w_stands_first_is_a_block(registered):
    turned = tuple(AssignedDevice(own.position, (*own.rotation[1:], own.rotation[0])) for own in (HEAD, LEFT, RIGHT))
    columns = tuple(TableColumn(number, f"c{number}", ("0",)) for number in range(1, 25))
    shown = TableLook(columns, True, Assignment(1, turned, quaternion_order="xyzw"), "", False)
    fill_choices(choices(), shown, ReadOptions())
    assert (choices().one_by_one, choices().head.rotation, choices().quaternion_order) == (False, "5: c5", "wxyz")
    assert assignment_of(choices()).devices == (HEAD, LEFT, RIGHT)


def test_what_is_missing_is_said_in_a_sentence(scene, table):
    filled(table)
    assert problem_of(bpy.context) == ""
    choices().right.rotation = ""
    assert problem_of(bpy.context) == "Choose where the rotation of the right hand begins."
    choices().right.rotation = choices().left.rotation
    assert problem_of(bpy.context) == "Column 9 is chosen twice."
    assert used_twice(assignment_of(choices())) == 9
    choices().axes, choices().axes_letters = "custom", "XYZ"
    assert "XYZ" in problem_of(bpy.context)


def test_the_recording_is_read_as_the_columns_are_so_far(scene, table):
    assert question_of(scene).reading == ReadOptions()
    filled(table)
    scene.inpose_reading.unit = "ft"  # the dialog has a field for it
    choices().unit = "cm"
    reading = question_of(scene).reading
    assert json.loads(reading.columns)["unit"] == "cm"
    assert reading.unit is None
    choices().head.position = ""
    assert question_of(scene).reading == ReadOptions(unit="ft")
    draft.close_draft()
    assert question_of(scene).reading == ReadOptions(unit="ft")


def test_what_the_user_has_said_before_is_taken_over_and_then_in_the_mapping(scene, table):
    scene.inpose_reading.time_unit, scene.inpose_reading.axes = "s", "openxr"
    assert bpy.ops.inpose.assign_columns() == {"FINISHED"}
    mapping = json.loads(table.with_name("logger.csv.columns.json").read_text())
    assert (mapping["time_unit"], mapping["axes"]) == ("s", "openxr")
    assert question_of(scene).reading == ReadOptions()


def test_in_a_folder_that_is_not_writable_the_scene_keeps_the_columns(scene, table, monkeypatch):
    def refuse(*_):
        raise OutputError("The folder is not writable.", "Choose another one.")

    monkeypatch.setattr(core_tables, "save_assignment", refuse)
    assert bpy.ops.inpose.assign_columns() == {"FINISHED"}
    columns = question_of(scene).reading.columns
    assert len(load_recording(table, ReadOptions(columns=columns))) > 1000


def test_other_files_and_incomplete_tables_are_refused_in_words(scene, take, tmp_path):
    take.write_bytes((0x442D3D69).to_bytes(4, "little") + bytes(40))
    scene.inpose.recording = str(take)
    with pytest.raises(RuntimeError, match="no table but BSOR"):
        bpy.ops.inpose.assign_columns()
    half = tmp_path / "half.csv"
    half.write_text("t,a,b,c,d,e\n" + "\n".join(f"{n / 90},1,2,{n},4,x" for n in range(20)))
    scene.inpose.recording = str(half)
    with pytest.raises(RuntimeError, match="Choose where the position of the head begins"):
        bpy.ops.inpose.assign_columns()
    assert question_of(scene).reading == ReadOptions()


class Drawn:
    """Stand in for a layout; refuse properties that do not exist."""

    def __init__(self):
        self.texts = []

    def __getattr__(self, name):
        assert name in {"row", "column", "box", "split"}, name
        return lambda **_: self

    def label(self, *, text, icon="NONE", translate=True):
        assert icon in bpy.types.UILayout.bl_rna.functions["label"].parameters["icon"].enum_items
        self.texts.append(text)

    def prop(self, data, name, **_):
        assert name in data.bl_rna.properties, name

    def prop_search(self, data, name, source, collection, **_):
        assert name in data.bl_rna.properties, name
        assert collection in source.bl_rna.properties, collection

    def operator(self, name, **_):
        package, _, function = name.partition(".")
        return getattr(getattr(bpy.ops, package), function).get_rna_type() and SimpleNamespace()

    def template_list(self, name, _identity, data, collection, active, index, **_):
        assert hasattr(bpy.types, name)
        assert {collection, index} <= set(data.bl_rna.properties.keys())


@pytest.mark.parametrize("rows", ["frame", "device"])
@pytest.mark.parametrize("kind", ["quaternion", "euler", "rotator", "matrix_12"])
def test_the_dialog_is_drawn(scene, table, rows, kind):
    filled(table)
    choices().rows, choices().kind, choices().axes = rows, kind, "custom"
    bpy.ops.inpose.add_tracker_columns()
    for one_by_one in (False, True):
        choices().one_by_one = one_by_one
        layout = Drawn()
        draw_dialog(layout, bpy.context)
        assert "InPose guessed these columns. Check them." in layout.texts


def test_the_list_says_what_a_column_is(scene, table):
    filled(table)
    show_choices(bpy.context)
    assert choices().columns[0].use == "Time"
    assert choices().columns[5].use == "Head: Position 1"


@pytest.fixture
def two_more(scene, table):
    """Return the table with two more poses, which are higher and lower than the head's."""
    header, *rows = table.read_text().splitlines()
    more = [",".join(f"w{n}" for n in range(14))]
    for row in rows:
        head = row.split(",")[1:8]
        more.append(",".join([*head[:5], f"{float(head[5]) - 0.7:.6f}", head[6], *head[:4], "0.1", "0.2", "0.3"]))
    table.write_text("\n".join(f"{row},{cells}" for row, cells in zip((header, *rows), more, strict=True)))
    return table


def test_trackers_are_added_on_demand_with_the_poses_that_are_left(scene, two_more):
    filled(two_more)
    assert not len(choices().trackers)
    bpy.ops.inpose.add_tracker_columns()
    bpy.ops.inpose.add_tracker_columns()
    first, second = choices().trackers
    assert (first.pose.rotation, first.pose.position) == ("23: w0", "27: w4")
    assert (second.pose.rotation, second.pose.position) == ("30: w7", "34: w11")
    first.place, second.place = "hips", "hips"
    assert problem_of(bpy.context) == "Choose another place for tracker 2: two trackers are at the same place."
    second.place = "auto"
    second.pose.rotation = ""
    assert problem_of(bpy.context) == ""
    show_choices(bpy.context)
    assert choices().columns[26].use == "Hips: Position 1"
    assert choices().columns[33].use == "Tracker 2: Position 1"
    bpy.ops.inpose.add_tracker_columns()  # nothing is left for it
    assert problem_of(bpy.context).startswith("Choose where the position of tracker 3 begins")
    bpy.ops.inpose.remove_tracker_columns(number=2)
    assert problem_of(bpy.context) == ""
    found = load_recording(two_more, ReadOptions(columns=assignment_of(choices()).to_option())).trackers
    assert (found.names, found.turns) == (("hips", "tracker_2"), (True, False))
    second.pose.position = choices().head.position
    assert "is chosen twice" in problem_of(bpy.context)


def test_a_table_whose_trackers_were_removed_has_none(scene, tmp_path):
    header, *rows = [line for line in EXAMPLE.read_text().splitlines() if not line.startswith("#")]
    path = tmp_path / "take.csv"
    path.write_text("\n".join([header + ",hips_px,hips_py,hips_pz", *(f"{row},0,1,{n}" for n, row in enumerate(rows))]))
    filled(path)
    (tracker,) = choices().trackers
    assert (tracker.place, tracker.pose.position, tracker.pose.rotation) == ("hips", "23: hips_px", "")
    assert load_recording(path).trackers is not None
    bpy.ops.inpose.remove_tracker_columns(number=0)
    assert load_recording(path, ReadOptions(columns=assignment_of(choices()).to_option())).trackers is None


def test_the_places_are_those_of_the_core():
    assert [name for name, *_ in PLACES[1:]] == list(TRACKER_PLACES)
