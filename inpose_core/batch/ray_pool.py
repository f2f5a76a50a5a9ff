# SPDX-License-Identifier: Apache-2.0
"""Give jobs to a Ray cluster: many machines, one actor for each core, and one more for each graphics card.

An actor loads the prior once. The actor of a graphics card denoises the windows of all recordings on its machine
together (`joint_network`). If an actor or its machine is lost, another one starts, and its job is tried once more. If
the program that runs the batch is lost, the same command continues where it stopped, by the ledger.
"""

from __future__ import annotations

import socket
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial
from queue import SimpleQueue
from threading import Thread
from typing import Any, Final

from ..errors import InPoseError
from ..numerics import Backend
from ..prior.network import Denoised
from .jobs import Job, patience_s
from .joint_network import CardLostError, WindowsToDenoise, denoise_together, may_ask_card
from .result import JobResult
from .work import failed

LOCAL: Final[str] = "local"
"""The address that means a cluster of this computer alone, which ends with the batch."""
_TRIES: Final[int] = 2
_ANSWERS_WITHIN_S: Final[float] = 10.0
_DENOISES_WITHIN_S: Final[float] = 120.0
"""A card may need a minute before its first answer."""
_LONGEST_S: Final[float] = 3600.0
_TICK_S: Final[float] = 1.0
_ASK_AT_ONCE: Final[int] = 256


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
        processes: how many recordings at once; by default one for each core.

    Raises:
        InPoseError: Ray is not installed, or the cluster cannot be reached.
    """
    ray = _connected(address, processes)
    try:
        yield from solve_on(ray, jobs, processes)
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


def solve_on(
    ray: Any, jobs: Sequence[Job], processes: int | None, longest_s: float = _LONGEST_S
) -> Iterator[tuple[int, JobResult]]:
    """Yield as `solve_on_ray` does, on a cluster that this program is connected to.

    Args:
        ray: the package.
        jobs: what to do.
        processes: how many recordings at once.
        longest_s: longest time for a job, more for large recordings; then another actor gets it.
    """
    idle = _solvers(ray, min(len(jobs), processes or int(ray.cluster_resources().get("CPU", 1))))
    waiting, tries = deque(range(len(jobs))), [0] * len(jobs)
    running: dict[Any, _Running] = {}
    while waiting or running:
        while waiting and idle:
            place, index = idle.pop(), waiting.popleft()
            until_s = time.monotonic() + patience_s(jobs[index], longest_s)
            running[place.actor.solve.remote(jobs[index])] = _Running(index, place, until_s)
        ended, _ = ray.wait(list(running), num_returns=1, timeout=_TICK_S)
        for task in [*ended, *(one for one, under_way in running.items() if under_way.is_late and one not in ended)]:
            index, place = running[task].index, running[task].place
            del running[task]
            try:
                result = ray.get(task, timeout=0 if task in ended else _TICK_S)
            except ray.exceptions.RayError as error:
                # Ray's own restart would refuse further jobs until it is over.
                idle.append(place.with_new_actor(ray))
                tries[index] += 1
                if tries[index] < _TRIES:
                    waiting.append(index)
                else:
                    yield index, _lost(jobs[index], error)
                continue
            idle.append(place)
            yield index, result


def _lost(job: Job, error: Exception) -> JobResult:
    reason = str(error).strip().splitlines()[0]
    return failed(job, f"The solver was lost, twice: {reason}", "Try it on another machine.")


@dataclass(frozen=True)
class _Running:
    """Hold a job under way, and when it must have ended."""

    index: int
    place: _Place
    until_s: float

    @property
    def is_late(self) -> bool:
        return time.monotonic() > self.until_s


@dataclass(frozen=True)
class _Place:
    """Hold an actor that solves, and how to start another one in its place."""

    start: Callable[[], Any]
    actor: Any

    @classmethod
    def opened(cls, start: Callable[[], Any]) -> _Place:
        return cls(start, start())

    def with_new_actor(self, ray: Any) -> _Place:
        ray.kill(self.actor)
        return _Place.opened(self.start)


def _solvers(ray: Any, most: int) -> list[_Place]:
    """Start actors that solve, as many as there are cores; on a machine with graphics cards, they share these."""
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy  # noqa: PLC0415 (optional dependency)

    places: list[_Place] = []
    for node in [one for one in ray.nodes() if one["Alive"]]:
        # Soft: an actor whose machine is lost starts on another one.
        here = NodeAffinitySchedulingStrategy(node_id=node["NodeID"], soft=True)
        cores, cards = (int(node["Resources"].get(kind, 0)) for kind in ("CPU", "GPU"))
        count = min(cores, most - len(places))
        card = ray.remote(num_cpus=0, num_gpus=1, max_restarts=-1, max_concurrency=_ASK_AT_ONCE)(_Card)
        denoise = [card.options(scheduling_strategy=here).remote() for _ in range(min(cards, count))] or [None]
        solver = ray.remote(num_cpus=1)(_Solver).options(scheduling_strategy=here)
        places += [_Place.opened(partial(solver.remote, denoise[number % len(denoise)])) for number in range(count)]
    return places


class _Card:
    """Be an actor: denoise windows on a graphics card; many may ask at once."""

    def __init__(self) -> None:
        from ..options.solve import SolveSettings  # noqa: PLC0415 (the driver computes nothing)
        from ..prior.checkpoint import load_prior  # noqa: PLC0415
        from ..solver.backends import choose_backend  # noqa: PLC0415

        self._backend = choose_backend(SolveSettings(library="torch"))
        self._network = load_prior(backend=self._backend).network
        self._waiting: SimpleQueue[tuple[WindowsToDenoise, Future[Denoised]]] = SimpleQueue()
        Thread(target=self._answer, daemon=True).start()

    def backend(self) -> Backend:
        """Return the library and the device that denoise."""
        return self._backend

    def denoise(self, windows: WindowsToDenoise) -> Denoised:
        """Return the network's output, computed together with what others ask meanwhile."""
        answer: Future[Denoised] = Future()
        self._waiting.put((windows, answer))
        return answer.result()

    def _answer(self) -> None:
        while True:
            asked = [self._waiting.get()]
            while not self._waiting.empty():
                asked.append(self._waiting.get())
            try:
                for at, denoised in denoise_together(self._network, self._backend, [one for one, _ in asked]):
                    asked[at][1].set_result(denoised)
            except (MemoryError, RuntimeError) as error:  # torch's are RuntimeErrors
                for _, answer in asked:
                    if not answer.done():
                        answer.set_exception(CardLostError(str(error)))


class _Solver:
    """Be an actor: solve jobs with one prior."""

    def __init__(self, card: Any) -> None:
        from ..prior.checkpoint import load_prior  # noqa: PLC0415 (the driver computes nothing)

        self._prior, self._card = load_prior(), card
        self._backend: Backend | None = None

    def solve(self, job: Job) -> JobResult:
        """Return the outcome of a job."""
        from ..numerics.threads import alone  # noqa: PLC0415
        from .work import do_job  # noqa: PLC0415

        with alone():
            return do_job(job, self._prior, lambda _share: None, self._ask if self._may_ask(job) else None)

    def _may_ask(self, job: Job) -> bool:
        if self._card is None:
            return False
        import ray  # noqa: PLC0415 (optional dependency)

        try:
            backend: Backend = self._backend or ray.get(self._card.backend.remote(), timeout=_DENOISES_WITHIN_S)
        except ray.exceptions.RayError:
            return False
        self._backend = backend
        return may_ask_card(job.solve, backend)

    def _ask(self, windows: WindowsToDenoise) -> Denoised:
        import ray  # noqa: PLC0415 (optional dependency)

        try:
            answer: Denoised = ray.get(self._card.denoise.remote(windows), timeout=_DENOISES_WITHIN_S)
        except ray.exceptions.RayError as error:
            raise CardLostError(str(error)) from error
        return answer
