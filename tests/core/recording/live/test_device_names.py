# SPDX-License-Identifier: Apache-2.0
"""Let devices return under other serials: their names go on, and a further device gets a name of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from inpose_core.arrays import FloatArray
from inpose_core.body.quaternions import rotate_vector
from inpose_core.recording import load_recording
from inpose_core.recording.live.device_names import Device, DeviceNames
from inpose_core.recording.live.vmc_decoder import CAPTURE_HEADER, VmcDecoder
from tests.core.recording.live.test_vmc import datagrams, message, rows_of
from tests.core.recording.recording_files import moving_person

HEAD_A: Device = ("Hmd", "a")
LEFT, RIGHT = (-0.5, -0.3, 0.1), (0.5, -0.3, 0.1)


def pose(turn_rad: float, place_m: tuple[float, float, float] = (0.0, 0.0, 0.0)) -> tuple[float, ...]:
    """Return the pose of something at a place as seen from a head that has turned."""
    turn = np.array((np.cos(turn_rad / 2), 0.0, np.sin(turn_rad / 2), 0.0))
    at_m: FloatArray = rotate_vector(turn, place_m) + np.array((0.0, 1.6, 0.0))
    return (*at_m.tolist(), *turn[[1, 2, 3, 0]].tolist())


def times_s(begin: float, end: float) -> Iterator[float]:
    yield from np.arange(begin, end, 0.1).tolist()


def test_a_head_with_another_serial_is_the_head() -> None:
    names = DeviceNames()
    for now_s in times_s(0, 2):
        assert names.name(HEAD_A, pose(0), now_s).name == "hmd"
    heard = [names.name(("Hmd", "b"), pose(0), now_s) for now_s in times_s(2, 4)]
    assert heard[0].name == "hmd 2", "the first one might send on"
    assert {each.name for each in heard[6:]} == {"hmd"}
    assert sum(each.is_new for each in heard) == 2
    assert names.name(HEAD_A, pose(0), 4.0).name == "hmd 3", "two at once are two"


def test_two_heads_at_once_are_two() -> None:
    names = DeviceNames()
    for now_s in times_s(0, 4):
        assert names.name(HEAD_A, pose(0), now_s).name == "hmd"
        assert names.name(("Hmd", "b"), pose(0), now_s).name == "hmd 2"
    for now_s in times_s(4, 8):
        assert names.name(("Hmd", "b"), pose(0), now_s).name == "hmd 2", "it is another one"


def test_controllers_return_at_their_sides() -> None:
    """Both come back with other serials, the right one first, after the performer has turned round."""
    names = DeviceNames()
    for now_s in times_s(0, 2):
        names.name(HEAD_A, pose(0), now_s)
        assert names.name(("Con", "l"), pose(0, LEFT), now_s).name == "controller 1"
        assert names.name(("Con", "r"), pose(0, RIGHT), now_s).name == "controller 2"
    for now_s in times_s(3, 4):
        names.name(HEAD_A, pose(np.pi), now_s)
        assert names.name(("Con", "x"), pose(np.pi, RIGHT), now_s).name == "controller 2"
        assert names.name(("Con", "y"), pose(np.pi, LEFT), now_s).name == "controller 1"


def test_a_controller_on_the_table_replaces_no_hand() -> None:
    names = DeviceNames()
    for now_s in times_s(0, 6):
        names.name(HEAD_A, pose(0), now_s)
        if now_s < 2:
            names.name(("Con", "l"), pose(0, LEFT), now_s)
        assert names.name(("Con", "own"), pose(0, RIGHT), now_s).name != "controller 1"
        if now_s > 3:
            assert names.name(("Con", "far"), pose(0, (3.0, -0.8, 0.0)), now_s).name == "controller 3"
    assert names.name(("Con", "l"), pose(0, LEFT), 6.0).name == "controller 1"


@pytest.mark.parametrize("silence_s", [0.0, 2.0])
def test_a_take_goes_on_with_another_headset(tmp_path: Path, silence_s: float) -> None:
    """The new program sends no poses before the avatar's scale: those of the first one must not hide its own."""
    person = moving_person(720)
    decoder, rows = VmcDecoder(), [CAPTURE_HEADER]
    for frame, packet in enumerate(datagrams(person, clock=False)):
        if frame < 360:
            rows += decoder.rows(packet, frame / 90)
    for frame, packet in enumerate(datagrams(person, clock=False, local=False)):
        if frame >= 360:
            rows += decoder.rows(packet.replace(b"LHR-SECRET", b"OCU-SECRET"), frame / 90 + silence_s)
    (tmp_path / "take.live.csv").write_text("\n".join(rows))
    taken = load_recording(tmp_path / "take.live.csv")
    late = taken.times_s - taken.times_s[0] > 4.6 + silence_s
    assert late.sum() > 250
    assert taken.measured[late].all()
    np.testing.assert_allclose(taken.positions_m[-1], person.positions_m[-1], atol=1e-3)


def test_made_up_serials_are_forgotten() -> None:
    decoder = VmcDecoder()
    for number in range(1000):
        rows_of(decoder, 0.01 * number, message("/VMC/Ext/Tra/Pos/Local", f"no {number}", *pose(0)))
    assert len(decoder.state.devices) <= 256
    assert len(decoder._local) <= 256
