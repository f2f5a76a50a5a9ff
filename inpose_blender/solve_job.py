# SPDX-License-Identifier: GPL-3.0-or-later
"""Follow one solve from start to finish in small steps that never wait, or in one go. No bpy here.

The process is kept warm between jobs: loading torch takes seconds, the next solve should not.
"""

from __future__ import annotations

import atexit
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from .core import CancelledError, InPoseError, Motion, Skeleton, WorkerError, errors
from .interpreter import Interpreter
from .runtime import Runtime, Unpacking, start_unpacking
from .solver_process import PROTOCOL, Message, SolverProcess

_START_LIMIT_S: Final[float] = 180.0
"""The first import of torch can take a minute on a cold disk with a virus scanner."""
_CANCEL_LIMIT_S: Final[float] = 3.0
_STEP_S: Final[float] = 0.02


@dataclass(frozen=True)
class SolveRequest:
    """Hold what the solver is asked for; the meaning of each field is the core's."""

    recording: Path
    skeleton: Skeleton
    stature_m: float | None = None
    pose: str | None = None
    device: str = "auto"
    guidance: str | None = None
    steps: int | None = None
    temperature: float | None = None
    seed: int = 0

    def as_params(self, output: Path) -> dict[str, Any]:
        """Return the parameters of the message ``solve``."""
        return {
            "recording": str(self.recording),
            "offsets_m": self.skeleton.offsets_m.tolist(),
            "stature_m": self.stature_m,
            "pose": self.pose,
            "device": self.device,
            "guidance": self.guidance,
            "steps": self.steps,
            "temperature": self.temperature,
            "seed": self.seed,
            "output": str(output),
        }


@dataclass(frozen=True)
class SolveOutcome:
    """Hold a finished solve."""

    motion: Motion
    mean_hand_error_m: float | None
    notes: tuple[str, ...]


class SolveJob:
    """Solve one recording: call `step` until `done`, then take the `outcome`.

    Args:
        request: what to solve.
        interpreters: those to try, best first.
    """

    def __init__(self, request: SolveRequest, interpreters: Sequence[Interpreter]) -> None:
        self.fraction = 0.0
        self.text = "Starting the solver"
        self._request = request
        self._waiting = list(interpreters)
        self._failures: list[str] = []
        self._folder = tempfile.TemporaryDirectory(prefix="inpose-", ignore_cleanup_errors=True)
        self._id: int | None = None
        self._process: SolverProcess | None = None
        self._unpacking: Unpacking | None = None
        self._limit = 0.0
        self._cancelled = False
        self._outcome: SolveOutcome | None = None
        self._error: InPoseError | None = None

    @property
    def done(self) -> bool:
        """Say whether there is nothing left to wait for."""
        return self._outcome is not None or self._error is not None

    @property
    def outcome(self) -> SolveOutcome:
        """Return the result of a job that is done.

        Raises:
            InPoseError: the job failed or was cancelled.
        """
        if self._error is not None:
            raise self._error
        assert self._outcome is not None, "the job is not done"
        return self._outcome

    def step(self) -> bool:
        """Take up what the process has said; return whether there is something new to show."""
        if self.done:
            return False
        before = (self.fraction, self.text)
        try:
            self._step()
        except InPoseError as error:
            self._error = error
        except (TypeError, ValueError) as error:
            self._error = WorkerError("The solver gave an answer that makes no sense.", "Install the add-on again.")
            self._error.add_note(repr(error))
        if self.done:
            self._folder.cleanup()
        return self.done or before != (self.fraction, self.text)

    def cancel(self) -> None:
        """Ask for the end of the job; it is `done` within a few seconds, come what may."""
        if self.done or self._cancelled:
            return
        self._cancelled = True
        self.text = "Cancelling"
        if self._process is not None and self._id is not None:
            self._process.cancel(self._id)
            self._limit = time.monotonic() + _CANCEL_LIMIT_S
        else:
            self._finish(CancelledError())  # it had not begun; the process goes on warming up

    def wait(self) -> None:
        """Work until the job is done; for scripts and background runs."""
        while not self.done:
            self.step()
            time.sleep(_STEP_S)

    def _step(self) -> None:
        if self._process is None:
            self._start_next()
            return
        for message in self._process.poll():
            if self._id is None:
                self._on_start_message(message)
            elif message.get("id") == self._id:
                self._on_reply(message)
            if self.done or self._process is None:
                return
        if self._id is None and self._process.ready is not None:
            self._send_request()
        if self._limit and time.monotonic() > self._limit:
            self._on_limit()

    def _start_next(self) -> None:
        if not self._waiting:
            raise WorkerError(
                "The solver could not be started: " + " ".join(self._failures),
                "Set a Python that has PyTorch in the add-on's preferences.",
            )
        interpreter = self._waiting[0]
        if interpreter.runtime is not None and not interpreter.runtime.ready:
            self._unpack(interpreter.runtime)
            return
        try:
            self._process = _warm_process(interpreter)
        except WorkerError as error:
            self._give_up_on_interpreter(error.message)
            return
        self.text, self.fraction = "Starting the solver", 0.0
        self._limit = time.monotonic() + _START_LIMIT_S
        if self._process.ready is not None:
            self._send_request()

    def _on_start_message(self, message: Message) -> None:
        if message["event"] == "ready" and message.get("protocol") != PROTOCOL:
            stop_warm_process()
            raise WorkerError(
                "The solver is of another version than the add-on.", "Install the add-on again, as a whole."
            )
        if message["event"] in ("error", "end"):
            self._give_up_on_interpreter(_with_details(message))

    def _unpack(self, runtime: Runtime) -> None:
        """Follow the unpacking of the bundled packages; another job, or a cancelled one, may have begun it."""
        if self._unpacking is None:
            self._unpacking = start_unpacking(runtime)
        self.text, self.fraction = "Unpacking the solver, only this once", self._unpacking.fraction
        if self._unpacking.done and not runtime.ready:
            error = self._unpacking.error or WorkerError("It was removed again.", "")
            self._give_up_on_interpreter(f"{error.message} {error.hint}")

    def _give_up_on_interpreter(self, reason: str) -> None:
        self._failures.append(f"{self._waiting.pop(0).label}: {reason}")
        stop_warm_process()
        self._process = None

    def _send_request(self) -> None:
        assert self._process is not None
        self._limit = 0.0
        self.text = "Solving"
        self._id = self._process.request("solve", self._request.as_params(Path(self._folder.name) / "motion.npz"))

    def _on_reply(self, message: Message) -> None:
        if message["event"] == "progress":
            self.fraction = min(max(float(message.get("fraction", 0.0)), 0.0), 1.0)
            if not self._cancelled:
                self.text = str(message.get("text", self.text))
        elif message["event"] == "error":
            self._finish(error_from_message(message))
        elif self._cancelled:
            self._finish(CancelledError())
        else:
            result = message.get("result") or {}
            error = result.get("mean_hand_error_m")
            self._outcome = SolveOutcome(
                motion=Motion.load_npz(Path(str(result.get("motion")))),
                mean_hand_error_m=None if error is None else float(error),
                notes=tuple(str(note) for note in result.get("notes", ())),
            )
            self.fraction = 1.0

    def _on_limit(self) -> None:
        stop_warm_process()
        if self._cancelled:
            self._finish(CancelledError())
        else:
            self._give_up_on_interpreter(f"it did not get ready within {_START_LIMIT_S:.0f} s.")

    def _finish(self, error: InPoseError) -> None:
        self._error = error
        self._folder.cleanup()


def error_from_message(message: Message) -> InPoseError:
    """Return the typed error that an error message stands for; what it does not name is a `WorkerError`."""
    kind = getattr(errors, str(message.get("kind")), WorkerError)
    if kind is CancelledError:
        return CancelledError()
    if not (isinstance(kind, type) and issubclass(kind, InPoseError)):
        kind = WorkerError
    error = kind(str(message.get("message", "The solver failed.")), str(message.get("hint", "")))
    if message.get("details"):
        error.add_note(str(message["details"]))
    return error


_warm: list[SolverProcess] = []


def _warm_process(interpreter: Interpreter) -> SolverProcess:
    """Return the running process if it is of this interpreter and well, else a new one."""
    if _warm and _warm[0].alive and _warm[0].command == interpreter.command:
        return _warm[0]
    stop_warm_process()
    _warm.append(SolverProcess(interpreter.command, interpreter.environment))
    return _warm[0]


def stop_warm_process() -> None:
    """End the solver process, if one is running: at unregistering, at exit, and when it does not answer."""
    while _warm:
        _warm.pop().stop()


def _with_details(message: Message) -> str:
    last_words = str(message.get("details", "")).strip().splitlines()[-1:]
    return " ".join([str(message.get("message", "it ended.")), *last_words])


atexit.register(stop_warm_process)
