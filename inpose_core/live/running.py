# SPDX-License-Identifier: Apache-2.0
"""Run a live session: devices come in, bones go out by VMC, until the sender stops or the caller does."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from ..errors import RecordingError
from ..prior.checkpoint import Prior, load_prior
from .performance import LivePerformance, LivePlan, LiveState
from .pose import LivePose
from .streams.stream import LiveStream
from .vmc_output import VmcOutput

_WAIT_S = 0.02


@dataclass(frozen=True)
class LiveSession:
    """Say where devices come from and where bones go."""

    stream: LiveStream
    """Not started; the session closes it."""
    send_to: tuple[str, int]
    """Host and port."""
    settings: LivePlan
    silence_s: float | None = 10.0
    """The session ends if nothing arrives for so long; None: never."""


@dataclass(frozen=True)
class LiveReport:
    """Say how a session went."""

    poses: int
    seconds: float
    notes: tuple[str, ...]
    slowest_ms: float
    """Time from a packet to its pose that 99 % of the poses stay below, in milliseconds."""


def run_live(
    session: LiveSession,
    on_state: Callable[[LiveState], object] | None = None,
    on_pose: Callable[[LivePose], bool] | None = None,
    prior: Prior | None = None,
) -> LiveReport:
    """Calibrate by a T-pose, then send a pose for each moment.

    Args:
        session: where to listen and to send.
        on_state: called some fifty times a second.
        on_pose: called with each pose that was sent; returns whether to go on.
        prior: a loaded prior.

    Raises:
        RecordingError: nothing arrives.
        CalibrationError: the performer cannot be measured.
    """
    performance = LivePerformance(session.stream, session.settings, prior or load_prior())
    out = VmcOutput(*session.send_to, session.settings.skeleton)
    delays_ms: list[float] = []
    began_s = time.monotonic()
    notes: tuple[str, ...] = ()
    try:
        while True:
            pose = performance.step(_WAIT_S)
            now_s = time.monotonic()
            silent_s = now_s - (performance.heard_s or began_s)
            if pose is not None:
                out.send(pose)
                delays_ms.append(1000 * silent_s)
                del delays_ms[:-100_000]
                if on_pose is not None and not on_pose(pose):
                    break
            elif session.silence_s is not None and silent_s > session.silence_s:
                if performance.heard_s is None:
                    raise RecordingError(f"From {session.stream.name} nothing arrived.", session.stream.silence_hint)
                break
            performance.raise_unmeasured()
            if on_state is not None:
                on_state(performance.state())
    except KeyboardInterrupt:
        pass  # Ctrl-C is the normal way to end a session
    finally:
        notes = performance.close().notes
        out.close()
    slowest_ms = sorted(delays_ms)[int(0.99 * (len(delays_ms) - 1))] if delays_ms else 0.0
    return LiveReport(len(delays_ms), time.monotonic() - began_s, notes, slowest_ms)
