# SPDX-License-Identifier: Apache-2.0
"""Send poses by real UDP datagrams, as applications do, and look at the CSV."""

from __future__ import annotations

import builtins
import socket
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from inpose_core.body.quaternions import geodesic_angle
from inpose_core.cli import main
from inpose_core.errors import OutputError, RecordingError
from inpose_core.recording import Recording, load_recording
from inpose_core.recording.live.vmc import CaptureSettings, CaptureState, VmcDecoder, capture_vmc
from tests.core.recording.recording_files import moving_person
from tests.core.recording.recording_tables import Convention

osc_bundle_builder = pytest.importorskip("pythonosc.osc_bundle_builder")
from pythonosc.osc_message_builder import OscMessageBuilder  # noqa: E402

SERIALS = ("LHR-SECRET-HMD", "LHR-SECRET-A", "LHR-SECRET-B")
KINDS = ("Hmd", "Con", "Con")


def message(address: str, *values: object) -> OscMessageBuilder:
    builder = OscMessageBuilder(address)
    for value in values:
        builder.add_arg(value)
    return builder


def datagrams(
    person: Recording, *, clock: bool = True, order: tuple[int, ...] = (0, 1, 2), local: bool = True
) -> Iterator[bytes]:
    """Yield a bundle per frame; beside the raw poses the avatar's, twice as large."""
    times, positions, quaternions = Convention("RUF").tracks(person)
    for frame, time_s in enumerate(times):
        bundle = osc_bundle_builder.OscBundleBuilder(osc_bundle_builder.IMMEDIATELY)
        bundle.add_content(message("/VMC/Ext/OK", 1).build())
        if clock:
            bundle.add_content(message("/VMC/Ext/T", float(100 + time_s)).build())
        for device in order:
            pose = (*positions[frame, device].tolist(), *quaternions[frame, device].tolist())
            if local:
                large = tuple(2 * x for x in pose[:3]) + pose[3:]
                at = f"/VMC/Ext/{KINDS[device]}/Pos"
                bundle.add_content(message(f"{at}/Local", SERIALS[device], *pose).build())
                bundle.add_content(message(at, SERIALS[device], *large).build())
            else:
                bundle.add_content(message(f"/VMC/Ext/{KINDS[device]}/Pos", SERIALS[device], *pose).build())
        yield bundle.build().dgram


def free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Sender(threading.Thread):
    """Send to a port until told to stop or nothing is left, at a rate."""

    def __init__(self, port: int, packets: list[bytes], rate_hz: float) -> None:
        super().__init__(daemon=True)
        self.packets, self.port, self.rate_hz = packets, port, rate_hz
        self.start_now = threading.Event()

    def run(self) -> None:
        self.start_now.wait(10)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
            began = time.monotonic()
            for number, packet in enumerate(self.packets):
                time.sleep(max(0.0, began + number / self.rate_hz - time.monotonic()))
                out.sendto(packet, ("127.0.0.1", self.port))


def record(path: Path, packets: list[bytes], rate_hz: float = 90.0, **options: object) -> Recording:
    port = free_port()
    sender = Sender(port, packets, rate_hz)
    sender.start()
    silent_since = [time.monotonic(), 0]

    def look(state: CaptureState) -> bool:
        sender.start_now.set()  # the socket listens by now
        if state.datagrams != silent_since[1]:
            silent_since[:] = [time.monotonic(), state.datagrams]
        return sender.is_alive() or time.monotonic() - silent_since[0] < 0.5

    return capture_vmc(path, CaptureSettings(port=port, seconds=30.0), on_progress=look, **options)  # type: ignore[arg-type]


def test_a_take_by_udp_is_what_was_sent(tmp_path: Path) -> None:
    person = moving_person(180)
    recording = record(tmp_path / "take.csv", list(datagrams(person)))
    assert list(tmp_path.iterdir()) == [tmp_path / "take.csv"], "nothing is left but the recording"
    assert len(recording) == 180
    written = load_recording(tmp_path / "take.csv")
    np.testing.assert_allclose(written.times_s, person.times_s, atol=1e-4)  # OSC's floats hold 7 digits
    np.testing.assert_allclose(written.positions_m, person.positions_m, atol=1e-6)
    assert geodesic_angle(written.rotations_wxyz, person.rotations_wxyz).max() < 1e-3
    text = (tmp_path / "take.csv").read_text()
    assert not any(serial in text for serial in SERIALS)


def test_without_a_clock_arrival_counts_and_hands_are_told_by_geometry(tmp_path: Path) -> None:
    person = moving_person(120)
    packets = list(datagrams(person, clock=False, order=(2, 0, 1), local=False))
    recording = record(tmp_path / "take.csv", packets)
    assert recording.duration_s == pytest.approx(119 / 90, abs=0.3)
    assert np.median(recording.positions_m[:, 2, 0] - recording.positions_m[:, 1, 0]) > 0.2
    assert {guess.name: guess.value for guess in recording.guesses}["left and right"] == "swapped"


def test_the_command_records(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    port = free_port()
    sender = Sender(port, list(datagrams(moving_person(120))), 90.0)
    sender.start()
    threading.Timer(0.3, sender.start_now.set).start()
    code = main(["record", "--vmc", str(port), "--out", str(tmp_path / "take.csv"), "--seconds", "2.5"])
    said = capsys.readouterr()
    assert code == 0, said.err
    assert "frames" in said.out
    assert "left and right" in said.err
    assert load_recording(tmp_path / "take.csv").duration_s > 1.0


def test_what_arrived_is_kept_when_no_head_was_among_it(tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match=r"take.live.csv") as caught:
        record(tmp_path / "take.csv", list(datagrams(moving_person(60), order=(1, 2))))
    assert "headset" in caught.value.message
    assert (tmp_path / "take.live.csv").read_text().count("\n") > 100
    assert not (tmp_path / "take.csv").exists()


def test_silence_bones_and_noise_are_told_apart(tmp_path: Path) -> None:
    bones = message("/VMC/Ext/Bone/Pos", "Head", *map(float, range(7))).build().dgram
    for packets, words in (
        ([], "nothing arrived"),
        ([bones] * 5, "avatar's bones"),
        ([b"\xff" * 40, b"#bundle\0", b"/a\0\0,f\0\0"] * 3, "no VMC messages"),
    ):
        with pytest.raises(RecordingError, match=words):
            record(tmp_path / "take.csv", packets)
    assert list(tmp_path.iterdir()) == []


def test_bad_values_and_a_sender_that_starts_again_do_no_harm() -> None:
    decoder = VmcDecoder()

    def rows(*contents: OscMessageBuilder, at: float) -> list[str]:
        bundle = osc_bundle_builder.OscBundleBuilder(osc_bundle_builder.IMMEDIATELY)
        for content in contents:
            bundle.add_content(content.build())
        return list(decoder.rows(bundle.build().dgram, at))

    def pose(x: float) -> OscMessageBuilder:
        return message("/VMC/Ext/Hmd/Pos", "a", x, 1.0, 2.0, 0.0, 0.0, 0.0, 1.0)

    assert rows(pose(float("nan")), at=0.0) == []
    assert rows(message("/VMC/Ext/Hmd/Pos", "a", 1, 2), at=0.0) == []
    assert rows(message("/VMC/Ext/T", 50.0), pose(0.0), at=1.0)[0].startswith("1.000000,hmd,")
    assert rows(message("/VMC/Ext/T", 50.5), pose(0.0), at=1.6)[0].startswith("1.500000,hmd,")
    assert rows(message("/VMC/Ext/T", 0.0), pose(0.0), at=3.0)[0].startswith("3.000000,hmd,")


def test_a_port_that_is_taken_and_folders_that_are_not(tmp_path: Path) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        with pytest.raises(RecordingError, match="cannot listen"):
            capture_vmc(tmp_path / "take.csv", CaptureSettings(port=taken.getsockname()[1]))
    with pytest.raises(RecordingError, match="cannot listen"):
        capture_vmc(tmp_path / "take.csv", CaptureSettings(port=99999))
    with pytest.raises(OutputError):
        capture_vmc(tmp_path / "nowhere" / "take.csv", CaptureSettings(port=free_port()))
    assert main(["record", "--vmc", "39539", "--out", str(tmp_path / "take.bvh")]) == 2


def test_a_missing_package_says_how_to_install_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.startswith("pythonosc")]:
        monkeypatch.delitem(sys.modules, name)
    real_import = builtins.__import__

    def without_osc(name: str, *rest: object, **named: object) -> object:
        if name.startswith("pythonosc"):
            raise ModuleNotFoundError(name=name)
        return real_import(name, *rest, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(builtins, "__import__", without_osc)
    with pytest.raises(RecordingError, match=r"inpose\[vmc\]"):
        capture_vmc(tmp_path / "take.csv", replace(CaptureSettings(), port=free_port()))
