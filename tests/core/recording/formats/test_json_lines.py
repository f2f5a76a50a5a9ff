# SPDX-License-Identifier: Apache-2.0
"""Logs of device poses, a JSON object a line: what scripts that poll OpenVR or OpenXR write."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from inpose_core.body.quaternions import geodesic_angle, xyzw_from_wxyz
from inpose_core.errors import RecordingError
from inpose_core.recording import ReadOptions, Recording, load_recording
from tests.core.recording.recording_files import moving_person

Line = Callable[[float, np.ndarray, np.ndarray], list[dict[str, Any]]]


def vector(numbers: np.ndarray) -> dict[str, float]:
    return dict(zip("xyz", numbers.tolist(), strict=True))


def polled(time_s: float, p: np.ndarray, wxyz: np.ndarray) -> list[dict[str, Any]]:
    """Return the line of a script that polls OpenVR, with a base station that never moves."""
    devices: list[dict[str, Any]] = [{"index": 1, "class": "TrackingReference", "pose": pose(np.ones(3), wxyz[0])}]
    for device, (index, kind) in enumerate(((0, "HMD"), (3, "Controller"), (4, "Controller"))):
        devices.append({"index": index, "class": kind, "pose": pose(p[device], wxyz[device])})
    return [{"timestamp": 1.7e9 + time_s, "devices": devices}]


def pose(p: np.ndarray, wxyz: np.ndarray) -> dict[str, Any]:
    return {"valid": True, "position": vector(p), "quaternion": {**vector(wxyz[1:]), "w": float(wxyz[0])}}


def by_name(time_s: float, p: np.ndarray, wxyz: np.ndarray) -> list[dict[str, Any]]:
    names = ("head", "left", "right")
    devices = {
        name: {"position": p[i].tolist(), "rotation": xyzw_from_wxyz(wxyz[i]).tolist()} for i, name in enumerate(names)
    }
    return [{"time": time_s, **devices}]


def a_device_a_line(time_s: float, p: np.ndarray, wxyz: np.ndarray) -> list[dict[str, Any]]:
    names = ("Headset", "LeftController", "RightController")
    return [
        {"t": time_s, "device": name, "pos": p[i].tolist(), "quat": xyzw_from_wxyz(wxyz[i]).tolist()}
        for i, name in enumerate(names)
    ]


def text_of(person: Recording, line: Line) -> str:
    rows = zip(person.times_s, person.positions_m, person.rotations_wxyz, strict=True)
    return "".join(json.dumps(row) + "\n" for t, p, q in rows for row in line(float(t), p, q))


@pytest.mark.parametrize("line", [polled, by_name, a_device_a_line], ids=lambda line: line.__name__)
def test_each_shape_of_log_is_read_as_it_was_recorded(tmp_path: Path, line: Line) -> None:
    person = moving_person()
    path = tmp_path / "log.txt"
    path.write_text(text_of(person, line), encoding="utf-8")
    read = load_recording(path)
    assert read.format == "JSON lines"
    assert read.pose == ("raw" if line is polled else None)
    np.testing.assert_allclose(read.times_s, person.times_s - person.times_s[0], atol=1e-5)
    np.testing.assert_allclose(read.positions_m, person.positions_m, atol=1e-6)
    assert float(np.max(geodesic_angle(read.rotations_wxyz, person.rotations_wxyz))) < 1e-5
    assert read.measured.all()


def test_a_cut_last_line_costs_only_itself_and_a_lost_device_says_nothing(tmp_path: Path) -> None:
    person = moving_person(200)
    rows = text_of(person, polled).splitlines()
    for index in range(50, 150):
        rows[index] = rows[index].replace(
            '"class": "Controller", "pose": {"valid": true', '"class": "Controller", "pose": {"valid": false', 1
        )
    path = tmp_path / "log.jsonl"
    path.write_text("\n".join(rows)[:-40], encoding="utf-8")
    read = load_recording(path)
    assert len(read) == 199
    assert "One line is not JSON. InPose ignored it." in read.notes
    assert read.measured.mean(axis=0) == pytest.approx((1.0, 0.5, 1.0), abs=0.03)


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([{"time": 1, "text": "hello"}] * 3, "no device poses"),
        ([{"time": 1, "left": {"position": [0, 0, 0], "rotation": [0, 0, 0, 1]}}] * 3, "none of a headset"),
        ([{"time": 1, "head": {"position": [0, 0, 0], "rotation": [0, 0, 0, 1]}}] * 3, "none of a hand"),
        ([{"head": {"position": [0, 0, 0], "rotation": [0, 0, 0, 1]}}] * 3, "no device poses"),
        ([{"time": 1, "head": {"position": [0, "a", 0], "rotation": [0, 0, 0]}}] * 3, "no device poses"),
    ],
)
def test_other_lines_of_json_are_refused_with_what_is_missing(tmp_path: Path, rows: list[Any], words: str) -> None:
    path = tmp_path / "log.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    with pytest.raises(RecordingError, match=words) as caught:
        load_recording(path)
    assert "position" in caught.value.hint


@pytest.mark.parametrize("in_a_document", [False, True])
def test_objects_of_unknown_keys_are_read_by_the_given_columns(tmp_path: Path, in_a_document: bool) -> None:
    person = moving_person()
    poses = np.concatenate([person.positions_m, xyzw_from_wxyz(person.rotations_wxyz)], axis=-1).tolist()
    rows = [{"n": t, **dict(zip("abc", p, strict=True))} for t, p in zip(person.times_s.tolist(), poses, strict=True)]
    path = tmp_path / "log.json"
    path.write_text(json.dumps({"version": 1, "frames": rows} if in_a_document else rows))
    devices = (("head", "a"), ("left", "b"), ("right", "c"))
    columns = ", ".join(f"{device}_p={key}.p.{{xyz}}, {device}_q={key}.q.{{xyzw}}" for device, key in devices)
    with_times = load_recording(path, ReadOptions(columns=f"time=n, {columns}"))
    at_a_rate = load_recording(path, ReadOptions(columns=columns, recording_fps=90.0))
    for read in (with_times, at_a_rate):
        np.testing.assert_allclose(read.times_s, person.times_s, atol=1e-5)
        np.testing.assert_allclose(read.positions_m, person.positions_m, atol=1e-6)


def test_a_document_without_times_is_read_at_the_given_rate(tmp_path: Path) -> None:
    person = moving_person()
    rows = [json.loads(line) for line in text_of(person, by_name).splitlines()]
    frames = [{key: value for key, value in row.items() if key != "time"} for row in rows]
    path = tmp_path / "log.json"
    path.write_text(json.dumps({"fps": 90, "frames": frames}))
    read = load_recording(path, ReadOptions(recording_fps=90.0))
    np.testing.assert_allclose(read.times_s, person.times_s, atol=1e-5)
    np.testing.assert_allclose(read.positions_m, person.positions_m, atol=1e-6)
