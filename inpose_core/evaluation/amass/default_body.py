# SPDX-License-Identifier: Apache-2.0
"""Choose the one body that everybody has in the protocols.

The literature's code poses SMPL-H's average male body (``betas`` all zero) for all subjects. Without body models it is
our template, and the figures cannot be compared with the literature.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ...arrays import FloatArray
from ...body.motion import Motion
from ...body.skeleton import JOINT_COUNT, Skeleton
from ...motion_files.smpl_bodies import smpl_body
from ...motion_files.t_pose_axes import offsets_in_t_pose_m, t_pose_to_rest, with_rest_pose, with_t_pose
from ..row_store import fingerprint


@dataclass(frozen=True)
class ProtocolBody:
    """Hold the body of a protocol, and how its rest pose differs from our T-pose."""

    skeleton: Skeleton
    """In our T-pose."""
    to_rest_wxyz: FloatArray
    """(22, 4) from the T-pose to SMPL's rest pose."""

    @property
    def name(self) -> str:
        """Return a name for the body to the tenth of a millimetre; processors differ in the last digits."""
        return fingerprint(np.round(values, 4) + 0.0 for values in (self.skeleton.offsets_m, self.to_rest_wxyz))

    @classmethod
    def template(cls) -> ProtocolBody:
        """Return our template; SMPL's rest pose counts as its T-pose."""
        return cls(Skeleton.template(), np.tile((1.0, 0.0, 0.0, 0.0), (JOINT_COUNT, 1)))

    @classmethod
    def of_models(cls, folder: Path) -> ProtocolBody:
        """Return the average male body of a folder of SMPL models.

        Raises:
            InPoseError: the folder has none.
        """
        rest = smpl_body(folder, "male", np.zeros(1), ("smplh", "smplx", "smpl")).skeleton
        to_rest_wxyz = t_pose_to_rest(rest.rest_positions_m)
        return cls(Skeleton(offsets_in_t_pose_m(rest.offsets_m, to_rest_wxyz)), to_rest_wxyz)

    def from_smpl(self, motion: Motion) -> Motion:
        """Return a motion whose rotations count from our T-pose, as priors expect."""
        return with_t_pose(motion, self.to_rest_wxyz)

    def to_smpl(self, motion: Motion) -> Motion:
        """Return a motion whose rotations count from SMPL's rest pose, as the literature measures them."""
        return with_rest_pose(motion, self.to_rest_wxyz)
