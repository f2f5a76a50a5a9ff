# SPDX-License-Identifier: Apache-2.0
"""Read stretches of time that a user types: "12.5-14, 30-31"."""

from __future__ import annotations

import re
from typing import Final

from ..errors import RecordingError

Span = tuple[float, float]
"""Start and end in seconds."""

_NUMBER: Final[str] = r"(\d+(?:\.\d*)?|\.\d+)"
_SPAN: Final[re.Pattern[str]] = re.compile(rf"\s*{_NUMBER}\s*(?:-|–|to|\.\.)\s*{_NUMBER}\s*s?\s*")


def parse_spans(text: str) -> tuple[Span, ...]:
    """Return the stretches of a text in the order of time; those that overlap or touch become one.

    Raises:
        RecordingError: the text is no list of stretches, or one of them ends before it starts.
    """
    spans: list[Span] = []
    for part in re.split(r"[,;]", text):
        if not part.strip():
            continue
        found = _SPAN.fullmatch(part)
        if found is None:
            raise RecordingError(
                f'"{part.strip()[:40]}" is not a stretch of time.',
                "Give start and end in seconds, as in 12.5-14, 30-31.",
            )
        start_s, stop_s = float(found[1]), float(found[2])
        if stop_s <= start_s:
            raise RecordingError(
                f"The stretch {part.strip()[:40]} ends before it starts.", "Give the earlier time first."
            )
        spans.append((start_s, stop_s))
    return _joined(sorted(spans))


def spans_text(spans: tuple[Span, ...]) -> str:
    """Return stretches as `parse_spans` reads them."""
    return ", ".join(f"{start_s:.10g}-{stop_s:.10g}" for start_s, stop_s in spans)


def _joined(spans: list[Span]) -> tuple[Span, ...]:
    joined: list[Span] = []
    for start_s, stop_s in spans:
        if joined and start_s <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], stop_s))
        else:
            joined.append((start_s, stop_s))
    return tuple(joined)
