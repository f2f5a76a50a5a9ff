# SPDX-License-Identifier: Apache-2.0
"""Read recordings from tables: the project's own CSV, the presets' layouts, columns known by their words, or a mapping."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..errors import RecordingError
from .column_words import layout_by_words
from .conventions import ReadOptions
from .csv_format import CSV_HINT, is_own, read_own
from .layouts import DeviceColumns, Layout, layout_from, presets
from .rotation_columns import euler_to_xyzw, matrices_to_poses, numbers_in_cells
from .table_times import parse_times
from .text_table import TextTable, is_text, open_table
from .tracks import Declared, RawTracks, Track, join_tracks
from .types import DEVICE_NAMES

FloatArray = NDArray[np.float64]

_FILE_WORDS: Final[dict[str, tuple[str, ...]]] = {
    "head": ("head", "hmd", "camera", "headset", "centereye"),
    "left": ("left", "lhand", "l_hand"),
    "right": ("right", "rhand", "r_hand"),
}
_MOST_FILES: Final[int] = 2000
_MOST_DEVICES: Final[int] = 64
_STILL_M: Final[float] = 1e-3
_NO_TIME: Final[str] = "Say how many frames there are in a second (--fps 90), or name the time column with --columns."

recognises = is_text
"""Whether the text is a table of poses is for `read` to say."""


def read(data: bytes, name: str, path: Path | None = None, options: ReadOptions | None = None) -> RawTracks:
    """Return the poses of a table.

    Args:
        data: the file.
        name: its name, for messages.
        path: where it lies; recordings with a file per device need it to find the others.
        options: ``columns`` says which columns are which.

    Raises:
        RecordingError: the columns are unknown, missing or no numbers.
    """
    options = options or ReadOptions()
    table = open_table(data, name, CSV_HINT)
    if options.columns:
        layout = layout_from(options.columns)
        if layout.name == "columns" or _matches(layout, table):
            return _read(layout, table, path, options, by="the given columns")
        raise RecordingError(f"{name} has not the columns of {layout.label}.", "Choose another preset, or none.")
    if is_own(table.header):
        return read_own(table)
    fitting = [layout for layout in presets() if _matches(layout, table)]
    if fitting:
        best = max(fitting, key=lambda layout: (_column_count(layout), layout.time_unit is not None))
        return _read(best, table, path, options, by=f"the preset {best.name}")
    by_words = layout_by_words(table.header)
    if by_words is not None:
        return _read(by_words, table, path, options, by="the columns' names")
    if len(table.header) < 5:
        raise RecordingError(f"{name} is text, but not a CSV recording: its first line is no header.", CSV_HINT)
    raise RecordingError(
        f"{name} is a table whose columns InPose does not know.",
        "Say which are which with --columns, or rename them: " + CSV_HINT,
    )


def _matches(layout: Layout, table: TextTable) -> bool:
    """Tell whether a table has all columns of the layout, except that one hand may be missing."""
    names = {name.lower() for name in table.header}
    devices = [layout.device(device) for device in DEVICE_NAMES]
    have = [device is not None and _columns_of(device) <= names for device in devices]
    if layout.shape == "long" and layout.key.lower() not in names:
        return False
    has_time = any(time.lower() in names for time in layout.times) or not layout.times
    return has_time and have[0] and (have[1] or have[2])


def _columns_of(device: DeviceColumns) -> set[str]:
    return {column.lower() for column in (*device.position, *device.rotation)}


def _column_count(layout: Layout) -> int:
    return len(set().union(*(_columns_of(c) for d in DEVICE_NAMES if (c := layout.device(d)) is not None)))


def _read(layout: Layout, table: TextTable, path: Path | None, options: ReadOptions, by: str) -> RawTracks:
    if layout.shape == "long":
        tracks, time_unit, hands = _read_long(layout, table, options)
    elif layout.shape == "files":
        tracks, time_unit, hands = _read_files(layout, table, path, options)
    else:
        tracks, time_unit, hands = _read_wide(layout, table, options)
    times, positions, quaternions = join_tracks(tracks)
    columns = layout.device("head")
    order = columns.quaternion_order if columns is not None and columns.kind == "q" else "xyzw"
    return RawTracks(
        times=times,
        positions=positions,
        quaternions=quaternions,
        format="CSV" if layout.name in {"words", "columns"} else f"CSV ({layout.label})",
        declared=Declared(
            unit=layout.unit,
            axes=layout.axes,
            quaternion_order=order,
            time_unit=time_unit or layout.time_unit,
            hands=hands,
            pose=layout.pose,
            by=by,
        ),
        notes=tuple(table.notes),
    )


_Tracks = tuple[list[Track | None], str | None, bool]
"""The tracks, the unit of their times where the cells tell it, and whether left and right are certain."""


def _read_wide(layout: Layout, table: TextTable, options: ReadOptions) -> _Tracks:
    devices = [_present(layout.device(device), table) for device in DEVICE_NAMES]
    if devices[0] is None or not any(devices[1:]):
        missing = next((m for d in DEVICE_NAMES if (m := _missing(layout.device(d), table))), "")
        what = f"lacks the column {missing}" if missing else "has no columns for a head and a hand"
        raise RecordingError(f"{table.name} {what}.", CSV_HINT)
    numbers: list[int] = []
    texts: list[int] = []
    time = _time_column(layout, table, options)
    if time is not None:
        texts.append(time)
    parts = [None if columns is None else _plan(columns, table, numbers, texts) for columns in devices]
    values, words = table.read(numbers or [0], texts)
    times, unit = _times(table, time, words[0] if time is not None else [], len(values))
    for name, columns in zip(DEVICE_NAMES, devices, strict=True):
        if columns is None:
            table.notes.append(f"The file has no columns for the {name} hand.")
    tracks = [
        None if plan is None or columns is None else Track(times, *_poses(columns, plan, values, words, layout))
        for columns, plan in zip(devices, parts, strict=True)
    ]
    return list(tracks), unit, False


def _read_long(layout: Layout, table: TextTable, options: ReadOptions) -> _Tracks:
    columns = _present(layout.device("head"), table)
    key = table.find(layout.key)
    if columns is None or key is None:
        raise RecordingError(f"{table.name} has not the columns of {layout.label}.", CSV_HINT)
    numbers: list[int] = []
    time = _time_column(layout, table, options)
    if time is None:
        raise RecordingError(f"{table.name} has no time column.", _NO_TIME)
    texts = [key, time]
    plan = _plan(columns, table, numbers, texts)
    values, words = table.read(numbers or [time], texts)
    times, unit = _times(table, time, words[1], len(values))
    positions, quaternions = _poses(columns, plan, values, words, layout)
    keys = np.array([word.lower()[:64] for word in words[0]])
    names = list(dict.fromkeys(keys.tolist()))
    if len(names) > _MOST_DEVICES:
        raise RecordingError(f"The column {layout.key} of {table.name} names {len(names)} devices.", CSV_HINT)
    tracks = {name: _sorted(Track(times[m], positions[m], quaternions[m])) for name in names if (m := keys == name).any()}
    chosen: list[Track | None] = []
    for device in DEVICE_NAMES:
        listed = [str(value).lower() for value in layout.devices.get(device, ())] if layout.devices else [device]
        name = next((name for name in tracks if name in listed), None)
        chosen.append(tracks.pop(name) if name is not None else None)
    if chosen[0] is None:
        raise RecordingError(f"{table.name} has no rows of a headset in the column {layout.key}.", CSV_HINT)
    named = chosen[1] is not None and chosen[2] is not None
    # Base stations never move; of the rest, those that were seen most are the controllers.
    moving = sorted((t for t in tracks.values() if _moves(t)), key=lambda track: -len(track.times))
    sided = _by_side(tracks)
    for place in (1, 2):
        chosen[place] = chosen[place] or sided[place - 1]
    if chosen[1] is None and chosen[2] is None:
        chosen[1:] = [*moving, None, None][:2]
    return chosen, unit, named and bool(layout.devices)


def _by_side(tracks: dict[str, Track]) -> list[Track | None]:
    """Return the tracks whose key says left and right, where exactly one does."""
    found: list[Track | None] = []
    for side in ("left", "right"):
        named = [track for name, track in tracks.items() if side in name]
        found.append(named[0] if len(named) == 1 else None)
    return found


def _moves(track: Track) -> bool:
    seen = track.positions[np.isfinite(track.positions).all(-1)]
    return len(seen) > 1 and bool((seen.max(axis=0) - seen.min(axis=0)).max() > _STILL_M)


def _sorted(track: Track) -> Track:
    order = np.argsort(track.times, kind="stable")
    return Track(*(array[order] for array in track))


def _read_files(layout: Layout, table: TextTable, path: Path | None, options: ReadOptions) -> _Tracks:
    if path is None:
        raise RecordingError(f"{table.name} holds one device of several.", "Give the file where it lies.")
    files = _sibling_files(path)
    missing = [device for device in DEVICE_NAMES if device not in files]
    if "head" in missing or len(missing) > 1:
        raise RecordingError(
            f"{table.name} holds one device; beside it there are no files for {' and '.join(missing)}.",
            "Their names must be the same but for head, left and right (head_movement_T001.csv, lefthand_movement_...).",
        )
    tracks: list[Track | None] = []
    unit: str | None = None
    for device in DEVICE_NAMES:
        file = files.get(device)
        if file is None:
            table.notes.append(f"There is no file for the {device} hand.")
            tracks.append(None)
            continue
        one = table if file == path else open_table(_bytes_of(file), file.name, CSV_HINT)
        columns = _present(layout.device(device), one)
        if columns is None:
            raise RecordingError(f"{file.name} has not the columns of {layout.label}.", CSV_HINT)
        numbers: list[int] = []
        time = _time_column(layout, one, options)
        texts = [] if time is None else [time]
        plan = _plan(columns, one, numbers, texts)
        values, words = one.read(numbers, texts)
        times, unit = _times(one, time, words[0] if words else [], len(values))
        tracks.append(_sorted(Track(times, *_poses(columns, plan, values, words, layout))))
    return tracks, unit, False


def _sibling_files(path: Path) -> dict[str, Path]:
    """Return the files of head and hands that belong together: names that differ in the device's word alone."""
    own = _device_of_file(path.name)
    if own is None:
        return {}
    rest = _without_device(path.name)
    found = {own: path}
    try:
        names = sorted(entry.name for entry in path.parent.iterdir() if entry.suffix == path.suffix)[:_MOST_FILES]
    except OSError:
        return found
    for name in names:
        device = _device_of_file(name)
        if device is not None and device not in found and _without_device(name) == rest:
            found[device] = path.parent / name
    return found


def _device_of_file(name: str) -> str | None:
    lower = name.lower()
    return next((device for device, words in _FILE_WORDS.items() if any(word in lower for word in words)), None)


def _without_device(name: str) -> str:
    rest = name.lower()
    for word in (*(word for words in _FILE_WORDS.values() for word in words), "controller", "hand", "main", "_", "-"):
        rest = rest.replace(word, "")
    return rest


def _bytes_of(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise RecordingError(f"{path.name} cannot be read ({error.strerror}).", "Check its permissions.") from error


def _present(columns: DeviceColumns | None, table: TextTable) -> DeviceColumns | None:
    return None if columns is None or _missing(columns, table) else columns


def _missing(columns: DeviceColumns | None, table: TextTable) -> str:
    names = (*columns.position, *columns.rotation) if columns else ()
    return next((name for name in names if table.find(name) is None), "")


def _time_column(layout: Layout, table: TextTable, options: ReadOptions) -> int | None:
    time = next((place for column in layout.times if (place := table.find(column)) is not None), None)
    if time is None and options.fps is None:
        raise RecordingError(f"{table.name} has no time column that InPose knows.", _NO_TIME)
    return time


def _times(table: TextTable, place: int | None, cells: Sequence[str], count: int) -> tuple[FloatArray, str | None]:
    if place is None:
        return np.arange(count, dtype=np.float64), None
    return parse_times(cells, table.header[place], table.name)


class _Plan(NamedTuple):
    """Say where in the numbers position and rotation stand, and where in the texts a matrix in one cell."""

    position: slice
    rotation: slice
    text: int
    """-1 where the matrix, or whatever it is, has columns of its own."""


def _plan(columns: DeviceColumns, table: TextTable, numbers: list[int], texts: list[int]) -> _Plan:
    """Add a device's columns to those that are read, and return where they will be."""

    def add(names: Iterable[str]) -> slice:
        start = len(numbers)
        numbers.extend(place for name in names if (place := table.find(name)) is not None)
        return slice(start, len(numbers))

    position = add(columns.position)
    if columns.kind == "m" and len(columns.rotation) == 1:
        place = table.find(columns.rotation[0])
        texts.append(0 if place is None else place)
        return _Plan(position, slice(0, 0), len(texts) - 1)
    return _Plan(position, add(columns.rotation), -1)


def _poses(
    columns: DeviceColumns, plan: _Plan, values: FloatArray, words: list[list[str]], layout: Layout
) -> tuple[FloatArray, FloatArray]:
    """Return positions (F, 3) and quaternions (F, 4) in the file's axes."""
    position, rotation, text = plan
    if columns.kind == "q":
        return values[:, position], values[:, rotation]
    if columns.kind == "e":
        return values[:, position], euler_to_xyzw(
            values[:, rotation][:, ["XYZ".index(axis) for axis in layout.euler_order]], layout.euler_order
        )
    matrices = numbers_in_cells(words[text], 12) if text >= 0 else values[:, rotation]
    positions, quaternions = matrices_to_poses(matrices)
    return (values[:, position] if columns.position else positions), quaternions
