# SPDX-License-Identifier: Apache-2.0
"""Send poses by real UDP datagrams, as applications do, and look at the CSV."""

from __future__ import annotations

import socket
import struct
import threading
import time
from collections.abc import Hashable, Iterator
from pathlib import Path

import numpy as np
import pytest
from pythonosc import osc_bundle_builder
from pythonosc.osc_message_builder import OscMessageBuilder

from inpose_core.body.hands.angles import rotations_of_angles
from inpose_core.body.hands.shapes import FIST_RAD
from inpose_core.body.quaternions import geodesic_angle
from inpose_core.cli import main
from inpose_core.errors import OutputError, RecordingError
from inpose_core.recording import Recording, load_recording
from inpose_core.recording.live.osc import osc_messages
from inpose_core.recording.live.vmc import CaptureSettings, capture_vmc
from inpose_core.recording.live.vmc_decoder import CAPTURE_HEADER, CaptureState, VmcDecoder
from tests.core.recording.recording_files import moving_person
from tests.core.recording.recording_tables import Convention

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


def test_bones_of_fingers_are_recorded(tmp_path: Path) -> None:
    """The avatar's other bones are not: InPose solves the body itself."""
    person = moving_person(150)
    shape = rotations_of_angles(np.stack((FIST_RAD, FIST_RAD)))
    packets = []
    for packet in datagrams(person):
        bones = osc_bundle_builder.OscBundleBuilder(osc_bundle_builder.IMMEDIATELY)
        bones.add_content(message("/VMC/Ext/Bone/Pos", "Hips", *map(float, range(7))).build())
        for hand, side in enumerate(("Left", "Right")):
            for number, finger in enumerate(("Thumb", "Index", "Middle", "Ring", "Little")):
                for phalanx, part in enumerate(("Proximal", "Intermediate", "Distal")):
                    w, x, y, z = shape[hand, 3 * number + phalanx].tolist()
                    pose = (0.02, 0.0, 0.0, x, -y, -z, w)  # Unity's left is at -X
                    bones.add_content(message("/VMC/Ext/Bone/Pos", f"{side}{finger}{part}", *pose).build())
        packets += [packet, bones.build().dgram]
    record(tmp_path / "take.csv", packets, rate_hz=180.0)
    fingers = load_recording(tmp_path / "take.csv").fingers
    assert fingers is not None
    assert fingers.measured.mean() > 0.95
    error = geodesic_angle(fingers.rotations_wxyz, shape)[fingers.measured]
    assert np.degrees(error.max()) < 0.1


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


def test_what_an_interrupted_recording_left_is_not_overwritten(tmp_path: Path) -> None:
    """The command is often run again as it was; the salvaged file is the only copy of the take."""
    salvaged = tmp_path / "take.live.csv"
    with pytest.raises(RecordingError):
        record(tmp_path / "take.csv", list(datagrams(moving_person(60), order=(1, 2))))
    kept = salvaged.read_bytes()
    with pytest.raises(OutputError, match=r"take.live.csv exists already") as caught:
        capture_vmc(tmp_path / "take.csv", CaptureSettings(port=free_port(), seconds=0.3))
    assert "Rename it" in caught.value.hint
    assert salvaged.read_bytes() == kept


def test_a_recording_is_never_replaced(tmp_path: Path) -> None:
    output = tmp_path / "take.csv"
    output.write_text("an earlier take")
    with pytest.raises(OutputError, match=r"take.csv exists already"):
        capture_vmc(output, CaptureSettings(port=free_port(), seconds=0.3))
    assert [(file.name, file.read_text()) for file in tmp_path.iterdir()] == [("take.csv", "an earlier take")]


def test_a_recording_that_appears_meanwhile_is_not_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    output = tmp_path / "take.csv"
    real_rows = VmcDecoder.rows

    def rows(decoder: VmcDecoder, datagram: bytes, arrived_s: float, sender: Hashable) -> Iterator[str]:
        output.write_text("another take")
        return real_rows(decoder, datagram, arrived_s, sender)

    monkeypatch.setattr(VmcDecoder, "rows", rows)
    with pytest.raises(RecordingError, match=r"take.csv exists already.*Everything received is in take.live.csv"):
        record(output, list(datagrams(moving_person(60))))
    assert output.read_text() == "another take"
    assert (tmp_path / "take.live.csv").read_text().count("\n") > 100


def test_silence_bones_and_noise_are_told_apart(tmp_path: Path) -> None:
    bones = message("/VMC/Ext/Bone/Pos", "Head", *map(float, range(7))).build().dgram
    for packets, words in (
        ([], "nothing arrived"),
        ([bones] * 5, "avatar's bones"),
        ([b"\xff" * 40, b"#bundle\0", b"/a\0\0,f\0\0"] * 3, "no poses of devices"),
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


HOSTILE = (
    struct.pack(">8sQi", b"#bundle\0", 0, -4),
    struct.pack(">8sQi", b"#bundle\0", 1, -4) + bytes(16),
    struct.pack(">8sQi12si", b"#bundle\0", 1, 12, b"/a\0\0,f\0\0?\x80\0\0", -4),
    struct.pack(">8sQi", b"#bundle\0", 1, 2**31 - 1),
    struct.pack(">8sQ", b"#bundle\0", 1) + bytes(60_000),
    b"#bundle\0",
    b"/a\0\0,b\0\0\xff\xff\xff\xfc",
    b"/VMC/Ext/T\0\0,f\0\0\x7f\xc0\0\0",  # NaN
    b"/VMC/Ext/T\0\0,f\0\0\x7f\x80\0\0",  # infinity
    b"/VMC/Ext/T\0\0,f\0\0\x7e\xff\xff\xff",
)


@pytest.mark.timeout(60)
def test_one_hostile_packet_stops_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    person = moving_person(240)
    good = list(datagrams(person))
    port = free_port()
    sender = Sender(port, [*good[:120], *HOSTILE, *good[120:]], 90.0)
    sender.start()
    threading.Timer(0.3, sender.start_now.set).start()
    began = time.monotonic()
    code = main(["record", "--vmc", str(port), "--out", str(tmp_path / "take.csv"), "--seconds", "4"])
    assert time.monotonic() - began < 15
    assert code == 0, capsys.readouterr().err
    taken = load_recording(tmp_path / "take.csv")
    assert len(taken) >= 230
    assert taken.duration_s == pytest.approx(person.duration_s, abs=0.3)


@pytest.mark.timeout(20)
@pytest.mark.parametrize("packet", HOSTILE)
def test_a_hostile_packet_yields_no_row(packet: bytes) -> None:
    assert list(VmcDecoder().rows(packet, 0.0)) == []


def test_what_stands_around_a_damaged_element_counts() -> None:
    hmd = message("/VMC/Ext/Hmd/Pos", "a", 0.0, 1.0, 2.0, 0.0, 0.0, 0.0, 1.0).build().dgram
    broken = hmd.replace(b",sfffffff", b",sffffff!")
    bundle = b"#bundle\0" + bytes(8) + b"".join(struct.pack(">i", len(x)) + x for x in (hmd, broken, hmd))
    assert len(list(VmcDecoder().rows(bundle, 0.0))) == 2
    assert len(list(VmcDecoder().rows(bundle + struct.pack(">i", -4), 0.0))) == 2
    nested = bundle
    for _ in range(1000):
        nested = b"#bundle\0" + bytes(8) + struct.pack(">i", len(nested)) + nested
    assert list(VmcDecoder().rows(nested, 0.0)) == []


def test_osc_is_read_as_its_own_library_writes_it() -> None:
    values = ("täxt", 1, -2.5, True, False, None, b"blob!", [3, "in a list"])
    built = message("/any/address", *values).build().dgram
    [(address, read)] = osc_messages(built)
    assert address == "/any/address"
    assert read == [*values[:-1], 3, "in a list"]


def rows_of(decoder: VmcDecoder, at: float, *contents: OscMessageBuilder, sender: Hashable = None) -> list[str]:
    bundle = osc_bundle_builder.OscBundleBuilder(osc_bundle_builder.IMMEDIATELY)
    for content in contents:
        bundle.add_content(content.build())
    return list(decoder.rows(bundle.build().dgram, at, sender))


def test_made_up_devices_do_not_lock_out_the_real_ones(tmp_path: Path) -> None:
    person = moving_person(200)
    frames = list(datagrams(person))
    decoder = VmcDecoder()
    rows = [CAPTURE_HEADER]
    for number in range(1000):  # more than are kept in mind, of all kinds, before the performer puts on the headset
        pose = (float(number), 1.0, 0.0, 0.0, 0.0, 0.0, 1.0)
        made_up = [message(f"/VMC/Ext/{kind}/Pos", f"no {number}", *pose) for kind in ("Hmd", "Con", "Tra")]
        rows += rows_of(decoder, 0.0001 * number, *made_up)
    for frame, packet in enumerate(frames):
        rows += decoder.rows(packet, 1 + frame / 90)
    live = tmp_path / "take.live.csv"
    live.write_text("\n".join(rows))
    taken = load_recording(live)
    assert len(taken) == len(person)
    np.testing.assert_allclose(taken.positions_m, person.positions_m, atol=1e-5)


@pytest.mark.parametrize("jump_s", [0.5, 50.0, 90_000.0, 1e30, -50.0, -1e30])
def test_a_clock_that_jumps_leaves_the_take_readable(tmp_path: Path, jump_s: float) -> None:
    person = moving_person(400)
    decoder = VmcDecoder()
    rows = [CAPTURE_HEADER]
    for frame, packet in enumerate(datagrams(person, clock=False)):
        clock_s = 100 + frame / 90 + (jump_s if frame >= 200 else 0.0)
        rows += rows_of(decoder, frame / 90, message("/VMC/Ext/T", clock_s))
        rows += decoder.rows(packet, frame / 90)
    live = tmp_path / "take.live.csv"
    live.write_text("\n".join(rows))
    taken = load_recording(live)
    assert len(taken) > 340
    assert taken.duration_s == pytest.approx(399 / 90, abs=0.6)


def test_a_full_disk_keeps_what_arrived(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real_rows = VmcDecoder.rows

    def full(decoder: VmcDecoder, datagram: bytes, arrived_s: float, sender: Hashable) -> Iterator[str]:
        if decoder.state.datagrams > 50:
            raise OSError(28, "No space left on device")
        return real_rows(decoder, datagram, arrived_s, sender)

    monkeypatch.setattr(VmcDecoder, "rows", full)
    with pytest.raises(OutputError, match="No space left"):
        record(tmp_path / "take.csv", list(datagrams(moving_person(90))))
    assert (tmp_path / "take.live.csv").read_text().count("\n") > 100
