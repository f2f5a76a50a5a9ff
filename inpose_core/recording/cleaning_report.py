# SPDX-License-Identifier: Apache-2.0
"""Report what cleaning did to a recording, in seconds per device. `inpose info`, solve notes and the panel show it."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, fields
from typing import Final

DEVICE_LABELS: Final[tuple[str, str, str]] = ("head", "left hand", "right hand")


@dataclass(frozen=True)
class DeviceCleaning:
    """Hold how long one device was wrong, per kind of error, and how that time was repaired."""

    invalid_s: float = 0.0
    """No pose: zero rows, -1 rows, NaN, the exact origin."""
    origin_s: float = 0.0
    """Thrown to the origin of the room and back."""
    frozen_s: float = 0.0
    """One pose repeated while the other devices moved on."""
    away_s: float = 0.0
    """Farther from the head than an arm is long: put down, or lost."""
    untracked_s: float = 0.0
    """Lost as the file itself says."""
    doubted_s: float = 0.0
    """Not tracked for another reason: parked, stuck, at the head, put down, not worn, switched off."""
    spikes: int = 0
    """Leaps of one to three frames, away and back."""
    sign_flips: int = 0
    """Quaternions whose sign was flipped, which changes no pose."""
    bridged_s: float = 0.0
    """Time without a pose, in losses short enough to interpolate."""
    lost_s: float = 0.0
    """Time without a pose that stays "not measured"; the solver is free there."""


@dataclass(frozen=True)
class CleaningReport:
    """Hold everything in a recording that was repaired or could not be repaired."""

    devices: tuple[DeviceCleaning, DeviceCleaning, DeviceCleaning] = (
        DeviceCleaning(),
        DeviceCleaning(),
        DeviceCleaning(),
    )
    """Head, left hand, right hand."""
    dropped_frames: int = 0
    """Frames whose time repeats or goes back."""
    repeated_rows: int = 0
    """Rows that repeat the poses of the row before, because the logger is faster than the tracking; left out."""
    unnormalised_frames: int = 0
    """Frames with a quaternion that is not of unit length."""
    swapped_s: float = 0.0
    """Time in which left and right were swapped; they were put back."""
    recentred_at_s: tuple[float, ...] = field(default=())
    """Times at which the room jumped under all three devices at once; the take continues in one room."""

    @property
    def sentences(self) -> tuple[str, ...]:
        """Return one sentence for each repair of the whole file; the other repairs are findings."""
        said: list[str] = []
        if self.dropped_frames:
            were = "was" if self.dropped_frames == 1 else "were"
            said.append(f"{_count(self.dropped_frames, 'frame')} with a repeated or decreasing time {were} removed.")
        if self.repeated_rows:
            repeat = "repeats" if self.repeated_rows == 1 else "repeat"
            said.append(
                f"{_count(self.repeated_rows, 'row')} {repeat} the poses of the row before, because the logger is "
                "faster than the tracking. InPose left them out."
            )
        if self.unnormalised_frames:
            said.append("The rotations were not unit quaternions. InPose normalised them.")
        return tuple(said)

    def to_dict(self) -> dict[str, object]:
        """Return plain values for JSON, seconds rounded to milliseconds."""
        devices = {
            name: {key: round(value, 3) for key, value in asdict(device).items()}
            for name, device in zip(("head", "left", "right"), self.devices, strict=True)
        }
        rest = {each.name: getattr(self, each.name) for each in fields(self) if each.name != "devices"}
        return rest | {
            "swapped_s": round(self.swapped_s, 3),
            "recentred_at_s": [round(moment_s, 3) for moment_s in self.recentred_at_s],
            "devices": devices,
        }


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
