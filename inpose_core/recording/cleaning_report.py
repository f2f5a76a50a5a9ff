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
    unnormalised_frames: int = 0
    """Frames with a quaternion that is not of unit length."""
    swapped_s: float = 0.0
    """Time in which left and right were swapped; they were put back."""
    recentred_at_s: tuple[float, ...] = field(default=())
    """Times at which the room jumped under all three devices at once; the take continues in one room."""

    @property
    def sentences(self) -> tuple[str, ...]:
        """Return one sentence per fault that the user should know about; empty for a recording without faults."""
        said: list[str] = []
        if self.dropped_frames:
            were = "was" if self.dropped_frames == 1 else "were"
            said.append(f"{_count(self.dropped_frames, 'frame')} with a repeated or decreasing time {were} removed.")
        if self.unnormalised_frames:
            said.append("The rotations were not unit quaternions. InPose normalised them.")
        if self.swapped_s:
            said.append(f"Left and right were swapped for {_seconds(self.swapped_s)}. InPose corrected it.")
        if self.recentred_at_s:
            moments = ", ".join(f"{moment_s:.1f}" for moment_s in self.recentred_at_s[:5])
            more = " ..." if len(self.recentred_at_s) > 5 else ""
            said.append(f"The room was recentred at {moments}{more} s. InPose removed the jump.")
        for label, device in zip(DEVICE_LABELS, self.devices, strict=True):
            said.extend(_device_sentences(label, device))
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


def _device_sentences(label: str, device: DeviceCleaning) -> list[str]:
    faults = [
        (device.invalid_s, f"has no valid pose for {_seconds(device.invalid_s)}"),
        (device.origin_s, f"jumped to the origin for {_seconds(device.origin_s)}"),
        (device.frozen_s, f"froze for {_seconds(device.frozen_s)} while tracking was lost"),
        (device.away_s, f"was beyond the reach of the arm for {_seconds(device.away_s)}"),
        (device.spikes, f"jumped away and back {_count(device.spikes, 'time')}"),
    ]
    told = [text for amount, text in faults if amount]
    if not told:
        return []
    if device.untracked_s:  # what follows says what became of all losses: they must add up
        told.insert(0, f"was not tracked for {_seconds(device.untracked_s)}")
    fate = []
    if device.bridged_s:
        fate.append(f"{_seconds(device.bridged_s)} interpolated")
    if device.lost_s:
        fate.append(f"{_seconds(device.lost_s)} computed by the solver")
    ending = f" ({', '.join(fate)})" if fate else ""
    return [f"The {label} {' and '.join(told)}{ending}."]


def _seconds(duration_s: float) -> str:
    return f"{duration_s:.2f} s" if duration_s < 9.995 else f"{duration_s:.0f} s"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
