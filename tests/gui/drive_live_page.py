# SPDX-License-Identifier: GPL-3.0-or-later
"""Go live with the page of a headset in a Blender with a window; a script.

    blender --python tests/gui/drive_live_page.py -- FOLDER

Outside, `web/tests/act_as_asked.js FOLDER` wears an emulated headset in a real Chromium: this script writes the
address of the page to FOLDER/address.txt, and to FOLDER/asked.txt what the headset shall do. One take is started in
Blender, one in the headset; then the headset falls asleep, and loses the network within a third take.
FOLDER/report.json says what was seen; the exit code is 0 if all went as it should.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path

import bpy

sys.path.insert(0, str(Path(__file__).parent))
live = importlib.import_module("drive_live")
drive = live.drive

TAKE_S = 3.0


class PageLive(live.GoingLive):
    """Hold the way: the code for the headset, the page, the T-pose, three takes, sleep and a lost network, the end."""

    def script(self) -> Iterator[float]:
        """Walk from the source to the baked takes."""
        drive.arrange_panels("INPOSE_PT_live", hidden=("INPOSE_PT_headset", "INPOSE_PT_takes"))
        yield from self.set_the_scene()
        self.live = importlib.import_module(f"{self.module}.inpose_blender.live.operators")
        bpy.context.scene.inpose_live.source = "PAGE"
        bpy.context.scene.tool_settings.use_keyframe_insert_auto = True
        yield from self.show_the_code()
        before, actions = self.pose(), len(bpy.data.actions)
        yield from self.begin_with_the_page()
        yield from self.be_measured()
        yield from self.take_by_blender()
        self.check(self.pose() != before, "the character moves")
        yield from self.take_by_the_headset()
        yield from self.sleep()
        yield from self.take_without_a_network()
        yield from self.close_the_browser()
        self.check(len(bpy.data.actions) == actions, "nothing is keyed while live")
        yield from self.end(before)

    def show_the_code(self) -> Iterator[float]:
        """Begin for a headset in the network: the panel shows the address as a QR code."""
        headset = bpy.context.window_manager.inpose_headset
        headset.connection = "WIFI"
        yield from self.begin_live()
        self.seen["url"] = self.stage.follows[0].url
        yield 2.0
        self.picture("c1_code")
        yield from self.stop_live()
        headset.connection = "CABLE"

    def begin_live(self) -> Iterator[float]:
        """Press the button, and wait for the address."""
        with self.in_view():
            bpy.ops.inpose.live("INVOKE_DEFAULT")
        self.stage = self.live.running_stage()
        self.check(self.stage is not None, "Live has begun")
        yield from self.until("the page has an address", lambda: self.stage.follows[0].url)

    def stop_live(self) -> Iterator[float]:
        """Press the other button."""
        with self.in_view():
            bpy.ops.inpose.live_stop()
        yield from self.until("the session is over", lambda: self.live.running_stage() is None)

    def begin_with_the_page(self) -> Iterator[float]:
        """Let the headset open the page."""
        yield from self.begin_live()
        yield 1.0
        self.picture("c2_address")
        (self.folder / "address.txt").write_text(f"{self.stage.follows[0].url}\n", encoding="utf-8")
        yield from self.until("the headset is connected", lambda: self.stage.follows[0].connected)

    def ask(self, *what: str) -> None:
        """Ask the headset to do something."""
        with (self.folder / "asked.txt").open("a", encoding="utf-8") as file:
            file.writelines(f"{each}\n" for each in what)

    def take_by_blender(self) -> Iterator[float]:
        """Record a take with Blender's buttons, and measure meanwhile."""
        self.ask("wave")
        yield from self.measure(self.stage)
        with self.in_view():
            bpy.ops.inpose.live_record()
        yield from self.until("Blender's button starts a take in the headset", lambda: self.stage.records)
        yield TAKE_S
        self.picture("c3_following")
        self.ask("picture c3_in_the_headset")
        with self.in_view():
            bpy.ops.inpose.live_record()
        yield from self.until("Blender's button ends it", lambda: not self.stage.records)

    def take_by_the_headset(self) -> Iterator[float]:
        """Record a take with the triggers."""
        self.ask("start", "start")  # the first press leaves what the page shows of the last take
        yield from self.until("the trigger starts a take", lambda: self.stage.records)
        yield TAKE_S
        self.picture("c4_by_the_headset")
        self.ask("stop")
        yield from self.until("the triggers end it", lambda: not self.stage.records)

    def sleep(self) -> Iterator[float]:
        """Take the headset off, and put it on again."""
        self.ask("sleep")
        yield from self.until("a headset that sleeps is told", lambda: "asleep" in self.trouble)
        self.seen["asleep"] = self.trouble
        yield 1.0
        self.picture("c5_asleep")
        shown = self.stage.performers[0].shown
        self.ask("wake")
        yield from self.until(
            "the character follows again", lambda: not self.trouble and self.stage.performers[0].shown > shown + 20
        )

    def take_without_a_network(self) -> Iterator[float]:
        """Lose the network within a take: the headset sends all of it when the network is back."""
        takes = len(self.stage.follows[0].takes)
        self.ask("start", "start")
        yield from self.until("a third take begins", lambda: self.stage.records)
        yield TAKE_S
        self.ask("offline")
        yield from self.until("a lost network is told", lambda: "network is lost" in self.trouble)
        self.seen["offline"] = self.trouble
        self.picture("c6_offline")
        yield TAKE_S
        self.ask("stop", "online")
        yield from self.until("the network is back", lambda: self.stage.follows[0].connected and not self.trouble)
        yield from self.until("the take is complete", lambda: self.complete(takes))

    def complete(self, number: int) -> bool:
        """Say whether a take has its end and as many moments as it says."""
        takes = self.stage.follows[0].takes
        if len(takes) <= number or not takes[number].ended:
            return False
        lines = takes[number].file.read_text(encoding="utf-8").splitlines()
        moments = sum(line.startswith("[") for line in lines)
        self.seen["moments"] = moments
        return f'"frames":{moments}' in lines[-1]

    def close_the_browser(self) -> Iterator[float]:
        """Close the page."""
        self.ask("leave")
        yield from self.until("a closed page is told", lambda: "page is closed" in self.trouble)
        self.seen["closed"] = self.trouble
        yield 1.0
        self.picture("c7_closed")

    @property
    def trouble(self) -> str:
        """Return what is wrong now."""
        return str(self.stage.follows[0].trouble)


if __name__ == "__main__":
    drive.main(PageLive)
