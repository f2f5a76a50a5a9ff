# SPDX-License-Identifier: Apache-2.0
"""Turn the poses of tracked devices into tracked joints, as calibration found them in the first seconds."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from ..arrays import BoolArray, FloatArray
from ..body.skeleton import Skeleton
from ..calibration import CalibrationSettings, measure_performer
from ..calibration.calibrating import move_hands, own_place_m, place_joints, scale_to
from ..calibration.performer import PerformerCalibration
from ..calibration.rigid import place_all
from ..prior.checkpoint import Prior
from ..recording.types import Recording
from .points import LivePoints

_NO_POSE: Final[str] = "No T-pose was seen, so the performer's arms are taken for average ones. Calibrate again."


@dataclass(frozen=True)
class LiveDevices:
    """Hold what turns devices into joints: a performer, and their place and size in the room."""

    performer: PerformerCalibration
    settings: CalibrationSettings
    scale: float
    """Skeleton size over performer size."""
    lift_m: float
    """From the recorded floor to y = 0."""
    pivot_m: FloatArray
    """(3,) the place about which the performer is scaled."""
    notes: tuple[str, ...] = ()
    """What calibration found."""

    @classmethod
    def of(
        cls, recording: Recording, skeleton: Skeleton, settings: CalibrationSettings, prior: Prior | None = None
    ) -> LiveDevices:
        """Calibrate by the first seconds of a stream, ideally a T-pose.

        Raises:
            CalibrationError: as for `measure_performer`.
        """
        found = measure_performer(recording, skeleton, settings, prior)
        positions_m, _ = place_joints(found.recording, found.performer)
        return cls(
            performer=found.performer,
            settings=settings,
            scale=scale_to(skeleton, found.performer, settings),
            lift_m=found.lift_m,
            pivot_m=own_place_m(positions_m[:, 0], found.recording.measured[:, 0]),
            notes=found.notes if found.calibration_pose or settings.calibration_file else (_NO_POSE, *found.notes),
        )

    @property
    def middle_m(self) -> tuple[float, float, float]:
        """Return the place about which the performer is scaled."""
        x, y, z = self.pivot_m.tolist()
        return x, y, z

    def lifted(self, height_m: float) -> LiveDevices:
        """Return the same for a stream whose heights differ from those of the recording, by so much."""
        return replace(self, lift_m=self.lift_m + height_m)

    def points(self, positions_m: FloatArray, rotations_wxyz: FloatArray, measured: BoolArray) -> LivePoints:
        """Return the joints of head, left and right device: (3, 3), (3, 4), (3,), in OpenXR's axes."""
        lifted_m = positions_m + np.array((0.0, self.lift_m, 0.0))
        joints_m, turns = place_all(lifted_m[None], rotations_wxyz[None], self.performer.offsets)
        joints_m, turns = move_hands(joints_m, turns, self.settings)
        return LivePoints(joints_m[0] * self.scale + (1 - self.scale) * self.pivot_m, turns[0], measured)
