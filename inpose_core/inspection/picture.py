# SPDX-License-Identifier: Apache-2.0
"""Draw a recording: the three tracks from above and from the side, heights over time, losses, the calibration pose. The
picture shows a wrong axis, a wrong unit, a tilted head or swapped hands at a glance; numbers rarely do.
"""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from ..arrays import FloatArray, runs
from ..body.quaternions import rotate_vector
from ..calibration import CalibrationPose, find_calibration_pose
from ..errors import InPoseError
from ..recording.cleaning.resample import resample_recording
from ..recording.types import LONGEST_BRIDGE_S, Recording
from ..system.output import write_output

if TYPE_CHECKING:
    from matplotlib.axes import Axes


_COLOURS: Final[tuple[str, str, str]] = ("#3b3f46", "#1f77b4", "#d62728")
_POSE_COLOUR: Final[str] = "#2ca02c"
_LABELS: Final[tuple[str, str, str]] = ("head", "left hand", "right hand")
_GRID: Final[str] = "#e6e6e6"
_MOST_POINTS: Final[int] = 20000
_VIEW_SHAPE: Final[float] = 1.26
"""Width over height of a view."""
_OUTLIER_PERCENT: Final[float] = 0.3
"""The farthest 0.3 % of a track on each side do not affect the frame of the views."""


def save_recording_picture(recording: Recording, path: Path, name: str = "") -> None:
    """Write a PNG of a cleaned recording.

    Args:
        recording: as `load_recording` returns it.
        path: the picture's path.
        name: title above the picture; by default the format's name.

    Raises:
        InPoseError: matplotlib is not installed.
        OutputError: the picture cannot be written.
    """
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415 (optional dependency)
        from matplotlib.figure import Figure  # noqa: PLC0415
    except ImportError as error:
        raise InPoseError(
            "Pictures need matplotlib, which is not installed.", 'Install it: pip install "inpose[plot]".'
        ) from error
    resampled = resample_recording(recording)
    held = find_calibration_pose(resampled, recording.pose)
    body_m, forward = _in_body_axes(resampled)

    figure = Figure(figsize=(11.0, 8.2), layout="constrained", facecolor="white")
    FigureCanvasAgg(figure)
    above, side, heights, bars = figure.subplot_mosaic(
        [["above", "side"], ["heights", "heights"], ["bars", "bars"]], height_ratios=(4.4, 2.4, 0.75)
    ).values()
    _draw_view(above, body_m, resampled, held, (0, 2), "from above")
    _draw_view(side, body_m, resampled, held, (2, 1), "from the side")
    above.set_xlabel("right  [m]")
    above.set_ylabel("forward  [m]")
    side.set_xlabel("forward  [m]")
    side.set_ylabel("height  [m]")
    side.axhline(0.0, color="#8c8c8c", linewidth=1.2, zorder=0)
    _draw_gaze(above, body_m, forward)
    _draw_heights(heights, resampled, held)
    _draw_bars(bars, recording)
    heights.sharex(bars)
    heights.tick_params(labelbottom=False)
    handles, labels = above.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper right", ncols=len(labels), frameon=False, fontsize=9)
    figure.suptitle(_title(recording, held, name), x=0.01, ha="left", fontsize=11)
    picture = io.BytesIO()
    figure.savefig(picture, dpi=100, format="png")
    write_output(path, [picture.getvalue()])


def _title(recording: Recording, held: CalibrationPose | None, name: str) -> str:
    told = [name or recording.format, f"{recording.duration_s:.0f} s"]
    if recording.headset:
        told.insert(1, recording.headset)
    told.append("no calibration pose" if held is None else f"{held.label} at {held.start_s:.1f} s")
    return "    ".join(told)


def _in_body_axes(recording: Recording) -> tuple[FloatArray, FloatArray]:
    """Return positions with the performer facing +Z on average, +X to the right; and the gaze, (F, 3)."""
    looking = (0.0, 0.0, 1.0) if recording.pose == "joint" else (0.0, 0.0, -1.0)
    gaze = rotate_vector(recording.rotations_wxyz[:, 0], looking) * (1.0, 0.0, 1.0)
    seen = recording.measured[:, 0]
    mean = gaze[seen].mean(axis=0) if seen.any() else np.array((0.0, 0.0, 1.0))
    length = float(np.linalg.norm(mean))
    x, z = (mean[0] / length, mean[2] / length) if length > 1e-6 else (0.0, 1.0)
    # Rows: the performer's right, up, forward. Forward x up is right.
    R_view_world = np.array([[-z, 0.0, x], [0.0, 1.0, 0.0], [x, 0.0, z]])
    return recording.positions_m @ R_view_world.T, gaze @ R_view_world.T


def _draw_view(
    axis: Axes,
    positions_m: FloatArray,
    recording: Recording,
    held: CalibrationPose | None,
    shown: tuple[int, int],
    title: str,
) -> None:
    step = max(1, len(positions_m) // _MOST_POINTS)
    ranges = []
    for device, colour in enumerate(_COLOURS):
        axis.plot([], [], color=colour, linewidth=2.5, label=_LABELS[device])
        seen = recording.measured[:, device]
        if not seen.any():
            continue
        track = np.where(seen[:, None], positions_m[:, device], np.nan)[::step][:, shown]
        strength = float(np.clip(2500 / len(track), 0.3, 0.9))
        # Draw the head last, or the hands hide it.
        order = 4 if device == 0 else 3
        axis.plot(track[:, 0], track[:, 1], color=colour, linewidth=0.8, alpha=strength, zorder=order)
        kept = positions_m[seen][:, device][:, shown]
        ranges.append(np.percentile(kept, (_OUTLIER_PERCENT, 100 - _OUTLIER_PERCENT), axis=0))
    if held is not None:
        posed = np.median(positions_m[held.frames], axis=0)[:, shown]
        ranges.append(np.stack((posed.min(axis=0), posed.max(axis=0))))
        line: dict[str, Any] = {"color": _POSE_COLOUR, "linewidth": 2.0, "markersize": 5, "zorder": 5}
        axis.plot(*posed[[1, 0, 2]].T, "o-", label=held.label, **line)
    low, high = np.min([each[0] for each in ranges], axis=0), np.max([each[1] for each in ranges], axis=0)
    if shown[1] == 1:
        low = np.minimum(low, (np.inf, 0.0))
    # Both axes have the same scale for any tracks: the smaller range is widened to fill the panel.
    middle, half = 0.5 * (low + high), 0.5 * (high - low) + 0.05
    half = 1.08 * np.maximum(half, (half[1] * _VIEW_SHAPE, half[0] / _VIEW_SHAPE))
    if shown[1] == 1:
        middle[1] = max(middle[1], half[1] - 0.08 * half[1])  # nothing is below the floor
    axis.set_xlim(middle[0] - half[0], middle[0] + half[0])
    axis.set_ylim(middle[1] - half[1], middle[1] + half[1])
    axis.set_aspect("equal", adjustable="box")
    axis.set_title(title, fontsize=10, loc="left", color="#555555")
    _plain(axis)


def _draw_gaze(axis: Axes, positions_m: FloatArray, gaze: FloatArray) -> None:
    """Draw the head's position and gaze at a few moments."""
    moments = np.linspace(0, len(positions_m) - 1, 7).astype(int)[1:-1]
    size_m = 0.14 * float(np.ptp(axis.get_ylim()))
    for moment in moments:
        foot = positions_m[moment, 0][[0, 2]]
        axis.annotate(
            "",
            xy=foot + size_m * gaze[moment][[0, 2]],
            xytext=foot,
            arrowprops={"arrowstyle": "-|>", "color": _COLOURS[0], "linewidth": 1.0, "alpha": 0.8},
            zorder=4,
        )


def _draw_heights(axis: Axes, recording: Recording, held: CalibrationPose | None) -> None:
    step = max(1, len(recording) // _MOST_POINTS)
    for device in (1, 2, 0):
        heights_m = np.where(recording.measured[:, device], recording.positions_m[:, device, 1], np.nan)[::step]
        axis.plot(recording.times_s[::step], heights_m, color=_COLOURS[device], linewidth=0.9 if device else 1.3)
    if held is not None:
        axis.axvspan(held.start_s, held.stop_s, color=_POSE_COLOUR, alpha=0.22, linewidth=0)
        axis.annotate(
            held.label,
            (held.stop_s, 0.06),
            xytext=(4, 0),
            textcoords="offset points",
            xycoords=("data", "axes fraction"),
            color=_POSE_COLOUR,
            fontsize=9,
        )
    axis.set_ylabel("height  [m]")
    if float(np.nanmin(recording.positions_m[..., 1])) > -0.2:
        axis.set_ylim(bottom=0.0)
    _plain(axis)


def _draw_bars(axis: Axes, recording: Recording) -> None:
    """Draw when each device was measured (full colour), bridged (pale) or lost (hatched)."""
    times_s = recording.times_s
    usual_s = float(np.median(np.diff(times_s)))
    for device, colour in enumerate(_COLOURS):
        row = 2 - device
        seen = recording.measured[:, device]
        for start, stop in runs(seen):
            axis.barh(row, times_s[stop - 1] - times_s[start] + usual_s, left=times_s[start], height=0.62, color=colour)
        for start, stop in runs(~seen):
            begin = times_s[start - 1] + usual_s if start > 0 else times_s[0]
            end = times_s[stop] if stop < len(times_s) else times_s[-1]
            _draw_loss(axis, row, begin, end, start > 0 and stop < len(times_s), colour)
        for start in np.flatnonzero(np.diff(times_s) > max(2.5 * usual_s, LONGEST_BRIDGE_S)):
            axis.barh(row, times_s[start + 1] - times_s[start], left=times_s[start], height=0.62, color="white")
            _draw_loss(axis, row, times_s[start], times_s[start + 1], True, colour)
    axis.set_yticks((2, 1, 0), _LABELS, fontsize=9)
    axis.set_ylim(-0.55, 2.55)
    axis.set_xlim(times_s[0], times_s[-1])
    axis.set_xlabel("time  [s]      full: tracked    pale: interpolated    hatched: lost, computed by the solver")
    _plain(axis)
    axis.grid(visible=False)


def _draw_loss(axis: Axes, row: int, begin_s: float, end_s: float, inside: bool, colour: str) -> None:
    if inside and end_s - begin_s <= LONGEST_BRIDGE_S:
        axis.barh(row, end_s - begin_s, left=begin_s, height=0.62, color=colour, alpha=0.35)
    else:
        look: dict[str, Any] = {"facecolor": "white", "edgecolor": colour, "hatch": "////", "linewidth": 0.6}
        axis.barh(row, end_s - begin_s, left=begin_s, height=0.62, **look)


def _plain(axis: Axes) -> None:
    axis.grid(color=_GRID, linewidth=0.7, zorder=-1)
    axis.set_axisbelow(True)
    for spine in axis.spines.values():
        spine.set_color("#c4c4c4")
    axis.tick_params(labelsize=8, colors="#555555")
    axis.xaxis.label.set_fontsize(9)
    axis.yaxis.label.set_fontsize(9)
