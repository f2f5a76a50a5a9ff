# SPDX-License-Identifier: GPL-3.0-or-later
"""Refuse outputs that would replace a recording, the rig of several recordings, or each other."""

from __future__ import annotations

import sys
import unicodedata
from collections.abc import Iterator, Sequence
from pathlib import Path

from ..core import OutputError, refuse_to_replace
from ..options import recording_suffixes
from .settings import BatchSettings


def check_outputs(settings: BatchSettings, folders: Sequence[Path]) -> None:
    """Check the outputs before the first recording is solved.

    Args:
        settings: the command line.
        folders: those that were given as recordings.

    Raises:
        OutputError: an output would replace what the command reads, or another output, or an export would count as a
            recording when the same command runs again.
    """
    _refuse_equal_outputs(settings)
    written = [output for output, _ in _written(settings)]
    refuse_to_replace(written, _inputs(settings))
    places = {folder.resolve() for folder in folders}
    for path in written:
        if path.suffix.lower() in recording_suffixes() and path.parent in places:
            raise OutputError(
                f"{path} would be among the recordings: the next time, it would be solved, too.",
                "Choose a folder without recordings for --output.",
            )


def check_rig_file(settings: BatchSettings, rig_file: str) -> None:
    """Check that no output replaces the file with the rig while recordings that need it are left.

    Args:
        settings: the command line.
        rig_file: the file in which each recording begins; empty if there is none.

    Raises:
        OutputError: one would.
    """
    if settings.row or len(settings.recordings) < 2 or not rig_file:
        return
    outputs = [settings.output_of(recording) for recording in settings.recordings]
    refuse_to_replace(outputs, [(Path(rig_file), "the file with the rig")])


def one_spelling(path: Path, *, ignores_case: bool = sys.platform in ("win32", "darwin")) -> str:
    """Return the same text for all spellings of the same path."""
    return unicodedata.normalize("NFC", str(path)).casefold() if ignores_case else str(path)


def _refuse_equal_outputs(settings: BatchSettings) -> None:
    owners: dict[str, Path] = {}
    for output, recording in _written(settings):
        other = owners.setdefault(one_spelling(output), recording)
        if other != recording:
            raise OutputError(
                f"{other} and {recording} would write the same output file.", "Give each recording a different name."
            )


def _written(settings: BatchSettings) -> Iterator[tuple[Path, Path]]:
    """Yield each file that will be written, and the recording that it is for: in a row, the first one."""
    recordings = settings.recordings[:1] if settings.row else tuple(dict.fromkeys(settings.recordings))
    for recording in recordings:
        yield settings.output_of(recording), recording
        for path in settings.exports_of(recording):
            yield path, recording


def _inputs(settings: BatchSettings) -> Iterator[tuple[Path | None, str]]:
    for recording in settings.recordings:
        yield recording, "a recording"
    solve = settings.solve
    yield solve.reading.columns_file, "the mapping of the columns"
    yield solve.calibration.calibration_file, "the calibration"
    yield solve.solve.pins_file, "the pins file"
    yield solve.solve.edits_file, "the edits file"
