# SPDX-License-Identifier: GPL-3.0-or-later
"""Hold the one live session of this Blender, and what Blender calls while it runs: a timer, and handlers."""

from __future__ import annotations

import atexit
from typing import Any, Final

import bpy

from . import after_undo, dropped
from .countdown import Countdown
from .stage import Stage

_TICK_S: Final[float] = 1 / 60
_running: Final[list[Stage]] = []
"""At most one."""
_countdown: Final[Countdown] = Countdown()


def running() -> Stage | None:
    """Return the session that runs, or that waits for the ends of its takes."""
    return _running[0] if _running else None


def begin(stage: Stage) -> None:
    """Let a session run; one that runs is dropped first."""
    drop()
    _running[:] = [stage]
    for handlers, handler in _handlers():
        handlers.append(handler)
    _countdown.begin(lambda: stage.follows if not stage.ends else ())
    bpy.app.timers.register(_tick, first_interval=_TICK_S)


def forget() -> None:
    """End a session that is done."""
    if _running:
        _leave().close()


def drop() -> None:
    """End the session at once, wherever it is: Blender opens another file, quits, or disables the add-on."""
    if _running:
        _leave().drop()


def _leave() -> Stage:
    """Take back everything that Blender calls."""
    stage = _running.pop()
    after_undo.keep(stage)
    for handlers, handler in _handlers():
        if handler in handlers:
            handlers.remove(handler)
    _countdown.end()
    if bpy.app.timers.is_registered(_tick):
        bpy.app.timers.unregister(_tick)
    return stage


def _tick() -> float | None:
    stage = running()
    if stage is None:
        return None
    if not bpy.app.is_job_running("RENDER"):
        stage.tick()
    return _TICK_S


@bpy.app.handlers.persistent  # type: ignore[untyped-decorator]  # of Blender
def _drop_before_loading(*_arguments: object) -> None:
    if (stage := running()) is not None:
        drop()
        dropped.tell_after_loading(stage.takes)
        after_undo.forget()  # its undo steps are those of the other file


@bpy.app.handlers.persistent  # type: ignore[untyped-decorator]  # of Blender
def _pause(*_arguments: object) -> None:
    if (stage := running()) is not None:
        stage.pause()


@bpy.app.handlers.persistent  # type: ignore[untyped-decorator]  # of Blender
def _go_on(*_arguments: object) -> None:
    if (stage := running()) is not None:
        stage.go_on()


@bpy.app.handlers.persistent  # type: ignore[untyped-decorator]  # of Blender
def _show_again(*_arguments: object) -> None:
    """Show the poses over the animation of a new frame, and over the pose that an undo has brought back."""
    if (stage := running()) is not None:
        stage.show_again()


def _handlers() -> tuple[tuple[Any, Any], ...]:
    """Return each list of Blender with what is in it while a session runs."""
    handlers = bpy.app.handlers
    return (
        (handlers.load_pre, _drop_before_loading),
        (handlers.save_pre, _pause),
        (handlers.save_post, _go_on),
        (handlers.save_post_fail, _go_on),
        (handlers.render_init, _pause),
        (handlers.render_complete, _go_on),
        (handlers.render_cancel, _go_on),
        (handlers.frame_change_post, _show_again),
        (handlers.undo_post, _show_again),
        (handlers.redo_post, _show_again),
    )


atexit.register(drop)
