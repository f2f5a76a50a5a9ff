# SPDX-License-Identifier: Apache-2.0
"""Send bones as an avatar's, and run a whole session over real sockets."""

from __future__ import annotations

import socket
import threading
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from pythonosc.osc_bundle import OscBundle
from pythonosc.osc_message import OscMessage

from inpose_core import CalibrationSettings, Skeleton, load_prior, load_recording
from inpose_core.body.quaternions import multiply_quaternions, rotate_vector
from inpose_core.body.skeleton import JOINT_NAMES, PARENTS
from inpose_core.cli import main
from inpose_core.errors import RecordingError
from inpose_core.live import LivePose
from inpose_core.live.performance import LivePlan
from inpose_core.live.running import LiveSession, run_live
from inpose_core.live.streams.vmc import VmcStream
from inpose_core.live.vmc_output import UNITY_BONES, datagrams_of
from inpose_core.options.live import LiveOptions
from inpose_core.recording.live.vmc import CaptureSettings, sending_hint
from tests.core.live.streams import EXAMPLE
from tests.core.recording.live.test_vmc import Sender, datagrams, free_port
from tests.core.synthetic import smooth_motion


def bones_in(data: bytes) -> dict[str, list[float]]:
    """Return the bones of a datagram, read by another library."""
    return {
        each.params[0]: each.params[1:]
        for each in OscBundle(data)
        if isinstance(each, OscMessage) and each.address == "/VMC/Ext/Bone/Pos"
    }


def test_the_bones_put_together_are_the_pose_in_unity() -> None:
    motion = smooth_motion(5)
    pose = LivePose(1.5, motion.rotations_wxyz[3], motion.root_translation_m[3], np.zeros(2, np.bool_))
    packets = list(datagrams_of(pose, motion.skeleton))
    assert max(map(len, packets)) < 1500
    bones = {name: values for packet in packets for name, values in bones_in(packet).items()}
    assert set(bones) == set(UNITY_BONES.values())
    turns, places = np.zeros((22, 4)), np.zeros((22, 3))
    for joint, parent in enumerate(PARENTS):
        values = np.array(bones[UNITY_BONES[JOINT_NAMES[joint]]])
        place, turn = values[:3], values[[6, 3, 4, 5]]
        if parent < 0:
            places[joint], turns[joint] = place, turn
        else:
            turns[joint] = multiply_quaternions(turns[parent], turn)
            places[joint] = places[parent] + rotate_vector(turns[parent], place)
    mirrored = motion.joint_positions_m[3] * (-1.0, 1.0, 1.0)
    assert np.abs(places - mirrored).max() < 1e-5


def test_a_person_in_a_t_pose_faces_forward_with_the_left_hand_at_the_left() -> None:
    """In Unity, +Z is forward and -X is left of somebody who looks along it."""
    body = Skeleton.template(1.7)
    rest = LivePose(0.0, np.tile((1.0, 0, 0, 0), (22, 1)), np.array((0.0, 0.9, 0.0)), np.zeros(2, np.bool_))
    bones = {name: values for packet in datagrams_of(rest, body) for name, values in bones_in(packet).items()}
    assert bones["LeftLowerArm"][0] < -0.2
    assert bones["LeftToes"][2] > 0.05
    assert bones["Hips"][1] == pytest.approx(0.9, abs=1e-6)


def test_a_session_from_devices_to_bones() -> None:
    person = load_recording(EXAMPLE)
    keep = person.times_s < 7.0
    person = replace(
        person,
        times_s=person.times_s[keep],
        positions_m=person.positions_m[keep],
        rotations_wxyz=person.rotations_wxyz[keep],
        measured=person.measured[keep],
    )
    rate_hz = (len(person) - 1) / person.duration_s
    port, out_port = free_port(), free_port()
    sender = Sender(port, list(datagrams(person)), rate_hz)
    body = Skeleton.template(1.7)
    settings = LivePlan(body, CalibrationSettings(pose="grip"), options=LiveOptions(0.05, 0.0, 2.0))
    session = LiveSession(VmcStream(CaptureSettings(port=port)), ("127.0.0.1", out_port), settings)
    load_prior()
    sender.start()
    threading.Timer(0.3, sender.start_now.set).start()
    heads: list[float] = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listener:
        listener.bind(("127.0.0.1", out_port))
        listener.settimeout(0.0)

        def go_on(pose: LivePose) -> bool:
            heads.append(float(pose.joints_m(body)[15, 1]))
            return sender.is_alive()

        report = run_live(session, on_pose=go_on)
        packets = []
        while True:
            try:
                packets.append(listener.recv(65536))
            except OSError:
                break
    assert report.poses >= 3, "a busy machine shows few"
    assert any("T-pose" in note for note in report.notes)
    assert 1.4 < np.median(heads) < 1.75, "the head is where the character's is"
    assert any("Hips" in bones_in(packet) for packet in packets)


def test_silence_is_said() -> None:
    stream = VmcStream(CaptureSettings(port=free_port()))
    session = LiveSession(stream, ("127.0.0.1", free_port()), LivePlan(Skeleton.template(1.7)), 0.5)
    began_s = time.monotonic()
    with pytest.raises(RecordingError, match="nothing arrived") as caught:
        run_live(session)
    assert time.monotonic() - began_s < 5
    assert "From other computers (--listen 0.0.0.0)" in caught.value.hint


@pytest.mark.parametrize(("address", "hears_others"), [("127.0.0.1", False), ("localhost", False), ("0.0.0.0", True)])
def test_who_listens_to_others_already_is_not_told_to(address: str, hears_others: bool) -> None:
    hint = sending_hint(CaptureSettings(39539, address))
    assert "port 39539" in hint
    assert ("firewall" in hint, "--listen" in hint) == (hears_others, not hears_others)


@pytest.mark.parametrize("port", ["x", "0", "99999", "host:", "-1"])
def test_a_port_that_is_none(port: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["live", "--vmc", str(free_port()), f"--out-vmc={port}"]) == 2
    assert "is not a port" in capsys.readouterr().err


def test_the_folder_for_takes_is_made_or_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").touch()
    assert main(["live", "--webxr", "0", "--out-vmc=39540", "--takes", str(tmp_path / "file" / "takes")]) == 2
    assert "cannot be made" in capsys.readouterr().err
