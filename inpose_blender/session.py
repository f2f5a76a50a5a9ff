# SPDX-License-Identifier: GPL-3.0-or-later
"""Hold what belongs to the running Blender and to no file: the queue of solves, the takes in memory. No bpy here."""

from __future__ import annotations

from typing import Final

from .solve.queue import SolveQueue
from .takes.memory import TakeMemory

QUEUE: Final[SolveQueue] = SolveQueue()
TAKES: Final[TakeMemory] = TakeMemory()
