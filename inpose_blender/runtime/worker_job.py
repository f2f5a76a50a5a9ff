# SPDX-License-Identifier: GPL-3.0-or-later
"""Run one request in small steps that never wait, or in one call. Does not import bpy.

The process stays alive between jobs, because loading torch takes seconds.
"""

from __future__ import annotations

import atexit
import secrets
import shutil
import tempfile
import threading
import time
import weakref
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from ..core import output_error
from ..errors import CancelledError, InPoseError, WorkerError, errors
from ..options import PROTOCOL, __version__
from .interpreter import Interpreter
from .process_slot import ProcessSlot
from .solver_process import Message, SolverProcess
from .watch import Watch, patience_s

_SIGN_LIMIT_S: Final[float] = 60.0
"""A Python gives its first message within this time, even from a cold disk with a virus scanner."""
_START_LIMIT_S: Final[float] = 180.0
"""The first import of torch can take a minute on a cold disk with a virus scanner."""
_CANCEL_LIMIT_S: Final[float] = 3.0
_STEP_S: Final[float] = 0.02
_MOST_RESTARTS: Final[int] = 1


class WorkerJob:
    """Let the solver process answer one request: call `step` until `done`, then take the `outcome`.

    Args:
        method: the request's.
        params: the request's.
        interpreters: those to try, best first.
        folder: folder for the files of the answer; None: a temporary folder, which is removed when the job is done.
        slot: the process; None: the warm one, which all solves share.
    """

    def __init__(
        self,
        method: str,
        params: dict[str, Any],
        interpreters: Sequence[Interpreter],
        folder: Path | None = None,
        slot: ProcessSlot | None = None,
    ) -> None:
        self._slot = slot or _WARM
        self.fraction = 0.0
        self.text = "Starting the solver"
        self._method, self._params = method, params
        self._waiting = list(interpreters)
        self._failures: list[str] = []
        self._remove_scratch: weakref.finalize[..., WorkerJob] | None = None
        if folder is None:
            # Made when the request is sent: from then on the process removes it, should this one die.
            folder = Path(tempfile.gettempdir(), f"inpose-{secrets.token_hex(8)}")
            self._params["scratch"] = str(folder)
            self._remove_scratch = weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
        self.folder = folder.absolute()
        self._id: int | None = None
        self._process: SolverProcess | None = None
        self._limit = 0.0
        self._has_begun = False
        """True after the first message of the process, which shows that it is a Python."""
        self._cancelled = False
        self._watch: Watch | None = None
        self._restarts = 0
        self._reading: threading.Thread | None = None
        self._outcome: Any = None
        self._error: InPoseError | None = None
        self._done = False

    @property
    def done(self) -> bool:
        """Return whether the job has ended."""
        return self._done

    @property
    def outcome(self) -> Any:
        """Return the result of a job that is done.

        Raises:
            InPoseError: the job failed or was cancelled.
        """
        assert self._done, "the job is not done"
        if self._error is not None:
            raise self._error
        return self._outcome

    def step(self) -> bool:
        """Process the new messages of the process; return whether there is something new to show."""
        if self._done:
            return False
        before = (self.fraction, self.text)
        try:
            self._step()
        except InPoseError as error:
            self._finish(error)
        except (TypeError, ValueError) as error:
            self._finish(_makes_no_sense(error))
        return self._done or before != (self.fraction, self.text)

    def cancel(self) -> None:
        """Ask for the end of the job. It is `done` within three seconds in any case."""
        if self._done or self._cancelled:
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
        try:
            while not self._done:
                self.step()
                time.sleep(_STEP_S)
        finally:
            if not self._done:  # Ctrl-C, or a signal to end
                self._slot.stop()  # a file that it is writing would keep the folder from being removed
                self._finish(CancelledError())

    def read_result(self, result: dict[str, Any]) -> Any:
        """Make the outcome from the worker's result; runs in a separate thread, because it may load files.

        Raises:
            InPoseError: a file of the answer is missing or damaged.
        """
        return result

    def _step(self) -> None:
        if self._reading is not None:
            self._wait_for_reading(self._reading)
            return
        if self._process is None:
            self._start_next()
            return
        if self._id is None:
            self._process.look()
            if self._process.ready is not None:
                self._send_request()
            elif self._process.failure is not None or not self._process.alive:
                _refused.add(self._process.command)
                self._give_up_on_interpreter(_with_details(self._process.failure or {}))
            elif self._process.heard and not self._has_begun:
                self._has_begun, self._limit = True, time.monotonic() + _START_LIMIT_S
        else:
            if self._watch is not None and (problem := self._watch.look()):
                self._restart(problem)
                return
            for message in self._process.take(self._id):
                self._on_reply(message)
                if self._done or self._reading is not None:
                    return
        if self._limit and time.monotonic() > self._limit:
            self._on_limit()

    def _wait_for_reading(self, reading: threading.Thread) -> None:
        """End the job when its answer is read; who cancels meanwhile wants no answer, and waits no longer than told."""
        late = self._cancelled and self._limit and time.monotonic() > self._limit
        if late or not reading.is_alive():
            self._finish(CancelledError() if self._cancelled else self._error)

    def _start_next(self) -> None:
        if not self._waiting:
            raise WorkerError(
                "The solver could not be started: " + " ".join(self._failures),
                "In the add-on's preferences, choose a Python 3.11 or newer that has NumPy.",
            )
        if self._waiting[0].command in _refused and len(self._waiting) > 1:
            self._waiting.pop(0)  # it would end the process that works, and fail again
            return
        try:
            self._process = self._slot.started(self._waiting[0])
        except WorkerError as error:
            self._give_up_on_interpreter(error.message)
            return
        self._has_begun = False
        self._limit = time.monotonic() + _SIGN_LIMIT_S
        if self._process.ready is not None:
            self._send_request()

    def _give_up_on_interpreter(self, reason: str) -> None:
        self._failures.append(f"{self._waiting.pop(0).label}: {reason}")
        # Another job may have started another process in the meantime: that one is not at fault.
        if self._process is None or self._slot.holds(self._process):
            self._slot.stop()
        self._process = None

    def _send_request(self) -> None:
        assert self._process is not None
        self._check_version(self._process.ready or {})
        self._limit = 0.0
        self.text = "Solving"
        self._make_scratch_folder()
        self._id = self._process.request(self._method, self._params)
        self._watch = Watch(self._process, patience_s(Path(str(self._params.get("recording", "")))))

    def _check_version(self, said: Message) -> None:
        """Compare the version that is loaded here with that on the disk, which the process has just loaded.

        Raises:
            WorkerError: they differ.
        """
        if (said.get("protocol"), said.get("version")) != (PROTOCOL, __version__):
            self._slot.stop()
            raise WorkerError(
                "The solver and the add-on have different versions.",
                "Restart Blender: the add-on was updated while Blender was open.",
            )

    def _restart(self, problem: str) -> None:
        """Ask a new process once more, because the machine may only have slept or swapped."""
        assert self._process is not None
        if not self._process.is_given_up:
            self._process.give_up()
        if self._slot.holds(self._process):
            self._slot.stop()
        self._process = self._id = None
        self._restarts += 1
        if self._cancelled:
            raise CancelledError
        if self._restarts > _MOST_RESTARTS:
            raise WorkerError(
                f"The solver {problem}, and did so again after a restart.",
                "Set Device to Processor in the add-on's preferences, or solve a part of the recording.",
            )

    def _make_scratch_folder(self) -> None:
        if self._remove_scratch is not None:
            try:
                self.folder.mkdir(mode=0o700, exist_ok=self._restarts > 0)
            except OSError as error:
                raise output_error(self.folder, error) from error

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
            self._reading = threading.Thread(target=self._read, args=(message.get("result") or {},), daemon=True)
            self._reading.start()

    def _read(self, result: dict[str, Any]) -> None:
        try:
            self._outcome = self.read_result(result)
        except InPoseError as error:
            self._error = error
        except (TypeError, ValueError, KeyError, AttributeError) as error:
            self._error = _makes_no_sense(error)

    def _on_limit(self) -> None:
        if self._cancelled:
            self._slot.stop()
            self._finish(CancelledError())
        else:
            limit_s = _START_LIMIT_S if self._has_begun else _SIGN_LIMIT_S
            self._give_up_on_interpreter(f"it did not start within {limit_s:.0f} s.")

    def _finish(self, error: InPoseError | None) -> None:
        if self._process is not None and self._id is not None:
            self._process.forget(self._id)
        self._error = error
        self._done = True
        if error is None:
            self.fraction = 1.0
        if self._remove_scratch is not None:
            # The finalizer gives up its duty last: a signal to end may come in the midst of removing.
            shutil.rmtree(self.folder, ignore_errors=True)
            if not self.folder.exists():  # Windows removes no file that a virus scanner looks at: then later
                self._remove_scratch.detach()


class HelloJob(WorkerJob):
    """Start the solver; the outcome is its first message, and the interpreters that failed before."""

    def __init__(self, interpreters: Sequence[Interpreter]) -> None:
        super().__init__("hello", {}, interpreters)
        _refused.clear()  # something may have been installed

    def _send_request(self) -> None:
        assert self._process is not None
        said = self._process.ready or {}
        self._check_version(said)
        self._outcome = {**said, "interpreter": self._waiting[0].label, "failures": tuple(self._failures)}
        self._finish(None)


def _makes_no_sense(error: Exception) -> WorkerError:
    wrong = WorkerError("The solver sent an invalid answer.", "Install the add-on again.")
    wrong.add_note(repr(error))
    return wrong


def error_from_message(message: Message) -> InPoseError:
    """Return the error of an error message in its own type; a message without a known type gives a `WorkerError`."""
    kind = getattr(errors, str(message.get("kind")), WorkerError)
    if kind is CancelledError:
        return CancelledError()
    if not (isinstance(kind, type) and issubclass(kind, InPoseError)):
        kind = WorkerError
    error = kind(str(message.get("message", "The solver failed.")), str(message.get("hint", "")))
    if message.get("details"):
        error.add_note(str(message["details"]))
    return error


_WARM: Final[ProcessSlot] = ProcessSlot()
_refused: set[tuple[str, ...]] = set()
"""Commands of Pythons that cannot be used, until the solver is tested again."""


def solver_introduction() -> Message:
    """Return the first message of the running solver process; empty if none is running."""
    process = _WARM.process
    return dict(process.ready or {}) if process is not None else {}


def stop_warm_process() -> None:
    """End the solver process, if one is running: at unregistering, at exit, and when it does not answer."""
    _WARM.stop()


def _with_details(message: Message) -> str:
    last_words = str(message.get("details", "")).strip().splitlines()[-1:]
    return " ".join([str(message.get("message", "it ended.")), *last_words])


atexit.register(stop_warm_process)
