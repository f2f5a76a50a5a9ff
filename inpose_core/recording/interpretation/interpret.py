# SPDX-License-Identifier: Apache-2.0
"""Decide axes, units and sides of a recording: from the user's options, else from the file, else from the data.

Each decision is kept as a `Guess` with its evidence, so users can see it and override it. If the data contradict
the conventions that a file declares, the file wins and a note reports the contradiction. Only units that would give an
impossible body size are corrected.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ...arrays import FloatArray
from ...noted import Noted
from ...options.reading import QUATERNION_ORDERS, QuaternionOrder
from ..conventions import UNITS_M, Axes, ReadOptions, convert_positions, convert_rotations, unit_in_metres
from ..findings import Finding, FindingKind
from ..trackers import TrackerTracks
from ..tracks import Declared, RawTracks
from ..types import DeviceStretch, Guess, GuessName, HandOffsets, Origin, PoseType, Recording
from .euler_order import in_likely_order
from .evidence import USUAL_REACH_M, Samples, body_signs, far_reach
from .excerpts import excerpt, in_order, sampling_stride
from .far_origin import near_origin
from .guess_axes import Orientation, decide_axes_and_order
from .head_frame import HandFrame, find_hand_frame, hands_in_room
from .headset_role import find_headset_role
from .inverse_poses import (
    POSES_TOLD,
    ROTATIONS_TOLD,
    are_inverted,
    inverted_poses,
    inverted_rotations,
    turn_backwards,
)
from .parked import find_parked, find_unmoved
from .seconds import seconds_of, with_sessions_apart

_GUESSED_UNITS: Final[tuple[str, ...]] = ("m", "cm", "mm")
_LARGEST_RIG_HEIGHT_M: Final[float] = 50.0
_CLEAR_REACH: Final[float] = 2.0
_EYE_LEVEL_M: Final[float] = 0.3
_CLEAR_SIDE: Final[float] = 0.15
_CERTAIN_SIDE: Final[float] = 0.3
"""Names say which hand is which, too. Exchanged hands of people who train are at -0.5 or below; arms may be crossed."""
_LARGEST_FLOAT32: Final[float] = 3.4e38


def interpret(raw: RawTracks, options: ReadOptions, name: str) -> Recording:
    """Return the tracks in OpenXR's axes, metres and seconds, with all decisions. They are not cleaned yet.

    Raises:
        RecordingError: no time unit gives a plausible recording.
    """
    raw, euler_guess = in_likely_order(raw, options)
    declared = raw.declared
    with np.errstate(invalid="ignore", over="ignore"):
        # Squares of anything larger overflow; signalling NaNs come from damaged files.
        positions = np.where(np.abs(raw.positions) < _LARGEST_FLOAT32, raw.positions, np.nan)
        quaternions = np.where(np.abs(raw.quaternions) < _LARGEST_FLOAT32, raw.quaternions, np.nan)
        measured = np.isfinite(positions).all(-1) & np.isfinite(quaternions).all(-1)
        times_s, time_guess = seconds_of(raw, options, name)
        times_s, sessions = with_sessions_apart(raw, times_s)
        # Where a runtime parks a lost device says nothing about unit, axes and floor. Cleaning tells it.
        tracked = measured & ~find_parked(positions) & ~find_unmoved(positions)
        stride = sampling_stride(times_s)
        told: list[Finding] = []
        known = tracked[..., None]
        order = are_inverted(
            excerpt(np.where(known, positions, np.nan), stride),
            excerpt(np.where(known, quaternions, np.nan), stride),
            declared,
            options,
        )
        if order:
            positions, quaternions = inverted_poses(positions, quaternions, order)
            told.append(POSES_TOLD)
        positions, quaternions, placed = _placed_hands(positions, quaternions, tracked, declared, options, stride)
        evident = excerpt(np.where(tracked[..., None], positions, np.nan), stride)
        turns = excerpt(np.where(tracked[..., None], quaternions, np.nan), stride)
        seen = decide_axes_and_order(evident, turns, declared, options)
        roles = find_headset_role(evident, turns, seen, declared, options)
        if roles.findings:
            positions, quaternions, measured, tracked, evident, turns = (
                a[:, roles.order] for a in (positions, quaternions, measured, tracked, evident, turns)
            )
            seen = decide_axes_and_order(evident, turns, declared, options)
        if not order and turn_backwards(evident, turns, seen, declared):
            quaternions, turns = (inverted_rotations(each, seen.order) for each in (quaternions, turns))
            seen = decide_axes_and_order(evident, turns, declared, options)
            told.append(ROTATIONS_TOLD)
        unit_m, unit_guess = _unit(evident, seen.axes, declared, options)
        positions_m = convert_positions(positions, seen.axes) * unit_m
        rotations_wxyz = convert_rotations(in_order(quaternions, seen.order), seen.axes)
        evident_m = convert_positions(evident, seen.axes) * unit_m
        evident_wxyz = convert_rotations(in_order(turns, seen.order), seen.axes)
        swap, swap_guess = _swap(evident_m, evident_wxyz, seen, declared, options)
    positions_m, moved_m, moved_notes = near_origin(positions_m, tracked)
    if swap:
        positions_m, rotations_wxyz, measured = (a[:, [0, 2, 1]] for a in (positions_m, rotations_wxyz, measured))
    pose, pose_guess = _pose(seen.look_like_joints, declared)
    origin, origin_guess = _origin(positions_m, tracked, declared, options)
    trackers = _interpreted(raw.trackers, seen.axes, seen.order, unit_m, moved_m)
    # Exchanged hands are found by what they do; their buttons go with them.
    fingers = raw.fingers
    if swap and fingers is not None and not raw.finger_sides_certain:
        fingers = fingers.exchanged(np.ones(len(times_s), np.bool_))
    made = (time_guess, *seen.guesses, euler_guess, unit_guess.value, swap_guess, pose_guess, origin_guess)
    guesses = tuple(guess for guess in made if guess is not None)
    doubts = [Finding(_KIND_OF_DOUBT[guess.name], guess.doubt) for guess in guesses if guess.doubt]
    noted = [
        f"{_NOTED[guess.name]} guessed: {guess.value} ({guess.evidence})."
        for guess in guesses
        if guess.source == "guessed" and guess.name in _NOTED and guess.value != "kept"
    ]
    recording = Recording(
        times_s=times_s,
        positions_m=positions_m,
        rotations_wxyz=rotations_wxyz,
        measured=measured,
        format=raw.format,
        pose=pose,
        headset=raw.headset,
        controllers=raw.controllers,
        other_devices=_exchanged(raw.other_devices) if swap else raw.other_devices,
        unit=unit_guess.value.value,
        hand_offsets=_swapped(raw.hand_offsets) if swap else raw.hand_offsets,
        origin=origin,
        guesses=guesses,
        notes=(*raw.notes, *moved_notes, *noted),
        trackers=trackers,
        fingers=fingers,
    )
    corrected = (Finding("unit", note, "repaired") for note in unit_guess.notes)
    return recording.with_findings(*raw.findings, *sessions, *told, *placed, *roles.findings, *corrected, *doubts)


_KIND_OF_DOUBT: Final[dict[GuessName, FindingKind]] = {
    "axes": "axes",
    "quaternion order": "axes",
    "Euler order": "axes",
    "left and right": "left_and_right",
    "unit": "unit",
    "time unit": "clock",
    "hand poses": "hand_poses",
    "origin": "floor_wrong",
}

_NOTED: Final[dict[str, str]] = {
    "axes": "The axes were",
    "quaternion order": "The order of the quaternions was",
    "Euler order": "The order of the Euler angles was",
    "left and right": "Left and right were",
}
"""Notes report these guesses with the result, too: if one is wrong, the body is upside down or mirrored."""


def _exchanged(stretches: tuple[DeviceStretch, ...]) -> tuple[DeviceStretch, ...]:
    return tuple(replace(stretch, hand=3 - stretch.hand) for stretch in stretches)


def _interpreted(
    trackers: TrackerTracks | None, axes: Axes, order: QuaternionOrder, unit_m: float, moved_m: FloatArray
) -> TrackerTracks | None:
    """Return the trackers in the recording's axes and metres; they are written as head and hands are."""
    if trackers is None:
        return None
    with np.errstate(invalid="ignore", over="ignore"):
        positions_m = convert_positions(trackers.positions_m, axes) * unit_m + moved_m
        rotations_wxyz = convert_rotations(in_order(trackers.rotations_wxyz, order), axes)
    return replace(trackers, positions_m=positions_m, rotations_wxyz=rotations_wxyz)


def _swapped(offsets: HandOffsets | None) -> HandOffsets | None:
    if offsets is None:
        return None
    return HandOffsets(offsets.positions_m[::-1], offsets.rotations_wxyz[::-1], offsets.controller_pose)


def _placed_hands(
    positions: FloatArray,
    quaternions: FloatArray,
    tracked: NDArray[np.bool_],
    declared: Declared,
    options: ReadOptions,
    stride: int,
) -> tuple[FloatArray, FloatArray, tuple[Finding, ...]]:
    """Return the tracks with hands in the room, and a finding if the file has them relative to the headset."""
    order = options.quaternion_order or declared.quaternion_order
    orders = (order,) if order else QUATERNION_ORDERS
    if options.hands_from == "room" or declared.certain:
        return positions, quaternions, ()
    frame: HandFrame | None = options.hands_from
    if frame is None:
        seen = tracked[..., None]
        frame = find_hand_frame(
            excerpt(np.where(seen, positions, np.nan), stride),
            excerpt(np.where(seen, quaternions, np.nan), stride),
            orders,
        )
        if frame is None:
            return positions, quaternions, ()
    placed = hands_in_room(positions, quaternions, frame, orders)
    if options.hands_from:
        return placed.positions, placed.quaternions, ()
    how = "in the coordinates of the headset" if frame == "head" else "relative to the position of the headset"
    sentence = (
        f"The hands are recorded {how}, not in the room. InPose converted them to the room. "
        "If this is wrong, use --hands-from room."
    )
    return placed.positions, placed.quaternions, (Finding("hands_in_head_frame", sentence, "repaired"),)


def _unit(
    positions: FloatArray,
    axes: Axes,
    declared: Declared,
    options: ReadOptions,
) -> tuple[float, Noted[Guess]]:
    if options.unit is not None:
        unit_m = unit_in_metres(options.unit)
        own_m, own = _unit(positions, axes, declared, replace(options, unit=None))
        given = Guess("unit", options.unit, "given", "")
        return unit_m, Noted(replace(given, doubt=_doubt_of_unit(positions, (unit_m, given), (own_m, own.value))))
    if declared.certain and declared.unit:
        return UNITS_M[declared.unit], Noted(Guess("unit", declared.unit, "file", declared.by))
    reach = far_reach(positions)
    heights = convert_positions(positions, axes)[:, 0, 1]
    heights = heights[np.isfinite(heights)]
    height = float(np.median(heights)) if len(heights) else 0.0
    if reach is None:
        unit = declared.unit or "m"
        guess = Guess("unit", unit, "file", declared.by) if declared.unit else Guess("unit", unit, "assumed", "")
        return UNITS_M[unit], Noted(guess)
    # The eyes are a little more than two far reaches up. But heights may count from the eyes, or from a game's sea
    # level: where the reach alone is that of a person, it decides.
    unmistakable = any(_is_a_persons(reach * UNITS_M[unit]) for unit in _GUESSED_UNITS)
    size = reach if unmistakable else max(reach, height / 2.3)
    unit = min(_GUESSED_UNITS, key=lambda unit: abs(np.log(size * UNITS_M[unit] / USUAL_REACH_M)))
    evidence = f"the hands reach {reach:.3g} from the head, and the head is {height:.3g} high"
    if declared.unit is None:
        return UNITS_M[unit], Noted(Guess("unit", unit, "guessed", evidence))
    declared_m = UNITS_M[declared.unit]
    too_large = size * declared_m > _LARGEST_RIG_HEIGHT_M / 2.3
    too_small = size * declared_m < 0.05
    if (too_large or too_small) and unit != declared.unit:
        word = {"m": "metres", "cm": "centimetres", "mm": "millimetres"}[unit]
        note = f"The head's height and the hands' reach fit positions in {word}. InPose uses this unit."
        return UNITS_M[unit], Noted(Guess("unit", unit, "guessed", evidence), (note,))
    return declared_m, Noted(Guess("unit", declared.unit, "file", declared.by))


def _doubt_of_unit(positions: FloatArray, given: tuple[float, Guess], own: tuple[float, Guess]) -> str:
    """Return what speaks against the unit that the user set: nobody is of that size, but in the unit that InPose would
    take, somebody is."""
    reach = far_reach(positions)
    if reach is None or _is_a_persons(reach * given[0]) or not _is_a_persons(reach * own[0]):
        return ""
    given_reach, own_reach = (f"{reach * unit_m:.2g} m" for unit_m, _ in (given, own))
    return (
        f"The unit that you set ({given[1].value}) does not fit: the hands would reach {given_reach} from the head. In "
        f"{own[1].value}, they reach {own_reach}. Set the unit to Automatic (leave out --unit)."
    )


def _is_a_persons(reach_m: float) -> bool:
    return 1 / _CLEAR_REACH < reach_m / USUAL_REACH_M < _CLEAR_REACH


def _swap(
    positions_m: FloatArray,
    rotations_wxyz: FloatArray,
    seen: Orientation,
    declared: Declared,
    options: ReadOptions,
) -> tuple[bool, Guess]:
    if options.swap_hands is not None:
        return options.swap_hands, Guess("left and right", "swapped" if options.swap_hands else "kept", "given", "")
    if declared.hands and declared.certain:
        return False, Guess("left and right", "kept", "file", declared.by)
    found = seen.signs
    if found is None and (samples := Samples.of(positions_m, rotations_wxyz)) is not None:
        found = body_signs(samples, Axes("RUB"))
    side = 0.0 if found is None else (-found.side if seen.look_like_joints else found.side)
    # The median frame decides the side, so arms crossed for a while do not change it.
    if declared.hands:
        doubt = (
            "The left hand is to the right of the right one most of the time; if they are swapped, use --swap-hands."
            if side < -_CLEAR_SIDE
            else ""
        )
        return False, Guess("left and right", "kept", "file", declared.by, doubt)
    if abs(side) < _CLEAR_SIDE / 3:
        return False, Guess(
            "left and right", "kept", "assumed", "the positions of the hands do not show which hand is the left one"
        )
    where = "right" if side > 0 else "left"
    evidence = f'the hand that is called "right" is to the {where} of the other one most of the time'
    if -_CERTAIN_SIDE < side < 0:
        doubt = "Left and right may be swapped. If they are, use --swap-hands."
        return False, Guess("left and right", "kept", "file", "the names of the columns", doubt)
    return side < 0, Guess("left and right", "kept" if side > 0 else "swapped", "guessed", evidence)


def _pose(posed: bool, declared: Declared) -> tuple[PoseType | None, Guess]:
    if declared.pose is not None:
        return declared.pose, Guess("hand poses", declared.pose, "file", declared.by)
    if posed:
        evidence = "the hands turn about points beside them, as wrist joints do"
        doubt = f"InPose reads joints, because {evidence}. If they are the poses of controllers, use --hand-poses grip."
        return "joint", Guess("hand poses", "joint", "guessed", evidence, doubt)
    evidence = "the file does not contain the kind of hand poses; set it with --hand-poses"
    return None, Guess("hand poses", "grip", "assumed", evidence)


def _origin(
    positions_m: FloatArray,
    measured: NDArray[np.bool_],
    declared: Declared,
    options: ReadOptions,
) -> tuple[Origin | None, Guess | None]:
    if options.origin is not None:
        return options.origin, Guess("origin", options.origin, "given", "")
    if declared.origin is not None:
        return declared.origin, Guess("origin", declared.origin, "file", declared.by)
    heights_m = positions_m[measured[:, 0], 0, 1]
    heights_m = heights_m[np.isfinite(heights_m)]
    if len(heights_m) == 0:
        return None, None
    height_m = float(np.median(heights_m))
    eyes = abs(height_m) < _EYE_LEVEL_M
    # Later stages derive it from the heights, which stay right when they are edited.
    return None, Guess("origin", "eyes" if eyes else "floor", "guessed", f"the head is {height_m:.2f} m up")
