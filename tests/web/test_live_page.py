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
                    self.turns.append(tuple(float(value) for value in values[4:8]))

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


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium")
def test_bones_follow_the_page_and_nothing_is_lost(arm: ArmHeard, tmp_path: Path) -> None:
    takes = tmp_path / "takes"
    takes.mkdir()
    command = [sys.executable, "-m", "inpose_core.cli", "live", "--webxr", str(PORT), "--takes", str(takes)]
    said: list[str] = []
    session = subprocess.Popen(
        [*command, "--out-vmc", str(arm.port), "--countdown", "1", "--calibrate-for", "2"],
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert session.stderr is not None
    listening = threading.Thread(target=lambda: said.extend(session.stderr or ()), daemon=True)
    listening.start()
    asked, acted = tmp_path / "asked.txt", tmp_path / "acted.txt"

    def ask(*what: str) -> None:
        with asked.open("a", encoding="utf-8") as file:
            file.writelines(f"{each}\n" for each in what)
        count = asked.read_text(encoding="utf-8").count("\n")
        until(lambda: acted.exists() and acted.read_text(encoding="utf-8").count("\n") == count, f"{what} is done")

    try:
        with worn_headset(tmp_path):
            until(lambda: re.search(r"http://\S+", "".join(said)), "the address is told")
            address = re.search(r"http://\S+", "".join(said))
            assert address is not None
            (tmp_path / "address.txt").write_text(f"{address[0]}\n", encoding="utf-8")
            until(lambda: len(arm.turns) > 60, "bones are sent")
            still = arm.turns[-1]
            ask("wave", "start")
            until(lambda: turned(still, arm.turns) > 0.1, "the arm moves")
            ask("offline")
            time.sleep(3.0)
            ask("stop", "online")
            (take,) = (path for path in takes.glob("*.jsonl"))
            until(lambda: '"event":"end"' in take.read_text(encoding="utf-8"), "the rest of the take arrives")
            session.send_signal(signal.SIGINT)
            session.wait(30)
    finally:
        session.kill()
    assert session.stdout is not None
    assert re.match(r"\d+ poses in ", session.stdout.read())
    lines = take.read_text(encoding="utf-8").splitlines()
    end = json.loads(lines[-1])
    assert sum(line.startswith("[") for line in lines) == end["frames"], "what the network lost was sent again"
    assert load_recording(take).headset == "Quest 3"
    page = json.loads((tmp_path / "page.json").read_text(encoding="utf-8"))
    assert any("on this headset only" in each["connection"] for each in page["seen"] if each["asked"] == "stop")
    assert all("ERR_INTERNET_DISCONNECTED" in error for error in page["errors"])


def turned(still: tuple[float, ...], turns: list[tuple[float, ...]]) -> float:
    return max(1.0 - abs(sum(a * b for a, b in zip(still, each, strict=True))) for each in turns)
