# SPDX-License-Identifier: Apache-2.0
"""Hear a headset through the recorder page, within its takes and between them. The page's takes become files."""

from __future__ import annotations

import time
from pathlib import Path

from ...recording.live.headset import HeadsetRecorder, PageSettings
from .page_lines import PageHeader, PagePause, PageReader
from .stream import Hear, StreamNews


class PageStream:
    """Serve the page, and write its takes.

    Args:
        settings: where to serve.
        folder: for the takes.

    Raises:
        OutputError: the folder does not exist.
        RecordingError: as for `HeadsetRecorder`.
    """

    suffix = ".jsonl"
    writes_takes = True

    def __init__(self, settings: PageSettings, folder: Path) -> None:
        self.name = "the headset"
        self.silence_hint = "Open the page in the headset, and start VR there."
        self._header, self._pause = PageHeader(), PagePause()
        self._hear: Hear | None = None
        self._recorder = HeadsetRecorder(folder, settings, self._heard, streams=True)

    def start(self, hear: Hear) -> None:
        """Begin to serve."""
        self._hear = hear
        self._recorder.start()

    def new_reader(self) -> PageReader:
        """Return what reads the lines."""
        return PageReader()

    def head_lines(self) -> list[str]:
        """Return the head of a take."""
        return self._header.lines()

    def tail_lines(self) -> list[str]:
        """Return the end of a take."""
        return ['{"event":"end"}']

    def ask(self, what: str) -> bool:
        """Ask the headset to ``start`` or ``stop`` a take."""
        return self._recorder.command(what)

    def news(self) -> StreamNews:
        """Return what is to be known."""
        progress, error = self._recorder.progress(0.0), self._recorder.error
        takes = tuple((take.path, take.ended, take.frames) for take in self._recorder.takes)
        return StreamNews(
            url=progress.url,
            other_urls=progress.other_urls,
            connected=progress.connected,
            pause=self._pause.now,
            recording=self._recorder.writes,
            write_error="" if error is None else str(error),
            refused_senders=self._recorder.refused,
            takes=takes,
        )

    def close(self) -> None:
        """End the connection, and close the files."""
        self._recorder.stop()

    def _heard(self, text: str) -> None:
        lines = [line for line in text.split("\n") if line.strip()]
        self._header.note(lines)
        self._pause.note(lines)
        if self._hear is not None and lines:
            self._hear(lines, time.monotonic())
