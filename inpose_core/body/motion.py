# SPDX-License-Identifier: Apache-2.0
"""Hold a solved motion, and save it to an ``.npz`` file that AMASS and SMPL tools can open, too."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..arrays import IndexArray
from ..errors import InPoseError
from ..system.array_files import npz_parts
from ..system.output import write_output
from ..system.safe_files import numbers, one_number, read_arrays
from .amass_convention import amass_arrays
from .hands.storage import FINGER_ARRAYS, finger_arrays, fingers_in
from .hands.tracks import FingerTracks
from .quaternions import conjugate_quaternion, multiply_quaternions, normalize_quaternion, rotate_vector
from .skeleton import JOINT_COUNT, JOINT_NAMES, PARENTS, SENSOR_JOINTS, Skeleton

MOTION_FORMAT_VERSION: Final[int] = 1
SOLVER_FPS: Final[float] = 60.0
"""Frame rate of the prior and of every solve."""
_LARGEST_ARRAY_BYTES: Final[int] = 512 * 2**20
"""Six hours at 60 Hz."""
_HIGHEST_FPS: Final[float] = 10_000.0
_LARGEST_LENGTH_ERROR: Final[float] = 0.5
_FARTHEST_M: Final[float] = 1e6


@dataclass(frozen=True)
class Motion:
    """Hold 22 GLOBAL joint rotations and the root's path, for one skeleton.

    Y up, metres; a T-pose facing +Z has identity rotations everywhere.
    """

    rotations_wxyz: NDArray[np.float64]
    """(F, 22, 4) joint to world, sign continuous in time."""
    root_translation_m: NDArray[np.float64]
    """(F, 3) position of the pelvis joint."""
    skeleton: Skeleton
    fps: float
    sensor_error_m: NDArray[np.float64] | None = None
    """(F, P) distance of the solved points from their targets, head, left and right wrist first; NaN where not
    measured."""
    foot_contact: NDArray[np.float64] | None = None
    """(F, 2) probability that the left and the right foot are planted, from the prior."""
    confidence: NDArray[np.float64] | None = None
    """(F,) confidence of each frame, from 1 (certain) towards 0 (a guess)."""
    foot_stands: NDArray[np.bool_] | None = None
    """(F, 2) whether the solver plants the left and the right foot; the foot lock of a bake uses this."""
    fingers: FingerTracks | None = None
    """What the recording says about the fingers of each frame; None: nothing."""

    def __len__(self) -> int:
        return len(self.root_translation_m)

    @property
    def joint_positions_m(self) -> NDArray[np.float64]:
        """Return the world positions of all joints by forward kinematics, (F, 22, 3)."""
        positions_m = np.empty((len(self), JOINT_COUNT, 3))
        positions_m[:, 0] = self.root_translation_m
        for joint in range(1, JOINT_COUNT):
            parent = PARENTS[joint]
            positions_m[:, joint] = positions_m[:, parent] + rotate_vector(
                self.rotations_wxyz[:, parent], self.skeleton.offsets_m[joint]
            )
        return positions_m

    @property
    def local_rotations_wxyz(self) -> NDArray[np.float64]:
        """Return each joint's rotation relative to its parent, (F, 22, 4); the pelvis' is global."""
        local = self.rotations_wxyz.copy()
        parents = list(PARENTS[1:])
        local[:, 1:] = multiply_quaternions(
            conjugate_quaternion(self.rotations_wxyz[:, parents]), self.rotations_wxyz[:, 1:]
        )
        return local

    def part(self, frames: slice | IndexArray) -> Motion:
        """Return the motion of some of the frames."""
        return replace(
            self,
            rotations_wxyz=self.rotations_wxyz[frames],
            root_translation_m=self.root_translation_m[frames],
            sensor_error_m=None if self.sensor_error_m is None else self.sensor_error_m[frames],
            foot_contact=None if self.foot_contact is None else self.foot_contact[frames],
            confidence=None if self.confidence is None else self.confidence[frames],
            foot_stands=None if self.foot_stands is None else self.foot_stands[frames],
            fingers=None if self.fingers is None else self.fingers.part(frames),
        )

    def save_npz(self, path: Path) -> None:
        """Write the motion twice: in our own keys, and in those of AMASS for SMPL tools.

        Our own keys (``rotations_wxyz``, ``root_translation_m``, ``offsets_m``, ``fps`` and so on) are Y up and have
        this body's bones. AMASS's (``poses``, ``trans``, ``betas``, ``gender``, ``mocap_framerate``, ``dmpls``) follow
        `body.amass_convention`: Z up, and for SMPL-H's average body, whose pelvis takes this body's path.

        Raises:
            OutputError: the file cannot be written; an existing file is then left as it was.
        """
        arrays: dict[str, ArrayLike] = {
            "format_version": np.int32(MOTION_FORMAT_VERSION),
            "joint_names": np.array(JOINT_NAMES),
            "rotations_wxyz": self.rotations_wxyz.astype(np.float32),
            "root_translation_m": self.root_translation_m.astype(np.float32),
            "offsets_m": self.skeleton.offsets_m.astype(np.float32),
            "fps": np.float64(self.fps),
            "sensor_error_m": _optional(self.sensor_error_m),
            "foot_contact": _optional(self.foot_contact),
            "confidence": _optional(self.confidence),
            "foot_stands": np.zeros((0, 2), np.bool_) if self.foot_stands is None else self.foot_stands,
            **finger_arrays(self.fingers),
            **amass_arrays(self.local_rotations_wxyz, self.root_translation_m, self.fps, self.fingers),
        }
        write_output(path, npz_parts(arrays))

    @classmethod
    def load_npz(cls, path: Path) -> Motion:
        """Read a file of `save_npz`.

        Raises:
            InPoseError: the file is missing, not ours, or of a newer version.
        """
        try:
            arrays = read_arrays(
                path,
                ("format_version", "rotations_wxyz", "root_translation_m", "sensor_error_m", "offsets_m", "fps"),
                ("foot_contact", "confidence", "foot_stands", *FINGER_ARRAYS),
                most_bytes=_LARGEST_ARRAY_BYTES,
            )
            if one_number(arrays["format_version"]) > MOTION_FORMAT_VERSION:
                raise InPoseError(f"The motion file {path} was written by a newer InPose.", "Update InPose.")
            rotations, root_m = arrays["rotations_wxyz"], numbers(arrays["root_translation_m"])
            frames = len(root_m) if root_m.ndim else 0
            if rotations.shape != (frames, JOINT_COUNT, 4) or root_m.shape != (frames, 3):
                raise ValueError(f"shapes {rotations.shape} and {root_m.shape}")
            fps = one_number(arrays["fps"])
            if not 1.0 <= fps <= _HIGHEST_FPS:
                raise ValueError(f"{fps:g} frames per second")
            rotations_wxyz = numbers(rotations)
            lengths = np.sqrt(np.einsum("fjk,fjk->fj", rotations_wxyz, rotations_wxyz))
            if not (np.abs(lengths - 1) < _LARGEST_LENGTH_ERROR).all():
                raise ValueError("rotations that are not unit quaternions")
            if not (np.abs(root_m) < _FARTHEST_M).all():
                raise ValueError("impossible positions")
            stands = _given(arrays.get("foot_stands"), (frames, 2))
            return cls(
                rotations_wxyz=normalize_quaternion(rotations_wxyz),
                root_translation_m=root_m,
                skeleton=Skeleton(numbers(arrays["offsets_m"])),
                fps=fps,
                sensor_error_m=_errors(arrays.get("sensor_error_m"), frames),
                foot_contact=_given(arrays.get("foot_contact"), (frames, 2)),
                confidence=_given(arrays.get("confidence"), (frames,)),
                foot_stands=None if stands is None else stands > 0,
                fingers=fingers_in(arrays, frames),
            )
        except FileNotFoundError as error:
            raise InPoseError(
                f"The motion file {path} does not exist.", "Solve the recording again, or bring the file back."
            ) from error
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or error
            raise InPoseError(
                f"{path} is not a motion file of InPose ({reason}).", "Solve the recording again."
            ) from error


def _given(array: NDArray[Any] | None, shape: tuple[int, ...]) -> NDArray[np.float64] | None:
    """Return what `_optional` has written; None where there was nothing."""
    if array is None or array.size == 0:
        return None
    if array.shape != shape:
        raise ValueError(f"the shape {array.shape} instead of {shape}")
    return numbers(array)


def _errors(array: NDArray[Any] | None, frames: int) -> NDArray[np.float64] | None:
    """Return the distances of at least head and hands from their targets, (F, P); None where there were none."""
    points = array.shape[1] if array is not None and array.ndim == 2 else 0
    return _given(array, (frames, max(points, len(SENSOR_JOINTS))))


def _optional(array: NDArray[np.float64] | None) -> NDArray[np.float32]:
    return np.zeros(0, np.float32) if array is None else array.astype(np.float32)
