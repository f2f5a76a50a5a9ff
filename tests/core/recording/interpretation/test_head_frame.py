# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np

from inpose_core.body.quaternions import multiply_quaternions, rotate_vector
from inpose_core.recording.conventions import ReadOptions
from inpose_core.recording.interpretation.interpret import interpret
from inpose_core.recording.tracks import RawTracks
from tests.core.recording.cleaning.people import person, turned


def test_people_in_a_corner_of_the_room_have_their_hands_in_the_room() -> None:
    take = person(20.0)
    times_s = take.times_s
    for hand, speed in ((1, 1.3), (2, 1.7)):
        take.positions_m[:, hand, 0] = take.positions_m[:, 0, 0] + 0.3 * np.cos(speed * times_s)
        take.positions_m[:, hand, 2] = take.positions_m[:, 0, 2] + 0.3 * np.sin(speed * times_s)
    yaw = np.stack([turned(angle) for angle in 2.2 * np.sin(0.5 * times_s)])[:, None]
    positions_m = rotate_vector(yaw, take.positions_m) + np.array((4.0, 0.0, 3.0))
    raw = RawTracks(times_s, positions_m, multiply_quaternions(yaw, take.rotations_wxyz), "test")
    read = interpret(raw, ReadOptions(axes="openxr"), "test")
    assert [finding for finding in read.findings if finding.kind == "hands_in_head_frame"] == []
