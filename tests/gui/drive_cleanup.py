# SPDX-License-Identifier: GPL-3.0-or-later
"""Clean up a solved shot of a skinned character in a Blender with a window; a script.

    blender --python tests/gui/drive_cleanup.py -- FOLDER FAMILY [RECORDING]

FAMILY is one of `characters.FAMILIES`: rigify, mixamo, vrm, mmd, unreal. FOLDER/report.json says what was seen; the
exit code is 0 if all went as it should.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import bpy
import numpy as np

ROOT = Path(__file__).resolve().parents[2]


def module_at(name: str, path: Path) -> Any:
    """Return a module of the checkout: the folder itself is not on the path of Blender."""
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


drive = module_at("inpose_drive", Path(__file__).with_name("drive.py"))
mesh_depth = module_at("inpose_mesh_depth", ROOT / "benchmarks" / "mesh_depth.py")
characters = module_at("inpose_characters", Path(__file__).with_name("characters.py"))

WALK, CROUCH = (60, 170), (330, 420)
"""Stretches of the example in frames of the scene, at 24 frames per second."""
FEET = ("left_ankle", "right_ankle", "left_foot", "right_foot")
HANDS = ("left_wrist", "right_wrist")


class CleaningUp(drive.Session):
    """Hold the way: solve a skinned character, then use each tool on a stretch, undo it, mute it, remove it."""

    def __init__(self, module: str, folder: Path, recording: Path, *, family: Any) -> None:
        super().__init__(module, folder, recording)
        self.family = family

    def script(self) -> Iterator[float]:
        """Walk from an empty scene to a cleaned shot."""
        if self.family.file and not (characters.RIGS / self.family.file).exists():
            self.seen["skipped"] = f"needs ../shared/rigs/{self.family.file}"
            self.picture("skipped")
            return
        yield from self.set_the_scene()
        self.open_the_character()
        with self.in_view():
            bpy.ops.inpose.choose_recording("EXEC_DEFAULT", filepath=bpy.path.relpath(str(self.recording)))
            bpy.context.scene.inpose.pose = "grip"
        bpy.context.scene.inpose_bake.set_frame_range = True
        self.nothing_to_clean_up()
        self.start()
        yield from self.wait("the recording is solved")
        self.scroll_sidebar(-500)
        yield from self.look("u0_all_panels", WALK[0] + 40)
        self.show_the_panel_alone()
        yield from self.look("u1_panel", WALK[0] + 40)
        yield from self.smooth()
        yield from self.exaggerate()
        yield from self.straighten_knees()
        yield from self.feet_on_a_floor()
        yield from self.feet_on_uneven_ground()
        yield from self.unbend_wrists()
        yield from self.arms_out_of_the_body()
        yield from self.mirror()
        yield from self.a_list_of_edits()
        yield from self.what_makes_no_sense()
        yield from self.save_and_open()

    @property
    def rig(self) -> Any:
        """Return the character."""
        return bpy.data.objects[self.armature_name]

    @property
    def edits(self) -> Any:
        """Return its list of edits."""
        return self.rig.inpose_edits

    def open_the_character(self) -> None:
        """Replace the stick figure by a character with a skin."""
        for thing in list(bpy.data.objects):
            bpy.data.objects.remove(thing)
        with self.in_view():
            rig = self.family.build()
        self.armature_name = rig.name
        for child in list(bpy.data.objects):
            if child.type == "MESH" and not any(modifier.type == "ARMATURE" for modifier in child.modifiers):
                child.hide_viewport = True  # the shape of the bones
        bpy.context.scene.render.fps = 24
        bpy.context.scene.inpose.armature = rig
        prepare = importlib.import_module(f"{self.module}.inpose_blender.rig.prepare")
        self.bones = dict(self.family.joints or prepare.prepare_rig(rig, bpy.context.scene).mapping.bones)
        self.parts = mesh_depth.skin_parts(rig, self.family.skin or self.bones)
        self.area.spaces.active.overlay.show_bones = False
        with self.in_view():
            bpy.context.view_layer.objects.active = rig

    def nothing_to_clean_up(self) -> None:
        """Without a take there is no panel, and the button says why."""
        with self.in_view():
            self.check(not bpy.ops.inpose.add_edit.poll(), "without a take, no edit can be added")
            panel = bpy.types.INPOSE_PT_cleanup
            self.check(not panel.poll(bpy.context), "without a take, the panel is not there")

    def show_the_panel_alone(self) -> None:
        """Leave the panel Clean up: scripts cannot fold panels, so the others are taken away."""
        panel = bpy.types.INPOSE_PT_cleanup
        bpy.utils.unregister_class(panel)
        unfolded = {"bl_idname": "INPOSE_PT_cleanup_unfolded", "bl_options": set()}
        bpy.utils.register_class(type("INPOSE_PT_cleanup_unfolded", (panel,), unfolded))
        others = "recording findings calibration rig solve mapping pins contacts loop export headset bake"
        for name in others.split():
            if other := getattr(bpy.types, f"INPOSE_PT_{name}", None):
                bpy.utils.unregister_class(other)

    # What is seen

    def joints(self, names: tuple[str, ...], frames: Any) -> Any:
        """Return where joints are in the world, (F, joints, 3)."""
        rig, found = self.rig, []
        for frame in frames:
            bpy.context.scene.frame_set(frame)
            found.append([tuple(rig.matrix_world @ rig.pose.bones[self.bones[name]].head) for name in names])
        return np.array(found)

    def look(self, name: str, frame: int) -> Iterator[float]:
        """Look at the character from the front side."""
        bpy.context.scene.frame_set(frame)
        with self.in_view():
            for thing in bpy.context.selected_objects:
                thing.select_set(False)
            for part in self.parts:
                bpy.data.objects[part.mesh].select_set(True)
            bpy.ops.view3d.view_axis(type="FRONT")
            bpy.ops.view3d.view_orbit(angle=0.6, type="ORBITRIGHT")
            bpy.ops.view3d.view_orbit(angle=0.2, type="ORBITUP")
            bpy.ops.view3d.view_selected()
        yield 1.5
        self.picture(name)

    def set_stretch(self, stretch: tuple[int, int] | None) -> None:
        """Drag a preview range, or take it away."""
        scene = bpy.context.scene
        scene.use_preview_range = stretch is not None
        if stretch is not None:
            scene.frame_preview_start, scene.frame_preview_end = stretch

    def add(self, kind: str, **values: Any) -> Any:
        """Choose an entry of the menu, and type values."""
        with self.in_view():
            bpy.ops.ed.undo_push(message="Before an edit")
            bpy.ops.inpose.add_edit(kind=kind)
        edit = self.edits.entries[-1]
        for name, value in values.items():
            setattr(edit, name, value)
        return edit

    def apply(self) -> Iterator[float]:
        """Press the button, and wait."""
        with self.in_view():
            bpy.ops.ed.undo_push(message="Before applying")
            bpy.ops.inpose.bake_take("INVOKE_DEFAULT")
        yield from self.wait_for_a_result()
        status = bpy.context.window_manager.inpose_status
        self.check(not status.failed, f"{status.result} {status.notes} {status.problems}")

    def used(
        self, tool: str, kind: str, stretch: tuple[int, int], names: tuple[str, ...], frame: int, **values: Any
    ) -> Iterator[float]:
        """Use a tool on a stretch, look, undo it, bring it back, mute it, remove it."""
        self.set_stretch(stretch)
        frames = list(range(stretch[0] - 30, stretch[1] + 30, 5))
        self.before = self.joints(names, frames)
        yield from self.look(f"{tool}_before", frame)
        edit = self.add(kind, **values)
        self.check(
            (edit.first, edit.last, edit.whole) == (*stretch, False), f"{tool}: the preview range is the stretch"
        )
        yield from self.apply()
        self.after = self.joints(names, frames)
        self.inside = np.array([stretch[0] <= at <= stretch[1] for at in frames])
        yield from self.look(f"{tool}_after", frame)
        moved = np.abs(self.after - self.before).max(axis=(1, 2))
        self.seen[tool] = {"moved_inside_cm": round(100 * float(moved[self.inside].max()), 2)}
        self.check(moved[self.inside].max() > 0.003, f"{tool}: the stretch has changed")
        self.check(moved[[0, -1]].max() < 1e-3, f"{tool}: the rest has not")
        with self.in_view():
            bpy.ops.ed.undo_push(message="Looked")
            bpy.ops.ed.undo()
            bpy.ops.ed.undo()
        yield 0.5
        back = self.joints(names, frames)
        self.check(np.abs(back - self.before).max() < 1e-5, f"{tool}: undo takes it back in one step")
        self.check(len(self.edits.entries) == 1, f"{tool}: the edit is still in the list")
        with self.in_view():
            bpy.ops.ed.redo()
        yield 0.5
        self.check(np.abs(self.joints(names, frames) - self.after).max() < 1e-5, f"{tool}: redo brings it back")
        self.edits.entries[0].muted = True
        yield from self.apply()
        self.check(np.abs(self.joints(names, frames) - self.before).max() < 1e-4, f"{tool}: muted, it does nothing")
        with self.in_view():
            bpy.ops.inpose.remove_edit()
        self.check(not len(self.edits.entries), f"{tool}: it is removed")

    def smooth(self) -> Iterator[float]:
        """Smooth the walk: hands and planted feet stay."""
        yield from self.used("u1_smooth", "smooth", WALK, (*HANDS, "left_elbow", "right_knee"), 120, amount=0.3)
        self.check(np.abs(self.after - self.before)[:, :2].max() < 2e-3, "u1_smooth: the hands stay")

    def exaggerate(self) -> Iterator[float]:
        """Double the movement of the walk."""
        yield from self.used("u2_exaggerate", "exaggerate", WALK, (*HANDS, *FEET), 120, amount=2.0)

    def straighten_knees(self) -> Iterator[float]:
        """Let a character walk tall that was solved too low, because the performer's height was typed wrong."""
        self.set_stretch(WALK)
        self.add("straighten_knees")
        yield from self.apply()
        notes = bpy.context.window_manager.inpose_status.notes
        self.check("nothing to change" in notes, f"an edit without effect is told: {notes}")
        with self.in_view():
            bpy.ops.inpose.remove_edit()
        bpy.context.scene.inpose.stature = 1.9
        self.start()
        yield from self.wait("the recording is solved with a wrong height")
        yield from self.used("u3_knees", "straighten_knees", WALK, ("pelvis", *FEET), 120, amount=1.0)
        self.check(np.abs(self.after - self.before)[:, 1:].max() < 2e-3, "u3_knees: the feet stay")
        bpy.context.scene.inpose.property_unset("stature")
        self.start()
        yield from self.wait("the recording is solved with the right height")

    def feet_on_a_floor(self) -> Iterator[float]:
        """Let it walk on a plane that lies higher."""
        with self.in_view():
            bpy.ops.mesh.primitive_plane_add(size=20.0, location=(0.0, 0.0, 0.15))
        plane = bpy.context.object
        plane.name = "Stage"
        yield from self.used("u4_plane", "ground", WALK, FEET, 120, ground=plane)
        risen = (self.after - self.before)[self.inside, :, 2]
        self.check(np.abs(np.median(risen) - 0.15) < 0.02, f"u4_plane: the feet rise by {np.median(risen):.3f} m")
        bpy.data.objects.remove(bpy.data.objects["Stage"])  # undo has replaced the object

    def feet_on_uneven_ground(self) -> Iterator[float]:
        """Let it walk over a field with waves."""
        with self.in_view():
            bpy.ops.mesh.primitive_grid_add(x_subdivisions=200, y_subdivisions=200, size=14.0)
        field = bpy.context.object
        field.name = "Field"
        for vertex in field.data.vertices:
            vertex.co.z = 0.05 + 0.07 * np.sin(2.2 * vertex.co.x) * np.cos(1.9 * vertex.co.y)
        field.data.update()
        bpy.context.view_layer.update()
        yield from self.used("u5_field", "ground", WALK, FEET, 120, ground=field)
        bpy.data.objects.remove(bpy.data.objects["Field"])

    def unbend_wrists(self) -> Iterator[float]:
        """Bring the wrists back into their range."""
        self.set_stretch(None)
        edit = self.add("unbend_wrists")
        self.check(edit.whole, "without a preview range, the edit is for the whole take")
        yield from self.apply()
        yield from self.look("u6_wrists", 240)
        with self.in_view():
            bpy.ops.inpose.remove_edit()

    def arms_out_of_the_body(self) -> Iterator[float]:
        """Give the character a belly, and bring its arms out of it."""
        mesh_depth.fatten(self.parts, self.rig, self.family.skin or self.bones, 1.9)
        frames = list(range(WALK[0], WALK[1], 6))
        before, _ = mesh_depth.arm_depths(self.parts, frames)
        worst = frames[int(before.max(axis=1).argmax())]
        yield from self.look("u7_arms_before", worst)
        self.set_stretch(None)
        self.add("spread_arms")
        yield from self.apply()
        after, _ = mesh_depth.arm_depths(self.parts, frames)
        yield from self.look("u7_arms_after", worst)
        self.seen["arms_cm"] = [round(100 * float(depths.max()), 2) for depths in (before, after)]
        self.check(before.max() > 0.02, f"the arms go {100 * before.max():.1f} cm into the body")
        self.check(after.max() < 0.5 * before.max(), f"afterwards {100 * after.max():.1f} cm")
        with self.in_view():
            bpy.ops.inpose.remove_edit()
        yield from self.apply()

    def mirror(self) -> Iterator[float]:
        """Exchange left and right, and back."""
        frames = list(range(20, 400, 40))
        before = self.joints(HANDS, frames)
        yield from self.look("u8_mirror_before", 240)
        self.edits.mirror = "heading"
        yield from self.apply()
        after = self.joints(HANDS, frames)
        yield from self.look("u8_mirror_after", 240)
        self.check(np.abs(after[:, ::-1, 2] - before[:, :, 2]).max() < 0.02, "mirrored: the hands are exchanged")
        self.edits.mirror = "none"
        yield from self.apply()
        self.check(np.abs(self.joints(HANDS, frames) - before).max() < 1e-4, "mirrored back")

    def a_list_of_edits(self) -> Iterator[float]:
        """Use several edits together, in an order, and see the list."""
        self.set_stretch(WALK)
        self.add("straighten_knees")
        self.set_stretch(CROUCH)
        self.add("exaggerate", amount=1.2)
        self.set_stretch(None)
        self.add("unbend_wrists")
        self.add("spread_arms")
        self.add("smooth")
        with self.in_view():
            bpy.ops.inpose.move_edit(step=-1)
        kinds = [edit.kind for edit in self.edits.entries]
        self.check(kinds[3:] == ["smooth", "spread_arms"], f"the order is {kinds}")
        self.edits.entries[1].muted = True
        self.edits.chosen = 0
        yield from self.apply()
        yield from self.look("u9_list", 120)

    def what_makes_no_sense(self) -> Iterator[float]:
        """Make mistakes, and read what is said."""
        edit = self.edits.entries[0]
        edit.first, edit.last = 200, 100
        action = self.action.name
        with self.in_view():
            bpy.ops.inpose.bake_take("INVOKE_DEFAULT")
        yield from self.wait_for_a_result()
        status = bpy.context.window_manager.inpose_status
        self.check(status.failed and "ends before" in status.result, f"frames in disorder: {status.result}")
        self.check(self.action.name == action, "the shot stays")
        yield from self.look("u10_error", 120)
        edit.first, edit.last = WALK

    def save_and_open(self) -> Iterator[float]:
        """Save and open the file: the edits are there."""
        before = [(edit.kind, edit.first, edit.last, edit.amount, edit.muted) for edit in self.edits.entries]
        file = self.folder / "cleaned.blend"
        bpy.ops.wm.save_as_mainfile(filepath=str(file))
        bpy.ops.wm.open_mainfile(filepath=str(file))
        yield 2.0
        after = [(edit.kind, edit.first, edit.last, edit.amount, edit.muted) for edit in self.edits.entries]
        self.check(after == before, "the edits are saved")


if __name__ == "__main__":
    folder, family, *recording = drive.arguments_given()
    drive.main(partial(CleaningUp, family=characters.FAMILIES[family]), [folder, *recording])
