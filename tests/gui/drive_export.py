# SPDX-License-Identifier: GPL-3.0-or-later
"""Export a generated Rigify character for game engines, in a Blender with a window; a script.

    blender --python tests/gui/drive_export.py -- FOLDER RECORDING

FOLDER/report.json says what was seen; the exit code is 0 if all went as it should.
"""

from __future__ import annotations

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

FRAME = 100
JOINTS = ("DEF-hand.L", "DEF-hand.R", "DEF-foot.L", "DEF-foot.R", "DEF-spine.006")


class Exporting(drive.Session):
    """Hold the way: solve on a generated rig, export in every format, and import the files again."""

    def script(self) -> Iterator[float]:
        """Walk from an empty scene to files that play as the scene does."""
        yield from self.set_the_scene()
        yield from self.generate_a_rig()
        with self.in_view():
            bpy.ops.inpose.choose_recording("EXEC_DEFAULT", filepath=bpy.path.relpath(str(self.recording)))
        self.start()
        yield from self.wait("the recording is solved")
        bpy.context.scene.frame_set(FRAME)
        with self.in_view():
            bpy.context.view_layer.objects.active = self.rig
            bpy.ops.object.mode_set(mode="POSE")
        self.scroll_sidebar(-3000)
        yield 2.0
        self.picture("e1_panel")
        before = self.facts()
        folder = self.recording.parent
        for engine, suffix in (("unreal", ".fbx"), ("godot", ".glb"), ("godot", ".vrma"), ("godot", ".bvh")):
            bpy.context.scene.inpose_export.engine = engine
            with self.in_view():
                bpy.ops.inpose.export_character("EXEC_DEFAULT", filepath=str(folder / f"hero{suffix}"))
            said = bpy.context.window_manager.inpose_status
            self.seen[suffix] = [str(said.result), str(said.notes)]
            self.check((folder / f"hero{suffix}").exists() and not said.failed, f"{suffix} is exported")
        self.check(self.facts() == before, "the scene stays as it was")
        self.scroll_sidebar(3000)
        yield 2.0
        self.picture("e2_exported")
        with self.in_view():
            bpy.ops.inpose.export_character("INVOKE_DEFAULT")
        yield 3.0
        self.picture("e3_choose_a_file")
        for window in list(bpy.context.window_manager.windows)[1:]:
            with bpy.context.temp_override(window=window):
                bpy.ops.wm.window_close()
        yield from self.import_again(folder)

    def generate_a_rig(self) -> Iterator[float]:
        """Replace the stick figure by a generated Rigify rig."""
        bpy.ops.preferences.addon_enable(module="rigify")
        with self.in_view():
            bpy.ops.object.armature_human_metarig_add()
            bpy.ops.pose.rigify_generate()
        rig = next(thing for thing in bpy.data.objects if thing.type == "ARMATURE" and thing.data.get("rig_id"))
        self.rig_name = rig.name
        for thing in [thing for thing in bpy.data.objects if thing.type == "ARMATURE" and thing != rig]:
            bpy.data.objects.remove(thing)
        bpy.context.scene.inpose.armature = rig
        yield 1.0

    @property
    def rig(self) -> Any:
        """Return the character."""
        return bpy.data.objects[self.rig_name]

    def facts(self) -> tuple[Any, ...]:
        """Return what an export could change."""
        return (
            sorted((block.id_type, block.name) for block in bpy.data.user_map()),
            (bpy.context.window.scene.name, bpy.context.scene.frame_current, self.rig.mode),
            self.rig.animation_data.action.name,
            [[round(value, 5) for row in bone.matrix_basis for value in row] for bone in self.rig.pose.bones],
        )

    def import_again(self, folder: Path) -> Iterator[float]:
        """Import both files beside the character, and compare hands, feet and head."""
        with self.in_view():
            bpy.ops.object.mode_set(mode="OBJECT")
        scene = bpy.context.scene
        first = int(self.rig.animation_data.action.frame_range[0])
        wanted = {name: self.rig.matrix_world @ self.rig.pose.bones[name].head for name in JOINTS}
        rate, begins = scene.render.fps, {".glb": 0, ".fbx": 1}
        for suffix, operator in ((".glb", bpy.ops.import_scene.gltf), (".fbx", bpy.ops.import_scene.fbx)):
            there = set(bpy.data.objects)
            with self.in_view():
                operator(filepath=str(folder / f"hero{suffix}"))
            scene.render.fps = rate
            (hero,) = (thing for thing in set(bpy.data.objects) - there if thing.type == "ARMATURE")
            scene.frame_set(FRAME - first + begins[suffix])
            off = max((hero.matrix_world @ hero.pose.bones[name].head - wanted[name]).length for name in JOINTS)
            self.seen[f"off_mm{suffix}"] = round(1000 * off, 4)
            self.check(off < (5e-5 if suffix == ".glb" else 2e-3), f"{suffix} plays as the scene does")
            hero.location.x += 1.2 if suffix == ".glb" else -1.2
        scene.frame_set(FRAME)
        yield 2.0
        self.picture("e4_imported_again")


if __name__ == "__main__":
    drive.main(Exporting)
