# SPDX-License-Identifier: GPL-3.0-or-later
"""Close the hands of a Rigify character with the buttons of the controllers, in a Blender with a window; a script.

    blender --python tests/gui/drive_fingers.py -- FOLDER RECORDING

RECORDING is examples/walk_wave_crouch.csv; the script gives it buttons. FOLDER/report.json says what was seen; the exit
code is 0 if all went as it should.
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

CLOSED_ROWS = (500, 800)
OPEN_FRAME, CLOSED_FRAME = 60, 260
BONES = ("f_index.01", "f_index.02", "f_middle.02", "f_ring.02", "f_pinky.02")


class Closing(drive.Session):
    """Hold the way: solve a recording with buttons, see relaxed hands and fists, and bake without the buttons."""

    def script(self) -> Iterator[float]:
        """Walk from an empty scene to a character whose hands close."""
        yield from self.set_the_scene()
        yield from self.take_a_character_with_fingers()
        self.write_buttons()
        with self.in_view():
            bpy.ops.inpose.choose_recording("EXEC_DEFAULT", filepath=bpy.path.relpath(str(self.recording)))
            bpy.context.scene.inpose.pose = "grip"
        self.start()
        yield from self.wait("the recording with buttons is solved")
        said = bpy.context.window_manager.inpose_status
        self.seen["notes"] = str(said.notes)
        self.check("30" in said.notes, "the result says how many finger bones move")
        relaxed, closed = self.bends(OPEN_FRAME), self.bends(CLOSED_FRAME)
        self.seen["relaxed_deg"], self.seen["closed_deg"] = relaxed, closed
        self.check(all(8 < angle < 60 for angle in relaxed.values()), "the hands are relaxed")
        self.check(all(closed[bone] > relaxed[bone] + 30 for bone in closed), "the hands close")
        for name, frame in (("f1_relaxed", OPEN_FRAME), ("f2_closed", CLOSED_FRAME)):
            yield from self.look_at_a_hand(name, frame)
        yield from self.bake_relaxed()

    def take_a_character_with_fingers(self) -> Iterator[float]:
        """Replace the stick figure by Rigify's metarig, which has fingers."""
        bpy.ops.preferences.addon_enable(module="rigify")
        with self.in_view():
            bpy.ops.object.armature_human_metarig_add()
        rig = bpy.context.object
        for thing in [thing for thing in bpy.data.objects if thing != rig]:
            bpy.data.objects.remove(thing)
        self.armature_name = rig.name
        bpy.context.scene.inpose.armature = rig
        yield 1.0

    def write_buttons(self) -> None:
        """Give the recording a trigger and a grip for each hand, which are pressed for a while."""
        header, *rows = self.recording.read_text().splitlines()
        comments = [row for row in (header, *rows) if row.startswith("#")]
        header, *rows = [row for row in (header, *rows) if not row.startswith("#")]
        first, last = CLOSED_ROWS
        lines = [f"{row}{',1,1,1,1' if first <= number < last else ',0,0,0,0'}" for number, row in enumerate(rows)]
        header += ",left_trigger,left_grip,right_trigger,right_grip"
        self.recording.write_text("\n".join([*comments, header, *lines]) + "\n")

    @property
    def rig(self) -> Any:
        """Return the character."""
        return bpy.data.objects[self.armature_name]

    def bends(self, frame: int) -> dict[str, float]:
        """Return by how many degrees each finger bone is bent against the bone before it, at a frame."""
        bpy.context.scene.frame_set(frame)
        found = {}
        for name in BONES:
            bone = self.rig.pose.bones[f"{name}.L"]
            before = self.rig.pose.bones["hand.L"] if name.endswith("01") else bone.parent
            angle = (bone.tail - bone.head).angle(before.tail - before.head)
            found[name] = round(angle * 57.29578, 1)
        return found

    def look_at_a_hand(self, name: str, frame: int) -> Iterator[float]:
        """Take a picture of the left hand at a frame, with the options of the bake."""
        bpy.context.scene.frame_set(frame)
        space = self.area.spaces.active
        hand = self.rig.matrix_world @ self.rig.pose.bones["f_middle.01.L"].head
        space.region_3d.view_location, space.region_3d.view_distance = hand, 0.55
        self.scroll_sidebar(-900)
        yield 2.0
        self.picture(name)
        self.scroll_sidebar(900)

    def bake_relaxed(self) -> Iterator[float]:
        """Bake again with relaxed hands, and without fingers."""
        settings = bpy.context.scene.inpose_bake
        settings.fingers = "relaxed"
        with self.in_view():
            bpy.ops.inpose.bake_take("EXEC_DEFAULT")
        relaxed, closed = self.bends(OPEN_FRAME), self.bends(CLOSED_FRAME)
        self.check(all(abs(closed[bone] - relaxed[bone]) < 1 for bone in closed), "relaxed hands stay relaxed")
        settings.fingers = "off"
        with self.in_view():
            bpy.ops.inpose.bake_take("EXEC_DEFAULT")
        compat = importlib.import_module(f"{self.module}.inpose_blender.bpy_compat")
        paths = {curve.data_path for curve in compat.action_curves(self.action, self.rig)}
        self.check(not any("f_index" in path for path in paths), "without fingers the bake has no finger keys")
        yield 0.5


if __name__ == "__main__":
    drive.main(Closing)
