# SPDX-License-Identifier: GPL-3.0-or-later
"""Run while Blender draws: the timer of such operators, and the bake of the solving and baking ones."""

from __future__ import annotations

import time
from typing import Any, Final

import bpy

from .redraw import redraw_panels
from .running import clear_status_text, note_ended, note_running

IDLE_TIMER_S: Final[float] = 0.1
BAKE_TIMER_S: Final[float] = 0.01
_BUDGET_S: Final[float] = 0.015
"""Longest work in one tick; Blender needs the rest of the time to draw."""
_HARMLESS: Final[frozenset[str]] = frozenset({"MOUSEMOVE", "INBETWEEN_MOUSEMOVE", "WINDOW_DEACTIVATE"})


def is_playing(context: bpy.types.Context) -> bool:
    """Say whether an animation is playing in any window: then Esc ends that, and nothing else."""
    return any(window.screen.is_animation_playing for window in context.window_manager.windows)


class ModalTimer:
    """Hold the timer of a modal operator that has a method ``cancel``; mixed into operators."""

    _timer: Any = None

    def begin_modal(self, context: bpy.types.Context, seconds: float) -> None:
        """Start the timer; an earlier one is replaced."""
        self.end_timer(context)
        self._timer = context.window_manager.event_timer_add(seconds, window=context.window)
        note_running(self)

    def end_timer(self, context: bpy.types.Context) -> None:
        """Remove the timer: the operator ends."""
        note_ended(self)
        if self._timer is not None:
            context.window_manager.event_timer_remove(self._timer)
            self._timer = None


class ModalBake(ModalTimer):
    """Work on the bake of a modal operator; mixed into operators."""

    # Blender evaluates annotations of operators, and BakeJob is not loaded then.
    _bake: Any = None

    def go_on_baking(self, event: bpy.types.Event) -> set[str]:
        """Work on the bake for one tick; block events that could change the scene meanwhile."""
        assert self._bake is not None
        if event.type == "TIMER":
            until = time.perf_counter() + _BUDGET_S
            while not self._bake.done and time.perf_counter() < until:
                self._bake.step()
        return {"PASS_THROUGH"} if event.type in _HARMLESS or event.type.startswith("TIMER") else {"RUNNING_MODAL"}

    def abandon(self, context: bpy.types.Context) -> None:
        """Undo the unfinished bake, because Blender ends the operator."""
        if self._bake is not None and not self._bake.done:
            self._bake.cancel()
        self.end_timer(context)
        clear_status_text()
        redraw_panels()
