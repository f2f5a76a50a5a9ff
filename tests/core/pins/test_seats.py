# SPDX-License-Identifier: Apache-2.0
"""A body that is put on a seat sits there: pelvis on the seat, thighs level, feet on the floor."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from inpose_core.body.skeleton import ANKLE_JOINTS, HIP_JOINTS, JOINT_INDEX, KNEE_JOINTS, Skeleton
from inpose_core.calibration import CalibrationSettings, calibrate
from inpose_core.errors import PinError
from inpose_core.pins import PinKey, PinnedSeat, PinSet, pelvis_above_seat_m, spelled_out
from inpose_core.pins.asking import with_pins
from inpose_core.pins.reaching import as_far_as_reached
from inpose_core.pins.solving import missed_pins, solve_again
from inpose_core.recording import load_recording
from inpose_core.solver.solving import solve

EXAMPLE = Path(__file__).resolve().parents[3] / "examples" / "walk_wave_crouch.csv"


@pytest.fixture(scope="module")
def sensors() -> Any:
    return calibrate(load_recording(EXAMPLE), Skeleton.template(), CalibrationSettings()).sensors


@pytest.fixture(scope="module")
def motion(sensors: Any) -> Any:
    return solve(sensors, Skeleton.template())


def seat_below(motion: Any, sensors: Any) -> tuple[int, PinnedSeat]:
    """Return the frame of the deepest crouch, and a seat below the pelvis for a second around it."""
    frame = int(motion.root_translation_m[:, 1].argmin())
    x, y, z = motion.root_translation_m[frame].tolist()
    at_s = sensors.start_s + frame / 60
    height_m = max(y - pelvis_above_seat_m(motion.skeleton), 0.3)
    return frame, PinnedSeat(at_s - 0.5, at_s + 0.5, (PinKey(at_s, (x, height_m, z)),))


def test_the_body_sits_on_its_seat(motion: Any, sensors: Any) -> None:
    frame, seat = seat_below(motion, sensors)
    again = solve_again(motion, sensors, PinSet(seats=(seat,)))
    places_m = again.motion.joint_positions_m[frame]
    on_seat_m = np.add(seat.keys[0].position_m, (0, pelvis_above_seat_m(motion.skeleton), 0))
    assert np.linalg.norm(places_m[0] - on_seat_m) < 0.03
    level = np.abs(places_m[list(KNEE_JOINTS), 1] - places_m[list(HIP_JOINTS), 1])
    assert (level < 0.25).all(), "the thighs are about level"
    assert (places_m[list(ANKLE_JOINTS), 1] < 0.15).all(), "the feet are on the floor"
    assert again.motion.foot_stands[frame].all()
    hands = [JOINT_INDEX["left_wrist"], JOINT_INDEX["right_wrist"]]
    assert np.abs(places_m[hands] - motion.joint_positions_m[frame, hands]).max() < 0.02


@pytest.mark.parametrize("below_m", [0.0, 0.06], ids=["reached", "out of reach"])
def test_a_body_sits_as_long_as_it_reaches_the_seat(motion: Any, sensors: Any, below_m: float) -> None:
    frame, seat = seat_below(motion, sensors)
    x, _, z = seat.keys[0].position_m
    y = motion.root_translation_m[frame, 1] - pelvis_above_seat_m(motion.skeleton) - below_m
    # The pelvis still comes down, and gets up already, within this second and a half.
    seat = PinnedSeat(seat.start_s - 0.25, seat.stop_s + 0.25, (PinKey(seat.start_s, (x, y, z)),))
    pins = spelled_out(PinSet(seats=(seat,)), motion, sensors.start_s)
    assert missed_pins(motion, pins, sensors.start_s)[0].off_m > 0.08
    reached = as_far_as_reached(pins, solve_again(motion, sensors, pins).motion, sensors.start_s)
    (shorter,) = reached.seats
    assert seat.start_s + 0.1 < shorter.start_s < sensors.start_s + frame / 60 < shorter.stop_s < seat.stop_s - 0.1
    assert spelled_out(reached, motion, sensors.start_s) == reached, "the pin of the pelvis has the same frames"
    missed = solve_again(motion, sensors, pins).missed
    if below_m == 0.0:
        assert not missed, "nothing is said of the way down"
    else:
        assert len(missed) == 1
        assert missed[0].off_m < below_m, "what is told is how far away the seat is, and not the way down"


def test_a_seat_that_moves_is_reached_where_the_pelvis_follows_it(motion: Any, sensors: Any) -> None:
    frame, above_m = 400, pelvis_above_seat_m(motion.skeleton)
    path_m = motion.root_translation_m - (0.0, above_m, 0.0)
    path_m[frame - 30 : frame - 10] += (0.0, 0.2, 0.0)
    times_s = (sensors.start_s + np.arange(len(motion)) / 60).tolist()
    keys = tuple(PinKey(times_s[k], tuple(path_m[k].tolist())) for k in range(frame - 30, frame + 31))
    seat = PinnedSeat(keys[0].at_s, keys[-1].at_s, keys)
    (shorter,) = as_far_as_reached(PinSet(seats=(seat,)), motion, sensors.start_s).seats
    assert shorter.start_s == pytest.approx(times_s[frame - 10])
    assert shorter.stop_s == seat.stop_s


def test_a_seat_is_a_pin_of_the_pelvis_and_says_that_one_sits(motion: Any, sensors: Any) -> None:
    frame, seat = seat_below(motion, sensors)
    spelled = spelled_out(PinSet(seats=(seat,)), motion, sensors.start_s)
    assert [pin.joint for pin in spelled.pins] == ["pelvis"]
    assert spelled_out(spelled, motion, sensors.start_s) == spelled
    seated = with_pins(sensors, spelled).seated
    assert seated[frame]
    assert not seated[: frame - 70].any()


@pytest.mark.parametrize("keys", [(), (PinKey(1.0),), (PinKey(1.0, (0, 0, 0), (1, 0, 0, 0)),)])
def test_a_seat_needs_a_place(keys: tuple[PinKey, ...]) -> None:
    with pytest.raises(PinError):
        PinnedSeat(1.0, 2.0, keys)
