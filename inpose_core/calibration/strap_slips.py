# SPDX-License-Identifier: Apache-2.0
"""Tell trackers whose straps slip in the course of a take."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from ..body.skeleton import JOINT_NAMES
from ..recording.findings import Finding
from ..recording.sensors import Sensors
from .strap_motion import StrappedTracker

_LARGE_M: Final[float] = 0.06
"""A strap that slips less is not told. In 6 takes of half a minute of people who train the prior, with eight trackers
that did not slip, one foot seemed to slip by 5 cm, all others by less than 3."""


def slip_findings(trackers: Sequence[StrappedTracker], sensors: Sensors) -> tuple[Finding, ...]:
    """Return a finding for each tracker that slips far.

    Args:
        trackers: after `refine_straps`.
        sensors: for the times, and whether the take has more than a few frames.
    """
    findings = []
    for tracker in trackers:
        if tracker.slip_m is None or not len(tracker.slip_m):
            continue
        slipped_m = float(np.linalg.norm(np.ptp(tracker.slip_m, axis=0)))
        if slipped_m > _LARGE_M:
            findings.append(
                Finding(
                    "strap_slips",
                    f"The tracker {tracker.name} ({JOINT_NAMES[tracker.strap.joint].replace('_', ' ')}) slips by about "
                    f"{100 * slipped_m:.0f} cm on the body during the take. InPose takes this into account. "
                    "Fasten its strap for the next take.",
                    "repaired",
                    start_s=sensors.start_s,
                    stop_s=sensors.start_s + len(sensors) / sensors.fps,
                )
            )
    return tuple(findings)
