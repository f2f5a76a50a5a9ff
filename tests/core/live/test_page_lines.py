# SPDX-License-Identifier: Apache-2.0
"""Read what the page sends in a long session: bare hands that come and go, and a headset that is recentred."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import pytest

from inpose_core.arrays import FloatArray
from inpose_core.body.quaternions import geodesic_angle, multiply_quaternions, rotate_vector
from inpose_core.live.streams.page_lines import PageHeader, PageReader
from inpose_core.live.streams.stream import DevicePoses
from inpose_core.recording.registry import load_session

HEADER = '{"format":"InPose WebXR recording","version":1,"take":1,"started":"x","reference_space":"local-floor"}'
STREAM = '{"stream":1,"reference_space":"local-floor"}'
RATE_HZ = 72.0
TURN_RAD, SHIFT_M = 1.2, np.array((1.5, 0.0, -1.0))
"""The new centre, in the room until then."""


def input_line(number: int, hand: str, pose: str = "grip") -> str:
    about = {"input": number, "at": 0, "hand": hand, "bare": True, "pose": pose, "profiles": ["generic-hand"]}
    return json.dumps(about)


def frame_line(time_s: float, positions_m: FloatArray, rotations_wxyz: FloatArray, inputs: tuple[int, int]) -> str:
    poses = [
        [0, *np.round(1e4 * place).astype(int).tolist(), *np.round(1e5 * np.roll(turn, -1)).astype(int).tolist()]
        for place, turn in zip(positions_m, rotations_wxyz, strict=True)
    ]
    return json.dumps(
        [1000 * time_s, poses[0], *([number, *pose, 0, 0, 0] for number, pose in zip(inputs, poses[1:], strict=True))]
    )


def walking(time_s: float) -> tuple[FloatArray, FloatArray]:
    """Return somebody who walks to and fro, looking to both sides."""
    head_m = np.array((0.4 * np.sin(time_s), 1.6 + 0.02 * np.sin(7 * time_s), 0.0))
    half = 0.2 * np.sin(0.7 * time_s)
    places_m = head_m + np.array(((0.0, 0.0, 0.0), (-0.5, -0.4, -0.2), (0.5, -0.4, -0.2)))
    return places_m, np.tile((np.cos(half), 0.0, np.sin(half), 0.0), (3, 1))


def recentred_lines(event: Mapping[str, object], silent_s: float = 0.0, early: int = 0) -> Iterator[str]:
    turn = np.array((np.cos(TURN_RAD / 2), 0.0, np.sin(TURN_RAD / 2), 0.0))
    back = turn * (1, -1, -1, -1)
    yield from (STREAM, input_line(0, "left"), input_line(1, "right"))
    for frame in range(600):
        time_s = frame / RATE_HZ
        places_m, turns = walking(time_s)
        if frame == 300 - early:
            yield json.dumps({"event": "recentred", "at": 1000 * time_s, **event})
        if frame >= 300:
            if time_s < 300 / RATE_HZ + silent_s:
                continue
            places_m, turns = rotate_vector(back, places_m - SHIFT_M), multiply_quaternions(back, turns)
        yield frame_line(time_s, places_m, turns, (0, 1))


def read(lines: Iterator[str] | list[str]) -> list[DevicePoses]:
    reader = PageReader()
    return [moment for line in lines for moment in reader.read([line], 0.0)]


@pytest.mark.parametrize(
    ("event", "off_m", "off_deg"),
    [({}, 0.03, 0.3), ({"moved": [*SHIFT_M, 0.0, np.sin(TURN_RAD / 2), 0.0, np.cos(TURN_RAD / 2)]}, 0.001, 0.01)],
)
def test_a_new_centre_moves_nobody(event: dict[str, object], off_m: float, off_deg: float) -> None:
    """Most browsers do not say how the room has moved: then only the step of one frame is not known."""
    moments = read(recentred_lines(event))
    assert len(moments) == 600
    for frame, moment in enumerate(moments):
        places_m, turns = walking(frame / RATE_HZ)
        assert np.linalg.norm(moment.positions_m - places_m, axis=1).max() < off_m
        assert np.degrees(geodesic_angle(moment.rotations_wxyz, turns)).max() < off_deg


def test_a_centre_that_is_told_some_frames_early_moves_nobody() -> None:
    for frame, moment in enumerate(read(recentred_lines({}, early=5))):
        places_m, _ = walking(frame / RATE_HZ)
        assert np.linalg.norm(moment.positions_m - places_m, axis=1).max() < 0.05


def test_after_a_pause_only_the_browser_knows_the_room() -> None:
    moved = {"moved": [*SHIFT_M, 0.0, np.sin(TURN_RAD / 2), 0.0, np.cos(TURN_RAD / 2)]}
    known, unknown = read(recentred_lines(moved, 2.0)), read(recentred_lines({}, 2.0))
    places_m, _ = walking(599 / RATE_HZ)
    np.testing.assert_allclose(known[-1].positions_m, places_m, atol=1e-3)
    assert np.linalg.norm(unknown[-1].positions_m[0] - places_m[0]) > 0.5, "the performer may have walked"


@pytest.mark.parametrize("moved", [7, [1, 2], ["x"] * 7, [1e400, 0, 0, 0, 0, 0, 1], [10**400] * 7, [0] * 7, [True] * 7])
def test_nonsense_about_the_centre_is_no_harm(moved: object) -> None:
    moments = read(list(recentred_lines({"moved": moved})))
    assert np.isfinite([moment.positions_m for moment in moments]).all()
    assert len(moments) == 600


def hands_that_come_and_go(count: int) -> Iterator[str]:
    """A controller on the left, and a right hand that has another number whenever it comes back."""
    yield input_line(0, "left")
    for number in range(1, count):
        yield input_line(number, "right", "wrist")
        for frame in range(2):
            time_s = number / 10 + frame / RATE_HZ
            yield frame_line(time_s, *walking(time_s), (0, number))


def test_hands_that_come_and_go_for_long_are_followed(tmp_path: Path) -> None:
    lines = list(hands_that_come_and_go(1500))
    moments = read([STREAM, *lines])
    assert np.array([moment.measured for moment in moments]).all()
    file = tmp_path / "take.jsonl"
    file.write_text("\n".join((HEADER, *lines)))
    session = load_session(file)
    assert session.measured.mean(axis=0).min() > 0.95


def test_a_take_late_in_a_session_has_its_hands(tmp_path: Path) -> None:
    """Pages of earlier versions list all inputs of the session, those that are there last."""
    listed = [input_line(number, "left" if number % 2 == 0 else "right") for number in range(1500)]
    frames = [frame_line(time_s, *walking(time_s), (1498, 1499)) for time_s in np.arange(0, 4, 1 / RATE_HZ).tolist()]
    file = tmp_path / "take.jsonl"
    file.write_text("\n".join((HEADER, *listed, *frames)))
    assert load_session(file).measured.all()


def test_a_file_begins_with_the_inputs_that_are_there() -> None:
    header = PageHeader()
    header.note([STREAM, input_line(0, "left"), input_line(1, "right")])
    header.note([HEADER, input_line(7, "left")])
    header.note([input_line(8, "right")])
    assert [json.loads(line).get("input") for line in header.lines()] == [None, 7, 8]
