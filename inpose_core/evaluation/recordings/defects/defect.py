# SPDX-License-Identifier: Apache-2.0
"""Describe a defect: how it spoils a take, where, and which findings tell it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from ....options.reading import ReadOptions
from ....recording.findings import FindingKind
from ..devices import Take
from ..loggers.logger import Logger
from ..performance import CalibrationStance, Posture

CLEAN_KINDS: Final[frozenset[str]] = frozenset({"clean_posed", "clean_unposed"})
"""Takes without a defect: every finding that alarms is a false one."""


@dataclass(frozen=True)
class Damage:
    """Say where a take is spoilt, and which findings tell it."""

    fits: frozenset[FindingKind]
    device: int | None = None
    """0 head, 1 left, 2 right; None: several, or the whole recording."""
    start_s: float | None = None
    """In the file's time from its first frame; None: all of it."""
    stop_s: float | None = None


@dataclass(frozen=True)
class Damaged:
    """Hold a spoilt take, and how it is written."""

    take: Take
    logger: Logger
    damages: tuple[Damage, ...]
    truth_from_s: float = 0.0
    """The file's time at which the performance begins."""
    reading: ReadOptions | None = None
    """What the user says of a file that the kind writes itself; None: what the scene says of its logger."""


@dataclass(frozen=True)
class Limits:
    """Set how far a right solution may be from the truth, on average over the frames that can be right."""

    place_m: float = 0.03
    """Of head, wrists and pelvis."""
    turn_deg: float = 8.0
    """Of head and wrists."""
    over_clean: bool = True
    """True: more than the clean take's own error. False: the error itself."""
    pelvis_m: float | None = None
    """Limit of the pelvis. None: `place_m` if errors count over the clean take, else twice as much, because no device
    shows the pelvis."""
    feet_m: float | None = None
    """Of knees and ankles; None: they are not judged."""

    @property
    def places_m(self) -> tuple[float, float, float, float]:
        """Return the limits of head, left and right wrist, and pelvis."""
        pelvis_m = self.pelvis_m if self.pelvis_m is not None else self.place_m * (1.0 if self.over_clean else 2.0)
        return self.place_m, self.place_m, self.place_m, pelvis_m


NOT_TRACKED: Final[frozenset[FindingKind]] = frozenset(
    (
        "no_pose",
        "frozen",
        "position_stuck",
        "at_head",
        "parked",
        "at_origin",
        "out_of_reach",
        "never_tracked",
        "another_device",
        "not_worn",
    )
)
"""Findings that say of a device that it was not tracked: any of them tells that its track is not motion there."""

WITHIN_DAMAGE: Final[Limits] = Limits(0.06, 20.0)
"""For a device's joint in the stretch in which it is spoilt: what the solver computes without data is not exact."""

Inflict = Callable[[Take, Logger, np.random.Generator], Damaged]


@dataclass(frozen=True)
class Defect:
    """Name a kind of defect."""

    kind: str
    group: str
    sentence: str
    """What happens, for the table."""
    inflict: Inflict
    calibration: CalibrationStance | None = None
    """The calibration pose that the performer strikes; None: most performers strike a good one."""
    posture: Posture = "standing"
    hanging_arms: bool = False
    limits: Limits = field(default_factory=Limits)
    must_tell: bool = False
    """A part of the file is no motion or is not solved, so a right motion in the rest is not enough."""
    refusal_tells: str | None = None
    """A pattern of sentences that refuse the file and say rightly what is wrong; None: it should be read."""
    floor_is_free: bool = False
    """The level of the solved floor is not judged."""
    controllers: tuple[str, ...] | None = None
    """None: all kinds take turns."""
    pose_said: bool | None = None
    """Whether the user says the kind of the hand poses; None: some do."""


def fitting(*kinds: FindingKind) -> frozenset[FindingKind]:
    """Return the kinds of findings that tell a damage."""
    return frozenset(kinds)


def draw_span(take: Take, random: np.random.Generator, least_s: float, most_s: float) -> tuple[float, float]:
    """Return a span after the calibration pose and before the last second."""
    first_s, last_s = take.posed_until_s + 0.5, take.duration_s - 1.0
    length_s = min(float(random.uniform(least_s, most_s)), 0.6 * (last_s - first_s))
    start_s = float(random.uniform(first_s, last_s - length_s))
    return start_s, start_s + length_s


def draw_hand(random: np.random.Generator) -> int:
    """Return 1 or 2."""
    return int(random.integers(1, 3))
