# SPDX-License-Identifier: Apache-2.0
"""Describe the columns of a table: the shipped presets, and the user's ``--columns``.

Both use the same format as the JSON files in ``presets/``::

    {"label": "Who is Alyx?", "unit": "cm", "axes": "RUB", "time_unit": "ms", "pose": "raw",
     "devices": {"head": "hmd", "left": "left_controller", "right": "right_controller"},
     "columns": {"time": "timestamp", "p": "{device}_pos_{xyz}", "q": "{device}_rot_{xyzw}"}}

``p`` is a position, ``q`` a quaternion, ``e`` Euler angles in degrees, ``m`` a 3x4 or 4x4 matrix by rows. Braces are
expanded: ``{xyz}`` letter by letter (the letters give a quaternion's order), ``{0,1,2,3}`` item by item (the order
stays unknown). A device may have its own columns (``head_p``). In a "long" table each row holds one device, named in
the column ``key``; with "files" each device has its own file. ``#3`` is the third column from the left, whatever it is
called. Trackers are devices, too: ``hips_p``, ``left_foot_q``, ``tracker_1_p``; one without a rotation is a marker.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from functools import cache
from pathlib import Path
from typing import Any, Final, Literal, get_args

from ...body.points import tracker_joint
from ...errors import RecordingError
from ...options.reading import EULER_ORDERS, names_columns_file
from ...system.safe_files import parse_json, read_json
from ..conventions import TIME_UNITS_S, UNITS_M, Axes, QuaternionOrder
from ..types import DEVICE_NAMES, POSE_TYPES, PoseType
from .rotation_columns import PITCH_YAW_ROLL

PRESET_FOLDER: Final[Path] = Path(__file__).with_name("presets")

Rotation = Literal["q", "e", "m"]
AngleUnit = Literal["deg", "rad"]
_ROTATIONS: Final[tuple[Rotation, ...]] = get_args(Rotation)
_BRACES: Final[re.Pattern[str]] = re.compile(r"\{([^{}]+)\}")
_HINT: Final[str] = (
    'Write, for example, --columns "time=t, head_p=HeadPos{XYZ}, head_q=HeadRot{XYZW}, left_p=..., left_q=..., '
    'right_p=..., right_q=...", with e instead of q for Euler angles in degrees, or the name of a preset.'
)
_LARGEST_MAPPING: Final[int] = 65536
_FPS: Final[tuple[float, float]] = (1.0, 2000.0)
_NUMBERED: Final[re.Pattern[str]] = re.compile(r"tracker[_ ]?\d+", re.IGNORECASE)
_OWN_COLUMNS: Final[re.Pattern[str]] = re.compile(r"(.+)_[pqem]")
_MOST_TRACKERS: Final[int] = 16


@dataclass(frozen=True)
class DeviceColumns:
    """Name the columns of one device."""

    position: tuple[str, ...]
    """x, y, z; empty if a matrix holds the position."""
    rotation: tuple[str, ...]
    kind: Rotation
    quaternion_order: QuaternionOrder | None = None
    """"xyzw" if the letters give the order; the columns are then sorted in it."""


@dataclass(frozen=True)
class Layout:
    """Hold one column layout of a recording, and the conventions known for it."""

    name: str
    label: str
    columns: Mapping[str, Any]
    shape: Literal["wide", "long", "files"] = "wide"
    key: str = ""
    """The column that names the device of a row, in a long table."""
    devices: Mapping[str, Any] = field(default_factory=dict)
    """Replacements of ``{device}`` for head, left, right and trackers; in a long table, lists of the key's values."""
    trackers: Literal["recognised", "assigned"] = "recognised"
    """Which trackers count: those that are assigned here and those that the table's names tell, or only the former."""
    unit: str | None = None
    axes: str | None = None
    time_unit: str | None = None
    quaternion_order: QuaternionOrder | None = None
    euler_order: str | None = None
    """Three axes in the order of the intrinsic turns, or "pitch-yaw-roll" for columns in this order; None if it has to
    be guessed."""
    angle_unit: AngleUnit | None = None
    """Unit of Euler angles; None: degrees, unless no angle is larger than a turn in radians."""
    pose: PoseType | None = None
    fps: float | None = None
    """Frame rate of a table without times."""
    times_of_arrival: bool = False
    """The times are those at which the poses arrived over a network."""

    @property
    def times(self) -> tuple[str, ...]:
        """Return the columns that may hold the time, best first."""
        listed = self.columns.get("time", ())
        return (listed,) if isinstance(listed, str) else tuple(listed)

    @property
    def tracker_names(self) -> tuple[str, ...]:
        """Return the trackers that are assigned here: by columns of their own, or as devices."""
        own = (found[1] for key in self.columns if (found := _OWN_COLUMNS.fullmatch(key)))
        return tuple(dict.fromkeys(name for name in (*own, *self.devices) if is_tracker(name)))

    def device(self, device: str) -> DeviceColumns | None:
        """Return the columns of head, left, right or a tracker; None if the layout has none.

        Raises:
            RecordingError: a position does not have three columns, or a rotation has the wrong number of columns.
        """
        name = self.devices.get(device, device) if self.shape == "wide" else ""
        if name is None:
            return None
        own = {kind: self._expand(f"{device}_{kind}", kind, str(name)) for kind in ("p", *_ROTATIONS)}
        kind: Rotation | None = next((kind for kind in _ROTATIONS if own[kind]), None)
        if kind is None and len(own["p"]) == len("xyz") and is_tracker(device):
            return DeviceColumns(own["p"], (), "q", self.quaternion_order)
        if kind is None or (kind != "m" and not own["p"]):
            if any(own.values()):
                raise RecordingError(
                    f"The columns of the {device} need a position (p) and a rotation (q, e or m).", _HINT
                )
            return None
        rotation, order = own[kind], self.quaternion_order
        allowed = {"q": (4,), "e": (3,), "m": (1, 12, 16)}[kind]
        if (own["p"] and len(own["p"]) != 3) or len(rotation) not in allowed:
            raise RecordingError(
                f"The columns of the {device} do not fit: a position has 3 and a rotation of this kind {allowed[-1]}.",
                _HINT,
            )
        if kind == "q":
            pattern = self._pattern(f"{device}_q", "q")
            letters = re.search(r"\{([xyzw]{4})\}", pattern.lower()) if isinstance(pattern, str) else None
            if letters and sorted(letters[1]) == ["w", "x", "y", "z"]:
                rotation, order = tuple(rotation[letters[1].index(part)] for part in "xyzw"), "xyzw"
        return DeviceColumns(own["p"], rotation, kind, order)

    def _pattern(self, own: str, common: str) -> Any:
        return self.columns.get(own, self.columns.get(common, ()))

    def _expand(self, own: str, common: str, device: str) -> tuple[str, ...]:
        pattern = self._pattern(own, common)
        if not isinstance(pattern, str):
            return tuple(str(column) for column in pattern)
        return expand_pattern(pattern.replace("{device}", device))


def is_tracker(name: str) -> bool:
    """Return whether a mapping may call a tracker so: by a place on the body, or by a number."""
    return tracker_joint(name) is not None or _NUMBERED.fullmatch(name) is not None


def expand_pattern(pattern: str) -> tuple[str, ...]:
    """Expand the braces of a pattern: ``a_{xy}`` is a_x, a_y; ``m{00,01}`` is m00, m01."""
    found = _BRACES.search(pattern)
    if not found:
        return (pattern,) if pattern else ()
    items = found[1].split(",") if "," in found[1] else list(found[1])
    return tuple(pattern[: found.start()] + item.strip() + pattern[found.end() :] for item in items[:16])


@cache
def presets() -> tuple[Layout, ...]:
    """Return the shipped layouts, by name."""
    return tuple(
        _layout(json.loads(path.read_text(encoding="utf-8")), path.stem)
        for path in sorted(PRESET_FOLDER.glob("*.json"))
    )


def layout_from(text: str) -> Layout:
    """Return the layout that ``--columns`` names: a preset, a JSON file with a mapping, or the mapping itself, short or
    as JSON.

    Raises:
        RecordingError: the preset or file does not exist, or the mapping cannot be understood.
    """
    text = text.strip()
    for preset in presets():
        if text.lower() == preset.name:
            return preset
    if names_columns_file(text):
        try:
            document = read_json(Path(text), _LARGEST_MAPPING)
        except OSError as error:
            raise RecordingError(f"The column mapping {text} cannot be read ({error.strerror}).", _HINT) from error
        except ValueError as error:
            raise RecordingError(f"The column mapping {text} is not valid JSON.", _HINT) from error
        return _layout(document, Path(text).stem)
    if text.startswith("{"):
        try:
            return _layout(parse_json(text.encode()), "columns")
        except ValueError as error:
            raise RecordingError("The column mapping is not valid JSON.", _HINT) from error
    if "=" not in text:
        names = ", ".join(preset.name for preset in presets())
        raise RecordingError(f'There is no preset "{text[:40]}" for columns.', f"The presets are {names}. {_HINT}")
    columns: dict[str, str] = {}
    for part in re.split(r",(?![^{]*\})", text):
        name, _, pattern = part.partition("=")
        if not pattern.strip():
            raise RecordingError(f'The column mapping "{part.strip()[:40]}" has no "=".', _HINT)
        columns[name.strip()] = pattern.strip()
    # Keys that are not columns describe the table: "axes=unity, unit=cm" may be written beside the columns.
    settings = {key: columns.pop(key) for key in list(columns) if key in _SETTINGS}
    return _layout({**settings, "columns": columns}, "columns")


_SETTINGS: Final[frozenset[str]] = frozenset(f.name for f in fields(Layout)) - {"name", "columns", "devices"}
_COLUMN_NAMES: Final[frozenset[str]] = frozenset(
    ("time", "p", *_ROTATIONS, *(f"{device}_{kind}" for device in DEVICE_NAMES for kind in ("p", *_ROTATIONS)))
)


def _layout(document: Any, name: str) -> Layout:
    if not isinstance(document, dict) or not isinstance(document.get("columns"), dict):
        raise RecordingError(f'The column mapping {name} has no "columns".', _HINT)
    unknown = [key for key in document if key not in _SETTINGS | {"columns", "devices"}]
    unknown += [key for key in document["columns"] if key not in _COLUMN_NAMES and not _is_of_tracker(key)]
    if unknown:
        raise RecordingError(f'The column mapping {name} has an unknown "{str(unknown[0])[:40]}".', _HINT)
    try:
        layout = Layout(name=name, **{"label": name, **document})
        if layout.axes is not None:
            layout = replace(layout, axes=str(Axes.parse(layout.axes)))
        if layout.fps is not None:
            layout = replace(layout, fps=float(layout.fps))
        allowed = (
            layout.unit in (None, *UNITS_M),
            layout.time_unit in (None, *TIME_UNITS_S),
            layout.quaternion_order in (None, "wxyz", "xyzw"),
            layout.pose in (None, *POSE_TYPES),
            layout.shape in ("wide", "long", "files"),
            isinstance(layout.devices, dict) and all(v is None or _are_names(v) for v in layout.devices.values()),
            all(map(_are_names, layout.columns.values())),
            isinstance(layout.label, str) and isinstance(layout.key, str),
            layout.euler_order in (None, PITCH_YAW_ROLL, *EULER_ORDERS),
            layout.angle_unit in (None, "deg", "rad"),
            layout.fps is None or _FPS[0] <= layout.fps <= _FPS[1],
            layout.trackers in ("recognised", "assigned"),
            isinstance(layout.times_of_arrival, bool),
        )
        if all(allowed):
            if len(layout.tracker_names) > _MOST_TRACKERS:
                raise RecordingError(f"The column mapping {name} has more than {_MOST_TRACKERS} trackers.", _HINT)
            for device in (*DEVICE_NAMES, *layout.tracker_names):
                layout.device(device)
    except (TypeError, AttributeError, ValueError) as error:
        raise RecordingError(f"The column mapping {name} cannot be understood ({error}).", _HINT) from error
    if not all(allowed):
        raise RecordingError(f"The column mapping {name} has a setting of unknown value.", _HINT)
    return layout


def _is_of_tracker(key: str) -> bool:
    found = _OWN_COLUMNS.fullmatch(key)
    return found is not None and is_tracker(found[1])


def _are_names(value: Any) -> bool:
    """Return whether a value of a mapping is a name or a list of names (devices may be numbered)."""
    return isinstance(value, str) or (isinstance(value, list) and all(isinstance(item, str | int) for item in value))
