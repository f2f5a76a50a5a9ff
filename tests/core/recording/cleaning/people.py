# SPDX-License-Identifier: Apache-2.0
"""Make takes to be spoilt: people who never stand still, with the noise of sensors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from inpose_core.body.quaternions import multiply_quaternions, rotvec_to_quaternion
from inpose_core.recording import Recording
from inpose_core.recording.findings import Finding
from tests.core.recording.recording_files import moving_person

RATE_HZ = 72.0


def person(seconds: float = 12.0, noise_m: float = 3e-4, seed: int = 0, rate_hz: float = RATE_HZ) -> Recording:
    """Return a moving person whose sensors are noisy, and who walks about a little."""
    made = moving_person(round(seconds * rate_hz), rate_hz, seed)
    random = np.random.default_rng(seed + 100)
    walk = np.zeros((len(made), 1, 3))
    walk[:, 0, 0], walk[:, 0, 2] = 0.4 * np.sin(0.7 * made.times_s), 0.3 * np.sin(0.9 * made.times_s + 1)
    noise = random.standard_normal((2, len(made), 3, 3))
    return replace(
        made,
        positions_m=made.positions_m + walk + noise_m * noise[0],
        rotations_wxyz=multiply_quaternions(made.rotations_wxyz, rotvec_to_quaternion(3 * noise_m * noise[1])),
    )


def between(take: Recording, start_s: float, stop_s: float) -> slice:
    """Return the frames of a span."""
    first, last = np.searchsorted(take.times_s, (start_s, stop_s))
    return slice(int(first), int(last))


def told(findings: Sequence[Finding]) -> set[tuple[str, int | None]]:
    """Return the kinds and devices that were told."""
    return {(finding.kind, finding.device) for finding in findings}


def turned(yaw_rad: float) -> NDArray[np.float64]:
    """Return a rotation about the vertical."""
    return np.array((np.cos(yaw_rad / 2), 0.0, np.sin(yaw_rad / 2), 0.0))
