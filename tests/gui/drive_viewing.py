# SPDX-License-Identifier: GPL-3.0-or-later
"""Look at a recording in a Blender with a window: stripes in the Timeline, head and hands in the view, trim; a script.

    blender --python tests/gui/drive_viewing.py -- FOLDER RECORDING

FOLDER/report.json says what was seen; the exit code is 0 if all went as it should.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import bpy

spec = importlib.util.spec_from_file_location("inpose_drive", Path(__file__).with_name("drive.py"))
drive = importlib.util.module_from_spec(spec)
sys.modules["inpose_drive"] = drive
spec.loader.exec_module(drive)


class Looking(drive.Session):
    """Hold the way: choose, look, trim, solve, look again."""

    def script(self) -> Iterator[float]:
        """Walk from an empty scene to a trimmed shot from frame 1001 on."""
        self.recording = with_losses(self.recording, self.folder / "losses.csv")
        yield from self.set_the_scene()
        scene = bpy.context.scene
        scene.frame_start, scene.frame_end = 1001, 1400
        scene.frame_set(1001)
        self.show_frames()
        yield from self.choose_the_recording_only()
        yield from self.look_before()
        yield from self.click_a_stripe("v4_low")
        with self.in_view():
            bpy.ops.inpose.open_timeline()
        yield 1.0
        self.show_frames()
        bpy.context.scene.frame_set(1001)
        yield from self.click_a_stripe("v4_high")
        yield from self.trim()
        yield from self.drag_the_end()
        yield from self.solve_and_look()
        yield from self.start_elsewhere()
        yield from self.disable()

    def module_of(self, name: str) -> Any:
        """Return a module of the installed add-on."""
        return importlib.import_module(f"{self.module}.inpose_blender.{name}")

    @property
    def timeline(self) -> Any:
        """Return the highest Timeline."""
        areas = [area for area in self.window.screen.areas if area.type == "DOPESHEET_EDITOR"]
        return max(areas, key=lambda area: area.height)

    def show_frames(self) -> None:
        """Let the Timeline show the whole shot."""
        region = next(region for region in self.timeline.regions if region.type == "WINDOW")
        with bpy.context.temp_override(window=self.window, area=self.timeline, region=region):
            bpy.ops.action.view_all()

    def choose_the_recording_only(self) -> Iterator[float]:
        """Choose it and wait until it is read."""
        with self.in_view():
            bpy.ops.inpose.choose_recording("EXEC_DEFAULT", filepath=bpy.path.relpath(str(self.recording)))
        facts, question = self.module_of("recording.facts"), self.module_of("recording.properties").question_of
        while facts.known_facts(question(bpy.context.scene)) is None:
            yield drive.TICK_S
        yield 1.5
        self.picture("v1_read")

    def look_before(self) -> Iterator[float]:
        """Show head and hands, and scrub."""
        things = len(bpy.data.objects)
        with self.in_view():
            bpy.ops.inpose.show_recording()
            bpy.ops.view3d.view_all(center=False)
        for name, frame in (("v2_shown", 1001), ("v3_scrubbed", 1190)):
            bpy.context.scene.frame_set(frame)
            yield 1.5
            self.picture(name)
        self.check(len(bpy.data.objects) == things, "showing adds nothing to the scene")

    def click_a_stripe(self, name: str) -> Iterator[float]:
        """Click on the first stretch without tracking, where xdotool is there to click."""
        stripes = self.module_of("viewing.stripes")
        found = self.module_of("viewing.findings")
        lost = next(
            (
                stripe
                for stripe in stripes.stripes_of(found.known_info(bpy.context), found.known_findings(bpy.context))
                if stripe.state in ("lost", "bridged")
            ),
            None,
        )
        self.check(lost is not None, "the recording has a loss to click at")
        clock = self.module_of("viewing.clock").clock_of(bpy.context)
        region = next(region for region in self.timeline.regions if region.type == "WINDOW")
        frame = clock.frame_of((lost.start_s + lost.stop_s) / 2)
        x, _ = region.view2d.view_to_region(frame, 0, clip=False)
        layout = self.module_of("viewing.timeline_layout").timeline_layout(
            region.height, bpy.context.preferences.system.ui_scale, has_curve=False
        )
        y = layout.row_bottom(lost.row) + 0.5 * layout.row
        if drive.shutil.which("xdotool"):
            from_top = self.window.height - (region.y + y)
            drive.press("mousemove", str(int(region.x + x)), str(int(from_top)), "click", "1")
            yield 2.0
            self.picture(name)
            self.seen["clicked"] = [x, from_top, self.window.height, region.height, bpy.context.scene.frame_current]
            self.check(
                bpy.context.scene.frame_current == round(clock.frame_of(lost.start_s)), "a click goes to the stripe"
            )

    def trim(self) -> Iterator[float]:
        """Trim at two frames, and leave something out."""
        scene = bpy.context.scene
        for frame, side in ((1049, "START"), (1337, "END")):
            scene.frame_set(frame)
            with self.in_view():
                bpy.ops.inpose.trim_here(side=side)
        self.check(scene.inpose_reading.trim_start_s == 2.0, "the trim starts at the frame")
        yield 1.5
        self.picture("v5_trimmed")

    def drag_the_end(self) -> Iterator[float]:
        """Drag the end of the trim in the timeline, and back."""
        if not drive.shutil.which("xdotool"):
            return
        region = next(region for region in self.timeline.regions if region.type == "WINDOW")
        clock = self.module_of("viewing.clock").clock_of(bpy.context)
        reading = bpy.context.scene.inpose_reading
        for start_s, stop_s in ((14.0, 11.0), (11.0, 14.0)):
            from_x, to_x = (
                int(region.x + region.view2d.view_to_region(clock.frame_of(time_s), 0, clip=False)[0])
                for time_s in (start_s, stop_s)
            )
            y = str(int(self.window.height - (region.y + 30)))
            for words in (
                ("mousemove", str(from_x), y, "mousedown", "1"),
                ("mousemove", str((from_x + to_x) // 2), y),
                ("mousemove", str(to_x), y),
                ("mouseup", "1"),
            ):
                drive.press(*words)
                yield 0.7
            self.check(abs(reading.trim_end_s - stop_s) < 0.2, f"the end is dragged to {reading.trim_end_s:.2f} s")
            self.picture(f"v5_dragged_to_{stop_s:.0f}")
        reading.trim_end_s = 14.0

    def solve_and_look(self) -> Iterator[float]:
        """Solve the trimmed part; the confidence joins the stripes."""
        with self.in_view():
            bpy.ops.inpose.solve_full_body("INVOKE_DEFAULT")
        yield from self.wait("the trimmed solve has ended")
        action = self.action
        self.check(action is not None, "the trimmed solve has baked")
        first, last = action.frame_range
        self.check((round(first), round(last)) == (1001, 1289), f"the action has the trim's length: {first} to {last}")
        self.check((bpy.context.scene.frame_start, bpy.context.scene.frame_end) == (1001, 1400), "the shot stays")
        bpy.context.scene.frame_set(1120)
        with self.in_view():
            bpy.ops.view3d.view_all(center=False)
        yield 2.5
        self.picture("v6_solved")

    def start_elsewhere(self) -> Iterator[float]:
        """Start at the 3D cursor, facing the rig's front."""
        scene = bpy.context.scene
        scene.cursor.location = (1.0, -1.0, 0.0)
        scene.inpose_bake.start_at, scene.inpose_bake.facing = "cursor", "rig"
        with self.in_view():
            bpy.ops.inpose.bake_take("EXEC_DEFAULT")
        scene.frame_set(1001)
        rig = bpy.data.objects[self.armature_name]
        hips = rig.matrix_world @ rig.pose.bones["pelvis"].head
        self.check((hips.xy - scene.cursor.location.xy).length < 0.05, f"the character starts at the cursor: {hips}")
        yield 2.0
        self.picture("v7_at_the_cursor")

    def disable(self) -> Iterator[float]:
        """Switch the add-on off and on: nothing of the drawing stays, and it comes back."""
        stop = self.module_of("runtime.worker_job").stop_warm_process
        bpy.ops.preferences.addon_disable(module=self.module)
        yield 1.5
        self.picture("v8_disabled")
        bpy.ops.preferences.addon_enable(module=self.module)
        yield 1.5
        self.picture("v9_enabled")
        stop()


def with_losses(example: Path, path: Path) -> Path:
    """Write the example with a left hand that is lost for a while, and a right hand that freezes; return the file."""
    header, *rows = (line.split(",") for line in example.read_text(encoding="utf-8").splitlines())
    left, right = ([i for i, name in enumerate(header) if name.startswith(side)] for side in ("left", "right"))
    frozen: list[str] = []
    for row in rows:
        time_s = float(row[0])
        if 5.0 < time_s < 6.5:
            for column in left:
                row[column] = ""
        if 9.0 < time_s < 11.0:
            frozen = frozen or [row[column] for column in right]
            for column, value in zip(right, frozen, strict=True):
                row[column] = value
    path.write_text("\n".join(",".join(row) for row in (header, *rows)) + "\n", encoding="utf-8")
    return path


if __name__ == "__main__":
    drive.main(Looking)
