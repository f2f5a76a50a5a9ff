# SPDX-License-Identifier: Apache-2.0
"""Walk every reader of JSON and of numpy archives with the same hostile set: each answer is a sentence."""

from __future__ import annotations

import io
import json
import os
import sys
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from inpose_core.body.motion import Motion
from inpose_core.body.skeleton import JOINT_NAMES, Skeleton
from inpose_core.calibration import load_calibration
from inpose_core.errors import InPoseError
from inpose_core.evaluation.clips import load_packed_clips
from inpose_core.motion_files.amass import load_amass
from inpose_core.motion_files.bvh import load_bvh
from inpose_core.recording import ReadOptions, load_recording
from inpose_core.recording.formats.sensors_file import load_sensors, save_sensors
from inpose_core.recording.types import Sensors
from inpose_core.training.packed_files import read_packed
from tests.core.synthetic import smooth_motion

Reader = Callable[[Path], object]


def read_columns(path: Path) -> object:
    table = path.with_name("table.csv")
    table.write_text("a,b,c,d,e\n1,2,3,4,5\n2,3,4,5,6\n")
    return load_recording(table, ReadOptions(columns=str(path)))


JSON_READERS: dict[str, Reader] = {
    "skeleton": Skeleton.from_json_file,
    "calibration": load_calibration,
    "columns": read_columns,
    "recording": load_recording,
}

NUMBERS = (
    "1" + "0" * 400,
    "-" + "9" * 5000,
    "1e999",
    "NaN",
    "-Infinity",
    "null",
    '"x"',
    "true",
    "[]",
    "{}",
    '"\\ud800"',
)
TEXTS = (
    "",
    "[" * 100_000,
    '{"a":' * 100_000,
    "null",
    "3",
    '"text"',
    "[" + "0," * 200_000 + "0]",
    '{"joints": 3}',
    "\udcff",
    "{}",
    "{",
    '{"format": "inpose calibration", "version": ' + "1" * 400 + "}",
    '{"columns": {"time": ["t"], "p": 3}}',
    '{"columns": {"time": {"a": 1}, "p": [[]]}}',
    '{"columns": [], "devices": 1}',
    '{"schema": [[0, {}]], "frames": [[' + "9" * 400 + ", 0, 0, 0, 0, 0, 0, 1]]}",
    '{"camera": {"poses": [{"position": {"x": ' + "9" * 400 + "}}]}}",
)


def calibration_text() -> str:
    offset = {"position_m": [0.0, 0.0, 0.0], "wxyz": [1.0, 0.0, 0.0, 0.0]}
    return json.dumps(
        {
            "format": "inpose-calibration",
            "version": 1,
            "stature_m": 1.75,
            "head_joint_height_m": 1.6,
            "wrist_span_m": 1.4,
            "pose": "grip",
            "source": "defaults",
            "head": offset,
            "left": offset,
            "right": offset,
        }
    )


def hostile_json() -> Iterator[str]:
    yield from TEXTS
    for whole in (
        Skeleton.template().to_json(),
        calibration_text(),
        '{"label": "x", "unit": "m", "columns": {"time": "t", "p": "{xyz}", "q": "q{xyzw}"}, "euler_order": "XYZ"}',
        '{"schema": [[0, {"handedness": "left"}]], "frames": [[1, 2, 3, 4, 5, 6, 7, 8, [0, 1, 2, 3, 4, 5, 6, 7]]]}',
        '{"camera": {"poses": [{"position": {"x": 1, "y": 2, "z": 3}, "rotation": {"x": 1, "y": 2, "z": 3}, '
        '"timestamp": 4}, {"timestamp": 5}]}}',
    ):
        for place in values_in(json.loads(whole)):
            for number in NUMBERS:
                yield whole_with(json.loads(whole), place).replace('"@"', number, 1)


def values_in(document: object, here: tuple[object, ...] = ()) -> Iterator[tuple[object, ...]]:
    """Yield the path of every third value, and of what holds it."""
    yield here
    if isinstance(document, (dict, list)):
        items = list(document.items() if isinstance(document, dict) else enumerate(document))
        for key, value in items[:: 1 if len(items) < 15 else 7]:
            yield from values_in(value, (*here, key))


def whole_with(document: object, place: tuple[object, ...]) -> str:
    if not place:
        return '"@"'
    holder: object = document
    for key in place[:-1]:
        holder = holder[key]  # type: ignore[index]
    holder[place[-1]] = "@"  # type: ignore[index]
    return json.dumps(document)


@pytest.mark.timeout(200)
@pytest.mark.parametrize("kind", JSON_READERS)
def test_hostile_json_is_refused_or_read(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "hostile.json"
    refused = 0
    for text in hostile_json():
        path.write_bytes(text.encode("utf-8", "surrogateescape"))
        began = time.process_time()
        try:
            JSON_READERS[kind](path)
        except InPoseError:
            refused += 1
        assert time.process_time() - began < 10
    assert refused > 300


def archive(**arrays: object) -> bytes:
    packed = io.BytesIO()
    np.savez_compressed(packed, **arrays)  # type: ignore[arg-type]
    return packed.getvalue()


def amass_arrays(frames: int = 30) -> dict[str, object]:
    return {
        "poses": np.zeros((frames, 156)),
        "trans": np.zeros((frames, 3)),
        "betas": np.zeros(16),
        "gender": np.array("male"),
        "mocap_framerate": np.array(60.0),
    }


def packed_arrays(frames: int = 120) -> dict[str, object]:
    motion = smooth_motion(frames)
    return {
        "joints": np.array(JOINT_NAMES),
        "fps": np.array(60),
        "subject": np.array(["a"]),
        "length": np.array([frames]),
        "start": np.array([0]),
        "quat": np.round(motion.rotations_wxyz * 32767).astype(np.int16),
        "root": motion.root_translation_m,
        "offsets": motion.skeleton.offsets_m[None],
        "floor_y": np.zeros(1),
        "generic_skeleton": np.zeros(1, np.bool_),
        "family": np.array(["x"]),
        "activity": np.array(["walk"]),
        "valid": np.ones(frames, np.bool_),
    }


def own_arrays(tmp_path: Path) -> dict[str, object]:
    smooth_motion(30).save_npz(tmp_path / "own.npz")
    with np.load(tmp_path / "own.npz") as arrays:
        return dict(arrays)


def sensor_arrays(tmp_path: Path) -> dict[str, object]:
    poses = np.zeros((9, 3, 4))
    poses[..., 0] = 1
    save_sensors(Sensors(np.zeros((9, 3, 3)), poses, np.ones((9, 3), np.bool_)), tmp_path / "sensors.npz")
    with np.load(tmp_path / "sensors.npz") as arrays:
        return dict(arrays)


NPZ_READERS: dict[str, tuple[Reader, Callable[[Path], dict[str, object]]]] = {
    "recording of AMASS": (load_recording, lambda _: amass_arrays()),
    "recording of InPose": (load_recording, own_arrays),
    "AMASS": (load_amass, lambda _: amass_arrays()),
    "motion": (Motion.load_npz, own_arrays),
    "sensors": (load_sensors, sensor_arrays),
    "packed motion": (read_packed, lambda _: packed_arrays()),
    "packed clips": (load_packed_clips, lambda _: packed_arrays()),
}


def hostile_arrays(given: np.ndarray) -> Iterator[np.ndarray]:
    """Yield arrays of odd shapes, types and numbers in place of one."""
    yield from (
        np.zeros(0),
        np.zeros(()),
        np.zeros((1,) * 20),
        np.array("text"),
        np.array(["a", "b"]),
        np.array(b"\xff"),
    )
    yield given[:-1] if given.ndim else np.array([1, 2, 3])
    yield given[..., None]
    yield np.moveaxis(given, 0, -1) if given.ndim else given
    yield np.zeros(given.shape, np.complex128)
    yield np.zeros(given.shape, [("a", "f4")])
    yield np.zeros(given.shape, "M8[s]")
    if given.dtype.kind in "iufb":
        for number in (np.nan, np.inf, -1e308, 1e30, 0.0, 1e-300):
            yield np.full(given.shape, number)
        yield np.full(given.shape, 1e4000, np.longdouble) if np.finfo(np.longdouble).max > 1e4000 else given
        yield given.astype(np.float16)
        yield given.astype(np.int8)


def hostile_archives(arrays: dict[str, object]) -> Iterator[bytes]:
    whole = archive(**arrays)
    for name, array in arrays.items():
        yield archive(**{key: value for key, value in arrays.items() if key != name})
        for odd in hostile_arrays(np.asarray(array)):
            yield archive(**{**arrays, name: odd})
        yield with_header(
            arrays, name, b"{'descr': '<f8', 'fortran_order': False, 'shape': (4000000000, 4000000000), }"
        )
        yield with_header(arrays, name, b"{'descr': '<f8', 'fortran_order': False, 'shape': (-1, 3), }")
        yield with_header(arrays, name, b"{'descr': '|O', 'fortran_order': False, 'shape': (1,), }")
        yield with_header(arrays, name, b"{'descr': '<f8', 'fortran_order': False, 'shape': (((")
        yield with_header(arrays, name, b"{'descr': '<U-1', 'fortran_order': False, 'shape': (1,), }")
        yield with_header(arrays, name, b"(" * 5000)
    random = np.random.default_rng(0)
    for _ in range(150):
        damaged = bytearray(whole)
        for place in random.integers(0, len(whole), int(random.choice([1, 4, 50]))):
            damaged[place] ^= 1 << int(random.integers(8))
        yield bytes(damaged)
        yield whole[: int(random.integers(len(whole)))]


def with_header(arrays: dict[str, object], name: str, header: bytes) -> bytes:
    """Return an archive one of whose arrays has another header."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as file:
        for key, value in arrays.items():
            content = io.BytesIO()
            np.save(content, np.asarray(value))
            data = content.getvalue()
            if key == name:
                padded = header.ljust((len(header) // 64 + 1) * 64 - 11) + b"\n"
                data = b"\x93NUMPY\x01\x00" + len(padded).to_bytes(2, "little") + padded + data[128:]
            file.writestr(f"{key}.npy", data)
    return packed.getvalue()


@pytest.mark.timeout(280)
@pytest.mark.filterwarnings("error::RuntimeWarning")
@pytest.mark.parametrize("kind", NPZ_READERS)
def test_hostile_archives_are_refused_or_read(kind: str, tmp_path: Path) -> None:
    reader, make = NPZ_READERS[kind]
    path = tmp_path / "hostile.npz"
    refused = 0
    for data in hostile_archives(make(tmp_path)):
        path.write_bytes(data)
        began = time.process_time()
        try:
            reader(path)
        except InPoseError:
            refused += 1
        assert time.process_time() - began < 10
    assert refused > 100


FILE_READERS: dict[str, Reader] = {
    **JSON_READERS,
    **{name: reader for name, (reader, _) in NPZ_READERS.items()},
    "BVH": load_bvh,
}


@pytest.mark.skipif(sys.platform == "win32", reason="it has no such files")
@pytest.mark.timeout(30)
@pytest.mark.parametrize("kind", FILE_READERS)
def test_pipes_devices_and_folders_are_refused(kind: str, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.json"
    os.mkfifo(pipe)
    endless = tmp_path / "endless.json"
    endless.symlink_to("/dev/zero")
    folder = tmp_path / "folder.json"
    folder.mkdir()
    for path in (pipe, endless, folder, tmp_path / "nothing.json"):
        with pytest.raises(InPoseError):
            FILE_READERS[kind](path)


@pytest.mark.timeout(60)
def test_a_file_that_grows_while_it_is_read_is_refused_or_read_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "growing.csv"
    row = ("0.1," * 22 + "\n") * 1000
    path.write_text(row)
    stop = threading.Event()

    def grow() -> None:
        with path.open("a") as file:
            while not stop.is_set() and file.tell() < 100_000_000:
                file.write(row)

    writer = threading.Thread(target=grow)
    writer.start()
    try:
        began = time.monotonic()
        for _ in range(5):
            with pytest.raises(InPoseError):
                load_recording(path)
        assert time.monotonic() - began < 30
    finally:
        stop.set()
        writer.join()
