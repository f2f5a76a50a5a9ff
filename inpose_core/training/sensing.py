# SPDX-License-Identifier: Apache-2.0
"""Simulate device errors that remain after calibration: wrong mounting, drift, loss, freezing, missing devices."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Protocol

import torch
from torch import Tensor

from ..body.rotations import rotvec_to_matrix
from ..body.skeleton import JOINT_INDEX
from ..prior.trackers import TRACKER_COUNT, TRACKER_JOINTS, Trackers, tracker_places
from .random_draws import RandomDraws
from .situations import Situation

_HEAD: Final[int] = JOINT_INDEX["head"]
_GROUP_NAMES: Final[tuple[str, ...]] = ("hips", "chest", "elbows", "knees", "feet")
_GROUP_OF: Final[tuple[str, ...]] = ("hips", "chest", "elbows", "elbows", "knees", "knees", "feet", "feet")
"""Which trackers are worn together, in the order of `TRACKER_JOINTS`."""
_GROUPS: Final[tuple[int, ...]] = tuple(_GROUP_NAMES.index(name) for name in _GROUP_OF)
_USUAL_SETS: Final[tuple[tuple[float, tuple[str, ...]], ...]] = ((0.4, ("hips", "feet")), (0.2, ("hips",)))
"""Shares of tracker wearers with the sets that people usually have; the others wear each group at random."""
_GROUP_WORN: Final[float] = 0.5
_ROTATION_ONLY: Final[float] = 0.1
_POSITION_ONLY: Final[float] = 0.15
_TRACKER_LOSS: Final[float] = 0.1
_LONGEST_FREEZE: Final[int] = 30
_SEATED_SHARE: Final[float] = 0.6


class TrackerErrors(Protocol):
    """Set the errors of trackers; `AugmentationSettings` has these fields."""

    @property
    def trackers(self) -> float:
        """Return the probability that any trackers are worn."""
        ...

    @property
    def mount_error_deg(self) -> float:
        """Return the standard deviation of their constant rotation error in the worst examples."""
        ...

    @property
    def tracker_place_error(self) -> float:
        """Return the standard deviation of their constant position error in the worst examples."""
        ...


@dataclass(frozen=True)
class FrozenHands:
    """Hold which source frame each hand's device shows in each frame."""

    shown: Tensor
    """(B, T, 2) index of a frame."""

    def of_sensors(self, values: Tensor) -> Tensor:
        """Return values (B, T, 3, ...) of head and hands as the devices show them."""
        hands = values[:, :, 1:]
        index = self.shown.reshape(self.shown.shape + (1,) * (hands.dim() - 3)).expand_as(hands)
        return torch.cat((values[:, :, :1], hands.gather(1, index)), dim=2)


def frozen_hands(batch: int, frames: int, probability: float, random: RandomDraws) -> FrozenHands:
    """Return hands that sometimes freeze for up to half a second but still count as measured."""
    time = torch.arange(frames, device=random.device)[None, :, None].expand(batch, frames, 2)
    first = (random.uniform(batch, 1, 2) * frames).long()
    span = (_LONGEST_FREEZE * random.uniform(batch, 1, 2)).long()
    frozen = (random.uniform(batch, 1, 2) < probability) & (time >= first) & (time < first + span)
    return FrozenHands(torch.where(frozen, first.expand_as(time), time))


def wrongly_mounted(R_device: Tensor, error_deg: float, random: RandomDraws) -> Tensor:
    """Return rotations (B, T, N, 3, 3) of devices, each with a constant mounting error.

    Some windows have the full error and some none: a network that sees the same error everywhere distrusts all windows
    equally.
    """
    batch, _, devices = R_device.shape[:3]
    error_rad = error_deg * torch.pi / 180 * random.uniform(batch, 1, 1, 1)
    # The mounting error is in the device's own frame, so it multiplies on the right.
    return R_device @ rotvec_to_matrix(error_rad * random.normal(batch, 1, devices, 3))


def slow_drift(batch: int, frames: int, constant: float, drift: float, random: RandomDraws) -> Tensor:
    """Return relative errors (B, T): a constant plus a linear drift, scaled by a random share of the deviations."""
    share = random.uniform(batch, 1)
    slope = torch.linspace(-0.5, 0.5, frames, device=random.device)[None]
    return share * (constant * random.normal(batch, 1) + drift * random.normal(batch, 1) * slope)


def lost_hands(batch: int, frames: int, hand_loss: float, rotation_loss: float, random: RandomDraws) -> Tensor:
    """Return whether head and hands are measured, (B, T, 3): hands get lost for a span, or all rotations withheld."""
    time = torch.arange(frames, device=random.device)[None, :, None]
    span = 6 + (frames - 6) * random.uniform(batch, 1, 2) ** 2
    first = random.uniform(batch, 1, 2) * (frames + span) - span
    lost = (time >= first) & (time < first + span) & (random.uniform(batch, 1, 2) < hand_loss)
    measured = torch.ones(batch, frames, 3, dtype=torch.bool, device=random.device)
    measured[..., 1:] = ~lost
    return measured & (random.uniform(batch, 1, 1) >= rotation_loss)


def sensed_trackers(
    joints_m: Tensor,
    R_world: Tensor,
    R_world_head: Tensor,
    offsets_m: Tensor,
    errors: TrackerErrors,
    random: RandomDraws,
) -> Trackers | None:
    """Return the tracker measurements of windows, most trackers not worn; None if none are ever worn.

    Args:
        joints_m: all joints above the floor, (B, T, 22, 3).
        R_world: the joints' rotations, (B, T, 22, 3, 3).
        R_world_head: the head's measured rotation, (B, T, 3, 3).
        offsets_m: each window's body, (B, 22, 3).
        errors: how often trackers are worn, and their errors.
        random: source of random numbers.
    """
    if errors.trackers <= 0:
        return None
    batch, frames = joints_m.shape[:2]
    joints = list(TRACKER_JOINTS)
    R_tracker = wrongly_mounted(R_world[:, :, joints], errors.mount_error_deg, random)
    place = tracker_places(joints_m[:, :, joints], joints_m[:, :, _HEAD], R_world_head, offsets_m[:, None])
    share = random.uniform(batch, 1, 1, 1)
    displaced = errors.tracker_place_error * share * random.normal(batch, 1, TRACKER_COUNT, 3)
    place = place + (R_tracker @ displaced[..., None])[..., 0]
    worn = worn_trackers(batch, errors.trackers, random) & ~_lost_spans(batch, frames, random)
    kind = random.uniform(batch, 1, TRACKER_COUNT)
    return Trackers(
        R_world=R_tracker,
        place=place,
        rotation_known=worn & (kind >= _POSITION_ONLY),
        place_known=worn & (kind <= 1 - _ROTATION_ONLY),
    )


def sensed_posture(situation: Tensor, known: float, random: RandomDraws) -> Tensor | None:
    """Return the stand and sit flags of the condition, (B, T, 2), from each frame's `Situation` (B, T)."""
    if known <= 0:
        return None
    seated = (situation == Situation.SIT).float().mean(dim=1)
    low = (situation == Situation.LOW).float().mean(dim=1)
    posture = torch.stack(((seated == 0) & (low < 1 - _SEATED_SHARE), seated > _SEATED_SHARE), dim=-1).float()
    posture = posture * (random.uniform(len(posture), 1) < known)
    return posture[:, None].expand(-1, situation.shape[1], -1)


def worn_trackers(batch: int, probability: float, random: RandomDraws) -> Tensor:
    """Return which trackers are worn in windows, (B, 1, 8)."""
    groups = random.uniform(batch, 1, len(_GROUP_NAMES)) < _GROUP_WORN
    worn = groups[..., list(_GROUPS)]
    drawn, share = random.uniform(batch, 1, 1), 0.0
    for own_share, names in _USUAL_SETS:
        usual = torch.tensor([name in names for name in _GROUP_OF], device=random.device)
        worn = torch.where((drawn >= share) & (drawn < share + own_share), usual, worn)
        share += own_share
    return worn & (random.uniform(batch, 1, 1) < probability)


def _lost_spans(batch: int, frames: int, random: RandomDraws) -> Tensor:
    """Return the frames in which trackers are lost for a span, (B, T, 8)."""
    time = torch.arange(frames, device=random.device)[None, :, None]
    span = frames * random.uniform(batch, 1, TRACKER_COUNT) ** 2
    first = random.uniform(batch, 1, TRACKER_COUNT) * frames
    return (time >= first) & (time < first + span) & (random.uniform(batch, 1, TRACKER_COUNT) < _TRACKER_LOSS)
