# SPDX-License-Identifier: Apache-2.0
"""Make a job of each recording that somebody names: files, folders of recordings, and patterns."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from ..errors import RecordingError
from ..recording.folders import one_file_each, recordings_in, written_by_batches
from ..recording.formats.suffixes import recording_suffixes
from .jobs import Job
from .places import is_remote

_PATTERN_SIGNS: Final[str] = "*?["


@dataclass(frozen=True)
class _Chosen:
    """Hold a recording, and the folder of its motion below that of the outputs."""

    recording: Path
    below: str = ""

    @property
    def place(self) -> str:
        """Return where its motion goes; recordings that differ only in their endings have one place."""
        return f"{self.below}/{self.recording.stem}".casefold()


def jobs_for(
    recordings: Sequence[Path],
    output: Path,
    template: Job,
    suffix: str = ".npz",
    written: Collection[Path] = (),
) -> tuple[Job, ...]:
    """Return a job for each recording; folders stand for the recordings in them, in order of their names.

    A recording that has one file per device is one job, also if all its files are given. A motion is named after its
    recording; where two recordings differ only in their endings, with the ending. Folders that a pattern leaves open
    come again below the folder of the outputs.

    Args:
        recordings: files, folders or patterns.
        output: the folder of the motions.
        template: gives skeleton and options.
        suffix: the ending of the outputs.
        written: outputs of earlier batches; they are no recordings, unless they are given by name.

    Raises:
        RecordingError: nothing is there under a name, or it cannot be listed.
    """
    found: dict[Path, _Chosen] = {}
    for given in recordings:
        for one in _chosen(given):
            if one.recording == given or one.recording not in written:
                found.setdefault(one.recording, one)
    chosen = [found[path] for path in one_file_each(list(found), template.reading)]
    names = Counter(one.place for one in chosen)
    jobs = []
    for one in chosen:
        name = one.recording.stem if names[one.place] == 1 else one.recording.name
        jobs.append(replace(template, recording=one.recording, output=output / one.below / f"{name}{suffix}"))
    return tuple(jobs)


def _chosen(path: Path) -> list[_Chosen]:
    """Return the recordings that a name stands for.

    Raises:
        RecordingError: there is none, a folder cannot be listed, or the pattern makes no sense.
    """
    try:
        if (folder := _open_folder(path)) is not None:
            found = _matching(folder, path)
        elif path.is_dir():
            found = [_Chosen(file) for file in recordings_in(path)]
        else:
            return [_Chosen(path)]
    except Exception as error:  # each kind of storage has its own
        if not is_remote(path) and isinstance(error, ValueError):  # pathlib's
            raise RecordingError(f"{path} is not a pattern: {error}.", 'Write one like "takes/**/*.csv".') from error
        if not is_remote(path) and not isinstance(error, OSError):
            raise
        raise RecordingError(
            f"{path} cannot be listed: {error}.", "Check the address and your access rights."
        ) from error
    if not found:
        raise RecordingError(
            f"There is no recording in {path}.", f"Recordings end in {', '.join(recording_suffixes())}."
        )
    return found


def _open_folder(pattern: Path) -> Path | None:
    """Return the folder below which a pattern leaves names open; None if the path is no pattern.

    What is there under its name is no pattern, whatever signs are in the name.
    """
    parts = [part for part in (pattern, *pattern.parents) if any(sign in part.name for sign in _PATTERN_SIGNS)]
    open_parts = [part for part in parts if not part.exists()]
    return open_parts[-1].parent if open_parts else None


def _matching(folder: Path, pattern: Path) -> list[_Chosen]:
    """Return the files that match a pattern, without what batches have written."""
    above = len(folder.parts)
    files = sorted(each for each in folder.glob("/".join(pattern.parts[above:])) if each.is_file())
    written = {place: written_by_batches(place) for place in {file.parent for file in files}}
    return [
        _Chosen(file, "/".join(file.parent.parts[above:])) for file in files if file.name not in written[file.parent]
    ]
