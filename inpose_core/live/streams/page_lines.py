# SPDX-License-Identifier: Apache-2.0
"""Read lines of the recorder page one after the other, within takes and between them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from ...arrays import FloatArray
from ...body.quaternions import wxyz_from_xyzw
from ...recording.formats.webxr_recorder import (
    EYES_M,
    NAME,
    TakeContent,
    add_moment,
    add_object,
    grips_of_wrists,
    parsed_line,
)
from ...recording.types import Recording
from .recentring import FirstRoom
from .stream import DevicePoses, Pause

_LARGEST_DRIFT_S: Final[float] = 0.5
"""The page counts from the beginning of each take; a moment that is farther off begins to count anew."""
_EVENT: Final[str] = '{"event":'
_PAUSES: Final[dict[str, Pause]] = {"hidden": "hidden", "vr_ended": "ended"}
_NO_TURN: Final[FloatArray] = np.array((0.0, 0.0, 0.0, 1.0))


class PageReader:
    """Read moments; the lines say which hand is which."""

    def __init__(self) -> None:
        self._take = TakeContent()
        self._room = FirstRoom()
        self._space = "local-floor"
        self._offset_s: float | None = None
        self._sure = False
        """Some position was not emulated: a browser that calls all of them so says nothing."""
        self._head_m: FloatArray | None = None
        self._hands_seen = False

    @property
    def has_devices(self) -> bool:
        """Return whether a head and a hand have arrived."""
        return self._head_m is not None and self._hands_seen

    @property
    def head_m(self) -> FloatArray | None:
        """Return where the head is now."""
        return self._head_m

    def identify(self, _lines: Sequence[str], _recording: Recording) -> None:
        """Do nothing: each line says it."""

    def read(self, lines: Sequence[str], arrived_s: float) -> list[DevicePoses]:
        """Return the moments of some lines."""
        moments = []
        for line in lines:
            value = parsed_line(line.encode())
            if isinstance(value, dict):
                add_object(self._take, value)
                if value.get("event") == "recentred":
                    self._room.recentred(value)
                elif value.get("event") == "vr_ended":
                    self._room.forget()
                if "reference_space" in value:  # a take, or the stream between takes, begins
                    self._space, self._offset_s = str(value["reference_space"]), None
            elif isinstance(value, list) and add_moment(self._take, value):
                moments.append(self._moment(arrived_s))
        return moments

    def _moment(self, arrived_s: float) -> DevicePoses:
        take = self._take
        row, held = take.rows.pop(), take.held.pop()
        for kept in (take.pressed, take.joints):  # only files hold these
            kept.clear()
        take.body.clear()
        table = np.array(row[1:]).reshape(3, 8)
        emulated, positions, xyzw = table[:, 0] > 0, table[:, 1:4].copy(), table[:, 4:].copy()
        seen = np.isfinite(table).all(axis=1)
        self._sure = self._sure or bool((seen & ~emulated).any())
        positions[~seen], xyzw[~seen] = 0.0, _NO_TURN
        xyzw /= np.maximum(np.linalg.norm(xyzw, axis=1, keepdims=True), 1e-6)
        for hand in (1, 2):
            if take.is_wrist(held[hand - 1]):
                grips_of_wrists(positions[None], xyzw[None], hand, np.array([True]))
        if self._space == "local":
            positions[:, 1] -= EYES_M
        time_s, has_head = self._time_s(row[0] / 1000, arrived_s), bool(seen[0])
        positions, rotations = self._room.poses(time_s, positions, wxyz_from_xyzw(xyzw), has_head=has_head)
        self._head_m = positions[0]
        self._hands_seen = self._hands_seen or bool(seen[1:].any())
        return DevicePoses(time_s, positions, rotations, seen & ~(emulated & self._sure))

    def _time_s(self, sent_s: float, arrived_s: float) -> float:
        if self._offset_s is None or abs(sent_s + self._offset_s - arrived_s) > _LARGEST_DRIFT_S:
            self._offset_s = arrived_s - sent_s
        return sent_s + self._offset_s


class PagePause:
    """Keep what a page has said of why it sends no moments."""

    def __init__(self) -> None:
        self.now: Pause = ""

    def note(self, lines: Sequence[str]) -> None:
        """Take what some lines say."""
        for line in lines:
            value = parsed_line(line.encode()) if line.startswith(_EVENT) else None
            self.now = _PAUSES.get(str(value.get("event")), "") if isinstance(value, dict) else ""


class PageHeader:
    """Keep what a file of a page's lines begins with: the space, and the inputs since it was said last."""

    def __init__(self) -> None:
        self._space = "local-floor"
        self._inputs: dict[int, str] = {}

    def note(self, lines: Sequence[str]) -> None:
        """Take what some lines say."""
        for line in lines:
            if not line.startswith("{"):
                continue
            value = parsed_line(line.encode())
            if isinstance(value, dict):
                if "reference_space" in value:  # all inputs that are there now follow
                    self._space = str(value["reference_space"])
                    self._inputs.clear()
                if isinstance(value.get("input"), int):
                    self._inputs[value["input"]] = line

    def lines(self) -> list[str]:
        """Return the first lines of a file."""
        return [take_header(self._space), *self._inputs.values()]


def take_header(space: str) -> str:
    """Return the first line of a take in a reference space of WebXR."""
    return f'{{"format":"{NAME}","version":1,"take":1,"reference_space":"{space}"}}'
