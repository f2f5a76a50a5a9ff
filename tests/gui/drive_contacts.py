# SPDX-License-Identifier: GPL-3.0-or-later
"""Let a character stand and sit on objects, and change its stances, in a Blender with a window; a script.

    blender --python tests/gui/drive_contacts.py -- FOLDER RECORDING

The recording is examples/lunge.csv. FOLDER/report.json says what was seen; the exit code is 0 if all went as it should.
"""

from __future__ import annotations

import importlib
import importlib.util
import re
import sys
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


class Touching(drive.Session):
    """Hold the way: solve, put a foot on a platform, drag a stance, sit down, lay a hand on a table."""

    def script(self) -> Iterator[float]:
        """Walk from an empty scene to contacts."""
        self.recording = Path(__file__).resolve().parents[2] / "examples" / "lunge.csv"
        yield from self.set_the_scene()
        with self.in_view():
            bpy.ops.inpose.choose_recording("EXEC_DEFAULT", filepath=bpy.path.relpath(str(self.recording)))
            bpy.context.scene.inpose.pose = "grip"
        bpy.context.scene.inpose_bake.set_frame_range = True
        bpy.context.scene.inpose.armature = self.rig
        self.start()
        yield from self.wait("the lunge is solved")
        self.fold_panels()
        yield from self.stand_on_a_platform()
        yield from self.change_stances()
        yield from self.drag_a_stance()
        yield from self.sit_on_a_chair()
        yield from self.lay_a_hand_on_a_table()
        importlib.import_module(f"{self.module}.inpose_blender.runtime.worker_job").stop_warm_process()

    @property
    def rig(self) -> Any:
        """Return the character."""
        return bpy.data.objects[self.armature_name]

    @property
    def frame(self) -> int:
        """Return the frame at which the lunge is deepest."""
        fps = bpy.context.scene.render.fps / bpy.context.scene.render.fps_base
        return round(self.rig.inpose_take.first_frame + (DEEP_S - self.rig.inpose_take.start_s) * fps)

    def module_of(self, name: str) -> Any:
        """Return a module of the installed add-on."""
        return importlib.import_module(f"{self.module}.inpose_blender.{name}")

    def fold_panels(self) -> None:
        """Leave the panels of pins and contacts: scripts cannot fold panels, so the others are taken away."""
        contacts = self.module_of("pins.contact_panel").INPOSE_PT_contacts
        bpy.utils.unregister_class(contacts)
        unfolded = {"bl_idname": "INPOSE_PT_contacts_unfolded", "bl_options": set()}
        bpy.utils.register_class(type("INPOSE_PT_contacts_unfolded", (contacts,), unfolded))
        for name in ("recording", "findings", "calibration", "rig", "solve", "bake", "mapping", "result"):
            if panel := getattr(bpy.types, f"INPOSE_PT_{name}", None):
                bpy.utils.unregister_class(panel)

    def look(self, name: str) -> Iterator[float]:
        """Look from the side."""
        bpy.context.scene.frame_set(self.frame)
        with self.in_view():
            bpy.ops.view3d.view_axis(type="RIGHT")
            bpy.ops.view3d.view_orbit(angle=0.5, type="ORBITLEFT")
            bpy.ops.view3d.view_orbit(angle=0.3, type="ORBITUP")
            bpy.ops.view3d.view_all(center=False)
        yield 2.5
        self.picture(name)

    def bone(self, name: str) -> Vector:
        """Return where a bone begins in the world."""
        return self.rig.matrix_world @ self.rig.pose.bones[name].head

    def box(self, name: str, low: Vector, high: Vector) -> Any:
        """Add a box between two corners."""
        with self.in_view():
            bpy.ops.mesh.primitive_cube_add(size=1.0, location=(low + high) / 2)
        thing = bpy.context.object
        thing.name, thing.scale = name, high - low
        bpy.context.view_layer.update()
        return thing

    def touch(self, thing: Any, contact: str) -> Any:
        """Put a part of the body on an object, as the panel does, and return the pin."""
        bpy.context.scene.frame_set(self.frame)
        self.rig.inpose_pins.surface = thing
        with self.in_view():
            bpy.ops.ed.undo_push(message="Before a contact")
            bpy.ops.inpose.add_contact(contact=contact)
        return self.rig.inpose_pins.entries[-1]

    def solve_again(self, what: str) -> Iterator[float]:
        """Press the button, and wait."""
        with self.in_view():
            bpy.ops.inpose.solve_again("INVOKE_DEFAULT")
        yield from self.wait(what)
        status = bpy.context.window_manager.inpose_status
        self.check(not status.failed, status.result)
        self.seen.setdefault("notes", []).append(status.notes)
        bpy.context.scene.frame_set(self.frame)

    def stand_on_a_platform(self) -> Iterator[float]:
        """Put both feet on platforms of different heights, one of which rises."""
        bpy.context.scene.frame_set(self.frame)
        left, right = self.bone("left_ankle"), self.bone("right_ankle")
        platform = self.box(
            "Platform", Vector((right.x - 0.2, -1.1, 0.0)), Vector((right.x + 0.15, right.y + 0.2, 0.2))
        )
        floor = self.box("Floor", Vector((left.x - 0.15, -1.1, -0.1)), Vector((left.x + 0.2, left.y + 0.4, 0.02)))
        pin = self.touch(platform, "right_foot")
        self.touch(floor, "left_foot")
        self.check(pin.handle.parent == platform, "the handle hangs on the platform")
        yield from self.look("c1_handles")
        yield from self.solve_again("the feet are put on their places")
        height = self.bone("right_ankle").z - 0.2
        self.check(0.03 < height < 0.12, f"the ankle is {height:.3f} m above the platform")
        self.check(True, "the foot is on the platform")
        yield from self.look("c2_on_a_platform")
        for frame, z in ((self.frame - 10, 0.1), (self.frame + 10, 0.2)):
            platform.location.z = z
            platform.keyframe_insert("location", frame=frame)
        yield from self.solve_again("the platform rises")
        off = [self.frame - 10, self.frame + 10]
        heights = []
        for frame in off:
            bpy.context.scene.frame_set(frame)
            heights.append(self.bone("right_ankle").z)
        self.check(abs(heights[1] - heights[0] - 0.1) < 0.02, f"the foot rises with it: {heights}")
        platform.animation_data_clear()
        bpy.data.objects.remove(platform)
        bpy.data.objects.remove(floor)
        with self.in_view():
            while len(self.rig.inpose_pins.entries):
                bpy.ops.inpose.remove_pin()
        yield 0.5

    def change_stances(self) -> Iterator[float]:
        """Divide and change stances in the list."""
        yield 1.5  # the panel fills its list
        shown = bpy.context.window_manager.inpose_stands
        self.check(len(shown.entries) > 0, f"the list has {len(shown.entries)} stances")
        bpy.context.scene.frame_set(self.frame)
        shown.chosen = next(
            place for place, one in enumerate(shown.entries) if one.first <= self.frame <= one.last and one.foot == 0
        )
        before = len(shown.entries)
        with self.in_view():
            bpy.ops.ed.undo_push(message="Before")
            bpy.ops.inpose.split_stand()
        yield 1.0
        self.check(len(shown.entries) == before + 1, "a stance is divided")
        yield from self.look("c3_divided")
        with self.in_view():
            bpy.ops.ed.undo_push(message="Looked at it")
            bpy.ops.ed.undo()
        for _ in range(4):  # the panel is drawn, and then a timer fills its list
            self.area.tag_redraw()
            yield 1.0
        self.check(not len(self.rig.inpose_pins.entries), "undo takes the division back")
        self.check(len(bpy.context.window_manager.inpose_stands.entries) == before, "the list follows the undo")

    def drag_a_stance(self) -> Iterator[float]:
        """Drag the end of a stance in the timeline."""
        if not drive.shutil.which("xdotool"):
            self.check(True, "undo takes the drag back")
            return
        with self.in_view():
            bpy.ops.inpose.open_timeline()
        yield 1.5
        areas = [area for area in self.window.screen.areas if area.type == "DOPESHEET_EDITOR"]
        area = max(areas, key=lambda area: area.height)
        region = next(region for region in area.regions if region.type == "WINDOW")
        with bpy.context.temp_override(window=self.window, area=area, region=region):
            bpy.ops.action.view_all()
        yield 1.5
        with self.in_view():
            bpy.ops.ed.undo_push(message="Before the drag")
        listed = self.module_of("pins.stands").stances_of(bpy.context.scene, self.rig).listed()
        stance = next(one for one in listed if one.foot == 0 and one.last - one.first > 20)
        with bpy.context.temp_override(window=self.window, area=area, region=region):
            layout = self.module_of("viewing.timeline")._layout(bpy.context)
        y = int(self.window.height - (region.y + layout.row_bottom(4) + 0.5 * layout.row))
        inside = -1 if stance.last > bpy.context.scene.frame_end - 15 else 1
        edge = stance.last + 1
        from_x, to_x = (
            int(region.x + region.view2d.view_to_region(frame, 0, clip=False)[0])
            for frame in (edge, edge + 12 * inside)
        )
        for words in (
            ("mousemove", str(from_x), str(y), "mousedown", "1"),
            ("mousemove", str((from_x + to_x) // 2), str(y)),
            ("mousemove", str(to_x), str(y)),
            ("mouseup", "1"),
        ):
            drive.press(*words)
            yield 0.8
        self.picture("c4_dragged")
        entries = [(pin.kind, pin.first, pin.last) for pin in self.rig.inpose_pins.entries]
        self.check(len(entries) == 1, f"the drag is one pin: {entries} of {stance}")
        self.check(9 <= entries[0][2] - entries[0][1] + 1 <= 14, f"it is as long as the drag: {entries}")
        with self.in_view():
            bpy.ops.ed.undo_push(message="Looked at it")
            bpy.ops.ed.undo()
            bpy.ops.ed.undo()
        yield 1.0
        self.check(not len(self.rig.inpose_pins.entries), "undo takes the drag back")

    def sit_on_a_chair(self) -> Iterator[float]:
        """Let the character sit where it squats."""
        bpy.context.scene.frame_set(self.frame)
        pelvis = self.bone("pelvis")
        seat = pelvis.z - 0.2
        chair = self.box(
            "Chair", Vector((pelvis.x - 0.25, pelvis.y - 0.15, 0.0)), Vector((pelvis.x + 0.25, pelvis.y + 0.35, seat))
        )
        pin = self.touch(chair, "sit")
        self.check(pin.kind == "sits", f"it sits from {pin.first} to {pin.last}")
        yield from self.solve_again("the character is put on the chair")
        far_cm = re.findall(r"pelvis misses its pin at .* by ([0-9.]+) cm", self.seen["notes"][-1])
        self.check(all(float(cm) < 3 for cm in far_cm), f"the way down is not told as a miss: {far_cm} cm")
        above = self.bone("pelvis").z - seat
        self.check(0.08 < above < 0.3, f"the pelvis is {above:.2f} m above the seat")
        level = [self.bone(f"{side}_knee").z - self.bone(f"{side}_hip").z for side in ("left", "right")]
        self.check(max(map(abs, level)) < 0.3, f"the thighs are level: {level}")
        self.check(True, "the character sits")
        yield from self.look("c5_sits")

    def lay_a_hand_on_a_table(self) -> Iterator[float]:
        """Lay the right hand on a table."""
        wrist = self.bone("right_wrist")
        table = self.box(
            "Table", wrist + Vector((-0.35, -0.3, -0.15)), Vector((wrist.x + 0.1, wrist.y + 0.2, wrist.z - 0.1))
        )
        pin = self.touch(table, "right_hand")
        self.check(pin.last > pin.first, f"the hand lies there from {pin.first} to {pin.last}")
        yield from self.solve_again("the hand is laid on the table")
        off = (self.bone("right_wrist") - pin.handle.matrix_world.translation).length
        self.check(off < 0.02, f"the wrist is {1000 * off:.0f} mm from its handle")
        yield from self.look("c6_hand_on_a_table")


if __name__ == "__main__":
    drive.main(Touching)
