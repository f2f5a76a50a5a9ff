# SPDX-License-Identifier: Apache-2.0
"""Solve on request, in a process of its own: JSON lines on stdin and stdout, arrays in .npz files.

On start the worker says what it is, or why it cannot work::

    {"event": "ready", "protocol": 6, "version": "0.1.0", "python": "3.11.7", "library": "numpy",
     "library_version": "2.4.0", "device": "cpu", "device_name": "x86_64", "memory_bytes": 16000000000}
    {"event": "error", "kind": "WorkerError", "message": "...", "hint": "...", "details": ""}

Requests and replies carry an id; a request has any number of ``progress`` replies and one ``result`` or ``error``::

    {"id": 1, "method": "solve", "params": {"recording": "take.bsor", "output": "take.npz",
        "sensors_output": "take.sensors.npz", "offsets_m": [[x, y, z], ...], "reading": {"unit": "cm"},
        "calibration": {"stature_m": 1.75, "scale": "keep"}, "solve": {"quality": "high", "seed": 3}}}
    {"id": 1, "event": "progress", "fraction": 0.25, "text": "Solving"}
    {"id": 1, "event": "result", "result": {"motion": "take.npz", "frames": 600, "fps": 60.0, "start_s": 0.0,
        "mean_hand_error_m": 0.004, "stature_m": 1.75, "scale": 1.02, "seat_height_m": null,
        "notes": [...], "findings": [{"kind": "spikes", "sentence": "...", ...}]}}
    {"id": 1, "event": "error", "kind": "RecordingError", "message": "...", "hint": "...", "details": "..."}

The parameters of each request are the fields of its class in `inpose_core.requests`, and ``reading``, ``calibration``
and ``solve`` hold the options of `inpose_core.options` by their names. What is left out, or null, is the default; a
name that does not exist is refused.

``info`` returns what ``inpose info --json`` prints; with an ``output`` it also writes the recording at 60 Hz, for a
preview. It is answered while another request is solved. ``calibrate`` writes the calibration to ``output`` and returns
its path, ``stature_m``, ``wrist_span_m``, ``source`` and ``notes``. ``solve_again`` changes a solved motion so that it
meets pins (`inpose_core.pins`); it returns ``motion``, the ``stretches`` that have changed as pairs of frames, and
``notes`` about pins that cannot be met. ``live`` follows somebody who moves, and goes on until it is told to stop. Its
replies are of the event ``live``: the state (`inpose_core.live.performance.LiveState`), ``pose``, null or the
pose of all joints, ``heard_s``, when the newest packet arrived (`time.monotonic`), and ``behind_s``, the time since
then. ``tell`` speaks to a ``live`` request that
runs::

    {"method": "tell", "params": {"id": 1, "say": "record", "path": "take.csv"}}

and says ``calibrate``, ``record``, ``end_take``, ``feed`` with ``lines``, or ``stop``.

``cancel`` takes the id of the request to stop, which then ends in an error of kind ``CancelledError``; ``ping`` is
answered at once by ``{"id": 1, "event": "pong"}``, whatever is being solved: so the other side can distinguish a busy
worker from a stopped one. ``shutdown`` ends the worker. If stdin ends without it, the other side has died: the worker
ends within a second, and removes the folders that requests have named as ``scratch``: folders of the other side's own
in the temporary folder, whose names begin with ``inpose-``.
"""

from __future__ import annotations

import _thread
import json
import os
import platform
import queue
import shutil
import sys
import tempfile
import threading
import time
import traceback
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any, Final

from . import __version__
from .answers import Answers, Caller
from .errors import CancelledError, InPoseError, WorkerError
from .requests import PROTOCOL
from .system.lines import bounded_lines
from .system.process import STOPPED_CODE, keep_torch_from_making_folders, stop_by_unwinding

_Json = dict[str, Any]
_LAST_ANSWER_S: Final[float] = 5.0
"""Longest time that the reading of a file keeps the worker alive after a shutdown."""
_LONGEST_REQUEST: Final[int] = 1 << 26
"""Characters. A pin with a key in every frame of an hour has some 40 million."""
_END_S: Final[float] = 0.8
"""Longest time that anything keeps the worker alive after the other side has died."""
_SCRATCH_BEGIN: Final[str] = "inpose-"
_MOST_SCRATCH_FOLDERS: Final[int] = 64


class Worker:
    """Serve requests one after another; a thread of its own reads them, so that a running one can be cancelled."""

    def __init__(self, requests: IO[str], replies: IO[str], on_abandoned: Callable[[], None] | None = None) -> None:
        """Serve these streams; ``on_abandoned`` is called when the requests end without a shutdown."""
        self._requests, self._replies, self._on_abandoned = requests, replies, on_abandoned
        self._scratch: deque[Path] = deque(maxlen=_MOST_SCRATCH_FOLDERS)
        self.is_abandoned = False
        """The requests have ended without a shutdown."""
        self._pending: queue.SimpleQueue[_Json | None] = queue.SimpleQueue()
        self._quick: queue.SimpleQueue[_Json | None] = queue.SimpleQueue()
        self._cancelled: set[object] = set()
        self._told: dict[object, queue.SimpleQueue[_Json]] = {}
        """What is said to the live requests that run or wait."""
        self._replying = threading.Lock()
        self._answers = Answers()

    def serve(self) -> int:
        """Answer until stdin ends; return the process' exit code."""
        # First of all: loading torch can take a minute, and the other side may die meanwhile.
        threading.Thread(target=self._read_requests, daemon=True).start()
        try:
            self._reply(_introduction())
        except (ImportError, OSError) as error:  # OSError: a shared library of torch does not load
            problem = f"cannot load the solver's packages ({error})"
            if isinstance(error, ModuleNotFoundError) and error.name:
                problem = f"has no {error.name}"
            self._reply(
                _error_event(
                    WorkerError(
                        f"This Python ({sys.executable}) {problem}.",
                        "Install NumPy in this Python (pip install numpy), or choose another Python.",
                    )
                )
            )
            return 1
        quick = threading.Thread(target=self._answer_all, args=(self._quick,), daemon=True)
        quick.start()
        self._answer_all(self._pending)
        quick.join(_LAST_ANSWER_S)
        return 0

    def _answer_all(self, requests: queue.SimpleQueue[_Json | None]) -> None:
        while (request := requests.get()) is not None:
            self._answer(request)

    def remove_scratch(self) -> None:
        """Remove the folders that requests named as the other side's own, which has died and cannot do so itself."""
        for folder in self._scratch:
            if folder.name.startswith(_SCRATCH_BEGIN) and folder.parent == Path(tempfile.gettempdir()):
                shutil.rmtree(folder, ignore_errors=True)

    def _read_requests(self) -> None:
        shut_down = False
        for line in bounded_lines(self._requests, _LONGEST_REQUEST):
            try:
                request = _request_from(line)
            except WorkerError as error:
                self._reply(_error_event(error))
                continue
            if request["method"] == "cancel":
                self._cancelled.add(request["params"].get("id"))
            elif request["method"] == "tell":
                if (listens := self._told.get(request["params"].get("id"))) is not None:
                    listens.put(request["params"])
            elif request["method"] == "ping":
                self._reply({"id": request["id"], "event": "pong"})
            elif request["method"] == "shutdown":
                shut_down = True
                break
            else:
                if isinstance(scratch := request["params"].get("scratch"), str):
                    self._scratch.append(Path(scratch))
                # A cancel that came too late for an earlier request of this id is not meant for this one.
                self._cancelled.discard(request["id"])
                if request["method"] == "live":
                    self._told[request["id"]] = queue.SimpleQueue()
                # Who chooses a recording wants to see it now, not after the solve that is running.
                (self._quick if request["method"] == "info" else self._pending).put(request)
        self.is_abandoned = not shut_down
        # Nobody is left to read an answer: what is being solved stops at its next step.
        self._cancelled.add(_EVERYTHING)
        self._quick.put(None)
        self._pending.put(None)
        if self.is_abandoned and self._on_abandoned is not None:
            self._on_abandoned()

    def _answer(self, request: _Json) -> None:
        identity, method, params = request["id"], request["method"], request["params"]
        try:
            self._check_cancelled(identity)
            caller = Caller(
                lambda event, fields: self._reply({"id": identity, "event": event, **fields}),
                lambda: self._check_cancelled(identity),
                self._told.get(identity),
            )
            self._reply({"id": identity, "event": "result", "result": self._answers.answer(method, params, caller)})
        except InPoseError as error:
            self._reply({"id": identity, **_error_event(error)})
        except MemoryError:
            self._reply(
                {
                    "id": identity,
                    **_error_event(
                        WorkerError(
                            "There is not enough memory.", "Close other programs, or solve a part of the recording."
                        )
                    ),
                }
            )
        except Exception as error:
            unexpected = WorkerError(f"The solver failed: {error}", "Please report this with the details.")
            self._reply({"id": identity, **_error_event(unexpected, traceback.format_exc())})
        finally:
            self._cancelled.discard(identity)
            self._told.pop(identity, None)

    def _check_cancelled(self, identity: object) -> None:
        if identity in self._cancelled or _EVERYTHING in self._cancelled:
            raise CancelledError

    def _reply(self, message: _Json) -> None:
        with self._replying:  # both threads reply
            try:
                self._replies.write(json.dumps(message) + "\n")
                self._replies.flush()
            except OSError:  # nobody listens any more
                self._cancelled.add(_EVERYTHING)


_EVERYTHING: Final[object] = object()


def _introduction() -> _Json:
    # Whatever does not load is to be told now, not when the first recording waits.
    from .solver.backends import choose_backend  # noqa: PLC0415
    from .solver.machine import device_memory_bytes, device_name  # noqa: PLC0415

    backend = choose_backend()
    return {
        "event": "ready",
        "protocol": PROTOCOL,
        "version": __version__,
        "python": platform.python_version(),
        "library": backend.library,
        "library_version": backend.namespace.version(),
        "device": backend.device,
        "device_name": device_name(backend.device),
        "memory_bytes": device_memory_bytes(backend.device),
    }


def _request_from(line: str) -> _Json:
    """Return the id, method and params of a request."""
    try:
        request = json.loads(line)
        identity, method, params = request.get("id"), request["method"], request.get("params") or {}
        hash((identity, method, params.get("id")))
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise WorkerError("The solver received a request that it cannot read.", line.strip()[:200]) from error
    return {"id": identity, "method": method, "params": params}


def _error_event(error: InPoseError, details: str = "") -> _Json:
    return {
        "event": "error",
        "kind": type(error).__name__,
        "message": error.message,
        "hint": error.hint,
        "details": details,
    }


def main() -> int:
    """Run the worker on this process' stdin and stdout."""
    # Libraries that print must not break the protocol: what they write goes to stderr.
    replies = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    requests = os.fdopen(os.dup(0), "r", encoding="utf-8", errors="replace")
    keep_torch_from_making_folders()
    worker = Worker(requests, replies, on_abandoned=lambda: threading.Thread(target=end, daemon=True).start())

    def end() -> None:
        """End within a second: first let the running work remove its unfinished files, then end at once."""
        time.sleep(_END_S / 2)
        _thread.interrupt_main()
        time.sleep(_END_S / 2)
        worker.remove_scratch()
        os._exit(STOPPED_CODE)

    try:
        with stop_by_unwinding():
            code = worker.serve()
    except KeyboardInterrupt:
        code = STOPPED_CODE
    except Exception:
        # Some packages, interrupted while they load, fail in ways of their own; nobody is left to tell it to.
        if not worker.is_abandoned:
            raise
        code = STOPPED_CODE
    if worker.is_abandoned:
        worker.remove_scratch()
        os._exit(code)  # taking torch down in order takes longer than a second
    return code


if __name__ == "__main__":
    sys.exit(main())
