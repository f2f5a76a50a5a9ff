# SPDX-License-Identifier: Apache-2.0
"""Read tables: the project's own CSV, presets, columns recognised by words, or a mapping. `tables` does the work."""

from __future__ import annotations

from typing import Final

from ..tables import reader
from .format import RecordingFormat

FORMATS: Final[tuple[RecordingFormat, ...]] = (
    RecordingFormat(
        name="CSV",
        suffixes=(".csv", ".tsv"),
        source="research loggers, Unity, SteamVR, your own scripts",
        hand_poses="from the preset, or set `--hand-poses`",
        recognises=reader.recognises,
        read=lambda file: reader.read(file.data, file.name, file.path, file.options),
        rank=9,  # any text is a table, until its header says otherwise
    ),
)
