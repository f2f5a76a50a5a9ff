# SPDX-License-Identifier: Apache-2.0
"""Headsets that nobody wears: on a desk at first, in the middle, at the end, or held in the hands."""

from __future__ import annotations

import numpy as np
import pytest

from inpose_core.body.quaternions import multiply_quaternions, rotvec_to_quaternion, slerp
from inpose_core.options.reading import ReadOptions
from inpose_core.recording import Recording
from inpose_core.recording.cleaning.clean import clean_recording
from inpose_core.recording.trimming import trim_recording
from tests.core.recording.cleaning.people import between, person, told

DESK_M = np.array([[0.4, 0.8, -0.5], [0.2, 0.78, -0.6], [0.6, 0.78, -0.6]])
TILTED = rotvec_to_quaternion(np.array([[-1.2, 0.3, 0.1], [-1.4, 0.1, 0.0], [-1.4, -0.2, 0.1]]))


def laid_down(take: Recording, start_s: float, stop_s: float, noise_m: float = 5e-4) -> Recording:
    """Put all devices on a desk for a while; it takes a second to put them there and to take them up."""
    away = np.clip(np.minimum(take.times_s - start_s, stop_s - take.times_s) + 1, 0, 1)[:, None, None]
    away = away * away * (3 - 2 * away)
    noise = noise_m * np.random.default_rng(1).standard_normal((2, len(take), 3, 3))
    desk_wxyz = multiply_quaternions(TILTED, rotvec_to_quaternion(2 * noise[1]))
    take.positions_m[:] += away * (DESK_M + noise[0] - take.positions_m)
    take.rotations_wxyz[:] = slerp(take.rotations_wxyz, desk_wxyz, away)
    return take


@pytest.mark.parametrize("noise_m", [0.0, 5e-4])
@pytest.mark.parametrize(
    ("span_s", "trim_s"), [((-9.0, 4.0), (5.0, 16.0)), ((12.0, 99.0), (0.0, 11.0)), ((6.0, 9.0), None)]
)
def test_what_a_headset_does_on_a_desk_is_no_motion(
    span_s: tuple[float, float], trim_s: tuple[float, float] | None, noise_m: float
) -> None:
    take = laid_down(person(16.0), *span_s, noise_m)
    cleaned = clean_recording(take)
    assert told(cleaned.findings) == {("not_worn", None)}
    assert not cleaned.measured[between(take, *span_s)].any()
    outside = np.ones(len(take), dtype=np.bool_)
    outside[between(take, span_s[0] - 1.1, span_s[1] + 1.1)] = False
    assert cleaned.measured[outside].all()
    trimmed = trim_recording(cleaned, ReadOptions())
    assert trimmed.trim_s == (trim_s and pytest.approx(trim_s, abs=0.5))
    # The user's own trim stays as it is.
    whole = ReadOptions(trim_start_s=0.0, trim_end_s=99.0)
    assert trim_recording(cleaned, whole).trim_s == (0.0, cleaned.duration_s)


def test_a_headset_in_the_hands_is_not_worn() -> None:
    take = person(16.0)
    away = np.clip(5.0 - take.times_s, 0, 1)[:, None, None]
    wander = 0.03 * np.sin(take.times_s[:, None] * (1.1, 1.7, 2.3))[:, None]
    held_m = np.array([[0.0, 1.05, 0.0], [-0.12, 1.0, 0.0], [0.12, 1.0, 0.0]]) + wander
    take.positions_m[:] += away * (held_m - take.positions_m)
    take.rotations_wxyz[:, 0] = slerp(take.rotations_wxyz[:, 0], np.broadcast_to(TILTED[0], (len(take), 4)), away[:, 0])
    cleaned = clean_recording(take)
    assert told(cleaned.findings) == {("not_worn", None)}
    assert cleaned.findings[0].stop_s == pytest.approx(4.7, abs=0.5)


def test_people_who_crouch_or_lie_still_wear_their_headset() -> None:
    take = person(16.0)
    low = np.clip(np.minimum(take.times_s - 4, 12 - take.times_s), 0, 1)
    take.positions_m[..., 1] -= 0.6 * (low * low * (3 - 2 * low))[:, None]
    assert clean_recording(take).findings == ()
