# SPDX-License-Identifier: Apache-2.0
"""Share the parts of a computation with torch on the CPU over threads of our own, as `threads` does for numpy.

torch shares every single operation over OpenMP's threads, which wait for each other in a loop. Beside two busy
processes, a solve then took 30 times as long. Threads that compute whole parts take at most twice as long there, and
are no slower on a quiet machine. (``OMP_WAIT_POLICY=PASSIVE`` helps as well, but must be set before torch is
loaded.)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import TypeVar

import torch

from . import threads
from .thread_limit import ThreadLimit

Part = TypeVar("Part")
Made = TypeVar("Made")


def map_parts(function: Callable[[Part], Made], parts: Sequence[Part]) -> list[Made]:
    """Return what the function makes of each part, in order, as `threads.map_parts` does; for tensors on the CPU.

    Each of our threads computes alone. The threads keep gradients if the caller does.
    """
    keeps_gradients = torch.is_grad_enabled()

    def in_mode(part: Part) -> Made:
        with torch.set_grad_enabled(keeps_gradients):
            return function(part)

    with torch_limit().one_thread():
        return threads.map_parts(in_mode, parts)


@cache
def torch_limit() -> ThreadLimit:
    """Return the limit of torch's own threads."""
    return ThreadLimit(torch.get_num_threads, torch.set_num_threads)
