# SPDX-License-Identifier: Apache-2.0
"""Hold the outcome of a job, for the report and the ledger."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal

Status = Literal["solved", "unchanged", "failed"]
"""Unchanged: an earlier batch solved it from the same files with the same options."""


@dataclass(frozen=True)
class JobResult:
    """Hold one job's outcome. Figures are zero, and lists empty, where it failed."""

    recording: str
    output: str
    status: Status
    message: str = ""
    """Why it failed."""
    hint: str = ""
    frames: int = 0
    seconds: float = 0.0
    """The length of the motion."""
    solve_s: float = 0.0
    """How long reading, solving and writing took."""
    stature_m: float = 0.0
    mean_hand_error_m: float | None = None
    mean_confidence: float = 0.0
    confidence: tuple[float, ...] = ()
    """Over the motion, in at most 60 equal parts."""
    notes: tuple[str, ...] = ()
    findings: tuple[Mapping[str, Any], ...] = ()
    poses_m: tuple[tuple[tuple[float, float], ...], ...] = ()
    """Some poses as drawn on the page: for each, the 22 joints' places from the front, (x, y) about the pelvis."""
    output_sha256: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> JobResult:
        """Return the result that `to_dict` described; unknown keys, of a newer version, are passed over.

        Raises:
            TypeError: a key is missing.
        """
        known = {entry.name for entry in fields(cls)}
        given = {name: _frozen(value) for name, value in values.items() if name in known}
        return cls(**given)


def _frozen(value: Any) -> Any:
    return tuple(_frozen(each) for each in value) if isinstance(value, list) else value
