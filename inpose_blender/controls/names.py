# SPDX-License-Identifier: GPL-3.0-or-later
"""Read what is known of the IK controls of a rig family: ``families/*.json``, named as the families of `rig`.

All of it is optional: targets and poles are found from the IK constraints. A file says what constraints do not say:

* ``sides``: the words for left and right that replace ``{}``;
* ``body``: the control that turns and moves the whole body above the legs' targets;
* ``centre``: bones above the body for its way on the floor, and for its height (MMD);
* ``limbs``: for ``arm`` and ``leg`` the controls: ``target``, ``pole``, ``toe``; ``heel``, which raises the heel, and
  ``ball``, which turns the foot about its ball, between ``target`` and ``heel``; ``twist``, which turns the skin of the
  lower half about its own axis; ``end``, the bone of the character that the target moves; ``held``, controls between
  the target and the limb that must rest; ``switch``: ``[bone, property, value for IK, value for FK]``; ``settings``:
  further ``[bone, property, value]`` that IK needs, such as stretching off;
* ``copies``: bones without a constraint that must be where a joint is, for a game engine's own IK: ``{bone: joint}``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final, Literal

Setting = tuple[str, str, float]
"""A bone, its custom property, and a value."""

LIMBS: Final[dict[Literal["arm", "leg"], tuple[str, str, str]]] = {
    "arm": ("shoulder", "elbow", "wrist"),
    "leg": ("hip", "knee", "ankle"),
}
"""The joints of each kind of limb."""


@dataclass(frozen=True)
class Switch:
    """Hold the custom property that switches a limb between IK and FK."""

    bone: str
    key: str
    ik: float
    fk: float


@dataclass(frozen=True)
class LimbNames:
    """Hold what a family file says about one limb."""

    target: str | None = None
    pole: str | None = None
    toe: str | None = None
    heel: str | None = None
    ball: str | None = None
    twist: str | None = None
    end: str | None = None
    held: tuple[str, ...] = ()
    switch: Switch | None = None
    settings: tuple[Setting, ...] = ()


@dataclass(frozen=True)
class ControlNames:
    """Hold what is known of the IK controls of a rig family."""

    body: str | None = None
    centre: tuple[str, ...] = ()
    limbs: tuple[tuple[tuple[str, str], LimbNames], ...] = ()
    """For each limb, as (side, kind)."""
    copies: tuple[tuple[str, str], ...] = ()
    """Bones and the joints that they follow."""

    def limb(self, side: str, kind: str) -> LimbNames:
        """Return what is known of a limb: nothing, if the family does not know it."""
        return dict(self.limbs).get((side, kind), LimbNames())


@cache
def control_names(family: str) -> ControlNames:
    """Read the file of a rig family; a family without a file knows nothing."""
    path = Path(__file__).parent / "families" / f"{family}.json"
    if not path.is_file():
        return ControlNames()
    document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    limbs, copies = [], []
    for side, word in zip(("left", "right"), document["sides"], strict=True):
        for kind, table in document.get("limbs", {}).items():
            limbs.append(((side, kind), _limb(table, word)))
        copies += [(bone.replace("{}", word), f"{side}_{joint}") for bone, joint in document.get("copies", {}).items()]
    return ControlNames(
        body=document.get("body"),
        centre=tuple(document.get("centre", ())),
        limbs=tuple(limbs),
        copies=(*copies, *document.get("single_copies", {}).items()),
    )


def _limb(table: Mapping[str, Any], word: str) -> LimbNames:
    def named(value: str | None) -> str | None:
        return None if value is None else value.replace("{}", word)

    switch = None
    if "switch" in table:
        bone, key, ik, fk = table["switch"]
        switch = Switch(bone.replace("{}", word), key, float(ik), float(fk))
    return LimbNames(
        target=named(table.get("target")),
        pole=named(table.get("pole")),
        toe=named(table.get("toe")),
        heel=named(table.get("heel")),
        ball=named(table.get("ball")),
        twist=named(table.get("twist")),
        end=named(table.get("end")),
        held=tuple(bone.replace("{}", word) for bone in table.get("held", ())),
        switch=switch,
        settings=tuple((bone.replace("{}", word), key, float(value)) for bone, key, value in table.get("settings", ())),
    )
