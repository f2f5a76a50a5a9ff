# SPDX-License-Identifier: Apache-2.0
"""Denoise a recording together with its mirror image: the mean of two looks errs less than one.

The prior was trained on motion and its mirror image alike, so both looks are equally good, and their errors differ.
It doubles the cost.
"""

from __future__ import annotations

from dataclasses import replace

from ..body.skeleton import MIRROR_JOINTS
from ..numerics import Array, namespace_of
from ..prior.checkpoint import Prior
from ..prior.conditioning import ScaleFreeSensors
from .estimate import Estimate
from .windows import WindowedDenoiser


class MirroredDenoiser:
    """Estimate x_0 as the mean of a denoiser's estimates for a recording and for its mirror image."""

    def __init__(self, plain: WindowedDenoiser, mirrored: WindowedDenoiser) -> None:
        self.plain, self.mirrored = plain, mirrored

    @classmethod
    def for_sensors(
        cls, prior: Prior, sensors: ScaleFreeSensors, fps: float, *, in_bfloat16: bool = False
    ) -> MirroredDenoiser:
        """Cover a recording and its mirror image by windows and make their conditions."""
        return cls(
            WindowedDenoiser.for_sensors(prior, sensors, fps, in_bfloat16=in_bfloat16),
            WindowedDenoiser.for_sensors(prior, mirror_sensors(sensors), fps, in_bfloat16=in_bfloat16),
        )

    def __call__(self, x_t: Array, log_snr: float) -> Estimate:
        """Return the estimate of x_0 of the noisy 6D rotations ``x_t`` (F, 22, 6), both in the world."""
        plain, mirrored = self.plain(x_t, log_snr), self.mirrored(mirror_sixd(x_t), log_snr)
        feet = None if mirrored.feet is None or plain.feet is None else (plain.feet + mirror_feet(mirrored.feet)) / 2
        contact = (plain.contact + mirrored.contact[:, [1, 0]]) / 2
        return Estimate((plain.x_0 + mirror_sixd(mirrored.x_0)) / 2, contact, feet)


def mirror_sensors(sensors: ScaleFreeSensors) -> ScaleFreeSensors:
    """Return the measurements of the performer's mirror image in the plane x = 0: the hands change places."""
    sign = _mirror(sensors.R_world_sensor)
    swapped = [0, 2, 1]
    return replace(
        sensors,
        R_world_sensor=sensors.R_world_sensor[..., swapped, :, :] * sign[:, None] * sign,
        measured=sensors.measured[..., swapped],
        head_velocity_per_leg=sensors.head_velocity_per_leg * sign,
        hand_reach=sensors.hand_reach[..., [1, 0], :] * sign,
        trackers=None if sensors.trackers is None else sensors.trackers.mirrored(),
    )


def mirror_feet(feet: Array) -> Array:
    """Return ankles and toes (..., 4, 3), left before right, of the body's image in the plane x = 0."""
    return feet[..., [1, 0, 3, 2], :] * _mirror(feet)


def mirror_sixd(sixd: Array) -> Array:
    """Return the 6D rotations (..., 22, 6) of the body's image in the plane x = 0; its own inverse."""
    # M R M with M = diag(-1, 1, 1), of which 6D has the first two columns.
    sign = namespace_of(sixd).asarray((1.0, -1.0, -1.0, -1.0, 1.0, 1.0), sixd)
    return sixd[..., list(MIRROR_JOINTS), :] * sign


def _mirror(like: Array) -> Array:
    return namespace_of(like).asarray((-1.0, 1.0, 1.0), like)
