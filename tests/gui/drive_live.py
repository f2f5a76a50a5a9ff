# SPDX-License-Identifier: GPL-3.0-or-later
"""Go live in a Blender with a window: a simulated VMC sender, the countdown, three takes, the end; a script.

    blender --python tests/gui/drive_live.py -- FOLDER

The takes are solved, baked onto NLA strips, and rendered. FOLDER/report.json says what was seen, with frames drawn a
second, the processor time of each, the longest time in which nothing was drawn, and the time from a packet to the
picture that shows its pose; the exit code is 0 if all went as it should.
"""

from __future__ import annotations

import importlib
import importlib.util
import shutil
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import bpy

spec = importlib.util.spec_from_file_location("inpose_drive", Path(__file__).with_name("drive.py"))
drive = importlib.util.module_from_spec(spec)
sys.modules["inpose_drive"] = drive
spec.loader.exec_module(drive)
sys.path.insert(0, str(Path(__file__).parent))
row_pictures = importlib.import_module("row_pictures")

SENDER = Path(__file__).resolve().parents[2] / "benchmarks" / "vmc_sender.py"
PORT = 39777
MEASURED_S = 8.0
LIVE_TIMER_S = 0.002
TAKES = 3
RENDERED_FRAMES = 3
"""Pictures of each take."""


class Clock:
    """Note when Blender comes by, and when it draws the view.

    Args:
        heard_s: returns when the packet of the pose on the rig arrived; None if no pose is followed.
    """

    def __init__(self, heard_s: Callable[[], float | None] = lambda: None) -> None:
        self.ticks: list[float] = []
        self.draws: list[float] = []
        self._heard_s, self._late_ms, self._cpu_s = heard_s, [], time.process_time()
        self._handler = bpy.types.SpaceView3D.draw_handler_add(self._drawn, (), "WINDOW", "POST_PIXEL")
        self._timer = self._tick  # Blender finds a timer by its object, and a bound method is a new one each time
        bpy.app.timers.register(self._timer)

    def figures(self) -> dict[str, float]:
        """Stop, and return the frames a second and the longest time without a tick, in milliseconds."""
        bpy.app.timers.unregister(self._timer)
        bpy.types.SpaceView3D.draw_handler_remove(self._handler, "WINDOW")
        cpu_s = time.process_time() - self._cpu_s
        gaps = sorted(later - sooner for sooner, later in zip(self.ticks, self.ticks[1:], strict=False))
        lasted_s = self.ticks[-1] - self.ticks[0]
        return {
            "draws_per_s": round(len(self.draws) / lasted_s, 1),
            "cpu_ms_per_draw": round(1000 * cpu_s / max(1, len(self.draws)), 1),
            "packet_to_picture_ms": round(statistics.median(self._late_ms), 1) if self._late_ms else 0.0,
            "longest_block_ms": round(1000 * gaps[-1], 1),
            "block_99_percent_ms": round(1000 * gaps[int(0.99 * (len(gaps) - 1))], 1),
        }

    def _tick(self) -> float:
        self.ticks.append(time.monotonic())
        return LIVE_TIMER_S

    def _drawn(self) -> None:
        self.draws.append(time.monotonic())
        if (heard_s := self._heard_s()) is not None:
            self._late_ms.append(1000 * (self.draws[-1] - heard_s))


class GoingLive(drive.Session):
    """Hold the way: the settings, the countdown, the character that follows, a take, the pose given back, the bake."""

    def script(self) -> Iterator[float]:
        """Walk from the button to the baked take."""
        drive.arrange_panels("INPOSE_PT_live", hidden=("INPOSE_PT_headset", "INPOSE_PT_takes"))
        yield from self.set_the_scene()
        before, actions = self.pose(), len(bpy.data.actions)
        threads = set(threading.enumerate())
        yield from self.begin()
        sender = self.sender(150.0)
        yield from self.be_measured()
        yield from self.follow(before)
        sender.terminate()
        yield from self.until("silence is told", lambda: "Nothing has arrived" in self.stage.follows[0].trouble)
        yield 1.0
        self.picture("l6_silence")
        self.check(len(bpy.data.actions) == actions, "nothing is keyed while live")
        yield from self.end(before)
        left = {thread.name for thread in set(threading.enumerate()) - threads}
        self.seen["threads_left"] = sorted(left)
        self.check(not any("live" in name for name in left), "no thread of Live is left")

    def begin(self) -> Iterator[float]:
        """Set the source, and press the button."""
        scene = bpy.context.scene
        self.live = importlib.import_module(f"{self.module}.inpose_blender.live.operators")
        scene.inpose.pose = "grip"
        scene.inpose_live.port = PORT
        scene.tool_settings.use_keyframe_insert_auto = True
        yield 1.5
        self.picture("l1_settings")
        with self.in_view():
            bpy.ops.inpose.live("INVOKE_DEFAULT")
        self.stage = self.live.running_stage()
        self.check(self.stage is not None, "Live has begun")
        yield from self.until("the solver listens", lambda: self.stage.follows[0].phase != "starting")
        yield 1.0
        self.picture("l2_waiting")

    def be_measured(self) -> Iterator[float]:
        """Watch the countdown and the T-pose."""
        stage = self.stage
        yield from self.until("the countdown runs", lambda: stage.follows[0].phase == "counting")
        yield 0.7
        self.picture("l3_countdown")
        yield from self.until("the T-pose is asked for", lambda: stage.follows[0].phase == "holding")
        yield 0.3
        self.picture("l4_holding")
        yield from self.until("the character follows", lambda: stage.performers[0].shown > 10)

    def follow(self, before: Any) -> Iterator[float]:
        """Measure, record a take, and play the timeline meanwhile."""
        stage, scene = self.stage, bpy.context.scene
        yield from self.measure(stage)
        self.check(not scene.tool_settings.use_keyframe_insert_auto, "Auto Keying is off while live")
        with self.in_view():
            bpy.ops.inpose.live_record()
        yield from self.until("the take is recorded", lambda: stage.records)
        for number in (1, 2):
            yield 2.5
            self.picture(f"l5_following_{number}")
        self.check(self.pose() != before, "the character moves")
        yield from self.play_meanwhile(stage)
        with self.in_view():
            bpy.ops.inpose.live_record()
        yield from self.until("the take has ended", lambda: not stage.records)
        for number in range(2, TAKES + 1):
            with self.in_view():
                bpy.ops.inpose.live_record()
            yield from self.until(f"take {number} is recorded", lambda: stage.records)
            yield 3.0
            with self.in_view():
                bpy.ops.inpose.live_record()
            yield from self.until(f"take {number} has ended", lambda: not stage.records)

    def end(self, before: Any) -> Iterator[float]:
        """Stop, and see the take baked."""
        scene = bpy.context.scene
        with self.in_view():
            bpy.ops.inpose.live_stop()
        self.check(self.pose() == before, "the end gives the pose back exactly")
        self.check(scene.tool_settings.use_keyframe_insert_auto, "Auto Keying is on again")
        yield from self.until("the session is over", lambda: self.live.running_stage() is None)
        yield from self.until("the take is being solved", lambda: self.solving)
        yield from self.wait("the takes are solved and baked")
        self.check(self.action is not None, "the take is baked")
        first, last = self.action.frame_range
        scene.frame_set(round(first + 0.5 * (last - first)))
        yield 1.5
        self.picture("l7_baked")
        yield from self.measure_playback()
        yield from self.bake_the_row()

    def bake_the_row(self) -> Iterator[float]:
        """Bake all takes of the session onto NLA strips, and render each."""
        armature, takes = bpy.data.objects[self.armature_name], bpy.context.scene.inpose_takes
        state = importlib.import_module(f"{self.module}.inpose_blender.take_list.state")
        self.check(len(takes.entries) == TAKES, "each take is in the list")
        states = [state.state_of(entry) for entry in takes.entries]
        self.check(states == ["baked"] * TAKES, f"each is baked: {states}")
        with self.in_view():
            bpy.ops.inpose.bake_takes("INVOKE_DEFAULT", onto="NLA")
        yield from self.wait_for_a_result()
        yield from self.until("the row is baked", lambda: len(row_pictures.strips_of(armature)) == TAKES)
        yield 1.5
        self.picture("l8_row")
        seen = set()
        for pixels in row_pictures.render_row(armature, self.folder, RENDERED_FRAMES):
            seen.add(pixels)
            yield 0.1
        self.check(len(seen) == TAKES * RENDERED_FRAMES, "each rendered picture shows another pose")

    def measure_playback(self) -> Iterator[float]:
        """Count frames and blocks while Blender plays the bake: what the machine can draw without Live."""
        clock = Clock()
        with self.in_view():
            bpy.ops.screen.animation_play()
        yield MEASURED_S
        yield from self.until("the playback is drawn", lambda: len(clock.draws) > 3 and len(clock.ticks) > 3)
        with self.in_view():
            bpy.ops.screen.animation_cancel(restore_frame=True)
        self.seen["playback"] = clock.figures()

    def measure(self, stage: Any) -> Iterator[float]:
        """Count frames and blocks while the character follows."""
        clock = Clock(lambda: stage.follows[0].heard_s)
        shown, began = stage.performers[0].shown, time.monotonic()
        behind: list[float] = []
        while time.monotonic() - began < MEASURED_S:
            yield 0.05
            if (behind_s := stage.follows[0].behind_s) is not None:
                behind.append(behind_s)
        passed_s = time.monotonic() - began
        self.seen["live"] = {
            **clock.figures(),
            "poses_per_s": round((stage.performers[0].shown - shown) / passed_s, 1),
            "packet_to_pose_ms": round(1000 * sorted(behind)[len(behind) // 2], 1) if behind else None,
        }

    def play_meanwhile(self, stage: Any) -> Iterator[float]:
        """Play the timeline, and see that the character goes on to follow."""
        with self.in_view():
            bpy.ops.screen.animation_play()
        shown = stage.performers[0].shown
        yield 2.0
        with self.in_view():
            bpy.ops.screen.animation_cancel(restore_frame=True)
        self.check(stage.performers[0].shown > shown, "the character follows while the timeline plays")

    def pose(self) -> list[tuple[float, ...]]:
        """Return what the bones have now."""
        return [(*bone.location, *bone.rotation_quaternion) for bone in bpy.data.objects[self.armature_name].pose.bones]

    def sender(self, seconds: float) -> subprocess.Popen[bytes]:
        """Start a process that sends the recording."""
        python = shutil.which("python3") or sys.executable
        return subprocess.Popen([python, str(SENDER), str(PORT), str(self.recording), str(seconds)])

    def until(self, what: str, holds: Any) -> Iterator[float]:
        """Wait until something holds."""
        began = time.monotonic()
        while not holds():
            self.check(time.monotonic() - began < 90.0, what, quiet=True)
            yield drive.TICK_S
        self.check(True, what)


if __name__ == "__main__":
    drive.main(GoingLive)
