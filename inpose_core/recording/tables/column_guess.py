# SPDX-License-Identifier: Apache-2.0
"""Guess from the numbers of a table which columns are which, where their names do not say it.

Four columns whose squares always sum to one are a quaternion; three columns beside it are its position; the highest
position is the head. Names help where they give the device of a group of columns. A person corrects the result.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from ...arrays import BoolArray, FloatArray, runs
from ...errors import RecordingError
from ..types import DEVICE_NAMES
from .assigned_devices import AssignedDevice, Columns
from .assignment import Assignment, Kind
from .column_meaning import device_named, is_time, meaning_of
from .time_choice import likely_time
from .times import parse_times

_SURE_SHARE: Final[float] = 0.8
"""Share of the rows that must agree: devices lose tracking."""
_UNIT_SLACK: Final[float] = 0.004
"""Numbers with three decimals are this exact; three columns of a quaternion with a neighbour seldom are."""
_MOST_AT_ONCE: Final[int] = 16
"""Rows of as many devices may have the same time."""
_MOST_UNEVEN: Final[float] = 0.5
_FEWEST_ROWS: Final[int] = 3
_MOST_KEYS: Final[int] = 64
_EULER_GROUP: Final[int] = 6


def guess_assignment(header: Sequence[str], rows: Sequence[Sequence[str]]) -> Assignment:
    """Return the likely assignment of a table's columns; what cannot be guessed is left out.

    Args:
        header: the columns' names.
        rows: the first rows, as text.
    """
    if len(rows) < _FEWEST_ROWS:
        return Assignment()
    values = numbers_of(rows, len(header))
    time = _time(header, rows, values)
    free = np.isfinite(values).mean(axis=0) >= 0.5
    if time is not None:
        free[time - 1] = False
    kind, groups = _pose_groups(values, free)
    key = _key(rows, len(header), time) if len(groups) == 1 else None
    start = Assignment(time=time, kind=kind)
    if key is not None:
        names = tuple(dict.fromkeys(row[key - 1] for row in rows))
        return replace(start, key=key, devices=(groups[0],) * 3, names=_sided(names))
    return replace(start, devices=_of_devices(header, values, groups))


def spare_groups(rows: Sequence[Sequence[str]], count: int, assignment: Assignment) -> tuple[AssignedDevice, ...]:
    """Return the poses of a table that an assignment does not use: a tracker may have made them.

    Args:
        rows: the first rows, as text.
        count: the number of columns.
        assignment: the columns of head, hands and time, with a row for each frame.
    """
    if len(rows) < _FEWEST_ROWS or assignment.key is not None:
        return ()
    values = numbers_of(rows, count)
    free = np.isfinite(values).mean(axis=0) >= 0.5
    if assignment.time is not None:
        free[assignment.time - 1] = False
    kind, groups = _pose_groups(values, free)
    if kind != assignment.kind:
        return ()
    owns = (*assignment.devices, *(one.columns for one in assignment.trackers or ()))
    used = {number for own in owns for number in (*own.position, *own.rotation)}
    return tuple(group for group in groups if not used & {*group.position, *group.rotation})


def numbers_of(rows: Sequence[Sequence[str]], count: int) -> FloatArray:
    """Return the cells as numbers, (rows, count); NaN where a cell holds none."""
    values = np.full((len(rows), count), np.nan)
    for row, cells in enumerate(rows):
        for column, cell in enumerate(cells[:count]):
            try:
                values[row, column] = float(cell.strip().replace(",", "."))
            except ValueError:
                continue
    values[~np.isfinite(values)] = np.nan
    return values


def _time(header: Sequence[str], rows: Sequence[Sequence[str]], values: FloatArray) -> int | None:
    named = likely_time([place for place, name in enumerate(header) if is_time(name, correct=True)], rows)
    if named is not None:
        return named + 1
    steps = np.diff(values, axis=0)
    growing = next((place for place in range(len(header)) if _is_clock(steps[:, place])), None)
    if growing is not None:
        return growing + 1
    for place, name in enumerate(header):
        cells = [row[place] if place < len(row) else "" for row in rows]
        if not np.isnan(values[:, place]).all() or not any(":" in cell for cell in cells):
            continue
        try:
            parse_times(cells, name, "")
        except RecordingError:
            continue
        return place + 1
    return None


def _is_clock(steps: FloatArray) -> bool:
    """Return whether the steps of a column are those of a clock: never back, nearly even, and no mere counting."""
    forward = steps[steps > 0]
    if not (steps >= 0).all() or len(forward) < 2 or np.allclose(forward, 1.0):
        return False
    if max((last - first for first, last in runs(steps == 0)), default=0) > _MOST_AT_ONCE:
        return False
    usual = float(np.median(forward))
    return float(np.abs(forward - usual).mean()) < _MOST_UNEVEN * usual


def _pose_groups(values: FloatArray, free: BoolArray) -> tuple[Kind, list[AssignedDevice]]:
    matrices = _blocks(free, 12, lambda place: _is_matrix(values[:, place : place + 12]))
    if matrices:
        return "matrix", [AssignedDevice((), _numbers(place, 12)) for place in matrices]
    turns = _blocks(free, 4, lambda place: _has_unit_length(values[:, place : place + 4]))
    if turns:
        return "quaternion", _with_positions(turns, free)
    loose = [place for place in np.flatnonzero(free).tolist() if np.nanstd(values[:, place]) > 0]
    count = len(loose) // _EULER_GROUP
    if not 2 <= count <= 8 or loose != list(range(loose[0], loose[0] + len(loose))):
        return "quaternion", []
    starts = [loose[0] + _EULER_GROUP * group for group in range(count)]
    return "euler", [AssignedDevice(_numbers(start, 3), _numbers(start + 3, 3)) for start in starts]


def _blocks(free: BoolArray, size: int, fits: Callable[[int], bool]) -> list[int]:
    """Return where blocks of columns begin that fit, from the left, without overlaps."""
    found, place = list[int](), 0
    while place + size <= len(free):
        if free[place : place + size].all() and fits(place):
            found.append(place)
            place += size
        else:
            place += 1
    return found


def _has_unit_length(block: FloatArray) -> bool:
    return _mostly(np.abs(np.linalg.norm(block, axis=1) - 1.0) < _UNIT_SLACK, block)


def _is_matrix(block: FloatArray) -> bool:
    R = block.reshape(-1, 3, 4)[..., :3]
    off = np.abs(R @ np.swapaxes(R, -1, -2) - np.eye(3)).max(axis=(1, 2))
    return _mostly(off < _UNIT_SLACK, block)


def _mostly(agree: BoolArray, block: FloatArray) -> bool:
    """Return whether most rows in which something is measured agree."""
    measured = np.isfinite(block).all(axis=1) & (np.abs(block).sum(axis=1) > 0)
    return bool(measured.any()) and bool(agree[measured].mean() >= _SURE_SHARE)


def _with_positions(turns: Sequence[int], free: BoolArray) -> list[AssignedDevice]:
    """Return each quaternion with three free columns: before all of them, after all, or in one block of their own."""
    used = {place for turn in turns for place in range(turn, turn + 4)}

    def is_free(place: int) -> bool:
        return all(0 <= one < len(free) and free[one] and one not in used for one in range(place, place + 3))

    for starts in (
        [turn - 3 for turn in turns],
        [turn + 4 for turn in turns],
        [turns[0] - 3 * len(turns) + 3 * number for number in range(len(turns))],
        [turns[-1] + 4 + 3 * number for number in range(len(turns))],
    ):
        if all(map(is_free, starts)):
            return [
                AssignedDevice(_numbers(start, 3), _numbers(turn, 4)) for start, turn in zip(starts, turns, strict=True)
            ]
    return [AssignedDevice((), _numbers(turn, 4)) for turn in turns]


def _of_devices(
    header: Sequence[str], values: FloatArray, groups: Sequence[AssignedDevice]
) -> tuple[AssignedDevice, AssignedDevice, AssignedDevice]:
    """Return the groups of head and hands: those that their names give, then the highest one, then in their order."""
    left_over = list(groups)
    found: dict[str, AssignedDevice] = {}
    for device in DEVICE_NAMES:
        own = next((group for group in left_over if _device_by_name(header, group) == device), None)
        if own is not None:
            found[device] = own
            left_over.remove(own)
    left_over = [group for group in left_over if not _device_by_name(header, group)] or left_over
    if "head" not in found and left_over:
        found["head"] = left_over.pop(_highest(values, left_over))
    for device in DEVICE_NAMES[1:]:
        if device not in found and left_over:
            found[device] = left_over.pop(0)
    head, left, right = (found.get(device, AssignedDevice()) for device in DEVICE_NAMES)
    return head, left, right


def _device_by_name(header: Sequence[str], group: AssignedDevice) -> str:
    meant = [meaning_of(header[number - 1], correct=True) for number in (*group.position, *group.rotation)]
    counted = Counter(meaning.device for meaning in meant if meaning is not None)
    return counted.most_common(1)[0][0] if counted else ""


def _highest(values: FloatArray, groups: Sequence[AssignedDevice]) -> int:
    """Return the group that is farthest above the others along Y or Z, whichever is clearer; else the first."""
    best, widest = 0, 0.0
    if len(groups) < 2 or not all(len(group.position) == 3 for group in groups):
        return best
    for axis in (1, 2):
        heights = np.array([np.nanmedian(values[:, group.position[axis] - 1]) for group in groups])
        second, first = np.sort(heights)[-2:]
        spread = max(float(np.ptp(heights)), 1e-9)
        clear = float(first - second) / spread * float(first > 0)
        if clear > widest:
            best, widest = int(np.argmax(heights)), clear
    return best if widest > 0.2 else 0


def _key(rows: Sequence[Sequence[str]], count: int, time: int | None) -> int | None:
    """Return the column whose few values repeat, as the names of devices do: of words, else of whole numbers."""
    numbered: list[tuple[int, int]] = []
    for place in range(count):
        kinds = {row[place].strip() if place < len(row) else "" for row in rows}
        if place + 1 == time or "" in kinds or not 2 <= len(kinds) <= min(_MOST_KEYS, len(rows) // 2):
            continue
        if not any(map(_is_number, kinds)):
            return place + 1
        if all(kind.isdigit() for kind in kinds):
            numbered.append((len(kinds), -place - 1))
    return -max(numbered)[1] if numbered else None


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _sided(names: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    """Return the device names of head, left and right: by their words, else in their order."""
    by_words = {device: next((name for name in names if device_named(name) == device), "") for device in DEVICE_NAMES}
    rest = [name for name in names if name not in by_words.values()]
    chosen = [by_words[device] or (rest.pop(0) if rest else "") for device in DEVICE_NAMES]
    head, left, right = ((name,) if name else () for name in chosen)
    return head, left, right


def _numbers(place: int, count: int) -> Columns:
    return tuple(range(place + 1, place + count + 1))
