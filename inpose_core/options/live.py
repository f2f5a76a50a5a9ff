# SPDX-License-Identifier: Apache-2.0
"""The options of solving live."""

from __future__ import annotations

from dataclasses import dataclass

from ..errors import RecordingError
from .table import OptionTable, option


@dataclass(frozen=True)
class LiveOptions(OptionTable):
    """Set the delay of live poses, and how long the calibration takes.

    Raises:
        RecordingError: a value does not fit.
    """

    title = "Live"
    sentence = "How the character follows a performer who moves now."
    error = RecordingError

    lookahead_s: float = option(
        0.05,
        "How much later the poses come. What comes after a moment makes its pose better",
        label="Delay",
        minimum=0.0,
        maximum=0.2,
        unit="s",
    )
    countdown_s: float = option(
        5.0,
        "Time to get into the T-pose, before InPose measures",
        label="Countdown",
        minimum=0.0,
        maximum=60.0,
        soft_maximum=15.0,
        unit="s",
    )
    hold_s: float = option(
        3.0,
        "How long the performer holds the T-pose",
        label="Hold",
        minimum=1.0,
        maximum=60.0,
        soft_maximum=10.0,
        unit="s",
        flag="calibrate-for",
    )
