# SPDX-License-Identifier: Apache-2.0
"""Recognise files that InPose does not read; the messages name the format and suggest what to do."""

from __future__ import annotations

from typing import Final, NoReturn

from ...errors import RecordingError
from .format import RecordingFormat

_CSV_HINT: Final[str] = "Export it as CSV with the columns time, head_px ... head_qz, left_px ..., right_px ... ."

_KNOWN_BEGINNINGS: Final[tuple[tuple[bytes, str, str], ...]] = (
    (b"Kaydara FBX", "an FBX file", "Import it in Blender and record its objects there, or export the tracks as CSV."),
    (b"PK\x03\x04", "a ZIP archive", "Unpack it and give the recording inside."),
    (b"\x1f\x8b", "a gzip archive", "Unpack it and give the recording inside."),
    (b"BLENDER", "a Blender file", "Open it in Blender and record its objects there."),
    (b"glTF", "a glTF model", "Give the recording of the headset instead."),
    (b"\x93NUMPY", "a numpy array", _CSV_HINT),
    (b"PAR1", "a Parquet table", _CSV_HINT),
)


def is_other_known(data: bytes) -> bool:
    """Return whether the file begins like a known format that InPose cannot read."""
    return _known_beginning(data) is not None


def refuse_other_known(data: bytes, name: str) -> NoReturn:
    """Raise an error that names the format and suggests what to do instead.

    Raises:
        RecordingError: always.
    """
    what, hint = _known_beginning(data) or ("of an unknown format", _CSV_HINT)
    raise RecordingError(f"{name} is {what}.", hint)


def _known_beginning(data: bytes) -> tuple[str, str] | None:
    beginning = data[:64].lstrip(b"\xef\xbb\xbf \t\r\n")
    for magic, what, hint in _KNOWN_BEGINNINGS:
        if beginning.startswith(magic):
            return what, hint
    return None


FORMATS: Final[tuple[RecordingFormat, ...]] = (
    RecordingFormat(
        name="other",
        suffixes=(),
        source="",
        hand_poses="",
        recognises=is_other_known,
        read=lambda file: refuse_other_known(file.data, file.name),
        rank=1,  # refused by name before other readers could misunderstand it
    ),
)
