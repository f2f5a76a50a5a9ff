# SPDX-License-Identifier: Apache-2.0
"""Find the T-pose or A-pose that a performer holds for calibration, and the direction that the body faces in it.

A T-pose is recognised by the hands: apart by nearly the wrist span of a person (0.79 of the stature, measured people),
at the height of the shoulders, left and right of the head, at rest. People hold it for 0.2 to 0.9 s (41 takes). A
sloppy one, with arms that hang, reach forward or are bent a little, must be held longer, with palms down. Checked on
the real recordings and on captured daily motion, in which nobody strikes one: no false hit of known devices.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Final, Literal

import numpy as np

from ..arrays import BoolArray, FloatArray, runs
from ..body.quaternions import multiply_quaternions, rotate_vector
from ..errors import CalibrationError
from ..numerics.filters import box_filter
from ..options.calibration import SMALLEST_STATURE_M, CalibrationPoseChoice
from ..recording.types import PoseType, Recording
from .head_height import EYE_HEIGHT_RATIO, has_eye_level_origin, standing_height_m
from .holding import declared_wrists

WRIST_SPAN_RATIO: Final[float] = 0.791
"""Distance of the wrists in a T-pose over stature; 0.791 (sd 0.027) of 275 measured people (Nymeria participants)."""
SHOULDER_HEIGHT_RATIO: Final[float] = 0.83
_SHOULDER_HALF_WIDTH_RATIO: Final[float] = 0.102

_SHORTEST_HOLD_S: Final[dict[str, float]] = {"t_pose": 0.15, "sloppy": 0.8, "a_pose": 1.5}
_SHORTEST_UNKNOWN_HOLD_S: Final[float] = 0.6
"""Shortest T-pose if it is unknown where the hands hold the devices."""
_SLOPPY_DROPS_RAD: Final[tuple[float, float]] = (float(np.radians(-12.0)), float(np.radians(27.0)))
_SLOPPY_FORWARDS_RAD: Final[tuple[float, float]] = (float(np.radians(-10.0)), float(np.radians(27.0)))
"""Arms further back than this are those of a performer who balances."""
_SLOPPY_SPAN: Final[float] = 0.76
"""Least distance of the wrists, as a share of the span of straight and level arms."""
_PALM_DOWN: Final[float] = float(np.cos(np.radians(55.0)))
_HANDS_STRAIGHT: Final[float] = float(np.cos(np.radians(50.0)))
"""How far a known device's palm may be from looking down, and its fingers from pointing outwards."""
_CAREFUL_RAD: Final[float] = float(np.radians(2.0))
_CARELESS_RAD: Final[float] = float(np.radians(6.0))
"""Different shoulders, and devices that are held differently, look like arms that are lower by about this angle."""
_SHOULDERS_BEHIND_EYES_M: Final[float] = 0.12
_STILL_M_S: Final[float] = 0.15
_STILL_OVER_S: Final[float] = 0.2
_SLACK_KNOWN_M, _SLACK_UNKNOWN_M = 0.0, 0.12
"""Additional distance of the hand poses from the wrists, beyond the rules below."""
_FEWEST_FRAMES: Final[int] = 10
_BEFORE_M, _SLOPPY_BEFORE_M = 0.25, 0.35
"""Largest horizontal distance from the eyes to the middle of the hands."""
_OUTWARD: Final[FloatArray] = np.array((1.0, -1.0))
_GIVEN_TIME_SPAN_S: Final[float] = 0.5
_BORDER_S: Final[float] = 0.15
_BORDER_SHARE: Final[float] = 0.15
"""How much of each end of a hold is left out, because the arms still move there; at most this share of the hold."""
_FALLBACK_STATURE_M: Final[float] = 1.7
_SWAY_M: Final[float] = 0.015
_SWAY_S: Final[float] = 0.3
"""How far hands sway in a pose, and for how long to one side."""
_USUAL_PALM_RAD: Final[float] = float(np.radians(15.0))
"""A known device's palm looks this far aside in a careful pose, because people hold devices differently."""
_PALM_M: Final[float] = 0.15
"""A palm that looks a radian aside counts as so many metres."""


@dataclass(frozen=True)
class CalibrationPose:
    """Say where in a recording at the solver's rate a calibration pose is held, and how."""

    kind: Literal["t_pose", "a_pose"]
    first_frame: int
    last_frame: int
    fps: float
    eye_height_m: float
    """Median height of the headset in it."""
    heading_rad: float
    """Direction in which the body faces: the turn about +Y from +Z."""
    arm_drop_rad: float
    """Angle of the arms below level: 0 in a T-pose, unless known devices show another angle."""
    arm_forward_rad: float = 0.0
    """Angle of the arms in front of the body."""
    arm_deviation_rad: float = _CAREFUL_RAD
    """Standard deviation of both angles."""

    @property
    def start_s(self) -> float:
        """Return when the pose begins to be held."""
        return self.first_frame / self.fps

    @property
    def stop_s(self) -> float:
        """Return when it ends."""
        return self.last_frame / self.fps

    @property
    def frames(self) -> slice:
        """Return the frames in which it is held."""
        return slice(self.first_frame, self.last_frame + 1)

    @property
    def label(self) -> str:
        """Return the pose's name for people."""
        return "T-pose" if self.kind == "t_pose" else "A-pose"

    def arm_direction(self, side: int) -> FloatArray:
        """Return where an arm points in the body's axes (+X left, +Y up, +Z forward), (3,)."""
        across = 1.0 if side == 0 else -1.0
        level = np.cos(self.arm_drop_rad)
        aside, forward = np.cos(self.arm_forward_rad), np.sin(self.arm_forward_rad)
        return np.array((across * level * aside, -np.sin(self.arm_drop_rad), level * forward))


def find_calibration_pose(
    recording: Recording,
    pose: PoseType | None,
    choice: CalibrationPoseChoice = "auto",
    time_s: float | None = None,
    stature_m: float | None = None,
) -> CalibrationPose | None:
    """Return the calibration pose that measures best, or None: a careful one, and of alike ones the longest.

    Args:
        recording: cleaned, at a constant rate (`resample_recording`).
        pose: kind of the hand poses; None widens the limits by the possible offsets of controllers.
        choice: which poses to look for.
        time_s: the time that the user gives for the pose; then half a second around it is used without a check.
        stature_m: the performer's, where known.

    Raises:
        CalibrationError: there is no measured frame at the given time.
    """
    if choice == "none" or len(recording) < _FEWEST_FRAMES:
        return None
    fps = (len(recording) - 1) / recording.duration_s if recording.duration_s > 0 else 60.0
    scene = _Scene.of(recording, pose, stature_m, fps)
    if time_s is not None:
        kind: Literal["t_pose", "a_pose"] = "a_pose" if choice == "a_pose" else "t_pose"
        middle, half = round(time_s * fps), round(0.5 * _GIVEN_TIME_SPAN_S * fps)
        first, stop = max(0, middle - half), min(len(recording), middle + half + 1)
        if stop - first < 2 or not scene.measured[first:stop].all():
            raise CalibrationError(
                f"There is no calibration pose at {time_s:g} s: the head or a hand was not tracked then.",
                "Set another time, or no time, so that InPose looks for the pose.",
            )
        return scene.pose_held(kind, first, stop - 1)
    found: list[CalibrationPose] = []
    if choice in ("auto", "t_pose"):
        found += scene.holds("t_pose", scene.is_t_pose(), scene.shortest_hold_s)
        if not found and not scene.slack_m:
            found += scene.holds("t_pose", scene.is_sloppy_t_pose(), _SHORTEST_HOLD_S["sloppy"])
    # Where unknown controllers leave the wrists unsure by a hand's length, arms hang like that for other reasons.
    if not found and (choice == "a_pose" or (choice == "auto" and not scene.slack_m)):
        found += scene.holds("a_pose", scene.is_a_pose(), _SHORTEST_HOLD_S["a_pose"])
    if not found:
        return None
    widest_m = max(scene.span_m(held) for held in found)
    return min(found, key=lambda held: scene.expected_error_m(held, widest_m))


@dataclass(frozen=True)
class _Scene:
    """Hold the quantities of the rules, relative to the eyes, so that the floor does not matter."""

    eyes_m: FloatArray
    left_m: FloatArray
    right_m: FloatArray
    forward: FloatArray
    """(F, 3) where the head faces, level."""
    fingers: FloatArray
    """(2, F, 3) where the fingers point, by what is declared of the devices."""
    backs: FloatArray
    """(2, F, 3) where the backs of the hands look."""
    measured: BoolArray
    still: BoolArray
    upright: BoolArray
    stature_m: FloatArray
    """(F,) the performer's, as far as it can be told in each frame."""
    slack_m: float
    fps: float

    @classmethod
    def of(cls, recording: Recording, pose: PoseType | None, stature_m: float | None, fps: float) -> _Scene:
        offsets = declared_wrists(recording, pose or "joint")
        hands_wxyz = [
            multiply_quaternions(recording.rotations_wxyz[:, 1 + side], offset.wxyz)
            for side, offset in enumerate(offsets)
        ]
        wrists_m = [
            recording.positions_m[:, 1 + side] + rotate_vector(recording.rotations_wxyz[:, 1 + side], offset.position_m)
            for side, offset in enumerate(offsets)
        ]
        eyes_m = recording.positions_m[:, 0]
        looking = (0.0, 0.0, 1.0) if pose == "joint" else (0.0, 0.0, -1.0)
        forward = rotate_vector(recording.rotations_wxyz[:, 0], looking) * (1.0, 0.0, 1.0)
        forward /= np.maximum(np.linalg.norm(forward, axis=1, keepdims=True), 1e-9)
        window = max(3, round(_STILL_OVER_S * fps))
        speeds = []
        for track in (eyes_m, *wrists_m):
            smooth = box_filter(track, window, "nearest")
            speeds.append(np.linalg.norm(np.gradient(smooth, axis=0), axis=1) * fps)
        standing_m = standing_height_m(recording) or EYE_HEIGHT_RATIO * _FALLBACK_STATURE_M
        statures_m = np.full(len(eyes_m), stature_m or _FALLBACK_STATURE_M)
        floor_known = not has_eye_level_origin(recording)
        if floor_known and stature_m is None:
            # Whoever strikes the pose stands upright; the highest the head ever gets may be a climb.
            statures_m = np.maximum(eyes_m[:, 1] / EYE_HEIGHT_RATIO, SMALLEST_STATURE_M)
        return cls(
            eyes_m=eyes_m,
            left_m=wrists_m[0],
            right_m=wrists_m[1],
            forward=forward,
            fingers=np.stack([rotate_vector(hand, (1.0, 0.0, 0.0)) for hand in hands_wxyz]) * _OUTWARD[:, None, None],
            backs=np.stack([rotate_vector(hand, (0.0, 1.0, 0.0)) for hand in hands_wxyz]),
            measured=recording.measured.all(axis=1),
            still=np.max(speeds, axis=0) < _STILL_M_S,
            upright=eyes_m[:, 1] > (0.68 * standing_m if floor_known else standing_m - 0.1 * statures_m),
            stature_m=statures_m,
            slack_m=_SLACK_UNKNOWN_M if pose is None or pose == "saber" else _SLACK_KNOWN_M,
            fps=fps,
        )

    @cached_property
    def apart_m(self) -> FloatArray:
        """Return the level vector from the right to the left wrist, (F, 3)."""
        return (self.left_m - self.right_m) * (1.0, 0.0, 1.0)

    def is_t_pose(self) -> BoolArray:
        span_m = 0.85 * WRIST_SPAN_RATIO * self.stature_m - 2 * self.slack_m
        level_m = 0.085 * self.stature_m + self.slack_m
        wide = np.linalg.norm(self.apart_m, axis=1) > span_m
        level = np.max(np.abs(self._above_shoulders_m()), axis=0) < level_m
        return wide & level & self._in_order()

    @property
    def shortest_hold_s(self) -> float:
        """Return how long a careful T-pose must be held."""
        return _SHORTEST_UNKNOWN_HOLD_S if self.slack_m else _SHORTEST_HOLD_S["t_pose"]

    def is_sloppy_t_pose(self) -> BoolArray:
        """Tell where the palms look down and the arms are spread, but low, forward or bent. For known devices."""
        drops = self._arm_drops_rad
        lowest, highest = _SLOPPY_DROPS_RAD
        wide = np.linalg.norm(self.left_m - self.right_m, axis=1) > _SLOPPY_SPAN * WRIST_SPAN_RATIO * self.stature_m
        dropped = (drops.min(axis=0) > lowest) & (drops.max(axis=0) < highest)
        alike = np.abs(drops[0] - drops[1]) < np.radians(12.0)
        forwards = self._arms_forward_rad
        forward = (forwards > _SLOPPY_FORWARDS_RAD[0]) & (forwards < _SLOPPY_FORWARDS_RAD[1])
        aside = self.apart_m / np.maximum(np.linalg.norm(self.apart_m, axis=1, keepdims=True), 1e-9)
        outward = np.stack((aside, -aside))
        palms = self.backs[..., 1].min(axis=0) > _PALM_DOWN
        straight = (self.fingers * outward).sum(axis=-1).min(axis=0) > _HANDS_STRAIGHT
        return np.asarray(
            wide & dropped & alike & forward & palms & straight & self._in_order(_SLOPPY_BEFORE_M + self.slack_m)
        )

    def is_a_pose(self) -> BoolArray:
        drops = self._arm_drops_rad
        half_m = 0.5 * np.linalg.norm(self.apart_m, axis=1) - _SHOULDER_HALF_WIDTH_RATIO * self.stature_m
        arm_m = (0.5 * WRIST_SPAN_RATIO - _SHOULDER_HALF_WIDTH_RATIO) * self.stature_m
        long_enough = np.hypot(half_m, self._above_shoulders_m().mean(axis=0)) > 0.8 * arm_m - self.slack_m
        dropped = (drops.min(axis=0) > np.radians(28.0)) & (drops.max(axis=0) < np.radians(60.0))
        alike = np.abs(drops[0] - drops[1]) < np.radians(10.0)
        return dropped & alike & long_enough & self._in_order()

    def holds(self, kind: Literal["t_pose", "a_pose"], posed: BoolArray, shortest_s: float) -> list[CalibrationPose]:
        """Return every stay in the pose that is long enough; a frame lost here and there does not end it."""
        flags = posed & self.still & self.upright & self.measured
        bridge = max(1, round(0.1 * self.fps))
        for start, stop in runs(~flags):
            if stop - start <= bridge and start > 0 and stop < len(flags) and self.measured[start:stop].all():
                flags[start:stop] = True
        stays = [(start, stop) for start, stop in runs(flags) if stop - start >= shortest_s * self.fps]
        borders = [min(round(_BORDER_S * self.fps), int(_BORDER_SHARE * (stop - start))) for start, stop in stays]
        return [
            self.pose_held(kind, start + border, stop - 1 - border)
            for (start, stop), border in zip(stays, borders, strict=True)
        ]

    def span_m(self, held: CalibrationPose) -> float:
        """Return the distance of the wrists in a pose. The straightest arms of a person are the widest."""
        return float(np.median(np.linalg.norm((self.left_m - self.right_m)[held.frames], axis=1)))

    def expected_error_m(self, held: CalibrationPose, widest_m: float) -> float:
        """Return how far off a pose probably puts the wrists.

        Hands sway, which a longer pose evens out. Arms that are low, forward or bent, and palms that look aside, are
        off however long they are held.
        """
        sway_m = _SWAY_M / np.sqrt(1.0 + (held.stop_s - held.start_s) / _SWAY_S)
        bent_m = 0.5 * (widest_m - self.span_m(held))
        swung_m = held.arm_deviation_rad * 0.5 * WRIST_SPAN_RATIO * float(np.median(self.stature_m[held.frames]))
        tilted_rad = 0.0
        if not self.slack_m:
            down = np.clip(np.median(self.backs[:, held.frames, 1], axis=1), -1.0, 1.0)
            tilted_rad = max(0.0, float(np.arccos(down).max()) - _USUAL_PALM_RAD)
        return float(np.linalg.norm((sway_m, bent_m, swung_m, tilted_rad * _PALM_M)))

    def pose_held(self, kind: Literal["t_pose", "a_pose"], first: int, last: int) -> CalibrationPose:
        part = slice(first, last + 1)
        drops = np.median(self._arm_drops_rad[:, part], axis=1)
        drop, forward, deviation = 0.0, 0.0, _CAREFUL_RAD
        if kind == "a_pose":
            drop = float(drops.mean())
        elif not self.slack_m:
            # The place of a known device in the hand is known, so it shows where the arms are.
            drop = _beyond_care(float(drops.mean()))
            forward = _beyond_care(float(np.median(self._arms_forward_rad[part])))
            deviation = float(np.hypot(_CAREFUL_RAD, 0.25 * np.linalg.norm((drop, forward, drops[0] - drops[1]))))
        eye_m = float(np.median(self.eyes_m[part, 1]))
        return CalibrationPose(kind, first, last, self.fps, eye_m, self._heading_rad(part), drop, forward, deviation)

    def _heading_rad(self, part: slice) -> float:
        """Return where the body faces: between where the head looks and straight out from the line of the hands.

        Heads are turned a little, and unknown controllers turn the line of the hands, so neither alone is right.
        """
        across = self.apart_m[part].sum(axis=0)
        from_hands = np.array((-across[2], 0.0, across[0])) / max(np.linalg.norm(across), 1e-9)
        from_head = self.forward[part].mean(axis=0)
        share = 0.1 if self.slack_m else 0.7
        facing = share * from_hands + (1 - share) * from_head
        return float(np.arctan2(facing[0], facing[2]))

    def _in_order(self, before_m: float | None = None) -> BoolArray:
        """Tell where the head is between the hands, the left one on its left, and the hands not far before it."""
        before_m = _BEFORE_M + self.slack_m if before_m is None else before_m
        apart = self.apart_m / np.maximum(np.linalg.norm(self.apart_m, axis=1, keepdims=True), 1e-9)
        left = np.stack((self.forward[:, 2], np.zeros(len(apart)), -self.forward[:, 0]), axis=-1)
        aside = (0.5 * (self.left_m + self.right_m) - self.eyes_m) * (1.0, 0.0, 1.0)
        along = np.abs((aside * apart).sum(axis=1))
        before = np.linalg.norm(aside - (aside * apart).sum(axis=1, keepdims=True) * apart, axis=1)
        return np.asarray(((apart * left).sum(axis=1) > 0.85) & (along < 0.15 + self.slack_m) & (before < before_m))

    @cached_property
    def _arms_forward_rad(self) -> FloatArray:
        """Return how far both arms reach forward, (F,): the middle of the wrists before the shoulders."""
        middle_m = 0.5 * (self.left_m + self.right_m) - self.eyes_m
        before_m = (middle_m * self.forward).sum(axis=1) + _SHOULDERS_BEHIND_EYES_M
        half_m = 0.5 * np.linalg.norm(self.apart_m, axis=1) - _SHOULDER_HALF_WIDTH_RATIO * self.stature_m
        return np.arctan2(before_m, np.maximum(half_m, 1e-3))

    def _above_shoulders_m(self) -> FloatArray:
        """Return the height of both wrists above the shoulders, (2, F)."""
        shoulder_m = self.eyes_m[:, 1] - (EYE_HEIGHT_RATIO - SHOULDER_HEIGHT_RATIO) * self.stature_m
        return np.stack((self.left_m[:, 1] - shoulder_m, self.right_m[:, 1] - shoulder_m))

    @cached_property
    def _arm_drops_rad(self) -> FloatArray:
        half_m = 0.5 * np.linalg.norm(self.apart_m, axis=1) - _SHOULDER_HALF_WIDTH_RATIO * self.stature_m
        return np.arctan2(-self._above_shoulders_m(), np.maximum(half_m, 1e-3))


def _beyond_care(angle_rad: float) -> float:
    """Return the angle, or nearly 0 if it is as small as shoulders and devices make it in a careful pose."""
    return angle_rad * float(1.0 - np.exp(-((angle_rad / _CARELESS_RAD) ** 2)))
