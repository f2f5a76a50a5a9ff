# SPDX-License-Identifier: GPL-3.0-or-later
"""Missing files are found by name and folders; a file that fits several takes is nobody's."""

from pathlib import Path

from inpose_blender.take_list.finding import places_of


def test_files_of_one_name_are_told_apart_by_their_folders() -> None:
    old = [Path("/old/day1/take_001.csv"), Path("/old/day2/take_001.csv")]
    new = [Path("/new/day2/take_001.csv"), Path("/new/day1/take_001.csv"), Path("/new/day1/take_002.csv")]
    assert places_of(old, new) == {old[0]: new[1], old[1]: new[0]}


def test_a_file_that_was_moved_alone_is_found() -> None:
    assert places_of([Path("/old/a.csv")], [Path("/new/x/a.csv")]) == {Path("/old/a.csv"): Path("/new/x/a.csv")}
    windows = Path("D:\\shots\\day1\\a.csv")
    assert places_of([windows], [Path("/n/day1/a.csv"), Path("/n/a.csv")]) == {windows: Path("/n/day1/a.csv")}


def test_what_fits_equally_well_is_left_missing() -> None:
    one_file = [Path("/new/take_001.csv")]
    assert places_of([Path("/old/day1/take_001.csv"), Path("/old/day2/take_001.csv")], one_file) == {}
    assert places_of([Path("/old/take_001.csv")], [Path("/n/a/take_001.csv"), Path("/n/b/take_001.csv")]) == {}


def test_of_two_missing_files_the_one_with_the_same_folder_gets_the_only_file() -> None:
    old = [Path("/old/day1/take_001.csv"), Path("/old/day2/take_001.csv")]
    assert places_of(old, [Path("/new/day2/take_001.csv")]) == {old[1]: Path("/new/day2/take_001.csv")}
