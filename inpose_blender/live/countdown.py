# SPDX-License-Identifier: GPL-3.0-or-later
"""Draw the countdown large into the 3D Views: the performer stands some metres away."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import blf
import bpy

from ..ui.translate import tr
from .job import Follow

_FONT: Final[int] = 0
_NUMBER_SHARE: Final[float] = 0.3
"""Size of the number over the height of the view."""
_TEXT_SHARE: Final[float] = 0.06
_COUNTING: Final[tuple[float, float, float, float]] = (1.0, 0.83, 0.3, 1.0)
_HOLDING: Final[tuple[float, float, float, float]] = (0.4, 0.85, 0.45, 1.0)


class Countdown:
    """Draw from `begin` to `end`."""

    def __init__(self) -> None:
        self._handler: Any = None

    def begin(self, follows: Callable[[], Sequence[Follow]]) -> None:
        """Start to draw how the performers are followed."""
        self.end()
        if not bpy.app.background:
            self._handler = bpy.types.SpaceView3D.draw_handler_add(_draw, (follows,), "WINDOW", "POST_PIXEL")

    def end(self) -> None:
        """Stop drawing."""
        if self._handler is not None:
            bpy.types.SpaceView3D.draw_handler_remove(self._handler, "WINDOW")
            self._handler = None


def countdown_of(follows: Sequence[Follow]) -> tuple[str, str, bool] | None:
    """Return the number, what to do, and whether the pose is held now; None if nobody counts."""
    counting = [follow for follow in follows if follow.phase in {"counting", "holding", "measuring"}]
    if not counting:
        return None
    slowest = max(counting, key=lambda follow: (follow.phase == "counting", follow.seconds_left))
    if slowest.phase == "counting":
        return str(max(1, round(slowest.seconds_left + 0.5))), tr("Take a T-pose"), False
    if slowest.phase == "holding":
        return str(max(1, round(slowest.seconds_left + 0.5))), tr("Hold the T-pose"), True
    return "", tr("Measuring"), True


def _draw(follows: Callable[[], Sequence[Follow]]) -> None:
    shown = countdown_of(follows())
    region = bpy.context.region
    if shown is None or region is None:
        return
    number, text, holds = shown
    blf.enable(_FONT, blf.SHADOW)
    blf.shadow(_FONT, 5, 0.0, 0.0, 0.0, 0.8)
    blf.color(_FONT, *(_HOLDING if holds else _COUNTING))
    _centred(region, number, _NUMBER_SHARE, 0.5)
    _centred(region, text, _TEXT_SHARE, 0.4)
    blf.disable(_FONT, blf.SHADOW)


def _centred(region: Any, text: str, share: float, height: float) -> None:
    blf.size(_FONT, share * region.height)
    width, _ = blf.dimensions(_FONT, text)
    blf.position(_FONT, (region.width - width) / 2, height * region.height, 0)
    blf.draw(_FONT, text)
