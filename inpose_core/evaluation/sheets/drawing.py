# SPDX-License-Identifier: Apache-2.0
"""Draw a sheet: truth and solution from the front and from the side, and how the feet move over the ground."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from ...arrays import BoolArray, FloatArray, runs
from ...body.motion import Motion
from ...body.skeleton import FOOT_JOINTS, HIP_JOINTS, JOINT_COUNT, JOINT_INDEX, JOINT_NAMES, PARENTS, TOE_JOINTS
from ...errors import InPoseError
from ...system.output import write_output
from ..plausibility.sole import sole_line_m, sole_vertices_m
from ..plausibility.stances import planted_feet
from .choosing import ShownStretch

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COLUMNS: Final[int] = 9
_LEFT, _RIGHT, _MIDDLE, _TRUTH = "#1f77b4", "#d62728", "#333333", "#999999"
_SIDES: Final[tuple[tuple[str, str], ...]] = (("left", _LEFT), ("right", _RIGHT))
_COLOURS: Final[tuple[str, ...]] = tuple(
    _LEFT if name.startswith("left_") else _RIGHT if name.startswith("right_") else _MIDDLE for name in JOINT_NAMES
)
_DPI: Final[int] = 80


def save_sheet(stretch: ShownStretch, path: Path) -> None:
    """Write a PNG: the left side is blue, the right one red; a square below a foot marks it as planted.

    Above: moments of the stretch, seen from the front and from the left side, all about the true head. Below: the
    speed of the toes over the ground, and bars for the time in which a foot is planted; the truth is grey.

    Raises:
        InPoseError: matplotlib is not installed.
        OutputError: the picture cannot be written.
    """
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415 (optional dependency)
        from matplotlib.figure import Figure  # noqa: PLC0415
    except ImportError as error:
        raise InPoseError(
            "Sheets need matplotlib, which is not installed.", 'Install it: pip install "inpose[plot]".'
        ) from error
    figure = Figure(figsize=(1.45 * COLUMNS, 11.0), layout="constrained")
    FigureCanvasAgg(figure)
    grid = figure.add_gridspec(6, COLUMNS, height_ratios=(1.0, 1.0, 1.0, 1.0, 0.62, 0.62))
    frames = np.linspace(0, len(stretch.truth) - 1, COLUMNS).round().astype(int)
    for row, (view, turn) in enumerate((("front", 0.0), ("side", np.pi / 2))):
        for below, (who, motion) in enumerate((("truth", stretch.truth), ("solved", stretch.solution))):
            axes = [figure.add_subplot(grid[2 * row + below, column]) for column in range(COLUMNS)]
            _draw_row(axes, motion, stretch.truth, frames, turn)
            axes[0].set_ylabel(f"{who}, {view}")
            if row == below == 0:
                for axis, frame in zip(axes, frames, strict=True):
                    axis.set_title(f"{frame / motion.fps:.2f} s", fontsize=8)
    for foot, (side, colour) in enumerate(_SIDES):
        _draw_toes(figure.add_subplot(grid[4 + foot, :]), stretch, foot, side, colour)
    figure.suptitle(
        f"{stretch.name} ({stretch.people}): legs {stretch.legs_cm:.1f} cm off; {stretch.usual_legs_cm:.1f} cm is the "
        f"median of {stretch.candidates} such stretches",
        fontsize=11,
    )
    picture = io.BytesIO()
    figure.savefig(picture, dpi=_DPI, format="png")
    write_output(path, [picture.getvalue()])


def _draw_row(axes: list[Axes], motion: Motion, truth: Motion, frames: FloatArray, turn_rad: float) -> None:
    joints_m, head_m = motion.joint_positions_m, truth.joint_positions_m[:, JOINT_INDEX["head"]]
    feet_m = sole_line_m(sole_vertices_m(motion))
    planted = planted_feet(joints_m[:, list(TOE_JOINTS)], motion.fps)
    across = _across(truth, turn_rad)
    size_m = truth.skeleton.stature_m
    for axis, frame in zip(axes, frames, strict=True):
        centre_m = head_m[frame] * (1.0, 0.0, 1.0)
        points = _seen(joints_m[frame] - centre_m, across)
        axis.axhline(0.0, color="#bbbbbb", linewidth=0.8, zorder=0)
        for joint in range(1, JOINT_COUNT):
            if joint not in TOE_JOINTS:
                segment = points[[PARENTS[joint], joint]]
                axis.plot(segment[:, 0], segment[:, 1], color=_COLOURS[joint], linewidth=1.8, solid_capstyle="round")
        for foot, (_, colour) in enumerate(_SIDES):
            sole = _seen(feet_m[frame, foot] - centre_m, across)
            ankle = points[FOOT_JOINTS[foot]]
            outline = np.stack((sole[0], ankle, sole[1], sole[2], sole[1], sole[0]))
            axis.plot(outline[:, 0], outline[:, 1], color=colour, linewidth=1.4)
            if planted[frame, foot]:
                axis.plot(sole[1, 0], -(0.04 + 0.03 * foot) * size_m, "s", color=colour, markersize=4)
        axis.plot(*points[JOINT_INDEX["head"]], "o", color=_MIDDLE, markersize=5)
        axis.set_xlim(-0.45 * size_m, 0.45 * size_m)
        axis.set_ylim(-0.1 * size_m, 1.05 * size_m)
        axis.set_aspect("equal")
        axis.set_xticks([])
        axis.set_yticks([])
        for spine in axis.spines.values():
            spine.set_visible(False)


def _draw_toes(axis: Axes, stretch: ShownStretch, foot: int, side: str, colour: str) -> None:
    speeds, stances = [], []
    for motion in (stretch.truth, stretch.solution):
        toes_m = motion.joint_positions_m[:, list(TOE_JOINTS)]
        over_ground = np.gradient(toes_m[:, foot][:, [0, 2]], axis=0) * motion.fps
        speeds.append(np.linalg.norm(over_ground, axis=-1))
        stances.append(planted_feet(toes_m, motion.fps)[:, foot])
    times_s = np.arange(len(stretch.truth)) / stretch.truth.fps
    highest = max(float(np.max(speeds)), 0.5)
    for row, (speed, planted, tone, who) in enumerate(
        zip(speeds, stances, (_TRUTH, colour), ("truth", "solved"), strict=True)
    ):
        axis.plot(times_s, speed, color=tone, linewidth=1.6, label=who)
        _draw_bars(axis, planted, stretch.truth.fps, -(0.1 + 0.13 * row) * highest, tone)
    axis.set_ylim(-0.32 * highest, 1.05 * highest)
    axis.set_xlim(0.0, float(times_s[-1]))
    axis.set_ylabel(f"{side} toes, m/s")
    axis.legend(fontsize=7, loc="upper right")
    axis.grid(alpha=0.3)


def _draw_bars(axis: Axes, planted: BoolArray, fps: float, height: float, colour: str) -> None:
    for first, end in runs(planted):
        axis.plot([first / fps, end / fps], [height, height], color=colour, linewidth=5, solid_capstyle="butt")


def _across(truth: Motion, turn_rad: float) -> FloatArray:
    """Return the horizontal direction that points to the right of the picture, (3,): fixed for a stretch."""
    left_m, right_m = (truth.joint_positions_m[len(truth) // 2, hip] for hip in HIP_JOINTS)
    x, z = (left_m - right_m)[[0, 2]]
    # From the front, the person's left is on the right; from its left side, it faces to the left of the picture.
    angle = np.arctan2(z, x) + turn_rad
    return np.array((np.cos(angle), 0.0, np.sin(angle)))


def _seen(points_m: FloatArray, across: FloatArray) -> FloatArray:
    return np.stack((points_m @ across, points_m[:, 1]), axis=1)
