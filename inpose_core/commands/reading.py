# SPDX-License-Identifier: Apache-2.0
"""Show how InPose reads a recording."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..recording.types import Guess


def guess_lines(guesses: Sequence[Guess]) -> Iterator[str]:
    """Yield a line for each decision: what, its value, who says so and why."""
    if guesses:
        yield "  read as"
    for guess in guesses:
        yield f"    {guess.name:<16} {guess}"
