# SPDX-License-Identifier: Apache-2.0
"""Read the takes of the recorder page: whole, cut off, with bare hands, without a floor."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from inpose_core.body.hands.angles import angles_of_rotations, rotations_of_angles
from inpose_core.body.hands.shapes import FIST_RAD
from inpose_core.body.quaternions import geodesic_angle
from inpose_core.errors import RecordingError
from inpose_core.recording import Recording, load_recording
from inpose_core.recording.formats.webxr_recorder import read
from inpose_core.recording.registry import load_session
from tests.core.recording.recorder_takes import line, take_lines
from tests.core.recording.recording_files import moving_person
from tests.core.tracked_hands import both_hands

PERSON = moving_person(180)


def load(lines: list[str], folder: Path) -> Recording:
    path = folder / "take.jsonl"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return load_session(path)


def farthest_m(found: Recording, wanted: Recording = PERSON) -> float:
    return float(np.abs(found.positions_m - wanted.positions_m[: len(found)]).max())


def test_a_take_is_what_was_tracked(tmp_path: Path) -> None:
    found = load(take_lines(PERSON), tmp_path)
    assert len(found) == len(PERSON)
    assert farthest_m(found) < 1e-4
    assert np.degrees(geodesic_angle(found.rotations_wxyz, PERSON.rotations_wxyz)).max() < 0.01
    assert np.allclose(found.times_s, PERSON.times_s, atol=1e-4)
    assert (found.pose, found.headset, found.controllers) == ("grip", "Quest 3", "meta-quest-touch-plus")
    assert found.origin == "floor"
    assert not found.findings


@pytest.mark.parametrize("kept", [10, 60, 100])
def test_what_arrived_before_a_cut_is_read_and_the_cut_is_told(kept: int, tmp_path: Path) -> None:
    lines = take_lines(PERSON)[: 3 + kept]
    lines[-1] = lines[-1][: len(lines[-1]) // 2]
    found = load(lines, tmp_path)
    assert len(found) == kept - 1
    assert farthest_m(found) < 1e-4
    assert "damaged" in [finding.kind for finding in found.findings]


def test_a_lost_hand_is_not_measured(tmp_path: Path) -> None:
    measured = PERSON.measured.copy()
    measured[60:120, 1] = False
    found = load(take_lines(replace(PERSON, measured=measured)), tmp_path)
    assert not found.measured[65:115, 1].any()
    assert found.measured[:, 2].all()


def test_a_guessed_position_is_not_measured(tmp_path: Path) -> None:
    emulated = np.zeros((len(PERSON), 3), np.bool_)
    emulated[60:120, 2] = True
    found = load(take_lines(PERSON, emulated=emulated), tmp_path)
    assert not found.measured[65:115, 2].any()
    assert found.measured[:, 1].all()


def test_a_browser_that_calls_everything_guessed_is_not_believed(tmp_path: Path) -> None:
    emulated = np.zeros((len(PERSON), 3), np.bool_)
    emulated[:, 1:] = True
    assert load(take_lines(PERSON, emulated=emulated), tmp_path).measured.all()


def test_wrists_of_bare_hands_become_their_grips(tmp_path: Path) -> None:
    found = load(take_lines(PERSON, pose="wrist"), tmp_path)
    assert farthest_m(found) < 2e-4
    assert np.degrees(geodesic_angle(found.rotations_wxyz, PERSON.rotations_wxyz)).max() < 0.01


def test_bare_hands_that_replace_controllers_are_known() -> None:
    data = "\n".join(take_lines(PERSON, bare_from=90)).encode()
    raw = read(data, "take.jsonl")
    assert raw.controllers == "meta-quest-touch-plus"
    assert {(stretch.hand, stretch.controllers) for stretch in raw.other_devices} == {
        (1, "generic-hand"),
        (2, "generic-hand"),
    }
    assert all(abs(stretch.start_s - 1.0) < 1e-3 for stretch in raw.other_devices)


def test_without_a_floor_heights_count_from_the_eyes(tmp_path: Path) -> None:
    at_eyes = replace(PERSON, positions_m=PERSON.positions_m - (0.0, 1.63, 0.0))
    found = load(take_lines(at_eyes, header={"reference_space": "local"}), tmp_path)
    assert found.origin == "eyes"
    assert farthest_m(found, at_eyes) < 1e-4


def test_a_tracked_body_becomes_trackers(tmp_path: Path) -> None:
    hips = PERSON.positions_m[:, 0] - (0.0, 0.65, 0.0)
    found = load(take_lines(PERSON, body={"hips": hips}), tmp_path)
    assert found.trackers is not None
    assert found.trackers.names == ("hips",)
    assert np.abs(found.trackers.positions_m[:, 0] - hips).max() < 2e-4


def test_a_menu_in_the_headset_is_told(tmp_path: Path) -> None:
    lines = take_lines(PERSON)
    lines.insert(50, line({"event": "hidden", "at": 500}))
    found = load(lines, tmp_path)
    assert [finding.kind for finding in found.findings] == ["no_pose"]


@pytest.mark.parametrize(
    "line_in_between",
    [
        "[",
        "[1]",
        "[1,2,3,4]",
        '["a",[0,0,0,0,0,0,0,1],0,0]',
        "[1e400,[0,0,0,0,0,0,0,1],0,0]",
        "[5,[0,0,0,0,0,0,0,true],0,0]",
        '[5,[0,0,0,0,0,0,0,1],[[],0,0,0,0,0,0,0,1],{"a":1}]',
        '{"input":true,"hand":"left"}',
        '{"input":9,"hand":"left","profiles":{"a":1}}',
        '{"event":"hidden","at":null}',
        "null",
        "[" * 3000,
    ],
)
def test_a_damaged_line_costs_only_itself(line_in_between: str, tmp_path: Path) -> None:
    lines = take_lines(PERSON)
    lines.insert(60, line_in_between)
    found = load(lines, tmp_path)
    assert len(found) in (len(PERSON), len(PERSON) + 1)
    assert np.isfinite(found.positions_m[found.measured]).all()


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (take_lines(PERSON)[:3], "without frames"),
        (take_lines(PERSON, header={"version": 2}), "newer version"),
        (take_lines(PERSON, header={"version": "1"}), "newer version"),
        (['{"format":"InPose WebXR recording",'], "damaged"),
    ],
)
def test_what_is_no_take_is_refused_with_a_sentence(lines: list[str], said: str, tmp_path: Path) -> None:
    path = tmp_path / "take.jsonl"
    path.write_text("\n".join(lines), encoding="utf-8")
    with pytest.raises(RecordingError, match=said):
        load_recording(path)


def test_buttons_and_fingers_are_read(tmp_path: Path) -> None:
    """The page writes joints thirty times a second, as places about the wrist; a pinch of a bare hand is no button."""
    lines = take_lines(PERSON)
    shape = rotations_of_angles(np.stack((FIST_RAD, FIST_RAD)))
    packed = []
    for places in both_hands(shape):
        about_wrist = places[1:, :3] - places[0, :3]
        packed.append(base64.b64encode(np.round(1e4 * about_wrist).astype("<i2").tobytes()).decode())
    written = []
    for number, text in enumerate(lines):
        moment = json.loads(text)
        if isinstance(moment, list):
            moment[2] = [*moment[2][:9], 25, 50, 100]
            if number % 3 == 0:
                moment = [*moment[:4], packed]
        written.append(json.dumps(moment))
    fingers = load(written, tmp_path).fingers
    assert fingers is not None
    np.testing.assert_allclose(fingers.pressed[:, 0], [[0.25, 0.5, 1.0]] * len(PERSON))
    assert 0.3 < fingers.measured.mean() < 0.36
    even = fingers.at(PERSON.times_s, PERSON.times_s[5:-5], 0.25)
    assert even.measured.all()
    found = angles_of_rotations(even.rotations_wxyz[10]).reshape(2, 5, 3, 3)[..., 0].sum(axis=-1)
    wanted = FIST_RAD.reshape(5, 3, 3)[..., 0].sum(axis=-1)
    assert np.degrees(np.abs(found - wanted).max()) < 12


def test_damaged_fingers_are_left_out(tmp_path: Path) -> None:
    lines = take_lines(PERSON)
    for number, packed in ((20, "no base64"), (21, "A" * 192), (22, 7)):
        moment = json.loads(lines[number])
        lines[number] = json.dumps([*moment[:4], [packed, 0]])
    fingers = load(lines, tmp_path).fingers
    assert fingers is None or not fingers.measured.any()
