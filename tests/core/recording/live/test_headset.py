# SPDX-License-Identifier: Apache-2.0
"""Record from a stand-in for a headset's browser, over real sockets: takes, tokens, lost connections, full disks."""

from __future__ import annotations

import contextlib
import http.client
import importlib.util
import os
import socket
import ssl
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from inpose_core.cli import main
from inpose_core.errors import OutputError, RecordingError
from inpose_core.live.streams.page import PageStream
from inpose_core.live.troubles import StreamWatch
from inpose_core.recording import load_recording
from inpose_core.recording.live import headset, web_server
from inpose_core.recording.live.headset import HeadsetRecorder, PageSettings, record_headset
from inpose_core.recording.live.take_files import TakeFiles
from tests.core.recording.live.test_web_socket import frame
from tests.core.recording.recorder_takes import line, take_lines
from tests.core.recording.recording_files import moving_person

PERSON = moving_person(90)
LINES = take_lines(PERSON)


class Browser:
    """Speaks to the server as the page does."""

    def __init__(self, url: str, *, origin: str | None = None) -> None:
        address, _, path = url.partition("://")[2].partition("/")
        self.socket = socket.create_connection(("127.0.0.1", int(address.rpartition(":")[2])), timeout=10)
        self.socket.sendall(
            f"GET /{path}socket HTTP/1.1\r\nHost: {address}\r\nOrigin: {origin or 'http://' + address}\r\n"
            "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n".encode()
        )
        self.answer = b""
        while b"\r\n\r\n" not in self.answer and (part := self.socket.recv(1)):
            self.answer += part

    @property
    def accepted(self) -> bool:
        return b" 101 " in self.answer

    def send(self, *lines: str) -> None:
        self.socket.sendall(frame("\n".join(lines).encode()))

    def hear(self) -> bytes:
        """Return what the server sends next; empty when it has closed the connection."""
        with contextlib.suppress(OSError):
            return self.socket.recv(1000)
        return b""

    def leave(self) -> None:
        self.socket.close()


@pytest.fixture
def recorder(tmp_path: Path) -> Iterator[HeadsetRecorder]:
    made = HeadsetRecorder(tmp_path, PageSettings(port=0))
    made.start()
    yield made
    made.stop()


def until(condition: object) -> None:
    """Wait until a function returns something true."""
    end_s = time.monotonic() + 20
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < end_s, "it did not happen"
        time.sleep(0.01)


def status_of(host: str, method: str, path: str) -> int:
    connection = http.client.HTTPConnection(host, timeout=10)
    connection.request(method, path)
    return connection.getresponse().status


def get(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=10) as answer:
        return answer.read()


def test_takes_become_files_that_can_be_solved(recorder: HeadsetRecorder, tmp_path: Path) -> None:
    browser = Browser(recorder.urls[0])
    assert browser.accepted
    for at in range(0, len(LINES), 7):
        browser.send(*LINES[at : at + 7])
    browser.send(*take_lines(PERSON, header={"take": 2}))
    until(lambda: len(recorder.takes) == 2 and recorder.takes[1].ended)
    assert [take.path.name for take in recorder.takes] == ["take_001.jsonl", "take_002.jsonl"]
    assert [take.frames for take in recorder.takes] == [90, 90]
    assert recorder.takes[0].path.read_text().splitlines() == LINES
    assert len(load_recording(tmp_path / "take_002.jsonl")) == 90


def test_without_the_token_nothing_is_served(recorder: HeadsetRecorder) -> None:
    url = recorder.urls[0]
    root = url.rpartition("/")[0].rpartition("/")[0]
    for path in ("/", "/index.html", "/../README.md", "/x/", "/é/", "/x/socket"):
        with pytest.raises(urllib.error.HTTPError, match="404") as refused:
            get(root + urllib.request.quote(path))
        assert refused.value.read() == b"This address is wrong, or has ended. Open the address that InPose shows now."
    assert not Browser(root + "/wrong/").accepted


def test_only_the_page_is_served(recorder: HeadsetRecorder) -> None:
    url = recorder.urls[0]
    assert b"InPose recorder" in get(url)
    assert b"requestSession" in get(url + "xr_session.js")
    host, _, path = url.partition("://")[2].partition("/")
    for name in ("../recorder/app.js", "../../README.md", "%2e%2e/app.js", "..%2fapp.js", "nothing.js", "app.js/"):
        assert status_of(host, "GET", f"/{path}{name}") == 404, name
    assert status_of(host, "DELETE", f"/{path}") == 501


def test_another_site_may_not_speak_through_a_browser(recorder: HeadsetRecorder) -> None:
    assert not Browser(recorder.urls[0], origin="https://elsewhere.example").accepted


def test_one_headset_at_a_time_and_a_silent_one_gives_way(
    recorder: HeadsetRecorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = Browser(recorder.urls[0])
    first.send(*LINES[:40])
    until(lambda: recorder.takes and recorder.takes[0].frames > 30)
    second = Browser(recorder.urls[0])
    assert b"Another headset" in second.hear()
    assert recorder.refused == 1
    monkeypatch.setattr(web_server, "_SILENT_S", 0.0)
    third = Browser(recorder.urls[0])
    third.send(*LINES[40:])
    until(lambda: recorder.takes[0].ended)
    assert recorder.takes[0].frames == 90, "the same take goes on"
    assert first.hear() == b""


def test_a_take_that_arrived_in_parts_is_replaced_by_the_whole_one(recorder: HeadsetRecorder) -> None:
    browser = Browser(recorder.urls[0])
    browser.send(*LINES[:30])
    until(lambda: recorder.takes and recorder.takes[0].frames > 20)
    browser.leave()
    whole = "\n".join(LINES) + "\n"
    request = urllib.request.Request(recorder.urls[0] + "take", data=whole.encode(), method="POST")
    with urllib.request.urlopen(request, timeout=10) as answer:
        assert answer.status == 204
    assert len(recorder.takes) == 1
    assert recorder.takes[0].path.read_text() == whole
    for data in (b"", b"nonsense", b"[1,2]"):
        with pytest.raises(urllib.error.HTTPError, match="400"):
            urllib.request.urlopen(urllib.request.Request(recorder.urls[0] + "take", data=data, method="POST"))


def test_a_whole_take_that_breaks_off_is_not_taken(recorder: HeadsetRecorder) -> None:
    """The page is closed while it sends: it still has the take, and sends it when it is opened again."""
    host, _, path = recorder.urls[0].partition("://")[2].partition("/")
    body = "\n".join(LINES).encode()
    with socket.create_connection(("127.0.0.1", int(host.rpartition(":")[2])), timeout=10) as sender:
        head = f"POST /{path}take HTTP/1.1\r\nHost: {host}\r\nContent-Length: {len(body)}\r\n\r\n"
        sender.sendall(head.encode() + body[: len(body) // 2])
        sender.shutdown(socket.SHUT_WR)
        assert b" 400 " in sender.recv(1000)
    assert not recorder.takes
    assert post(recorder, LINES) == 204
    assert recorder.takes[0].frames == 90


@pytest.mark.parametrize("length", ["-1", "x", "1e3", str(2**40), ""])
def test_a_body_without_a_sensible_length_is_refused(length: str, recorder: HeadsetRecorder) -> None:
    host, _, path = recorder.urls[0].partition("://")[2].partition("/")
    connection = http.client.HTTPConnection(host, timeout=10)
    connection.putrequest("POST", f"/{path}take", skip_accept_encoding=True)
    connection.putheader("Content-Length", length)
    connection.endheaders()
    assert connection.getresponse().status in (400, 413)


def test_the_computer_can_start_and_stop_a_take(recorder: HeadsetRecorder) -> None:
    assert not recorder.command("start")
    browser = Browser(recorder.urls[0])
    until(lambda: recorder.progress(0.0).connected)
    assert recorder.command("start")
    assert b'{"command": "start"}' in browser.hear()


def test_a_watching_computer_asks_for_what_comes_between_takes(tmp_path: Path) -> None:
    heard: list[str] = []
    made = HeadsetRecorder(tmp_path, PageSettings(port=0), heard.append, streams=True)
    made.start()
    browser = Browser(made.urls[0])
    assert b'{"stream": true}' in browser.hear()
    browser.send(*LINES[:30])
    browser.send('{"stream":1,"reference_space":"local-floor"}', "[0,0,0,0]", "[14,0,0,0]")
    until(lambda: len(heard) == 2)
    made.stop()
    (take,) = made.takes
    assert take.path.read_text().splitlines() == LINES[:30], "no file holds what comes between takes"


def test_the_end_says_so_to_the_headset(recorder: HeadsetRecorder) -> None:
    browser = Browser(recorder.urls[0])
    until(lambda: recorder.progress(0.0).connected)
    recorder.stop()
    assert b"The computer has ended the recording." in browser.hear()
    with pytest.raises(OSError, match="refused"):
        Browser(recorder.urls[0])


def test_what_has_arrived_at_the_end_is_written_and_nothing_after_it(tmp_path: Path) -> None:
    """Writing takes its time; whoever stops meanwhile loses nothing of what has arrived."""
    made = HeadsetRecorder(tmp_path, PageSettings(port=0), lambda _: time.sleep(0.01))
    made.start()
    browser = Browser(made.urls[0])
    for each in LINES[:60]:
        browser.send(each)
    until(lambda: made.takes)
    made.stop()
    (take,) = made.takes
    assert take.path.read_text().splitlines() == LINES[:60]
    assert not made.progress(0.0).connected
    assert not made.writes


def test_a_peer_that_says_nothing_or_nonsense_blocks_nobody(recorder: HeadsetRecorder) -> None:
    host, port = recorder.urls[0].partition("://")[2].partition("/")[0].split(":")
    silent = [socket.create_connection((host, int(port))) for _ in range(20)]
    silent[0].sendall(b"\x16\x03\x01\x00\xa5" + bytes(200))
    assert b"InPose" in get(recorder.urls[0])
    for each in silent:
        each.close()


def test_no_file_is_ever_replaced(tmp_path: Path) -> None:
    (tmp_path / "take_001.jsonl").write_text("mine")
    files = TakeFiles(tmp_path)
    files.add("\n".join(LINES))
    named = TakeFiles(tmp_path / "take_002.jsonl")
    named.add("\n".join(take_lines(PERSON, header={"take": 2})))
    assert (tmp_path / "take_001.jsonl").read_text() == "mine"
    assert files.takes[0].path.name == "take_002.jsonl"
    assert named.takes[0].path.name == "take_002_002.jsonl"


def test_lines_that_belong_to_no_take_are_ignored(tmp_path: Path) -> None:
    files = TakeFiles(tmp_path)
    files.add("\n".join(LINES[1:20]))
    assert not files.takes
    assert not list(tmp_path.iterdir())


def test_a_full_disk_ends_the_recording_with_a_sentence_and_keeps_the_take(tmp_path: Path) -> None:
    files = TakeFiles(tmp_path)
    files.add("\n".join(LINES[:20]))
    assert files._file is not None
    files._file.close()
    files._file = Path("/dev/full").open("w", buffering=1)  # noqa: SIM115 (the take's file from now on)
    with pytest.raises(OutputError, match="cannot be written"):
        files.add("\n".join(LINES[20:]))
    assert (tmp_path / "take_001.jsonl").read_text().splitlines() == LINES[:20]


def test_live_goes_on_when_the_disk_is_full_and_says_so(tmp_path: Path) -> None:
    stream = PageStream(PageSettings(port=0), tmp_path)
    heard: list[str] = []
    stream.start(lambda lines, _: heard.extend(lines))
    try:
        browser = Browser(stream.news().url)
        browser.send(*LINES[:20])
        until(lambda: stream.news().takes)
        files = stream._recorder._files
        until(lambda: files._file is not None)
        watch = StreamWatch(stream, time.monotonic())
        watch.heard(np.zeros(3), time.monotonic())
        kept = (tmp_path / "take_001.jsonl").read_text().splitlines()
        files._file = Path("/dev/full").open("w", buffering=1)  # noqa: SIM115 (the take's file from now on)
        browser.send(*LINES[20:40])
        browser.send(*LINES[40:60])
        until(lambda: heard[-1] == LINES[59])
        news = stream.news()
        assert news.connected, "the character follows on"
        assert not news.takes[0][1]
        assert "No space left" in watch.sentence(time.monotonic())
        assert (tmp_path / "take_001.jsonl").read_text().splitlines() == kept
        # Somebody has freed space: the headset sends the whole take when it has ended.
        assert post(stream._recorder, LINES) == 204
        assert watch.sentence(time.monotonic()) == ""
        assert (tmp_path / "take_001.jsonl").read_text().splitlines() == LINES
    finally:
        stream.close()


def test_the_command_records_until_its_time_is_over(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "shot.jsonl"
    urls: list[str] = []

    def act() -> None:
        until(lambda: urls)
        Browser(urls[0]).send(*LINES)

    thread = threading.Thread(target=act)
    thread.start()
    takes = record_headset(
        out,
        PageSettings(port=0, seconds=3),
        lambda progress: urls.append(progress.url) is None and progress.frames < 90,
    )
    thread.join()
    assert [take.path for take in takes] == [out]
    assert load_recording(out).format == "WebXR (InPose recorder)"
    assert main(["record", "--webxr", "0", "-o", str(tmp_path), "--seconds", "0.1"]) == 0
    said = capsys.readouterr().err
    assert "Open this address" in said
    assert "adb reverse" in said
    assert "No take" in said


def test_a_folder_for_the_takes_is_made(tmp_path: Path) -> None:
    folder = tmp_path / "session" / "takes"
    for _ in range(2):  # the second time, it is there
        assert main(["record", "--webxr", "0", "-o", str(folder), "--seconds", "0.1", "--quiet"]) == 0
    assert folder.is_dir()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["-o", "a_file/takes"], "cannot be made"),
        (["-o", "take.csv"], "neither a folder nor a .jsonl"),
        (["-o", "nowhere/take.jsonl"], "does not exist"),
        (["-o", "take.jsonl", "--key", "k.pem"], "belong together"),
        (["-o", "take.jsonl", "--listen", "0.0.0.0"], "not connected to a network"),
        (["-o", "take.jsonl", "--key", "k.pem", "--certificate", "c.pem"], "cannot be used for HTTPS"),
    ],
)
def test_what_cannot_work_is_said_before_anything_starts(
    arguments: list[str], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a_file").touch()
    monkeypatch.setattr(headset, "local_addresses", lambda: ())
    assert main(["record", "--webxr", "0", *arguments]) == 2
    assert said in capsys.readouterr().err


def test_a_port_in_use_is_named(recorder: HeadsetRecorder, tmp_path: Path) -> None:
    port = int(recorder.urls[0].rpartition(":")[2].partition("/")[0])
    with pytest.raises(RecordingError, match=str(port)):
        HeadsetRecorder(tmp_path, PageSettings(port=port))


def test_in_the_network_the_page_is_served_by_https(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(headset, "local_addresses", lambda: ("192.168.178.23", "10.0.0.7"))
    made = HeadsetRecorder(tmp_path, PageSettings(port=0, address="0.0.0.0"))
    made.start()
    assert [url.split("/")[2].partition(":")[0] for url in made.urls] == ["192.168.178.23", "10.0.0.7"]
    try:
        port = made.urls[0].rpartition(":")[2].partition("/")[0]
        unknown = ssl.create_default_context()
        unknown.check_hostname, unknown.verify_mode = False, ssl.CERT_NONE
        url = f"https://127.0.0.1:{port}/{made.urls[0].split('/')[3]}/"
        with urllib.request.urlopen(url, context=unknown, timeout=10) as answer:
            assert b"InPose recorder" in answer.read()
        with pytest.raises((urllib.error.URLError, OSError, http.client.HTTPException)):
            get(url.replace("https", "http"))
    finally:
        made.stop()


@pytest.mark.parametrize(
    ("address", "in_network"),
    [("localhost", False), ("127.0.0.1", False), ("::1", False), ("0.0.0.0", True), ("stage-pc.local", True)],
)
def test_a_name_of_this_computer_is_an_address(address: str, in_network: bool) -> None:
    assert PageSettings(0, address).in_network == in_network


def test_a_name_that_nobody_knows_is_refused_with_a_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = ["-o", str(tmp_path), "--seconds", "0.1"]
    assert main(["record", "--webxr", "0", "--listen", "no-such-computer.invalid", *out]) == 2
    assert "cannot listen to no-such-computer.invalid" in capsys.readouterr().err


@pytest.mark.parametrize(("system", "reuses"), [("posix", True), ("nt", False)])
def test_on_windows_two_servers_do_not_share_a_port(system: str, reuses: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """There, the option would let the second one bind, and requests would go to either."""
    with monkeypatch.context() as patched:
        patched.setattr(os, "name", system)
        spec = importlib.util.spec_from_file_location("inpose_core.recording.live.server_of", web_server.__file__)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        patched.setitem(sys.modules, spec.name, module)
        spec.loader.exec_module(module)
    assert module._Server.allow_reuse_address == reuses


def test_a_take_is_read_as_it_was_acted(recorder: HeadsetRecorder) -> None:
    Browser(recorder.urls[0]).send(*LINES[:-1], line({"event": "end", "at": 990, "frames": 90}))
    until(lambda: recorder.takes and recorder.takes[0].ended)
    found = load_recording(recorder.takes[0].path)
    assert np.abs(found.positions_m - PERSON.positions_m).max() < 1e-4


def test_a_take_of_which_a_part_was_lost_has_not_ended_until_the_whole_one_is_there(
    recorder: HeadsetRecorder, tmp_path: Path
) -> None:
    browser = Browser(recorder.urls[0])
    end = line({"event": "end", "at": 990, "frames": 90})
    browser.send(*LINES[:30], *LINES[50:-1], end)
    assert b'{"arrived": {"take": 1, "frames": 70}}' in browser.hear()
    assert not recorder.takes[0].ended, "nobody solves a take with a hole"
    assert post(recorder, [*LINES[:-1], end]) == 204
    assert recorder.takes[0].ended
    assert (tmp_path / "take_001.jsonl").read_text().splitlines() == [*LINES[:-1], end]


def test_a_take_that_has_arrived_is_confirmed(recorder: HeadsetRecorder) -> None:
    browser = Browser(recorder.urls[0])
    browser.send(*LINES[:-1], line({"event": "end", "at": 990, "frames": 90}))
    assert b'{"arrived": {"take": 1, "frames": 90}}' in browser.hear()
    assert recorder.takes[0].ended


def test_the_end_of_a_take_is_lost_and_the_next_one_has_begun(tmp_path: Path) -> None:
    files = TakeFiles(tmp_path)
    second = take_lines(PERSON, header={"take": 2})
    files.add("\n".join(LINES[:40]))
    files.add("\n".join(second[:40]))
    assert files.replace("\n".join(LINES) + "\n") == tmp_path / "take_001.jsonl"
    files.add("\n".join([*second[:3], *second[40:]]))
    assert [take.frames for take in files.takes] == [90, 90]
    assert files.takes[1].ended


def test_a_take_goes_on_in_its_file_after_a_part_that_only_the_computer_watched(tmp_path: Path) -> None:
    files = TakeFiles(tmp_path)
    files.add("\n".join(LINES[:40]))
    files.add('{"stream":1}')
    files.add("\n".join([LINES[0], *LINES[40:]]))
    assert [take.path.name for take in files.takes] == ["take_001.jsonl"]
    assert files.takes[0].path.read_text().splitlines() == LINES


def test_what_a_closed_browser_has_stored_does_not_replace_more_that_has_arrived(
    recorder: HeadsetRecorder, tmp_path: Path
) -> None:
    Browser(recorder.urls[0]).send(*LINES[:80])
    until(lambda: recorder.takes and recorder.takes[0].frames > 70)
    assert post(recorder, LINES[:50]) == 204
    assert (tmp_path / "take_001.jsonl").read_text().splitlines() == LINES[:80]


def post(recorder: HeadsetRecorder, lines: list[str]) -> int:
    """Send a whole take, and return the status of the answer."""
    request = urllib.request.Request(recorder.urls[0] + "take", data=("\n".join(lines) + "\n").encode(), method="POST")
    with urllib.request.urlopen(request, timeout=10) as answer:
        return int(answer.status)
