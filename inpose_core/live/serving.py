# SPDX-License-Identifier: Apache-2.0
"""Run one performance for the program at the other end of the worker's pipe: it asks, and hears poses and states."""

from __future__ import annotations

import queue
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

import numpy as np

from ..body.skeleton import Skeleton
from ..errors import InPoseError, WorkerError
from ..prior.checkpoint import Prior
from ..recording.live.headset import PageSettings
from ..recording.live.vmc import CaptureSettings
from ..requests import LiveRequest
from .performance import LivePerformance, LivePlan, LiveState
from .pose import LivePose
from .streams.fed import FedStream
from .streams.page import PageStream
from .streams.stream import LiveStream
from .streams.vmc import VmcStream

Told = dict[str, Any]
"""What the other side says while the session runs: ``{"say": "record", "path": ...}``."""

_WAIT_S: Final[float] = 0.01
_STATE_EVERY_S: Final[float] = 0.1
_REFUSED_FOR_S: Final[float] = 10.0
_DECIMALS: Final[int] = 6


def serve_live(
    request: LiveRequest,
    skeleton: Skeleton,
    prior: Prior,
    told: queue.SimpleQueue[Told],
    reply: Callable[[dict[str, Any]], object],
    check_cancelled: Callable[[], object],
) -> dict[str, Any]:
    """Serve until the other side says ``stop``; return the last state.

    Args:
        request: where to listen, and how to solve.
        skeleton: whom to solve for.
        prior: a loaded prior.
        told: what the other side says: ``calibrate``, ``record`` with a ``path``, ``end_take``, ``feed`` with
            ``lines``, ``stop``.
        reply: gets each pose with the state, and ten states a second where no poses come.
        check_cancelled: raises if nobody listens any more.

    Raises:
        InPoseError: the port is taken, a folder is missing, or the request makes no sense.
    """
    stream = _stream(request)
    settings = LivePlan(skeleton, request.calibration, request.reading, request.live)
    performance = LivePerformance(stream, settings, prior)
    served = _Served(performance, stream)
    try:
        told_s, goes_on = 0.0, True
        while goes_on:
            check_cancelled()
            pose = performance.step(_WAIT_S)
            while goes_on and not told.empty():
                goes_on = served.obey(told.get())
            now_s = time.monotonic()
            if pose is not None or now_s - told_s > _STATE_EVERY_S:
                told_s = now_s
                heard_s = performance.heard_s
                behind_s = None if heard_s is None else now_s - heard_s
                reply({**served.state(), "pose": _pose(pose), "behind_s": behind_s, "heard_s": heard_s})
    finally:
        last = performance.close()
    return _plain(last)


class _Served:
    """Do what the other side says; what fails is told for a while, and the session goes on."""

    def __init__(self, performance: LivePerformance, stream: LiveStream) -> None:
        self._performance, self._stream = performance, stream
        self._refusal, self._refused_s = "", 0.0

    def obey(self, told: Told) -> bool:
        """Do it; return whether the session goes on."""
        said = told.get("say")
        if said == "stop":
            return False
        if said == "feed" and isinstance(self._stream, FedStream):
            self._stream.feed([str(line) for line in told.get("lines", ())])
            return True
        self._refusal = ""
        try:
            if said == "calibrate":
                self._performance.calibrate()
            elif said == "record":
                self._performance.record(Path(str(told.get("path"))))
            elif said == "end_take":
                self._performance.end_take()
        except InPoseError as error:
            self._refusal, self._refused_s = str(error), time.monotonic()
        return True

    def state(self) -> dict[str, Any]:
        """Return the state as JSON."""
        plain = _plain(self._performance.state())
        refused = time.monotonic() - self._refused_s < _REFUSED_FOR_S
        return {**plain, "trouble": (self._refusal if refused else "") or plain["trouble"]}


def _stream(request: LiveRequest) -> LiveStream:
    if request.source == "vmc":
        return VmcStream(CaptureSettings(request.port, request.address))
    if request.source == "page":
        page = PageSettings(request.port, request.address, certificate=request.certificate, key=request.key)
        return PageStream(page, request.folder)
    if request.source == "fed":
        return FedStream()
    raise WorkerError(f'There is no live source "{request.source[:40]}".', "Update the add-on.")


def _plain(state: LiveState) -> dict[str, Any]:
    plain = asdict(state)
    for take in plain["takes"]:
        take["path"] = str(take["path"])
        take["calibration"] = None if take["calibration"] is None else str(take["calibration"])
    return plain


def _pose(pose: LivePose | None) -> dict[str, Any] | None:
    if pose is None:
        return None
    return {
        "time_s": pose.time_s,
        "rotations_wxyz": np.round(pose.rotations_wxyz, _DECIMALS).tolist(),
        "root_m": np.round(pose.root_m, _DECIMALS).tolist(),
    }
