# SPDX-License-Identifier: Apache-2.0
"""Give jobs to a Ray cluster: many machines, one actor for each core or graphics card.

An actor loads the prior once. If an actor or its machine is lost, Ray starts it again, and its job is tried once more.
If the program that runs the batch is lost, the same command continues where it stopped, by the ledger.
"""

from __future__ import annotations

import socket
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

from ..errors import InPoseError
from .jobs import Job
from .result import JobResult
from .work import failed

LOCAL: Final[str] = "local"
"""The address that means a cluster of this computer alone, which ends with the batch."""
_TRIES: Final[int] = 2
_ANSWERS_WITHIN_S: Final[float] = 10.0


def solve_on_ray(
    jobs: Sequence[Job],
    on_progress: Callable[[int, float], None],  # noqa: ARG001 (as `solve_in_processes`; Ray tells only of ends)
    address: str,
    processes: int | None = None,
) -> Iterator[tuple[int, JobResult]]:
    """Yield each job's index and outcome, in the order in which they end.

    Args:
        jobs: what to do; with paths that every machine can read.
        on_progress: not called.
        address: of the cluster, "auto", or `LOCAL`.
        processes: how many actors; by default one for each graphics card, or for each core without any.

    Raises:
        InPoseError: Ray is not installed, or the cluster cannot be reached.
    """
    ray = _connected(address, processes)
    try:
        yield from _solve(ray, jobs, processes)
    finally:
        ray.shutdown()


def _connected(address: str, processes: int | None) -> Any:
    try:
        import ray  # noqa: PLC0415 (optional dependency)
    except ImportError as error:
        raise InPoseError("Ray is not installed.", 'Install it: pip install "inpose[ray]".') from error
    try:
        _require_answer(address)
        if address == LOCAL:
            ray.init(num_cpus=processes, include_dashboard=False, log_to_driver=False)
        else:
            ray.init(address=address, log_to_driver=False)
    except (OSError, RuntimeError, ValueError) as error:
        raise InPoseError(f"The Ray cluster {address} cannot be reached: {error}.", "Check the address.") from error
    return ray


def _require_answer(address: str) -> None:
    """Ask the cluster's port: Ray itself waits for minutes where nobody answers.

    Raises:
        OSError: nobody answers.
    """
    host, _, port = address.rpartition("://")[2].rpartition(":")
    if host and port.isdecimal():
        socket.create_connection((host, int(port)), _ANSWERS_WITHIN_S).close()


def _solve(ray: Any, jobs: Sequence[Job], processes: int | None) -> Iterator[tuple[int, JobResult]]:
    resources = ray.cluster_resources()
    graphics_cards = int(resources.get("GPU", 0))
    count = min(len(jobs), processes or graphics_cards or int(resources.get("CPU", 1)))
    actor = ray.remote(num_cpus=1, num_gpus=1 if graphics_cards else 0, max_restarts=-1)(_Solver)
    idle = [actor.remote() for _ in range(count)]
    waiting, tries = deque(range(len(jobs))), [0] * len(jobs)
    running: dict[Any, tuple[int, Any]] = {}
    while waiting or running:
        while waiting and idle:
            solver, index = idle.pop(), waiting.popleft()
            running[solver.solve.remote(jobs[index])] = index, solver
        (ended,), _ = ray.wait(list(running), num_returns=1)
        index, solver = running.pop(ended)
        idle.append(solver)
        try:
            yield index, ray.get(ended)
        except ray.exceptions.RayError as error:
            tries[index] += 1
            if tries[index] < _TRIES:
                waiting.append(index)
            else:
                reason = str(error).strip().splitlines()[0]
                yield index, failed(jobs[index], f"The solver was lost, twice: {reason}", "Try it on another machine.")


class _Solver:
    """Be an actor: solve jobs with one prior."""

    def __init__(self) -> None:
        from ..prior.checkpoint import load_prior  # noqa: PLC0415 (the driver computes nothing)

        self._prior = load_prior()

    def solve(self, job: Job) -> JobResult:
        """Return the outcome of a job."""
        from ..numerics.threads import alone  # noqa: PLC0415
        from .work import do_job  # noqa: PLC0415

        with alone():
            return do_job(job, self._prior, lambda _share: None)
