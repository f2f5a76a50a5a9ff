# SPDX-License-Identifier: Apache-2.0
"""Measure calibration on recordings simulated from captured motion: ``python benchmarks/calibration.py --data DIR``."""

from __future__ import annotations

import argparse
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

AS_GRIPS = HeadsetSettings(largest_hand_turn_deg=0.0)
GRIPS = "no T-pose, controllers turned like grips, kind not given"
CASES = {
    "T-pose, the rig has the performer's bones": (CalibrationSettings(body="rig", scale="keep"), True),
    "the same, scaled by height": (CalibrationSettings(body="rig"), True),
    "T-pose and motion, proportions unknown": (CalibrationSettings(body="average", scale="keep"), True),
    "only the T-pose, proportions unknown": (CalibrationSettings(body="average", scale="keep", refine=False), True),
    "no T-pose: only the motion": (CalibrationSettings(scale="keep", calibration_pose="none"), False),
    GRIPS: (CalibrationSettings(scale="keep", calibration_pose="none"), False),
    "no T-pose: only the preset": (CalibrationSettings(scale="keep", calibration_pose="none", refine=False), False),
}


def main() -> None:
    """Print a table: median, 90th percentile and worst of the wrists' errors."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of packed motion (.npz)")
    parser.add_argument("--count", type=int, default=200, help="recordings per row")
    parser.add_argument("--case", action="append", choices=list(CASES), help="default: all")
    options = parser.parse_args()
    clips, prior = load_calibration_clips(options.data), load_prior()
    print(
        "| performers' bodies | calibration | position error in cm: median / 90 % / worst "
        "| rotation error in degrees: median / 90 % / worst |"
    )
    print("|---|---|---|---|")
    people = {
        "measured proportions": (clips, True),
        "as captured": (clips, False),
        "measured proportions, people who are not in the training data": (
            load_held_out_calibration_clips(options.data),
            True,
        ),
    }
    for bodies, (takes, measured_bodies) in people.items():
        for name, (settings, t_pose) in CASES.items():
            if options.case and name not in options.case:
                continue
            trials = list(
                run_calibration_trials(
                    takes,
                    options.count,
                    settings,
                    t_pose=t_pose,
                    measured_bodies=measured_bodies,
                    headset=AS_GRIPS if name == GRIPS else None,
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
