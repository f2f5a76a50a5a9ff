# SPDX-License-Identifier: Apache-2.0
"""Hold a headset's recording (`Recording`) and the solver's input (`Sensors`)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from ..body.motion import SOLVER_FPS
from ..options.calibration import POSE_TYPES, PoseType
from ..options.reading import Origin
from .cleaning_report import CleaningReport

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
"""A loss up to this long is bridged and counts as measured: a hand goes nearly straight in a quarter of a second."""

GuessName = Literal["unit", "axes", "quaternion order", "time unit", "left and right", "pose", "origin"]
GuessSource = Literal["given", "file", "guessed", "assumed"]
"""Who says so: the user, the file or its format, the data by their evidence, or nobody."""


@dataclass(frozen=True)
class Guess:
    """Hold one convention that a file does not declare, the value that was guessed, and why."""

    name: GuessName
    value: str
    """What was taken, in the words of the option that overrides it."""
    source: GuessSource
    evidence: str
    """What speaks for it, half a sentence for people."""
    doubt: str = ""
    """What in the data speaks against it, one sentence; empty if nothing does."""

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
    """What is left when the offset is undone: "raw" under OpenVR, else "grip"."""


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
    """(F, 3) False where the device was lost; the pose there is meaningless."""
    format: str
    """The format's name, for example "BSOR"."""
    pose: PoseType | None = None
    """What the hands are, where the format says so."""
    headset: str = ""
    """The headset's name, where the file says so."""
    unit: str = "m"
    """The unit of the positions in the file; here they are metres already."""
    hand_offsets: HandOffsets | None = None
    """The hands' pose in the controllers' frames, where the file says so."""
    origin: Origin | None = None
    """Where heights count from, where the file or the user says so; None leaves it to the heights."""
    guesses: tuple[Guess, ...] = ()
    """What the file left open and how it was decided."""
    notes: tuple[str, ...] = field(default=())
    """What the reader noticed or repaired, one sentence each. Never a player's name or id."""
    cleaning: CleaningReport | None = None
    """What cleaning did; None before it."""

    def __len__(self) -> int:
        return len(self.times_s)

    @property
    def duration_s(self) -> float:
        """Return the time from the first frame to the last."""
        return float(self.times_s[-1] - self.times_s[0]) if len(self.times_s) else 0.0


@dataclass(frozen=True)
class Sensors:
    """Hold calibrated joint poses at a constant rate: the solver's measurement y.

    Right-handed, Y up, metres, floor at y = 0; poses are those of the joints (head, left wrist, right wrist),
    identity in a T-pose facing +Z, scaled to the skeleton that will be solved.
    """

    positions_m: NDArray[np.float64]
    """(F, 3, 3)"""
    rotations_wxyz: NDArray[np.float64]
    """(F, 3, 4)"""
    measured: NDArray[np.bool_]
    """(F, 3) False where the pose is interpolated over a loss and must not constrain the body."""
    fps: float = SOLVER_FPS
