# SPDX-License-Identifier: Apache-2.0
"""Store the finished jobs of a batch, line by line, so that the next batch continues where a killed one stopped."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ..errors import InPoseError
from ..system.output import append_line
from ..system.safe_files import parse_json
from .fingerprint import hash_of_file
from .jobs import Job
from .result import JobResult


@dataclass(frozen=True)
class Ledger:
    """Keep the outcomes of solved jobs in a file of JSON lines, each with the fingerprint of its inputs."""

    path: Path

    def read(self) -> dict[str, JobResult]:
        """Return the last outcome by fingerprint; a line that was cut off by a kill is skipped."""
        try:
            lines = self.path.read_text(encoding="utf-8", errors="replace").splitlines()
        except OSError:
            return {}
        entries = (_entry(line) for line in lines)
        return dict(filter(None, entries))

    def add(self, fingerprint: str, result: JobResult) -> None:
        """Add an outcome as a complete line or not at all.

        Raises:
            OutputError: the file cannot be written.
        """
        append_line(self.path, json.dumps({"fingerprint": fingerprint, "result": result.to_dict()}))


def still_done(job: Job, done: JobResult | None) -> JobResult | None:
    """Return the outcome of an earlier batch, if its output is still what that batch wrote."""
    if done is None or done.status != "solved":
        return None
    try:
        same = hash_of_file(job.output) == done.output_sha256
    except InPoseError:
        return None
    kept = replace(done, recording=str(job.recording), output=str(job.output), status="unchanged")
    return kept if same else None


def _entry(line: str) -> tuple[str, JobResult] | None:
    try:
        entry: Mapping[str, Any] = parse_json(line.encode())
        return str(entry["fingerprint"]), JobResult.from_dict(entry["result"])
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
