# SPDX-License-Identifier: Apache-2.0
"""Compare guidance methods on the same prior and input, by number of steps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from ..options.solve import SolveSettings
from ..prior.checkpoint import Prior
from ..training.augmentation import scale_free_condition
from .baselines.conditional import ConditionalSettings, ConditionalSystem
from .bodies import BODIES, Body
from .systems import SolverSystem, System

STEP_COUNTS: Final[tuple[int, ...]] = (2, 4, 10, 20, 50)
GUIDANCE_SET: Final[str] = "guidance by steps"
GUIDANCE_BODIES: Final[tuple[Body, ...]] = tuple(
    body for body in BODIES if body.name in {"default", "upper body x 0.7", "upper body x 1.4", "arms x 1.4"}
)
_AS_PUBLISHED: Final[Mapping[str, ConditionalSettings]] = {
    "DPS": ConditionalSettings("dps", see_hands=True, see_head=True),
    "ΠGDM, official recipe": ConditionalSettings("official", see_hands=True, see_head=True),
    "ΠGDM as published": ConditionalSettings("pigdm", see_hands=True, see_head=True),
    "ΠGDM as published, without the hands' reach": ConditionalSettings("pigdm", see_head=True),
    "tangent ΠGDM, exact weight": ConditionalSettings("exact tangent", see_hands=True, see_head=True),
}
_CALIBRATED: Final[Mapping[str, SolveSettings]] = {
    "calibrated tangent, a sample": SolveSettings(device="cpu", variation=1.0, smoothing_frames=0.0, foot_planting=0.0),
    "calibrated tangent, a sample, DPM-Solver++(2M)": SolveSettings(
        device="cpu", sampler="dpmpp_2m", variation=1.0, smoothing_frames=0.0, foot_planting=0.0
    ),
    "calibrated tangent, from nothing": SolveSettings(device="cpu", smoothing_frames=0.0, foot_planting=0.0),
    "the default: from nothing, smoothing, planting": SolveSettings(device="cpu"),
    "the default, without the hands' reach": SolveSettings(device="cpu", use_hand_reach=False),
    "the default, DPM-Solver++(2M)": SolveSettings(device="cpu", sampler="dpmpp_2m"),
}
GUIDANCES: Final[tuple[str, ...]] = (*_AS_PUBLISHED, *_CALIBRATED)


def guided(name: str, steps: int, prior: Prior) -> System:
    """Return a system that guides the prior by one of `GUIDANCES`, with the given number of steps."""
    if name in _AS_PUBLISHED:
        return ConditionalSystem(
            prior,
            scale_free_condition(prior.network.config.condition_size),
            replace(_AS_PUBLISHED[name], steps=steps),
        )
    return SolverSystem(prior, replace(_CALIBRATED[name], steps=steps))
