# SPDX-License-Identifier: Apache-2.0
"""Carry out the requests that the worker receives.

`worker.py` describes the requests and what they return. The modules of the solver load with the first request that
needs them: the worker must first say that it is there.
"""

from __future__ import annotations

import queue
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .errors import WorkerError
from .requests import (
    REQUESTS,
    CalibrateRequest,
    InfoRequest,
    LiveRequest,
    SolveAgainRequest,
    SolveRequest,
)

if TYPE_CHECKING:
    from .body.skeleton import Skeleton
    from .prior.checkpoint import Prior

_Json = dict[str, Any]


@dataclass(frozen=True)
class Caller:
    """Hold what a request can say to who sent it, and hear from them."""

    reply: Callable[[str, _Json], None]
    """Send an event with these fields."""
    check_cancelled: Callable[[], None]
    """Raise `CancelledError` if the request was cancelled."""
    told: queue.SimpleQueue[_Json] | None = None
    """What is said to a live request."""

    def progress(self, fraction: float) -> None:
        """Tell how much of the solve is done, from 0 to 1."""
        self.check_cancelled()
        self.reply("progress", {"fraction": round(fraction, 4), "text": "Solving"})


class Answers:
    """Answer requests one after another; the prior is loaded once."""

    def __init__(self) -> None:
        self._prior: Prior | None = None

    def answer(self, method: object, params: _Json, caller: Caller) -> _Json:
        """Carry out one request and return its result.

        Raises:
            WorkerError: the method or a parameter is unknown.
            InPoseError: what the request asks for cannot be done, or it was cancelled.
        """
        if method not in REQUESTS:
            raise WorkerError(
                f'The solver does not know the request "{method}".', "Update both the add-on and the solver."
            )
        request = REQUESTS[str(method)].from_json(params)
        if isinstance(request, SolveRequest):
            return self._solve(request, caller)
        if isinstance(request, SolveAgainRequest):
            return self._solve_again(request, caller)
        if isinstance(request, LiveRequest):
            return self._live(request, caller)
        if isinstance(request, CalibrateRequest):
            return _calibrate(request)
        assert isinstance(request, InfoRequest)
        return _info(request)

    def _solve(self, request: SolveRequest, caller: Caller) -> _Json:
        from .recording.formats.sensors_file import save_sensors  # noqa: PLC0415
        from .recording_to_motion import SolvePlan, solve_recording  # noqa: PLC0415

        skeleton = _skeleton(request.offsets_m)
        plan = SolvePlan(request.recording, skeleton, request.calibration, request.solve, request.reading)
        solved = solve_recording(plan, self._loaded_prior(), caller.progress)
        caller.check_cancelled()
        solved.motion.save_npz(request.output)
        if request.sensors_output is not None:
            save_sensors(solved.calibrated.sensors, request.sensors_output)
        return {
            "motion": str(request.output),
            "frames": len(solved.motion),
            "fps": solved.motion.fps,
            "start_s": solved.calibrated.sensors.start_s,
            "mean_hand_error_m": solved.mean_hand_error_m,
            "stature_m": solved.calibrated.stature_m,
            "scale": solved.calibrated.scale,
            "seat_height_m": solved.calibrated.seat_height_m,
            "notes": list(solved.notes),
            "findings": [finding.to_dict() for finding in solved.findings],
        }

    def _solve_again(self, request: SolveAgainRequest, caller: Caller) -> _Json:
        from .body.motion import Motion  # noqa: PLC0415
        from .pins import PinSet, pins_from_json, with_pinned_devices  # noqa: PLC0415
        from .pins.solving import solve_again  # noqa: PLC0415
        from .recording.formats.sensors_file import load_sensors, save_sensors  # noqa: PLC0415

        sensors = load_sensors(request.recording)
        pins = PinSet() if request.pins is None else pins_from_json(request.pins)
        solved = solve_again(
            Motion.load_npz(request.motion),
            sensors,
            pins,
            request.solve,
            PinSet() if request.before is None else pins_from_json(request.before),
            self._loaded_prior(),
            caller.progress,
        )
        caller.check_cancelled()
        solved.motion.save_npz(request.output)
        if request.sensors_output is not None:
            save_sensors(with_pinned_devices(sensors, pins), request.sensors_output)
        return {
            "motion": str(request.output),
            "stretches": [list(stretch) for stretch in solved.stretches],
            "notes": list(solved.notes),
        }

    def _live(self, request: LiveRequest, caller: Caller) -> _Json:
        from .body.skeleton import Skeleton  # noqa: PLC0415
        from .live.serving import serve_live  # noqa: PLC0415

        assert caller.told is not None
        return serve_live(
            request,
            _skeleton(request.offsets_m) or Skeleton.template(),
            self._loaded_prior(),
            caller.told,
            lambda state: caller.reply("live", state),
            caller.check_cancelled,
        )

    def _loaded_prior(self) -> Prior:
        from .prior.checkpoint import load_prior  # noqa: PLC0415

        if self._prior is None:
            self._prior = load_prior()
        return self._prior


def _skeleton(offsets_m: Sequence[Sequence[float]] | None) -> Skeleton | None:
    import numpy as np  # noqa: PLC0415

    from .body.skeleton import Skeleton  # noqa: PLC0415

    try:
        return None if offsets_m is None else Skeleton(np.array(offsets_m))
    except ValueError as error:
        raise WorkerError(
            f"The solver received a request that it cannot read ({error}).", "Update the add-on."
        ) from error


def _calibrate(request: CalibrateRequest) -> _Json:
    from .calibration import measure_performer, save_calibration  # noqa: PLC0415
    from .recording import load_recording  # noqa: PLC0415

    recording = load_recording(request.recording, request.reading)
    found = measure_performer(recording, _skeleton(request.offsets_m), request.calibration)
    save_calibration(found.performer, request.output)
    return {
        "calibration": str(request.output),
        "stature_m": found.performer.stature_m,
        "wrist_span_m": found.performer.wrist_span_m,
        "source": found.performer.source,
        "notes": list(found.notes),
    }


def _info(request: InfoRequest) -> _Json:
    from .calibration.tracker_points import shown_trackers  # noqa: PLC0415
    from .inspection.describe import describe_recording  # noqa: PLC0415
    from .recording import Sensors, load_recording  # noqa: PLC0415
    from .recording.cleaning.resample import resample_recording  # noqa: PLC0415
    from .recording.formats.sensors_file import save_sensors  # noqa: PLC0415

    recording = load_recording(request.recording, request.reading)
    if request.output is not None:
        even = resample_recording(recording)
        devices = Sensors(even.positions_m, even.rotations_wxyz, even.measured)
        save_sensors(devices.with_points(*shown_trackers(even.trackers)), request.output)
    return describe_recording(recording, request.calibration).to_dict()
