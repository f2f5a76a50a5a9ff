# SPDX-License-Identifier: Apache-2.0
import json
from pathlib import Path

import numpy as np
import pytest

from inpose_core.body.skeleton import (
    FOOT_JOINTS,
    JOINT_COUNT,
    JOINT_INDEX,
    JOINT_NAMES,
    MIRROR_JOINTS,
    PARENTS,
    SENSOR_JOINTS,
    Skeleton,
)
from inpose_core.errors import SkeletonError


def document() -> dict[str, dict[str, list[float]]]:
    return json.loads(Skeleton.template().to_json())


def write(folder: Path, content: object) -> Path:
    path = folder / "skeleton.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return path


def test_joints_are_those_of_smpl_parents_first() -> None:
    assert JOINT_COUNT == len(JOINT_NAMES) == len(set(JOINT_NAMES)) == len(PARENTS) == 22
    assert all(parent < joint for joint, parent in enumerate(PARENTS))
    assert [JOINT_NAMES[joint] for joint in SENSOR_JOINTS] == ["head", "left_wrist", "right_wrist"]
    chain, joint = [], JOINT_INDEX["right_wrist"]
    while joint >= 0:
        chain.append(JOINT_NAMES[joint])
        joint = PARENTS[joint]
    assert chain[:4] == ["right_wrist", "right_elbow", "right_shoulder", "right_collar"]
    assert chain[4:] == ["spine3", "spine2", "spine1", "pelvis"]


def test_mirroring_exchanges_left_and_right_and_nothing_else() -> None:
    for name, mirrored in zip(JOINT_NAMES, MIRROR_JOINTS, strict=True):
        swapped = name.replace("left", "#").replace("right", "left").replace("#", "right")
        assert JOINT_NAMES[mirrored] == swapped


@pytest.mark.parametrize("stature_m", [1.2, 1.75, 2.1])
def test_the_template_has_an_adults_proportions(stature_m: float) -> None:
    body = Skeleton.template(stature_m)
    rest_m = body.rest_positions_m
    assert body.stature_m == pytest.approx(stature_m)
    head_height_m = body.standing_head_height_m + body.sole_height_m
    assert 0.86 * stature_m < head_height_m < 0.91 * stature_m
    assert 0.44 * stature_m < body.leg_length_m < 0.52 * stature_m
    assert 0.28 * stature_m < body.arm_length_m < 0.34 * stature_m
    wrist_span_m = rest_m[JOINT_INDEX["left_wrist"], 0] - rest_m[JOINT_INDEX["right_wrist"], 0]
    assert 0.74 * stature_m < wrist_span_m < 0.84 * stature_m
    np.testing.assert_allclose(rest_m[list(MIRROR_JOINTS)] * (-1, 1, 1), rest_m, atol=1e-12)
    # Facing +Z: the toes are in front of the ankles, the left hand is at +X.
    assert (rest_m[[10, 11], 2] > rest_m[[7, 8], 2] + 0.05).all()
    assert rest_m[JOINT_INDEX["left_wrist"], 0] > 0.3 * stature_m
    assert set(np.argsort(rest_m[:, 1])[:4]) == set(FOOT_JOINTS)


def test_scaling_scales_every_length() -> None:
    body, twice = Skeleton.template(), Skeleton.template().scaled(2.0)
    for name in ("standing_head_height_m", "leg_length_m", "arm_length_m", "sole_height_m", "stature_m"):
        assert getattr(twice, name) == pytest.approx(2 * getattr(body, name))
    np.testing.assert_allclose(twice.rest_positions_m, 2 * body.rest_positions_m)


def test_a_skeleton_survives_its_json(tmp_path: Path) -> None:
    body = Skeleton.template(1.83)
    read = Skeleton.from_json_file(write(tmp_path, body.to_json()))
    np.testing.assert_allclose(read.offsets_m, body.offsets_m, atol=1e-6)


def test_a_skeleton_needs_no_pelvis_and_ignores_its_offset_and_other_joints(tmp_path: Path) -> None:
    content = document()
    content["joints"]["pelvis"] = [0.0, 1.0, 0.0]
    content["joints"]["tail"] = [0.0, 0.0, -1.0]
    shifted = Skeleton.from_json_file(write(tmp_path, content))
    del content["joints"]["pelvis"]
    without = Skeleton.from_json_file(write(tmp_path, content))
    np.testing.assert_array_equal(shifted.offsets_m, without.offsets_m)
    np.testing.assert_array_equal(shifted.offsets_m[0], 0.0)


def test_a_skeleton_keeps_its_own_copy_and_cannot_be_changed() -> None:
    offsets_m = Skeleton.template().offsets_m.copy()
    body = Skeleton(offsets_m)
    offsets_m[5] = 9.0
    np.testing.assert_array_equal(body.offsets_m, Skeleton.template().offsets_m)
    with pytest.raises(ValueError, match="read-only"):
        body.offsets_m[5] = 9.0


# What is refused.


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    for path in (tmp_path / "none.json", tmp_path):
        with pytest.raises(SkeletonError, match="cannot be read"):
            Skeleton.from_json_file(path)


@pytest.mark.parametrize("content", ["", "{", "joints: yes", "[1, 2", '{"joints": }'])
def test_text_that_is_not_json_is_told(tmp_path: Path, content: str) -> None:
    with pytest.raises(SkeletonError, match="not valid JSON"):
        Skeleton.from_json_file(write(tmp_path, content))


def test_bytes_that_are_not_text_are_told(tmp_path: Path) -> None:
    path = tmp_path / "skeleton.json"
    path.write_bytes(bytes(range(256)))
    with pytest.raises(SkeletonError, match="not valid JSON"):
        Skeleton.from_json_file(path)


@pytest.mark.parametrize("content", [{}, [], 3, None, {"joints": []}, {"joints": None}, {"bones": {}}])
def test_json_without_joints_is_told(tmp_path: Path, content: object) -> None:
    with pytest.raises(SkeletonError, match='has no "joints"'):
        Skeleton.from_json_file(write(tmp_path, content))


def test_missing_joints_are_named(tmp_path: Path) -> None:
    content = document()
    del content["joints"]["neck"], content["joints"]["right_wrist"]
    with pytest.raises(SkeletonError, match="lacks neck, right_wrist"):
        Skeleton.from_json_file(write(tmp_path, content))


@pytest.mark.parametrize("offset", [[1, 2], [0, 1, 2, 3], 5, "abc", ["x", "y", "z"], [[0, 0, 0]], None, {"x": 1}])
def test_an_offset_that_is_not_three_numbers_is_told(tmp_path: Path, offset: object) -> None:
    content: dict[str, dict[str, object]] = {"joints": {**document()["joints"], "left_knee": offset}}
    with pytest.raises(SkeletonError, match="not three numbers"):
        Skeleton.from_json_file(write(tmp_path, content))


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_a_number_that_is_not_finite_is_told_with_its_joint(tmp_path: Path, number: str) -> None:
    content = json.dumps({"joints": {**document()["joints"], "left_knee": ["?", 0, 0]}}).replace('"?"', number)
    with pytest.raises(SkeletonError, match="left_knee is not a finite number"):
        Skeleton.from_json_file(write(tmp_path, content))


@pytest.mark.parametrize("shape", [(21, 3), (22, 2), (22,), (1, 22, 3)])
def test_other_shapes_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(SkeletonError, match="22 joint offsets"):
        Skeleton(np.ones(shape))


@pytest.mark.parametrize("factor", [0.01, 100.0, -1.0, 0.0])
def test_a_body_in_another_unit_or_upside_down_is_refused(factor: float) -> None:
    with pytest.raises(SkeletonError, match="head of this skeleton"):
        Skeleton(Skeleton.template().offsets_m * factor)


def test_a_body_with_z_up_is_refused() -> None:
    with pytest.raises(SkeletonError, match="head of this skeleton"):
        Skeleton(Skeleton.template().offsets_m[:, [0, 2, 1]] * (1, -1, 1))


@pytest.mark.parametrize(("side", "joint"), [("left", "left_elbow"), ("right", "right_wrist")])
def test_an_arm_without_length_is_refused(side: str, joint: str) -> None:
    offsets_m = Skeleton.template().offsets_m.copy()
    offsets_m[JOINT_INDEX[joint]] = 0.0
    with pytest.raises(SkeletonError, match=f"{side} arm"):
        Skeleton(offsets_m)


def test_legs_without_length_are_refused() -> None:
    """A velocity in leg lengths per second would not be finite, and nor would the motion."""
    offsets_m = Skeleton.template().offsets_m.copy()
    offsets_m[[10, 11]] += offsets_m[[4, 5]] + offsets_m[[7, 8]]
    offsets_m[[4, 5, 7, 8]] = 0.0
    with pytest.raises(SkeletonError, match="legs"):
        Skeleton(offsets_m)
