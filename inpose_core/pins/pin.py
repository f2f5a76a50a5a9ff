# SPDX-License-Identifier: Apache-2.0
"""Say what an animator asks of a motion: where a joint is (`Pin`), when a foot stands (`PinnedStance`), and where
somebody sits (`PinnedSeat`).

Times are those of the recording, in seconds. Places are in the world of the motion: Y up, metres, in the size of the
character.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from ..body.joint_names import JOINT_NAMES
from ..errors import PinError

FEET: Final[tuple[str, str]] = ("left", "right")
DEFAULT_EASE_S: Final[float] = 1 / 3
"""Time in which a motion goes to a pin, and leaves it."""
LONGEST_EASE_S: Final[float] = 5.0
SEAT_EASE_S: Final[float] = 0.6
"""Time in which a body sits down on a pinned seat, and gets up."""

Vector = tuple[float, float, float]
Quaternion = tuple[float, float, float, float]


@dataclass(frozen=True)
class PinKey:
    """Hold a joint's pose at one time of a pin."""

    at_s: float
    position_m: Vector | None = None
    """Place of the joint."""
    rotation_wxyz: Quaternion | None = None
    """Global rotation of the joint; the identity in a T-pose that faces +Z."""


@dataclass(frozen=True)
class Pin:
    """Ask for a joint's position, rotation, or both, at one frame or over a stretch of time.

    Raises:
        PinError: there is no such joint, the times are in disorder, or nothing is pinned.
    """

    joint: str
    """One of `JOINT_NAMES`."""
    start_s: float
    stop_s: float
    """Equal to the start if the pin is for one frame."""
    keys: tuple[PinKey, ...]
    """In the order of time; between two keys, the joint moves straight; before the first and after the last it rests.
    All of them have the same parts."""
    soft: bool = False
    """A soft pin gives in where the rest of the body would have to bend in an unlikely way."""
    ease_s: float = DEFAULT_EASE_S
    """Time in which the motion goes to the pin, and leaves it."""
    while_standing: bool = False
    """Hold the foot for the whole stance around ``start_s``, as far as the body reaches it, if it stands there and the
    pin does not lift it; only for ankles and toe joints, and pins of one frame."""

    def __post_init__(self) -> None:
        if self.joint not in JOINT_NAMES:
            raise PinError(f'"{str(self.joint)[:40]}" is not a joint.', f"The joints are {', '.join(JOINT_NAMES)}.")
        _require_order(f"pin of {self.joint}", self.start_s, self.stop_s, self.keys)
        if not 0 <= self.ease_s <= LONGEST_EASE_S:
            raise PinError(
                f"The ease of the pin of {self.joint} is {self.ease_s:g} s.", f"Choose 0 to {LONGEST_EASE_S:g} s."
            )
        parts = {(key.position_m is not None, key.rotation_wxyz is not None) for key in self.keys}
        if len(parts) != 1 or parts == {(False, False)}:
            raise PinError(
                f"The pin of {self.joint} has no position and no rotation.",
                "Give at least one of them, the same in every key.",
            )

    @property
    def has_position(self) -> bool:
        """Return whether the pin says where the joint is."""
        return self.keys[0].position_m is not None

    @property
    def has_rotation(self) -> bool:
        """Return whether the pin says how the joint is turned."""
        return self.keys[0].rotation_wxyz is not None

    @property
    def rests(self) -> bool:
        """Return whether the pin holds the joint in one place for more than a frame."""
        return self.has_position and len(self.keys) == 1 and self.stop_s > self.start_s

    @property
    def reach_s(self) -> tuple[float, float]:
        """Return the time that the pin changes, with its ease."""
        return self.start_s - self.ease_s, self.stop_s + self.ease_s


@dataclass(frozen=True)
class PinnedStance:
    """Say that a foot stands on the ground from a time to another, or that it does not.

    Raises:
        PinError: there is no such foot, or the times are in disorder.
    """

    foot: str
    """One of `FEET`."""
    start_s: float
    stop_s: float
    stands: bool = True
    """False: the foot does not stand, whatever the solver thinks."""

    def __post_init__(self) -> None:
        if self.foot not in FEET:
            raise PinError(f'"{str(self.foot)[:40]}" is not a foot.', "A foot is left or right.")
        if not (math.isfinite(self.start_s) and math.isfinite(self.stop_s)) or self.stop_s <= self.start_s:
            raise PinError(f"The stance of the {self.foot} foot ends before it starts.", "Give the earlier time first.")

    @property
    def reach_s(self) -> tuple[float, float]:
        """Return the time that the stance changes."""
        return self.start_s - DEFAULT_EASE_S, self.stop_s + DEFAULT_EASE_S


@dataclass(frozen=True)
class PinnedSeat:
    """Say that the body sits from a time to another: the pelvis on a seat, thighs and feet as people sit.

    Raises:
        PinError: the times are in disorder, or a key has no position.
    """

    start_s: float
    stop_s: float
    keys: tuple[PinKey, ...]
    """The point of the seat below the pelvis, in the order of time; as the keys of a `Pin`, without rotations."""

    def __post_init__(self) -> None:
        _require_order("seat", self.start_s, self.stop_s, self.keys)
        if not self.keys or any(key.position_m is None or key.rotation_wxyz is not None for key in self.keys):
            raise PinError("A seat needs a position in every key, and no rotation.", "Say where the seat is.")

    @property
    def reach_s(self) -> tuple[float, float]:
        """Return the time that the seat changes."""
        return self.start_s - SEAT_EASE_S, self.stop_s + SEAT_EASE_S


@dataclass(frozen=True)
class PinSet:
    """Hold everything that an animator asks of one take."""

    pins: tuple[Pin, ...] = ()
    """If two pins of a joint overlap, the later one in this order counts."""
    stances: tuple[PinnedStance, ...] = ()
    """If two stances of a foot overlap, the later one in this order counts."""
    seats: tuple[PinnedSeat, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.pins or self.stances or self.seats)

    def changes_from(self, other: PinSet) -> list[tuple[float, float]]:
        """Return the stretches of time, with ease, in which the two sets ask for different things; in order, none
        touches another."""
        differ: list[Pin | PinnedStance | PinnedSeat] = [
            *set(self.pins).symmetric_difference(other.pins),
            *set(self.stances).symmetric_difference(other.stances),
            *set(self.seats).symmetric_difference(other.seats),
        ]
        return joined_spans(entry.reach_s for entry in differ)


def joined_spans(spans: Iterable[tuple[float, float]]) -> list[tuple[float, float]]:
    """Return the spans in order; those that touch or overlap have become one."""
    joined: list[tuple[float, float]] = []
    for start, stop in sorted(spans):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(stop, joined[-1][1]))
        else:
            joined.append((start, stop))
    return joined


def _require_order(what: str, start_s: float, stop_s: float, keys: tuple[PinKey, ...]) -> None:
    times = (start_s, stop_s, *(key.at_s for key in keys))
    if not all(map(math.isfinite, times)) or stop_s < start_s:
        raise PinError(f"The {what} ends before it starts.", "Give the earlier time first.")
    if list(times[2:]) != sorted(times[2:]):
        raise PinError(f"The keys of the {what} are not in the order of time.", "Sort them.")
