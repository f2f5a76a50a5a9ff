# SPDX-License-Identifier: Apache-2.0
"""Say in one sentence what is wrong with a stream: nothing comes, it stands still, two send, it sends nonsense.

What cannot be written is said, too, where a stream writes its takes by itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from ..arrays import BoolArray, FloatArray
from .streams.stream import LiveStream, StreamNews

_PATIENCE_S: Final[float] = 3.0
"""Time in which a source may begin."""
_SILENT_S: Final[float] = 1.0
_LATE_S: Final[float] = 1.0
_STILL_S: Final[float] = 3.0
"""A head on a neck moves by more than noise within this time."""
_STILL_M: Final[float] = 1e-5
_LOST_S: Final[float] = 2.0
_TOLD_S: Final[float] = 5.0
"""How long something is told that has passed."""
_PAUSES: Final[dict[str, str]] = {
    "hidden": "The headset is asleep, or shows another app. Put it on, or go back to the page.",
    "ended": "VR has ended in the headset. Start it again on the page there.",
}
_NOT_CONNECTED: Final[str] = (
    "The headset is not connected: its page is closed, or the network is lost. The rest of a take arrives when it is "
    "connected again."
)
_FIRST_ONE: Final[str] = "InPose listens to the first one."
_SECOND_HEADSET: Final[str] = f"Another headset has opened the page. {_FIRST_ONE} Close the page in the other one."
_HANDS: Final[tuple[str, str]] = ("left", "right")


class StreamWatch:
    """Follow a stream; all times are those of `time.monotonic`.

    Args:
        stream: the stream.
        now_s: the beginning.
    """

    def __init__(self, stream: LiveStream, now_s: float) -> None:
        self._stream = stream
        self._began_s = now_s
        self._arrived_s: float | None = None
        self._heard_s: float | None = None
        self._place_m: FloatArray | None = None
        self._moved_s = now_s
        self._seen_s: FloatArray | None = None
        """When each hand was tracked last; None before the hands are told apart."""
        self._before = StreamNews()
        self._told: dict[str, float] = {}

    @property
    def heard_s(self) -> float | None:
        """Return when that arrived which was read last."""
        return self._heard_s

    @property
    def arrived_s(self) -> float | None:
        """Return when something arrived last."""
        return self._arrived_s

    def arrived(self, arrived_s: float) -> None:
        """Note that lines have arrived, which are not read yet; for the thread of the stream."""
        self._arrived_s = arrived_s

    def heard(self, head_m: FloatArray | None, arrived_s: float) -> None:
        """Note that lines were read, when they had arrived, and where the head is."""
        if self._heard_s is None or arrived_s - self._heard_s > _SILENT_S:
            self._moved_s, self._seen_s = arrived_s, None
        self._heard_s = arrived_s
        if head_m is not None and (self._place_m is None or np.abs(head_m - self._place_m).max() > _STILL_M):
            self._place_m, self._moved_s = head_m.copy(), arrived_s

    def tracked(self, measured: BoolArray, arrived_s: float) -> None:
        """Note which of head and hands are tracked, (3,)."""
        before_s = np.full(2, arrived_s) if self._seen_s is None else self._seen_s
        self._seen_s = np.where(measured[1:], arrived_s, before_s)

    def sentence(self, now_s: float) -> str:
        """Return what is wrong now; empty if nothing is."""
        news = self._stream.news()
        self._note_changes(news, now_s)
        if self._heard_s is None:
            return self._silence(news, now_s)
        silent_s = now_s - max(self._heard_s, self._arrived_s or self._heard_s)
        return next(self._sentences(news, self._heard_s, silent_s, now_s), "")

    def _silence(self, news: StreamNews, now_s: float) -> str:
        """Return why nothing has ever arrived."""
        if news.only_bones:
            return "The application sends an avatar's bones and no devices. Switch on the sending of devices."
        waits_for_headset = news.url and not news.connected  # the panel shows how to connect
        if waits_for_headset or now_s - self._began_s < _PATIENCE_S:
            return ""
        return f"Nothing arrives from {self._stream.name}. {self._stream.silence_hint}"

    def _sentences(self, news: StreamNews, heard_s: float, silent_s: float, now_s: float) -> Iterator[str]:
        """Yield what is wrong with a stream that was heard, the worst first."""
        name = self._stream.name
        if news.write_error:
            yield news.write_error
        if news.pause:
            yield _PAUSES[news.pause]
        if silent_s > _SILENT_S:
            if news.url and not news.connected:
                yield _NOT_CONNECTED
            sender = "the headset" if news.url else "the application"
            yield (
                f"Nothing has arrived from {name} for {silent_s:.0f} s. The character waits until {sender} sends again."
            )
        elif (late_s := now_s - silent_s - heard_s) > _LATE_S:
            yield f"This computer is too busy: the character is {late_s:.0f} s late. Takes have all that arrives."
        if self._moved_s < heard_s - _STILL_S:
            yield "The headset does not move at all: it is asleep, or an old stream is sent. Put the headset on."
        if self._is_told("refused", now_s):
            yield _SECOND_HEADSET if news.url else f"Two programs send to {name}. {_FIRST_ONE} Stop the other one."
        if self._is_told("damaged", now_s):
            yield "The application sends poses that are not numbers. InPose leaves them out."
        if self._is_told("clock", now_s):
            yield "The clock of the application has jumped. InPose goes on with its own clock."
        seen_s = np.full(2, heard_s) if self._seen_s is None else self._seen_s
        lost = [hand for hand, each_s in zip(_HANDS, seen_s, strict=True) if heard_s - each_s > _LOST_S]
        if lost:
            yield f"The {' and the '.join(lost)} hand {'is' if len(lost) == 1 else 'are'} not tracked."

    def _note_changes(self, news: StreamNews, now_s: float) -> None:
        for name, more in (
            ("refused", news.refused_senders > self._before.refused_senders),
            ("damaged", news.damaged > self._before.damaged),
            ("clock", news.clock_jumps > self._before.clock_jumps),
        ):
            if more:
                self._told[name] = now_s
        self._before = news

    def _is_told(self, name: str, now_s: float) -> bool:
        return now_s - self._told.get(name, -np.inf) < _TOLD_S
