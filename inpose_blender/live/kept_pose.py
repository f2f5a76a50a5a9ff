# SPDX-License-Identifier: GPL-3.0-or-later
"""Change properties of a rig for a while, and give them back exactly as they were."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .posing import BoneValue


class KeptPose:
    """Keep the value of each property before it is changed for the first time."""

    def __init__(self) -> None:
        self._before: dict[str, Any] = {}

    def show(self, armature_object: Any, values: Iterable[BoneValue]) -> None:
        """Change properties. A bone or a property that is gone is left out."""
        for each in values:
            owner, name = _owner(armature_object, each.data_path)
            if owner is None:
                continue
            if each.data_path not in self._before:
                self._before[each.data_path] = _get(owner, name)
            _set(owner, name, each.value)

    def give_back(self, armature_object: Any) -> None:
        """Give all values back; they stay kept, so that the properties can be changed again."""
        for data_path, value in self._before.items():
            owner, name = _owner(armature_object, data_path)
            if owner is not None:
                _set(owner, name, value)


def _owner(armature_object: Any, data_path: str) -> tuple[Any, str]:
    """Return what has the property, or None; a name in brackets is a custom property."""
    if data_path.endswith("]"):
        path, _, key = data_path.rpartition("[")
        name = f"[{key}"
    else:
        path, _, name = data_path.rpartition(".")
    try:
        owner = armature_object.path_resolve(path) if path else armature_object
        armature_object.path_resolve(data_path)
    except ValueError:
        return None, ""
    return owner, name


def _get(owner: Any, name: str) -> Any:
    value = owner.path_resolve(name)
    return value if isinstance(value, (bool, int, float)) else tuple(value)


def _set(owner: Any, name: str, value: Any) -> None:
    if name.startswith("["):
        key = name[2:-2].replace('\\"', '"').replace("\\\\", "\\")
        owner[key] = type(owner[key])(value)
        owner.id_data.update_tag()
    elif isinstance(before := getattr(owner, name), (bool, int, float)):
        setattr(owner, name, type(before)(value))
    else:
        setattr(owner, name, value)
