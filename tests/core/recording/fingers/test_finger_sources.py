# SPDX-License-Identifier: Apache-2.0
"""Read fingers and buttons from everything that has them, up to the motion."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from inpose_core import CalibrationSettings, Skeleton, calibrate
from inpose_core.body.hands.angles import angles_of_rotations, rotations_of_angles
from inpose_core.body.hands.joint_poses import XR_JOINTS
from inpose_core.body.hands.joints import FINGER_JOINT_NAMES, FINGERS, SIDES
from inpose_core.body.hands.shapes import FIST_RAD, relaxed_angles
from inpose_core.body.hands.tracks import FingerTracks
from inpose_core.body.motion import Motion
from inpose_core.body.quaternions import geodesic_angle, quaternion_to_rotvec, xyzw_from_wxyz
from inpose_core.cli import main
from inpose_core.motion_files.amass import load_amass
from inpose_core.motion_files.bvh_motion import load_bvh_motion
from inpose_core.motion_files.smpl_fingers import smpl_finger_joints
from inpose_core.options.reading import ReadOptions
from inpose_core.recording import load_recording
from inpose_core.recording.fingers.unity_bones import UNITY_FINGER_BONES
from inpose_core.recording.formats.sensors_file import load_sensors, save_sensors
from inpose_core.recording.tables.buttons import button_columns
from inpose_core.recording.tables.csv_format import write_csv
from tests.core.amass_files import write_amass
from tests.core.recording.recording_files import moving_person, real_recording
from tests.core.recording.sample_recordings import iwer_bytes, json_lines
from tests.core.synthetic import smooth_motion
from tests.core.tracked_hands import both_hands

FRAMES = 120
FIST = rotations_of_angles(np.stack((FIST_RAD, FIST_RAD)))


def closing(frames: int = FRAMES) -> np.ndarray:
    """Return two hands that close slowly, (F, 2, 15, 4)."""
    share = np.linspace(0, 1, frames)[:, None, None, None]
    relaxed = relaxed_angles()
    return rotations_of_angles(relaxed + share * (np.stack((FIST_RAD, FIST_RAD)) - relaxed))


def assert_fingers(found: FingerTracks | None, expected: np.ndarray, most_deg: float = 0.1) -> None:
    assert found is not None
    assert found.measured.all()
    assert found.rotations_wxyz is not None
    assert np.degrees(geodesic_angle(found.rotations_wxyz, expected).max()) < most_deg


def iwer_with(joints: bool) -> bytes:
    document = json.loads(iwer_bytes(moving_person(FRAMES)))
    names = list(reversed(XR_JOINTS))  # the file's own order counts
    for _, described in document["schema"]:
        described.update(
            {"hasHand": True, "jointSequence": names, "hasGamepad": True, "numButtons": 1}
            if joints
            else {"hasGamepad": True, "numButtons": 7, "numAxes": 4}
        )
    for frame, shape in zip(document["frames"], closing(), strict=True):
        for hand, entry in enumerate(frame[8:]):
            if joints:
                poses = both_hands(shape)[hand][::-1]
                entry.append(np.concatenate((poses, np.full((25, 1), 0.01)), axis=1).ravel().tolist())
                entry.append([[0, 0, 0]])
            else:
                entry.append([[1, 1, 0.25], [1, 1, 0.75], *([[0, 0, 0]] * 2), [0, hand, 0], [0, 0, 0], [0, 0, 0], 0, 0])
    return json.dumps(document).encode()


def test_webxr_hands(tmp_path: Path) -> None:
    path = tmp_path / "hands.json"
    path.write_bytes(iwer_with(joints=True))
    assert_fingers(load_recording(path).fingers, closing())


def test_webxr_buttons(tmp_path: Path) -> None:
    path = tmp_path / "buttons.json"
    path.write_bytes(iwer_with(joints=False))
    fingers = load_recording(path).fingers
    assert fingers is not None
    assert fingers.rotations_wxyz is None
    np.testing.assert_allclose(fingers.pressed[:, 0], [[0.25, 0.75, 0.0]] * FRAMES)
    np.testing.assert_allclose(fingers.pressed[:, 1], [[0.25, 0.75, 1.0]] * FRAMES)


def test_a_real_headset_points_with_the_index_finger() -> None:
    """A person who takes controllers, then bare hands, then controllers, in a recording of a Quest 3."""
    fingers = load_recording(real_recording("webxr_iwer_quest3.json")).fingers
    assert fingers is not None
    assert (fingers.measured.mean(axis=0) > 0.35).all()
    assert np.nanmax(fingers.pressed[..., :2]) == 1.0
    seen = np.flatnonzero(fingers.measured[:, 0])
    assert np.isnan(fingers.pressed[seen, 0]).all(), "a pinch is no button"
    curl = np.degrees(angles_of_rotations(fingers.rotations_wxyz)[seen[300], 0].reshape(5, 3, 3)[..., 0].sum(axis=1))
    assert curl[1] < 40
    assert curl[2:].min() > 150


def test_info_tells_of_fingers_and_buttons(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["info", str(real_recording("webxr_iwer_quest3.json"))]) == 0
    said = capsys.readouterr().out
    assert "left fingers" in said
    assert "left trigger, left grip, left thumb, right trigger" in said


@pytest.mark.parametrize("as_names", [True, False])
def test_json_lines_have_joints_and_buttons(tmp_path: Path, as_names: bool) -> None:
    lines = []
    for line, shape in zip(json_lines(moving_person(FRAMES)).splitlines(), closing(), strict=True):
        row = json.loads(line)
        for hand, device in enumerate(row["devices"][1:]):
            device["role"] = SIDES[hand]
            poses = both_hands(shape)[hand].tolist()
            device["joints"] = dict(zip(XR_JOINTS, poses, strict=True)) if as_names else poses
            device["buttons"] = {"trigger": 0.5, "grip": {"pressed": True, "value": 0.25}}
        lines.append(json.dumps(row))
    path = tmp_path / "log.jsonl"
    path.write_text("\n".join(lines))
    fingers = load_recording(path).fingers
    assert_fingers(fingers, closing())
    assert fingers is not None
    np.testing.assert_allclose(fingers.pressed[..., :2], np.broadcast_to((0.5, 0.25), (FRAMES, 2, 2)))


def test_our_csv_keeps_fingers_and_buttons(tmp_path: Path) -> None:
    pressed = np.full((FRAMES, 2, 3), np.nan)
    pressed[20:60, 1, :2] = (0.5, 1.0)
    rotations = closing()
    known = np.ones((FRAMES, 2), np.bool_)
    known[30:90, 0] = False
    person = replace(moving_person(FRAMES), fingers=FingerTracks(rotations, known, pressed))
    write_csv(person, tmp_path / "take.csv")
    fingers = load_recording(tmp_path / "take.csv").fingers
    assert fingers is not None
    assert (fingers.measured == known).all()
    np.testing.assert_allclose(fingers.pressed, pressed, atol=1e-4)
    assert geodesic_angle(fingers.rotations_wxyz, rotations)[known].max() < 1e-4


def test_tables_of_others_have_buttons(tmp_path: Path) -> None:
    write_csv(moving_person(FRAMES), tmp_path / "plain.csv")
    header, *rows = (tmp_path / "plain.csv").read_text().splitlines()
    header = header.replace("left_", "left_controller_pos_").replace("right_", "right_controller_pos_")
    header = header.replace("pos_q", "rot_").replace("pos_p", "pos_").replace("head_p", "head_pos_")
    header = header.replace("head_q", "head_rot_") + ",left_controller_trigger,right_controller_grip,right_grip_pose"
    rows = [f"{row},{40},True,word" for row in rows]
    (tmp_path / "others.csv").write_text("\n".join([header, *rows]))
    fingers = load_recording(tmp_path / "others.csv").fingers
    assert fingers is not None
    np.testing.assert_allclose(fingers.pressed[:, 0, 0], 0.4)  # per cent
    np.testing.assert_allclose(fingers.pressed[:, 1, 1], 1.0)
    assert np.isnan(fingers.pressed[:, 0, 1]).all()


@pytest.mark.parametrize(
    ("column", "place"),
    [
        ("left_trigger", (0, 0)),
        ("RightController_Grip_value", (1, 1)),
        ("rightSqueeze", (1, 1)),
        ("l_grip", (0, 1)),
        ("left_thumb_touch", (0, 2)),
        ("left_grip_pos_x", None),
        ("leftGripPose_qw", None),
        ("left_px", None),
        ("trigger", None),
        ("left_thumb1_qw", None),
    ],
)
def test_names_of_buttons(column: str, place: tuple[int, int] | None) -> None:
    assert button_columns(["time", column]) == ({} if place is None else {place: 1})


def test_hands_that_are_exchanged_take_their_buttons_along(tmp_path: Path) -> None:
    pressed = np.zeros((FRAMES, 2, 3))
    pressed[:, 0] = 1.0
    write_csv(replace(moving_person(FRAMES), fingers=FingerTracks.of_buttons(pressed)), tmp_path / "take.csv")
    fingers = load_recording(tmp_path / "take.csv", ReadOptions(swap_hands=True)).fingers
    assert fingers is not None
    np.testing.assert_array_equal(fingers.pressed, pressed[:, ::-1])


def test_unity_bones_of_a_table(tmp_path: Path) -> None:
    """VMC: every bone is a device of the capture; Unity is left-handed, and its left is at -X."""
    person = moving_person(FRAMES)
    lines = ["time,device," + ",".join(f"capture_{part}" for part in ("px", "py", "pz", "qx", "qy", "qz", "qw"))]
    shapes = closing()
    for frame, time_s in enumerate(person.times_s):
        for device, name in enumerate(("hmd", "controller 1", "controller 2")):
            place, turn = person.positions_m[frame, device], person.rotations_wxyz[frame, device]
            unity = (*(place * (1, 1, -1)), *(xyzw_from_wxyz(turn) * (-1, -1, 1, 1)))
            lines.append(f"{time_s:.6f},{name}," + ",".join(f"{x:.7f}" for x in unity))
        for name, (hand, joint) in UNITY_FINGER_BONES.items():
            unity = xyzw_from_wxyz(shapes[frame, hand, joint]) * (1, -1, -1, 1)
            lines.append(f"{time_s:.6f},{name},0.01,0,0," + ",".join(f"{x:.7f}" for x in unity))
    path = tmp_path / "capture.csv"
    path.write_text("\n".join(lines))
    recording = load_recording(path)
    assert_fingers(recording.fingers, shapes)
    swapped = load_recording(path, ReadOptions(swap_hands=True))
    assert_fingers(swapped.fingers, shapes)  # bones have names, controllers have none


@pytest.mark.parametrize("columns", [156, 165])
def test_smpl_hands(tmp_path: Path, columns: int) -> None:
    motion = smooth_motion(FRAMES)
    path = tmp_path / "take.npz"
    write_amass(path, motion, 60.0, columns=columns)
    assert load_amass(path).fingers is None, "hands that never move are not tracked"
    arrays = dict(np.load(path))
    joints = smpl_finger_joints(columns)
    assert joints is not None
    poses = arrays["poses"].reshape(FRAMES, -1, 3)
    poses[:, joints] = quaternion_to_rotvec(closing()).reshape(FRAMES, 30, 3)
    np.savez(path, **(arrays | {"poses": poses.reshape(FRAMES, -1)}))
    assert_fingers(load_amass(path).fingers, closing())
    assert_fingers(load_recording(path).fingers, closing())


def test_solved_fingers_are_in_the_arrays_of_amass(tmp_path: Path) -> None:
    motion = replace(smooth_motion(FRAMES), fingers=FingerTracks.of_joints(closing()))
    motion.save_npz(tmp_path / "take.npz")
    assert_fingers(load_amass(tmp_path / "take.npz").fingers, closing())


def test_bvh_hands(tmp_path: Path) -> None:
    """A Mixamo-like file whose fingers rest bent; its angles are those of the hand, not those from its rest pose."""
    path = tmp_path / "hands.bvh"
    shapes = closing()
    path.write_text(bvh_with_fingers(shapes))
    found = load_bvh_motion(path).fingers
    assert_fingers(found, shapes, 0.2)


def bvh_with_fingers(shapes: np.ndarray) -> str:  # noqa: PLR0915 (a skeleton, line by line)
    """Return a body that stands still in a T-pose while its fingers move, with bent fingers in the rest pose."""
    names = dict(zip(FINGERS, ("Thumb", "Index", "Middle", "Ring", "Pinky"), strict=True))
    lines: list[str] = ["HIERARCHY"]
    motion: list[np.ndarray] = []
    frames = len(shapes)
    rest_bend = Rotation.from_euler("z", 25, degrees=True)

    def joint(name: str, offset: tuple[float, ...], depth: int, turns: np.ndarray | None, root: bool = False) -> None:
        pad = "  " * depth
        lines.extend([f"{pad}{'ROOT' if root else 'JOINT'} {name}", f"{pad}{{"])
        lines.append(f"{pad}  OFFSET " + " ".join(f"{x:.6f}" for x in offset))
        position = "Xposition Yposition Zposition " if root else ""
        lines.append(f"{pad}  CHANNELS {6 if root else 3} {position}Zrotation Xrotation Yrotation")
        if root:
            motion.append(np.tile((0.0, 95.0, 0.0), (frames, 1)))
        turned = np.tile((1.0, 0, 0, 0), (frames, 1)) if turns is None else turns
        motion.append(Rotation.from_quat(xyzw_from_wxyz(turned)).as_euler("ZXY", degrees=True))

    def end(depth: int, offset: tuple[float, ...] | None = None) -> None:
        pad = "  " * depth
        if offset is not None:
            lines.extend(
                [f"{pad}  End Site", f"{pad}  {{", f"{pad}    OFFSET " + " ".join(map(str, offset)), f"{pad}  }}"]
            )
        lines.append(f"{pad}}}")

    joint("Hips", (0, 95, 0), 0, None, root=True)
    for side, sign in (("Left", 1), ("Right", -1)):
        for depth, (name, offset) in enumerate(
            (("UpLeg", (9 * sign, -5, 0)), ("Leg", (0, -42, 0)), ("Foot", (0, -42, 0)), ("ToeBase", (0, -6, 13))), 1
        ):
            joint(side + name, offset, depth, None)
        end(4, (0, 0, 5))
        for depth in (3, 2, 1):
            end(depth)
    for depth, name in enumerate(("Spine", "Spine1", "Spine2"), 1):
        joint(name, (0, 12, 0), depth, None)
    joint("Neck", (0, 14, 0), 4, None)
    joint("Head", (0, 10, 0), 5, None)
    end(5, (0, 15, 0))
    end(4)
    for hand, (side, sign) in enumerate((("Left", 1), ("Right", -1))):
        for depth, (name, offset) in enumerate(
            (("Shoulder", (4, 10, 0)), ("Arm", (13, 0, 0)), ("ForeArm", (27, 0, 0)), ("Hand", (25, 0, 0))), 4
        ):
            joint(side + name, (offset[0] * sign, *offset[1:]), depth, None)
        for number, finger in enumerate(FINGERS):
            base = (2.5, 0, 2.5) if finger == "thumb" else (9, 0, 1.9 - 1.9 * (number - 1))
            straight = np.array((0.7071, 0, 0.7071)) if finger == "thumb" else np.array((1.0, 0, 0))
            K = G = Rotation.identity()
            before = None
            for phalanx in range(3):
                bend = Rotation.identity() if finger == "thumb" else rest_bend.inv() if sign > 0 else rest_bend
                mirrored = np.array((sign, 1, 1))
                offset = np.array(base) * mirrored if phalanx == 0 else 3.5 * K.apply(straight * mirrored)
                K = bend * K
                # The file counts from its rest pose: G' = G K^-1, and locals relative to the bone before.
                local = Rotation.from_quat(xyzw_from_wxyz(shapes[:, hand, 3 * number + phalanx]))
                G = G * local
                counted = G * K.inv()
                turned = counted if before is None else before.inv() * counted
                before = counted
                wxyz = np.roll(turned.as_quat(), 1, axis=1)
                joint(f"{side}Hand{names[finger]}{phalanx + 1}", tuple(offset), 8 + phalanx, wxyz)
            end(10, tuple(3.0 * K.apply(straight * mirrored)))
            end(9)
            end(8)
        for depth in (7, 6, 5, 4):
            end(depth)
    for depth in (3, 2, 1, 0):
        end(depth)
    lines += ["MOTION", f"Frames: {frames}", f"Frame Time: {1 / 60:.8f}"]
    lines += [" ".join(f"{x:.5f}" for x in row) for row in np.concatenate(motion, axis=1)]
    return "\n".join(lines) + "\n"


def test_fingers_go_all_the_way_to_the_motion(tmp_path: Path) -> None:
    motion = smooth_motion(FRAMES)
    shapes = closing()
    given = replace(motion, fingers=FingerTracks.of_joints(shapes))
    given.save_npz(tmp_path / "take.npz")
    recording = load_recording(tmp_path / "take.npz")
    sensors = calibrate(recording, Skeleton.template(), CalibrationSettings()).sensors
    assert_fingers(sensors.fingers, shapes)
    save_sensors(sensors, tmp_path / "take.sensors.npz")
    assert_fingers(load_sensors(tmp_path / "take.sensors.npz").fingers, shapes)
    assert_fingers(sensors.part(slice(10, 50)).fingers, shapes[10:50])
    again = Motion.load_npz(tmp_path / "take.npz")
    assert_fingers(again.fingers, shapes)
    assert_fingers(again.part(slice(10, 50)).fingers, shapes[10:50])
    motion.save_npz(tmp_path / "old.npz")
    assert Motion.load_npz(tmp_path / "old.npz").fingers is None


def test_stretches_that_are_left_out_know_no_fingers(tmp_path: Path) -> None:
    replace(smooth_motion(FRAMES), fingers=FingerTracks.of_joints(closing())).save_npz(tmp_path / "take.npz")
    fingers = load_recording(tmp_path / "take.npz", ReadOptions(leave_out="0.5-1.0")).fingers
    assert fingers is not None
    assert fingers.measured[:, 0].tolist() == [not 30 <= frame <= 60 for frame in range(FRAMES)]


def test_the_names_of_the_joints_are_in_the_order_of_the_arrays() -> None:
    assert FINGER_JOINT_NAMES[:4] == ("thumb1", "thumb2", "thumb3", "index1")
