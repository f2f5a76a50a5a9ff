# SPDX-License-Identifier: Apache-2.0
"""Store edits in a small JSON file.

``{"format": "inpose edits", "version": 1, "mirror": "heading", "edits": [{"kind": "smooth", "start_s": 2.0, "stop_s":
3.5, "amount": 0.1, "ease_s": 0.33, "hold_hands": true, "muted": false}, {"kind": "ground", "ground": {"height_m":
0.2}}]}``: times of the recording; what is left out is as usual. A ground is a floor, or a map of heights:
``{"origin_m": [x, z], "step_m": 0.1, "heights_m": [[...], ...]}``, Y up, metres in the size of the character.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, get_args

import numpy as np

from ..errors import EditError
from ..system.output import write_output
from ..system.safe_files import finite_number, read_json
from .edit import DEFAULT_EASE_S, Edit, EditList
from .ground import Ground, GroundMap, LevelGround
from .kinds import MirrorPlane

EDITS_FORMAT: Final[str] = "inpose edits"
EDITS_VERSION: Final[int] = 1
_LARGEST_FILE_BYTES: Final[int] = 64 << 20
_MOST_EDITS: Final[int] = 1000
_HINT: Final[str] = "Save the edits again, or see the description of the format in the docs."


def save_edits(edits: EditList, path: Path) -> None:
    """Write edits; an older file is replaced completely or not at all.

    Raises:
        OutputError: the file cannot be written.
        EditError: the ground of an edit is neither a floor nor a map.
    """
    write_output(path, [(json.dumps(edits_to_json(edits), indent=1) + "\n").encode()])


def load_edits(path: Path) -> EditList:
    """Read edits that `save_edits` wrote, or a person.

    Raises:
        EditError: the file is missing, holds no edits, is of a newer version, or holds impossible values.
    """
    try:
        document = read_json(path, _LARGEST_FILE_BYTES)
    except OSError as error:
        raise EditError(f"The edits {path} cannot be read ({error.strerror}).", "Check the path.") from error
    except ValueError as error:
        raise EditError(f"{path.name} is not a file of edits: it is not JSON.", _HINT) from error
    return edits_from_json(document, path.name)


def edits_to_json(edits: EditList) -> dict[str, Any]:
    """Return the document of `save_edits`."""
    entries = []
    for edit in edits.edits:
        entry = {name: value for name, value in vars(edit).items() if name != "ground" and value is not None}
        if edit.kind == "ground":
            entry["ground"] = _ground_to_json(edit.ground)
        entries.append(entry)
    document: dict[str, Any] = {"format": EDITS_FORMAT, "version": EDITS_VERSION}
    if edits.mirror is not None:
        document["mirror"] = edits.mirror
    return {**document, "edits": entries}


def edits_from_json(document: object, name: str = "The document") -> EditList:
    """Return the edits of a document.

    Args:
        document: what `edits_to_json` returns.
        name: what to call the document in an error.

    Raises:
        EditError: it holds no edits, is of a newer version, or holds impossible values or unknown names.
    """
    if not isinstance(document, Mapping) or document.get("format") != EDITS_FORMAT:
        raise EditError(f"{name} is not a file of edits.", _HINT)
    if document.get("version") != EDITS_VERSION:
        raise EditError(
            f"{name} has edits of version {document.get('version')!s:.20}; this program knows version {EDITS_VERSION}.",
            "Update InPose.",
        )
    edits, mirror = document.get("edits", []), document.get("mirror")
    if not isinstance(edits, list) or len(edits) > _MOST_EDITS:
        raise EditError(f"{name} has no list of edits, or more than {_MOST_EDITS}.", _HINT)
    if mirror is not None and mirror not in get_args(MirrorPlane):
        raise EditError(
            f"{name} has an unknown mirror ({mirror!s:.20}).", f"It is one of {', '.join(get_args(MirrorPlane))}."
        )
    try:
        _refuse_unknown(document, "format version mirror edits")
        return EditList(tuple(map(_edit, edits)), mirror)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise EditError(f"{name} has an edit that makes no sense ({error!s:.60}).", _HINT) from error


def _refuse_unknown(entry: Mapping[str, Any], names: str) -> None:
    """Refuse what nobody would read: a misspelled name would change nothing, without a word."""
    unknown = sorted(set(entry.keys()) - set(names.split()))
    if unknown:
        raise ValueError(f'"{unknown[0]}" is not known')


def _edit(entry: Mapping[str, Any]) -> Edit:
    _refuse_unknown(entry, "kind start_s stop_s amount ease_s hold_hands ground muted")
    return Edit(
        kind=entry["kind"],
        start_s=_number(entry.get("start_s")),
        stop_s=_number(entry.get("stop_s")),
        amount=_number(entry.get("amount")),
        ease_s=finite_number(entry.get("ease_s", DEFAULT_EASE_S)),
        hold_hands=None if entry.get("hold_hands") is None else _flag(entry["hold_hands"]),
        ground=_ground(entry.get("ground", {})),
        muted=_flag(entry.get("muted", False)),
    )


def _number(value: Any) -> float | None:
    return None if value is None else finite_number(value)


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError("true or false is missing")
    return value


def _ground(entry: Mapping[str, Any]) -> Ground:
    if "heights_m" not in entry:
        _refuse_unknown(entry, "height_m")
        return LevelGround(finite_number(entry.get("height_m", 0.0)))
    _refuse_unknown(entry, "origin_m step_m heights_m")
    x_m, z_m = map(finite_number, entry["origin_m"])
    return GroundMap((x_m, z_m), finite_number(entry["step_m"]), np.array(entry["heights_m"], dtype=np.float64))


def _ground_to_json(ground: Ground) -> dict[str, Any]:
    if isinstance(ground, LevelGround):
        return {"height_m": ground.height_m}
    if isinstance(ground, GroundMap):
        return {"origin_m": list(ground.origin_m), "step_m": ground.step_m, "heights_m": ground.map_m.tolist()}
    raise EditError("A mesh of a scene cannot be saved as the ground of an edit.", "Save a map of its heights.")
