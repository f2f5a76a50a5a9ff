# SPDX-License-Identifier: Apache-2.0
"""The requests that the worker answers. The add-on and the worker both use these classes. Does not need numpy."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Final, TypeVar

from .errors import WorkerError
from .options.calibration import CalibrationSettings
from .options.live import LiveOptions
from .options.ports import VMC_PORT
from .options.reading import ReadOptions
from .options.request import near_names, settings_from_json, settings_to_json
from .options.solve import SolveSettings
from .options.table import OptionTable

PROTOCOL: Final[int] = 6

AnyRequest = TypeVar("AnyRequest", bound="Request")


@dataclass(frozen=True)
class Request:
    """Base class of the requests; the fields are the keys of the JSON."""

    method: ClassVar[str]
    scratch: Path | None = field(default=None, kw_only=True)
    """A folder that the worker removes if the other side dies before the answer."""

    def to_json(self) -> dict[str, Any]:
        """Return the parameters that differ from their defaults."""
        params: dict[str, Any] = {}
        for entry in dataclasses.fields(self):
            value = getattr(self, entry.name)
            if isinstance(value, OptionTable):
                value = settings_to_json(value) or None
            if value is not None:
                # The worker may be at home in another folder.
                params[entry.name] = str(value.absolute()) if isinstance(value, Path) else value
        return params

    @classmethod
    def from_json(cls: type[AnyRequest], params: object) -> AnyRequest:
        """Return the request that the parameters describe; null and missing parameters mean the default.

        Raises:
            WorkerError: a parameter is missing, unknown, or of the wrong type.
            InPoseError: an option does not exist or does not fit.
        """
        if not isinstance(params, Mapping):
            raise WorkerError("The solver received a request that it cannot read.", "Its params are not a JSON object.")
        entries = {entry.name: entry for entry in dataclasses.fields(cls)}
        for key in params:
            if key not in entries:
                raise WorkerError(
                    f'A {cls.method} request has no parameter "{str(key)[:40]}".', near_names(str(key), tuple(entries))
                )
        given = {name: _value(entry, params[name]) for name, entry in entries.items() if params.get(name) is not None}
        for name, entry in entries.items():
            if name not in given and entry.default is dataclasses.MISSING:
                raise WorkerError(f"A {cls.method} request needs a path ({name}).", "Update the add-on.")
        return cls(**given)


@dataclass(frozen=True)
class RecordingRequest(Request):
    """Base class of the requests about a recording."""

    recording: Path


@dataclass(frozen=True)
class InfoRequest(RecordingRequest):
    """Ask for the facts about a recording and its calibration; with an output, also for its poses at 60 Hz."""

    method = "info"
    output: Path | None = None
    reading: ReadOptions = ReadOptions()
    calibration: CalibrationSettings = CalibrationSettings()


@dataclass(frozen=True)
class CalibrateRequest(RecordingRequest):
    """Ask for the performer's measurements, saved in a file."""

    method = "calibrate"
    output: Path
    offsets_m: Sequence[Sequence[float]] | None = None
    """(22, 3) of the skeleton; None: an average adult's."""
    reading: ReadOptions = ReadOptions()
    calibration: CalibrationSettings = CalibrationSettings()


@dataclass(frozen=True)
class SolveRequest(RecordingRequest):
    """Ask for the motion of a whole body."""

    method = "solve"
    output: Path
    sensors_output: Path | None = None
    """Gets the calibrated recording that the motion is solved from."""
    offsets_m: Sequence[Sequence[float]] | None = None
    """(22, 3) of the skeleton; None: an adult's of the performer's stature."""
    reading: ReadOptions = ReadOptions()
    calibration: CalibrationSettings = CalibrationSettings()
    solve: SolveSettings = SolveSettings()


@dataclass(frozen=True)
class SolveAgainRequest(RecordingRequest):
    """Ask for a motion whose pins have changed: only the stretches around them are solved again.

    Its recording is the ``sensors_output`` of the solve.
    """

    method = "solve_again"
    output: Path
    motion: Path
    """The motion of the take, as the last solve left it."""
    sensors_output: Path | None = None
    """Gets the recording with head and hands where the pins want them."""
    pins: Mapping[str, Any] | None = None
    """What is asked for now, a document of `pins.pins_to_json`."""
    before: Mapping[str, Any] | None = None
    """What the motion was solved with; None: nothing."""
    solve: SolveSettings = SolveSettings()


@dataclass(frozen=True)
class LiveRequest(Request):
    """Ask for poses of somebody who moves now, until it is told to stop."""

    method = "live"
    folder: Path
    """For the takes that a headset writes."""
    source: str = "vmc"
    """``vmc`` (with OSC trackers), ``page`` (the recorder page of a headset), or ``fed`` (lines come from who asks)."""
    port: int = VMC_PORT
    address: str = "127.0.0.1"
    """This computer's address; 0.0.0.0 listens to other machines, too."""
    certificate: Path | None = None
    """With ``key``: for a page that other machines open."""
    key: Path | None = None
    offsets_m: Sequence[Sequence[float]] | None = None
    """(22, 3) of the skeleton; None: an average adult's."""
    reading: ReadOptions = ReadOptions()
    calibration: CalibrationSettings = CalibrationSettings()
    live: LiveOptions = LiveOptions()


REQUESTS: Final[Mapping[str, type[Request]]] = {
    request.method: request for request in (InfoRequest, CalibrateRequest, SolveRequest, SolveAgainRequest, LiveRequest)
}


def _value(entry: dataclasses.Field[Any], value: Any) -> Any:
    if isinstance(entry.default, OptionTable):
        return settings_from_json(type(entry.default), value)
    if entry.name in {"pins", "before"}:
        if not isinstance(value, Mapping):
            raise WorkerError(f"The parameter {entry.name} is not a JSON object.", "Update the add-on.")
        return value
    if entry.name == "offsets_m":
        return _offsets(value)
    if isinstance(entry.default, (int, str)):
        if type(value) is not type(entry.default):
            raise WorkerError(f"The parameter {entry.name} is of the wrong type.", "Update the add-on.")
        return value
    if not isinstance(value, (str, Path)) or "\0" in str(value):
        raise WorkerError(f"The parameter {entry.name} is not a path.", "Update the add-on.")
    return Path(value)


def _offsets(value: Any) -> list[list[float]]:
    try:
        return [[float(number) for number in offset] for offset in value]
    except (TypeError, ValueError) as error:
        raise WorkerError(
            f"The parameter offsets_m is not a list of offsets ({error}).", "Update the add-on."
        ) from error
