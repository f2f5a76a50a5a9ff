# SPDX-License-Identifier: Apache-2.0
"""Send OSC trackers, as applications send them to VRChat, by real UDP datagrams, and solve what is recorded."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from pythonosc import osc_bundle_builder
from scipy.spatial.transform import Rotation

from inpose_core.body.motion import Motion
from inpose_core.body.quaternions import (
    geodesic_angle,
    multiply_quaternions,
    rotate_vector,
    rotvec_to_quaternion,
    xyzw_from_wxyz,
)
from inpose_core.body.skeleton import ANKLE_JOINTS, KNEE_JOINTS, PELVIS_JOINT, SENSOR_JOINTS, Skeleton
from inpose_core.calibration import CalibrationSettings, calibrate, head_offset
from inpose_core.calibration.rigid import RigidOffset
from inpose_core.demo.example import choreograph
from inpose_core.errors import InPoseError
from inpose_core.options.solve import SolveSettings
from inpose_core.recording import ReadOptions, load_recording
from inpose_core.recording.live.osc_trackers import OscTrackers
from inpose_core.recording_to_motion import SolvePlan, solve_recording
from inpose_core.solver.solving import solve
from tests.core.recording.live.test_vmc import message, record

BODY = Skeleton.template(1.75)
STRAP = RigidOffset(np.array((0.03, 0.02, -0.04)), rotvec_to_quaternion(np.array((0.3, 1.1, -0.4))))
"""A joint in its tracker's frame."""
WORN = {"2": PELVIS_JOINT, "1": ANKLE_JOINTS[1], "3": ANKLE_JOINTS[0], "5": KNEE_JOINTS[0]}
_MIRROR = np.diag((1.0, 1.0, -1.0))
"""From InPose's axes to Unity's."""


@pytest.fixture(scope="module")
def walker() -> Motion:
    """A person who walks, waves and crouches."""
    return solve(choreograph(BODY), BODY, SolveSettings(device="cpu"))


def unity_pose(position_m: np.ndarray, wxyz: np.ndarray) -> tuple[list[float], list[float]]:
    """Return a position and Euler angles in Unity's axes, as Unity would show them."""
    R = _MIRROR @ Rotation.from_quat(xyzw_from_wxyz(wxyz)).as_matrix() @ _MIRROR
    # Unity's left-handed numbers are those of a right-handed frame: angle and axis both change sign.
    y, x, z = Rotation.from_matrix(R).as_euler("YXZ", degrees=True)
    return (position_m * (1.0, 1.0, -1.0)).tolist(), [float(x), float(y), float(z)]


def packets_of(motion: Motion, *, bundles: bool) -> list[bytes]:
    p, q = motion.joint_positions_m, motion.rotations_wxyz
    devices = {"head": (SENSOR_JOINTS[0], head_offset(1.75)), **{name: (joint, STRAP) for name, joint in WORN.items()}}
    packets = []
    for frame in range(len(motion)):
        messages = []
        for name, (joint, offset) in devices.items():
            back = offset.inverse()
            place_m = p[frame, joint] + rotate_vector(q[frame, joint], back.position_m)
            place, angles = unity_pose(place_m, multiply_quaternions(q[frame, joint], back.wxyz))
            messages.append(message(f"/tracking/trackers/{name}/position", *place).build())
            messages.append(message(f"/tracking/trackers/{name}/rotation", *angles).build())
        if bundles:
            bundle = osc_bundle_builder.OscBundleBuilder(osc_bundle_builder.IMMEDIATELY)
            for one in messages:
                bundle.add_content(one)
            packets.append(bundle.build().dgram)
        else:
            packets += [one.dgram for one in messages]
    return packets


def test_euler_angles_are_unitys() -> None:
    """Turn by 90 degrees about Y in Unity: what looked along +Z then looks along +X."""
    osc = OscTrackers()
    assert osc.pose("/tracking/trackers/3/position", [1.0, 2.0, 3.0], 0.0) is None
    found = osc.pose("/tracking/trackers/3/rotation", [0.0, 90.0, 0.0], 0.001)
    assert found is not None
    assert found.name == "3"
    np.testing.assert_allclose(found.pose, (1, 2, 3, 0, np.sqrt(0.5), 0, np.sqrt(0.5)), atol=1e-9)
    # First about Z, then about X, then about Y, of the room.
    osc.pose("/tracking/trackers/4/rotation", [30.0, 40.0, 50.0], 0.0)
    found = osc.pose("/tracking/trackers/4/position", [0.0, 0.0, 0.0], 0.001)
    assert found is not None
    about = [Rotation.from_rotvec(np.radians(angle) * np.eye(3)[axis]) for axis, angle in ((1, 40), (0, 30), (2, 50))]
    np.testing.assert_allclose(np.abs(found.pose[3:]), np.abs((about[0] * about[1] * about[2]).as_quat()), atol=1e-9)


@pytest.mark.parametrize(
    ("address", "values"),
    [
        ("/tracking/trackers/9/position", [1.0, 2.0, 3.0]),
        ("/tracking/trackers/0/position", [1.0, 2.0, 3.0]),
        ("/tracking/trackers/1/position", [1.0, 2.0]),
        ("/tracking/trackers/1/position", [1.0, float("nan"), 3.0]),
        ("/tracking/trackers/1/position", ["a", "b", "c"]),
        ("/tracking/trackers/1/speed", [1.0, 2.0, 3.0]),
        ("/tracking/trackers", [1.0, 2.0, 3.0]),
        ("/avatar/parameters/x", [1.0]),
    ],
)
def test_other_messages_are_ignored(address: str, values: list[float]) -> None:
    osc = OscTrackers()
    assert osc.pose(address, values, 0.0) is None
    assert osc.pose(address.replace("position", "rotation"), values, 0.001) is None


def test_a_marker_sends_positions_only() -> None:
    osc = OscTrackers()
    found = [osc.pose("/tracking/trackers/1/position", [float(n), 0.0, 0.0], n / 60) for n in range(4)]
    poses = [one.pose for one in found if one is not None]
    assert [pose[0] for pose in poses] == [0.0, 1.0, 2.0]
    assert np.isnan([pose[3:] for pose in poses]).all()


@pytest.mark.parametrize("bundles", [True, False])
def test_osc_trackers_by_udp_are_recorded_and_solved(walker: Motion, tmp_path: Path, bundles: bool) -> None:
    part = replace(
        walker, rotations_wxyz=walker.rotations_wxyz[150:660], root_translation_m=walker.root_translation_m[150:660]
    )
    record(tmp_path / "take.csv", packets_of(part, bundles=bundles), rate_hz=60.0 * (1 if bundles else 10))
    loaded = load_recording(tmp_path / "take.csv")
    assert loaded.trackers is not None
    assert set(loaded.trackers.names) == {f"osc tracker {name}" for name in WORN}
    assert not loaded.measured[:, 1:].any(), "there are no hands"
    settings = CalibrationSettings(stature_m=1.75)
    calibrated = calibrate(loaded, BODY, settings)
    assert sorted(calibrated.sensors.joints[3:]) == sorted(WORN.values())
    (said,) = (note for note in calibrated.notes if note.startswith("Trackers:"))
    assert "osc tracker 2 (pelvis)" in said
    assert "osc tracker 1 (right ankle)" in said
    solved = solve_recording(SolvePlan(tmp_path / "take.csv", BODY, settings)).motion
    # Times of arrival are uneven, so compare where feet are against the head.
    count = min(len(solved), len(part))
    feet_m = [
        np.linalg.norm(m.joint_positions_m[:count, ANKLE_JOINTS] - m.joint_positions_m[:count, 15:16], axis=-1)
        for m in (solved, part)
    ]
    assert np.abs(np.median(feet_m[0], axis=0) - np.median(feet_m[1], axis=0)).max() < 0.08


def test_which_tracker_is_which_can_be_said(walker: Motion, tmp_path: Path) -> None:
    part = replace(
        walker, rotations_wxyz=walker.rotations_wxyz[150:300], root_translation_m=walker.root_translation_m[150:300]
    )
    record(tmp_path / "take.csv", packets_of(part, bundles=True))
    said = ReadOptions(trackers="OSC tracker 2=chest, osc tracker 5=none")
    trackers = load_recording(tmp_path / "take.csv", said).trackers
    assert trackers is not None
    assert dict(zip(trackers.names, trackers.joints, strict=True))["osc tracker 2"] == 9
    assert "osc tracker 5" not in trackers.names
    with pytest.raises(InPoseError, match='no tracker "waist"'):
        load_recording(tmp_path / "take.csv", ReadOptions(trackers="waist=hips"))
    with pytest.raises(InPoseError, match='"tail" is no place'):
        load_recording(tmp_path / "take.csv", ReadOptions(trackers="osc tracker 1=tail"))
    turned = geodesic_angle(trackers.rotations_wxyz[1:], trackers.rotations_wxyz[:-1])
    assert np.degrees(turned.max()) < 30
