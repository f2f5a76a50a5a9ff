# SPDX-License-Identifier: GPL-3.0-or-later
"""Bake FK and IK on a generated Rigify character, and snap them to each other, in a Blender with a window; a script.

    blender --python tests/gui/drive_controls.py -- FOLDER [RECORDING]

FOLDER/report.json says what was seen; the exit code is 0 if all went as it should.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import bpy
import numpy as np

spec = importlib.util.spec_from_file_location("inpose_drive", Path(__file__).with_name("drive.py"))
drive = importlib.util.module_from_spec(spec)
sys.modules["inpose_drive"] = drive
spec.loader.exec_module(drive)
sys.path.insert(0, str(Path(__file__).parent))
characters = importlib.import_module("characters")

FIRST, LAST = 320, 350
LOOKED_AT = (120, 250, 335)
SNAPPED = (FIRST, (FIRST + LAST) // 2, LAST)
MOST_MM = 1.0
CLOSE_M = 4.5
SCROLL_PX = 1500
PELVIS = ("ORG-spine", "下半身", "Hips")
CONTROLS = {"hand_ik.L", "hand_ik.R", "foot_ik.L", "foot_ik.R", "thigh_ik_target.L", "upper_arm_ik_target.R"}


class Controlling(drive.Session):
    """Hold the way: bake FK and IK, snap in both directions, take it back; then the same on rigs with their own IK."""

    def script(self) -> Iterator[float]:
        """Walk from an empty scene to snapped limbs on three kinds of rigs."""
        open_the_panel()
        yield from self.set_the_scene()
        with self.in_view():
            bpy.ops.inpose.choose_recording("EXEC_DEFAULT", filepath=bpy.path.relpath(str(self.recording)))
        bpy.context.scene.inpose.pose = "grip"
        bpy.context.scene.inpose_bake.extend_range = True
        bpy.context.scene.inpose_bake.controls = "both"
        yield from self.generate_a_rig()
        yield from self.bake_both()
        yield from self.snap_there_and_back("k")
        rigs = characters.ik_rigs()
        for name, build in (("mmd", rigs.mmd_rig), ("hand_made", rigs.hand_made_rig)):
            yield from self.on_another_rig(name, build)

    def generate_a_rig(self) -> Iterator[float]:
        """Replace the stick figure by a generated Rigify human with poles on, and put the mannequin over it."""
        for thing in list(bpy.data.objects):
            bpy.data.objects.remove(thing)
        with self.in_view():
            rig = characters.rigify_human()
        rig.show_in_front = True
        self.armature_name = rig.name
        bpy.context.scene.inpose.armature = rig
        yield 1.0

    def bake_both(self) -> Iterator[float]:
        """Solve with keys on FK and IK, and look at the character in some frames."""
        self.start()
        yield from self.wait("the recording is solved")
        status = bpy.context.window_manager.inpose_status
        self.seen["result"] = [status.result, status.problems]
        self.check(not status.failed, f"baked: {status.result}")
        bones = self.keyed_bones()
        self.check(set(bones) >= CONTROLS, f"IK controls have keys, {len(bones)} bones in all")
        self.check("thigh_fk.L" in bones, "FK controls have keys, too")
        for frame in LOOKED_AT:
            yield from self.look(f"k1_baked_{frame}", frame)

    def snap_there_and_back(self, name: str) -> Iterator[float]:
        """Snap FK to IK and IK to FK by the operators, find the character in place, and take the last one back."""
        baked = self.action.name
        before = self.places()
        for step, operator in (
            ("fk_to_ik", bpy.ops.inpose.snap_fk_to_ik),
            ("ik_to_fk", bpy.ops.inpose.snap_ik_to_fk),
        ):
            with self.in_view():
                bpy.context.view_layer.objects.active = self.rig
                bpy.ops.ed.undo_push(message="Before snapping")
                before_last = self.keys()
                done = operator("EXEC_DEFAULT", True, first_frame=FIRST, last_frame=LAST, only_keyed=False)
            status = bpy.context.window_manager.inpose_status
            self.check(done == {"FINISHED"}, f"{name}: {step}: {status.result}")
            off = float(np.abs(self.places() - before).max()) * 1000
            self.check(off < MOST_MM, f"{name}: {step} moves nothing: {off:.3f} mm")
            yield from self.look(f"{name}2_{step}", SNAPPED[1])
        snapped = self.keys()
        with self.in_view():
            bpy.ops.ed.undo_push(message="Looked at the result")
            bpy.ops.ed.undo()
            bpy.ops.ed.undo()
        yield 1.0
        self.check(self.keys() == before_last, f"{name}: undo takes the snap back in one step")
        self.check(bpy.data.actions[baked].use_fake_user, f"{name}: the bake is kept")
        with self.in_view():
            bpy.ops.ed.redo()
        yield 1.0
        self.check(self.keys() == snapped, f"{name}: redo brings it back")

    def on_another_rig(self, name: str, build: Callable[[], Any]) -> Iterator[float]:
        """Solve on a rig whose constraints move the body's own bones, and snap there, too."""
        with self.in_view():
            if bpy.context.mode != "OBJECT":
                bpy.ops.object.mode_set(mode="OBJECT")
            for thing in list(bpy.data.objects):
                bpy.data.objects.remove(thing)
            rig = build()
            rig.show_in_front = True
        self.armature_name = rig.name
        bpy.context.scene.inpose.armature = rig
        self.start()
        yield from self.wait(f"{name}: the recording is solved")
        status = bpy.context.window_manager.inpose_status
        self.seen[name] = [status.result, status.problems]
        self.check(not status.failed and self.action is not None, f"{name}: {status.result}")
        yield from self.look(f"{name}1_baked", LOOKED_AT[2])
        yield from self.snap_there_and_back(name)

    @property
    def rig(self) -> Any:
        """Return the character."""
        return bpy.data.objects[self.armature_name]

    def places(self) -> Any:
        """Return where the bones that deform are in the frames that get snapped, (frames, bones, 3)."""
        found = []
        for frame in SNAPPED:
            bpy.context.scene.frame_set(frame)
            found.append([bone.matrix.translation[:] for bone in self.rig.pose.bones if bone.bone.use_deform])
        return np.array(found)

    def curves(self) -> Any:
        """Return the F-curves of the active action."""
        compat = importlib.import_module(f"{self.module}.inpose_blender.bpy_compat")
        return compat.action_curves(self.action, self.rig)

    def keys(self) -> dict[tuple[str, int], float]:
        """Return for each curve of the active action the sum of its keys, which a snap changes."""
        return {(c.data_path, c.array_index): sum(point.co.y for point in c.keyframe_points) for c in self.curves()}

    def keyed_bones(self) -> dict[str, int]:
        """Return the number of animated curves of each bone."""
        counts: dict[str, int] = {}
        for curve in self.curves():
            if curve.data_path.startswith("pose.bones") and len(curve.keyframe_points) > 1:
                bone = curve.data_path.split('"')[1]
                counts[bone] = counts.get(bone, 0) + 1
        return counts

    def look(self, name: str, frame: int) -> Iterator[float]:
        """Look at the character from the side, with the panel scrolled to the bake."""
        bpy.context.scene.frame_set(frame)
        with self.in_view():
            bpy.context.view_layer.objects.active = self.rig
            self.rig.select_set(True)
            bpy.ops.object.mode_set(mode="POSE")
            bpy.ops.view3d.view_axis(type="FRONT")
            bpy.ops.view3d.view_orbit(angle=0.7, type="ORBITRIGHT")
        view = self.area.spaces.active.region_3d
        pelvis = self.rig.pose.bones[next(name for name in PELVIS if name in self.rig.pose.bones)]
        view.view_location = self.rig.matrix_world @ pelvis.matrix.translation
        view.view_distance = CLOSE_M
        self.scroll_sidebar(-SCROLL_PX)
        yield 2.0
        self.picture(name)
        self.scroll_sidebar(SCROLL_PX)
        with self.in_view():
            bpy.ops.object.mode_set(mode="OBJECT")


def open_the_panel() -> None:
    """Open the sub-panel of the snaps, as a click on its title does."""
    panel = bpy.types.INPOSE_PT_controls
    bpy.utils.unregister_class(panel)
    panel.bl_options = set()
    bpy.utils.register_class(panel)


if __name__ == "__main__":
    drive.main(Controlling)
