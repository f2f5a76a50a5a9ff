# SPDX-License-Identifier: GPL-3.0-or-later
"""Draw the recording as stripes into the Timeline and the Dope Sheet, at its frames. The drawing uses only facts that
are already known. It is one batch, in seconds and rows; zooming and scrolling only change a matrix.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import blf
import bpy
import gpu
import numpy as np
from gpu_extras.batch import batch_for_shader

from ..bake.confidence import unsure_ranges
from ..core import FloatArray
from ..errors import InPoseError
from ..options import parse_spans
from ..pins.stand_edits import FootStances
from ..pins.stands import stances_at_hand
from ..recording.properties import chosen_reading
from ..recording.trim_panel import effective_trim
from ..rig.properties import chosen_armature
from ..takes.at_hand import take_at_hand
from ..takes.clock import RecordingClock
from ..takes.memory import TAKES
from ..ui.translate import tr
from .clock import baked_take, clock_of
from .findings import known_findings, known_info
from .properties import view_of
from .stripes import FIRST_FOOT_ROW, ROWS, Stripe, StripeState, foot_stripes, stripe_at, stripes_of
from .timeline_layout import TimelineLayout, timeline_layout

_Colour = tuple[float, float, float, float]
_COLOURS: Final[Mapping[StripeState, _Colour]] = {
    "measured": (0.25, 0.55, 0.32, 1.0),
    "bridged": (0.62, 0.72, 0.25, 1.0),
    "repaired": (0.30, 0.50, 0.75, 1.0),
    "doubted": (0.95, 0.62, 0.15, 1.0),
    "lost": (0.75, 0.22, 0.20, 1.0),
    "pose": (0.35, 0.65, 0.95, 1.0),
    "stands": (0.45, 0.50, 0.62, 1.0),
    "said": (0.90, 0.75, 0.30, 1.0),
}
_GROUND: Final[_Colour] = (0.08, 0.08, 0.08, 0.82)
_TRIMMED: Final[_Colour] = (0.05, 0.05, 0.05, 0.72)
_EDGE: Final[_Colour] = (1.0, 1.0, 1.0, 0.9)
_SURE: Final[_Colour] = (0.55, 0.75, 0.60, 1.0)
_UNSURE: Final[_Colour] = (0.95, 0.35, 0.25, 1.0)

_STRIPE: Final[float] = 0.75
"""Share of its row that a stripe fills."""
_MOST_COLUMNS: Final[int] = 1500
"""Most columns of the confidence curve: more than a screen shows."""
_FONT: Final[int] = 0
_TEXT_PX: Final[int] = 9


@dataclass(frozen=True)
class _Drawn:
    """Hold what is drawn of one recording: stripes in seconds and rows, the confidence in seconds and from 0 to 1."""

    key: tuple[Any, ...]
    made_of: tuple[Any, ...]
    """What the key holds by identity: as long as it is here, nothing else has its identity."""
    batch: Any
    curve: Any


_cache: list[_Drawn] = []


def forget() -> None:
    """Forget the drawing, because the add-on is disabled."""
    _cache.clear()


def draw_timeline(context: bpy.types.Context) -> None:
    """Draw the stripes into the region of a Timeline or a Dope Sheet, if facts of the recording are known."""
    if not _is_shown(context):
        return
    drawn = _drawn(context)
    if drawn is None:
        return
    clock, region = clock_of(context), context.region
    end_s = max(float(known_info(context)["duration_s"]), 1e-3)
    left, right = (x_of(region, clock, time_s) for time_s in (0.0, end_s))
    layout = _layout(context)
    gpu.state.blend_set("ALPHA")
    if layout.has_names:
        _box(0, layout.bottom - 2, region.width, layout.top + 1, _GROUND)
    flat = gpu.shader.from_builtin("FLAT_COLOR")
    with gpu.matrix.push_pop():
        gpu.matrix.translate((left, layout.bottom))
        if drawn.curve is not None:
            with gpu.matrix.push_pop():
                gpu.matrix.scale(((right - left) / end_s, layout.curve))
                drawn.curve.draw(flat)
        gpu.matrix.translate((0.0, layout.curve))
        gpu.matrix.scale(((right - left) / end_s, layout.row))
        drawn.batch.draw(flat)
    _draw_trim(context, clock, layout, end_s)
    if layout.has_names:
        _draw_names(context.preferences.system.ui_scale, layout)
    gpu.state.blend_set("NONE")


def x_of(region: Any, clock: RecordingClock, time_s: float) -> float:
    """Return where a time in the recording is, in pixels from the left of the region."""
    return x_of_frame(region, clock.frame_of(time_s))


def x_of_frame(region: Any, frame: float) -> float:
    """Return where a frame begins, in pixels from the left of the region."""
    # The other way round, Blender rounds to pixels.
    first, last = (region.view2d.region_to_view(x, 0.0)[0] for x in (0, region.width))
    return float((frame - first) * region.width / (last - first))


def shown_stances(context: bpy.types.Context) -> FootStances | None:
    """Return the stances of the baked take's feet, as soon as the take is in memory."""
    return None if baked_take(context) is None else stances_at_hand(context.scene, chosen_armature(context))


def stance_row_at(context: bpy.types.Context, y_px: int) -> int | None:
    """Return the foot whose row is at a height in the region, 0 the left and 1 the right; None if there is none."""
    if not is_on_stripes(context, y_px):
        return None
    foot = _layout(context).row_at(y_px) - FIRST_FOOT_ROW
    return foot if foot in {0, 1} else None


def is_on_stripes(context: bpy.types.Context, y_px: int) -> bool:
    """Say whether a height in the region is that of the rows, where these are high enough to be taken hold of."""
    if not _is_shown(context):
        return False
    layout = _layout(context)
    return layout.has_names and layout.bottom <= y_px <= layout.top


def hit(context: bpy.types.Context, x_px: int, y_px: int) -> tuple[float, Stripe | None] | None:
    """Return the time and the stripe at a place of the region; None if the click belongs to Blender.

    Args:
        context: of a Timeline or a Dope Sheet.
        x_px: from the left of the region.
        y_px: from its bottom.
    """
    if not _is_shown(context):
        return None
    layout = _layout(context)
    stripes = stripes_of(known_info(context), known_findings(context))
    if not stripes or not layout.bottom <= y_px <= layout.top:
        return None
    frame, _ = context.region.view2d.region_to_view(x_px, y_px)
    time_s = clock_of(context).time_of(frame)
    stripe = stripe_at(stripes, layout.row_at(y_px), time_s)
    # Where the rows cover the frame numbers, a drag along them still scrubs.
    return (time_s, stripe) if layout.has_names or stripe is not None else None


def confidence_columns(confidence: FloatArray, most: int = _MOST_COLUMNS) -> tuple[FloatArray, FloatArray]:
    """Return the edges of columns in frames, (C + 1,), and the lowest confidence in each, (C,)."""
    count = min(len(confidence), most)
    edges = np.linspace(0, len(confidence), count + 1).astype(int)
    return edges.astype(np.float64), np.minimum.reduceat(confidence, edges[:-1])


def _is_shown(context: bpy.types.Context) -> bool:
    return bool(view_of(context).shows_timeline and context.scene.inpose.recording and known_info(context))


def _drawn(context: bpy.types.Context) -> _Drawn | None:
    """Return the batches for the current facts; they are made again only if the facts have changed."""
    info, findings, take = known_info(context), known_findings(context), baked_take(context)
    confidence, stances = _confidence(context), shown_stances(context)
    listed = None if stances is None else stances.listed()
    key = (
        listed,
        id(info),
        str(findings),
        None if take is None else (take.file, take.start_s, clock_of(context)),
        id(confidence and confidence[0]),
    )
    if _cache and _cache[0].key == key:
        return _cache[0]
    stripes = stripes_of(info, findings)
    if not stripes:
        return None
    if stances is not None:
        stripes += foot_stripes(stances, clock_of(context))
    curve = None if confidence is None or take is None else _curve(*confidence, take.start_s)
    _cache[:] = [_Drawn(key, (info, confidence), _batch(stripes), curve)]
    return _cache[0]


def _confidence(context: bpy.types.Context) -> tuple[FloatArray, float] | None:
    """Return the confidence (F,) of the baked take and its frame rate, as soon as the take is in memory."""
    take = baked_take(context)
    solved = None if take is None else take_at_hand(take.file, TAKES)
    if solved is None or solved.motion.confidence is None or not len(solved.motion.confidence):
        return None
    return solved.motion.confidence, solved.motion.fps


def _batch(stripes: Sequence[Stripe]) -> Any:
    corners, colours = [], []
    rows = 1 + max(stripe.row for stripe in stripes)
    rows = len(ROWS) if rows > FIRST_FOOT_ROW else FIRST_FOOT_ROW
    for stripe in stripes:
        bottom = rows - 1 - stripe.row + (1 - _STRIPE) / 2
        corners.append(_rectangle(stripe.start_s, bottom, stripe.stop_s, bottom + _STRIPE))
        colours.append(np.tile(_COLOURS[stripe.state], (6, 1)))
    return _triangles(np.concatenate(corners), np.concatenate(colours))


def _curve(confidence: FloatArray, fps: float, start_s: float) -> Any:
    edges, lowest = confidence_columns(confidence)
    starts_s, stops_s = start_s + edges[:-1] / fps, start_s + edges[1:] / fps
    unsure = np.zeros(len(confidence), dtype=bool)
    for first, last in unsure_ranges(confidence, fps, most=len(confidence)):
        unsure[first : last + 1] = True
    red = np.logical_or.reduceat(unsure, edges[:-1].astype(int))
    tops = 0.05 + 0.85 * np.clip(lowest, 0.03, 1.0)
    corners = [_rectangle(a, 0.05, b, top) for a, b, top in zip(starts_s, stops_s, tops, strict=True)]
    colours = np.repeat(np.where(red[:, None], _UNSURE, _SURE), 6, axis=0)
    return _triangles(np.concatenate(corners), colours)


def _rectangle(left: float, bottom: float, right: float, top: float) -> FloatArray:
    return np.array(
        ((left, bottom), (right, bottom), (right, top), (left, bottom), (right, top), (left, top)), dtype=np.float32
    )


def _triangles(corners: FloatArray, colours: FloatArray) -> Any:
    positions = np.column_stack((corners, np.zeros(len(corners)))).astype(np.float32)
    shader = gpu.shader.from_builtin("FLAT_COLOR")
    return batch_for_shader(shader, "TRIS", {"pos": positions, "color": colours.astype(np.float32)})


def _box(left: float, bottom: float, right: float, top: float, colour: _Colour) -> None:
    shader = gpu.shader.from_builtin("UNIFORM_COLOR")
    shader.bind()
    shader.uniform_float("color", colour)
    corners = np.column_stack((_rectangle(left, bottom, right, top), np.zeros(6))).astype(np.float32)
    batch_for_shader(shader, "TRIS", {"pos": corners}).draw(shader)


def _draw_trim(context: bpy.types.Context, clock: RecordingClock, layout: TimelineLayout, end_s: float) -> None:
    try:
        reading = chosen_reading(context.scene)
        left_out = parse_spans(reading.leave_out or "")
    except InPoseError:  # the panel says what is wrong
        return
    start_s, stop_s = effective_trim(reading, known_info(context))
    stop_s = min(stop_s, end_s)
    for dark_from_s, dark_to_s in ((0.0, start_s), (stop_s, end_s), *left_out):
        if dark_to_s > dark_from_s:
            left, right = (x_of(context.region, clock, time_s) for time_s in (dark_from_s, dark_to_s))
            _box(left, layout.bottom, right, layout.top, _TRIMMED)
    for edge_s in (start_s, stop_s):
        if layout.has_names or 0.0 < edge_s < end_s:
            x = x_of(context.region, clock, edge_s)
            _box(x - 1, layout.bottom - 2, x + 1, layout.top + 1, _EDGE)


def _draw_names(scale: float, layout: TimelineLayout) -> None:
    blf.size(_FONT, _TEXT_PX * scale)
    blf.enable(_FONT, blf.SHADOW)
    blf.shadow(_FONT, 3, 0.0, 0.0, 0.0, 1.0)
    blf.color(_FONT, 1.0, 1.0, 1.0, 0.9)
    names = [(tr(name), layout.row_bottom(row)) for row, name in enumerate(ROWS[: layout.rows])]
    if layout.curve:
        names.append((tr("Confidence"), layout.bottom))
    for name, bottom in names:
        blf.position(_FONT, 6 * scale, bottom + 2 * scale, 0)
        blf.draw(_FONT, name)
    blf.disable(_FONT, blf.SHADOW)


def _layout(context: bpy.types.Context) -> TimelineLayout:
    has_curve = _confidence(context) is not None
    has_markers = bool(context.scene.timeline_markers) and context.space_data.show_markers
    scale = context.preferences.system.ui_scale
    has_feet = shown_stances(context) is not None
    return timeline_layout(context.region.height, scale, has_curve, has_markers=has_markers, has_feet=has_feet)
