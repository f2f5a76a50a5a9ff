# SPDX-License-Identifier: Apache-2.0
"""People whose relaxed stance has bent knees are stood upright; others, and their ankles, stay."""

from dataclasses import replace

import numpy as np

from inpose_core.body.motion import Motion
from inpose_core.body.quaternions import multiply_quaternions
from inpose_core.body.skeleton import JOINT_COUNT, Skeleton
from inpose_core.training.packed import PackedClips
from inpose_core.training.upright import joint_positions, leg_extension, stands_upright, straighten_legs

FRAMES = 240
ANKLES = [7, 8]


def about_x(angle_rad: np.ndarray) -> np.ndarray:
    return np.stack((np.cos(angle_rad / 2), np.sin(angle_rad / 2), 0 * angle_rad, 0 * angle_rad), axis=-1)


def standing_person(knee_deg: float, squats_to_deg: float | None = None) -> PackedClips:
    """Stand with knees bent by an angle, feet flat in place; the second half squats further, if so asked."""
    bend = np.full(FRAMES, np.deg2rad(knee_deg))
    if squats_to_deg is not None:
        bend[FRAMES // 2 :] = np.deg2rad(np.linspace(knee_deg, squats_to_deg, FRAMES - FRAMES // 2))
    wxyz = np.zeros((FRAMES, JOINT_COUNT, 4))
    wxyz[..., 0] = 1
    # Thigh forward and shin back by half of the bend each: the ankle stays below the hip.
    wxyz[:, [1, 2]] = about_x(-bend / 2)[:, None]
    wxyz[:, [4, 5]] = about_x(bend / 2)[:, None]
    body = Skeleton.template()
    root_m = np.zeros((FRAMES, 3))
    root_m[:, 1] = body.sole_height_m - joint_positions(wxyz, body.offsets_m, root_m)[:, 10, 1]
    return PackedClips(
        wxyz=wxyz.astype(np.float32),
        root_m=root_m.astype(np.float32),
        valid=np.ones(FRAMES, dtype=bool),
        length=np.array([FRAMES]),
        offsets_m=body.offsets_m[None].astype(np.float32),
        floor_m=np.array([body.sole_height_m], np.float32),
        generic_skeleton=np.zeros(1, dtype=bool),
        data_set=np.array(["set"]),
        subject=np.array(["somebody"]),
        activity=np.array(["stand"]),
        family=np.array(["own"]),
    )


def knee_flexion_deg(clips: PackedClips) -> np.ndarray:
    positions_m = joint_positions(clips.wxyz, clips.offsets_m[0], clips.root_m)
    return np.rad2deg(2 * np.arccos(np.clip(leg_extension(positions_m, clips.offsets_m[0]), 0, 1)))


def test_bent_knees_of_a_relaxed_stance_are_straightened_and_the_ankles_stay() -> None:
    bent = standing_person(30.0, squats_to_deg=70.0)
    straight = straighten_legs(bent)
    assert 0.9 < straight.scale_of[("set", "somebody")] < 0.98
    before, after = knee_flexion_deg(bent), knee_flexion_deg(straight.clips)
    assert np.abs(before[: FRAMES // 2] - 30).max() < 0.2
    assert after[: FRAMES // 2].max() < 8
    # Whoever squats squats on, a little less far.
    assert 60 < after[-1].min() < 70
    a, b = (joint_positions(c.wxyz, c.offsets_m[0], c.root_m) for c in (bent, straight.clips))
    assert np.abs(a[:, ANKLES] - b[:, ANKLES]).max() < 2e-3
    np.testing.assert_allclose(a[:, [0, 15, 20]], b[:, [0, 15, 20]])
    # The knees bend forwards as they did, and all rotations are rotations.
    assert (b[:, [4, 5], 2] > b[:, [1, 2], 2]).all()
    np.testing.assert_allclose(np.linalg.norm(straight.clips.wxyz, axis=-1), 1, atol=1e-5)


def test_straight_people_are_left_as_they_are() -> None:
    upright = standing_person(5.0, squats_to_deg=90.0)
    same = straighten_legs(upright)
    assert same.scale_of[("set", "somebody")] == 1.0
    np.testing.assert_array_equal(same.clips.wxyz, upright.wxyz)


def test_people_who_never_stand_at_ease_are_left_or_get_the_usual_scale_of_their_set() -> None:
    crouching = standing_person(100.0)
    assert straighten_legs(crouching).scale_of[("set", "somebody")] == 1.0
    walls = standing_person(30.0)
    other = replace(crouching, subject=np.array(["other"]))
    both = PackedClips(**{name: np.concatenate((getattr(walls, name), getattr(other, name))) for name in vars(walls)})
    scales = straighten_legs(both).scale_of
    assert scales[("set", "other")] == scales[("set", "somebody")] < 1.0


def test_standing_is_told_from_moving_and_leaning() -> None:
    clips = standing_person(10.0)
    body = Skeleton(clips.offsets_m[0].astype(float))

    def stands(wxyz: np.ndarray, root_m: np.ndarray) -> float:
        positions_m = joint_positions(wxyz, body.offsets_m, root_m)
        return float(stands_upright(wxyz, positions_m, body.sole_height_m, body.standing_head_height_m).mean())

    assert stands(clips.wxyz, clips.root_m) == 1
    walking = clips.root_m + np.linspace(0, 4, FRAMES)[:, None] * (0, 0, 1)
    assert stands(clips.wxyz, walking) == 0
    lean = about_x(np.full(FRAMES, np.deg2rad(40)))[:, None]
    assert stands(multiply_quaternions(lean, clips.wxyz), clips.root_m) == 0


def test_joint_positions_are_those_of_the_motion() -> None:
    clips = standing_person(20.0)
    motion = Motion(clips.wxyz.astype(float), clips.root_m.astype(float), Skeleton(clips.offsets_m[0]), 60.0)
    np.testing.assert_allclose(
        joint_positions(clips.wxyz, clips.offsets_m[0], clips.root_m), motion.joint_positions_m, atol=1e-5
    )
