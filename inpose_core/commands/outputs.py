# SPDX-License-Identifier: Apache-2.0
"""Check the output of a command before its work begins."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ..errors import OutputError
from ..options.reading import ReadOptions
from ..system.same_files import refuse_to_replace


def check_folder_of(output: Path) -> None:
    """Check that the folder of an output is there.

    Raises:
        OutputError: it is not.
    """
    if not output.parent.is_dir():
        raise OutputError(f"The folder {output.parent} does not exist.", "Create it first.")


def check_ending(output: Path, ending: str) -> None:
    """Check that an output has the only ending that fits what is written.

    Raises:
        OutputError: it has another one.
    """
    if output.suffix.lower() != ending:
        raise OutputError(f'"{output.name}" is not a {ending} file.', f"Choose a name that ends with {ending}.")


def keep_inputs(output: Path, recording: Path, reading: ReadOptions, *more: tuple[Path | None, str]) -> None:
    """Check that an output replaces neither its recording nor another file that the command reads.

    Args:
        output: what will be written.
        recording: what is read; the files that belong to it are found beside it.
        reading: how it is read.
        more: further files, each with what it is.

    Raises:
        OutputError: it would replace one of them.
    """
    refuse_to_replace([output], [*_inputs(recording, reading), *more])


def _inputs(recording: Path, reading: ReadOptions) -> Iterator[tuple[Path | None, str]]:
    yield recording, "a recording"
    yield reading.columns_file, "the mapping of the columns"
    if recording.is_file():  # if not, whoever reads it says so
        from ..recording.companions import companions_of  # noqa: PLC0415 (the readers take time; --help needs none)

        for file in companions_of(recording, reading).values():
            yield file, "a file of the recording"
