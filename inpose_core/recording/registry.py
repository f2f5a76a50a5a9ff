# SPDX-License-Identifier: Apache-2.0
"""Choose the reader of a recording by the file's content, never by its name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ..errors import RecordingError
from . import bsor, csv_format, foreign
from .clean import clean_recording
from .types import Recording

_LARGEST_FILE_BYTES: Final[int] = 2**30
"""An hour at 90 Hz is 30 MB as BSOR and 90 MB as CSV; what is larger than this is something else."""


@dataclass(frozen=True)
class RecordingFormat:
    """Pair a test of the content with the reader for it."""

    name: str
    recognises: Callable[[bytes], bool]
    read: Callable[[bytes, str], Recording]
    """Take the file's bytes and its name for messages; return the poses as they stand in the file, not yet cleaned."""


FORMATS: Final[tuple[RecordingFormat, ...]] = (
    RecordingFormat("BSOR", bsor.recognises, bsor.read),
    # What is known but not read is refused by name before the CSV reader could misunderstand it.
    RecordingFormat("XROR", foreign.is_bson, foreign.refuse_bson),
    RecordingFormat("JSON", foreign.is_json, foreign.refuse_json),
    RecordingFormat("other", foreign.is_other_known, foreign.refuse_other_known),
    RecordingFormat("CSV", csv_format.recognises, csv_format.read),
)


def load_recording(path: Path) -> Recording:
    """Read a recording of head and hands, recognised by content, and clean it.

    Raises:
        RecordingError: the file is missing, foreign or damaged, or holds no head and hands.
    """
    path = Path(path)
    name = path.name
    try:
        if path.is_dir():
            raise RecordingError(f"{name} is a folder, not a recording.", "Give one file, for example a .bsor or .csv.")
        if path.stat().st_size > _LARGEST_FILE_BYTES:
            raise RecordingError(f"{name} is larger than 1 GB.", "Check that this is a recording of head and hands.")
        data = path.read_bytes()
    except FileNotFoundError as error:
        raise RecordingError(f"There is no file {path}.", "Check the path.") from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "not a usable path"
        raise RecordingError(f"{name} cannot be read ({reason}).", "Check the path and its permissions.") from error
    if not data.strip(b"\0 \t\r\n"):
        raise RecordingError(f"{name} is empty.", "Record or download it again.")
    for recording_format in FORMATS:
        if recording_format.recognises(data):
            return clean_recording(recording_format.read(data, name), name)
    raise RecordingError(
        f"{name} is no format that InPose knows.",
        "It reads BeatLeader replays (.bsor) and CSV files with columns time, head_px ... right_qz.",
    )
