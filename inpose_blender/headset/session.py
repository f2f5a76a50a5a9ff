# SPDX-License-Identifier: GPL-3.0-or-later
"""Hold the one server that a headset can reach, from *Record from headset* to *End*."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ..core import (
    HeadsetProgress,
    HeadsetRecorder,
    InPoseError,
    OutputError,
    PageSettings,
    output_error,
)


@dataclass(frozen=True)
class HeadsetChoices:
    """Say where the page is served, and where the takes go."""

    folder: Path
    port: int
    in_network: bool = False
    certificate: Path | None = None
    """With `key`: PEM files for HTTPS in the network; None: a certificate is made for the session."""
    key: Path | None = None
    may_create: bool = False
    """Create the folder if it is missing: the user has chosen none."""


class HeadsetSession:
    """Serve the page from the beginning until `end`; the takes are files as they arrive.

    Raises:
        OutputError: the folder does not exist.
        RecordingError: the port is taken, this computer is in no network, or the certificate cannot be used.
    """

    def __init__(self, choices: HeadsetChoices) -> None:
        _check_writable(choices.folder, choices.may_create)
        self.choices = choices
        self._told: set[Path] = set()
        settings = PageSettings(
            choices.port,
            "0.0.0.0" if choices.in_network else "127.0.0.1",
            certificate=choices.certificate if choices.in_network else None,
            key=choices.key if choices.in_network else None,
        )
        self._recorder = HeadsetRecorder(choices.folder, settings)
        self._recorder.start()

    @property
    def url(self) -> str:
        """Return the address to open in the headset."""
        return self._recorder.urls[0]

    @property
    def other_urls(self) -> tuple[str, ...]:
        """Return its addresses in further networks of this computer."""
        return self._recorder.urls[1:]

    @property
    def error(self) -> InPoseError | None:
        """Return why nothing can be written any more."""
        return self._recorder.error

    def progress(self) -> HeadsetProgress:
        """Return what has happened so far."""
        return self._recorder.progress(0.0)

    def command(self, name: str) -> bool:
        """Ask the headset to ``start`` or ``stop`` a take; return whether one is connected."""
        return self._recorder.command(name)

    def new_takes(self) -> list[Path]:
        """Return the takes that have ended and were not returned before; several may end while Blender is busy."""
        return self._not_told([take.path for take in list(self._recorder.takes) if take.ended])

    def end(self) -> list[Path]:
        """End the server and close the files; return the takes that were not returned before, ended or not.

        Raises:
            OutputError: the end of the newest take cannot be written.
        """
        try:
            self._recorder.stop()
        except OSError as error:
            raise output_error(self.choices.folder, error) from error
        return self._not_told([take.path for take in self._recorder.takes if take.ended or take.frames])

    def _not_told(self, paths: Sequence[Path]) -> list[Path]:
        """Return those of the paths that were not returned before."""
        new = [path for path in paths if path not in self._told]
        self._told.update(new)
        return new


def _check_writable(folder: Path, may_create: bool) -> None:
    """Say before the take, and not after it, that the folder cannot be written."""
    try:
        if may_create:
            folder.mkdir(parents=True, exist_ok=True)
        elif not folder.is_dir():
            raise OutputError(f"The folder {folder} does not exist.", "Create it first, or choose another one.")
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise output_error(folder, error) from error


_running: Final[list[HeadsetSession]] = []
"""At most one: it outlives the operator's calls, and the panel draws it."""


def running() -> HeadsetSession | None:
    """Return the session that runs."""
    return _running[0] if _running else None


def begin(choices: HeadsetChoices) -> HeadsetSession:
    """Begin a session; one that runs ends first.

    Raises:
        InPoseError: as for `HeadsetSession`.
    """
    end()
    session = HeadsetSession(choices)
    _running[:] = [session]
    return session


def end() -> list[Path]:
    """End the session, if one runs; return its takes that are new.

    Raises:
        OutputError: the end of the take cannot be written.
    """
    return _running.pop().end() if _running else []


def drop() -> None:
    """End the session where nobody can be told: Blender opens another file, or disables the add-on."""
    with suppress(OutputError):
        end()
