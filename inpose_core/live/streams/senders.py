# SPDX-License-Identifier: Apache-2.0
"""Listen to one program where two send the same devices to one port: else the character jumps from one to the other."""

from __future__ import annotations

from typing import Final

Address = tuple[str, int]

_HEADS: Final[tuple[bytes, ...]] = (b"/VMC/Ext/Hmd/Pos", b"/tracking/trackers/head/")
_SILENT_S: Final[float] = 1.0
"""A sender that is silent for longer gives way to another one."""
_MANY: Final[int] = 8
"""A program that opens a socket for each datagram shows more ports than this within a moment; it is one program."""


class HeadSenders:
    """Decide which datagrams count: those with a head, of one sender; and all without a head, such as more trackers."""

    def __init__(self) -> None:
        self._chosen: Address | None = None
        self._heard_s = 0.0
        self._ports: dict[Address, float] = {}
        self.refused = 0
        """Datagrams of other senders."""

    def accepts(self, datagram: bytes, sender: Address, now_s: float) -> bool:
        """Return whether a datagram counts."""
        if not any(head in datagram for head in _HEADS):
            return sender not in self._ports or self._is_chosen(sender) or self._is_stale(now_s)
        self._ports = {port: heard_s for port, heard_s in self._ports.items() if now_s - heard_s < _SILENT_S}
        self._ports[sender] = now_s
        if not self._is_chosen(sender) and not self._is_stale(now_s):
            self.refused += 1
            return False
        self._chosen, self._heard_s = sender, now_s
        return True

    def _is_chosen(self, sender: Address) -> bool:
        if self._chosen is None or sender == self._chosen:
            return True
        return len(self._ports) > _MANY and sender[0] == self._chosen[0]

    def _is_stale(self, now_s: float) -> bool:
        return now_s - self._heard_s > _SILENT_S
