# SPDX-License-Identifier: GPL-3.0-or-later
"""Record from a stand-in for a headset in a Blender with a window: begin, connect, a take, the end; a script.

    blender --python tests/gui/drive_headset.py -- FOLDER

FOLDER/report.json says what was seen; the exit code is 0 if all went as it should.
"""

from __future__ import annotations

import importlib
import importlib.util
import socket
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import bpy

spec = importlib.util.spec_from_file_location("inpose_drive", Path(__file__).with_name("drive.py"))
drive = importlib.util.module_from_spec(spec)
sys.modules["inpose_drive"] = drive
spec.loader.exec_module(drive)


class RecordingLive(drive.Session):
    """Hold the way: the settings, the address, a headset that connects, its take, the end."""

    def script(self) -> Iterator[float]:
        """Walk from the button to the chosen take."""
        drive.arrange_panels("INPOSE_PT_headset", hidden=("INPOSE_PT_live", "INPOSE_PT_takes"))
        yield from self.set_the_scene()
        operators = importlib.import_module(f"{self.module}.inpose_blender.headset.operators")
        bpy.context.window_manager.inpose_headset.connection = "WIFI"
        yield 1.0
        self.picture("h1_settings")
        yield from self.show_the_code(operators)
        bpy.context.window_manager.inpose_headset.connection = "CABLE"
        with self.in_view():
            bpy.ops.inpose.record_headset("INVOKE_DEFAULT")
        session = operators.running_session()
        self.check(session is not None, "the page is served")
        yield 1.0
        self.picture("h2_waiting")
        browser = connected(session.url)
        yield from self.until("the headset is connected", lambda: session.progress().connected)
        lines = self.take_lines()
        send(browser, *lines[:-1])
        yield from self.until("frames arrive", lambda: session.progress().frames > 0)
        yield 1.0
        self.picture("h3_take")
        send(browser, lines[-1])
        yield from self.until("the take is the chosen recording", lambda: bpy.context.scene.inpose.recording)
        yield 2.0
        self.picture("h4_chosen")
        with self.in_view():
            bpy.ops.inpose.end_headset()
        yield 1.0
        self.check(operators.running_session() is None, "the end stops the server")

    def show_the_code(self, operators: Any) -> Iterator[float]:
        """Serve the page in the network, and show its address as a QR code, in dark and in light themes."""
        with self.in_view():
            bpy.ops.inpose.record_headset("INVOKE_DEFAULT")
        session = operators.running_session()
        self.check(session is not None, "the page is served in the network without a certificate of one's own")
        self.seen["url"] = session.url
        yield 2.0
        self.picture("h5_code_dark")
        (light,) = (Path(folder) / "Blender_Light.xml" for folder in bpy.utils.preset_paths("interface_theme")[:1])
        bpy.ops.script.execute_preset(filepath=str(light), menu_idname="USERPREF_MT_interface_theme_presets")
        yield 2.0
        self.picture("h5_code_light")
        bpy.ops.preferences.reset_default_theme()
        with self.in_view():
            bpy.ops.inpose.end_headset()
        yield 1.0

    def take_lines(self) -> list[str]:
        """Return a short take as the page sends it."""
        return Path(__file__).with_name("headset_take.jsonl").read_text(encoding="utf-8").splitlines()

    def until(self, what: str, holds: Any) -> Iterator[float]:
        """Wait until something holds."""
        began = time.monotonic()
        while not holds():
            self.check(time.monotonic() - began < 60.0, what, quiet=True)
            yield drive.TICK_S
        self.check(True, what)


def connected(url: str) -> socket.socket:
    """Open the page's socket as a browser does."""
    address, _, path = url.partition("://")[2].partition("/")
    made = socket.create_connection(("127.0.0.1", int(address.rpartition(":")[2])), timeout=10)
    made.sendall(
        f"GET /{path}socket HTTP/1.1\r\nHost: {address}\r\nOrigin: http://{address}\r\nUpgrade: websocket\r\n"
        "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n".encode()
    )
    return made


def send(browser: socket.socket, *lines: str) -> None:
    """Send lines as one message, masked with zeros."""
    for line in lines:
        data = line.encode()
        browser.sendall(bytes([0x81, 0x80 | 126]) + len(data).to_bytes(2, "big") + bytes(4) + data)


if __name__ == "__main__":
    drive.main(RecordingLive)
