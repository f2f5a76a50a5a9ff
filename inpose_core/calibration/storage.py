# SPDX-License-Identifier: Apache-2.0
"""Store a performer's calibration in a small JSON file. It contains lengths, angles and the headset's name, but no name
of a person.

``{"format": "inpose calibration", "version": 1, "stature_m": 1.75, "head_joint_height_m": 1.57, "wrist_span_m": 1.38,
"pose": "grip", "device": "Quest 3", "source": "t_pose", "head": {"position_m": [x, y, z], "wxyz": [w, x, y, z]},
"left": ..., "right": ...}``: joints in the frames of the devices, metres.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final, get_args

import numpy as np

from ..errors import CalibrationError
from ..options.calibration import LARGEST_STATURE_M, SMALLEST_STATURE_M
from ..recording.types import POSE_TYPES
from ..system.output import write_output
from ..system.safe_files import finite_number, read_json
from .performer import PerformerCalibration, Source
from .rigid import RigidOffset

CALIBRATION_FORMAT: Final[str] = "inpose calibration"
CALIBRATION_VERSION: Final[int] = 1

_LARGEST_FILE_BYTES: Final[int] = 1 << 20
_FARTHEST_OFFSET_M: Final[float] = 2.0


def save_calibration(calibration: PerformerCalibration, path: Path) -> None:
    """Write a calibration; an older file is replaced completely or not at all.

    Raises:
        OutputError: the file cannot be written.
    """
    write_output(path, [(json.dumps(calibration_document(calibration), indent=1) + "\n").encode()])


def calibration_document(calibration: PerformerCalibration) -> dict[str, Any]:
    """Return what a calibration file contains, as plain values."""
    return {
        "format": CALIBRATION_FORMAT,
        "version": CALIBRATION_VERSION,
        "stature_m": round(calibration.stature_m, 4),
        "head_joint_height_m": round(calibration.head_joint_height_m, 4),
        "wrist_span_m": round(calibration.wrist_span_m, 4),
        "pose": calibration.pose,
        "source": calibration.source,
        "device": calibration.headset,
        **{
            name: {
                "position_m": [round(float(x), 6) for x in offset.position_m],
                "wxyz": [float(x) for x in offset.wxyz],
            }
            for name, offset in zip(("head", "left", "right"), calibration.offsets, strict=True)
        },
    }


def load_calibration(path: Path) -> PerformerCalibration:
    """Read a calibration that `save_calibration` wrote.

    Raises:
        CalibrationError: the file is missing, no calibration, of a newer version, or holds impossible numbers.
    """
    path = Path(path)
    hint = "Make it with Save calibration in Blender. The command is inpose calibrate RECORDING --out FILE."
    try:
        document = read_json(path, _LARGEST_FILE_BYTES)
    except OSError as error:
        raise CalibrationError(f"The calibration {path} cannot be read ({error.strerror}).", hint) from error
    except ValueError as error:
        raise CalibrationError(f"{path.name} is not a calibration file: it is not JSON.", hint) from error
    if not isinstance(document, dict) or document.get("format") != CALIBRATION_FORMAT:
        raise CalibrationError(f"{path.name} is not a calibration file.", hint)
    if document.get("version") != CALIBRATION_VERSION:
        raise CalibrationError(
            f"{path.name} is a calibration of version {document.get('version')!s:.20}; "
            f"this program knows version {CALIBRATION_VERSION}.",
            "Update InPose, or calibrate again.",
        )
    try:
        return _calibration_from(document)
    except (KeyError, TypeError, ValueError) as error:
        raise CalibrationError(f"The calibration {path.name} is damaged ({error}).", "Calibrate again.") from error


def _calibration_from(document: dict[str, Any]) -> PerformerCalibration:
    stature_m, height_m, span_m = (
        finite_number(document[name]) for name in ("stature_m", "head_joint_height_m", "wrist_span_m")
    )
    if not SMALLEST_STATURE_M <= stature_m <= LARGEST_STATURE_M or min(height_m, span_m) < 0.2:
        raise ValueError("no person has this size")
    if max(height_m, span_m) > LARGEST_STATURE_M:
        raise ValueError("no person has this size")
    if document["pose"] not in POSE_TYPES or document["source"] not in get_args(Source):
        raise ValueError("unknown kind of pose")
    head, left, right = (_offset(document[name]) for name in ("head", "left", "right"))
    headset = "".join(character for character in str(document.get("device", "")) if character.isprintable())[:64]
    return PerformerCalibration(
        stature_m, height_m, span_m, document["pose"], head, (left, right), document["source"], headset
    )


def _offset(document: Any) -> RigidOffset:
    position_m = np.array([finite_number(x) for x in document["position_m"]])
    wxyz = np.array([finite_number(x) for x in document["wxyz"]])
    if position_m.shape != (3,) or wxyz.shape != (4,) or np.abs(position_m).max() > _FARTHEST_OFFSET_M:
        raise ValueError("an offset is not a pose")
    length = float(np.linalg.norm(wxyz))
    if not 0.9 < length < 1.1:
        raise ValueError("a rotation is not a unit quaternion")
    return RigidOffset(position_m, wxyz / length)
