# SPDX-License-Identifier: Apache-2.0
"""Hold a headset's recording (`Recording`) and the solver's input (`Sensors`)."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from ..body.hands.tracks import FingerTracks
from ..options.calibration import POSE_TYPES, PoseType
from ..options.reading import Origin
from .cleaning_report import CleaningReport
from .findings import Finding
from .sensors import Sensors
from .trackers import TrackerTracks

__all__ = [
    "DEVICE_NAMES",
    "LONGEST_BRIDGE_S",
    "POSE_TYPES",
    "Guess",
    "GuessName",
    "GuessSource",
    "HandOffsets",
    "Origin",
    "PoseType",
    "Recording",
    "Sensors",
]

DEVICE_NAMES: Final[tuple[str, str, str]] = ("head", "left", "right")

LONGEST_BRIDGE_S: Final[float] = 0.25
"""A loss up to this long is bridged and counts as measured: a hand moves nearly straight in a quarter of a second."""

GuessName = Literal[
    "unit", "axes", "quaternion order", "Euler order", "time unit", "left and right", "hand poses", "origin"
]
GuessSource = Literal["given", "file", "guessed", "assumed"]
"""Source of the value: the user, the file or its format, evidence in the data, or a default."""


@dataclass(frozen=True)
class Guess:
    """Hold one convention that a file does not declare, the value that was guessed, and why."""

    name: GuessName
    value: str
    """The chosen value, in the words of the option that overrides it."""
    source: GuessSource
    evidence: str
    """The evidence for it, half a sentence for users."""
    doubt: str = ""
    """The evidence against it, one sentence; empty if there is none."""

    def __str__(self) -> str:
        return f"{self.value} ({self.source}: {self.evidence})" if self.evidence else f"{self.value} ({self.source})"


@dataclass(frozen=True)
class HandOffsets:
    """Hold the recorded hand poses in the controllers' frame, as some recorders store them.

    ``controller = recorded * inverse(offset)`` undoes the saber settings of the game and of the player.
    """

    positions_m: NDArray[np.float64]
    """(2, 3) of left and right."""
    rotations_wxyz: NDArray[np.float64]
    """(2, 4) unit quaternions."""
    controller_pose: PoseType
    """Kind of the poses after the offset is undone: "raw" under OpenVR, else "grip"."""


@dataclass(frozen=True)
class DeviceStretch:
    """Say when a hand holds another device than the recording's controllers."""

    hand: int
    """1 left, 2 right."""
    start_s: float
    stop_s: float
    controllers: str
    """The other device's name in the file."""


@dataclass(frozen=True)
class Recording:
    """Hold the poses of head and two hands as recorded, on the recorder's own clock.

    Right-handed, Y up, metres. A device's own axes are OpenXR's (+X right, +Y up, -Z forward),
    except for joint poses, whose axes are those of the T-pose (+Z forward).
    """

    times_s: NDArray[np.float64]
    """(F,) strictly increasing, starting at 0; real time, not song time."""
    positions_m: NDArray[np.float64]
    """(F, 3, 3) position of head, left, right."""
    rotations_wxyz: NDArray[np.float64]
    """(F, 3, 4) unit quaternions, device to world."""
    measured: NDArray[np.bool_]
    """(F, 3) False if the device was lost; its position is then meaningless, and so is its rotation, unless the next
    field says otherwise."""
    format: str
    """The format's name, for example "BSOR"."""
    pose: PoseType | None = None
    """Kind of the hand poses, if the format declares it."""
    headset: str = ""
    """The headset's name, if the file gives it."""
    controllers: str = ""
    """The controllers' names, if the file gives them."""
    other_devices: tuple[DeviceStretch, ...] = ()
    """When a hand holds another device, if the file says so: a bare hand replaces a controller."""
    unit: str = "m"
    """The unit of the positions in the file; here they are already in metres."""
    hand_offsets: HandOffsets | None = None
    """The hands' pose in the controllers' frames, if the file gives it."""
    origin: Origin | None = None
    """Zero level of the heights, if the file or the user declares it; None: derive it from the heights."""
    guesses: tuple[Guess, ...] = ()
    """Conventions that the file does not declare, and how they were decided."""
    notes: tuple[str, ...] = field(default=())
    """Findings and repairs of the reader, one sentence each. Never a player's name or id."""
    findings: tuple[Finding, ...] = ()
    """What is wrong with the recording. Each finding's sentence is also among the notes."""
    cleaning: CleaningReport | None = None
    """What cleaning did; None before cleaning."""
    trim_s: tuple[float, float] | None = None
    """Start and end of what is solved, in the recording's time; None: all of it. The frames outside stay here."""
    left_out_s: tuple[tuple[float, float], ...] = ()
    """Start and end of the stretches that the user leaves out; nothing is measured there."""
    rotation_measured: NDArray[np.bool_] | None = None
    """(F, 3) where the rotation is measured; None: wherever ``measured`` is True. A device that only turns, because its
    position is stuck, is True here and False there."""

    def __len__(self) -> int:
        return len(self.times_s)

    trackers: TrackerTracks | None = None
    """Further trackers than head and hands, on the same clock; None: there are none."""
    fingers: FingerTracks | None = None
    """The finger joints and the buttons of the controllers, on the same clock; None: the file has neither."""

    @property
    def rotation_known(self) -> NDArray[np.bool_]:
        """Return where the rotation of each device is measured, (F, 3)."""
        return self.measured if self.rotation_measured is None else self.rotation_measured

    def with_findings(self, *findings: Finding) -> Recording:
        """Return the recording with more findings, and their sentences among its notes."""
        sentences = tuple(finding.sentence for finding in findings)
        return replace(self, findings=(*self.findings, *findings), notes=(*self.notes, *sentences))

    @property
    def duration_s(self) -> float:
        """Return the time from the first frame to the last."""
        return float(self.times_s[-1] - self.times_s[0]) if len(self.times_s) else 0.0
