# SPDX-License-Identifier: Apache-2.0
"""Define the errors of InPose: each has a sentence for the user, and a hint what to do."""

from __future__ import annotations


class InPoseError(Exception):
    """Report a problem that the user can understand and act on.

    Args:
        message: one sentence that says what is wrong, naming the file, bone or setting.
        hint: one sentence that says what to do about it; may be empty.
    """

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".strip()


class RecordingError(InPoseError):
    """Say that a recording cannot be read, has an unknown format, or contains no head and hands."""


class ColumnsError(RecordingError):
    """Say that the columns of a table are unknown or wrongly assigned: a person can assign them."""


class CalibrationError(InPoseError):
    """Say that the performer's body or the device offsets cannot be derived from the recording."""


class SkeletonError(InPoseError):
    """Say that a skeleton is malformed: joints missing, not finite, or of impossible size."""


class WeightsError(InPoseError):
    """Say that the prior's weights are missing, damaged, or of another version."""


class DeviceError(InPoseError):
    """Say that this computer does not have the requested compute device (processor or graphics card)."""


class RigError(InPoseError):
    """Say that the armature in Blender cannot be mapped, measured or keyed."""


class PinError(InPoseError):
    """Say that a pin of an animator makes no sense."""


class EditError(InPoseError):
    """Say that a clean-up edit of an animator makes no sense."""


class WorkerError(InPoseError):
    """Say that the solver process could not be started, or ended too early."""


class OutputError(InPoseError):
    """Say that a result cannot be written to the requested path."""


class CancelledError(InPoseError):
    """Say that the user stopped the solve."""

    def __init__(self) -> None:
        super().__init__("Cancelled.", "Nothing was changed.")
