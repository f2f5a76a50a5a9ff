# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import warnings

import numpy as np
import pytest

from inpose_core.recording.cleaning.stillness import find_still
from tests.core.recording.cleaning.people import between, person


def test_a_thing_among_losses_is_found_without_warnings() -> None:
    take = person()
    part = between(take, 4.0, 8.0)
    take.positions_m[part, 1] = take.positions_m[part.start, 1]
    known = take.measured[:, 1]
    known[part.start + 60 : part.start + 90] = known[part.start + 92 : part.start + 130] = False
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        spans = find_still(take.times_s, take.positions_m[:, 1], known)
    assert [(span.start, span.stop) for span in spans] == [(part.start, part.stop)]


@pytest.mark.parametrize("rate_hz", [20.0, 60.0, 120.0])
@pytest.mark.parametrize("braking_m_s2", [3.0, 30.0])
def test_whoever_brakes_does_not_stop_abruptly(rate_hz: float, braking_m_s2: float) -> None:
    times_s = np.arange(0, 4, 1 / rate_hz)
    left_s = np.clip(2.003 - times_s, 0, 0.5)
    places_m = np.zeros((len(times_s), 3))
    places_m[:, 0] = -0.5 * braking_m_s2 * left_s**2 - 0.5 * braking_m_s2 * np.clip(1.503 - times_s, 0, None)
    (span,) = find_still(times_s, places_m, np.ones(len(times_s), dtype=np.bool_))
    assert not span.abrupt
    assert not span.leaps
    stopped = places_m[np.minimum(np.arange(len(times_s)), round(1.8 * rate_hz))]
    (span,) = find_still(times_s, stopped, np.ones(len(times_s), dtype=np.bool_))
    assert span.abrupt or span.leaps
