# SPDX-License-Identifier: GPL-3.0-or-later
"""Make the timeline's stripes from the facts of a recording. Does not import bpy or gpu."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from ..pins.stand_edits import FootStances
from ..takes.clock import RecordingClock

ROWS: Final[tuple[str, ...]] = ("Room", "Head", "Left hand", "Right hand", "Left foot", "Right foot")
"""From top to bottom. The room's row has the calibration pose and what concerns no single device. The feet have rows
only after the solve."""
FIRST_FOOT_ROW: Final[int] = 4

StripeState = Literal["measured", "bridged", "lost", "repaired", "doubted", "pose", "stands", "said"]

_DEVICES: Final[tuple[str, str, str]] = ("head", "left", "right")
_SHORTEST_SHARE: Final[float] = 0.003
"""Shortest stripe, as a part of the recording's length; a shorter one would not be visible."""
_STATES: Final[Mapping[str, StripeState]] = {"repaired": "repaired", "left_to_solver": "lost", "told": "doubted"}


@dataclass(frozen=True)
class Stripe:
    """Hold one stripe of the timeline."""

    row: int
    start_s: float
    stop_s: float
    state: StripeState
    sentence: str = ""
    """The text of the stripe; empty if the colour says it."""


def stripes_of(info: Mapping[str, Any], findings: Iterable[Mapping[str, Any]]) -> tuple[Stripe, ...]:
    """Return the stripes of a recording, those in front last.

    Args:
        info: the worker's description of the recording.
        findings: what is wrong with it, as the worker writes them; those without a time span have no stripe.
    """
    end_s = float(info.get("duration_s") or 0.0)
    if end_s <= 0:
        return ()
    stripes = []
    for row, device in enumerate(_DEVICES, start=1):
        stripes.append(Stripe(row, 0.0, end_s, "measured"))
        for stretch in info.get("unmeasured", {}).get(device, ()):
            stripes.append(_visible(Stripe(row, stretch["start_s"], stretch["stop_s"], stretch["state"]), end_s))
    pose = info.get("calibration_pose")
    if pose:
        words = {"t_pose": "T-pose", "a_pose": "A-pose"}.get(pose.get("kind"), "Calibration pose")
        stripes.append(_visible(Stripe(0, pose["start_s"], pose["stop_s"], "pose", words), end_s))
    for finding in findings:
        start_s, stop_s = span_of(finding, end_s)
        if start_s is not None:
            row = 0 if finding.get("device") is None else int(finding["device"]) + 1
            state = _STATES.get(finding.get("action", ""), "doubted")
            stripes.append(_visible(Stripe(row, start_s, stop_s, state, finding.get("sentence", "")), end_s))
    return tuple(stripes)


def foot_stripes(stances: FootStances, clock: RecordingClock) -> tuple[Stripe, ...]:
    """Return a stripe for each stance of the feet; those that the animator has changed look different."""
    return tuple(
        Stripe(
            FIRST_FOOT_ROW + stance.foot,
            clock.time_of(stance.first),
            clock.time_of(stance.last + 1),
            "said" if stance.is_said else "stands",
        )
        for stance in stances.listed()
    )


def span_of(finding: Mapping[str, Any], end_s: float) -> tuple[float | None, float]:
    """Return the start and the end of a finding; None if it concerns the whole recording."""
    start_s, stop_s = finding.get("start_s"), finding.get("stop_s")
    if start_s is None and stop_s is None:
        return None, end_s
    return float(start_s or 0.0), end_s if stop_s is None else float(stop_s)


def stripe_at(stripes: Sequence[Stripe], row: int, time_s: float) -> Stripe | None:
    """Return the stripe in front at a time, unless all is well there."""
    for stripe in reversed(stripes):
        if stripe.row == row and stripe.start_s <= time_s <= stripe.stop_s and stripe.state != "measured":
            return stripe
    return None


def _visible(stripe: Stripe, end_s: float) -> Stripe:
    shortest_s = _SHORTEST_SHARE * end_s
    if stripe.stop_s - stripe.start_s >= shortest_s:
        return stripe
    return Stripe(stripe.row, stripe.start_s, stripe.start_s + shortest_s, stripe.state, stripe.sentence)
