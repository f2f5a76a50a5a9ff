# SPDX-License-Identifier: Apache-2.0
"""Straps are refined by the motion, and straps that slip are followed and told."""

from dataclasses import replace

import numpy as np
import pytest

from inpose_core.body.motion import Motion
from inpose_core.body.quaternions import (
    conjugate_quaternion,
    geodesic_angle,
    multiply_quaternions,
    rotate_vector,
    rotvec_to_quaternion,
)
from inpose_core.body.skeleton import ANKLE_JOINTS, KNEE_JOINTS, PELVIS_JOINT, SENSOR_JOINTS, Skeleton
from inpose_core.calibration.rigid import RigidOffset
from inpose_core.calibration.strap_motion import StrappedTracker, refine_straps
from inpose_core.calibration.strap_slips import slip_findings
from inpose_core.calibration.straps import Strap
from inpose_core.demo.example import choreograph
from inpose_core.options.solve import SolveSettings
from inpose_core.recording.sensors import Sensors
from inpose_core.solver.solving import solve

BODY = Skeleton.template(1.75)
STRAP = RigidOffset(np.array((0.03, 0.02, -0.04)), rotvec_to_quaternion(np.array((0.3, 1.1, -0.4))))
"""A joint in its tracker's frame."""
FOOT, KNEE = ANKLE_JOINTS[0], KNEE_JOINTS[0]
DEVIATIONS_M = np.array((0.045, 0.015, 0.04))


@pytest.fixture(scope="module")
def walker() -> Motion:
    """A person who walks, waves and crouches, four times to and fro: 68 seconds."""
    once = solve(choreograph(BODY), BODY, SolveSettings(device="cpu"))
    wxyz, root_m = once.rotations_wxyz, once.root_translation_m
    return replace(
        once,
        rotations_wxyz=np.concatenate((wxyz, wxyz[::-1], wxyz, wxyz[::-1])),
        root_translation_m=np.concatenate((root_m, root_m[::-1], root_m, root_m[::-1])),
    )


def sensors_of(motion: Motion) -> Sensors:
    joints = list(SENSOR_JOINTS)
    measured = np.ones((len(motion), 3), np.bool_)
    return Sensors(motion.joint_positions_m[:, joints], motion.rotations_wxyz[:, joints], measured, motion.fps)


def worn(motion: Motion, joint: int, wrong_m: np.ndarray, wrong_rad: np.ndarray) -> StrappedTracker:
    """Return a tracker on a joint whose strap is known wrongly, along the joint's axes."""
    back = STRAP.inverse()
    wxyz = motion.rotations_wxyz[:, joint]
    believed = RigidOffset(
        STRAP.position_m + rotate_vector(STRAP.wxyz, wrong_m),
        multiply_quaternions(STRAP.wxyz, rotvec_to_quaternion(wrong_rad)),
    )
    return StrappedTracker(
        "tracker 3",
        Strap(joint, believed, DEVIATIONS_M, float(np.radians(5.0))),
        motion.joint_positions_m[:, joint] + rotate_vector(wxyz, back.position_m),
        multiply_quaternions(wxyz, back.wxyz),
        np.ones(len(motion), np.bool_),
    )


def test_a_wrong_strap_comes_closer_to_its_joint(walker: Motion) -> None:
    part = replace(
        walker, rotations_wxyz=walker.rotations_wxyz[:1000], root_translation_m=walker.root_translation_m[:1000]
    )
    wrong = worn(part, FOOT, np.array((0.06, 0.0, -0.05)), np.radians((6.0, 0.0, 6.0)))
    (refined,) = refine_straps(sensors_of(part), [wrong], BODY)
    truth_m = part.joint_positions_m[:, FOOT]
    before_m, after_m = (np.linalg.norm(one.point.positions_m - truth_m, axis=-1).mean() for one in (wrong, refined))
    assert before_m > 0.07
    assert after_m < 0.6 * before_m
    assert refined.strap.deviation_m < 0.7 * wrong.strap.deviation_m
    assert refined.point.rotations_wxyz is not None
    turned = geodesic_angle(refined.point.rotations_wxyz, part.rotations_wxyz[:, FOOT])
    assert np.degrees(turned.mean()) < 7


def test_nothing_is_learned_of_a_tracker_that_is_not_seen(walker: Motion) -> None:
    wrong = worn(walker, FOOT, np.array((0.06, 0.0, 0.0)), np.zeros(3))
    unseen = replace(wrong, measured=np.zeros(len(walker), np.bool_))
    assert refine_straps(sensors_of(walker), [unseen], BODY) == (unseen,)
    assert refine_straps(sensors_of(walker), [], BODY) == ()


def test_a_strap_that_slips_is_followed_and_told(walker: Motion) -> None:
    sensors = sensors_of(walker)
    steady = worn(walker, KNEE, np.zeros(3), np.zeros(3))
    firm = worn(walker, PELVIS_JOINT, np.zeros(3), np.zeros(3))
    # It slips down the shin by 12 cm in the course of the take.
    slipped_m = np.linspace(0.0, 0.12, len(walker))[:, None] * (0.0, -1.0, 0.0)
    slipping = replace(
        steady, positions_m=steady.positions_m + rotate_vector(walker.rotations_wxyz[:, KNEE], slipped_m)
    )
    assert slip_findings(refine_straps(sensors, [steady, firm], BODY), sensors) == ()
    refined = refine_straps(sensors, [slipping, firm], BODY)
    (finding,) = slip_findings(refined, sensors)
    assert finding.kind == "strap_slips"
    assert "tracker 3 (left knee) slips by about" in finding.sentence
    back = conjugate_quaternion(walker.rotations_wxyz[:, KNEE])
    away_m = rotate_vector(back, refined[0].point.positions_m - walker.joint_positions_m[:, KNEE])[:, 1]
    assert abs(away_m[-600:].mean() - away_m[:600].mean()) < 0.06, "without following it is 10 cm"
