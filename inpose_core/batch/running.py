# SPDX-License-Identifier: Apache-2.0
"""Run a batch: skip finished jobs, solve the rest, keep the ledger, and write the report."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..errors import InPoseError
from ..recording.folders import LEDGER_NAME
from ..recording.tables.device_files import ListedFolders
from .fingerprint import fingerprint_of, fingerprint_of_solver
from .jobs import Job, check_jobs
from .ledger import Ledger, still_done
from .result import JobResult
from .work import failed

SolveAll = Callable[[Sequence[Job], Callable[[int, float], None]], Iterable[tuple[int, JobResult]]]
"""Yields each job's index and outcome; tells meanwhile which share of a job is done."""


@dataclass(frozen=True)
class BatchProgress:
    """Say how far a batch is."""

    done: int
    """Jobs that have ended."""
    count: int
    share: float
    """Of all jobs, 0 to 1; those under way count in part."""
    ended: JobResult | None = None
    """The job that has just ended."""


def run_batch(
    jobs: Sequence[Job],
    folder: Path,
    solve_all: SolveAll,
    on_progress: Callable[[BatchProgress], None] = lambda progress: None,  # noqa: ARG005 (nobody listens)
    again: bool = False,
) -> tuple[JobResult, ...]:
    """Return each job's outcome, in the order of the jobs. A job that fails does not stop the others.

    Args:
        jobs: what to solve.
        folder: keeps the ledger.
        solve_all: solves several at once: `solve_in_processes` or `solve_on_ray`, with its number of processes.
        on_progress: called whenever something has happened.
        again: also solve jobs that are done and unchanged.

    Raises:
        InPoseError: a job is invalid (`check_jobs`).
        OutputError: the ledger cannot be written.
    """
    check_jobs(jobs)
    ledger = Ledger(folder / LEDGER_NAME)
    solver, known = fingerprint_of_solver(), {} if again else ledger.read()
    results: dict[int, JobResult] = {}
    fingerprints: dict[int, str] = {}
    shares = [0.0] * len(jobs)
    folders = ListedFolders()

    def tell(ended: JobResult | None = None) -> None:
        on_progress(BatchProgress(len(results), len(jobs), sum(shares) / len(jobs), ended))

    def end(index: int, result: JobResult) -> None:
        results[index], shares[index] = result, 1.0
        tell(result)

    for index, job in enumerate(jobs):
        try:
            fingerprints[index] = fingerprint_of(job, solver, folders)
        except InPoseError as error:
            end(index, failed(job, error.message, error.hint))
            continue
        if (kept := still_done(job, known.get(fingerprints[index]))) is not None:
            end(index, kept)
    rest = [index for index in range(len(jobs)) if index not in results]

    def on_share(position: int, share: float) -> None:
        shares[rest[position]] = share
        tell()

    for position, result in solve_all([jobs[index] for index in rest], on_share) if rest else ():
        index = rest[position]
        if result.status == "solved":
            ledger.add(fingerprints[index], result)
        end(index, result)
    return tuple(results[index] for index in range(len(jobs)))
