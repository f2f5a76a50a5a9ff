# SPDX-License-Identifier: Apache-2.0
"""Read the QR code back from the characters of a terminal."""

from __future__ import annotations

import io

import numpy as np

from inpose_core.commands.page_address import page_lines
from tests.core.recording.live.test_qr_code import read_back

URL = "https://192.168.178.23:8443/q3Zr-0_Xb1Yk/"


class Terminal(io.TextIOWrapper):
    """Shows text."""

    def __init__(self, encoding: str = "utf-8") -> None:
        super().__init__(io.BytesIO(), encoding=encoding)

    def isatty(self) -> bool:
        return True


def test_a_camera_reads_the_address_from_the_terminal() -> None:
    first, *code, last = page_lines(URL, Terminal())
    assert first.endswith(URL)
    assert "Proceed" in last
    shown = [line.removeprefix("\x1b[38;5;16;48;5;231m").removesuffix("\x1b[0m") for line in code]
    halves = [[(" ▄▀█".index(block) >> 1, " ▄▀█".index(block) & 1) for block in line] for line in shown]
    modules = np.array(halves).transpose(0, 2, 1).reshape(2 * len(shown), -1).astype(bool)[:-1]
    assert modules.shape == (37, 37)
    assert not modules[:4].any(), "the quiet zone"
    assert read_back(modules[4:-4, 4:-4]) == URL


def test_all_addresses_of_this_computer_are_told() -> None:
    """The likeliest one may be that of a VPN or of a second network card."""
    others = ("https://10.0.0.7:8443/q3Zr-0_Xb1Yk/", "https://172.16.0.2:8443/q3Zr-0_Xb1Yk/")
    lines = page_lines(URL, io.StringIO(), others)
    assert [line.rpartition(" ")[2] for line in lines[:3]] == [URL, *others]


def test_a_file_and_a_terminal_without_blocks_get_the_address_alone() -> None:
    for shown_on in (io.StringIO(), Terminal("ascii")):
        assert len(page_lines(URL, shown_on)) == 2


def test_a_headset_on_a_cable_needs_no_camera() -> None:
    lines = page_lines("http://localhost:8443/q3Zr-0_Xb1Yk/", Terminal())
    assert len(lines) == 2
    assert lines[1].endswith("adb reverse tcp:8443 tcp:8443")
