# SPDX-License-Identifier: Apache-2.0
"""A stretch of another motion goes in without a jump, and nothing else changes."""

import numpy as np
import pytest

from inpose_core.body.quaternions import geodesic_angle
from inpose_core.body.skeleton import JOINT_INDEX
from inpose_core.pins.blending import BLEND_FRAMES, FARTHEST_FRAMES, with_stretch
from tests.core.synthetic import smooth_motion

MARGIN = BLEND_FRAMES + FARTHEST_FRAMES


@pytest.fixture(scope="module")
def motions():
    return smooth_motion(600, seed=1), smooth_motion(600, seed=2)


def test_the_stretch_is_the_other_motion_and_the_rest_is_as_before(motions) -> None:
    motion, other = motions
    start, stop = 250, 320
    patched = with_stretch(motion, other.part(slice(100, 500)), 100, start, stop)
    new = patched.motion
    assert geodesic_angle(new.rotations_wxyz[start:stop], other.rotations_wxyz[start:stop]).max() < 1e-6
    assert start - MARGIN <= patched.start <= start - BLEND_FRAMES + 1
    assert stop + BLEND_FRAMES - 1 <= patched.stop <= stop + MARGIN
    for outside in (slice(0, patched.start), slice(patched.stop, None)):
        assert np.array_equal(np.abs(new.rotations_wxyz[outside]), np.abs(motion.rotations_wxyz[outside]))
        assert np.array_equal(new.root_translation_m[outside], motion.root_translation_m[outside])


def test_neither_pose_nor_velocity_jumps(motions) -> None:
    motion, other = motions
    new = with_stretch(motion, other.part(slice(100, 500)), 100, 250, 320).motion

    def speed(of):
        return geodesic_angle(of.rotations_wxyz[1:], of.rotations_wxyz[:-1])

    # A transition of half a second from one pose to another takes some speed, but no step has a jump.
    across = geodesic_angle(motion.rotations_wxyz, other.rotations_wxyz).max()
    usual = max(speed(motion).max(), speed(other).max())
    assert speed(new).max() < usual + 2 * across / BLEND_FRAMES
    turns = np.abs(np.diff(speed(new), axis=0)).max()
    assert turns < np.abs(np.diff(speed(motion), axis=0)).max() + 8 * across / BLEND_FRAMES**2


def test_the_head_stays_between_the_two(motions) -> None:
    motion, other = motions
    new = with_stretch(motion, other.part(slice(100, 500)), 100, 250, 320).motion
    heads = [m.joint_positions_m[:, JOINT_INDEX["head"]] for m in (motion, other, new)]
    apart = np.linalg.norm(heads[0] - heads[1], axis=-1)
    assert (np.linalg.norm(heads[2] - heads[0], axis=-1) <= apart + 1e-9).all()


def test_a_stretch_at_the_end_needs_no_transition_there(motions) -> None:
    motion, other = motions
    patched = with_stretch(motion, other.part(slice(300, 600)), 300, 560, 600)
    assert patched.stop == 600
    assert geodesic_angle(patched.motion.rotations_wxyz[560:], other.rotations_wxyz[560:]).max() < 1e-6
    patched = with_stretch(motion, other.part(slice(0, 300)), 0, 0, 20)
    assert patched.start == 0
    assert geodesic_angle(patched.motion.rotations_wxyz[:20], other.rotations_wxyz[:20]).max() < 1e-6
