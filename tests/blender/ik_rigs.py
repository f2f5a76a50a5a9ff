# SPDX-License-Identifier: GPL-3.0-or-later
"""Build rigs with IK as MMD, Auto-Rig Pro, Unreal and riggers by hand name and constrain them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import bpy
import numpy as np

Place = tuple[float, float, float]

_BODY: dict[str, tuple[Place, str | None]] = {
    "pelvis": ((0, 0, 1.0), None),
    "spine1": ((0, 0, 1.1), "pelvis"),
    "spine2": ((0, 0.01, 1.2), "spine1"),
    "spine3": ((0, 0.02, 1.32), "spine2"),
    "neck": ((0, 0.02, 1.5), "spine3"),
    "head": ((0, 0.0, 1.6), "neck"),
    "left_hip": ((0.1, 0, 0.95), "pelvis"),
    "left_knee": ((0.1, -0.02, 0.52), "left_hip"),
    "left_ankle": ((0.1, 0.01, 0.09), "left_knee"),
    "left_foot": ((0.1, -0.12, 0.02), "left_ankle"),
    "left_collar": ((0.03, 0.01, 1.45), "spine3"),
    "left_shoulder": ((0.18, 0.02, 1.45), "left_collar"),
    "left_elbow": ((0.44, 0.05, 1.45), "left_shoulder"),
    "left_wrist": ((0.69, 0.02, 1.45), "left_elbow"),
}
"""Joints of an adult in T-pose facing -Y, knees and elbows a little bent: place and parent."""
_TAILS: dict[str, Place] = {"head": (0, 0, 1.8), "left_foot": (0.1, -0.2, 0.02), "left_wrist": (0.78, 0.02, 1.45)}
_AFTER = {
    "pelvis": "spine1",
    "spine1": "spine2",
    "spine2": "spine3",
    "spine3": "neck",
    "neck": "head",
    "left_hip": "left_knee",
    "left_knee": "left_ankle",
    "left_ankle": "left_foot",
    "left_collar": "left_shoulder",
    "left_shoulder": "left_elbow",
    "left_elbow": "left_wrist",
}
_LEG, _ARM = ("hip", "knee", "ankle", "foot"), ("collar", "shoulder", "elbow", "wrist")


def named(trunk: list[str], leg: list[str], arm: list[str], sided: str) -> dict[str, str]:
    """Return bone names by joint; ``sided`` has the words for left and right around ``|``, before or after a name."""
    names = dict(zip(("pelvis", "spine1", "spine2", "spine3", "neck", "head"), trunk, strict=True))
    for side, pattern in zip(("left", "right"), sided.split("|"), strict=True):
        for joint, word in zip((*_LEG, *_ARM), (*leg, *arm), strict=True):
            names[f"{side}_{joint}"] = pattern.replace("{}", word)
    return names


MIXAMO = named(
    ["Hips", "Spine", "Spine1", "Spine2", "Neck", "Head"],
    ["UpLeg", "Leg", "Foot", "ToeBase"],
    ["Shoulder", "Arm", "ForeArm", "Hand"],
    "Left{}|Right{}",
)
MMD = named(
    ["下半身", "上半身", "上半身2", "上半身3", "首", "頭"],
    ["足", "ひざ", "足首", "つま先"],
    ["肩", "腕", "ひじ", "手首"],
    "左{}|右{}",
)
_FINGERS_OF_MMD = {"index": "人指", "middle": "中指", "ring": "薬指", "pinky": "小指"}
_LIMBS_OF_MMD = {
    "thigh": "足",
    "calf": "ひざ",
    "foot": "足首",
    "ball": "つま先",
    "clavicle": "肩",
    "upperarm": "腕",
    "lowerarm": "ひじ",
    "hand": "手首",
}
_SIDES_OF_MMD = {"l": "左", "r": "右"}
MMD_OF_UNREAL = {
    "pelvis": "下半身",
    "spine_01": "上半身",
    "spine_02": "上半身2",
    "spine_03": "上半身3",
    "neck_01": "首",
    "head": "頭",
    **{f"{limb}_{s}": side + word for s, side in _SIDES_OF_MMD.items() for limb, word in _LIMBS_OF_MMD.items()},
    **{
        f"{finger}_0{n}_{s}": side + word + "１２３"[n - 1]
        for s, side in _SIDES_OF_MMD.items()
        for finger, word in _FINGERS_OF_MMD.items()
        for n in (1, 2, 3)
    },
    **{f"thumb_0{n}_{s}": side + "親指" + "０１２"[n - 1] for s, side in _SIDES_OF_MMD.items() for n in (1, 2, 3)},
}
"""Names of MMD for Unreal's."""
UNREAL = named(
    ["pelvis", "spine_01", "spine_02", "spine_03", "neck_01", "head"],
    ["thigh", "calf", "foot", "ball"],
    ["clavicle", "upperarm", "lowerarm", "hand"],
    "{}_l|{}_r",
)
ARP_FK = named(
    ["c_root_master.x", "c_spine_01.x", "c_spine_02.x", "c_spine_03.x", "c_neck.x", "c_head.x"],
    ["c_thigh_fk", "c_leg_fk", "c_foot_fk", "c_toes_fk"],
    ["c_shoulder", "c_arm_fk", "c_forearm_fk", "c_hand_fk"],
    "{}.l|{}.r",
)
ARP_BODY = named(
    ["c_root_master.x", "c_spine_01.x", "c_spine_02.x", "c_spine_03.x", "c_neck.x", "c_head.x"],
    ["thigh", "leg", "foot", "toes_01"],
    ["c_shoulder", "arm", "forearm", "hand"],
    "{}.l|{}.r",
)


def _mirrored(place: Place) -> Place:
    return (-place[0], place[1], place[2])


def whole_body() -> dict[str, tuple[Place, Place, str | None]]:
    """Return head, tail and parent of the bone of each joint, both sides."""
    bones = {}
    for joint, (head, parent) in _BODY.items():
        tail = _TAILS[joint] if joint in _TAILS else _BODY[_AFTER[joint]][0]
        bones[joint] = (head, tail, parent)
        if joint.startswith("left_"):
            other = parent.replace("left_", "right_") if parent else None
            bones[joint.replace("left_", "right_")] = (_mirrored(head), _mirrored(tail), other)
    return bones


class RigBuilder:
    """Make an armature bone by bone; leave edit mode with `done`."""

    def __init__(self, name: str) -> None:
        self.data = bpy.data.armatures.new(name)
        self.rig = bpy.data.objects.new(name, self.data)
        bpy.context.scene.collection.objects.link(self.rig)
        bpy.context.view_layer.objects.active = self.rig
        bpy.ops.object.mode_set(mode="EDIT")

    def bone(self, name: str, head: Place, tail: Place, parent: str | None = None, *, deform: bool = False) -> str:
        bone = self.data.edit_bones.new(name)
        bone.head, bone.tail, bone.use_deform = head, tail, deform
        bone.parent = self.data.edit_bones[parent] if parent is not None else None
        return name

    def control(self, name: str, place: Place, parent: str | None) -> str:
        """Add a bone that points up."""
        return self.bone(name, place, (place[0], place[1], place[2] + 0.1), parent)

    def joint(self, name: str, joint: str, parent: str | None, *, deform: bool = True) -> str:
        """Add a bone where a joint of the body is; the X axes of arms and legs are those of their hinges."""
        head, tail, _ = whole_body()[joint]
        self.bone(name, head, tail, parent, deform=deform)
        kind = joint.rsplit("_", maxsplit=1)[-1]
        if kind in {*_LEG, *_ARM}:
            self.data.edit_bones[name].align_roll((0, -1, 0) if kind in _LEG else (0, 1, 0))
        return name

    def body(self, names: Mapping[str, str], top: str) -> None:
        for joint, (_, _, parent) in whole_body().items():
            self.joint(names[joint], joint, names[parent] if parent else top)

    def done(self) -> Any:
        bpy.ops.object.mode_set(mode="OBJECT")
        bpy.context.view_layer.update()
        return self.rig


def add_ik(rig: Any, owner: str, target: str, pole: str | None = None, count: int = 2) -> Any:
    """Add an IK constraint; its pole angle keeps the limb where it rests."""
    constraint = rig.pose.bones[owner].constraints.new("IK")
    constraint.target, constraint.subtarget, constraint.chain_count = rig, target, count
    if pole is not None:
        constraint.pole_target, constraint.pole_subtarget = rig, pole
        constraint.pole_angle = _rest_pole_angle(rig, owner, count, pole)
    return constraint


def _rest_pole_angle(rig: Any, owner: str, count: int, pole: str) -> float:
    """Return the pole angle with which a chain does not turn at rest."""
    bones = rig.data.bones
    chain = [bones[owner], *bones[owner].parent_recursive][:count]
    root = np.array(chain[-1].matrix_local)
    along = np.array(chain[0].tail_local - chain[-1].head_local)
    along /= np.linalg.norm(along)
    towards = np.array(bones[pole].head_local) - root[:3, 3]
    towards -= (towards @ along) * along
    return math.atan2(towards @ root[:3, 2], towards @ root[:3, 0])


def _place(joint: str) -> Place:
    return whole_body()[joint][0]


def mmd_rig(*, knees_are_hinges: bool = False) -> Any:
    """Return a rig named as MMD: センター and グルーブ, IK of feet and toes."""
    builder = RigBuilder("MMD")
    builder.control("全ての親", (0, 0, 0), None)
    builder.control("センター", (0, 0, 0.6), "全ての親")
    builder.control("グルーブ", (0, 0, 0.62), "センター")
    builder.body(MMD, "グルーブ")
    builder.data.edit_bones["上半身"].parent = builder.data.edit_bones["グルーブ"]
    for side, word in (("left", "左"), ("right", "右")):
        builder.control(f"{word}足ＩＫ", _place(f"{side}_ankle"), "全ての親")
        builder.control(f"{word}つま先ＩＫ", _place(f"{side}_foot"), f"{word}足ＩＫ")
    rig = builder.done()
    for word in "左右":
        add_ik(rig, f"{word}ひざ", f"{word}足ＩＫ")
        add_ik(rig, f"{word}足首", f"{word}つま先ＩＫ", count=1)
        knee = rig.pose.bones[f"{word}ひざ"]
        knee.lock_ik_y = knee.lock_ik_z = knees_are_hinges
    return rig


def hand_made_rig(*, poles: bool = True) -> Any:
    """Return a rig of Mixamo's names with IK as riggers make it: targets, poles, hands and feet that copy nothing."""
    builder = RigBuilder("Hand-made")
    builder.control("root", (0, 0, 0), None)
    builder.body(MIXAMO, "root")
    for side in ("left", "right"):
        sign = 1 if side == "left" else -1
        builder.control(f"{side} foot target", _place(f"{side}_ankle"), "root")
        builder.control(f"{side} hand target", _place(f"{side}_wrist"), "Hips")
        if poles:
            builder.control(f"{side} knee pole", (0.1 * sign, -0.6, 0.5), "root")
            builder.control(f"{side} elbow pole", (0.44 * sign, 0.6, 1.4), "Spine2")
    rig = builder.done()
    for side in ("left", "right"):
        word = side.capitalize()
        add_ik(rig, f"{word}Leg", f"{side} foot target", f"{side} knee pole" if poles else None)
        add_ik(rig, f"{word}ForeArm", f"{side} hand target", f"{side} elbow pole" if poles else None)
    return rig


def four_bone_rig() -> Any:
    """Return a rig of Mixamo's names whose upper and lower limbs are two bones each, a little bent, with IK for all
    four; MakeHuman's default rig has such limbs."""
    rig = hand_made_rig(poles=False)
    edit = _edit(rig)
    limbs = [f"{side}{part}" for side in ("Left", "Right") for part in ("UpLeg", "Leg", "Arm", "ForeArm")]
    for name in limbs:
        whole, half = edit[name], edit.new(f"{name}2")
        below = list(whole.children)
        middle = (whole.head + whole.tail) / 2 + whole.z_axis * (0.05 * whole.length)
        half.head, half.tail, half.roll = middle, whole.tail, whole.roll
        whole.tail, half.parent = half.head, whole
        for bone in below:
            bone.parent = half
    bpy.ops.object.mode_set(mode="OBJECT")
    for side in ("left", "right"):
        for part, end in (("Leg", "foot"), ("ForeArm", "hand")):
            whole = rig.pose.bones[f"{side.capitalize()}{part}"]
            whole.constraints.remove(whole.constraints[0])
            add_ik(rig, f"{whole.name}2", f"{side} {end} target", count=4)
    return rig


def make_mmd(rig: Any) -> None:
    """Turn a character with Unreal's bones into one of MMD: names, センター and グルーブ, IK of feet and toes.

    As in MMD, the trunk does not hang from the hips, and only bones of the body deform the skin.
    """
    edit = _edit(rig)
    for name, japanese in MMD_OF_UNREAL.items():
        edit[name].name = japanese
    edit["root"].name = "全ての親"
    for name, parent, up in (("センター", "全ての親", 0.6), ("グルーブ", "センター", 0.65)):
        _add_control(rig, name, (0, 0, up), parent)
    for name in ("上半身", "下半身"):
        edit[name].use_connect = False
        edit[name].parent = edit["グルーブ"]
    for word in "左右":
        _add_control(rig, f"{word}足ＩＫ", edit[f"{word}足首"].head, "全ての親")
        _add_control(rig, f"{word}つま先ＩＫ", edit[f"{word}つま先"].head, f"{word}足ＩＫ")
    edit["全ての親"].use_deform = False
    bpy.ops.object.mode_set(mode="OBJECT")
    for word in "左右":
        add_ik(rig, f"{word}ひざ", f"{word}足ＩＫ")
        add_ik(rig, f"{word}足首", f"{word}つま先ＩＫ", count=1)


def add_unreal_ik_bones(rig: Any) -> None:
    """Add the IK bones of Unreal's mannequin to a character with its names; no constraint uses them."""
    edit = _edit(rig)
    root = next(bone.name for bone in edit if bone.parent is None)
    for name, place, parent in (
        ("ik_foot_root", (0, 0, 0), root),
        ("ik_foot_l", edit["foot_l"].head, "ik_foot_root"),
        ("ik_foot_r", edit["foot_r"].head, "ik_foot_root"),
        ("ik_hand_root", (0, 0, 0), root),
        ("ik_hand_gun", edit["hand_r"].head, "ik_hand_root"),
        ("ik_hand_l", edit["hand_l"].head, "ik_hand_gun"),
        ("ik_hand_r", edit["hand_r"].head, "ik_hand_gun"),
    ):
        _add_control(rig, name, place, parent)
    bpy.ops.object.mode_set(mode="OBJECT")


def _edit(rig: Any) -> Any:
    """Enter Edit Mode, and return the bones there."""
    bpy.context.view_layer.objects.active = rig
    bpy.ops.object.mode_set(mode="EDIT")
    return rig.data.edit_bones


def _add_control(rig: Any, name: str, place: Any, parent: str) -> None:
    """Add a bone that points up and deforms nothing, in Edit Mode."""
    bone = rig.data.edit_bones.new(name)
    bone.head = place
    bone.tail = (bone.head.x, bone.head.y, bone.head.z + 0.1)
    bone.parent, bone.use_deform = rig.data.edit_bones[parent], False


def unreal_rig() -> Any:
    """Return a mannequin with Unreal's IK bones, which no constraint uses."""
    builder = RigBuilder("Unreal")
    builder.control("root", (0, 0, 0), None)
    builder.body(UNREAL, "root")
    builder.control("ik_foot_root", (0, 0, 0), "root")
    builder.control("ik_hand_root", (0, 0, 0), "root")
    builder.control("ik_hand_gun", _place("right_wrist"), "ik_hand_root")
    for side in ("left", "right"):
        builder.control(f"ik_foot_{side[0]}", _place(f"{side}_ankle"), "ik_foot_root")
        builder.control(f"ik_hand_{side[0]}", _place(f"{side}_wrist"), "ik_hand_gun")
    return builder.done()


def auto_rig_pro_rig() -> Any:
    """Return a stand-in for a rig of Auto-Rig Pro: bones of the character that follow a chain for FK and one for IK.

    The names and the switch (``ik_fk_switch``, 0 is IK) are those of the add-on; the many bones between are left out.
    """
    builder = RigBuilder("ARP")
    builder.control("c_pos", (0, 0, 0), None)
    builder.control("c_traj", (0, 0, 0), "c_pos")
    parents = {joint: parent for joint, (_, _, parent) in whole_body().items()}
    for joint, parent in parents.items():
        builder.joint(ARP_BODY[joint], joint, ARP_BODY[parent] if parent else "c_traj")
        if ARP_FK[joint] != ARP_BODY[joint]:
            builder.joint(ARP_FK[joint], joint, ARP_FK[parent] if parent else None, deform=False)
    for side, end in (("left", ".l"), ("right", ".r")):
        sign = 1 if side == "left" else -1
        for upper, lower in (("hip", "knee"), ("shoulder", "elbow")):
            above = parents[f"{side}_{upper}"]
            first = builder.joint(_ik(f"{side}_{upper}"), f"{side}_{upper}", ARP_FK[above or ""], deform=False)
            builder.joint(_ik(f"{side}_{lower}"), f"{side}_{lower}", first, deform=False)
        builder.joint(f"c_hand_ik{end}", f"{side}_wrist", "c_traj", deform=False)
        builder.joint(f"c_foot_ik{end}", f"{side}_ankle", "c_traj", deform=False)
        builder.joint(f"c_toes_ik{end}", f"{side}_foot", f"c_foot_ik{end}", deform=False)
        builder.control(f"c_leg_pole{end}", (0.1 * sign, -0.6, 0.5), "c_traj")
        builder.control(f"c_arms_pole{end}", (0.44 * sign, 0.6, 1.4), "c_traj")
    rig = builder.done()
    for side, end in (("left", ".l"), ("right", ".r")):
        for control in ("c_hand_ik", "c_foot_ik"):
            rig.pose.bones[control + end]["ik_fk_switch"] = 0.0
            rig.pose.bones[control + end]["auto_stretch"] = 1.0
        add_ik(rig, _ik(f"{side}_knee"), f"c_foot_ik{end}", f"c_leg_pole{end}")
        add_ik(rig, _ik(f"{side}_elbow"), f"c_hand_ik{end}", f"c_arms_pole{end}")
        for joint in (*_LEG, *_ARM[1:]):
            switch = f"c_foot_ik{end}" if joint in _LEG else f"c_hand_ik{end}"
            leader = {"ankle": f"c_foot_ik{end}", "foot": f"c_toes_ik{end}", "wrist": f"c_hand_ik{end}"}
            _follow(rig, ARP_BODY[f"{side}_{joint}"], ARP_FK[f"{side}_{joint}"], None)
            _follow(rig, ARP_BODY[f"{side}_{joint}"], leader.get(joint, _ik(f"{side}_{joint}")), switch)
    bpy.context.view_layer.update()
    return rig


def _ik(joint: str) -> str:
    """Return the bone of the chain for IK at a joint."""
    name, end = ARP_BODY[joint].split(".")
    return f"{name}_ik.{end}"


def _follow(rig: Any, bone: str, leader: str, switch: str | None) -> None:
    """Let a bone copy another one; with a switch, as far as this is off FK."""
    copy = rig.pose.bones[bone].constraints.new("COPY_TRANSFORMS")
    copy.target, copy.subtarget = rig, leader
    if switch is None:
        return
    driver = copy.driver_add("influence").driver
    driver.type = "SCRIPTED"
    variable = driver.variables.new()
    variable.name = "fk"
    variable.targets[0].id = rig
    variable.targets[0].data_path = f'pose.bones["{switch}"]["ik_fk_switch"]'
    driver.expression = "1 - fk"
