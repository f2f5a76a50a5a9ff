# SPDX-License-Identifier: GPL-3.0-or-later
"""A .blend takes the name of a good one only when it is whole, wherever the disk ends."""

from __future__ import annotations

import json
from pathlib import Path

import bpy
import numpy as np
import pytest

from inpose_blender import blend_file
from inpose_blender.batch import SOME_FAILED, main
from inpose_blender.blend_file import save_blend_copy
from inpose_blender.core import OutputError
from tests.small_disk import PAGE_BYTES, needs_small_disk, small_disk

MEGABYTE = 1 << 20


@pytest.fixture
def scene_of_two_megabytes(rng: np.random.Generator) -> None:
    """Fill the scene with what cannot be compressed much."""
    mesh = bpy.data.meshes.new("Noise")
    mesh.from_pydata(rng.random((200_000, 3)).tolist(), [], [])
    mesh.use_fake_user = True
    bpy.data.actions.new("take").use_fake_user = True


@pytest.fixture
def whole(scene_of_two_megabytes: None, tmp_path: Path) -> Path:
    path = tmp_path / "whole.blend"
    save_blend_copy(path, ["take"])
    return path


def test_a_whole_file_is_taken(whole: Path) -> None:
    assert whole.stat().st_size > MEGABYTE
    assert [path.name for path in whole.parent.iterdir()] == [whole.name]
    bpy.ops.wm.open_mainfile(filepath=str(whole))
    assert len(bpy.data.meshes["Noise"].vertices) == 200_000


@needs_small_disk
def test_wherever_the_disk_ends_the_good_file_stays(whole: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    missing_frames, faults = blend_file._missing_frames, []

    def look(path: Path) -> str:
        faults.append(missing_frames(path))
        return faults[-1]

    monkeypatch.setattr(blend_file, "_missing_frames", look)
    size = whole.stat().st_size
    short_of = [*range(0, 20 * PAGE_BYTES, PAGE_BYTES), *range(20 * PAGE_BYTES, MEGABYTE, 12 * PAGE_BYTES)]
    for short_bytes in [-2 * PAGE_BYTES, *short_of]:
        with small_disk(size - short_bytes + PAGE_BYTES) as disk:
            output = disk / "take.blend"
            output.write_bytes(b"the good file")
            told = ""
            try:
                save_blend_copy(output, ["take"])
            except OutputError as error:
                told = f"{error}"
            if told:
                assert "the disk is full" in told, told
                assert output.read_bytes() == b"the good file"
            else:
                assert not missing_frames(output)
            assert [path.name for path in disk.iterdir()] == ["take.blend"]
            assert bool(told) == (short_bytes >= PAGE_BYTES) or 0 <= short_bytes < PAGE_BYTES
    assert any(faults), "Blender told of every full disk itself: the window was not hit"


@needs_small_disk
def test_a_batch_on_a_full_disk_fails_and_keeps_the_old_file(fake_worker, take, tmp_path, capfd) -> None:
    def run(output: Path) -> tuple[int, dict]:
        code = main(["--recording", str(take), "--output", str(output)])
        (line,) = [line for line in capfd.readouterr().out.splitlines() if line.startswith("{")]
        return code, json.loads(line)

    whole = tmp_path / "whole.blend"
    assert run(whole)[0] == 0
    for short_bytes in (3 * PAGE_BYTES, whole.stat().st_size // 2):
        with small_disk(whole.stat().st_size - short_bytes) as disk:
            output = disk / "take.blend"
            output.write_bytes(b"the good file")
            code, report = run(output)
            assert (code, report["ok"], report["kind"]) == (SOME_FAILED, False, "OutputError")
            assert "the disk is full" in report["error"]
            assert output.read_bytes() == b"the good file"
            assert list(disk.iterdir()) == [output]


@pytest.mark.parametrize("missing_bytes", [1, 9, 17, 100, 70_000, 1_200_000])
def test_a_cut_file_is_seen_without_any_disk(whole: Path, missing_bytes: int) -> None:
    assert not blend_file._missing_frames(whole)
    data = whole.read_bytes()
    whole.write_bytes(data[:-missing_bytes])
    assert "ends early" in blend_file._missing_frames(whole)
    # Some file systems keep the length and leave zeros.
    whole.write_bytes(data[:-missing_bytes] + bytes(missing_bytes))
    assert "ends early" in blend_file._missing_frames(whole)


def test_a_hole_in_the_middle_is_seen(whole: Path) -> None:
    data = bytearray(whole.read_bytes())
    place = data.index(b"\x28\xb5\x2f\xfd", 4)
    data[place : place + 3 * PAGE_BYTES] = bytes(3 * PAGE_BYTES)
    whole.write_bytes(data)
    assert "begins with unknown data" in blend_file._missing_frames(whole)


@pytest.mark.parametrize("content", [b"", b"BLENDER-v405", bytes(100), b"\x28\xb5\x2f\xfd" * 9])
def test_what_is_no_compressed_blend_is_no_whole_one(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.blend").write_bytes(content)
    assert blend_file._missing_frames(tmp_path / "x.blend")


def test_a_file_without_the_baked_action_is_refused(scene_of_two_megabytes: None, tmp_path: Path) -> None:
    output = tmp_path / "take.blend"
    output.write_bytes(b"the good file")
    with pytest.raises(OutputError, match="contains no another take"):
        save_blend_copy(output, ["take", "another take"])
    assert output.read_bytes() == b"the good file"
    assert list(tmp_path.iterdir()) == [output]


def test_blenders_own_reader_has_the_last_word(whole: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its index cannot be read without the last block, even if the frames were all right."""
    data = whole.read_bytes()
    whole.write_bytes(data[: len(data) // 2])
    assert "cannot read it again" in blend_file._missing_names(whole, ["take"])


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(OutputError, match="cannot be written"):
        save_blend_copy(tmp_path / "file" / "sub" / "take.blend", [])
    (tmp_path / "folder.blend").mkdir()
    with pytest.raises(OutputError, match="cannot be written"):
        save_blend_copy(tmp_path / "folder.blend", [])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "folder.blend"]
