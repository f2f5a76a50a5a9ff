# SPDX-License-Identifier: Apache-2.0
"""Mirror takes, apply lists of edits, and store them."""

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inpose_core.body.skeleton import JOINT_INDEX, MIRROR_JOINTS, SENSOR_JOINTS
from inpose_core.editing.applying import apply_edits
from inpose_core.editing.edit import Edit, EditList
from inpose_core.editing.ground import GroundMap, LevelGround
from inpose_core.editing.kinds import KINDS
from inpose_core.editing.mirroring import mirror_of, mirrored_motion, mirrored_pins, mirrored_sensors
from inpose_core.editing.storage import edits_from_json, edits_to_json, load_edits, save_edits
from inpose_core.errors import EditError
from inpose_core.pins import Pin, PinKey, PinnedStance, PinSet
from tests.core.synthetic import perfect_sensors, smooth_motion


@pytest.mark.parametrize("plane", ["heading", "room"])
def test_a_mirrored_mirror_image_is_the_motion(plane) -> None:
    motion = replace(smooth_motion(60), foot_stands=np.random.default_rng(0).random((60, 2)) > 0.5)
    mirror = mirror_of(motion, plane)
    image = mirrored_motion(motion, mirror)
    assert (
        np.abs(image.joint_positions_m - mirror.places(motion.joint_positions_m[:, list(MIRROR_JOINTS)])).max() < 1e-9
    )
    assert np.array_equal(image.foot_stands, motion.foot_stands[:, ::-1])
    again = mirrored_motion(image, mirror_of(image, plane))
    assert np.abs(again.joint_positions_m - motion.joint_positions_m).max() < 1e-6
    assert np.abs(np.abs((again.rotations_wxyz * motion.rotations_wxyz).sum(-1)) - 1).max() < 1e-9


def test_the_sensors_and_pins_of_the_image_are_those_of_the_other_side() -> None:
    motion = smooth_motion(60)
    mirror, sensors = mirror_of(motion, "heading"), perfect_sensors(motion)
    image, seen = mirrored_motion(motion, mirror), mirrored_sensors(sensors, mirror)
    assert np.abs(seen.positions_m - image.joint_positions_m[:, list(SENSOR_JOINTS)]).max() < 1e-9
    turned = np.abs((seen.rotations_wxyz * image.rotations_wxyz[:, list(SENSOR_JOINTS)]).sum(-1))
    assert turned.min() > 1 - 1e-9
    knee_m = tuple(motion.joint_positions_m[30, JOINT_INDEX["left_knee"]].tolist())
    pins = PinSet((Pin("left_knee", 0.5, 0.5, (PinKey(0.5, knee_m),)),), (PinnedStance("right", 0.0, 1.0),))
    asked = mirrored_pins(pins, mirror)
    assert (asked.pins[0].joint, asked.stances[0].foot) == ("right_knee", "left")
    assert asked.pins[0].keys[0].position_m == pytest.approx(image.joint_positions_m[30, JOINT_INDEX["right_knee"]])


def test_muted_edits_change_nothing_and_the_order_counts(walk, walk_sensors) -> None:
    muted = EditList((Edit("exaggerate", 5, 8, muted=True),))
    assert not muted
    assert apply_edits(walk, walk_sensors, muted).motion is walk
    one, other = Edit("exaggerate", 5, 8, 2.0), Edit("smooth", 5, 8, 0.3, hold_hands=False)
    first, second = (apply_edits(walk, walk_sensors, EditList(edits)).motion for edits in ((one, other), (other, one)))
    assert np.abs(first.joint_positions_m - second.joint_positions_m).max() > 1e-3


def test_the_sensors_go_with_the_edited_joints(walk, walk_sensors) -> None:
    edited = apply_edits(walk, walk_sensors, EditList((Edit("ground", ground=LevelGround(0.3)),), "room"))
    wrists = list(SENSOR_JOINTS[1:])
    before = walk.joint_positions_m[:, wrists] - walk_sensors.positions_m[:, 1:3]
    after = edited.motion.joint_positions_m[:, wrists] - edited.sensors.positions_m[:, 1:3]
    assert np.abs(np.linalg.norm(before, axis=-1)[:, ::-1] - np.linalg.norm(after, axis=-1)).max() < 1e-6


def test_an_edit_fades_in_before_its_start_and_out_after_its_end() -> None:
    share = Edit("smooth", 0.5, 1.0, ease_s=0.25).share(smooth_motion(120), 0.0)
    assert (share[30:61] == 1).all()
    assert (share[:15] == 0).all()
    assert (share[76:] == 0).all()
    assert (np.diff(share[15:31]) >= 0).all()
    assert (Edit("smooth").share(smooth_motion(10), 5.0) == 1).all()


@given(
    st.lists(
        st.builds(
            lambda kind, start_s, long_s, by, hold, muted: Edit(
                kind.name, start_s, start_s + long_s, kind.least + by * (kind.most - kind.least), 0.2, hold, muted=muted
            ),
            st.sampled_from(KINDS),
            st.floats(0, 100),
            st.floats(0, 100),
            st.floats(0, 1),
            st.sampled_from([None, True, False]),
            st.booleans(),
        ),
        max_size=4,
    ),
    st.sampled_from([None, "heading", "room"]),
)
def test_edits_come_back(edits, mirror) -> None:
    asked = EditList(tuple(edits), mirror)
    assert edits_from_json(json.loads(json.dumps(edits_to_json(asked)))) == asked


def test_a_map_of_heights_comes_back(tmp_path) -> None:
    ground = GroundMap((-1.0, 2.0), 0.5, np.arange(6.0).reshape(2, 3))
    save_edits(EditList((Edit("ground", ground=ground),)), tmp_path / "edits.json")
    (edit,) = load_edits(tmp_path / "edits.json").edits
    points_m = np.array(((-0.75, 0.0, 2.25), (-1.0, 5.0, 3.0), (9.0, 0.0, 0.0)))
    assert edit.ground.heights_m(points_m) == pytest.approx([2.0, 2.0, np.nan], nan_ok=True)


@pytest.mark.parametrize(
    "edit",
    [
        {"kind": "polish"},
        {"kind": "smooth", "start_s": 3, "stop_s": 2},
        {"kind": "smooth", "amount": 50},
        {"kind": "smooth", "ease_s": -1},
        {"kind": "smooth", "strength": 1},
        {"kind": "ground", "ground": {"origin_m": [0, 0], "step_m": 0, "heights_m": [[0, 0], [0, 0]]}},
    ],
)
def test_an_edit_that_makes_no_sense_is_refused_with_a_sentence(edit) -> None:
    with pytest.raises(EditError):
        edits_from_json({"format": "inpose edits", "version": 1, "edits": [edit]})
