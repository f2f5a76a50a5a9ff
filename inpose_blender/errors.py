# SPDX-License-Identifier: GPL-3.0-or-later
"""Import the errors of the core, which need no other package. (`core` imports the rest, which needs numpy.)

Modules that Blender imports when it starts use this module, because numpy takes longer to load than the whole
add-on.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING or __package__ == "inpose_blender":
    from inpose_core import errors
    from inpose_core.errors import (
        CalibrationError,
        CancelledError,
        ColumnsError,
        EditError,
        InPoseError,
        OutputError,
        PinError,
        RecordingError,
        RigError,
        WorkerError,
    )
else:
    from ..inpose_core import errors
    from ..inpose_core.errors import (
        CalibrationError,
        CancelledError,
        ColumnsError,
        EditError,
        InPoseError,
        OutputError,
        PinError,
        RecordingError,
        RigError,
        WorkerError,
    )

CORE_FOLDER: Final[Path] = Path(errors.__file__).resolve().parents[1]
"""The folder that holds `inpose_core`: the solver process finds the package by it."""

__all__ = [
    "CORE_FOLDER",
    "CalibrationError",
    "CancelledError",
    "ColumnsError",
    "EditError",
    "InPoseError",
    "OutputError",
    "PinError",
    "RecordingError",
    "RigError",
    "WorkerError",
    "errors",
]
