# SPDX-License-Identifier: Apache-2.0
"""Hear devices from the program that runs the session: it hands over lines as the recorder page writes them."""

from __future__ import annotations

import time
from collections.abc import Sequence

from .page_lines import PageHeader, PageReader
from .stream import Hear, StreamNews


class FedStream:
    """Pass on the lines of `feed`."""

    suffix = ".jsonl"
    writes_takes = False

    def __init__(self) -> None:
        self.name = "the VR session"
        self.silence_hint = "Start the VR session, and put the headset on."
        self._header = PageHeader()
        self._hear: Hear | None = None

    def start(self, hear: Hear) -> None:
        """Begin to pass on lines."""
        self._hear = hear

    def feed(self, lines: Sequence[str]) -> None:
        """Take lines."""
        self._header.note(lines)
        if self._hear is not None:
            self._hear(lines, time.monotonic())

    def new_reader(self) -> PageReader:
        """Return what reads the lines."""
        return PageReader()

    def head_lines(self) -> list[str]:
        """Return the head of a take."""
        return self._header.lines()

    def tail_lines(self) -> list[str]:
        """Return the end of a take."""
        return ['{"event":"end"}']

    def ask(self, _what: str) -> bool:
        """Return that nobody heard."""
        return False

    def news(self) -> StreamNews:
        """Return nothing new."""
        return StreamNews()

    def close(self) -> None:
        """Pass on nothing more."""
        self._hear = None
