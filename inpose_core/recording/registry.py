# SPDX-License-Identifier: Apache-2.0
"""Choose the reader of a recording by the file's content, never by its name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ..errors import RecordingError
from ..safe_files import read_bytes
from .cleaning.clean import clean_recording, cut_take
from .conventions import ReadOptions
from .formats import body_motion, bsor, foreign, scoresaber, webxr, xror
from .interpretation.interpret import interpret
from .tables import reader as tables
from .tracks import RawTracks
from .types import Recording

_LARGEST_FILE_BYTES: Final[int] = 2**29
"""An hour at 90 Hz is 30 MB as BSOR and 90 MB as CSV; what is larger than this is something else."""


@dataclass(frozen=True)
class RecordingFile:
    """Hold a file that is being read, and what the user says about it."""

    data: bytes
    path: Path
    options: ReadOptions

    @property
    def name(self) -> str:
        """Return the file's name, for messages."""
        return self.path.name


@dataclass(frozen=True)
class RecordingFormat:
    """Pair a test of the content with the reader for it."""

    name: str
    recognises: Callable[[bytes], bool]
    read: Callable[[RecordingFile], RawTracks]
    """Return the tracks as they stand in the file."""


def _of_bytes(read: Callable[[bytes, str], RawTracks]) -> Callable[[RecordingFile], RawTracks]:
    return lambda file: read(file.data, file.name)


FORMATS: Final[tuple[RecordingFormat, ...]] = (
    RecordingFormat("BSOR", bsor.recognises, _of_bytes(bsor.read)),
    RecordingFormat("ScoreSaber", scoresaber.recognises, _of_bytes(scoresaber.read)),
    RecordingFormat("NPZ", body_motion.recognises_npz, lambda f: body_motion.read_npz(f.data, f.name, f.path)),
    RecordingFormat("BVH", body_motion.recognises_bvh, lambda f: body_motion.read_bvh(f.data, f.name, f.path)),
    # What is known but not read is refused by name before other readers could misunderstand it.
    RecordingFormat("other", foreign.is_other_known, _of_bytes(foreign.refuse_other_known)),
    RecordingFormat("XROR", xror.recognises, _of_bytes(xror.read)),
    RecordingFormat("WebXR", webxr.recognises, _of_bytes(webxr.read)),
    RecordingFormat("CSV", tables.recognises, lambda f: tables.read(f.data, f.name, f.path, f.options)),
)


def load_recording(path: Path, options: ReadOptions | None = None) -> Recording:
    """Read a recording of head and hands, recognised by content, and clean it.

    Where pauses of many seconds split it into takes, that of the options, or the longest, is returned, and a note
    tells of the others.

    Args:
        path: the file; of a recording with a file per device any of them.
        options: what the file is, against what it says or what would be guessed.

    Raises:
        RecordingError: the file is missing, foreign or damaged, or holds no head and hands.
    """
    path, options = Path(path), options or ReadOptions()
    recording = _read(path, options)
    return clean_recording(cut_take(recording, options.take, path.name), path.name)


def load_session(path: Path, options: ReadOptions | None = None) -> Recording:
    """Read and clean a recording as `load_recording` does, all of its takes with the pauses between them.

    Raises:
        RecordingError: as there.
    """
    return clean_recording(_read(Path(path), options or ReadOptions()), Path(path).name)


def _read(path: Path, options: ReadOptions) -> Recording:
    file = RecordingFile(_bytes_of(path), path, options)
    if not file.data.strip(b"\0 \t\r\n"):
        raise RecordingError(f"{file.name} is empty.", "Record or download it again.")
    for recording_format in FORMATS:
        if recording_format.recognises(file.data):
            return interpret(recording_format.read(file), options, file.name)
    raise RecordingError(
        f"InPose does not know the format of {file.name}.",
        "It reads replays (.bsor, .xror, .dat), WebXR recordings (.json), CSV tables, AMASS .npz and BVH.",
    )


def _bytes_of(path: Path) -> bytes:
    name = path.name
    try:
        return read_bytes(path, _LARGEST_FILE_BYTES)
    except FileNotFoundError as error:
        raise RecordingError(f"The file {path} does not exist.", "Check the path.") from error
    except IsADirectoryError as error:
        raise RecordingError(
            f"{name} is a folder, not a recording.", "Give one file, for example a .bsor or .csv."
        ) from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "not a usable path"
        raise RecordingError(f"{name} cannot be read ({reason}).", "Check the path and its permissions.") from error
