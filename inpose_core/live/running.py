# SPDX-License-Identifier: Apache-2.0
"""Run a live session: devices come in by VMC, bones go out by VMC, until the sender stops or the caller does."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from ..body.skeleton import Skeleton
from ..calibration import CalibrationSettings
from ..prior.checkpoint import Prior, load_prior
from ..recording.conventions import ReadOptions
from ..recording.live.vmc import CaptureSettings
from .devices import LiveDevices
from .solving import LivePose, LiveSettings, LiveSolver
from .vmc_input import VmcInput
from .vmc_output import VmcOutput


@dataclass(frozen=True)
class LiveSession:
    """Say where devices come from and where bones go."""

    listen: CaptureSettings
    send_to: tuple[str, int]
    """Host and port."""
    skeleton: Skeleton
    calibrate_s: float = 5.0
    """The first seconds, by which the performer is measured."""
    calibration: CalibrationSettings = CalibrationSettings()
    reading: ReadOptions = ReadOptions()
    live: LiveSettings = field(default_factory=LiveSettings)


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
    on_wait: Callable[[float], object] | None = None,
    on_pose: Callable[[LivePose], bool] | None = None,
    prior: Prior | None = None,
) -> LiveReport:
    """Calibrate by the first seconds, then send a pose for each moment.

    Args:
        session: where to listen and to send.
        on_wait: called with the seconds that calibration still takes.
        on_pose: called with each pose that was sent; returns whether to go on.
        prior: a loaded prior.

    Raises:
        RecordingError: the port is taken, or nothing arrives.
        CalibrationError: the performer cannot be measured.
    """
    prior = prior or load_prior()
    devices_in = VmcInput(session.listen)
    out = VmcOutput(*session.send_to, session.skeleton)
    solver = LiveSolver(session.skeleton, session.live, prior)
    delays_ms: list[float] = []
    began_s = time.monotonic()
    notes: tuple[str, ...] = ()
    try:
        recording, names = devices_in.first_seconds(session.calibrate_s, session.reading, on_wait)
        devices = LiveDevices.of(recording, session.skeleton, session.calibration, prior)
        notes = devices.notes
        began_s = time.monotonic()
        for moments in devices_in.moments(names):
            heard_s = time.monotonic()
            newer = [
                solver.add(devices.points(each.positions_m, each.rotations_wxyz, each.measured), each.time_s)
                for each in moments
            ]
            if not any(newer):
                continue
            pose = solver.pose()
            out.send(pose)
            delays_ms.append(1000 * (time.monotonic() - heard_s))
            del delays_ms[:-100_000]
            if on_pose is not None and not on_pose(pose):
                break
    except KeyboardInterrupt:
        pass  # Ctrl-C is the normal way to end a session
    finally:
        solver.close()
        devices_in.close()
        out.close()
    slowest_ms = sorted(delays_ms)[int(0.99 * (len(delays_ms) - 1))] if delays_ms else 0.0
    return LiveReport(len(delays_ms), time.monotonic() - began_s, notes, slowest_ms)
