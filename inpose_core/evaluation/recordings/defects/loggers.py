# SPDX-License-Identifier: Apache-2.0
"""Write tables and logs as people's own loggers do: other headers, separators, encodings, cells and shapes."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from ....recording.findings import FindingKind
from ..loggers.json_files import OPENVR_LINES
from ..loggers.logger import Logger
from ..loggers.tables import OPENVR_CSV, UNITY, UNREAL, VECTORS, TableStyle, table_logger, write_table
from .defect import Damage, Damaged, Defect, fitting

_FITS: Final[tuple[FindingKind, ...]] = ("axes", "unit", "left_and_right", "damaged")

_OPENVR: Final[tuple[str, ...]] = ("index", "wand")
"""Devices whose raw poses OpenVR reports."""
_GERMAN: Final[TableStyle] = replace(
    UNITY,
    devices=("Kopf", "Linke Hand", "Rechte Hand"),
    position="{device} Position {axis}",
    rotation="{device} Rotation {axis}",
    time="Zeit",
    delimiter=";",
    decimal_comma=True,
)
_CP1252: Final[TableStyle] = replace(
    UNITY,
    before=("# Gerät: Quest 3, Größe 1,80",),
    position="{device} Pos {axis}",
    rotation="{device} Rot {axis} (°)",
    rotations="unity_degrees",
    rotation_axes=("X", "Y", "Z"),
    encoding="cp1252",
)
_QUEST: Final[TableStyle] = replace(
    UNITY,
    devices=("headPose", "leftControllerPose", "rightControllerPose"),
    position="{device}.position.{axis}",
    rotation="{device}.orientation.{axis}",
    time="frameTimeSeconds",
    position_axes="xyz",
    rotation_axes=(),
    axes="RUB",
    extra=(("leftTrigger", "0.0"), ("rightTrigger", "0.0"), ("batteryLevel", "87")),
)


def _logged(kind: str, sentence: str, logger: Logger, controllers: tuple[str, ...] | None = None) -> Defect:
    return Defect(
        kind,
        "loggers",
        sentence,
        lambda take, _logger, _random: Damaged(take, logger, (Damage(fitting(*_FITS)),)),
        calibration="good",
        controllers=controllers,
        pose_said=True if controllers else None,
        refusal_tells="column|header|comma|first line",
    )


def _mistyped(style: TableStyle) -> Logger:
    return Logger(
        "mistyped",
        ".csv",
        lambda take: (
            write_table(take, style)
            .replace(b"LeftHandPosY", b"LeftHandPposY")
            .replace(b"RightHandPosY", b"RightHandPposY")
        ),
    )


DEFECTS: Final[tuple[Defect, ...]] = (
    _logged("log_openvr_wide", "OpenVR's devices in one row, milliseconds", OPENVR_CSV, _OPENVR),
    _logged("log_openvr_lines", "one JSON object per OpenVR poll", OPENVR_LINES, _OPENVR),
    _logged("log_vectors", "whole vectors in one cell", VECTORS),
    _logged("log_mistyped", "a mistyped name in the header", _mistyped(UNITY)),
    _logged("log_german", "a German header, semicolons, decimal commas", table_logger("german", _GERMAN)),
    _logged("log_pipes", "pipes between the columns", table_logger("pipes", replace(UNITY, delimiter="|"))),
    _logged("log_cp1252", "a table in cp1252 with a comment and degree signs", table_logger("cp1252", _CP1252)),
    _logged("log_unreal", "Unreal's location, pitch, yaw and roll", table_logger("unreal", UNREAL)),
    _logged("log_quest", "poses of a Quest logger, with other columns", table_logger("quest", _QUEST)),
)
