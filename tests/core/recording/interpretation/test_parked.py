# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pytest

from inpose_core.recording.conventions import ReadOptions
from inpose_core.recording.interpretation.interpret import interpret
from inpose_core.recording.interpretation.parked import find_parked
from inpose_core.recording.tracks import RawTracks
from tests.core.recording.recording_files import moving_person


@pytest.mark.parametrize("unit", [1.0, 100.0])
@pytest.mark.parametrize(("place_m", "noise_m"), [((0, -10, 0), 0), ((0, -3, 0), 0.002), ((0.5, 0, 1.5), 0)])
def test_parked_hands_are_found_in_any_unit(place_m: tuple[float, ...], noise_m: float, unit: float) -> None:
    person = moving_person(600)
    lost = np.zeros((600, 3), dtype=np.bool_)
    lost[100:250, 2] = lost[300:500, 2] = lost[450:600, 1] = True
    noise = noise_m * np.random.default_rng(0).standard_normal((lost.sum(), 3))
    person.positions_m[lost] = np.array(place_m) + noise
    np.testing.assert_array_equal(find_parked(person.positions_m * unit), lost)


def test_nothing_is_parked_where_people_move_or_stand_still() -> None:
    person = moving_person(600)
    person.positions_m[200:400] = person.positions_m[200]  # an animation that stands
    person.positions_m[400:] += person.positions_m[200] - person.positions_m[400]
    assert not find_parked(person.positions_m).any()


def test_parked_hands_do_not_decide_unit_and_floor() -> None:
    person = moving_person(600)
    person.positions_m[100:400, 1:] = (0.0, -10.0, 0.0)
    raw = RawTracks(person.times_s, person.positions_m, person.rotations_wxyz, "test")
    read = interpret(raw, ReadOptions(), "test")
    guesses = {guess.name: guess.value for guess in read.guesses}
    assert (guesses["unit"], guesses["origin"]) == ("m", "floor")
    # What was parked is still there, for cleaning to tell.
    assert read.measured.all()


def test_hands_that_are_often_at_the_face_are_not_parked_elsewhere() -> None:
    person = moving_person(600, 20.0)
    share = np.random.default_rng(0).uniform(0.08, 1.0, 600)
    apart_m = person.positions_m[:, 1:] - person.positions_m[:, :1]
    person.positions_m[:, 1:] = person.positions_m[:, :1] + share[:, None, None] * apart_m
    assert not find_parked(person.positions_m).any()
