# SPDX-License-Identifier: GPL-3.0-or-later
"""Start the solver process and exchange messages with it, without waiting. No bpy here.

The protocol is one JSON object per line. The process says ``{"event": "ready", ...}`` once; requests are ``{"id",
"method", "params"}``; replies carry the request's id and an event: ``progress``, ``live``, ``result`` or ``error``.
Arrays travel as .npz files. Threads read both of the process' outputs, so neither a full pipe nor a hanging process can
stop Blender; `poll` returns the messages that have arrived.
"""

from __future__ import annotations

import json
import queue
import subprocess
import threading
from collections import deque
from collections.abc import Mapping, Sequence
from typing import IO, Any, Final

from ..core import NO_WINDOW, bounded_lines, neutral_folder
from ..errors import WorkerError

_KEPT_LINES: Final[int] = 40
_LONGEST_LINE: Final[int] = 1 << 26
"""Characters. Most messages have some thousands; that about an hour's recording with many gaps has millions."""
_LONGEST_LOG_LINE: Final[int] = 2000

Message = dict[str, Any]
_OF_A_POSE: Final[tuple[str, ...]] = ("pose", "behind_s", "heard_s")
"""What a ``live`` message says of its pose."""


class SolverProcess:
    """Run one solver process. After its end, `poll` reports an error for each request without an answer.

    Raises:
        WorkerError: the interpreter cannot be started.
    """

    def __init__(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        self.command = tuple(command)
        self.ready: Message | None = None
        """The first message of the process (protocol, version, python, library, device), after it has arrived."""
        self.failure: Message | None = None
        """The reason why it did not become ready, or ended while nobody waited for it."""
        self._arrived: dict[int, list[Message]] = {}
        self._newest: dict[int, Message] = {}
        """The newest ``live`` message of each request: however long nobody looks, there is one."""
        self._messages: queue.SimpleQueue[Message | None] = queue.SimpleQueue()
        self._log: deque[str] = deque(maxlen=_KEPT_LINES)
        self._owed: set[int] = set()
        self._ping: int | None = None
        self.heard = 0
        """Number of messages that have arrived, including answers to `ping`."""
        self.worked = 0
        """Number of messages about its work that have arrived."""
        self.is_given_up = False
        """True if it was ended because it did not answer any more."""
        self._last_id = 0
        self._ended = False
        try:
            self._process = subprocess.Popen(
                self.command,
                env=dict(environment),
                cwd=neutral_folder(self.command[0]),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                encoding="utf-8",
                errors="replace",
                creationflags=NO_WINDOW,
            )
        except OSError as error:
            raise WorkerError(
                f"The solver could not be started with {self.command[0]} ({error.strerror}).",
                "Choose another Python in the add-on's preferences.",
            ) from error
        self._readers = (
            threading.Thread(target=self._read_messages, args=(self._process.stdout,), daemon=True),
            threading.Thread(target=self._read_log, args=(self._process.stderr,), daemon=True),
        )
        for thread in self._readers:
            thread.start()

    @property
    def alive(self) -> bool:
        """Return whether the process can still answer."""
        return not self._ended and self._process.poll() is None

    @property
    def pid(self) -> int:
        """Return the number that the operating system gave it."""
        return self._process.pid

    @property
    def log_tail(self) -> str:
        """Return the last lines of the process that are not messages: warnings, a traceback."""
        return "\n".join(self._log)

    def request(self, method: str, params: Mapping[str, Any]) -> int:
        """Send a request and return its id."""
        self._last_id += 1
        self._owed.add(self._last_id)
        self._send({"id": self._last_id, "method": method, "params": dict(params)})
        return self._last_id

    def ping(self) -> None:
        """Ask for a sign of life, unless an answer is still due; the answer increases `heard`."""
        if self._ping is None:
            self._last_id += 1
            self._ping = self._last_id
            self._send({"id": self._ping, "method": "ping"})

    def give_up(self) -> None:
        """Kill a process that does not answer any more; `is_given_up` tells this to the waiting jobs."""
        self.is_given_up = True
        self._process.kill()

    def cancel(self, request_id: int) -> None:
        """Ask the process to stop working on a request; it answers with an error of the kind CancelledError."""
        self._send({"method": "cancel", "params": {"id": request_id}})

    def poll(self) -> list[Message]:
        """Return the messages that came since the last call; never wait."""
        messages: list[Message] = []
        while True:
            try:
                message = self._messages.get_nowait()
            except queue.Empty:
                return messages
            if message is None:
                messages += self._announce_end()
                continue
            self.heard += 1
            if message["event"] == "pong":
                self._ping = None
                continue
            self.worked += 1
            if message.get("event") == "ready":
                self.ready = message
                messages.append(message)
            elif "id" not in message or message["id"] in self._owed:
                if message.get("event") in ("result", "error"):
                    self._owed.discard(message.get("id", 0))
                messages.append(message)

    def take(self, request_id: int) -> list[Message]:
        """Return the new messages of one request, and keep those of others; never wait."""
        self.look()
        return self._arrived.pop(request_id, [])

    def newest(self, request_id: int) -> Message | None:
        """Return the newest ``live`` message of a request, once; never wait."""
        message = self._newest.pop(request_id, None)
        if message is not None:
            self.heard += 1
            self.worked += 1
        return message

    def tell(self, request_id: int, say: str, **more: Any) -> None:
        """Say something to a ``live`` request that runs."""
        self._send({"method": "tell", "params": {"id": request_id, "say": say, **more}})

    def look(self) -> None:
        """Sort the new messages, so that `ready`, `failure` and `take` know them; never wait."""
        for message in self.poll():
            identity = message.get("id")
            if isinstance(identity, int):
                self._arrived.setdefault(identity, []).append(message)
            elif message["event"] in ("error", "end"):
                self.failure = self.failure or message  # what it says of itself, rather than that it then ended

    def forget(self, request_id: int) -> None:
        """Ignore further messages of a request that nobody waits for any more."""
        self._owed.discard(request_id)
        self._arrived.pop(request_id, None)
        self._newest.pop(request_id, None)

    def stop(self, grace_s: float = 1.0) -> None:
        """End the process: ask, then close its input, then kill it after a moment."""
        if self._process.poll() is None:
            self._send({"method": "shutdown"})
            try:
                if self._process.stdin is not None:
                    self._process.stdin.close()
            except OSError:
                pass  # it closed its end first
            try:
                self._process.wait(grace_s)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        for thread, stream in zip(self._readers, (self._process.stdout, self._process.stderr), strict=True):
            thread.join(1.0)
            # Something that the process had started may keep its outputs: closing one that is being read waits for it.
            if stream is not None and not thread.is_alive():
                stream.close()
        self._ended = True

    def _send(self, message: Message) -> None:
        try:
            assert self._process.stdin is not None
            self._process.stdin.write(json.dumps(message) + "\n")
            self._process.stdin.flush()
        except (OSError, ValueError):
            pass  # it died: the reader has seen the end of its output and `poll` reports that

    def _announce_end(self) -> list[Message]:
        self._ended = True
        self._readers[1].join(0.5)  # its last words arrive on another pipe
        try:
            code: int | None = self._process.wait(0.5)
        except subprocess.TimeoutExpired:
            code = None
        end = {
            "event": "error",
            "kind": "WorkerError",
            "message": "The solver process ended unexpectedly" + (f" (exit code {code})." if code is not None else "."),
            "hint": "Try again. If it happens again, set Device to Processor in the add-on's preferences.",
            "details": self.log_tail,
        }
        ends = [{**end, "id": request_id} for request_id in sorted(self._owed)] or [{**end, "event": "end"}]
        self._owed.clear()
        return ends

    def _read_messages(self, stream: IO[str]) -> None:
        try:
            for line in bounded_lines(stream, _LONGEST_LINE):
                message = _parse(line)
                if message is None:
                    self._log.append(line[:_LONGEST_LOG_LINE].rstrip())  # some library printed to the wrong place
                elif message["event"] == "live" and "id" in message:
                    self._newest[message["id"]] = _with_pose(message, self._newest.get(message["id"]))
                else:
                    self._messages.put(message)
        except ValueError:
            pass  # the stream was closed by `stop`
        self._messages.put(None)

    def _read_log(self, stream: IO[str]) -> None:
        try:
            for line in bounded_lines(stream, _LONGEST_LINE):
                self._log.append(line[:_LONGEST_LOG_LINE].rstrip())
        except ValueError:
            pass  # the stream was closed by `stop`


def _with_pose(message: Message, before: Message | None) -> Message:
    """Return a ``live`` message with the pose of the one before it, if nobody has taken that and it has none itself.

    A Blender that draws slowly looks less often than the solver speaks: without this, it would miss most poses.
    """
    if message.get("pose") or before is None or not before.get("pose"):
        return message
    return {**message, **{name: before.get(name) for name in _OF_A_POSE}}


def _parse(line: str) -> Message | None:
    try:
        message = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(message, dict) or not isinstance(message.get("event"), str):
        return None
    return message if isinstance(message.get("id", 0), int) else None
