# SPDX-License-Identifier: Apache-2.0
"""Measure solved motion against captured motion, as the literature's code does.

``p`` are joint positions (F, 22, 3) of the ground truth, in metres, Y up; ``p_hat`` those of the solution. Figures are
means over one clip; a table averages clips. MPJRE is not an angle but a mean absolute axis-angle component.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..body.motion import Motion
from ..body.quaternions import quaternion_to_rotvec
from ..body.skeleton import JOINT_COUNT, JOINT_INDEX, LEG_JOINTS, SENSOR_JOINTS, TOE_JOINTS

LOWER_JOINTS: Final[tuple[int, ...]] = LEG_JOINTS
"""BoDiffusion, InPose, AvatarJLM; AGRoL and HMD-Poser add the pelvis."""
UPPER_JOINTS: Final[tuple[int, ...]] = tuple(sorted({*range(JOINT_COUNT)} - {JOINT_INDEX["pelvis"], *LOWER_JOINTS}))
"""AGRoL, HMD-Poser, BoDiffusion, InPose."""

STANDING_SPEED_M_S: Final[float] = 0.6
"""A foot is planted while it truly moves by at most 1 cm per frame at 60 Hz (AvatarJLM)."""


@dataclass(frozen=True)
class Figures:
    """Hold one clip's figures. The root is the head-aligned one unless a name says otherwise."""

    mpjpe_cm: float
    mpjre_deg: float
    geodesic_deg: float
    upper_cm: float
    lower_cm: float
    hand_cm: float
    root_cm: float
    mpjve_cm_s: float
    jitter: float
    jitter_of_truth: float
    leg_motion: float
    foot_skate_cm_s: float
    floor_penetration_cm: float
    floor_floating_cm: float
    mpjpe_predicted_root_cm: float
    scaled_mpjpe_cm: float

    def to_dict(self) -> dict[str, float]:
        """Return the figures by name."""
        return asdict(self)


def figures_of(truth: Motion, solved: Motion, size: float = 1.0) -> Figures:
    """Return all figures of one clip.

    Args:
        truth: captured motion.
        solved: the solution, for as many frames.
        size: height of the true body over that of the default body, for the scaled error of the paper's Figure 6.
    """
    p, p_predicted_root = truth.joint_positions_m, solved.joint_positions_m
    p_hat = align_heads(p, p_predicted_root)
    mpjpe_cm = position_error_cm(p, p_hat)
    return Figures(
        mpjpe_cm=mpjpe_cm,
        mpjre_deg=axis_angle_error_deg(truth, solved),
        geodesic_deg=geodesic_error_deg(truth, solved),
        upper_cm=position_error_cm(p, p_hat, UPPER_JOINTS),
        lower_cm=position_error_cm(p, p_hat, LOWER_JOINTS),
        hand_cm=position_error_cm(p, p_hat, SENSOR_JOINTS[1:]),
        root_cm=position_error_cm(p, p_hat, (0,)),
        mpjve_cm_s=velocity_error_cm_s(p, p_hat, truth.fps),
        jitter=jitter(p_hat, solved.fps),
        jitter_of_truth=jitter(p, truth.fps),
        leg_motion=leg_motion(p, p_hat),
        foot_skate_cm_s=foot_skate_cm_s(p, p_predicted_root, truth.fps),
        floor_penetration_cm=floor_penetration_cm(p_predicted_root, truth.skeleton.sole_height_m),
        floor_floating_cm=floor_floating_cm(p, p_predicted_root, truth.skeleton.sole_height_m),
        mpjpe_predicted_root_cm=position_error_cm(p, p_predicted_root),
        scaled_mpjpe_cm=mpjpe_cm / size,
    )


def align_heads(p: NDArray[np.float64], p_hat: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the solution, (F, 22, 3), moved so that its head matches the ground truth in every frame.

    AvatarPoser and later work: the root is the true head position minus the head's offset from forward kinematics, so
    the head error is zero by construction.
    """
    head = SENSOR_JOINTS[0]
    return p_hat + (p[:, head] - p_hat[:, head])[:, None]


def position_error_cm(
    p: NDArray[np.float64], p_hat: NDArray[np.float64], joints: tuple[int, ...] | None = None
) -> float:
    """Return MPJPE: the mean distance over frames and joints (all 22 by default), times 100 (AvatarPoser)."""
    chosen = slice(None) if joints is None else list(joints)
    return float(100 * np.linalg.norm(p[:, chosen] - p_hat[:, chosen], axis=-1).mean())


def axis_angle_error_deg(truth: Motion, solved: Motion) -> float:
    """Return MPJRE: the mean absolute difference of the axis-angle components of the 21 local body rotations.

    As coded in AvatarPoser, BoDiffusion, AvatarJLM, EgoPoser and InPose: not an angle, not wrapped at 2 pi.
    """
    return float(np.rad2deg(np.abs(_local_axis_angles(truth) - _local_axis_angles(solved)).mean()))


def geodesic_error_deg(truth: Motion, solved: Motion) -> float:
    """Return the mean angle between the 21 local body rotations of truth and solution."""
    inner = np.abs((truth.local_rotations_wxyz[:, 1:] * solved.local_rotations_wxyz[:, 1:]).sum(axis=-1))
    return float(np.rad2deg(2 * np.arccos(np.clip(inner, 0, 1))).mean())


def velocity_error_cm_s(p: NDArray[np.float64], p_hat: NDArray[np.float64], fps: float) -> float:
    """Return MPJVE: the mean length of the difference of the joints' velocities (AvatarPoser); NaN for one frame."""
    if len(p) < 2:
        return float("nan")
    return float(100 * fps * np.linalg.norm(np.diff(p, axis=0) - np.diff(p_hat, axis=0), axis=-1).mean())


def jitter(p: NDArray[np.float64], fps: float) -> float:
    """Return the mean jerk, by third differences, in 10^2 m/s^3 (AGRoL, AvatarJLM); NaN below four frames."""
    if len(p) < 4:
        return float("nan")
    return float(np.linalg.norm(np.diff(p, 3, axis=0), axis=-1).mean() * fps**3 / 100)


def leg_motion(p: NDArray[np.float64], p_hat: NDArray[np.float64]) -> float:
    """Return the solved legs' motion relative to the pelvis, divided by the true legs' motion; NaN for one frame.

    Our own figure: only it exposes a solution whose errors are small because it stands still.
    """

    def travel_m(joints_m: NDArray[np.float64]) -> float:
        about_pelvis_m = joints_m[:, list(LOWER_JOINTS)] - joints_m[:, :1]
        return float(np.linalg.norm(np.diff(about_pelvis_m, axis=0), axis=-1).sum())

    truth_m = travel_m(p)
    return travel_m(p_hat) / truth_m if truth_m > 0 else float("nan")


def foot_skate_cm_s(p: NDArray[np.float64], p_hat: NDArray[np.float64], fps: float) -> float:
    """Return the horizontal speed of the solved toes while the true toes are planted (AvatarJLM's rule), or NaN."""
    standing = np.linalg.norm(np.diff(p[:, list(TOE_JOINTS)], axis=0), axis=-1) * fps <= STANDING_SPEED_M_S
    slide = np.linalg.norm(np.diff(p_hat[:, list(TOE_JOINTS)], axis=0)[..., [0, 2]], axis=-1) * fps
    return float(100 * slide[standing].mean()) if standing.any() else float("nan")


def floor_penetration_cm(p_hat: NDArray[np.float64], sole_height_m: float) -> float:
    """Return how far the lowest solved joint is below the height of a planted toe joint, on average (AvatarJLM)."""
    return float(100 * np.clip(sole_height_m - p_hat[..., 1].min(axis=1), 0, None).mean())


def floor_floating_cm(p: NDArray[np.float64], p_hat: NDArray[np.float64], sole_height_m: float) -> float:
    """Return how far the lowest solved joint is above the lowest true one while that is planted (AvatarJLM); or NaN."""
    lowest_m, solved_m = p[..., 1].min(axis=1), p_hat[..., 1].min(axis=1)
    standing = lowest_m < sole_height_m + 0.05
    return float(100 * np.clip(solved_m - lowest_m, 0, None)[standing].mean()) if standing.any() else float("nan")


def joint_errors_cm(truth: Motion, solved: Motion) -> NDArray[np.float64]:
    """Return the head-aligned mean distance of each joint, (22,)."""
    p = truth.joint_positions_m
    distance_m: NDArray[np.float64] = np.linalg.norm(p - align_heads(p, solved.joint_positions_m), axis=-1)
    return 100 * distance_m.mean(axis=0)


def mean_figures(figures: list[Figures]) -> Figures:
    """Return the mean over clips, as in the literature; clips that lack a figure are skipped."""
    rows = np.array([list(one.to_dict().values()) for one in figures])
    has_any = ~np.isnan(rows).all(axis=0)
    means = np.full(rows.shape[1], np.nan)
    means[has_any] = np.nanmean(rows[:, has_any], axis=0)
    return replace(figures[0], **dict(zip(figures[0].to_dict(), means.tolist(), strict=True)))


def _local_axis_angles(motion: Motion) -> NDArray[np.float64]:
    return quaternion_to_rotvec(motion.local_rotations_wxyz[:, 1:])
