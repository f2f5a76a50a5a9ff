# SPDX-License-Identifier: Apache-2.0
"""What somebody does is told from the motion, and how often it is drawn follows the shares."""

import numpy as np
import pytest

from inpose_core.body.skeleton import Skeleton
from inpose_core.training.packed import PackedClips
from inpose_core.training.situations import SHARES, Situation, frame_weights, situations
from tests.core.training.test_upright import FRAMES, about_x, joint_positions, standing_person

AHEAD = np.tile((0.0, 1.0), (FRAMES, 1))


def what(
    root_shift_m: np.ndarray | float = 0.0, heading: np.ndarray = AHEAD, activity: str = "", lifted: int | None = None
) -> Situation:
    """Return the situation in the middle of a clip of somebody who stands, moved along a path."""
    clips = standing_person(10.0)
    body = Skeleton(clips.offsets_m[0].astype(float))
    positions_m = joint_positions(clips.wxyz, body.offsets_m, clips.root_m + np.asarray(root_shift_m))
    if lifted is not None:
        positions_m[:, [lifted, lifted + 3], 1] += 0.3
    labels = situations(
        positions_m, heading, body.sole_height_m, body.leg_length_m, body.standing_head_height_m, activity
    )
    return Situation(labels[FRAMES // 2])


def path(speed_m_s: float, direction: tuple[float, float, float]) -> np.ndarray:
    return np.arange(FRAMES)[:, None] / 60 * speed_m_s * np.array(direction)


def test_travel_is_told_by_speed_and_direction() -> None:
    ahead, left = (0.0, 0.0, 1.0), (1.0, 0.0, 0.0)
    assert what() == Situation.GESTURE
    assert what(activity="salsa dance") == Situation.DANCE
    assert what(path(1.2, ahead)) == Situation.WALK
    assert what(path(-1.0, ahead)) == Situation.BACKWARDS
    assert what(path(0.8, left)) == Situation.SIDEWAYS
    assert what(path(3.0, ahead)) == Situation.RUN


def test_turning_on_the_spot_and_a_lifted_foot_are_told() -> None:
    angle = np.arange(FRAMES) / 60 * np.deg2rad(120)
    assert what(heading=np.stack((np.sin(angle), np.cos(angle)), axis=-1)) == Situation.TURN
    assert what(lifted=7) == Situation.FOOT_UP
    assert what(lifted=8) == Situation.FOOT_UP


def test_flight_is_told_by_both_feet_above_where_they_stand() -> None:
    hop = np.zeros((FRAMES, 3))
    middle = np.abs(np.arange(FRAMES) - FRAMES // 2) < 15
    hop[middle, 1] = 0.25
    assert what(hop) == Situation.JUMP
    stairs = np.full((FRAMES, 3), (0.0, 0.4, 0.0))
    assert what(stairs) == Situation.GESTURE  # a floor that was misjudged is no flight


def test_sitting_has_level_thighs_and_an_upright_trunk() -> None:
    clips = standing_person(10.0)
    body = Skeleton(clips.offsets_m[0].astype(float))
    wxyz = clips.wxyz.copy()
    wxyz[:, [1, 2]] = about_x(np.full(FRAMES, -np.pi / 2))[:, None]
    wxyz[:, [4, 5]] = about_x(np.zeros(FRAMES))[:, None]
    root_m = clips.root_m - (0.0, 0.4, 0.0)
    positions_m = joint_positions(wxyz, body.offsets_m, root_m)
    labels = situations(positions_m, AHEAD, 0.02, body.leg_length_m, body.standing_head_height_m, "")
    assert set(labels.tolist()) == {Situation.SIT}


def drawn(labels: np.ndarray, length: list[int], valid: np.ndarray, data_set: list[str]) -> np.ndarray:
    count = len(length)
    empty = np.zeros((sum(length), 22, 4), np.float32)
    clips = PackedClips(
        wxyz=empty,
        root_m=empty[:, 0, :3],
        valid=valid,
        length=np.array(length),
        offsets_m=np.zeros((count, 22, 3), np.float32),
        floor_m=np.zeros(count, np.float32),
        generic_skeleton=np.zeros(count, dtype=bool),
        data_set=np.array(data_set),
        subject=np.array([str(i) for i in range(count)]),
        activity=np.array(["a"] * count),
        family=np.array([""] * count),
    )
    return frame_weights(clips, labels.astype(np.int8))


def test_situations_are_drawn_by_their_shares_and_rare_ones_not_by_heart() -> None:
    labels = np.repeat([Situation.WALK, Situation.GESTURE, Situation.RUN], [5000, 4990, 10])
    weights = drawn(labels, [10000], np.ones(10000, dtype=bool), ["x"])
    assert weights.sum() == pytest.approx(1)
    share = [weights[labels == s].sum() for s in (Situation.WALK, Situation.GESTURE, Situation.RUN)]
    assert share[0] / share[1] == pytest.approx(SHARES[Situation.WALK] / SHARES[Situation.GESTURE])
    # Ten frames are a thousandth of the data: at most eight times as often are they drawn.
    assert share[2] / (share[0] + share[1]) < 0.03


def test_long_takes_count_by_the_square_root_and_glitches_not_at_all() -> None:
    labels = np.zeros(500, np.int8)
    valid = np.ones(500, dtype=bool)
    valid[450:] = False
    weights = drawn(labels, [400, 100], valid, ["x", "y"])
    assert weights[:400].sum() / weights[400:].sum() == pytest.approx(np.sqrt(400) / (np.sqrt(100) / 2))
    assert (weights[450:] == 0).all()
    by_hand = drawn(labels, [250, 250], np.ones(500, dtype=bool), ["x", "authored"])
    assert by_hand[250:].sum() < 0.4 * by_hand[:250].sum()
