# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
import os
import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inpose_core.errors import RecordingError
from inpose_core.recording import load_recording
from inpose_core.recording.formats import xror as xror_format
from inpose_core.recording.formats.suffixes import recording_suffixes
from inpose_core.recording.registry import recording_formats
from tests.core.recording.recording_files import BsorFile, moving_person, real_recording
from tests.timing import fastest_s

REPOSITORY = Path(__file__).resolve().parents[3]


def bson(document: dict[str, object]) -> bytes:
    body = b""
    for key, value in document.items():
        name = key.encode() + b"\0"
        if isinstance(value, str):
            body += b"\x02" + name + struct.pack("<i", len(value) + 1) + value.encode() + b"\0"
        elif isinstance(value, bytes):
            body += b"\x05" + name + struct.pack("<i", len(value)) + b"\0" + value
        elif isinstance(value, list):
            body += b"\x04" + name + bson({str(i): item for i, item in enumerate(value)})
        elif isinstance(value, dict):
            body += b"\x03" + name + bson(value)
    return struct.pack("<i", len(body) + 5) + body + b"\0"


def xror(*joints: str) -> bytes:
    devices = [{"name": joint or "BRUSH", "type": "OTHER", "joint": joint, "axes": list("xyzijk1")} for joint in joints]
    return bson({"$schema": "x", "info": {"hardware": {"devices": devices}, "user": {"id": "secret"}}, "frames": b"12"})


def refusal(path: Path) -> RecordingError:
    with pytest.raises(RecordingError) as caught:
        load_recording(path)
    assert caught.value.message.endswith(".")
    return caught.value


def test_content_counts_not_the_name(tmp_path: Path) -> None:
    path = tmp_path / "take.csv"
    path.write_bytes(BsorFile(moving_person(20)).to_bytes())
    assert load_recording(path).format == "BSOR"


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", "is empty"),
        (b" \n\n", "is empty"),
        (bytes(5000), "is empty"),
        (xror(""), "has one brush, but no head and hands"),
        (xror("HEAD"), "has one device, but no head and hands"),
        (xror("HEAD", "HAND_LEFT", "HAND_RIGHT"), "frames of file.bin are damaged"),
        (xror("HEAD", "HAND_LEFT", "HAND_RIGHT")[:90], "XROR"),
        (bson({"a": "b", "c": "d"}), "BSON file without XROR devices"),
        (b'{"schema":[[0,{"handedness":"left"}]],"frames":[]}', "(IWER) without frames"),
        (b'{"camera":{"poses":[{"position":{},"rotation":{}}]}}', "without the camera's poses"),
        (b'{"joints": {}}', "JSON file"),
        (b"ScoreSaber Replay \xf0\x9f\x91\x8c\r\n", "ScoreSaber replay"),
        (b"HIERARCHY\nROOT hips\n", "is not a BVH file"),
        (b"PK\x03\x04abcdefgh", "a ZIP archive"),
        (b"\x1f\x8babcdefgh", "gzip"),
        (np.random.default_rng(0).bytes(4000), "does not know the format"),
    ],
)
def test_foreign_files_are_named(tmp_path: Path, data: bytes, expected: str) -> None:
    path = tmp_path / "file.bin"
    path.write_bytes(data)
    error = refusal(path)
    assert expected in error.message
    assert "file.bin" in error.message
    assert error.hint


def test_missing_files_folders_and_odd_paths(tmp_path: Path) -> None:
    assert "does not exist" in refusal(tmp_path / "nothing.bsor").message
    assert "folder" in refusal(tmp_path).message
    assert refusal(Path("a\0b")).hint
    assert refusal(tmp_path / ("x" * 5000)).hint


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="everything is readable for root and on Windows")
def test_unreadable_file(tmp_path: Path) -> None:
    path = tmp_path / "take.csv"
    path.write_text("time")
    path.chmod(0)
    assert "cannot be read" in refusal(path).message


@settings(max_examples=150, deadline=None)
@given(
    head=st.sampled_from([b"", b"i=-D\x01", b"\x17\x13\x08\x00\x02$schema\0", b"{", b"time,"]),
    data=st.binary(max_size=400),
)
def test_any_bytes_give_an_error_of_ours_quickly(
    tmp_path_factory: pytest.TempPathFactory, head: bytes, data: bytes
) -> None:
    path = tmp_path_factory.getbasetemp() / "fuzz.bin"
    path.write_bytes(head + data)
    assert fastest_s(lambda: refusal(path), enough_s=1.0) < 1.0


@settings(max_examples=25, deadline=None)
@given(place=st.integers(4, 200), value=st.integers(0, 255), cut=st.integers(16, 400))
def test_damaged_bson_is_refused(place: int, value: int, cut: int) -> None:
    data = bytearray(xror("HEAD", "HAND_LEFT", "HAND_RIGHT"))
    data[place] = value
    with pytest.raises(RecordingError):
        xror_format.read(bytes(data[:cut]), "x.xror")


def test_real_foreign_files() -> None:
    tilt = refusal(real_recording("tiltbrush_negative.xror"))
    assert tilt.message.startswith("tiltbrush_negative.xror has one brush, but no head and hands")


def test_reading_needs_numpy_alone() -> None:
    # Blender's Python has neither scipy nor torch, and imports the types.
    code = (
        "import sys, json, inpose_core.recording as r; print(json.dumps(sorted({'scipy', 'torch'} & set(sys.modules))))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == []


def test_a_format_is_one_module_and_everything_else_follows_from_it() -> None:
    declared = {suffix for entry in recording_formats() for suffix in entry.suffixes}
    assert declared == set(recording_suffixes()) >= {".bsor", ".dat", ".tsv"}
    assert [entry.name for entry in recording_formats() if not entry.source] == ["other"]
    script = (
        "import sys; from inpose_core.recording.formats.suffixes import recording_suffixes; recording_suffixes();"
        "assert 'numpy' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", script], cwd=REPOSITORY, timeout=60, check=True)
