# SPDX-License-Identifier: GPL-3.0-or-later
"""Work on a session of three takes in a Blender with a window: list, solve all, bake all, render; a script.

    blender --python tests/gui/drive_takes.py -- FOLDER [RECORDING]

The takes are parts of one recording.
FOLDER/report.json says what was seen; the exit code is 0 if all went as it should.
"""

from __future__ import annotations

import importlib
import importlib.util
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
sys.path.insert(0, str(Path(__file__).parent))
row_pictures = importlib.import_module("row_pictures")

PARTS_S = ((0.0, 8.5), (8.5, 12.5), (12.0, 17.0))
"""Parts of the example: its walk with the T-pose before it, the wave, the crouch."""
DOWN_PX = 300
"""From the top of the sidebar to the list."""
RENDERED_FRAMES = 5
"""Pictures of each take."""


class Session(drive.Session):
    """Hold the way: three recordings arrive, are solved, baked in a row, chosen, undone, saved and rendered."""

    def script(self) -> Iterator[float]:
        """Walk from three recordings to pictures."""
        drive.arrange_panels("INPOSE_PT_takes", hidden=("INPOSE_PT_headset", "INPOSE_PT_findings", "INPOSE_PT_live"))
        yield from self.set_the_scene()
        yield from self.record_three_takes()
        yield from self.solve_them()
        yield from self.bake_them_in_a_row()
        yield from self.choose_and_pin()
        yield from self.copy_and_delete()
        yield from self.lose_and_find_a_file()
        yield from self.reload()
        yield from self.render()

    @property
    def rig(self) -> Any:
        """Return the character."""
        return bpy.data.objects[self.armature_name]

    @property
    def takes(self) -> Any:
        """Return the list of takes."""
        return bpy.context.scene.inpose_takes

    @property
    def states(self) -> list[str]:
        """Return how far each take is."""
        state = importlib.import_module(f"{self.module}.inpose_blender.take_list.state")
        return [state.state_of(entry) for entry in self.takes.entries]

    @property
    def names(self) -> list[str]:
        """Return the names in the list."""
        return [entry.name for entry in self.takes.entries]

    def record_three_takes(self) -> Iterator[float]:
        """Choose three recordings, as the file browser would."""
        rows = self.recording.read_text(encoding="utf-8").splitlines()
        head, rows = rows[0], rows[1:]
        begin_s = float(rows[0].split(",")[0])
        for number, (start_s, stop_s) in enumerate(PARTS_S, start=1):
            part = [row for row in rows if start_s <= float(row.split(",")[0]) - begin_s < stop_s]
            path = self.recording.with_name(f"court_{number:03}.csv")
            path.write_text("\n".join([head, *part]) + "\n", encoding="utf-8")
            with self.in_view():
                bpy.ops.inpose.choose_recording("EXEC_DEFAULT", filepath=str(path))
                bpy.context.scene.inpose.pose = "grip"
            yield from self.until("", lambda: self.takes.entries[-1].length_s > 0.0)
        self.check(self.names == ["court_001", "court_002", "court_003"], f"three takes are in the list: {self.names}")
        self.check(self.states == ["recorded"] * 3, "they are recorded")
        self.takes.entries[1].star = True
        yield from self.look("t1_recorded")

    def solve_them(self) -> Iterator[float]:
        """Solve all in one click, and go on in the meantime."""
        with self.in_view():
            bpy.ops.ed.undo_push(message="Before solving")
            bpy.ops.inpose.solve_takes("INVOKE_DEFAULT")
        queue = importlib.import_module(f"{self.module}.inpose_blender.solve.queue").QUEUE
        self.check(len(queue) == 3, "three takes are queued")
        yield from self.until("", lambda: self.states.count("solved") >= 1 or not self.solving)
        yield from self.look("t2_solving")
        yield from self.wait("all takes are solved")
        yield 1.0
        self.check(self.states == ["solved"] * 3, f"each has a motion: {self.states}")
        self.check(self.action is None, "nothing is baked by that")
        yield from self.look("t3_solved")

    def bake_them_in_a_row(self) -> Iterator[float]:
        """Bake all onto NLA strips; undo takes it back in one step, redo brings it back."""
        with self.in_view():
            bpy.ops.screen.area_split(direction="HORIZONTAL", factor=0.3)
        views = [area for area in self.window.screen.areas if area.type == "VIEW_3D"]
        min(views, key=lambda area: area.y).type = "NLA_EDITOR"
        bpy.context.scene.inpose_bake.set_frame_range = True
        self.takes.gap = 4
        with self.in_view():
            bpy.ops.ed.undo_push(message="Before baking")
            bpy.ops.inpose.bake_takes("INVOKE_DEFAULT", onto="NLA")
        yield from self.wait_for_a_result()
        self.check(
            self.states == ["baked"] * 3, f"each take is baked: {bpy.context.window_manager.inpose_status.result}"
        )
        strips = self.strips()
        self.check([strip.name for strip in strips] == self.names, "the strips have the names of the takes")
        ends = [strip.frame_end for strip in strips]
        self.check([strip.frame_start for strip in strips] == [1, ends[0] + 5, ends[1] + 5], f"in a row: {ends}")
        yield from self.look("t4_row", int(ends[0]) + 40)
        with self.in_view():
            bpy.ops.ed.undo_push(message="Looked at the result")
            bpy.ops.ed.undo()
            bpy.ops.ed.undo()
        yield 1.0
        self.check(self.states == ["solved"] * 3 and not self.strips(), "undo takes the row back in one step")
        with self.in_view():
            bpy.ops.ed.redo()
        yield 1.0
        self.check(self.states == ["baked"] * 3 and len(self.strips()) == 3, "redo brings the row back")

    def choose_and_pin(self) -> Iterator[float]:
        """Choose a take in the list, pin it, bake it again in its place, and see that the others have no pin."""
        first = int(self.strips()[1].frame_start)
        with self.in_view():
            self.takes.chosen = 1
            bpy.context.scene.frame_set(first + 30)
            bpy.ops.inpose.add_pin(joint="left_wrist")
            bpy.ops.inpose.solve_again("INVOKE_DEFAULT")
        yield from self.wait("the pinned take is solved again")
        yield from self.wait_for_a_result()
        self.check(int(self.strips()[1].frame_start) == first, "the pinned take keeps its place in the row")
        self.check(self.action is None, "and no action lies over the row")
        yield from self.look("t5_pinned", first + 30)
        handle = self.rig.inpose_pins.entries[0].handle
        self.takes.chosen = 0
        self.check(not len(self.rig.inpose_pins.entries) and handle.hide_viewport, "the pin belongs to its take")
        self.takes.entries[0].title = "Court 7"
        self.check("Court 7" in [strip.name for strip in self.strips()], "a new name is that of the strip, too")
        yield 0.5

    def copy_and_delete(self) -> Iterator[float]:
        """Copy a take, delete it, and take that back."""
        with self.in_view():
            bpy.ops.inpose.duplicate_take()
            self.check(self.names[1] == "Court 7 (2)", "the copy is below")
            bpy.ops.ed.undo_push(message="Copied")
            bpy.ops.inpose.delete_take()
            self.check(len(self.names) == 3, "the copy is deleted")
            bpy.ops.ed.undo_push(message="Deleted")
            bpy.ops.ed.undo()
        yield 0.5
        self.check(len(self.names) == 4, "undo brings the copy back")
        with self.in_view():
            bpy.ops.inpose.delete_take()
        yield 0.5

    def lose_and_find_a_file(self) -> Iterator[float]:
        """Rename a folder, and find the file again."""
        lost = Path(bpy.path.abspath(self.takes.entries[2].file))
        away = self.folder / "elsewhere"
        away.mkdir(exist_ok=True)
        lost.rename(away / lost.name)
        yield 3.0
        yield from self.look("t6_missing")
        with self.in_view():
            bpy.ops.inpose.find_take_files("EXEC_DEFAULT", directory=str(away))
        self.check(Path(self.takes.entries[2].file) == away / lost.name, "a missing recording is found")
        yield 0.5

    def reload(self) -> Iterator[float]:
        """Save, open again, and find all of it."""
        before = (self.names, self.states, self.takes.chosen)
        bpy.ops.wm.save_as_mainfile(filepath=str(self.folder / "shot.blend"))
        bpy.ops.wm.open_mainfile(filepath=str(self.folder / "shot.blend"))
        yield 2.0
        after = (self.names, self.states, self.takes.chosen)
        self.check(after == before, f"the list is saved: {after}")

    def render(self) -> Iterator[float]:
        """Render pictures of each take in the row."""
        seen = set()
        for pixels in row_pictures.render_row(self.rig, self.folder, RENDERED_FRAMES):
            seen.add(pixels)
            yield 0.1
        self.check(len(seen) == 3 * RENDERED_FRAMES, "each rendered picture shows another pose")

    def strips(self) -> list[Any]:
        """Return the NLA strips that play, from the lowest track up."""
        return row_pictures.strips_of(self.rig)

    def look(self, name: str, frame: int | None = None) -> Iterator[float]:
        """Look at the character, the panel and the strips."""
        if frame is not None:
            bpy.context.scene.frame_set(frame)
        with self.in_view():
            bpy.ops.view3d.view_axis(type="FRONT")
            bpy.ops.view3d.view_orbit(angle=0.5, type="ORBITRIGHT")
            bpy.ops.view3d.view_all(center=False)
        for editor in (area for area in self.window.screen.areas if area.type == "NLA_EDITOR"):
            region = next(region for region in editor.regions if region.type == "WINDOW")
            with bpy.context.temp_override(window=self.window, area=editor, region=region):
                bpy.ops.nla.view_all()
        for area in self.window.screen.areas:
            area.tag_redraw()
        self.scroll_sidebar(-DOWN_PX)
        yield 2.0
        self.picture(name)
        self.scroll_sidebar(DOWN_PX)

    def until(self, what: str, holds: Any) -> Iterator[float]:
        """Wait until something holds."""
        began = time.monotonic()
        while not holds():
            self.check(time.monotonic() - began < drive.TIMEOUT_S, what or "it happens in time", quiet=True)
            yield drive.TICK_S
        if what:
            self.check(True, what)


if __name__ == "__main__":
    drive.main(Session)
