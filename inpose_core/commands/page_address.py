# SPDX-License-Identifier: Apache-2.0
"""Say in a terminal how a headset opens the page: its address, also as a QR code, and what else is to be done."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, TextIO

_BLOCKS: Final[str] = " ▄▀█"
"""Two modules in one character, which is twice as high as wide."""
_BLACK_ON_WHITE: Final[str] = "\x1b[38;5;16;48;5;231m"
_NORMAL: Final[str] = "\x1b[0m"


def page_lines(url: str, shown_on: TextIO, other_urls: Sequence[str] = ()) -> list[str]:
    """Return what to do to open the page.

    A headset on a cable opens an address of this computer itself, and no camera helps there.

    Args:
        url: the address of the page.
        shown_on: where the lines are written; a file gets no QR code.
        other_urls: its addresses in further networks of this computer.
    """
    address = f"Open this address in the browser of the headset: {url}"
    if url.startswith("http://"):
        port = url.split("/")[2].rpartition(":")[2]
        return [address, f"Connect the headset by cable first, and run: adb reverse tcp:{port} tcp:{port}"]
    code = _code_lines(url) if shown_on.isatty() and _can_show(shown_on) else []
    others = [f"If the headset does not find it, try: {other}" for other in other_urls]
    return [address, *code, *others, "If the browser warns you, choose Advanced, then Proceed."]


def _code_lines(url: str) -> list[str]:
    """Return a QR code that is black on white in terminals of all colours."""
    import numpy as np  # noqa: PLC0415 (--help needs none of it)

    from ..recording.live.qr_code import qr_code, with_quiet_zone  # noqa: PLC0415

    code = np.pad(with_quiet_zone(qr_code(url)), ((0, 1), (0, 0))).astype(int)  # an even number of rows
    rows = 2 * code[::2] + code[1::2]
    return [_BLACK_ON_WHITE + "".join(_BLOCKS[pair] for pair in row) + _NORMAL for row in rows]


def _can_show(shown_on: TextIO) -> bool:
    try:
        _BLOCKS.encode(shown_on.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True
