# SPDX-License-Identifier: Apache-2.0
"""Pins come back from their file as they were; a wrong file is refused with a sentence."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from inpose_core.body.skeleton import JOINT_NAMES
from inpose_core.errors import PinError
from inpose_core.pins import (
    Pin,
    PinKey,
    PinnedSeat,
    PinnedStance,
    PinSet,
    load_pins,
    pins_from_json,
    pins_to_json,
    save_pins,
)

NUMBERS = st.floats(-100, 100, allow_nan=False)
TIMES = st.lists(st.floats(0, 1000), min_size=2, max_size=4).map(sorted)


@st.composite
def some_pins(draw: st.DrawFn) -> Pin:
    times = draw(TIMES)
    has_position = draw(st.booleans())
    has_rotation = draw(st.booleans()) or not has_position
    keys = tuple(
        PinKey(
            at_s,
            draw(st.tuples(NUMBERS, NUMBERS, NUMBERS)) if has_position else None,
            draw(st.sampled_from([(1.0, 0.0, 0.0, 0.0), (0.0, -1.0, 0.0, 0.0)])) if has_rotation else None,
        )
        for at_s in times
    )
    return Pin(
        draw(st.sampled_from(JOINT_NAMES)),
        times[0],
        times[-1],
        keys,
        draw(st.booleans()),
        draw(st.floats(0, 5)),
        draw(st.booleans()),
    )


@settings(suppress_health_check=[HealthCheck.too_slow])  # a busy machine
@given(
    st.lists(some_pins(), max_size=3),
    st.lists(
        st.builds(lambda start_s, stands: PinnedStance("left", start_s, start_s + 1, stands), NUMBERS, st.booleans())
    ),
    st.lists(st.builds(lambda at_s, x: PinnedSeat(at_s, at_s + 1, (PinKey(at_s, (x, 0.4, 0)),)), NUMBERS, NUMBERS)),
)
def test_pins_come_back(pins: list[Pin], stances: list[PinnedStance], seats: list[PinnedSeat]) -> None:
    asked = PinSet(tuple(pins), tuple(stances), tuple(seats))
    assert pins_from_json(json.loads(json.dumps(pins_to_json(asked)))) == asked


def test_a_file_comes_back(tmp_path: Path) -> None:
    asked = PinSet((Pin("left_foot", 1.0, 1.0, (PinKey(1.0, (0.1, 0.0, 0.2)),)),), (PinnedStance("right", 0.0, 2.0),))
    save_pins(asked, tmp_path / "pins.json")
    assert load_pins(tmp_path / "pins.json") == asked


def test_a_person_can_write_a_short_pin() -> None:
    document: dict[str, Any] = {
        "format": "inpose pins",
        "version": 1,
        "pins": [{"joint": "pelvis", "start_s": 2, "position_m": [0, 1, 0]}],
    }
    document["seats"] = [SEAT]
    assert pins_from_json(document).seats == (PinnedSeat(2.0, 3.0, (PinKey(2.0, (0.0, 0.4, 0.0)),)),)
    (pin,) = pins_from_json(document).pins
    assert pin == Pin("pelvis", 2.0, 2.0, (PinKey(2.0, (0.0, 1.0, 0.0)),))


PIN = {"joint": "pelvis", "start_s": 2, "position_m": [0, 1, 0]}
SEAT = {"start_s": 2, "stop_s": 3, "position_m": [0, 0.4, 0]}
STANCE = {"foot": "left", "start_s": 2, "stop_s": 3}


@pytest.mark.parametrize(
    "document",
    [
        [],
        {"format": "inpose calibration", "version": 1},
        {"format": "inpose pins", "version": 2},
        {"format": "inpose pins", "version": 1, "pins": {}},
        {"format": "inpose pins", "version": 1, "pins": [3]},
        {"format": "inpose pins", "version": 1, "pins": [{"joint": "pelvis"}]},
        {"format": "inpose pins", "version": 1, "pins": [PIN | {"joint": 3}]},
        {"format": "inpose pins", "version": 1, "pins": [PIN | {"position_m": [0, 1]}]},
        {"format": "inpose pins", "version": 1, "pins": [PIN | {"position_m": [0, 1, "x"]}]},
        {"format": "inpose pins", "version": 1, "pins": [PIN | {"rotation_wxyz": [0, 0, 0, 0]}]},
        {"format": "inpose pins", "version": 1, "pins": [PIN | {"start_s": float("nan")}]},
        {"format": "inpose pins", "version": 1, "pins": [PIN | {"soft": 1}]},
        {"format": "inpose pins", "version": 1, "pins": [PIN | {"keys": []}]},
        {"format": "inpose pins", "version": 1, "stances": [{"foot": "left", "start_s": 2, "stop_s": 1}]},
        {"format": "inpose pins", "version": 1, "pins": [PIN] * 10_001},
        {"format": "inpose pins", "version": 1, "stands": []},
        {"format": "inpose pins", "version": 1, "pins": [PIN | {"end_s": 3.0}]},
        {
            "format": "inpose pins",
            "version": 1,
            "pins": [PIN | {"keys": [{"at_s": 2.0, "position_m": [0, 1, 0], "rotation": [1, 0, 0, 0]}]}],
        },
        {"format": "inpose pins", "version": 1, "stances": [STANCE | {"stand": False}]},
        {"format": "inpose pins", "version": 1, "pins": [PIN | {"while_standing": "yes"}]},
        {"format": "inpose pins", "version": 1, "seats": [SEAT | {"position_m": None}]},
        {"format": "inpose pins", "version": 1, "seats": [SEAT | {"height_m": 0.4}]},
        {"format": "inpose pins", "version": 1, "seats": {}},
    ],
)
def test_refuses_what_makes_no_sense(document: Any) -> None:
    with pytest.raises(PinError):
        pins_from_json(document)


def test_refuses_files_that_are_none(tmp_path: Path) -> None:
    with pytest.raises(PinError, match="cannot be read"):
        load_pins(tmp_path / "none.json")
    (tmp_path / "text.json").write_text("{")
    with pytest.raises(PinError, match="not JSON"):
        load_pins(tmp_path / "text.json")
