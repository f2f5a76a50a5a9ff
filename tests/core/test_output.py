# SPDX-License-Identifier: Apache-2.0
"""Every output is whole or absent, and a good file stays, wherever the disk ends and whatever a writer claims."""

from __future__ import annotations

import io
import os
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from inpose_core.body.motion import Motion
from inpose_core.calibration import load_calibration, save_calibration
from inpose_core.calibration.performer import PerformerCalibration
from inpose_core.calibration.rigid import RigidOffset
from inpose_core.demo.contact_sheet import save_contact_sheet
from inpose_core.errors import InPoseError, OutputError
from inpose_core.inspection.picture import save_recording_picture
from inpose_core.motion_files.bvh import load_bvh, save_bvh
from inpose_core.prior.checkpoint import load_prior, save_prior
from inpose_core.recording import load_recording
from inpose_core.recording.formats.sensors_file import load_sensors, save_sensors
from inpose_core.recording.tables.csv_format import write_csv
from inpose_core.system import output as output_module
from inpose_core.system.output import append_line, atomic_output, fault_of_zip, write_output
from inpose_core.training.packing import pack_files
from tests.core.synthetic import joint_recording, perfect_sensors, smooth_motion
from tests.small_disk import PAGE_BYTES, needs_small_disk, small_disk

OLD = b"the good file"
Writer = tuple[Callable[[Path], object], Callable[[Path], object]]


@pytest.fixture(scope="module")
def motion() -> Motion:
    return smooth_motion(240)


@pytest.fixture(scope="module")
def writers(motion: Motion, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Writer]:
    """Return for each kind of file how it is written and how it is read; what is read must not be damaged."""
    recording = joint_recording(motion)
    sensors = perfect_sensors(motion)
    offset = RigidOffset(np.zeros(3), np.array([1.0, 0, 0, 0]))
    performer = PerformerCalibration(1.75, 1.57, 1.38, "grip", offset, (offset, offset), "t_pose", "")
    prior = load_prior()
    clips = tmp_path_factory.mktemp("clips")
    motion.save_npz(clips / "clip.npz")

    def picture(path: Path) -> None:
        from matplotlib.image import imread  # noqa: PLC0415

        imread(path)

    return {
        "motion.npz": (motion.save_npz, Motion.load_npz),
        "sensors.npz": (lambda path: save_sensors(sensors, path), load_sensors),
        "motion.bvh": (lambda path: save_bvh(motion, path), load_bvh),
        "recording.csv": (lambda path: write_csv(recording, path), load_recording),
        "me.json": (lambda path: save_calibration(performer, path), load_calibration),
        "sheet.png": (lambda path: save_contact_sheet(motion, path), picture),
        "recording.png": (lambda path: save_recording_picture(recording, path), picture),
        "prior.safetensors": (lambda path: save_prior(prior, path), load_prior),
        "packed.npz": (lambda path: pack_files([clips / "clip.npz"], path), lambda path: np.load(path)["quat"]),
    }


KINDS = (
    "motion.npz",
    "sensors.npz",
    "motion.bvh",
    "recording.csv",
    "me.json",
    "sheet.png",
    "recording.png",
    "prior.safetensors",
    "packed.npz",
)


@needs_small_disk
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.filterwarnings("error::pytest.PytestUnraisableExceptionWarning")
def test_wherever_the_disk_ends_the_good_file_stays(writers: dict[str, Writer], kind: str, tmp_path: Path) -> None:
    write, read = writers[kind]
    write(tmp_path / kind)
    size = (tmp_path / kind).stat().st_size
    ends = sorted({0, PAGE_BYTES, size // 2, size - 9 * PAGE_BYTES, *range(size - 2 * PAGE_BYTES, size, PAGE_BYTES)})
    for room_bytes in [*(end for end in ends if 0 <= end < size), size + 2 * PAGE_BYTES]:
        with small_disk(room_bytes + PAGE_BYTES) as disk:
            path = disk / kind
            path.write_bytes(OLD)
            if room_bytes < size // PAGE_BYTES * PAGE_BYTES or not room_bytes:
                with pytest.raises(OutputError, match="the disk is full") as caught:
                    write(path)
                assert "Free some space" in caught.value.hint
                assert path.read_bytes() == OLD
            elif room_bytes > size:
                write(path)
                read(path)
            assert list(disk.iterdir()) == [path]


@needs_small_disk
def test_a_command_on_a_full_disk_fails_with_one_sentence(motion: Motion, tmp_path: Path) -> None:
    take = tmp_path / "take.csv"
    write_csv(joint_recording(motion), take)
    with small_disk(2 * PAGE_BYTES) as disk:
        (disk / "out.bvh").write_bytes(OLD)
        command = [
            sys.executable,
            "-m",
            "inpose_core.cli",
            "solve",
            str(take),
            "--hand-poses",
            "joint",
            "--quality",
            "draft",
        ]
        done = subprocess.run(
            [*command, "-o", str(disk / "out.bvh"), "--quiet"],
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
            cwd=Path(__file__).parents[2],
        )
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr.count("\n") == 1
        assert "the disk is full" in done.stderr
        assert (disk / "out.bvh").read_bytes() == OLD


def test_a_disk_that_lies_is_found_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was written is read back: here the end is lost after a write that claimed to work."""
    path = tmp_path / "take.npz"
    path.write_bytes(OLD)
    for damage in (lambda file: os.truncate(file, 5), lambda file: file.write_bytes(b"zeros" + bytes(6))):
        monkeypatch.setattr(output_module, "_force_to_disk", damage)
        with pytest.raises(OutputError, match="does not contain what was written"):
            write_output(path, [b"hello", b" world"])
        assert path.read_bytes() == OLD
        assert list(tmp_path.iterdir()) == [path]


def test_a_lie_on_a_full_disk_is_called_a_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(output_module, "_force_to_disk", lambda file: os.truncate(file, 5))
    monkeypatch.setattr(output_module, "_is_nearly_full", lambda folder: True)
    with pytest.raises(OutputError, match="the disk is full"):
        write_output(tmp_path / "take.npz", [b"hello world"])


def test_a_disk_that_tells_late_is_heard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Network disks say only when the file is forced onto them that they are full."""

    def full(_: int) -> None:
        raise OSError(122, "Disk quota exceeded")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OutputError, match="the disk is full"):
        write_output(tmp_path / "take.npz", [b"hello world"])
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError])
def test_an_interrupted_write_leaves_the_old_file_and_no_other(tmp_path: Path, error: type[BaseException]) -> None:
    path = tmp_path / "take.npz"
    path.write_bytes(OLD)

    def parts() -> Iterator[bytes]:
        yield b"half"
        raise error

    with pytest.raises(error):
        write_output(path, parts())
    assert path.read_bytes() == OLD
    assert list(tmp_path.iterdir()) == [path]


def test_a_new_file_has_no_name_before_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "take.npz"
    path.write_bytes(OLD)
    with atomic_output(path, lambda new: "" if new.read_bytes() == b"new" else "other") as temporary:
        assert not temporary.exists()
        assert (temporary.parent, temporary.suffix) == (path.parent, path.suffix)
        temporary.write_bytes(b"new")
        assert path.read_bytes() == OLD
    assert path.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [path]


def test_a_damaged_archive_is_seen(tmp_path: Path) -> None:
    packed = io.BytesIO()
    np.savez_compressed(packed, quat=np.random.default_rng(0).random(20_000))
    path = tmp_path / "packed.npz"
    path.write_bytes(packed.getvalue())
    assert fault_of_zip(path) == ""
    data = bytearray(packed.getvalue())
    data[50_000] ^= 1
    path.write_bytes(data)
    assert fault_of_zip(path)
    path.write_bytes(packed.getvalue()[:-30])
    assert "not a complete archive" in fault_of_zip(path)


def test_a_line_is_added_whole_or_not_at_all(tmp_path: Path) -> None:
    log = tmp_path / "log.jsonl"
    append_line(log, "one")
    append_line(log, "два")
    assert log.read_text(encoding="utf-8") == "one\nдва\n"
    log.write_text('{"half', encoding="utf-8")
    append_line(log, '{"whole": 1}')
    assert log.read_text(encoding="utf-8") == '{"half\n{"whole": 1}\n'
    with pytest.raises(OutputError, match="cannot be written"):
        append_line(tmp_path, "a folder")


@needs_small_disk
def test_a_full_disk_leaves_no_half_line(tmp_path: Path) -> None:
    with small_disk(PAGE_BYTES) as disk:
        log = disk / "log.jsonl"
        append_line(log, "x" * (PAGE_BYTES - 10))
        with pytest.raises(OutputError, match="the disk is full"):
            append_line(log, "y" * 100)
        assert log.read_text() == "x" * (PAGE_BYTES - 10) + "\n"
        append_line(log, "fits")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no umask")
def test_an_output_has_the_permissions_of_any_new_file(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        write_output(tmp_path / "take.npz", [b"x"])
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "take.npz").stat().st_mode) == 0o640


def test_the_errors_are_ours(tmp_path: Path) -> None:
    with pytest.raises(InPoseError, match="cannot be written") as caught:
        write_output(tmp_path / "nowhere" / "take.npz", [b"x"])
    assert caught.value.hint == "Choose another folder."
