# SPDX-License-Identifier: GPL-3.0-or-later
"""Lay out the timeline's rows: with names, or thin in a low Timeline. Does not import bpy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from .stripes import FIRST_FOOT_ROW, ROWS

_ROW_PX: Final[float] = 11.0
_CURVE_PX: Final[float] = 22.0
_THIN: Final[float] = 3.0 / _ROW_PX
"""In a low Timeline the rows lie over the frame numbers."""
_BOTTOM_PX: Final[float] = 20.0
"""Above Blender's scroll bar."""
_MARKERS_PX: Final[float] = 44.0
"""Above the markers, which are above the scroll bar."""
_LOW_BOTTOM_PX: Final[float] = 9.0
_TOP_PX: Final[float] = 24.0
"""Blender's frame numbers."""
_HEADER_PX: Final[float] = 26.0
_NAMED: Final[float] = 0.65


@dataclass(frozen=True)
class TimelineLayout:
    """Hold the heights of what is drawn, in pixels from the bottom of the region."""

    bottom: float
    curve: float
    """Height of the confidence curve, which is below the rows; 0 without one."""
    row: float
    has_names: bool
    """There is room for the rows' names."""
    rows: int = len(ROWS)
    """How many rows there are: those of the feet come with a solved motion."""

    @property
    def top(self) -> float:
        """Return where the rows end."""
        return self.bottom + self.curve + self.rows * self.row

    def row_bottom(self, row: int) -> float:
        """Return where a row begins; row 0 is on top."""
        return self.top - (row + 1) * self.row

    def row_at(self, y_px: float) -> int:
        """Return the row at a height; below the rows, one more than the last."""
        return min(int((self.top - y_px) // self.row), self.rows)


def timeline_layout(
    region_height: float, scale: float, has_curve: bool, *, has_markers: bool = False, has_feet: bool = False
) -> TimelineLayout:
    """Return the layout for a region of this height in pixels and Blender's interface scale."""
    under = _MARKERS_PX if has_markers else _BOTTOM_PX
    rows = len(ROWS) if has_feet else FIRST_FOOT_ROW
    wanted = rows * _ROW_PX + (_CURVE_PX if has_curve else 0.0)
    share = min(1.0, (region_height / scale - under - _TOP_PX) / wanted)
    is_low = share < _THIN
    size = scale * max(share, _THIN)
    bottom = scale * (_LOW_BOTTOM_PX if is_low else under)
    return TimelineLayout(bottom, _CURVE_PX * size if has_curve else 0.0, _ROW_PX * size, share >= _NAMED, rows)


def wanted_height(scale: float) -> float:
    """Return the height in pixels, with the header, that an area needs to draw everything with names."""
    return scale * (len(ROWS) * _ROW_PX + _CURVE_PX + _MARKERS_PX + _TOP_PX + _HEADER_PX)
