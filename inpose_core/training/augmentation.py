# SPDX-License-Identifier: Apache-2.0
"""Turn windows of motion into training examples: other bodies, mirrored, faster or slower, with sensor errors."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from ..body.kinematics import forward_kinematics
from ..body.motion import SOLVER_FPS
from ..body.rotations import heading_of, matrix_to_sixd, rotvec_to_matrix, yaw_matrix
from ..body.skeleton import (
    ANKLE_JOINTS,
    ELBOW_JOINTS,
    FOOT_JOINTS,
    JOINT_COUNT,
    JOINT_INDEX,
    KNEE_JOINTS,
    LEG_JOINTS,
    MIRROR_JOINTS,
    SENSOR_JOINTS,
    WRIST_JOINTS,
    Skeleton,
)
from ..prior.conditioning import (
    CONDITION_SIZE,
    ScaleFreeSensors,
    condition_features,
    hand_reach,
    window_heading,
)
from ..prior.feet import feet_places
from .dataset import MotionData, cut_windows
from .random_draws import RandomDraws
from .sensing import frozen_hands, lost_hands, sensed_posture, sensed_trackers, slow_drift, wrongly_mounted

_HEAD = SENSOR_JOINTS[0]
_PELVIS = JOINT_INDEX["pelvis"]
_ARM_BONES = (*ELBOW_JOINTS, *WRIST_JOINTS)
"""The joints whose rest offsets are upper arms and forearms."""
_LEG_BONES = (*KNEE_JOINTS, *ANKLE_JOINTS)
_LOWER_BODY = (_PELVIS, *LEG_JOINTS)


@dataclass(frozen=True)
class AugmentationSettings:
    """Set how examples are varied; use `AugmentationSettings.none()` for validation."""

    mirror: float = 0.5
    """Probability of swapping left and right."""
    stretch: float = 0.15
    """Speed varies by this share up and down."""
    proportion: float = 0.08
    """Standard deviation of the log of the legs', the trunk's and the arms' lengths."""
    template_body: bool = False
    """Give every motion the same average body, as the literature does, instead of its subject's own."""
    recombine: float = 0.0
    """Probability that the upper body comes from another window, turned to this one's heading."""
    mount_error_deg: float = 8.0
    """Standard deviation of each device's constant rotation error in the worst examples; others have a share of it."""
    rotation_noise_deg: float = 0.5
    """Standard deviation of each sensor's rotation noise per frame."""
    height_noise: float = 0.025
    """Standard deviation of the head height's constant relative error in the worst examples; others have a share of
    it. Many takes are calibrated to the centimetre; there, the height shows bent knees."""
    height_drift: float = 0.01
    """Standard deviation of the head height's relative drift over a window in the worst examples."""
    heading_error_deg: float = 10.0
    """Standard deviation of the heading frame's error."""
    hand_loss: float = 0.15
    """Probability that a hand is lost for a span of the window."""
    hand_freeze: float = 0.03
    """Probability that a hand freezes for up to half a second, as tracking does before it reports a loss."""
    head_motion_loss: float = 0.2
    """Probability that head height and velocity are withheld."""
    position_loss: float = 0.2
    """Probability that the hands' positions, or their reach, are withheld."""
    hand_place_error: float = 0.04
    """Standard deviation of each hand's constant position error in the worst examples, in its device's frame, divided
    by the arm length."""
    arm_length_error: float = 0.05
    """Standard deviation of the relative error of the arms' lengths in the worst examples."""
    rotation_loss: float = 0.02
    """Probability that all three rotations are withheld."""
    trackers: float = 0.4
    """Probability that trackers are worn in addition to head and hands."""
    tracker_place_error: float = 0.04
    """Standard deviation of each tracker's constant position error in the worst examples, over its limb's length."""
    posture_known: float = 0.3
    """Probability that the condition states that the performer stands or sits, if so."""

    @classmethod
    def none(cls) -> AugmentationSettings:
        """Return the settings that leave every window as captured."""
        return cls(
            mirror=0.0,
            stretch=0.0,
            proportion=0.0,
            mount_error_deg=0.0,
            rotation_noise_deg=0.0,
            height_noise=0.0,
            height_drift=0.0,
            heading_error_deg=0.0,
            hand_loss=0.0,
            hand_freeze=0.0,
            head_motion_loss=0.0,
            position_loss=0.0,
            hand_place_error=0.0,
            arm_length_error=0.0,
            rotation_loss=0.0,
            trackers=0.0,
            tracker_place_error=0.0,
            posture_known=0.0,
        )


@dataclass(frozen=True)
class Examples:
    """Hold training examples in each window's heading frame."""

    x_0: Tensor
    """(B, T, 22, 6) ground truth."""
    condition: Tensor
    """(B, T, C)"""
    weight: Tensor
    """(B, T) zero on frames that must not be learned from."""
    contact: Tensor
    """(B, T, 2) 1 where a foot is planted, else 0."""
    feet: Tensor
    """(B, T, 4, 3) of `prior.feet.feet_places`."""

    def __len__(self) -> int:
        return len(self.x_0)


@dataclass(frozen=True)
class SensedWindows:
    """Hold the sensor data of varied windows, in the world frame; the prior's condition is made from it."""

    scale_free: ScaleFreeSensors
    positions_m: Tensor
    """(B, T, 3, 3) head and wrists, above the floor; only the baselines that condition on positions use them."""
    positions_known: Tensor
    """(B, T) bool; False withholds the hands' positions."""
    offsets_m: Tensor
    """(B, 22, 3) the body of each window."""


ConditionBuilder = Callable[[SensedWindows, Tensor], Tensor]
"""Make the condition (B, T, C) of sensed windows and their headings (B, 3, 3)."""


def scale_free_condition(size: int = CONDITION_SIZE) -> ConditionBuilder:
    """Return a function that makes the first ``size`` features of the product's condition."""

    def build(sensed: SensedWindows, R_world_heading: Tensor) -> Tensor:
        return condition_features(sensed.scale_free, R_world_heading, SOLVER_FPS, size)

    return build


def draw_examples(
    data: MotionData,
    batch: int,
    frames: int,
    settings: AugmentationSettings,
    generator: torch.Generator,
    condition: ConditionBuilder,
) -> Examples:
    """Draw random windows and vary them."""
    random = RandomDraws(generator, data.root_m.device)
    frame = torch.searchsorted(data.drawn_up_to, random.uniform(batch).to(data.drawn_up_to.dtype))
    frame = frame.clamp(max=len(data.clip) - 1)
    clip = data.clip[frame]
    stretch = 1 + settings.stretch * (2 * random.uniform(batch) - 1)
    # The drawn frame is in the window's middle half. A window may begin a quarter before its clip and end a quarter
    # after it. Clips shorter than the window are placed anywhere inside it.
    span = frames * stretch
    first = (frame - data.start[clip]) - span * (0.25 + 0.5 * random.uniform(batch))
    earliest, latest = -span / 4, data.length[clip] - 1 - 0.75 * span
    first = first.clamp(torch.minimum(earliest, latest), torch.maximum(earliest, latest))
    return make_examples(data, clip, first, stretch, frames, settings, random, condition)


def validation_examples(
    data: MotionData,
    frames: int,
    stride: int,
    settings: AugmentationSettings | None = None,
    condition: ConditionBuilder | None = None,
) -> Examples:
    """Cut every clip into windows ``stride`` frames apart, unvaried by default."""
    clips, firsts = [], []
    for clip, length in enumerate(data.length.tolist()):
        for first in range(0, max(1, length - frames // 2), stride):
            clips.append(clip)
            firsts.append(float(min(first, max(0, length - frames))))
    clip_index = torch.tensor(clips, device=data.start.device)
    random = RandomDraws(torch.Generator(data.start.device).manual_seed(0), data.start.device)
    return make_examples(
        data,
        clip_index,
        torch.tensor(firsts, device=data.start.device),
        torch.ones(len(clips), device=data.start.device),
        frames,
        settings or AugmentationSettings.none(),
        random,
        condition or scale_free_condition(),
    )


def make_examples(
    data: MotionData,
    clip: Tensor,
    first: Tensor,
    stretch: Tensor,
    frames: int,
    settings: AugmentationSettings,
    random: RandomDraws,
    condition: ConditionBuilder,
) -> Examples:
    """Cut the given windows and vary them; arguments as in `cut_windows`."""
    batch = len(clip)
    window = cut_windows(data, clip, first, stretch, frames)
    R_world, weight, contact = window["R_world"], window["weight"], window["contact"]
    offsets_m, scale = data.offsets_m[clip], data.root_scale[clip]
    if settings.template_body:
        template_m = torch.tensor(Skeleton.template().offsets_m, dtype=torch.float32, device=offsets_m.device)
        scale = scale * _leg_length(template_m) / _leg_length(offsets_m)
        offsets_m = template_m.expand_as(offsets_m)
    root_m, clearance_m = window["root_m"] * scale[:, None, None], window["clearance_m"] * scale[:, None]
    offsets_m, leg_factor = _vary_proportions(offsets_m, settings, random)

    if settings.recombine > 0:
        R_world, weight = _recombine(R_world, weight, random.uniform(batch) < settings.recombine)
    mirrored = random.uniform(batch) < settings.mirror
    R_world = torch.where(mirrored[:, None, None, None, None], _mirror_rotations(R_world), R_world)
    offsets_m = torch.where(mirrored[:, None, None], _mirror_vectors(offsets_m[:, list(MIRROR_JOINTS)]), offsets_m)
    root_m = torch.where(mirrored[:, None, None], _mirror_vectors(root_m), root_m)
    contact = torch.where(mirrored[:, None, None], contact.flip(-1), contact)

    relative_m = forward_kinematics(R_world, offsets_m[:, None])
    lowest_m = relative_m[..., list(FOOT_JOINTS), 1].min(dim=-1).values
    root_m = root_m * leg_factor[:, None, None]
    root_m = torch.stack((root_m[..., 0], clearance_m * leg_factor[:, None] - lowest_m, root_m[..., 2]), dim=-1)
    joints_m = relative_m + root_m[:, :, None]
    positions_m = joints_m[:, :, list(SENSOR_JOINTS)]
    head_m = positions_m[:, :, 0]
    velocity = (head_m[:, 1:] - head_m[:, :-1]) * SOLVER_FPS / _leg_length(offsets_m)[:, None, None]
    standing_m = _standing_head_height(offsets_m)

    R_sensor = R_world[:, :, list(SENSOR_JOINTS)]
    hands = frozen_hands(batch, frames, settings.hand_freeze, random)
    R_world_sensor = _sensor_noise(hands.of_sensors(R_sensor), settings, random)
    positions_known = (random.uniform(batch, 1) >= settings.position_loss).expand(batch, frames)
    height_error = 1 + slow_drift(batch, frames, settings.height_noise, settings.height_drift, random)
    scale_free = ScaleFreeSensors(
        R_world_sensor=R_world_sensor,
        measured=lost_hands(batch, frames, settings.hand_loss, settings.rotation_loss, random),
        head_height_ratio=head_m[..., 1] / (standing_m * data.upright_ratio[clip])[:, None] * height_error,
        head_velocity_per_leg=torch.cat((velocity[:, :1], velocity), dim=1),
        head_motion_known=(random.uniform(batch, 1) >= settings.head_motion_loss).expand(batch, frames),
        hand_reach=_sensed_reach(hands.of_sensors(positions_m), R_world_sensor, offsets_m, settings, random),
        hand_reach_known=positions_known,
        trackers=sensed_trackers(joints_m, R_world, R_world_sensor[:, :, 0], offsets_m, settings, random),
        posture=sensed_posture(window["situation"], settings.posture_known, random),
    )
    heading_error = settings.heading_error_deg * random.normal(batch) * torch.pi / 180
    R_world_heading = window_heading(R_sensor[:, :, 0]) @ yaw_matrix(heading_error)
    to_heading = R_world_heading.transpose(-1, -2)
    return Examples(
        x_0=matrix_to_sixd(to_heading[:, None, None] @ R_world),
        condition=condition(SensedWindows(scale_free, positions_m, positions_known, offsets_m), R_world_heading),
        weight=weight,
        contact=contact,
        feet=feet_places(
            joints_m[:, :, list(FOOT_JOINTS)], head_m, _leg_length(offsets_m)[:, None, None, None], to_heading
        ),
    )


def _mirror_vectors(v: Tensor) -> Tensor:
    return v * v.new_tensor((-1.0, 1.0, 1.0))


def _mirror_rotations(R: Tensor) -> Tensor:
    sign = R.new_tensor((-1.0, 1.0, 1.0))
    return (R * sign[:, None] * sign)[:, :, list(MIRROR_JOINTS)]


def _vary_proportions(offsets_m: Tensor, settings: AugmentationSettings, random: RandomDraws) -> tuple[Tensor, Tensor]:
    """Return other bodies for the same motion, (B, 22, 3), and the ratio of their leg lengths, (B,)."""
    batch = len(offsets_m)
    legs, trunk, arms = (settings.proportion * random.normal(3, batch).clamp(-2, 2)).exp()
    factors = trunk[:, None].repeat(1, offsets_m.shape[1])
    factors[:, list(LEG_JOINTS)] = legs[:, None]
    factors[:, list(_ARM_BONES)] = arms[:, None]
    return offsets_m * factors[..., None], legs


def _recombine(R_world: Tensor, weight: Tensor, chosen: Tensor) -> tuple[Tensor, Tensor]:
    """Return the chosen windows with the upper body of the next window in the batch, rotated to their own heading."""
    other = R_world.roll(1, dims=0)
    turn = _heading_matrix(R_world[:, :, _PELVIS]) @ _heading_matrix(other[:, :, _PELVIS]).transpose(-1, -2)
    combined = turn[:, :, None] @ other
    combined[:, :, list(_LOWER_BODY)] = R_world[:, :, list(_LOWER_BODY)]
    return (
        torch.where(chosen[:, None, None, None, None], combined, R_world),
        torch.where(chosen[:, None], weight * weight.roll(1, dims=0), weight),
    )


def _heading_matrix(R_world: Tensor) -> Tensor:
    cosine, sine = heading_of(R_world).unbind(-1)
    return yaw_matrix(torch.atan2(sine, cosine))


def _leg_length(offsets_m: Tensor) -> Tensor:
    """Return thigh plus shin, the mean of both legs, (...,), of bodies (..., 22, 3)."""
    return offsets_m[..., list(_LEG_BONES), :].norm(dim=-1).sum(-1) / 2


def _standing_head_height(offsets_m: Tensor) -> Tensor:
    identity = torch.eye(3, device=offsets_m.device).expand(len(offsets_m), JOINT_COUNT, 3, 3)
    rest_y = forward_kinematics(identity, offsets_m)[..., 1]
    return rest_y[:, _HEAD] - rest_y[:, list(FOOT_JOINTS)].min(dim=1).values


def _sensor_noise(R_sensor: Tensor, settings: AugmentationSettings, random: RandomDraws) -> Tensor:
    R_sensor = wrongly_mounted(R_sensor, settings.mount_error_deg, random)
    batch, frames = R_sensor.shape[:2]
    noise = settings.rotation_noise_deg * torch.pi / 180 * random.normal(batch, frames, 3, 3)
    return R_sensor @ rotvec_to_matrix(noise)


def _sensed_reach(
    positions_m: Tensor, R_world_sensor: Tensor, offsets_m: Tensor, settings: AugmentationSettings, random: RandomDraws
) -> Tensor:
    batch = len(positions_m)
    reach = hand_reach(positions_m, R_world_sensor[:, :, 0], offsets_m[:, None])
    place_error = settings.hand_place_error * random.uniform(batch, 1, 1, 1) * random.normal(batch, 1, 2, 3)
    length_error = settings.arm_length_error * random.uniform(batch, 1, 1, 1) * random.normal(batch, 1, 1, 1)
    return reach * (1 + length_error) + (R_world_sensor[:, :, 1:] @ place_error[..., None])[..., 0]
