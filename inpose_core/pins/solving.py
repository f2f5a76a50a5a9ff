# SPDX-License-Identifier: Apache-2.0
"""Solve again the stretches that pins change, and leave the rest of a motion as it is."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from ..arrays import FloatArray, runs
from ..body.motion import Motion
from ..body.quaternions import geodesic_angle, slerp
from ..body.skeleton import JOINT_INDEX, TOE_JOINTS
from ..errors import InPoseError
from ..options.solve import SolveSettings
from ..prior.checkpoint import Prior, load_prior
from ..recording.sensors import Sensors
from ..solver.solving import ProgressCallback, solve
from .asking import with_pins
from .blending import BLEND_FRAMES, FARTHEST_FRAMES, with_stretch
from .influence import pinned_path
from .outside import pins_outside
from .pin import Pin, PinSet
from .reaching import as_far_as_reached
from .spelling import pelvis_pin, spelled_out
from .standing import with_pinned_stances

_CONTEXT_FRAMES: Final[int] = 300
"""What is solved before and after a stretch: more than the longest window of the prior."""
_STANDS_ELSEWHERE_M: Final[float] = 0.02
_NOTABLE_M: Final[float] = 0.003
_NOTABLE_AT_ENDS_M: Final[float] = 0.01
"""Where a foot lands and lifts, or a body sits down and gets up, it may be this far from its place."""
_NOTABLE_DEG: Final[float] = 2.0


@dataclass(frozen=True)
class Miss:
    """Hold a pin that the motion does not meet, because the body cannot reach it."""

    pin: Pin
    off_m: float
    """Largest distance from the pinned position; 0 without one."""
    off_deg: float
    """Largest angle from the pinned rotation; 0 without one."""

    @property
    def sentence(self) -> str:
        """Say it to the user."""
        far = [f"{100 * self.off_m:.1f} cm"] * (self.off_m > _NOTABLE_M)
        far += [f"{self.off_deg:.0f} degrees"] * (self.off_deg > _NOTABLE_DEG)
        joint = self.pin.joint.replace("_", " ")
        return (
            f"The {joint} misses its pin at {self.pin.start_s:.2f} s by {' and '.join(far)}. "
            "The body cannot reach it, or other pins or devices hold it back."
        )


@dataclass(frozen=True)
class SolvedAgain:
    """Hold a motion after its pins were met."""

    motion: Motion
    stretches: tuple[tuple[int, int], ...]
    """First frame and the frame after the last of each stretch that has changed, in order."""
    missed: tuple[Miss, ...]
    """Hard pins that are not met."""
    outside: tuple[str, ...] = ()
    """A sentence for each pin that lies outside of the motion."""

    @property
    def notes(self) -> tuple[str, ...]:
        """Return what the user must know about the pins, one sentence each."""
        return (*self.outside, *(miss.sentence for miss in self.missed))


def solve_again(
    motion: Motion,
    sensors: Sensors,
    pins: PinSet,
    settings: SolveSettings = SolveSettings(),  # noqa: B008 (frozen)
    before: PinSet = PinSet(),  # noqa: B008 (frozen)
    prior: Prior | None = None,
    on_progress: ProgressCallback | None = None,
) -> SolvedAgain:
    """Return the motion with all pins met; only the stretches around pins that have changed are solved again.

    Args:
        motion: the motion of the take.
        sensors: what it was solved from, without pins.
        pins: everything that is asked for now.
        settings: as for `solve`. Another seed with a variation gives another likely motion.
        before: what the motion was solved with.
        prior: a loaded prior; the shipped one by default.
        on_progress: as for `solve`, for all stretches together.

    Raises:
        InPoseError: motion and sensors have different lengths, or as in `solve`.
    """
    if len(motion) != len(sensors):
        raise InPoseError(
            f"The motion has {len(motion)} frames, and the sensors have {len(sensors)}.", "Solve the recording again."
        )
    outside = pins_outside(pins, sensors.start_s, sensors.start_s + (len(motion) - 1) / motion.fps)
    pins, before = spelled_out(pins, motion, sensors.start_s), spelled_out(before, motion, sensors.start_s)
    stretches = _frames(pins.changes_from(before), sensors)
    again = _Stretches(motion, sensors, stretches, settings, prior or load_prior())
    may_be_late = bool(pins.seats) or any(pin.while_standing for pin in pins.pins)
    solved = again.solved(pins, _share_of(on_progress, 0, 2) if may_be_late else on_progress)
    reached = as_far_as_reached(pins, solved.motion, sensors.start_s)
    if reached != pins:
        pins, solved = reached, again.solved(reached, _share_of(on_progress, 1, 2))
    return replace(solved, missed=missed_pins(solved.motion, pins, sensors.start_s), outside=outside)


@dataclass(frozen=True)
class _Stretches:
    """Hold the stretches of a motion that are solved again."""

    motion: Motion
    sensors: Sensors
    stretches: list[tuple[int, int]]
    settings: SolveSettings
    prior: Prior

    def solved(self, pins: PinSet, on_progress: ProgressCallback | None) -> SolvedAgain:
        """Return the motion with these pins; which of them are missed is left open."""
        motion, changed = self.motion, []
        for number, (start, stop) in enumerate(self.stretches):
            margin = FARTHEST_FRAMES + BLEND_FRAMES + _CONTEXT_FRAMES
            part = slice(max(0, start - margin), min(len(motion), stop + margin))
            again = solve(
                with_pins(self.sensors.part(part), pins),
                motion.skeleton,
                self.settings,
                self.prior,
                _share_of(on_progress, number, len(self.stretches)),
            )
            whole = _with_whole_stances(motion, again, part.start, start, stop)
            patched = with_stretch(motion, again, part.start, *whole)
            motion = patched.motion
            changed.append((patched.start, patched.stop))
        if changed:
            motion = with_pinned_stances(motion, pins, self.sensors.start_s)
        return SolvedAgain(motion, tuple(changed), ())


def missed_pins(motion: Motion, pins: PinSet, start_s: float) -> tuple[Miss, ...]:
    """Return the hard pins that a motion does not meet to 3 mm and 2 degrees, or 1 cm for seats and standing feet.

    Args:
        motion: the motion of the take.
        pins: what is asked for, spelled out.
        start_s: time in the recording at which the motion begins.
    """
    missed = []
    of_seats = {pelvis_pin(seat, motion.skeleton) for seat in pins.seats}
    times_s, half_s = start_s + np.arange(len(motion)) / motion.fps, 0.5 / motion.fps
    for pin in pins.pins:
        frames = np.flatnonzero((times_s >= pin.start_s - half_s) & (times_s <= pin.stop_s + half_s))
        if pin.soft or not len(frames):
            continue
        miss = _miss(motion, pin, times_s[frames] if pin.stop_s > pin.start_s else np.array([pin.start_s]), start_s)
        notable_m = _NOTABLE_AT_ENDS_M if pin.while_standing or pin in of_seats else _NOTABLE_M
        if miss.off_m > notable_m or miss.off_deg > _NOTABLE_DEG:
            missed.append(miss)
    return tuple(missed)


def _miss(motion: Motion, pin: Pin, times_s: FloatArray, start_s: float) -> Miss:
    wanted_m, wanted_wxyz = pinned_path(pin, times_s)
    joint = JOINT_INDEX[pin.joint]
    # The frame of a pin may be between two of the motion, where a hand that moves is elsewhere.
    at = np.clip((times_s - start_s) * motion.fps, 0, len(motion) - 1)
    before = at.astype(np.int64)
    after, share = np.minimum(before + 1, len(motion) - 1), (at - before)[:, None]
    off_m = off_deg = 0.0
    if wanted_m is not None:
        before_m, after_m = (motion.part(frames).joint_positions_m[:, joint] for frames in (before, after))
        off_m = float(np.linalg.norm(before_m + share * (after_m - before_m) - wanted_m, axis=-1).max())
    if wanted_wxyz is not None:
        wxyz = slerp(motion.rotations_wxyz[before, joint], motion.rotations_wxyz[after, joint], share)
        off_deg = float(np.degrees(geodesic_angle(wxyz, wanted_wxyz).max()))
    return Miss(pin, off_m, off_deg)


def _frames(spans_s: Sequence[tuple[float, float]], sensors: Sensors) -> list[tuple[int, int]]:
    """Return the frames of spans of time, first and end; what is outside of the recording is left out."""
    frames = []
    for start_s, stop_s in spans_s:
        start = max(0, math.floor((start_s - sensors.start_s) * sensors.fps))
        stop = min(len(sensors), math.ceil((stop_s - sensors.start_s) * sensors.fps) + 1)
        if start < stop:
            frames.append((start, stop))
    return frames


def _with_whole_stances(motion: Motion, again: Motion, first: int, start: int, stop: int) -> tuple[int, int]:
    """Return a stretch with the whole stances of feet that stand elsewhere now: a planted foot slides nowhere.

    Args:
        motion: the motion before.
        again: a part of it that was solved again.
        first: the frame of ``motion`` at which ``again`` begins.
        start: first frame of the stretch, in ``motion``.
        stop: the frame after its last.
    """
    if again.foot_stands is None:
        return start, stop
    toes = list(TOE_JOINTS)
    before_m = motion.part(slice(first, first + len(again))).joint_positions_m[:, toes]
    moved_m = np.linalg.norm(again.joint_positions_m[:, toes] - before_m, axis=-1)
    room = FARTHEST_FRAMES + BLEND_FRAMES
    earliest = 0 if first == 0 else first + room
    latest = len(motion) if first + len(again) == len(motion) else first + len(again) - room
    whole = (start, stop)
    for foot in range(len(toes)):
        for lands, lifts in runs(again.foot_stands[:, foot]):
            inside = slice(max(lands, start - first), min(lifts, stop - first))
            if inside.start < inside.stop and np.median(moved_m[inside, foot]) > _STANDS_ELSEWHERE_M:
                whole = (min(whole[0], max(lands + first, earliest)), max(whole[1], min(lifts + first, latest)))
    return whole


def _share_of(on_progress: ProgressCallback | None, number: int, count: int) -> ProgressCallback | None:
    if on_progress is None:
        return None
    return lambda share: on_progress((number + share) / count)
