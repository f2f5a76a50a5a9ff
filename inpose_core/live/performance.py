# SPDX-License-Identifier: Apache-2.0
"""Follow one performer from the first packet on: count down, measure in the T-pose, solve, and record takes.

The stream's own threads write what arrives and put it aside; whoever calls `LivePerformance.step` solves it. So a
recording never waits for a solve.
"""

from __future__ import annotations

import tempfile
import threading
import time
from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Literal

import numpy as np

from ..body.skeleton import Skeleton
from ..calibration import CalibrationSettings
from ..calibration.storage import save_calibration
from ..errors import InPoseError
from ..options.live import LiveOptions
from ..prior.checkpoint import Prior
from ..recording.conventions import ReadOptions
from ..recording.formats.webxr_recorder import holds_t_pose
from ..recording.registry import load_session
from .devices import LiveDevices
from .pose import LivePose
from .solving import LiveSettings, LiveSolver
from .stream_file import StreamFile
from .streams.stream import DevicePoses, LiveStream, MomentReader
from .troubles import StreamWatch

Phase = Literal["waiting", "counting", "holding", "measuring", "ready"]
"""Ready: measured, or not to be measured before somebody asks for it."""

_PAUSE_S: Final[float] = 1.0
"""A longer silence begins the calibration anew."""
_KNOWN_S: Final[float] = 0.6
"""So long one must hear a performer whose calibration is known, to tell the devices apart and to find the floor."""
_MOST_WAITING: Final[int] = 10_000
CALIBRATION_SUFFIX: Final[str] = ".calibration.json"


@dataclass(frozen=True)
class LivePlan:
    """Say whom to solve for, and how."""

    skeleton: Skeleton
    calibration: CalibrationSettings = CalibrationSettings()
    reading: ReadOptions = ReadOptions()
    options: LiveOptions = LiveOptions()


@dataclass(frozen=True)
class LiveTake:
    """Hold a recorded take."""

    path: Path
    lines: int
    """How many lines of the stream it has: poses with VMC, moments of the page."""
    ended: bool
    calibration: Path | None = None
    """The performer's, in a file; None before the first T-pose."""


@dataclass(frozen=True)
class LiveState:
    """Say how a performance goes."""

    phase: Phase
    seconds_left: float
    """Of the countdown, or of the T-pose."""
    is_measured: bool
    """Whether a calibration is there, so that poses come."""
    trouble: str
    """What is wrong now, in one sentence; empty if nothing is."""
    notes: tuple[str, ...]
    """What calibration found."""
    scale: float
    """Skeleton size over performer size."""
    middle_m: tuple[float, float, float]
    """The place on the floor about which the performer is scaled: where they were measured."""
    url: str
    other_urls: tuple[str, ...]
    connected: bool
    takes: tuple[LiveTake, ...]
    recording: bool


class LivePerformance:
    """Run one stream: call `step` again and again, and `close` at the end.

    Args:
        stream: a stream that was not started; `close` closes it, too.
        settings: whom to solve for.
        prior: a loaded prior.
    """

    def __init__(self, stream: LiveStream, settings: LivePlan, prior: Prior) -> None:
        self._stream, self._settings, self._prior = stream, settings, prior
        self._reader: MomentReader = stream.new_reader()
        self._solver = LiveSolver(
            settings.skeleton, LiveSettings(lookahead_s=settings.options.lookahead_s), prior=prior
        )
        self._measuring = ThreadPoolExecutor(1, "live calibration")
        self._found: Future[tuple[LiveDevices, MomentReader]] | None = None
        self._devices: LiveDevices | None = None
        self._trouble = ""
        self._unmeasured: InPoseError | None = None
        self._phase: Phase = "waiting"
        self._calibration = settings.calibration
        self._until_s = 0.0
        self._held: list[str] = []
        """The lines by which the performer is measured."""
        self._lock = threading.Lock()
        self._arrived: deque[tuple[list[str], float]] = deque(maxlen=_MOST_WAITING)
        self._some = threading.Event()
        self._file: StreamFile | None = None
        self._takes: list[LiveTake] = []
        self._calibrated: set[Path] = set()
        """Takes of the headset that have what they need to be solved."""
        self._watch = StreamWatch(stream, time.monotonic())
        stream.start(self._hear)

    @property
    def heard_s(self) -> float | None:
        """Return when that arrived which was read last, in seconds of `time.monotonic`."""
        return self._watch.heard_s

    def step(self, wait_s: float) -> LivePose | None:
        """Work on what has arrived, after waiting for it; return the newest pose if there is a newer one."""
        self._some.wait(wait_s)
        self._some.clear()
        newer = False
        for _ in range(len(self._arrived)):  # not until none is left: where more arrive than are read, that never comes
            lines, arrived_s = self._arrived.popleft()
            moments = self._reader.read(lines, arrived_s)
            self._watch.heard(self._reader.head_m, arrived_s)
            if self._phase in ("counting", "holding"):
                self._held += lines
            newer = self._solve(moments, arrived_s) or newer
        self._go_on(time.monotonic())
        return self._solver.pose() if newer else None

    def calibrate(self) -> None:
        """Count down, and measure the performer once more; the character goes on until then.

        From now on, a calibration file does not count: who asks wants to be measured.
        """
        self._calibration = replace(self._calibration, calibration_file=None)
        if self._phase in ("waiting", "ready"):
            self._phase, self._trouble = "waiting", ""

    def raise_unmeasured(self) -> None:
        """Raise why the performer could not be measured, where nobody can ask for another T-pose.

        Raises:
            InPoseError: the last measurement failed.
        """
        if self._unmeasured is not None and self._devices is None:
            raise self._unmeasured

    def record(self, path: Path) -> None:
        """Begin a take in a new file; where the headset writes its takes, it is asked to begin one.

        Raises:
            InPoseError: the file cannot be written, a take is under way, or no headset is connected.
        """
        if self._stream.writes_takes:
            if not self._stream.ask("start"):
                raise InPoseError("No headset is connected.", "Open the page in the headset.")
            return
        if self._file is not None:
            raise InPoseError("A take is being recorded.", "Stop it first.")
        file = StreamFile(path, self._stream.head_lines())
        with self._lock:
            self._file = file
        self._trouble = ""

    def end_take(self) -> None:
        """End the take.

        Raises:
            OutputError: its end cannot be written; what arrived before stays.
        """
        if self._stream.writes_takes:
            self._stream.ask("stop")
            return
        with self._lock:
            file, self._file = self._file, None
        if file is not None:
            try:
                file.close(self._stream.tail_lines())
            finally:
                self._takes.append(self._with_calibration(file.path, file.lines))

    def state(self) -> LiveState:
        """Return how it goes."""
        now_s, news = time.monotonic(), self._stream.news()
        takes = self._takes + [
            LiveTake(path, count, ended, _calibration_beside(path)) for path, ended, count in news.takes
        ]
        if (file := self._file) is not None:
            takes.append(LiveTake(file.path, file.lines, ended=False))
        left_s = self._until_s - now_s if self._phase in ("counting", "holding") else 0.0
        return LiveState(
            phase=self._phase,
            seconds_left=max(0.0, left_s),
            is_measured=self._devices is not None,
            trouble=self._trouble or self._watch.sentence(now_s),
            notes=self._devices.notes if self._devices is not None else (),
            scale=self._devices.scale if self._devices is not None else 1.0,
            middle_m=self._devices.middle_m if self._devices is not None else (0.0, 0.0, 0.0),
            url=news.url,
            other_urls=news.other_urls,
            connected=news.connected,
            takes=tuple(takes),
            recording=news.recording or self._file is not None,
        )

    def close(self) -> LiveState:
        """End the take, the stream and the solver; return the last state, with all takes ended.

        Raises:
            OutputError: the end of the take cannot be written.
        """
        try:
            if not self._stream.writes_takes:
                self.end_take()
        finally:
            self._stream.close()
            self._measuring.shutdown(wait=True, cancel_futures=True)
            self._solver.close()
        self._calibrate_takes(also_open=True)
        return self.state()

    def _hear(self, lines: Sequence[str], arrived_s: float) -> None:
        """Take what arrives, in a thread of the stream: first of all, write it."""
        with self._lock:
            if self._file is not None:
                try:
                    self._file.add(lines)
                except InPoseError as error:
                    self._trouble = f"{error} The take ends here, and what it has is kept."
                    file, self._file = self._file, None
                    self._takes.append(LiveTake(file.path, file.lines, ended=True))
                    with suppress(InPoseError, OSError):
                        file.close()
        self._watch.arrived(arrived_s)
        self._arrived.append((list(lines), arrived_s))
        self._some.set()

    def _solve(self, moments: Sequence[DevicePoses], arrived_s: float) -> bool:
        """Give moments to the solver; return whether there is a newer pose."""
        newer = False
        for each in moments:
            self._watch.tracked(each.measured, arrived_s)
            if self._devices is not None:
                points = self._devices.points(each.positions_m, each.rotations_wxyz, each.measured)
                newer = self._solver.add(points, each.time_s) or newer
        return newer

    def _go_on(self, now_s: float) -> None:
        """Begin the next phase if it is time."""
        self._calibrate_takes()
        arrived_s = self._watch.arrived_s
        silent = arrived_s is None or now_s - arrived_s > _PAUSE_S
        if self._phase in ("counting", "holding") and silent:
            self._phase = "waiting"
        if self._phase == "waiting" and not silent and self._reader.has_devices:
            known = self._calibration.calibration_file is not None and self._devices is None
            self._held = []
            self._begin("holding" if known else "counting", now_s, _KNOWN_S if known else None)
        elif self._phase == "counting" and now_s >= self._until_s:
            self._begin("holding", now_s)
        elif self._phase == "holding" and now_s >= self._until_s:
            lines, self._held = self._held, []
            self._phase = "measuring"
            self._found = self._measuring.submit(self._measure, lines, self._calibration)
        elif self._found is not None and self._found.done():
            found, self._found = self._found, None
            self._phase = "ready"
            try:
                self._devices, self._reader = found.result()
                # What the stream has said of its devices meanwhile.
                self._reader.read(self._stream.head_lines(), now_s)
                self._trouble = ""
            except InPoseError as error:
                self._trouble, self._unmeasured = str(error), error

    def _begin(self, phase: Literal["counting", "holding"], now_s: float, seconds: float | None = None) -> None:
        options = self._settings.options
        usual_s = options.countdown_s if phase == "counting" else options.hold_s
        self._phase, self._until_s = phase, now_s + (usual_s if seconds is None else seconds)

    def _measure(self, lines: list[str], calibration: CalibrationSettings) -> tuple[LiveDevices, MomentReader]:
        """Return the devices of a performer by the lines of the countdown and the T-pose, and who reads them on.

        Raises:
            InPoseError: the performer cannot be measured.
        """
        with tempfile.TemporaryDirectory(prefix="inpose-live-") as folder:
            file = Path(folder, f"live{self._stream.suffix}")
            whole = (*self._stream.head_lines(), *lines, *self._stream.tail_lines())
            file.write_text("\n".join(whole) + "\n", encoding="utf-8")
            recording = load_session(file, self._settings.reading)
        devices = LiveDevices.of(recording, self._settings.skeleton, calibration, self._prior)
        reader = self._stream.new_reader()
        reader.identify(lines, recording)
        reader.read(self._stream.head_lines(), time.monotonic())
        moments = reader.read(lines, time.monotonic())
        seen = [each.positions_m[0, 1] for each in moments if each.measured[0]]
        as_read = recording.positions_m[recording.measured[:, 0], 0, 1]
        if seen and len(as_read):  # a reader of files may lift what has no floor
            devices = devices.lifted(float(np.median(as_read) - np.median(seen)))
        return devices, reader

    def _with_calibration(self, path: Path, lines: int) -> LiveTake:
        self._save_calibration(path)
        return LiveTake(path, lines, True, _calibration_beside(path))

    def _calibrate_takes(self, *, also_open: bool = False) -> None:
        """Save the calibration of takes that the headset has ended; a take with a T-pose of its own needs none."""
        for path, ended, _ in self._stream.news().takes if self._devices is not None else ():
            if path not in self._calibrated and (ended or also_open):
                self._calibrated.add(path)
                if not holds_t_pose(path):
                    self._save_calibration(path)

    def _save_calibration(self, path: Path) -> None:
        if self._devices is not None:
            with suppress(InPoseError):  # the take can be solved without it
                save_calibration(self._devices.performer, path.with_suffix(CALIBRATION_SUFFIX))


def _calibration_beside(path: Path) -> Path | None:
    beside = path.with_suffix(CALIBRATION_SUFFIX)
    return beside if beside.is_file() else None
