# SPDX-License-Identifier: Apache-2.0
"""Read lines from another process without trusting their length."""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO


def bounded_lines(stream: IO[str], most: int) -> Iterator[str]:
    """Yield the lines of a stream; of a line that is longer than ``most`` characters, only its beginning."""
    begins = True
    while part := stream.readline(most):
        if begins:
            yield part
        begins = part.endswith("\n")
