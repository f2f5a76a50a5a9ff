# SPDX-License-Identifier: GPL-3.0-or-later
"""Correct a wrong lunge with two pins in a Blender with a window; a script.

    blender --python tests/gui/drive_pins.py -- FOLDER RECORDING

The recording is examples/lunge.csv. FOLDER/report.json says what was seen; the exit code is 0 if all went as it should.
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
from mathutils import Vector

spec = importlib.util.spec_from_file_location("inpose_drive", Path(__file__).with_name("drive.py"))
drive = importlib.util.module_from_spec(spec)
sys.modules["inpose_drive"] = drive
spec.loader.exec_module(drive)

DEEP_S = 4.4


class Pinning(drive.Session):
    """Hold the way: solve, see a squat, pin two feet, solve again, see a lunge, undo, save, load."""

    def script(self) -> Iterator[float]:
        """Walk from an empty scene to a right lunge."""
        self.recording = Path(__file__).resolve().parents[2] / "examples" / "lunge.csv"
        yield from self.set_the_scene()
        with self.in_view():
            bpy.ops.inpose.choose_recording("EXEC_DEFAULT", filepath=bpy.path.relpath(str(self.recording)))
            bpy.context.scene.inpose.pose = "grip"
        self.start()
        yield from self.wait("the lunge is solved")
        yield from self.look("p1_squat")
        yield from self.pin_two_feet()
        yield from self.solve_again()
        yield from self.undo_it()
        yield from self.try_another()
        yield from self.pin_a_pose()
        yield from self.reload()
        yield from self.keep_an_edit()
        importlib.import_module(f"{self.module}.inpose_blender.runtime.worker_job").stop_warm_process()

    @property
    def rig(self) -> Any:
        """Return the character."""
        return bpy.data.objects[self.armature_name]

    def go_deep(self) -> int:
        """Go to the frame at which the lunge is deepest."""
        fps = bpy.context.scene.render.fps / bpy.context.scene.render.fps_base
        frame = round(self.rig.inpose_take.first_frame + (DEEP_S - self.rig.inpose_take.start_s) * fps)
        bpy.context.scene.frame_set(frame)
        return frame

    def look(self, name: str, scroll: int = 0) -> Iterator[float]:
        """Look at the lunge from the side."""
        self.go_deep()
        with self.in_view():
            bpy.ops.view3d.view_axis(type="RIGHT")
            bpy.ops.view3d.view_orbit(angle=0.4, type="ORBITLEFT")
            bpy.ops.view3d.view_all(center=False)
        self.scroll_sidebar(-scroll)
        yield 2.0
        self.picture(name)
        self.scroll_sidebar(scroll)

    def ankle(self, side: str) -> Vector:
        """Return where the bone of an ankle is in the world."""
        return self.rig.matrix_world @ self.rig.pose.bones[f"{side}_ankle"].head

    def pin_two_feet(self) -> Iterator[float]:
        """Add two pins and move their handles: they hold the feet as long as these stand."""
        self.go_deep()
        for side, place in (("right", (-0.09, -0.745, 0.079)), ("left", (0.09, -0.07, 0.13))):
            with self.in_view():
                bpy.ops.inpose.add_pin(joint=f"{side}_ankle")
            handle = bpy.context.view_layer.objects.active
            self.check((handle.matrix_world.translation - self.ankle(side)).length < 0.01, "the handle is at the joint")
            self.check(bpy.context.mode == "OBJECT" and handle.select_get(), "the handle is ready to be moved")
            handle.location = Vector(place)
            entry = self.rig.inpose_pins.entries[-1]
            self.check(entry.while_standing, "the foot is held while it stands")
        self.check(bpy.context.scene.inpose.armature == self.rig, "the panel keeps its character")
        yield 1.0
        yield from self.look("p2_pinned", 500)

    def solve_again(self) -> Iterator[float]:
        """Solve the stretch again, and find the feet at their handles."""
        began = time.monotonic()
        with self.in_view():
            bpy.ops.ed.undo_push(message="Pinned")
            bpy.ops.inpose.solve_again("INVOKE_DEFAULT")
        yield from self.wait("the lunge is solved again")
        self.seen["solve_again_s"] = round(time.monotonic() - began, 2)
        self.check(self.action is not None, "the pinned motion is baked")
        self.check(not bpy.context.window_manager.inpose_status.failed, bpy.context.window_manager.inpose_status.result)
        self.go_deep()
        for entry in self.rig.inpose_pins.entries:
            off_m = (self.ankle(entry.joint.split("_")[0]) - entry.handle.matrix_world.translation).length
            self.check(off_m < 0.01, f"the {entry.joint} is {1000 * off_m:.1f} mm from its handle")
        stride = abs(self.ankle("left").y - self.ankle("right").y)
        self.check(stride > 0.55, f"the feet are {stride:.2f} m apart: a lunge")
        yield from self.look("p3_lunge", 500)

    def undo_it(self) -> Iterator[float]:
        """Take it back in one step, and bring it back."""
        with self.in_view():
            bpy.ops.ed.undo_push(message="Looked at the result")
            bpy.ops.ed.undo()
            bpy.ops.ed.undo()
        yield 1.0
        self.go_deep()
        stride = abs(self.ankle("left").y - self.ankle("right").y)
        self.check(stride < 0.4, f"undo gives the squat back: {stride:.2f} m")
        self.check(len(self.rig.inpose_pins.entries) == 2, "the pins stay")
        with self.in_view():
            bpy.ops.ed.redo()
        yield 1.0
        self.go_deep()
        stride = abs(self.ankle("left").y - self.ankle("right").y)
        self.check(stride > 0.55, f"redo gives the lunge back: {stride:.2f} m")

    def try_another(self) -> Iterator[float]:
        """Ask for another motion through the same pins."""
        with self.in_view():
            bpy.ops.inpose.solve_again("INVOKE_DEFAULT", another=True)
        yield from self.wait("another motion is solved")
        self.check(self.rig.inpose_pins.seed == 1, "another one is chosen")
        yield from self.look("p4_another", 500)

    def pin_a_pose(self) -> Iterator[float]:
        """Pose a bone by hand, pin it as posed."""
        frame = self.go_deep()
        with self.in_view():
            bpy.context.view_layer.objects.active = self.rig
            bpy.ops.object.mode_set(mode="POSE")
            for bone in self.rig.pose.bones:
                (bone if hasattr(bone, "select") else bone.bone).select = bone.name == "spine3"
            bpy.context.scene.tool_settings.use_keyframe_insert_auto = False
            bpy.ops.transform.rotate(value=0.3, orient_axis="Z")
            bpy.ops.inpose.pin_pose(use_position=False)
            bpy.ops.object.mode_set(mode="OBJECT")
        self.check(self.rig.inpose_pins.entries[-1].joint == "spine3", "the posed bone is pinned")
        with self.in_view():
            bpy.ops.inpose.solve_again("INVOKE_DEFAULT")
        yield from self.wait("the posed bone is solved")
        bpy.context.scene.frame_set(frame)
        yield from self.look("p5_posed", 500)

    def reload(self) -> Iterator[float]:
        """Save and open the file again; the pins are there and work."""
        file = self.folder / "pinned.blend"
        bpy.ops.wm.save_as_mainfile(filepath=str(file))
        bpy.ops.wm.open_mainfile(filepath=str(file))
        yield 2.0
        self.check(len(self.rig.inpose_pins.entries) == 3, "pins are saved")
        with self.in_view():
            bpy.ops.inpose.solve_again("INVOKE_DEFAULT")
        yield from self.wait("the loaded file is solved again")
        self.check(not bpy.context.window_manager.inpose_status.failed, bpy.context.window_manager.inpose_status.result)

    def keep_an_edit(self) -> Iterator[float]:
        """Edit a key of the bake, change another part of the take by a pin, and find the edit again."""
        for entry in self.rig.inpose_pins.entries:
            entry.muted = True
        with self.in_view():
            bpy.ops.inpose.solve_again("INVOKE_DEFAULT")
        yield from self.wait("the take is solved without pins")
        before = self.head_key().co.y
        self.head_key().co.y += 0.2
        frame = self.go_deep()
        with self.in_view():
            bpy.ops.inpose.add_pin(joint="right_elbow")
            bpy.context.view_layer.objects.active.location.z += 0.05
        yield 1.0
        self.scroll_sidebar(-500)
        yield 1.0
        self.picture("p6_not_solved")
        self.scroll_sidebar(500)
        with self.in_view():
            bpy.ops.ed.undo_push(message="Edited and pinned")
            bpy.ops.inpose.solve_again("INVOKE_DEFAULT")
        yield from self.wait("the edited take is solved again")
        notes = bpy.context.window_manager.inpose_status.notes
        self.check("Your edits of the bake are kept" in notes, notes)
        self.check(self.head_key().co.y - before > 0.1, "the edited key stays")  # the quaternion has length 1 now
        bpy.context.scene.frame_set(frame)
        self.check(self.elbow_off_m() < 0.03, f"the elbow is {1000 * self.elbow_off_m():.1f} mm from its handle")
        yield from self.look("p7_edit_kept", 300)
        with self.in_view():
            bpy.ops.ed.undo_push(message="Looked at the result")
            bpy.ops.ed.undo()
            bpy.ops.ed.undo()
        yield 1.0
        self.go_deep()
        self.check(self.elbow_off_m() > 0.045, "one undo takes the solve back")
        self.check(abs(self.head_key().co.y - before - 0.2) < 1e-4, "and not the edit")

    def elbow_off_m(self) -> float:
        """Return how far the elbow is from the last pin's handle."""
        handle = self.rig.inpose_pins.entries[-1].handle
        elbow = self.rig.matrix_world @ self.rig.pose.bones["right_elbow"].head
        return float((elbow - handle.matrix_world.translation).length)

    def head_key(self) -> Any:
        """Return a key of the head near the beginning of the take."""
        compat = importlib.import_module(f"{self.module}.inpose_blender.bpy_compat")
        curves = compat.action_curves(self.action, self.rig)
        (curve,) = [
            one for one in curves if one.data_path == 'pose.bones["head"].rotation_quaternion' and one.array_index == 1
        ]
        return curve.keyframe_points[9]


if __name__ == "__main__":
    drive.main(Pinning)
