# SPDX-License-Identifier: Apache-2.0
"""Draw a motion as a sheet of stick figures, because numbers alone do not show whether a motion looks right."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from ..body.motion import Motion
from ..body.skeleton import HIP_JOINTS, JOINT_COUNT, JOINT_INDEX, JOINT_NAMES, PARENTS
from ..errors import InPoseError
from ..recording.types import Sensors
from ..system.output import write_output

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_LEFT, _RIGHT, _MIDDLE = "#1f77b4", "#d62728", "#333333"
_SIDE_COLOURS: Final[tuple[str, ...]] = tuple(
    _LEFT if name.startswith("left_") else _RIGHT if name.startswith("right_") else _MIDDLE for name in JOINT_NAMES
)
_VIEW_ELEVATION_DEG = 12.0


def save_contact_sheet(
    motion: Motion,
    path: Path,
    sensors: Sensors | None = None,
    times_s: NDArray[np.float64] | None = None,
    columns: int = 8,
    title: str = "",
) -> None:
    """Write a PNG of stick figures seen from the front and a little above; left is blue, right is red.

    Args:
        motion: the motion to draw.
        path: the picture's path.
        sensors: targets, drawn as crosses, if given.
        times_s: moments to draw; by default sixteen, spread over the motion.
        columns: figures in a row.
        title: text above the sheet.

    Raises:
        InPoseError: matplotlib is not installed.
        OutputError: the picture cannot be written.
    """
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415 (optional dependency)
        from matplotlib.figure import Figure  # noqa: PLC0415
    except ImportError as error:
        raise InPoseError(
            "Pictures need matplotlib, which is not installed.", "Install it: pip install matplotlib."
        ) from error
    if times_s is None:
        times_s = np.linspace(0, (len(motion) - 1) / motion.fps, min(16, len(motion)))
    frames = np.clip(np.round(times_s * motion.fps).astype(int), 0, len(motion) - 1)
    positions_m = motion.joint_positions_m[frames]
    size_m = motion.skeleton.stature_m
    rows = -(-len(frames) // columns)
    figure = Figure(figsize=(2.0 * columns, 2.9 * rows), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots(rows, columns, squeeze=False)
    for axis in axes.flat:
        axis.axis("off")
    for axis, frame, joints_m in zip(axes.flat, frames, positions_m, strict=False):
        targets_m = sensors.positions_m[frame] if sensors is not None else None
        _draw_figure(axis, joints_m, targets_m, size_m)
        axis.set_title(f"{frame / motion.fps:.2f} s", fontsize=8)
    if title:
        figure.suptitle(title, fontsize=10)
    picture = io.BytesIO()
    figure.savefig(picture, dpi=100, format="png")
    write_output(path, [picture.getvalue()])


def _draw_figure(axis: Axes, joints_m: NDArray[np.float64], targets_m: Any, size_m: float) -> None:
    origin_m = np.array([joints_m[0, 0], 0.0, joints_m[0, 2]])
    view = _view_matrix(joints_m)
    half_m = 0.75 * size_m
    grid = np.linspace(-half_m, half_m, 5)
    for g in grid:
        for line in (np.array([[-half_m, 0, g], [half_m, 0, g]]), np.array([[g, 0, -half_m], [g, 0, half_m]])):
            flat = line @ view.T
            axis.plot(flat[:, 0], flat[:, 1], color="#dddddd", linewidth=0.6, zorder=0)
    points = (joints_m - origin_m) @ view.T
    for joint in range(1, JOINT_COUNT):
        segment = points[[PARENTS[joint], joint]]
        axis.plot(segment[:, 0], segment[:, 1], color=_SIDE_COLOURS[joint], linewidth=2.0, solid_capstyle="round")
    axis.plot(*points[JOINT_INDEX["head"], :2], "o", color=_MIDDLE, markersize=6)
    if targets_m is not None:
        crosses = (targets_m - origin_m) @ view.T
        axis.plot(crosses[:, 0], crosses[:, 1], "x", color="#2ca02c", markersize=5)
    axis.set_xlim(-0.62 * size_m, 0.62 * size_m)
    axis.set_ylim(-0.25 * size_m, 1.3 * size_m)
    axis.set_aspect("equal")


def _view_matrix(joints_m: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return a view matrix from the front left of the hips; rows are right, up, towards the eye."""
    left_hip, right_hip = HIP_JOINTS
    across = joints_m[left_hip] - joints_m[right_hip]
    heading = np.arctan2(-across[2], across[0]) + np.deg2rad(30.0)
    c, s = np.cos(heading), np.sin(heading)
    turn = np.array([[c, 0, -s], [0, 1, 0], [s, 0, c]])
    elevation = np.deg2rad(_VIEW_ELEVATION_DEG)
    ce, se = np.cos(elevation), np.sin(elevation)
    return np.array([[1, 0, 0], [0, ce, -se], [0, se, ce]]) @ turn
