# SPDX-License-Identifier: Apache-2.0
"""Choose the reader of a recording from the file's content, never from its name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Final

from ..body.points import joints_of_points
from ..body.skeleton import SENSOR_JOINTS
from ..errors import InPoseError, RecordingError
from ..system.safe_files import open_file, read_bytes
from . import formats
from .cleaning.clean import clean_recording, cut_take
from .conventions import ReadOptions
from .formats.format import RecordingFile, RecordingFormat
from .formats.suffixes import recording_suffixes
from .interpretation.interpret import interpret
from .trimming import trim_recording
from .types import Recording

_LARGEST_FILE_BYTES: Final[int] = 2**29
"""An hour at 90 Hz is 30 MB as BSOR and 90 MB as CSV; a larger file than this is not a recording."""


@cache
def recording_formats() -> tuple[RecordingFormat, ...]:
    """Return the formats that the modules of `formats` declare, in the order in which they are tried."""
    modules = (import_module(f"{formats.__name__}.{module.name}") for module in iter_modules(formats.__path__))
    declared = (entry for module in modules for entry in getattr(module, "FORMATS", ()))
    return tuple(sorted(declared, key=lambda entry: (entry.rank, entry.name)))


def load_recording(path: Path, options: ReadOptions | None = None) -> Recording:
    """Read and clean a recording of head and hands; its content decides the format.

    If long pauses split it into takes, this returns the take that the options choose, or the longest one. A note lists
    the others.

    Args:
        path: the file; if each device has its own file, any of them.
        options: conventions of the file; they override what it declares and what would be guessed.

    Raises:
        RecordingError: the file is missing, unknown or damaged, or has no head and hands.
    """
    path, options = Path(path), options or ReadOptions()
    recording = _read(path, options)
    return trim_recording(clean_recording(cut_take(recording, options.take, path.name), path.name), options, path.name)


def load_session(path: Path, options: ReadOptions | None = None) -> Recording:
    """Read and clean a recording like `load_recording`, but keep all takes and the pauses between them.

    Raises:
        RecordingError: as for `load_recording`.
    """
    return clean_recording(_read(Path(path), options or ReadOptions()), Path(path).name)


def _read(path: Path, options: ReadOptions) -> Recording:
    file = RecordingFile(_bytes_of(path), path, options)
    if not file.data.strip(b"\0 \t\r\n"):
        raise RecordingError(f"{file.name} is empty.", "Record or download it again.")
    for recording_format in recording_formats():
        if recording_format.recognises(file.data):
            return _with_points(interpret(recording_format.read(file), options, file.name), options)
    raise RecordingError(
        f"InPose does not know the format of {file.name}.",
        f"It reads {', '.join(recording_suffixes())}.",
    )


def file_beginning(path: Path, most: int) -> bytes:
    """Return the first bytes of a file.

    Raises:
        RecordingError: it is missing or cannot be read.
    """

    def read(path: Path) -> bytes:
        with open_file(path) as file:
            return file.read(most)

    return _bytes_of(path, read)


def _read_whole(path: Path) -> bytes:
    return read_bytes(path, _LARGEST_FILE_BYTES)


def _with_points(recording: Recording, options: ReadOptions) -> Recording:
    """Return the recording with the trackers that the options choose, all of them if they choose none, on the joints
    that the options say."""
    if options.trackers is not None:
        if recording.trackers is None:
            raise InPoseError("This recording has no trackers.", "Leave out the option trackers.")
        recording = replace(recording, trackers=recording.trackers.said(options.trackers))
    if options.points is None:
        return recording
    joints = joints_of_points(options.points)
    trackers = None if recording.trackers is None else recording.trackers.only(joints)
    known = (*SENSOR_JOINTS, *(trackers.joints if trackers else ()))
    missing = ", ".join(
        point.strip() for point in options.points.split(",") if not set(joints_of_points(point)) <= set(known)
    )
    notes = (f"No tracker of this recording is known to measure {missing}.",) if missing else ()
    return replace(recording, trackers=trackers, notes=(*recording.notes, *notes))


def _bytes_of(path: Path, read: Callable[[Path], bytes] = _read_whole) -> bytes:
    name = path.name or path  # a dot has no name
    try:
        return read(path)
    except FileNotFoundError as error:
        raise RecordingError(f"The file {path} does not exist.", "Check the path.") from error
    except IsADirectoryError as error:
        raise RecordingError(
            f"{name} is a folder, not a recording.", "Give one file, for example a .bsor or .csv."
        ) from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "not a usable path"
        raise RecordingError(f"{name} cannot be read ({reason}).", "Check the path and its permissions.") from error
