# SPDX-License-Identifier: GPL-3.0-or-later
"""Compute in a thread while a generator goes on pausing, so that Blender can draw. No bpy here."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator
from typing import Any, Final

_STEP_S: Final[float] = 0.002


def in_thread(work: Callable[[], Any]) -> Generator[None, None, Any]:
    """Run a function that does not use Blender in a thread, and pause until it has ended; raise the error that it
    raises."""
    outcome: list[Any] = []
    failure: list[BaseException] = []

    def run() -> None:
        try:
            outcome.append(work())
        except BaseException as error:  # it is raised again below, where somebody can hear it
            failure.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    yield
    while thread.is_alive():
        thread.join(_STEP_S)
        yield
    if failure:
        raise failure[0]
    return outcome[0]
