# SPDX-License-Identifier: Apache-2.0
"""Hold tracks exactly as a file gives them (`RawTracks`), and bring tracks with separate clocks onto one clock."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

import numpy as np

from ..arrays import FloatArray
from ..body.hands.tracks import FingerTracks
from ..body.points import tracker_joint
from ..body.quaternions import continuous_signs
from ..errors import RecordingError
from .conventions import QuaternionOrder
from .findings import Finding
from .trackers import TrackerTracks
from .types import DeviceStretch, HandOffsets, Origin, PoseType

MOST_FRAMES: Final[int] = 1_000_000
"""Three hours at 90 Hz; readers refuse more before they allocate memory."""
_LONGEST_STEP: Final[float] = 4.0
"""A hand counts as measured between two samples that are at most this many usual steps apart."""


@dataclass(frozen=True)
class Declared:
    """Hold the conventions that a file, its format or its preset declares; None means that they must be guessed."""

    unit: str | None = None
    axes: str | None = None
    quaternion_order: QuaternionOrder | None = None
    time_unit: str | None = None
    """None if the unit of the times is unknown; "s" also if the reader converted them to seconds."""
    hands: bool = False
    """The file declares which hand is the left one."""
    pose: PoseType | None = None
    origin: Origin | None = None
    fps: float | None = None
    """Frame rate of a file without times."""
    certain: bool = False
    """True for formats whose recorder is known: the data are not checked against it."""
    by: str = "the format"
    """Source of the declaration, for users."""


@dataclass(frozen=True)
class RawTracks:
    """Hold the tracks of head and hands in the file's own unit, axes and order, before any convention is decided."""

    times: FloatArray
    """(F,) in the file's own unit; need not increase yet."""
    positions: FloatArray
    """(F, 3, 3) of head, left, right; NaN if not measured."""
    quaternions: FloatArray
    """(F, 3, 4) in the file's order; NaN if not measured."""
    format: str
    declared: Declared = field(default_factory=Declared)
    euler: EulerAngles | None = None
    """None if the file has no Euler angles. If their order is unknown, the quaternions above are those of Unity's."""
    headset: str = ""
    controllers: str = ""
    """The controllers' names, if the file gives them."""
    other_devices: tuple[DeviceStretch, ...] = ()
    """When a hand holds another device than these, in seconds from the first frame."""
    hand_offsets: HandOffsets | None = None
    notes: tuple[str, ...] = ()
    """What the reader did, one sentence each."""
    findings: tuple[Finding, ...] = ()
    """What the reader found wrong; their sentences are not among the notes."""
    session_starts: tuple[float, ...] = ()
    """First time of each later session of a file that holds several, in the file's unit."""
    trackers: TrackerTracks | None = None
    """Further trackers, in the file's unit, axes and order."""
    fingers: FingerTracks | None = None
    """Finger joints, already in the convention of `body.hands.joints`, and the buttons of the controllers."""
    finger_sides_certain: bool = False
    """The fingers have names of their own, so they stay if the controllers must be exchanged."""


@dataclass(frozen=True)
class EulerAngles:
    """Hold what is known of a file's Euler angles."""

    order: str | None
    """As in `Layout.euler_order`; None must be guessed."""
    read_in: Callable[[str], RawTracks]
    """Return the same tracks with the angles read in another order."""


def check_frame_count(count: int, name: str) -> None:
    """Raise an error if a file has more frames than any plausible recording.

    Raises:
        RecordingError: there are more than `MOST_FRAMES`.
    """
    if count > MOST_FRAMES:
        raise RecordingError(
            f"{name} has more than {MOST_FRAMES} frames, three hours at 90 Hz.",
            "Cut the recording into parts.",
        )


class Track(NamedTuple):
    """Hold one device on its own clock."""

    times: FloatArray
    """(N,)"""
    positions: FloatArray
    """(N, 3)"""
    quaternions: FloatArray
    """(N, 4) in any order of the four components"""


def join_tracks(tracks: Sequence[Track | None]) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Bring head, left and right onto the head's clock: times (F,), positions (F, 3, 3), quaternions (F, 3, 4).

    Tracks that share the head's times are copied. Others are interpolated between samples that are close in time,
    and are NaN elsewhere. A missing hand is NaN throughout.
    """
    head = tracks[0]
    assert head is not None, "callers refuse files without a head"
    order = np.argsort(head.times, kind="stable")
    times = head.times[order]
    positions = np.full((len(times), 3, 3), np.nan)
    quaternions = np.full((len(times), 3, 4), np.nan)
    positions[:, 0], quaternions[:, 0] = head.positions[order], head.quaternions[order]
    for device, track in enumerate(tracks[1:], 1):
        if track is None or len(track.times) == 0:
            continue
        if len(track.times) == len(head.times) and np.array_equal(track.times, head.times):
            positions[:, device], quaternions[:, device] = track.positions[order], track.quaternions[order]
        else:
            positions[:, device], quaternions[:, device] = _interpolated(track, times)
    return times, positions, quaternions


def trackers_at(times: FloatArray, tracks: Mapping[str, Track]) -> TrackerTracks | None:
    """Return tracks of further devices on the head's clock, (F,); None if there are none."""
    if not tracks:
        return None
    turns = tuple(bool(np.isfinite(track.quaternions).all(axis=-1).any()) for track in tracks.values())
    poses = [
        _interpolated(track if turned else _unturned(track), times)
        for track, turned in zip(tracks.values(), turns, strict=True)
    ]
    positions, quaternions = (np.stack(part, axis=1) for part in zip(*poses, strict=True))
    return TrackerTracks(
        names=tuple(tracks),
        joints=tuple(tracker_joint(name) for name in tracks),
        positions_m=positions,
        rotations_wxyz=quaternions,
        measured=np.isfinite(positions).all(axis=-1) & np.isfinite(quaternions).all(axis=-1),
        turns=turns,
    )


def _unturned(track: Track) -> Track:
    """Return a marker with a rotation, which means nothing: the same in every order of the components."""
    return track._replace(quaternions=np.full((len(track.times), 4), 0.5))


def _interpolated(track: Track, times: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return positions (F, 3) and quaternions (F, 4) at other times; NaN if no samples are close in time."""
    good = np.isfinite(track.times) & np.isfinite(track.positions).all(-1) & np.isfinite(track.quaternions).all(-1)
    own, first = np.unique(track.times[good], return_index=True)
    if len(own) == 0:
        return np.full((len(times), 3), np.nan), np.full((len(times), 4), np.nan)
    p, q = track.positions[good][first], continuous_signs(track.quaternions[good][first])
    after = np.clip(np.searchsorted(own, times), 1, max(1, len(own) - 1))
    before = after - 1
    after = np.minimum(after, len(own) - 1)
    step = own[after] - own[before]
    usual = float(np.median(np.diff(own))) if len(own) > 1 else 0.0
    fraction = np.clip((times - own[before]) / np.where(step > 0, step, 1.0), 0.0, 1.0)[:, None]
    near = (step <= _LONGEST_STEP * usual) | (times == own[before]) | (times == own[after])
    near &= (times >= own[0] - usual) & (times <= own[-1] + usual)
    positions = np.where(near[:, None], p[before] + fraction * (p[after] - p[before]), np.nan)
    # Neighbours differ by a few degrees, so normalised linear interpolation is close to slerp.
    chord = q[before] + fraction * (q[after] - q[before])
    with np.errstate(invalid="ignore", divide="ignore"):
        return positions, np.where(near[:, None], chord / np.linalg.norm(chord, axis=-1, keepdims=True), np.nan)
