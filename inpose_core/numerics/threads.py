# SPDX-License-Identifier: Apache-2.0
"""Share work over the processor's cores."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

Part = TypeVar("Part")
Made = TypeVar("Made")


def map_parts(function: Callable[[Part], Made], parts: Sequence[Part]) -> list[Made]:
    """Return what the function makes of each part, in order."""
    return [function(part) for part in parts]
