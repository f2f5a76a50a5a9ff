# SPDX-License-Identifier: Apache-2.0
"""Turn pins into measurements: the animator is a sensor.

A pin of the head or of a wrist changes what the device measures (`devices.py`). Any other pin is one more measured
point. During the ease of a pin, its noise falls from so much that it says nothing to that of the pin.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from ..arrays import FloatArray
from ..body.skeleton import JOINT_INDEX, SENSOR_JOINTS
from ..recording.sensors import MeasuredPoint, Sensors
from .devices import DevicePin, pinned_places, pinned_turns
from .influence import LEAST_SHARE, pinned_path, share_of
from .pin import Pin, PinSet
from .told import told_stands

_HARD_NOISE_M: Final[float] = 0.0005
_SOFT_NOISE_M: Final[float] = 0.05
_SOFT_NOISE_RAD: Final[float] = 0.2
_FREE_NOISE_M: Final[float] = 0.2
"""Noise half-way through the ease: about as much as the legs of the prior are uncertain."""
_FREE_NOISE_RAD: Final[float] = 0.5


@dataclass(frozen=True)
class _Asked:
    """Hold what one pin asks for in each frame."""

    pin: Pin
    share: FloatArray
    """(F,) 0: nothing; 1: all of it; between during the ease."""
    positions_m: FloatArray | None
    rotations_wxyz: FloatArray | None


def with_pins(sensors: Sensors, pins: PinSet) -> Sensors:
    """Return the sensors, and what the pins ask for.

    Where two pins of a joint overlap, the later one of the set counts.

    Args:
        sensors: what was measured.
        pins: what the animator says, spelled out (`spelled_out`).
    """
    asked = _asked_of_joints(sensors, pins)
    points = [_point(joint, several) for joint, several in asked.items() if joint not in SENSOR_JOINTS]
    said = _with_seats(_with_stances(_with_pinned_devices(sensors, asked), pins), pins)
    return said.with_points(*points)


def with_pinned_devices(sensors: Sensors, pins: PinSet) -> Sensors:
    """Return the sensors with head and wrists where the pins want them; other pins are left out.

    This is what the hands of the motion are locked to.
    """
    return _with_pinned_devices(sensors, _asked_of_joints(sensors, pins))


def _with_stances(sensors: Sensors, pins: PinSet) -> Sensors:
    told = told_stands(pins, _times_s(sensors), sensors.fps)
    if not told.any():
        return sensors
    if sensors.told_stands is not None:
        told = np.where(told != 0, told, sensors.told_stands)
    return replace(sensors, told_stands=told)


def _with_seats(sensors: Sensors, pins: PinSet) -> Sensors:
    """Return the sensors with the time of the seats; where the pelvis is, a pin of its own says."""
    if not pins.seats:
        return sensors
    times_s, sits = _times_s(sensors), np.zeros(len(sensors), np.bool_)
    for seat in pins.seats:
        start_s, stop_s = seat.reach_s
        sits |= (times_s >= start_s) & (times_s <= stop_s)
    known = sits if sensors.seated is None else sensors.seated | sits
    return replace(sensors, seated=known, told_seated=sits)


def _times_s(sensors: Sensors) -> FloatArray:
    times_s: FloatArray = sensors.start_s + np.arange(len(sensors)) / sensors.fps
    return times_s


def _asked_of_joints(sensors: Sensors, pins: PinSet) -> dict[int, list[_Asked]]:
    times_s = _times_s(sensors)
    asked: dict[int, list[_Asked]] = {}
    for pin in pins.pins:
        one = _asked(pin, times_s, sensors.fps)
        if one.share.any():
            asked.setdefault(JOINT_INDEX[pin.joint], []).append(one)
    return asked


def _with_pinned_devices(sensors: Sensors, asked: dict[int, list[_Asked]]) -> Sensors:
    if not any(joint in asked for joint in SENSOR_JOINTS):
        return sensors
    times_s = _times_s(sensors)
    positions_m, rotations = sensors.positions_m.copy(), sensors.rotations_wxyz.copy()
    placed, turned = sensors.measured.copy(), sensors.rotation_known.copy()
    for point, joint in enumerate(SENSOR_JOINTS):
        pins = [DevicePin(one.pin, one.share) for one in asked.get(joint, ())]
        places, turns = [one for one in pins if one.pin.has_position], [one for one in pins if one.pin.has_rotation]
        positions_m[:, point], placed[:, point] = pinned_places(
            positions_m[:, point], placed[:, point], places, times_s
        )
        rotations[:, point], turned[:, point] = pinned_turns(rotations[:, point], turned[:, point], turns, times_s)
    return replace(
        sensors, positions_m=positions_m, rotations_wxyz=rotations, measured=placed, rotation_measured=turned
    )


def _asked(pin: Pin, times_s: FloatArray, fps: float) -> _Asked:
    return _Asked(pin, share_of(pin, times_s, fps), *pinned_path(pin, times_s))


def _point(joint: int, several: list[_Asked]) -> MeasuredPoint:
    """Return one measured point of all pins of a joint."""
    frames = len(several[0].share)
    positions_m, noise_m, placed = np.zeros((frames, 3)), np.full(frames, np.inf), np.zeros(frames, np.bool_)
    rotations, noise_rad, turned = np.tile((1.0, 0, 0, 0), (frames, 1)), np.full(frames, np.inf), placed.copy()
    for one in several:
        if one.positions_m is not None:
            noise = _noise(one.share, _SOFT_NOISE_M if one.pin.soft else _HARD_NOISE_M, _FREE_NOISE_M)
            stronger = (one.share > 0) & (noise <= noise_m)
            positions_m[stronger], noise_m[stronger] = one.positions_m[stronger], noise[stronger]
            placed |= stronger
        if one.rotations_wxyz is not None:
            noise = _noise(one.share, _SOFT_NOISE_RAD if one.pin.soft else 0.0, _FREE_NOISE_RAD)
            stronger = (one.share > 0) & (noise <= noise_rad)
            rotations[stronger], noise_rad[stronger] = one.rotations_wxyz[stronger], noise[stronger]
            turned |= stronger
    return MeasuredPoint(
        joint,
        positions_m,
        placed,
        rotations,
        turned,
        np.where(placed, noise_m, 0.0),
        np.where(turned, noise_rad, 0.0),
    )


def _noise(share: FloatArray, at_pin: float, half_way: float) -> FloatArray:
    """Return the noise at which a measurement has this share against an uncertainty of ``half_way``, (F,)."""
    odds = (1 - share) / share.clip(min=LEAST_SHARE)
    noise: FloatArray = np.sqrt(at_pin**2 + half_way**2 * odds)
    return noise
