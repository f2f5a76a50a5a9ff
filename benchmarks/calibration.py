# SPDX-License-Identifier: Apache-2.0
"""Measure calibration on recordings simulated from captured motion: ``python benchmarks/calibration.py --data DIR``."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from inpose_core.calibration import CalibrationSettings
from inpose_core.evaluation.calibration_trials import (
    load_calibration_clips,
    load_held_out_calibration_clips,
    run_calibration_trials,
)
from inpose_core.evaluation.headset import HeadsetSettings
from inpose_core.prior.checkpoint import load_prior

UNPOSED = CalibrationSettings(scale="keep", calibration_pose="none")
PRESET = CalibrationSettings(scale="keep", calibration_pose="none", refine=False)
REAL = HeadsetSettings(real_devices=True)
NAMED = HeadsetSettings(real_devices=True, named=True)
WANDS = HeadsetSettings(real_devices=True, named=True, device="Vive wand")


@dataclass(frozen=True)
class Case:
    """Hold one row: how the takes are calibrated, and how they are simulated."""

    settings: CalibrationSettings
    t_pose: bool = False
    headset: HeadsetSettings = HeadsetSettings()
    careless: bool = False


POPULATIONS = (
    "measured proportions",
    "as captured",
    "measured proportions, people who are not in the training data",
)
CASES = {
    "T-pose, the rig has the performer's bones": Case(CalibrationSettings(body="rig", scale="keep"), t_pose=True),
    "the same, scaled by height": Case(CalibrationSettings(body="rig"), t_pose=True),
    "T-pose and motion, proportions unknown": Case(CalibrationSettings(body="average", scale="keep"), t_pose=True),
    "only the T-pose, proportions unknown": Case(
        CalibrationSettings(body="average", scale="keep", refine=False), t_pose=True
    ),
    "careless T-pose of 0.25 to 1.2 s, Vive wands": Case(
        CalibrationSettings(body="rig", scale="keep"), t_pose=True, headset=WANDS, careless=True
    ),
    "no T-pose: only the motion": Case(UNPOSED),
    "no T-pose, controllers turned like grips, kind not given": Case(
        UNPOSED, headset=HeadsetSettings(largest_hand_turn_deg=0.0)
    ),
    "no T-pose, a real device, kind not given": Case(UNPOSED, headset=REAL),
    "no T-pose, a real device that the file names": Case(UNPOSED, headset=NAMED),
    "the same, only its row of the table": Case(PRESET, headset=NAMED),
    "no T-pose: only the preset": Case(PRESET),
}


def main() -> None:
    """Print a table: median, 90th percentile and worst of the wrists' errors."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of packed motion (.npz)")
    parser.add_argument("--count", type=int, default=200, help="recordings per row")
    parser.add_argument("--case", action="append", choices=list(CASES), help="default: all")
    parser.add_argument("--bodies", action="append", choices=list(POPULATIONS), help="default: all")
    options = parser.parse_args()
    clips, prior = load_calibration_clips(options.data), load_prior()
    print(
        "| performers' bodies | calibration | position error in cm: median / 90 % / worst "
        "| rotation error in degrees: median / 90 % / worst |"
    )
    print("|---|---|---|---|")
    held_out = load_held_out_calibration_clips(options.data)
    people = dict(zip(POPULATIONS, ((clips, True), (clips, False), (held_out, True)), strict=True))
    for bodies, (takes, measured_bodies) in people.items():
        if options.bodies and bodies not in options.bodies:
            continue
        for name, case in CASES.items():
            if options.case and name not in options.case:
                continue
            trials = list(
                run_calibration_trials(
                    takes,
                    options.count,
                    case.settings,
                    t_pose=case.t_pose,
                    measured_bodies=measured_bodies,
                    headset=case.headset,
                    careless=case.careless,
                    prior=prior,
                )
            )
            columns = (
                np.concatenate([trial.position_error_m for trial in trials]) * 100,
                np.concatenate([trial.rotation_error_deg for trial in trials]),
            )
            texts = [" / ".join(f"{value:.1f}" for value in np.percentile(column, (50, 90, 100))) for column in columns]
            print(f"| {bodies} | {name} | {texts[0]} | {texts[1]} |", flush=True)


if __name__ == "__main__":
    main()
