# SPDX-License-Identifier: Apache-2.0
"""Describe a logger: what it is called, and how it writes a take."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ..devices import Take


@dataclass(frozen=True)
class Logger:
    """Write takes as one application does."""

    name: str
    suffix: str
    write: Callable[[Take], bytes]
