# SPDX-License-Identifier: GPL-3.0-or-later
"""Change the mapping of a rig as a user does: by row, by bone, by file; keep it with the armature."""

from __future__ import annotations

import json
import os
import struct
from types import SimpleNamespace

import bpy
import pytest
from rigs import SHARED_RIGS, build_rig, import_shared_rig

from inpose_blender import addon
from inpose_blender.core import JOINT_NAMES, OutputError, RigError
from inpose_blender.rig.find import find_mapping, map_rig, stored_bones
from inpose_blender.rig.mapping import panel, read_mapping, write_mapping
from inpose_blender.rig.prepare import prepare_rig
from inpose_blender.rig.vrm import vrm_mapping
from tests.shared_files import wants_shared
from tests.small_disk import PAGE_BYTES, needs_small_disk, small_disk


@pytest.fixture(autouse=True)
def _registered(_clean_blender):
    addon.register()
    yield
    addon.unregister()


def group_of(rig):
    return rig.data.inpose_mapping


def test_rows_show_what_was_found_and_store_nothing(rng):
    rig = build_rig(rng, without=("neck",))
    assert [getattr(group_of(rig), joint) for joint in JOINT_NAMES] == [
        "" if joint == "neck" else joint for joint in JOINT_NAMES
    ]
    assert stored_bones(rig) is None
    rig.data.bones["head"].name = "Head"
    assert group_of(rig).head == "Head"


def test_a_changed_row_is_kept_with_all_others(rng, tmp_path):
    rig = build_rig(rng, extra_bones=True)
    group_of(rig).left_foot = ""
    group_of(rig).spine2 = "extra spine3"
    mapping = map_rig(rig)
    assert mapping.family.name == "chosen"
    assert mapping.missing == ("left_foot",)
    assert mapping.bones["spine2"] == "extra spine3"
    assert mapping.bones["right_foot"] == "right_foot"
    path = str(tmp_path / "saved.blend")
    bpy.ops.wm.save_as_mainfile(filepath=path)
    bpy.ops.wm.open_mainfile(filepath=path)
    assert map_rig(bpy.data.objects["Rig"]) == mapping
    assert bpy.ops.inpose.mapping_reset() == {"FINISHED"}
    assert map_rig(bpy.data.objects["Rig"]).bones["spine2"] == "spine2"


def test_a_rig_that_nothing_recognises_is_mapped_by_hand(rng):
    rig = build_rig(rng)
    names = {}
    for index, joint in enumerate(JOINT_NAMES):
        names[joint] = rig.data.bones[joint].name = f"Knochen {index}"
    bpy.context.view_layer.objects.active = rig
    bpy.ops.object.mode_set(mode="EDIT")
    for bone in rig.data.edit_bones:  # without a hierarchy nothing can be built like a body
        bone.parent = None
    bpy.ops.object.mode_set(mode="OBJECT")
    assert find_mapping(rig) is None
    with pytest.raises(RigError, match="not that of a body"):
        map_rig(rig)
    for joint, name in names.items():
        setattr(group_of(rig), joint, name)
    assert map_rig(rig).bones == names


def test_pick_takes_the_active_bone(rng):
    rig = build_rig(rng)
    rig.data.bones.active = rig.data.bones["neck"]
    assert bpy.ops.inpose.mapping_pick(joint="spine3") == {"FINISHED"}
    assert group_of(rig).spine3 == "neck"
    rig.data.bones.active = None
    with pytest.raises(RuntimeError, match="no active bone"):
        bpy.ops.inpose.mapping_pick(joint="spine3")


def test_one_bone_for_two_joints_is_refused(rng):
    rig = build_rig(rng)
    group_of(rig).spine2 = "spine3"
    with pytest.raises(RigError, match="spine3 is chosen for both spine2 and spine3"):
        prepare_rig(rig, bpy.context.scene)


def test_a_bone_that_is_gone_is_named(rng):
    rig = build_rig(rng)
    group_of(rig).left_foot = "left_foot"
    rig.data.bones["left_knee"].name = "shin"
    with pytest.raises(RigError, match="no bone left_knee, which you chose for left knee"):
        prepare_rig(rig, bpy.context.scene)


def test_mirror_gives_the_right_side_the_left_sides_bones(rng):
    rig = build_rig(rng, extra_bones=True)
    group_of(rig).left_collar = "extra left_shoulder"
    group_of(rig).right_elbow = ""
    assert bpy.ops.inpose.mapping_mirror() == {"FINISHED"}
    assert group_of(rig).right_collar == "extra right_shoulder"
    assert group_of(rig).right_elbow == "right_elbow"
    rig.data.bones["left_elbow"].name = "sinister"
    group_of(rig).left_elbow = "sinister"
    with pytest.raises(RuntimeError, match="no bone that mirrors sinister"):
        bpy.ops.inpose.mapping_mirror()


def test_export_and_import(rng, tmp_path):
    rig = build_rig(rng, without=("neck",))
    path = tmp_path / "mapping.json"
    assert bpy.ops.inpose.mapping_export(filepath=str(path)) == {"FINISHED"}
    assert json.loads(path.read_text())["bones"]["neck"] is None
    group_of(rig).left_foot = ""
    assert bpy.ops.inpose.mapping_import(filepath=str(path)) == {"FINISHED"}
    assert group_of(rig).left_foot == "left_foot"
    rig.data.bones["head"].name = "skull"
    with pytest.raises(RuntimeError, match=r"no bone head, which mapping\.json names"):
        bpy.ops.inpose.mapping_import(filepath=str(path))


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("{", "not a JSON"),
        ("[]", "not a mapping"),
        ('{"format": "inpose-mapping", "version": 2, "bones": {}}', "another version"),
        ('{"format": "inpose-mapping", "version": 1, "bones": {"tail": "Tail"}}', "tail"),
        ('{"format": "inpose-mapping", "version": 1, "bones": {"head": 3}}', "name a joint and a bone: head"),
        ("[" * 100_000, "not a JSON"),
        ('{"format": "inpose-mapping", "version": 1' + "0" * 5000 + "}", "not a mapping"),
        ('{"bones": "' + "x" * 2_000_000 + '"}', "cannot be read"),
    ],
)
def test_foreign_files_are_refused(tmp_path, text, match):
    path = tmp_path / "some.json"
    path.write_text(text)
    with pytest.raises(RigError, match=match):
        read_mapping(path)
    (tmp_path / "some.vrm").write_bytes(b"glTF" + b"\0" * 16)
    with pytest.raises(RigError, match=r"some\.vrm is damaged"):
        read_mapping(tmp_path / "some.vrm")


def vrm_of(json_text: str) -> bytes:
    text = json_text.encode()
    return struct.pack("<4sIIII", b"glTF", 2, 20 + len(text), len(text), 0x4E4F534A) + text


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("[" * 100_000, "damaged"),
        ("[]", "damaged"),
        ('{"extensions": []}', "no VRM humanoid table"),
        ('{"extensions": {"VRM": {"humanoid": {"humanBones": [{"bone": [], "node": 0}]}}}}', "no VRM humanoid table"),
        (
            '{"nodes": [{"name": 7}], '
            '"extensions": {"VRM": {"humanoid": {"humanBones": [{"bone": "hips", "node": 0}]}}}}',
            "no VRM humanoid table",
        ),
    ],
)
def test_hostile_characters_are_refused(tmp_path, text, match):
    (tmp_path / "some.vrm").write_bytes(vrm_of(text))
    with pytest.raises(RigError, match=match):
        read_mapping(tmp_path / "some.vrm")


@pytest.mark.timeout(20)
@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="Windows has no such files")
@pytest.mark.parametrize("name", ["some.json", "some.vrm"])
def test_a_pipe_that_nobody_writes_to_does_not_hang_blender(tmp_path, name):
    os.mkfifo(tmp_path / name)
    with pytest.raises(RigError, match="pipe or a device"):
        read_mapping(tmp_path / name)


@needs_small_disk
def test_a_full_disk_keeps_the_old_mapping(tmp_path):
    with small_disk(2 * PAGE_BYTES) as disk:
        (disk / "a.json").write_bytes(b"the good file")
        (disk / "other").write_bytes(bytes(PAGE_BYTES - 100))
        with pytest.raises(OutputError, match="the disk is full"):
            write_mapping(disk / "a.json", dict.fromkeys(JOINT_NAMES, "Bone"))
        assert (disk / "a.json").read_bytes() == b"the good file"
        assert sorted(path.name for path in disk.iterdir()) == ["a.json", "other"]


def test_files_round_trip(tmp_path):
    bones = {joint: f"Bône {joint}" for joint in JOINT_NAMES} | {"neck": ""}
    write_mapping(tmp_path / "a.json", bones)
    assert read_mapping(tmp_path / "a.json") == bones
    assert [path.name for path in tmp_path.iterdir()] == ["a.json"]


@pytest.mark.skipif(not SHARED_RIGS.is_dir(), reason=wants_shared("rigs"))
def test_a_vrm_file_can_be_imported_as_mapping():
    rig, facts = import_shared_rig("vrm0_cool_banana.vrm")
    bpy.context.view_layer.objects.active = rig
    assert bpy.ops.inpose.mapping_import(filepath=str(SHARED_RIGS / "vrm0_cool_banana.vrm")) == {"FINISHED"}
    assert stored_bones(rig) == facts["mapping"]


@pytest.mark.parametrize("version", ["0.0", "1.0"])
def test_the_table_of_the_vrm_addon_is_believed(version):
    """That add-on keeps its table in properties; stand-ins have its layout."""
    pairs = {"hips": "A", "spine": "B", "leftUpperLeg": "C", "leftFoot": "", "head": "gone"}
    node = {name: SimpleNamespace(node=SimpleNamespace(bone_name=bone)) for name, bone in pairs.items()}
    human_bones = [SimpleNamespace(bone=name, node=bone.node) for name, bone in node.items()]
    table = {SimpleNamespace(value=name).value: bone for name, bone in node.items()}
    by_name = SimpleNamespace(human_bone_name_to_human_bone=lambda: {_Name(name): bone for name, bone in table.items()})
    extension = SimpleNamespace(
        spec_version=version,
        vrm0=SimpleNamespace(humanoid=SimpleNamespace(human_bones=human_bones)),
        vrm1=SimpleNamespace(humanoid=SimpleNamespace(human_bones=by_name)),
    )
    mapping = vrm_mapping(SimpleNamespace(vrm_addon_extension=extension, bones={"A", "B", "C"}))
    assert mapping.bones == {"pelvis": "A", "left_hip": "C", "spine3": "B"}
    assert vrm_mapping(SimpleNamespace(bones=set())) is None


class _Name(str):
    @property
    def value(self):
        return str(self)


def test_poll_wants_an_armature_that_can_be_changed(rng):
    assert not bpy.ops.inpose.mapping_reset.poll()
    build_rig(rng)
    assert bpy.ops.inpose.mapping_reset.poll()


@pytest.mark.parametrize("without", [(), ("left_elbow",), ("neck",)])
def test_the_panel_has_a_row_for_each_joint_and_marks_what_is_missing(rng, without):
    """Only a window draws panels; a layout that takes notes shows what would be drawn."""
    rig = build_rig(rng, without=without)
    assert panel.INPOSE_PT_rig_mapping.poll(bpy.context)
    layout = _Layout()
    panel.INPOSE_PT_rig_mapping.draw(SimpleNamespace(layout=layout), bpy.context)
    assert {joint for joint, _ in layout.rows} == set(JOINT_NAMES)
    assert len(layout.rows) == len(JOINT_NAMES)
    assert {joint for joint, row in layout.rows if row.root.alert} == set(without) - {"neck"}
    rig.data.bones["head"].name = "Kopf"
    rig.data.inpose_mapping.head = "head"
    layout = _Layout()
    panel.INPOSE_PT_rig_mapping.draw(SimpleNamespace(layout=layout), bpy.context)
    assert "head" in {joint for joint, row in layout.rows if row.root.alert}


class _Layout:
    def __init__(self, parent=None):
        self.rows = parent.rows if parent else []
        self.root = parent.root if parent and getattr(parent, "is_row", False) else self
        self.alert = False

    def row(self, **_):
        row = _Layout(self)
        row.root, row.is_row = row, True
        return row

    def split(self, **_):
        split = _Layout(self)
        split.is_row = True
        return split

    column = row

    def label(self, **_):
        pass

    def operator(self, _name, **_):
        category, name = _name.split(".")
        assert hasattr(bpy.types, f"{category.upper()}_OT_{name}")
        return SimpleNamespace()

    def prop_search(self, group, joint, data, bones, text):
        assert hasattr(group, joint)
        assert hasattr(data, bones)
        self.rows.append((joint, self))
