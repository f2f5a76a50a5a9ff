# SPDX-License-Identifier: Apache-2.0
"""Drive ``inpose live --webxr`` with the page in a real Chromium and an emulated headset."""

from __future__ import annotations

import json
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from inpose_core import load_recording
from inpose_core.recording.live.osc import osc_messages
from tests.web_packages import CHROMIUM, worn_headset

PORT = 39873


class ArmHeard(threading.Thread):
    """Hear how an avatar's right upper arm turns, as a VTuber program does."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self._in = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._in.bind(("127.0.0.1", 0))
        self.port = self._in.getsockname()[1]
        self.turns: list[tuple[float, ...]] = []
        """As Unity has them (xyzw)."""

    def run(self) -> None:
        """Hear until the socket is closed."""
        while True:
            try:
                datagram = self._in.recv(65536)
            except OSError:
                return
            for address, values in osc_messages(datagram):
                if address == "/VMC/Ext/Bone/Pos" and values[0] == "RightUpperArm":
                    self.turns.append(tuple(value for value in values[4:8] if isinstance(value, float)))

    def close(self) -> None:
        """Hear nothing more."""
        self._in.close()


@pytest.fixture
def arm() -> Iterator[ArmHeard]:
    heard = ArmHeard()
    heard.start()
    yield heard
    heard.close()


def until(holds: Callable[[], object], what: str, seconds: float = 60.0) -> None:
    end_s = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end_s, what
        time.sleep(0.05)


class LiveCommand:
    """Run `inpose live --webxr` with an emulated headset that does what it is asked for.

    Args:
        folder: for what is asked for, the address, and the takes.
        send_to: the port at which bones are heard.
    """

    def __init__(self, folder: Path, send_to: int) -> None:
        self.folder, self.takes_folder = folder, folder / "takes"
        self.takes_folder.mkdir()
        self.said: list[str] = []
        self._read = 0
        command = [sys.executable, "-m", "inpose_core.cli", "live", "--webxr", str(PORT)]
        options = ["--takes", str(self.takes_folder), "--out-vmc", str(send_to), "--countdown", "1"]
        self._session = subprocess.Popen(
            [*command, *options, "--calibrate-for", "2"], stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        stderr = self._session.stderr
        assert stderr is not None
        threading.Thread(target=lambda: self.said.extend(stderr), daemon=True).start()

    def give_address(self) -> None:
        """Tell the headset the address that is printed."""
        self.until_said(r"http://\S+")
        address = re.search(r"http://\S+", "".join(self.said))
        assert address is not None
        (self.folder / "address.txt").write_text(f"{address[0]}\n", encoding="utf-8")

    def ask(self, *what: str) -> None:
        """Let the headset do something, and wait until it is done."""
        asked, acted = self.folder / "asked.txt", self.folder / "acted.txt"
        with asked.open("a", encoding="utf-8") as file:
            file.writelines(f"{each}\n" for each in what)
        count = asked.read_text(encoding="utf-8").count("\n")
        until(lambda: acted.exists() and acted.read_text(encoding="utf-8").count("\n") == count, f"{what} is done")

    def until_said(self, pattern: str) -> None:
        """Wait until the terminal says something that it had not said when this was called last."""
        until(lambda: re.search(pattern, "".join(self.said[self._read :])), f"{pattern} is said in {self.said}")
        self._read = len(self.said)

    def on_page(self, asked: str) -> dict[str, str]:
        """Return what the page said when it had done something for the last time."""
        seen: list[dict[str, str]] = self._page["seen"]
        return [each for each in seen if each["asked"] == asked][-1]

    @property
    def errors(self) -> list[str]:
        """Return the errors of the page, apart from those that a browser prints where the network is lost."""
        errors: list[str] = self._page["errors"]
        return [each for each in errors if "net::ERR_CONNECTION" not in each]

    @property
    def _page(self) -> dict[str, Any]:
        page: dict[str, Any] = json.loads((self.folder / "page.json").read_text(encoding="utf-8"))
        return page

    def take(self, number: int) -> list[str]:
        """Return the lines of the file of a take."""
        path = self.takes_folder / f"take_{number:03}.jsonl"
        return path.read_text(encoding="utf-8").splitlines() if path.exists() else []

    def end(self) -> str:
        """Press Ctrl-C, and return what is printed last."""
        self._session.send_signal(signal.SIGINT)
        self._session.wait(30)
        assert self._session.stdout is not None
        return self._session.stdout.read()

    def kill(self) -> None:
        """End the command, if it has not ended."""
        self._session.kill()
        self._session.wait(30)


@pytest.fixture
def live(arm: ArmHeard, tmp_path: Path) -> Iterator[LiveCommand]:
    command = LiveCommand(tmp_path, arm.port)
    try:
        with worn_headset(tmp_path):
            command.give_address()
            yield command
    finally:
        command.kill()


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium")
def test_bones_follow_the_page_and_nothing_is_lost(arm: ArmHeard, live: LiveCommand) -> None:
    until(lambda: len(arm.turns) > 60, "bones are sent")
    still = arm.turns[-1]
    live.ask("wave", "start")
    until(lambda: turned(still, arm.turns) > 0.1, "the arm moves")
    live.ask("offline")
    time.sleep(3.0)
    live.ask("stop", "online")
    until(lambda: '"event":"end"' in "".join(live.take(1)), "the rest of the take arrives")
    assert re.match(r"\d+ poses in ", live.end())
    assert moments(live.take(1)) == json.loads(live.take(1)[-1])["frames"], "what the network lost was sent again"
    assert load_recording(live.takes_folder / "take_001.jsonl").headset == "Quest 3"
    assert live.errors == []


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium")
def test_what_goes_wrong_in_the_headset_is_said_and_nothing_is_lost(arm: ArmHeard, live: LiveCommand) -> None:
    until(lambda: len(arm.turns) > 60, "bones are sent")
    live.ask("wave", "start")
    until(lambda: moments(live.take(1)) > 60, "a take arrives")
    live.ask("sleep")
    live.until_said("The headset is asleep")
    live.ask("wake")
    live.until_said("Calibrated")
    live.ask("end_vr")
    live.until_said("VR has ended in the headset")
    until(lambda: '"event":"end"' in live.take(1)[-1], "the end of VR ends the take")
    assert moments(live.take(1)) == json.loads(live.take(1)[-1])["frames"]

    live.ask("close", "open", "wave")
    live.until_said("Calibrated")
    live.ask("start")
    until(lambda: moments(live.take(2)) > 30, "a second take arrives")
    live.ask("offline")
    live.until_said("The headset is not connected|Nothing has arrived")
    before = moments(live.take(2))
    live.ask("say", "close", "online", "open", "wave")
    live.until_said("Calibrated")
    until(lambda: moments(live.take(2)) > before, "what a closed page had not sent is sent by the next one")
    assert "Take 2 is on the computer" in live.on_page("open")["connection"]

    live.ask("second")
    assert "Another headset is connected." in live.on_page("second")["connection"]
    live.until_said("Another headset has opened the page")
    live.ask("wrong")
    assert "This address is wrong" in live.on_page("wrong")["state"]
    live.ask("start")
    until(lambda: moments(live.take(3)) > 30, "the first headset goes on")
    live.end()
    for number in (1, 2, 3):
        assert load_recording(live.takes_folder / f"take_{number:03}.jsonl").headset == "Quest 3"


def moments(lines: list[str]) -> int:
    return sum(line.startswith("[") for line in lines)


def turned(still: tuple[float, ...], turns: list[tuple[float, ...]]) -> float:
    return max(1.0 - abs(sum(a * b for a, b in zip(still, each, strict=True))) for each in turns)
