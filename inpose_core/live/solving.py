# SPDX-License-Identifier: Apache-2.0
"""Solve a body while it moves: a sliding window of the same prior and guidance, and a state that is carried on.

Every few frames, the last seconds are solved as a recording is, beside the poses: a pose never waits for a solve.
Each solve also gets the next sixth of a second as head and hands will probably move: until the next solve is there, the
newest one goes on. What the next solve sees differently fades in, without a jump in place or velocity. In every frame
head and hands are met again, and planted feet stay where they are.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from ..arrays import FloatArray
from ..body.motion import SOLVER_FPS, Motion
from ..body.quaternions import (
    conjugate_quaternion,
    multiply_quaternions,
    quaternion_to_rotvec,
    rotvec_to_quaternion,
)
from ..body.skeleton import JOINT_COUNT, SENSOR_JOINTS, TOE_JOINTS, Skeleton
from ..options.live import LiveOptions
from ..options.solve import SolveSettings
from ..prior.checkpoint import Prior, load_prior
from ..solver.solving import solve
from .anchors import FootAnchors
from .inertia import FadingPlaces, FadingTurns
from .points import LivePoints, PointClock, sensors_of
from .pose import ARM_ENDS, LEG_ENDS, LivePose
from .prediction import predict

__all__ = ["LivePoints", "LivePose", "LiveSettings", "LiveSolver"]

_HEAD: Final[int] = SENSOR_JOINTS[0]
_HAND_FADE_S: Final[float] = 0.15
_FEWEST_FRAMES: Final[int] = 4
_DAMPING: Final[float] = 0.8
_AHEAD: Final[int] = 10
"""Frames that are predicted for each solve: as many as pass until the next one is there, and some more."""


@dataclass(frozen=True)
class LiveSettings:
    """Choose how far the poses lag behind, and how often the prior is asked."""

    lookahead_s: float = LiveOptions().lookahead_s
    """The pose of a moment is shown this much later: what comes after it makes it better. At most 0.2."""
    solve_every: int = 3
    """Frames between two solves."""
    window: int = 256
    """Frames that are solved each time, with those that are predicted. More than the prior's window, which is the
    default, takes a third longer."""
    fade_s: float = 0.03
    """Time in which the difference between two solves falls to about half. With 0.05 the legs come later: on people of
    the validation, without lookahead, the error is 41 % above that of the whole recording's solve instead of 35 %. With
    0.02 they tremble where the solves disagree: in HDM05, the jitter is 5.3 times the truth's instead of 3.6."""
    solve: SolveSettings = SolveSettings()
    beside: bool = True
    """Solve in a thread of its own; False solves before the pose is returned, so the same points give the same
    poses."""
    late_frames: int = 0
    """Without ``beside``: use a solve so many frames after it began, as if it took that long. To measure."""


class LiveSolver:
    """Solve poses one after the other: `step` gets the tracked points of each moment.

    Args:
        skeleton: the body to solve for.
        settings: delay and quality.
        prior: a loaded prior; the shipped one by default.
        joints: the joints of the points, head and wrists first.
    """

    def __init__(
        self,
        skeleton: Skeleton,
        settings: LiveSettings | None = None,
        prior: Prior | None = None,
        joints: tuple[int, ...] = SENSOR_JOINTS,
    ) -> None:
        self._skeleton, self._settings, self._joints = skeleton, settings or LiveSettings(), joints
        self._prior = prior or load_prior()
        self._behind = round(min(max(self._settings.lookahead_s, 0.0), 0.2) * SOLVER_FPS)
        self._clock = PointClock(SOLVER_FPS)
        self._solving = ThreadPoolExecutor(1, "live solve") if self._settings.beside else None
        self._begin()

    def _begin(self) -> None:
        self._frames: list[LivePoints] = []
        self._times_s: list[float] = []
        self._number = 0
        self._solved: Motion | None = None
        self._solved_from = 0
        self._under_way: tuple[Future[Motion], int] | None = None
        self._waiting: deque[tuple[int, Motion, int]] = deque()
        self._shown: LivePose | None = None
        self._faded: deque[tuple[float, FloatArray]] = deque(maxlen=2)
        self._turns = FadingTurns(JOINT_COUNT, self._settings.fade_s)
        self._hands = FadingPlaces(2, _HAND_FADE_S)
        self._were_measured = np.ones(2, np.bool_)
        self._anchors = FootAnchors(self._skeleton.standing_head_height_m, self._skeleton.sole_height_m)

    def close(self) -> None:
        """End the thread that solves."""
        if self._solving is not None:
            self._solving.shutdown(wait=True, cancel_futures=True)

    def step(self, points: LivePoints, time_s: float) -> LivePose | None:
        """Return the newest pose, or None if this moment makes none: it comes too soon after the last one.

        Args:
            points: what is tracked now.
            time_s: on the sender's clock. After a pause of half a second, or if the clock jumps, the solver begins
                anew.
        """
        return self.pose() if self.add(points, time_s) else None

    def add(self, points: LivePoints, time_s: float) -> bool:
        """Take one moment, and return whether there is a newer pose; arguments as for `step`.

        Somebody who is late adds all moments that have arrived, and then asks once for the pose.
        """
        if self._clock.breaks_at(time_s):
            self._begin()
        newer = False
        for frame_s, frame in self._clock.add(time_s, points):
            newer = self._frame(frame_s, frame) or newer
        return newer

    def pose(self) -> LivePose | None:
        """Return the pose of the newest moment that is due; None if none is since the solver began, maybe anew."""
        if not self._is_due:
            return None
        pose = self._pose(len(self._frames) - 1 - self._behind)
        self._shown = pose
        return pose

    def steps(self, moments: Iterator[tuple[float, LivePoints]]) -> Iterator[LivePose]:
        """Yield every pose of a stream, also those between two moments."""
        for time_s, points in moments:
            if self._clock.breaks_at(time_s):
                self._begin()
            for frame_s, frame in self._clock.add(time_s, points):
                if self._frame(frame_s, frame) and (pose := self.pose()) is not None:
                    yield pose

    def _frame(self, time_s: float, points: LivePoints) -> bool:
        """Take one frame, and return whether a pose is due."""
        self._frames.append(points)
        self._times_s.append(time_s)
        self._number += 1
        over = len(self._frames) - (self._settings.window - _AHEAD)
        if over > 0:
            del self._frames[:over], self._times_s[:over]
        due = self._number % self._settings.solve_every == 0 or self._solved is None
        if due and len(self._frames) >= _FEWEST_FRAMES:
            self._solve()
        self._adopt()
        return self._is_due

    @property
    def _is_due(self) -> bool:
        return self._solved is not None and len(self._frames) > self._behind

    def _solve(self) -> None:
        """Solve the window, or begin to, unless the last solve is still under way."""
        frames = self._frames + predict(self._frames, _AHEAD)
        sensors = sensors_of(frames, SOLVER_FPS, self._joints)
        arguments = sensors, self._skeleton, self._settings.solve, self._prior
        first = self._number - len(self._frames)
        if self._solving is None:
            late = self._settings.late_frames if self._solved is not None else 0
            self._waiting.append((self._number + late, solve(*arguments), first))
        elif self._under_way is None:
            self._under_way = self._solving.submit(solve, *arguments), first

    def _adopt(self) -> None:
        """Take the solve that was under way, if it has ended. The first one is waited for."""
        while self._waiting and self._waiting[0][0] <= self._number:
            _, solved, first = self._waiting.popleft()
            self._take(solved, first)
        if self._under_way is None:
            return
        future, first = self._under_way
        if future.done() or self._solved is None:
            self._under_way = None
            self._take(future.result(), first)

    def _take(self, solved: Motion, first: int) -> None:
        self._solved, self._solved_from = solved, first
        if self._faded:
            # Not from the shown pose: hands and feet are met in every frame, and what this changes would be met twice.
            (before_s, before), (shown_s, shown) = self._faded[0], self._faded[-1]
            new = np.stack([self._estimate(self._frame_at(time_s) - first) for time_s in (before_s, shown_s)])
            self._turns.begin(np.stack((before, shown)), new, max(shown_s - before_s, 1 / SOLVER_FPS))

    def _frame_at(self, time_s: float) -> int:
        """Return the number of a frame since the beginning."""
        return self._number - 1 - round((self._times_s[-1] - time_s) * SOLVER_FPS)

    def _estimate(self, frame: int) -> FloatArray:
        """Return the rotations of a frame of the newest solve, or of one after its end."""
        assert self._solved is not None, "something was solved before"
        rotations = self._solved.rotations_wxyz
        last = len(rotations) - 1
        if frame <= last:
            return np.asarray(rotations[max(frame, 0)])
        # The body goes on as it moved, and slows down: where a solve is very late, legs must not swing on.
        turn = quaternion_to_rotvec(multiply_quaternions(rotations[last], conjugate_quaternion(rotations[last - 1])))
        passed = sum(_DAMPING**step for step in range(1, frame - last + 1))
        return multiply_quaternions(rotvec_to_quaternion(passed * turn), rotations[last])

    def _pose(self, index: int) -> LivePose:
        assert self._solved is not None, "something was solved before"
        in_solve = self._number - len(self._frames) + index - self._solved_from
        points = self._frames[index]
        passed_s = 1 / SOLVER_FPS if self._shown is None else self._times_s[index] - self._shown.time_s
        rotations = self._turns.apply(self._estimate(in_solve), passed_s)
        self._faded.append((self._times_s[index], rotations.copy()))
        for point, joint in enumerate(SENSOR_JOINTS):
            if points.measured[point]:
                rotations[joint] = points.rotations_wxyz[point]
        stands = self._solved.foot_stands
        stood = np.zeros(2, np.bool_) if stands is None else stands[min(in_solve, len(stands) - 1)]
        pose = LivePose(self._times_s[index], rotations, np.zeros(3), stood)
        pose = replace(pose, root_m=self._root_m(pose, points, in_solve))
        return self._with_feet(self._with_hands(pose, points, passed_s), passed_s)

    def _root_m(self, pose: LivePose, points: LivePoints, frame: int) -> FloatArray:
        """Return the pelvis for which the head is where it is measured; a lost head follows the solve."""
        assert self._solved is not None, "something was solved before"
        if points.measured[0]:
            return np.asarray(points.positions_m[0] - pose.joints_m(self._skeleton)[_HEAD])
        last = len(self._solved.root_translation_m) - 1
        return np.asarray(self._solved.root_translation_m[min(frame, last)])

    def _with_hands(self, pose: LivePose, points: LivePoints, passed_s: float) -> LivePose:
        self._hands.pass_time(passed_s)
        estimate_m = pose.joints_m(self._skeleton)
        for hand, (arm, wrist) in enumerate(ARM_ENDS):
            measured = bool(points.measured[1 + hand])
            goal_m = points.positions_m[1 + hand] if measured else estimate_m[wrist]
            if measured != self._were_measured[hand] and self._shown is not None:
                self._hands.begin(hand, self._shown.joints_m(self._skeleton)[wrist] - goal_m, np.zeros(3))
            self._were_measured[hand] = measured
            pose = pose.reaching(self._skeleton, arm, goal_m + self._hands.left[hand])
        return pose

    def _with_feet(self, pose: LivePose, passed_s: float) -> LivePose:
        joints_m = pose.joints_m(self._skeleton)
        toes_m, held = self._anchors.place(joints_m[list(TOE_JOINTS)], pose.foot_stands, passed_s)
        for foot, (leg, ankle) in enumerate(LEG_ENDS):
            shift_m = toes_m[foot] - joints_m[TOE_JOINTS[foot]]
            pose = pose.reaching(self._skeleton, leg, joints_m[ankle] + shift_m)
        return replace(pose, foot_stands=held)
