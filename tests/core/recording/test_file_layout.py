# SPDX-License-Identifier: Apache-2.0
"""Recordings of one program with the same settings have the same layout; all others have another one."""

from __future__ import annotations

from pathlib import Path

from inpose_core.recording.file_layout import FileLayout, file_layout
from tests.core.recording.recording_files import BsorFile, moving_person

HEADER = "t,hmd_x,hmd_y,hmd_z"
ROWS = "\n".join(f"{time},{0.1 * time},1.6,0" for time in range(5000))


def table(path: Path, *lines: str) -> FileLayout | None:
    path.write_text("\n".join((*lines, "")), encoding="utf-8")
    return file_layout(path)


def test_tables_of_one_header_have_one_layout_whatever_the_rows(tmp_path: Path) -> None:
    first = table(tmp_path / "a.csv", HEADER, ROWS)
    assert first == FileLayout("CSV", ("t", "hmd_x", "hmd_y", "hmd_z"))
    assert table(tmp_path / "b.csv", "# recorded on a Monday", HEADER.upper(), "0,1,2,3", "1,2,3,4") == first
    assert table(tmp_path / "c.csv", "t,HeadX,HeadY,HeadZ", ROWS) != first
    assert table(tmp_path / "d.csv", ROWS) == FileLayout("CSV", ("1", "2", "3", "4"))


def test_the_kind_of_the_hand_poses_is_part_of_the_layout(tmp_path: Path) -> None:
    joints = table(tmp_path / "a.csv", "# hand poses: joint", "time,head_px,head_py,head_pz", ROWS)
    assert joints is not None
    assert joints.pose == "joint"
    assert table(tmp_path / "b.csv", "time,head_px,head_py,head_pz", ROWS) != joints


def test_other_formats_are_told_by_their_content(tmp_path: Path) -> None:
    replay, page = tmp_path / "take.csv", tmp_path / "take.jsonl"
    replay.write_bytes(BsorFile(moving_person(20)).to_bytes())
    page.write_bytes(b'{"inpose webxr": 1}\n')
    assert file_layout(replay) == FileLayout("BSOR")
    assert file_layout(page) != file_layout(replay)


def test_what_cannot_be_read_has_no_layout(tmp_path: Path) -> None:
    assert file_layout(tmp_path / "gone.csv") is None
    assert file_layout(tmp_path) is None
    (tmp_path / "empty.csv").write_bytes(b"")
    assert file_layout(tmp_path / "empty.csv") == FileLayout("")
