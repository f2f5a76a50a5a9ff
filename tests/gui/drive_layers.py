# SPDX-License-Identifier: GPL-3.0-or-later
"""Make a walk cycle and lay a gesture over it in a Blender with a window; a script.

    blender --python tests/gui/drive_layers.py -- FOLDER [RECORDING]

FOLDER/report.json says what was seen; the exit code is 0 if all went as it should.
"""

from __future__ import annotations

import importlib
import importlib.util
import shutil
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import bpy
import numpy as np

spec = importlib.util.spec_from_file_location("inpose_drive", Path(__file__).with_name("drive.py"))
drive = importlib.util.module_from_spec(spec)
sys.modules["inpose_drive"] = drive
spec.loader.exec_module(drive)

LEGS = ("pelvis", "left_hip", "right_hip", "left_knee", "right_knee", "left_ankle", "right_ankle")


class Layering(drive.Session):
    """Hold the way: solve a walk, loop it, lay the upper body of another take over it, tweak, add, move the object."""

    def script(self) -> Iterator[float]:
        """Walk from an empty scene to a walk cycle with a gesture."""
        yield from self.set_the_scene()
        self.open_the_nla_editor()
        bpy.context.scene.inpose_bake.extend_range = True
        self.choose(self.recording)
        self.start()
        yield from self.wait("the walk is solved")
        yield from self.loop_the_walk()
        yield from self.lay_a_gesture_over_it()
        yield from self.take_it_back()
        yield from self.tweak()
        yield from self.add_it()
        yield from self.move_the_object()
        yield from self.reload()

    @property
    def rig(self) -> Any:
        """Return the character."""
        return bpy.data.objects[self.armature_name]

    def tracks(self) -> list[tuple[str, bool]]:
        """Return the names of the NLA tracks, and whether they are muted."""
        return [(track.name, track.mute) for track in self.rig.animation_data.nla_tracks]

    def open_the_nla_editor(self) -> None:
        """Split the 3D View, and show the NLA editor below."""
        with self.in_view():
            bpy.ops.screen.area_split(direction="HORIZONTAL", factor=0.3)
        views = [area for area in self.window.screen.areas if area.type == "VIEW_3D"]
        min(views, key=lambda area: area.y).type = "NLA_EDITOR"

    def choose(self, recording: Path) -> None:
        """Pick a recording as the file browser would."""
        with self.in_view():
            bpy.ops.inpose.choose_recording("EXEC_DEFAULT", filepath=bpy.path.relpath(str(recording)))
            bpy.context.scene.inpose.pose = "grip"

    def joints(self, frame: int, names: tuple[str, ...] = LEGS) -> Any:
        """Return where joints are at a frame, in the armature."""
        bpy.context.scene.frame_set(frame)
        return np.array([self.rig.pose.bones[name].matrix.translation for name in names])

    def look(self, name: str, frame: int) -> Iterator[float]:
        """Look at the character and all strips."""
        bpy.context.scene.frame_set(frame)
        with self.in_view():
            bpy.ops.view3d.view_axis(type="FRONT")
            bpy.ops.view3d.view_orbit(angle=0.7, type="ORBITRIGHT")
            bpy.ops.view3d.view_all(center=False)
        editor = next(area for area in self.window.screen.areas if area.type == "NLA_EDITOR")
        region = next(region for region in editor.regions if region.type == "WINDOW")
        with bpy.context.temp_override(window=self.window, area=editor, region=region):
            bpy.ops.nla.view_all()
        yield 2.0
        self.picture(name)

    def step(self) -> tuple[int, int]:
        """Return the frames of two landings of the left foot, one after the other, while the performer walks."""
        memory = importlib.import_module(f"{self.module}.inpose_blender.takes.memory")
        take = self.rig.inpose_take
        motion = memory.TAKES.recall(Path(take.file)).motion
        landings = np.flatnonzero(np.diff(motion.foot_stands[:, 0].astype(int)) == 1) + 1
        speed = np.linalg.norm(np.gradient(motion.root_translation_m[:, [0, 2]], axis=0), axis=1)
        pairs = [(a, b) for a, b in pairwise(landings.tolist()) if 40 < b - a < 120]
        first, last = max(pairs, key=lambda pair: speed[pair[0] : pair[1]].mean())
        rate = bpy.context.scene.render.fps / bpy.context.scene.render.fps_base / motion.fps
        return round(take.first_frame + first * rate), round(take.first_frame + last * rate)

    def loop_the_walk(self) -> Iterator[float]:
        """Make a walk cycle, and watch three rounds of it."""
        scene = bpy.context.scene
        scene.inpose_loop.loop_from, scene.inpose_loop.loop_to = self.step()
        with self.in_view():
            bpy.ops.inpose.loop_stretch()
        yield 1.0
        first, last = (round(frame) for frame in self.action.curve_frame_range)
        period = last - first
        self.check(self.action.name.endswith(" loop"), f"the loop {self.action.name} takes {period} frames")
        knees = ("left_knee", "right_knee", "left_ankle", "right_ankle", "head", "left_wrist")
        offsets = []
        for frame in range(first, last):
            here, later = self.joints(frame, knees), self.joints(frame + 2 * period, knees)
            offsets.append(later - here)
        spread = float(np.ptp(np.concatenate(offsets), axis=0).max())
        self.check(spread < 1e-3, f"each round is like the first one: {1000 * spread:.3f} mm")
        self.first, self.period = first, period
        yield from self.look("l1_loop", first + period)

    def lay_a_gesture_over_it(self) -> Iterator[float]:
        """Solve another recording, on the upper body only."""
        self.gesture = Path(shutil.copy(self.recording, self.recording.with_name("gesture.csv")))
        self.choose(self.gesture)
        bake = bpy.context.scene.inpose_bake
        bake.layer, bake.mask, bake.blend_in, bake.blend_out = "replace", "upper_body", 24, 24
        bake.tweak_layer = True
        self.frames = list(range(self.first, 400, 41))
        self.before = [self.joints(frame) for frame in self.frames]
        self.before_tracks = self.tracks()
        self.start()
        yield from self.wait("the gesture is solved")
        yield 1.0
        status = bpy.context.window_manager.inpose_status
        self.check(not status.failed, status.result)
        apart = max(float(np.abs(self.joints(f) - b).max()) for f, b in zip(self.frames, self.before, strict=True))
        self.check(apart < 1e-5, f"the legs are those of the walk: {1000 * apart:.5f} mm")
        self.check([name for name, muted in self.tracks() if not muted][-1] == "gesture", f"tracks: {self.tracks()}")
        self.check(self.action.name == "gesture tweaks", "the tweak layer is on top")
        self.scroll_sidebar(-400)
        yield from self.look("l2_gesture", 350)
        self.scroll_sidebar(400)

    def take_it_back(self) -> Iterator[float]:
        """Undo the layer in one step, and bring it back."""
        after = self.tracks()
        with self.in_view():
            bpy.ops.ed.undo_push(message="Looked at the result")
            bpy.ops.ed.undo()
            bpy.ops.ed.undo()
        yield 1.0
        self.check(self.tracks() == self.before_tracks, f"undo takes the layer back in one step: {self.tracks()}")
        with self.in_view():
            bpy.ops.ed.redo()
        yield 1.0
        self.check(self.tracks() == after, "redo brings it back")

    def tweak(self) -> Iterator[float]:
        """Turn the head by hand, key it, and find the bake as it was."""
        frame = 300
        strip = self.rig.animation_data.nla_tracks[-1].strips[0]
        keys = strip.action.name, len(strip.action.layers) if hasattr(strip.action, "layers") else 0
        bpy.context.scene.frame_set(frame)
        with self.in_view():
            bpy.context.view_layer.objects.active = self.rig
            bpy.ops.object.mode_set(mode="POSE")
            for bone in self.rig.pose.bones:
                (bone if hasattr(bone, "select") else bone.bone).select = bone.name == "head"
            bpy.ops.transform.rotate(value=0.6, orient_axis="Z", orient_type="GLOBAL")
            wanted = np.array(self.rig.pose.bones["head"].matrix)
            self.rig.pose.bones["head"].keyframe_insert("rotation_quaternion")
            bpy.ops.object.mode_set(mode="OBJECT")
        bpy.context.scene.frame_set(frame + 1)
        bpy.context.scene.frame_set(frame)
        apart = float(np.abs(np.array(self.rig.pose.bones["head"].matrix) - wanted).max())
        self.check(apart < 1e-3, f"a key in the tweak layer gives the pose that was set: {apart:.5f}")
        same = strip.action.name, len(strip.action.layers) if hasattr(strip.action, "layers") else 0
        self.check(keys == same, "the bake below is untouched")
        yield from self.look("l3_tweaked", frame)

    def add_it(self) -> Iterator[float]:
        """Bake it again as an additive layer: it takes the place of the first one, and the tweaks stay."""
        bake = bpy.context.scene.inpose_bake
        bake.layer, bake.mask = "add", "arms"
        with self.in_view():
            bpy.ops.inpose.bake_take("INVOKE_DEFAULT")
        yield from self.wait_for_a_result()
        status = bpy.context.window_manager.inpose_status
        self.check(not status.failed, status.result)
        strip = self.rig.animation_data.nla_tracks[-1].strips[0]
        self.check(strip.blend_type == "COMBINE" and self.action.name == "gesture tweaks", f"added: {self.tracks()}")
        yield from self.look("l4_added", 350)

    def move_the_object(self) -> Iterator[float]:
        """Bake twice as fast, with root motion on the object, and find the timeline in step."""
        bake = bpy.context.scene.inpose_bake
        bake.layer, bake.mask, bake.way, bake.speed, bake.blend_in = "none", "whole", "object", 2.0, 0
        bake.blend_out = 0
        with self.in_view():
            bpy.ops.inpose.bake_take("INVOKE_DEFAULT")
        yield from self.wait_for_a_result()
        first, last = self.action.curve_frame_range
        clock = importlib.import_module(f"{self.module}.inpose_blender.viewing.clock")
        take = self.rig.inpose_take
        length_s = clock.clock_of(bpy.context).time_of(last) - take.start_s
        self.check(
            abs(length_s - 2 * (last - first) / bpy.context.scene.render.fps) < 0.1, "the clock runs twice as fast"
        )
        bpy.context.scene.frame_set(int(last))
        moved = self.rig.matrix_world.translation.copy()
        bpy.context.scene.frame_set(int(first) + 100)
        self.check((self.rig.matrix_world.translation - moved).length > 0.1, "the object moves")
        with self.in_view():
            bpy.ops.inpose.show_recording()
        yield from self.look("l5_object", int(first) + 150)

    def reload(self) -> Iterator[float]:
        """Save and open the file: the tracks are there."""
        before = self.tracks()
        file = self.folder / "layered.blend"
        bpy.ops.wm.save_as_mainfile(filepath=str(file))
        bpy.ops.wm.open_mainfile(filepath=str(file))
        yield 2.0
        self.check(self.tracks() == before, "tracks are saved")


if __name__ == "__main__":
    drive.main(Layering)
