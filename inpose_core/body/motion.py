# SPDX-License-Identifier: Apache-2.0
"""Hold a solved motion, and keep it in an ``.npz`` file that AMASS and SMPL tools open too."""

from __future__ import annotations

import io
import os
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..errors import InPoseError, OutputError
from .quaternions import conjugate_quaternion, multiply_quaternions, normalize_quaternion, rotate_vector
from .skeleton import JOINT_COUNT, JOINT_NAMES, PARENTS, Skeleton

MOTION_FORMAT_VERSION: Final[int] = 1


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
    """(F, 3) distance of the solved head, left and right wrist from their targets; NaN where not measured."""
    foot_contact: NDArray[np.float64] | None = None
    """(F, 2) probability that the left and the right foot stand, as the prior sees it."""
    confidence: NDArray[np.float64] | None = None
    """(F,) how far each frame is to be trusted, from 1 (certain) towards 0 (a guess)."""

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

    def save_npz(self, path: Path) -> None:
        """Write the motion, with the keys of AMASS (``poses``, ``trans``, ``mocap_framerate``) beside our own.

        ``poses`` is (F, 66): the axis-angle of each joint relative to its parent, in SMPL order.

        Raises:
            OutputError: the file cannot be written; an existing file is then left as it was.
        """
        rotations = self.rotations_wxyz.astype(np.float32)
        # Through memory: on a full disk zipfile would complain about its half-written file a second time.
        packed = io.BytesIO()
        np.savez_compressed(
            packed,
            format_version=np.int32(MOTION_FORMAT_VERSION),
            joint_names=np.array(JOINT_NAMES),
            rotations_wxyz=rotations,
            root_translation_m=self.root_translation_m.astype(np.float32),
            offsets_m=self.skeleton.offsets_m.astype(np.float32),
            fps=np.float64(self.fps),
            sensor_error_m=_optional(self.sensor_error_m),
            foot_contact=_optional(self.foot_contact),
            confidence=_optional(self.confidence),
            poses=_axis_angle(self.local_rotations_wxyz).reshape(len(self), -1).astype(np.float32),
            trans=self.root_translation_m.astype(np.float32),
            mocap_framerate=np.float64(self.fps),
            gender=np.array("neutral"),
            betas=np.zeros(10, np.float32),
        )
        with atomic_output(path) as temporary:
            temporary.write_bytes(packed.getbuffer())

    @classmethod
    def load_npz(cls, path: Path) -> Motion:
        """Read a file of `save_npz`.

        Raises:
            InPoseError: the file is missing, not ours, or of a newer version.
        """
        try:
            with np.load(path, allow_pickle=False) as arrays:
                if int(arrays["format_version"]) > MOTION_FORMAT_VERSION:
                    raise InPoseError(f"The motion file {path} was written by a newer InPose.", "Update InPose.")
                rotations, root_m, error = (
                    arrays[name] for name in ("rotations_wxyz", "root_translation_m", "sensor_error_m")
                )
                if rotations.shape != (len(root_m), JOINT_COUNT, 4) or root_m.shape != (len(root_m), 3):
                    raise ValueError(f"shapes {rotations.shape} and {root_m.shape}")
                contact, confidence = (
                    arrays[name] if name in arrays else np.zeros(0) for name in ("foot_contact", "confidence")
                )
                return cls(
                    rotations_wxyz=normalize_quaternion(rotations),
                    root_translation_m=root_m.astype(np.float64),
                    skeleton=Skeleton(arrays["offsets_m"]),
                    fps=float(arrays["fps"]),
                    sensor_error_m=error.astype(np.float64) if error.size else None,
                    foot_contact=contact.astype(np.float64) if contact.size else None,
                    confidence=confidence.astype(np.float64) if confidence.size else None,
                )
        except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile, zlib.error) as error:
            raise InPoseError(
                f"{path} is not a motion file of InPose ({error}).", "Solve the recording again."
            ) from error


@contextmanager
def atomic_output(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside ``path`` that takes its name only when the block succeeds.

    Raises:
        OutputError: the folder is missing or not writable, or the disk is full.
    """
    path = Path(path)
    try:
        handle, name = tempfile.mkstemp(prefix=f".{path.stem[:40]}-", suffix=path.suffix, dir=path.parent)
        os.close(handle)
    except OSError as error:
        raise OutputError(f"{path} cannot be written ({error.strerror}).", "Choose another folder.") from error
    temporary = Path(name)
    try:
        yield temporary
        # mkstemp makes private files; an output gets the permissions any new file would get.
        umask = os.umask(0)
        os.umask(umask)
        temporary.chmod(0o666 & ~umask)
        temporary.replace(path)
    except OSError as error:
        raise OutputError(f"{path} cannot be written ({error.strerror}).", "Check the free space.") from error
    finally:
        temporary.unlink(missing_ok=True)


def _axis_angle(wxyz: NDArray[np.float64]) -> NDArray[np.float64]:
    positive = np.where(wxyz[..., :1] < 0, -wxyz, wxyz)
    sine = np.linalg.norm(positive[..., 1:], axis=-1, keepdims=True)
    angle = 2.0 * np.arctan2(sine, positive[..., :1])
    # angle / sine tends to 2 for small rotations.
    return positive[..., 1:] * np.where(sine > 1e-9, angle / np.maximum(sine, 1e-9), 2.0)


def _optional(array: NDArray[np.float64] | None) -> NDArray[np.float32]:
    return np.zeros(0, np.float32) if array is None else array.astype(np.float32)
