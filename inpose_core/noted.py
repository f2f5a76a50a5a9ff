# SPDX-License-Identifier: Apache-2.0
"""Return a result together with notes for the user."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class Noted(Generic[T]):
    """Hold a stage's result, and sentences about it for the user."""

    value: T
    notes: tuple[str, ...] = ()
