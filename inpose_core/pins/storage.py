# SPDX-License-Identifier: Apache-2.0
"""Store pins in a small JSON file.

``{"format": "inpose pins", "version": 1, "pins": [{"joint": "left_foot", "start_s": 2.0, "stop_s": 2.5, "soft": false,
"ease_s": 0.33, "keys": [{"at_s": 2.0, "position_m": [x, y, z], "rotation_wxyz": [w, x, y, z]}]}],
"stances": [{"foot": "left", "start_s": 3.0, "stop_s": 4.0, "stands": true}], "seats": [{"start_s": 5.0, "stop_s": 9.0,
"position_m": [x, y, z]}]}``: times of the recording, Y up, metres in the size of the character. A pin without
``stop_s`` is for one frame; with ``"while_standing": true``, for the stance around it. ``keys`` can be left out if the
pin or the seat itself has ``position_m`` or ``rotation_wxyz``.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from ..errors import PinError
from ..system.output import write_output
from ..system.safe_files import finite_number, read_json
from .pin import DEFAULT_EASE_S, Pin, PinKey, PinnedSeat, PinnedStance, PinSet

PIN_FORMAT: Final[str] = "inpose pins"
PIN_VERSION: Final[int] = 1
_LARGEST_FILE_BYTES: Final[int] = 64 << 20
_MOST_PINS: Final[int] = 10_000
_HINT: Final[str] = "Save the pins again, or see the description of the format in the docs."


def save_pins(pins: PinSet, path: Path) -> None:
    """Write pins; an older file is replaced completely or not at all.

    Raises:
        OutputError: the file cannot be written.
    """
    write_output(path, [(json.dumps(pins_to_json(pins), indent=1) + "\n").encode()])


def load_pins(path: Path) -> PinSet:
    """Read pins that `save_pins` wrote, or a person.

    Raises:
        PinError: the file is missing, holds no pins, is of a newer version, or holds impossible values.
    """
    try:
        document = read_json(path, _LARGEST_FILE_BYTES)
    except OSError as error:
        raise PinError(f"The pins {path} cannot be read ({error.strerror}).", "Check the path.") from error
    except ValueError as error:
        raise PinError(f"{path.name} is not a file of pins: it is not JSON.", _HINT) from error
    return pins_from_json(document, path.name)


def pins_to_json(pins: PinSet) -> dict[str, Any]:
    """Return the document of `save_pins`."""
    return {
        "format": PIN_FORMAT,
        "version": PIN_VERSION,
        "pins": [
            {
                "joint": pin.joint,
                "start_s": pin.start_s,
                "stop_s": pin.stop_s,
                "soft": pin.soft,
                "ease_s": pin.ease_s,
                "while_standing": pin.while_standing,
                "keys": _keys_to_json(pin.keys),
            }
            for pin in pins.pins
        ],
        "stances": [dict(vars(stance)) for stance in pins.stances],
        "seats": [
            {"start_s": seat.start_s, "stop_s": seat.stop_s, "keys": _keys_to_json(seat.keys)} for seat in pins.seats
        ],
    }


def _keys_to_json(keys: Iterable[PinKey]) -> list[dict[str, Any]]:
    return [{name: value for name, value in vars(key).items() if value is not None} for key in keys]


def pins_from_json(document: object, name: str = "The document") -> PinSet:
    """Return the pins of a document.

    Args:
        document: what `pins_to_json` returns.
        name: what to call the document in an error.

    Raises:
        PinError: it holds no pins, is of a newer version, or holds impossible values or unknown names.
    """
    if not isinstance(document, Mapping) or document.get("format") != PIN_FORMAT:
        raise PinError(f"{name} is not a file of pins.", _HINT)
    if document.get("version") != PIN_VERSION:
        raise PinError(
            f"{name} has pins of version {document.get('version')!s:.20}; this program knows version {PIN_VERSION}.",
            "Update InPose.",
        )
    pins, stances, seats = (document.get(kind, []) for kind in ("pins", "stances", "seats"))
    lists = [entries for entries in (pins, stances, seats) if isinstance(entries, list)]
    if len(lists) < 3 or sum(map(len, lists)) > _MOST_PINS:
        raise PinError(f"{name} has no list of pins, or more than {_MOST_PINS}.", _HINT)
    try:
        _refuse_unknown(document, "format version pins stances seats")
        return PinSet(tuple(map(_pin, pins)), tuple(map(_stance, stances)), tuple(map(_seat, seats)))
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise PinError(f"{name} has a pin that makes no sense ({error!s:.60}).", _HINT) from error


def _refuse_unknown(entry: Mapping[str, Any], names: str) -> None:
    """Refuse what nobody would read: a misspelled name would change nothing, without a word."""
    unknown = sorted(set(entry.keys()) - set(names.split()))
    if unknown:
        raise ValueError(f'"{unknown[0]}" is not known')


def _pin(entry: Mapping[str, Any]) -> Pin:
    _refuse_unknown(entry, "joint start_s stop_s soft ease_s while_standing keys position_m rotation_wxyz")
    start_s = finite_number(entry["start_s"])
    return Pin(
        joint=entry["joint"],
        start_s=start_s,
        stop_s=finite_number(entry.get("stop_s", start_s)),
        keys=_keys(entry, start_s),
        soft=_flag(entry.get("soft", False)),
        ease_s=finite_number(entry.get("ease_s", DEFAULT_EASE_S)),
        while_standing=_flag(entry.get("while_standing", False)),
    )


def _keys(entry: Mapping[str, Any], start_s: float) -> tuple[PinKey, ...]:
    """Return the keys of a pin or a seat; one that rests may hold its place itself."""
    keys = entry.get("keys")
    if keys is None:
        keys = [{"at_s": start_s, **{name: entry.get(name) for name in ("position_m", "rotation_wxyz")}}]
    return tuple(map(_key, keys))


def _key(entry: Mapping[str, Any]) -> PinKey:
    _refuse_unknown(entry, "at_s position_m rotation_wxyz")
    position, rotation = entry.get("position_m"), entry.get("rotation_wxyz")
    if position is not None:
        x, y, z = map(finite_number, position)
        position = (x, y, z)
    if rotation is not None:
        w, x, y, z = map(finite_number, rotation)
        length = math.sqrt(w * w + x * x + y * y + z * z)
        if length < 1e-6:
            raise ValueError("a rotation of zero length")
        rotation = (w / length, x / length, y / length, z / length)
    return PinKey(finite_number(entry["at_s"]), position, rotation)


def _stance(entry: Mapping[str, Any]) -> PinnedStance:
    _refuse_unknown(entry, "foot start_s stop_s stands")
    return PinnedStance(
        foot=entry["foot"],
        start_s=finite_number(entry["start_s"]),
        stop_s=finite_number(entry["stop_s"]),
        stands=_flag(entry.get("stands", True)),
    )


def _seat(entry: Mapping[str, Any]) -> PinnedSeat:
    _refuse_unknown(entry, "start_s stop_s keys position_m")
    start_s = finite_number(entry["start_s"])
    return PinnedSeat(start_s, finite_number(entry["stop_s"]), _keys(entry, start_s))


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError("true or false is missing")
    return value
