# SPDX-License-Identifier: Apache-2.0
"""Write tables and logs as people's own loggers do: other headers, separators, encodings, cells and shapes."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Final

import numpy as np

from ....body.quaternions import continuous_signs, multiply_quaternions, rotate_vector
from ....recording.findings import FindingKind
from ..devices import Take
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


def _two_players(take: Take, _logger: Logger, random: np.random.Generator) -> Damaged:
    """A network game logs all its players in one table, one row each; the other one faces this one."""
    place_m = take.positions_m[0, 0] * (1.0, 0.0, 1.0) + (0.0, 0.0, 2.2)
    turn = np.array((0.0, 0.0, 1.0, 0.0))
    other = take.with_poses(
        rotate_vector(turn, take.positions_m[::-1] - place_m) + place_m,
        continuous_signs(multiply_quaternions(turn, take.rotations_wxyz[::-1])),
    )
    names = ("player", "userId", "avatar")[int(random.integers(3))], ("1", "2")

    def write(whole: Take) -> bytes:
        tables = [
            write_table(each, replace(UNITY, extra=((names[0], number),))).splitlines(keepends=True)
            for each, number in zip((whole, other), names[1], strict=True)
        ]
        rows = (row for pair in zip(tables[0][1:], tables[1][1:], strict=True) for row in pair)
        return tables[0][0] + b"".join(rows)

    return Damaged(take, Logger("two_players", ".csv", write), (Damage(fitting("several_players")),))


def _base_stations(take: Take) -> bytes:
    """Return polls that hold two base stations and a tracker on the hips as well."""
    hips_m, hips_wxyz = take.joints_at_frames(0)
    lines = []
    for frame, line in enumerate(OPENVR_LINES.write(take).splitlines()):
        poll = json.loads(line)
        others = (
            (1, "TrackingReference", (-2.0, 2.4, -2.0), (0.36, 0.15, 0.9, -0.2)),
            (2, "TrackingReference", (2.0, 2.4, 2.0), (0.88, -0.3, 0.36, 0.1)),
            (5, "GenericTracker", hips_m[frame].round(5).tolist(), hips_wxyz[frame].round(5).tolist()),
        )
        for index, name, place, wxyz in others:
            pose = {
                "valid": True,
                "position": dict(zip("xyz", place, strict=True)),
                "quaternion": dict(zip("wxyz", wxyz, strict=True)),
            }
            poll["devices"].append({"index": index, "class": name, "pose": pose})
        lines.append(json.dumps(poll))
    return ("\n".join(lines) + "\n").encode()


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


_COMMAS: Final[TableStyle] = replace(UNITY, decimal_comma=True)
_BASE_STATIONS: Final[Logger] = Logger("base_stations", ".jsonl", _base_stations)

DEFECTS: Final[tuple[Defect, ...]] = (
    _logged("log_openvr_wide", "OpenVR's devices in one row, milliseconds", OPENVR_CSV, _OPENVR),
    _logged("log_openvr_lines", "one JSON object per OpenVR poll", OPENVR_LINES, _OPENVR),
    _logged("log_vectors", "whole vectors in one cell", VECTORS),
    _logged("log_mistyped", "a mistyped name in the header", _mistyped(UNITY)),
    _logged("log_german", "a German header, semicolons, decimal commas", table_logger("german", _GERMAN)),
    _logged("log_decimal_commas", "decimal commas, and commas between the columns", table_logger("commas", _COMMAS)),
    _logged("log_base_stations", "OpenVR's polls with base stations and a tracker", _BASE_STATIONS, _OPENVR),
    Defect("two_players", "loggers", "two players take turns in the rows", _two_players, must_tell=True),
    _logged("log_pipes", "pipes between the columns", table_logger("pipes", replace(UNITY, delimiter="|"))),
    _logged("log_cp1252", "a table in cp1252 with a comment and degree signs", table_logger("cp1252", _CP1252)),
    _logged("log_unreal", "Unreal's location, pitch, yaw and roll", table_logger("unreal", UNREAL)),
    _logged("log_quest", "poses of a Quest logger, with other columns", table_logger("quest", _QUEST)),
)
