# SPDX-License-Identifier: GPL-3.0-or-later
"""Let a solver process of its own follow one performer. Does not import bpy."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from ..core import FloatArray
from ..errors import WorkerError
from ..options import LiveRequest
from ..runtime.interpreter import Interpreter
from ..runtime.process_slot import ProcessSlot
from ..runtime.worker_job import WorkerJob

_END_LIMIT_S: Final[float] = 3.0
_STEP_S: Final[float] = 0.01


@dataclass(frozen=True)
class FollowedPose:
    """Hold the newest pose of a performer, in the room."""

    rotations_wxyz: FloatArray
    """(22, 4)"""
    root_m: FloatArray
    """(3,)"""


@dataclass(frozen=True)
class RecordedTake:
    """Hold a take on the disk."""

    file: Path
    frames: int
    ended: bool
    calibration: Path | None
    """The performer's, if there was a T-pose."""


@dataclass(frozen=True)
class Follow:
    """Say how one performer is followed."""

    phase: str
    """``starting``, ``waiting``, ``counting``, ``holding``, ``measuring`` or ``ready``."""
    seconds_left: float = 0.0
    is_measured: bool = False
    trouble: str = ""
    notes: tuple[str, ...] = ()
    scale: float = 1.0
    """Character size over performer size."""
    middle_m: tuple[float, float, float] = (0.0, 0.0, 0.0)
    """The place on the floor about which the performer is scaled."""
    url: str = ""
    other_urls: tuple[str, ...] = ()
    """Its addresses in further networks of this computer."""
    connected: bool = False
    takes: tuple[RecordedTake, ...] = ()
    recording: bool = False
    behind_s: float | None = None
    """Time from the arrival of the packet until its pose was sent."""
    heard_s: float | None = None
    """When the packet arrived, in seconds of `time.monotonic`, which all processes of a computer share."""


class LiveJob(WorkerJob):
    """Follow one performer from the first `step` until `stop`; the outcome is the last `Follow`."""

    def __init__(self, request: LiveRequest, interpreters: Sequence[Interpreter]) -> None:
        super().__init__(request.method, request.to_json(), interpreters, request.folder, ProcessSlot())
        self.follow = Follow("starting")
        self._pose: FollowedPose | None = None
        self._stops = False
        self._heard_s = time.monotonic()

    @property
    def process_id(self) -> int | None:
        """Return the number of the solver process; None if none runs."""
        process = self._slot.process
        return None if process is None else process.pid

    def take_pose(self) -> FollowedPose | None:
        """Return the newest pose, once."""
        pose, self._pose = self._pose, None
        return pose

    def tell(self, say: str, **more: Any) -> None:
        """Say something to the solver: ``calibrate``, ``record`` with a ``path``, ``end_take``, ``feed``."""
        if self._process is not None and self._id is not None:
            self._process.tell(self._id, say, **more)

    def stop(self) -> None:
        """Ask for the end; the takes are then complete, and the job is `done` within three seconds."""
        if self._done or self._stops:
            return
        self._stops = True
        if self._id is None:
            self.cancel()
        else:
            self.tell("stop")
            self._limit = time.monotonic() + _END_LIMIT_S

    def stop_now(self) -> None:
        """End at once: wait for the end of the takes, at most three seconds, and for that of the process."""
        self.stop()
        until_s = time.monotonic() + _END_LIMIT_S
        while not self._done and time.monotonic() < until_s:
            self.step()
            time.sleep(_STEP_S)
        self._slot.stop()

    def end_process(self) -> None:
        """End the process of a job that is done, without waiting for it."""
        threading.Thread(target=self._slot.stop, name="end of live solver").start()

    def read_result(self, result: dict[str, Any]) -> Follow:
        """Return the last state."""
        self.follow = _follow(result)
        return self.follow

    def _step(self) -> None:
        if self._process is not None and self._id is not None:
            message = self._process.newest(self._id)
            if message is not None:
                self.follow = _follow(message)
                if message.get("pose"):
                    self._pose = _pose(message["pose"])
        super()._step()

    def _on_limit(self) -> None:
        if self._stops:
            self._slot.stop()
            raise WorkerError("The live solver did not end.", "Everything that arrived is in the file of the take.")
        super()._on_limit()

    def _restart(self, problem: str) -> None:
        """Do not begin anew by itself: the performer would have to be measured again."""
        self._slot.stop()
        raise WorkerError(f"The live solver {problem}.", "Start Live again. Everything that arrived is in the take.")


def _follow(state: Mapping[str, Any]) -> Follow:
    behind_s, heard_s = state.get("behind_s"), state.get("heard_s")
    return Follow(
        phase=str(state["phase"]),
        seconds_left=float(state["seconds_left"]),
        is_measured=bool(state["is_measured"]),
        trouble=str(state["trouble"]),
        notes=tuple(str(note) for note in state["notes"]),
        scale=float(state["scale"]),
        middle_m=_place(state["middle_m"]),
        url=str(state["url"]),
        other_urls=tuple(str(url) for url in state["other_urls"]),
        connected=bool(state["connected"]),
        takes=tuple(_take(take) for take in state["takes"]),
        recording=bool(state["recording"]),
        behind_s=None if behind_s is None else float(behind_s),
        heard_s=None if heard_s is None else float(heard_s),
    )


def _take(take: Mapping[str, Any]) -> RecordedTake:
    calibration = take["calibration"]
    file = Path(str(take["path"]))
    return RecordedTake(
        file, int(take["lines"]), bool(take["ended"]), None if calibration is None else Path(str(calibration))
    )


def _place(place: Sequence[Any]) -> tuple[float, float, float]:
    x, y, z = place
    return float(x), float(y), float(z)


def _pose(pose: Mapping[str, Any]) -> FollowedPose:
    rotations, root_m = np.array(pose["rotations_wxyz"], dtype=np.float64), np.array(pose["root_m"], dtype=np.float64)
    if rotations.shape != (22, 4) or root_m.shape != (3,) or not np.isfinite(rotations).all():
        raise ValueError("a pose has 22 rotations and a place")
    return FollowedPose(rotations, root_m)
