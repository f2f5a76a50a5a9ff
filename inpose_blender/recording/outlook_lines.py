# SPDX-License-Identifier: GPL-3.0-or-later
"""Say in a few lines what calibration will find in a recording, from the worker's answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from ..ui.translate import tr

WRISTS: Final[Mapping[str, str]] = {
    "presets": "Wrists: by the preset",
    "t_pose": "Wrists: by the T-pose",
    "a_pose": "Wrists: by the A-pose",
    "motion": "Wrists: estimated from the motion",
    "file": "Wrists: by the calibration file",
}


def outlook_lines(info: Mapping[str, Any]) -> list[str]:
    """Return the performer with the posture, the calibration pose, the floor and the wrists, one line each."""
    outlook = info.get("calibration") or {}
    stature_m = outlook.get("stature_m") or info.get("stature_estimate_m")
    lines = []
    if stature_m:
        height = f"{stature_m:.2f}"
        deviation_m = outlook.get("stature_deviation_m")
        performer = (
            tr("Performer: {height} m", height=height)
            if deviation_m is None
            else tr("Performer: {height} m (± {cm} cm)", height=height, cm=round(100 * deviation_m))
        )
        lines.append(", ".join(filter(None, (performer, _posture(outlook)))))
    if outlook.get("hands") in WRISTS and not outlook.get("problem"):
        lines += [_pose_line(info), _floor_line(outlook), tr(WRISTS[outlook["hands"]])]
    return lines


def _posture(outlook: Mapping[str, Any]) -> str:
    if outlook.get("posture") == "seated":
        seat_m = outlook.get("seat_height_m")
        return tr("sits") if seat_m is None else tr("sits on a seat of {cm} cm", cm=round(100 * seat_m))
    return tr("stands") if outlook.get("posture") == "standing" else ""


def _pose_line(info: Mapping[str, Any]) -> str:
    held = info.get("calibration_pose")
    if not held:
        return tr("No T-pose found")
    span = {"start": f"{held['start_s']:.1f}", "stop": f"{held['stop_s']:.1f}"}
    return (
        tr("A-pose: {start} to {stop} s", **span)
        if held["kind"] == "a_pose"
        else tr("T-pose: {start} to {stop} s", **span)
    )


def _floor_line(outlook: Mapping[str, Any]) -> str:
    lift_cm = round(100 * float(outlook.get("lift_m") or 0.0))
    if not lift_cm:
        return tr("Floor: as recorded")
    values = {"cm": abs(lift_cm), "about": round(100 * float(outlook.get("lift_deviation_m") or 0.0))}
    if lift_cm > 0:
        return tr("Floor: {cm} cm lower than recorded (± {about} cm)", **values)
    return tr("Floor: {cm} cm higher than recorded (± {about} cm)", **values)
