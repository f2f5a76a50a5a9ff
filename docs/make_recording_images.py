# SPDX-License-Identifier: Apache-2.0
"""Make the pictures of the example recording, for README.md and docs/recordings.md.

The recording as `inpose info --plot` draws it; the same take with bad tracking; the calibration poses; the solved
motion as `inpose demo` draws it. Call: ``python docs/make_recording_images.py``.
"""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from inpose_core.body.skeleton import (
    ELBOW_JOINTS,
    JOINT_COUNT,
    JOINT_INDEX,
    PARENTS,
    SHOULDER_JOINTS,
    TOE_JOINTS,
    WRIST_JOINTS,
    Skeleton,
)
from inpose_core.demo.run import run_demo
from inpose_core.inspection.picture import save_recording_picture
from inpose_core.recording import Recording, load_recording
from inpose_core.recording.cleaning.clean import clean_recording

DOCS = Path(__file__).parent
EXAMPLE = DOCS.parent / "examples" / "walk_wave_crouch.csv"
BODY = "#3b3f46"
SIDES = {0: "#1f77b4", 1: "#d62728"}
LEFT_ARM, RIGHT_ARM = zip(SHOULDER_JOINTS, ELBOW_JOINTS, WRIST_JOINTS, strict=True)
HEAD = JOINT_INDEX["head"]


def main() -> None:
    """Write the pictures into docs/images."""
    images = DOCS / "images"
    recording = load_recording(EXAMPLE)
    save_recording_picture(recording, images / "info_example.png", EXAMPLE.name)
    save_recording_picture(
        clean_recording(damaged(recording)), images / "info_losses.png", "the same take, badly tracked"
    )
    draw_poses(images / "calibration_poses.png")
    with tempfile.TemporaryDirectory() as folder:
        run_demo(Path(folder))
        shutil.copy(Path(folder) / f"{EXAMPLE.stem}.png", images / "example.png")


def damaged(recording: Recording) -> Recording:
    """Return a take that loses both hands for a while, leaps, and is recentred half way."""
    positions_m, rotations_wxyz = recording.positions_m.copy(), recording.rotations_wxyz.copy()
    measured = recording.measured.copy()
    time_s = recording.times_s
    positions_m[(time_s > 4.0) & (time_s < 5.6), 1] = 0.0
    frozen = (time_s > 9.9) & (time_s < 10.8)
    positions_m[frozen, 2], rotations_wxyz[frozen, 2] = positions_m[frozen][0, 2], rotations_wxyz[frozen][0, 2]
    for moment_s in (7.0, 7.5, 14.0):
        positions_m[np.searchsorted(time_s, moment_s), 2] += (0.0, 0.5, 0.3)
    measured[(time_s > 12.0) & (time_s < 12.15), 1] = False
    return replace(recording, positions_m=positions_m, rotations_wxyz=rotations_wxyz, measured=measured)


def draw_poses(path: Path) -> None:
    """Draw the T-pose and the A-pose from the front and from above."""
    figure = Figure(figsize=(9.0, 5.2), layout="constrained", facecolor="white")
    FigureCanvasAgg(figure)
    axes = figure.subplots(2, 2, height_ratios=(3.2, 1.0))
    for column, (name, drop_deg, hint) in enumerate(
        (
            ("T-pose", 0.0, "arms straight out, palms down, thumbs forward, look ahead"),
            ("A-pose", 45.0, "arms straight, half way down, thumbs forward"),
        )
    ):
        for row, (across, up) in enumerate(((0, 1), (0, 2))):
            axis = axes[row, column]
            # Seen from the front the performer's left is on the right of the picture; seen from above, on the left.
            joints_m = posed(drop_deg) * ((1.0, 1.0, 1.0) if row == 0 else (-1.0, 1.0, 1.0))
            for joint in range(1, JOINT_COUNT):
                side = 0 if joint in LEFT_ARM else 1 if joint in RIGHT_ARM else None
                line = joints_m[[PARENTS[joint], joint]]
                axis.plot(
                    line[:, across],
                    line[:, up],
                    color=BODY if side is None else SIDES[side],
                    linewidth=3.0,
                    solid_capstyle="round",
                )
            axis.plot(
                joints_m[HEAD, across], joints_m[HEAD, up] + (0.09 if row == 0 else 0.0), "o", color=BODY, markersize=17
            )
            for side, wrist in enumerate(WRIST_JOINTS):
                axis.plot(*joints_m[wrist, [across, up]], "s", color=SIDES[side], markersize=8)
            axis.set_aspect("equal")
            axis.axis("off")
            axis.set_xlim(-0.95, 0.95)
        axes[0, column].axhline(0.0, color="#8c8c8c", linewidth=1.2)
        axes[0, column].set_title(f"{name}: {hint}", fontsize=9)
        axes[1, column].set_ylim(-0.35, 0.35)
        axes[1, column].annotate("", (0, 0.33), (0, 0.1), arrowprops={"arrowstyle": "-|>", "color": BODY})
        axes[1, column].text(-0.9, 0.22, "from above", fontsize=8, color="#555555")
    figure.savefig(path, dpi=90)


def posed(drop_deg: float) -> np.ndarray:
    """Return the joints of an adult who stands with the arms so far below level, (22, 3)."""
    body = Skeleton.template()
    joints_m = body.rest_positions_m.copy()
    joints_m[:, 1] += body.sole_height_m - joints_m[list(TOE_JOINTS), 1].min()
    for side, arm in enumerate((LEFT_ARM, RIGHT_ARM)):
        angle = np.radians(drop_deg) * (-1 if side == 0 else 1)
        turn = np.array([[np.cos(angle), -np.sin(angle), 0], [np.sin(angle), np.cos(angle), 0], [0, 0, 1]])
        shoulder_m = joints_m[arm[0]].copy()
        joints_m[list(arm)] = (joints_m[list(arm)] - shoulder_m) @ turn.T + shoulder_m
    return joints_m


if __name__ == "__main__":
    main()
