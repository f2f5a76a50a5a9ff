# SPDX-License-Identifier: GPL-3.0-or-later
"""Take one shot through the whole of docs/editing.md, in a Blender with a window; a script.

    blender --python tests/gui/drive_shot.py -- FOLDER FAMILY [RECORDING]

FAMILY is one of `characters.FAMILIES`: rigify, mixamo, vrm, mmd, unreal. Each picture shows the character from its
left and from its front. FOLDER/report.json says what was seen; the exit code is 0 if all went as it should.
"""

from __future__ import annotations

import importlib
import importlib.util
import shutil
import sys
from collections.abc import Iterator
from functools import partial
from itertools import pairwise
from math import atan2, pi, radians
from pathlib import Path
from typing import Any

import bpy
import numpy as np
from mathutils import Euler, Vector

spec = importlib.util.spec_from_file_location("inpose_drive", Path(__file__).with_name("drive.py"))
drive = importlib.util.module_from_spec(spec)
sys.modules["inpose_drive"] = drive
spec.loader.exec_module(drive)
sys.path.insert(0, str(Path(__file__).parent))
characters = importlib.import_module("characters")

STANDING, WALKING, WAVING, CROUCHING = 12, 120, 250, 335
FRAMES = (STANDING, 60, WALKING, 180, WAVING, 300, CROUCHING, 380)
"""Frames of the example at 24 frames per second."""
SNAPPED = (320, 350)
SAME_MM = 1.0
FEWER_MM = 6.0
"""Knees and elbows may be off by twice the key distance, and all other joints by less."""
VIEW_M, HAND_M = 2.6, 0.55
FRONT, LEFT, TILT = 0.0, pi / 2, radians(84)
BETWEEN_MM = 60.0
"""At twice the speed, a pose is halfway between two others."""
PLAYED_AGAIN_MM = {"unreal.fbx": 2.0, "unity.fbx": 2.0, "godot.glb": 0.05, "motion.bvh": 1.0}
EXPORTS = (
    ("unreal", "keep", "takes", "unreal.fbx"),
    ("unity", "root", "playing", "unity.fbx"),
    ("godot", "keep", "playing", "godot.glb"),
    ("godot", "keep", "playing", "motion.bvh"),
    ("godot", "keep", "playing", "motion.vrma"),
)
"""Engine, root motion, clips and file."""
PLAYING = (100, 190)
"""The preview range, which is what is exported where the clips are what plays."""
PARTS = ("action", "NLA tracks", "keys", "constraints", "drivers", "scene")
"""Parts of what a character does."""
PICTURED = 120
"""A frame of it in which the exported characters are looked at, beside each other."""


class Editing(drive.Session):
    """Hold the way of one character from the solved shot to an edited, exported one."""

    def __init__(self, module: str, folder: Path, recording: Path, *, family: Any) -> None:
        super().__init__(module, folder, recording)
        self.family = family
        self.steps: list[tuple[str, Any]] = []
        """What each step was called, and what the character did before it."""

    def script(self) -> Iterator[float]:
        """Walk through the page from its first to its last heading."""
        if self.family.file and not (characters.RIGS / self.family.file).exists():
            self.seen["skipped"] = f"needs ../shared/rigs/{self.family.file}"
            self.picture("skipped")
            return
        yield from self.open_the_character()
        yield from self.solve_it()
        yield from self.use_ik_controls()
        yield from self.keep_few_keys()
        yield from self.loop_the_walk()
        yield from self.lay_a_gesture_over_it()
        yield from self.choose_where_it_goes()
        yield from self.play_it_faster()
        yield from self.export_it()
        yield from self.take_it_all_back()
        yield from self.import_again()

    def open_the_character(self) -> Iterator[float]:
        """Put the character on a floor, with one view from the front and one from the left."""
        bpy.context.preferences.edit.undo_steps = 100
        self.empty_the_scene()
        with self.in_view():
            bpy.ops.screen.area_split(direction="VERTICAL", factor=0.4)
        for name in ("controls", "loop", "export"):
            open_the_panel(f"INPOSE_PT_{name}")
        open_all_parts(importlib.import_module(f"{self.module}.inpose_blender.bake.panel"))
        for panel in ("headset", "findings", "recording", "calibration", "contacts", "pins", "cleanup"):
            close_the_panel(f"INPOSE_PT_{panel}")
        yield 0.5
        yield from self.open_the_tab()
        with self.in_view():
            rig = self.family.build()
            bpy.ops.mesh.primitive_plane_add(size=40, location=(0, 0, -0.002))
            bpy.context.object.name = "Floor"
            bpy.context.object.hide_select = True
            bpy.context.view_layer.objects.active = rig
            bpy.ops.object.select_all(action="DESELECT")
        self.armature_name = rig.name
        mapping = importlib.import_module(f"{self.module}.inpose_blender.rig.find").map_rig(rig)
        self.names = dict(self.family.joints or mapping.bones)
        bpy.context.scene.inpose.armature = rig
        self.save_beside_the_takes()
        yield from self.look("s0_opened", 1)

    def solve_it(self) -> Iterator[float]:
        """Solve the example: FK has keys on each frame."""
        with self.in_view():
            bpy.ops.inpose.choose_recording("EXEC_DEFAULT", filepath=bpy.path.relpath(str(self.recording)))
        bpy.context.scene.inpose.pose = "grip"
        bpy.context.scene.inpose_bake.set_frame_range = True
        self.start()
        yield from self.wait("the recording is solved")
        yield from self.wait_for_a_result(drive.TIMEOUT_S)
        self.note_result("solved")
        for name, frame in (
            ("a_stands", STANDING),
            ("b_walks", WALKING),
            ("c_waves", WAVING),
            ("d_crouches", CROUCHING),
        ):
            yield from self.look(f"s1{name}", frame)
        yield from self.look_at_hands("s1e_hands", STANDING)
        self.fk = self.places(FRAMES)
        self.check_posture()

    def use_ik_controls(self) -> Iterator[float]:
        """Bake to IK and to both, and snap each to the other."""
        for mode in ("ik", "both"):
            yield from self.bake(f"controls: {mode}", controls=mode)
            self.check(self.apart_mm(self.fk) < SAME_MM, f"{mode} is where FK is: {self.apart_mm(self.fk):.2f} mm")
            keyed = self.keyed_bones()
            self.check(self.family.ik_controls <= keyed, f"{mode}: IK controls have keys, {len(keyed)} bones in all")
            yield from self.look(f"s2_{mode}", CROUCHING)
        for direction in ("fk_to_ik", "ik_to_fk") if self.family.has_ik else ():
            self.begin(direction)
            with self.in_view():
                done = getattr(bpy.ops.inpose, f"snap_{direction}")(
                    "EXEC_DEFAULT", True, first_frame=SNAPPED[0], last_frame=SNAPPED[1], only_keyed=False
                )
            self.note_result(direction)
            self.check(done == {"FINISHED"}, f"{direction} is done")
            self.check(self.apart_mm(self.fk) < SAME_MM, f"{direction} moves nothing: {self.apart_mm(self.fk):.2f} mm")
            yield from self.look(f"s3_{direction}", WAVING if direction == "fk_to_ik" else CROUCHING)

    def keep_few_keys(self) -> Iterator[float]:
        """Bake with fewer keys: planted feet rest between two of them."""
        dense = self.number_of_keys()
        yield from self.bake("fewer keys", controls="both", fewer_keys=True)
        left = self.number_of_keys()
        self.seen["keys_left"] = f"{left} of {dense}"
        self.check(left < dense / 2, f"fewer keys: {100 * left / dense:.0f} % are left")
        off = self.apart_mm(self.fk)
        self.check(off < (25.0 if self.family.has_ik else FEWER_MM), f"fewer keys: joints are off by {off:.1f} mm")
        yield from self.look("s4_fewer_keys", WALKING)

    def loop_the_walk(self) -> Iterator[float]:
        """Make a walk cycle of two landings of the left foot."""
        bpy.context.scene.inpose_bake.property_unset("controls")
        self.begin("loop")
        bpy.context.scene.inpose_loop.loop_from, bpy.context.scene.inpose_loop.loop_to = self.a_round()
        with self.in_view():
            bpy.ops.inpose.loop_stretch("INVOKE_DEFAULT")
        yield 0.5
        self.note_result("loop")
        self.check(self.action.name.endswith(" loop"), f"the walk loops: {self.action.name}")
        first, last = (round(frame) for frame in self.action.curve_frame_range)
        frames = range(first, last, 3)
        way = self.places([frame + last - first for frame in frames]) - self.places(frames)
        spread = float(np.ptp(way.reshape(-1, 3), axis=0).max())
        self.check(spread < 1e-3, f"each round is like the one before: {1000 * spread:.3f} mm")
        yield from self.look("s5_loop", first + 2 * (last - first))

    def lay_a_gesture_over_it(self) -> Iterator[float]:
        """Put the upper body of the take over the walk cycle, with a tweak layer on top."""
        legs = [name for name in self.names if name.endswith(("hip", "knee", "ankle", "foot"))]
        before = self.places(FRAMES, legs)
        yield from self.bake("gesture", layer="replace", mask="upper_body", blend_in=12, blend_out=12, tweak_layer=True)
        off = float(np.abs(self.places(FRAMES, legs) - before).max())
        self.check(off < 1e-4, f"the legs are those of the walk: {1000 * off:.3f} mm")
        self.check(self.action.name.endswith(" tweaks"), f"the tweak layer is on top: {self.action.name}")
        yield from self.look("s6_gesture", WAVING)

    def choose_where_it_goes(self) -> Iterator[float]:
        """Put the root motion on the root bone, on the object, and nowhere."""
        for way in ("root", "object", "none"):
            possible = way != "root" or bool(self.family.root)
            yield from self.bake(f"root motion: {way}", fails=not possible, way=way)
            if not possible:
                self.picture("s7_root")
                continue
            places = self.places(FRAMES)
            if way == "none":
                places, expected = (each - each[:, :1] * (1, 1, 0) for each in (places, self.fk))
            else:
                expected = self.fk
            off = 1000 * float(np.linalg.norm(places - expected, axis=2).max())
            self.check(off < SAME_MM, f"root motion on {way} moves no joint: {off:.2f} mm")
            yield from self.look(f"s7_{way}", WALKING)

    def play_it_faster(self) -> Iterator[float]:
        """Bake at twice the speed, with IK and few keys: this is the shot."""
        yield from self.bake("twice as fast", speed=2.0, controls="both", fewer_keys=True)
        off = 1000 * float(np.linalg.norm(self.places([(f + 1) / 2 for f in FRAMES]) - self.fk, axis=2).max())
        self.check(off < BETWEEN_MM, f"at twice the speed the poses are those of twice the frame: {off:.1f} mm")
        yield from self.look("s8_fast", (CROUCHING + 1) // 2)

    def export_it(self) -> Iterator[float]:
        """Export for each engine, as BVH and as VRMA; the scene stays as it is."""
        scene = bpy.context.scene
        before = self.doing()
        self.exported = self.recording.parent / "exported"
        scene.use_preview_range, (scene.frame_preview_start, scene.frame_preview_end) = True, PLAYING
        chosen = scene.inpose_export
        for chosen.engine, chosen.root_motion, chosen.clips, name in EXPORTS:
            with self.in_view():
                bpy.ops.inpose.export_character("EXEC_DEFAULT", filepath=str(self.exported / name))
            self.note_result(name)
            self.check((self.exported / name).exists(), f"{name} is exported")
            yield 0.1
        scene.use_preview_range = False
        self.check(self.doing() == before, "the scene stays as it was")
        yield from self.look("s9_exported", (CROUCHING + 1) // 2)

    def take_it_all_back(self) -> Iterator[float]:
        """Undo every step: each is one, and the character does what it did before."""
        last = self.doing()
        with self.in_view():
            bpy.ops.ed.undo_push(message="The end")
            bpy.ops.ed.undo()
        for name, before in reversed(self.steps):
            with self.in_view():
                bpy.ops.ed.undo()
            yield 0.1
            now = zip(PARTS, before, self.doing(), strict=True)
            different = {part: (was, is_now) for part, was, is_now in now if was != is_now}
            self.check(not different, f"{name} is not undone: {different}"[:2000], quiet=True)
            self.check(True, f"undo takes back: {name}")
            with self.in_view():
                bpy.ops.ed.undo()
        yield from self.look("sa_undone", CROUCHING)
        with self.in_view():
            for _ in range(2 * len(self.steps) + 1):
                bpy.ops.ed.redo()
        yield 0.5
        self.check(self.doing() == last, "redo brings it all back")

    def import_again(self) -> Iterator[float]:
        """Import the files beside the character: they play as the shot does."""
        scene, action = bpy.context.scene, self.action.name
        first = round(self.action.frame_range[0])
        # One of the files gives the root motion to the root bone, which rests in the scene.
        bones = [bone.name for bone in self.rig.data.bones if bone.use_deform and bone.name != self.family.root]
        frames = np.linspace(*PLAYING, 6).round().astype(int).tolist()
        played = {frame: self.heads(self.rig, bones, frame) for frame in frames}
        rate, beside = scene.render.fps, 0.0
        for _, _, clips, name in EXPORTS:
            if name not in PLAYED_AGAIN_MM:
                continue
            begins = (first if clips == "takes" else PLAYING[0]) - (0 if name.endswith(".glb") else 1)
            there = set(bpy.data.objects), set(bpy.data.actions)
            with self.in_view():
                if name.endswith(".fbx"):
                    bpy.ops.import_scene.fbx(filepath=str(self.exported / name))
                elif name.endswith(".glb"):
                    bpy.ops.import_scene.gltf(filepath=str(self.exported / name))
                else:
                    bpy.ops.import_anim.bvh(filepath=str(self.exported / name), global_scale=0.01)
            scene.render.fps = rate
            (hero,) = (thing for thing in set(bpy.data.objects) - there[0] if thing.type == "ARMATURE")
            self.play(hero, [clip for clip in set(bpy.data.actions) - there[1] if is_clip(clip.name, action)])
            off = max(
                np.linalg.norm(self.heads(hero, bones, frame - begins) - wanted, axis=1).max()
                for frame, wanted in played.items()
            )
            self.seen[f"off_mm {name}"] = round(1000 * float(off), 4)
            limit_mm = PLAYED_AGAIN_MM[name]
            self.check(1000 * off < limit_mm, f"{name} is off by {1000 * off:.3f} mm", quiet=True)
            self.check(True, f"{name} plays as the shot does")
            self.move_keys(hero, begins)
            beside += 1.1
            hero.delta_location = beside * self.left_at(PICTURED)  # keys move the location
            with self.in_view():
                bpy.ops.object.select_all(action="DESELECT")
        yield from self.look("sb_imported", PICTURED, distance=6.0, aside=0.73 * beside)  # left of the sidebar

    def move_keys(self, hero: Any, frames: int) -> None:
        """Move the keys of an imported character, so that it plays at the same time as the shot."""
        compat = importlib.import_module(f"{self.module}.inpose_blender.bpy_compat")
        for curve in compat.action_curves(hero.animation_data.action, hero):
            for key in curve.keyframe_points:
                key.co_ui.x += frames  # its handles go with it
            curve.update()

    def left_at(self, frame: int) -> Vector:
        """Return the direction to the left of the character, along the floor."""
        left, right = self.heads(self.rig, [self.names["left_hip"], self.names["right_hip"]], frame)
        return Vector((*(left - right)[:2], 0.0)).normalized()

    def play(self, hero: Any, clips: list[Any]) -> None:
        """Let an imported character play a clip of its file, without what the importer put into NLA tracks."""
        for track in hero.animation_data.nla_tracks:
            track.mute = True
        if clips and hero.animation_data.action not in clips:
            compat = importlib.import_module(f"{self.module}.inpose_blender.bpy_compat")
            slot = clips[0].slots[0] if hasattr(clips[0], "slots") else None
            compat.assign_action(hero.animation_data, clips[0], slot)

    def bake(self, step: str, *, fails: bool = False, **options: Any) -> Iterator[float]:
        """Click Bake again with options, and with the defaults of all others."""
        if not fails:
            self.begin(step)
        if shutil.which("xdotool"):  # a message that floats over the views goes where the mouse moves
            drive.press("mousemove", "40", "880")
        chosen = bpy.context.scene.inpose_bake
        for name in ("controls", "fewer_keys", "layer", "mask", "tweak_layer", "blend_in", "blend_out", "way", "speed"):
            chosen.property_unset(name)
        for name, value in options.items():
            setattr(chosen, name, value)
        status = bpy.context.window_manager.inpose_status
        status.result = ""
        with self.in_view():
            bpy.ops.inpose.bake_take("INVOKE_DEFAULT")
        yield from self.wait_for_a_result(drive.TIMEOUT_S)
        self.note_result(step, fails=fails)

    def begin(self, step: str) -> None:
        """Note what the character does before a step, and give the step an undo step of its own."""
        self.steps.append((step, self.doing()))
        with self.in_view():
            bpy.ops.ed.undo_push(message=f"Before: {step}")

    def note_result(self, step: str, *, fails: bool = False) -> None:
        """Keep what the panel says."""
        status = bpy.context.window_manager.inpose_status
        self.seen[step] = [status.result, *status.problems.splitlines(), *status.notes.splitlines()]
        self.check(status.failed == fails, f"{step}: {status.result}")

    def doing(self) -> list[Any]:
        """Return what the character plays and how it is set up, to compare; no references."""
        bpy.context.scene.frame_set(STANDING)  # undo keeps the frame, and keys move the influence of constraints
        animation = self.rig.animation_data
        tracks = [
            (track.name, track.mute, [strip.action.name if strip.action else "" for strip in track.strips])
            for track in animation.nla_tracks
        ]
        compat = importlib.import_module(f"{self.module}.inpose_blender.bpy_compat")
        curves = compat.action_curves(animation.action, self.rig) if animation.action else []
        keys = sorted((c.data_path, c.array_index, sum(round(p.co.y, 4) for p in c.keyframe_points)) for c in curves)
        constraints = [
            (bone.name, each.name, each.mute, round(each.influence, 4))
            for bone in self.rig.pose.bones
            for each in bone.constraints
        ]
        scene = bpy.context.scene
        return [
            animation.action.name if animation.action else "",
            tracks,
            keys,
            constraints,
            [driver.data_path for driver in animation.drivers],
            (scene.frame_start, scene.frame_end, sorted(thing.name for thing in bpy.data.objects)),
        ]

    def check_posture(self) -> None:
        """Find the character upright, with a foot on the floor, and the left side on its left."""
        rest = {name: self.rig.matrix_world @ self.rig.data.bones[bone].head_local for name, bone in self.names.items()}
        height = rest["head"].z - min(place.z for place in rest.values())
        joints = list(self.names)
        for row, frame in enumerate(FRAMES):
            places = dict(zip(joints, self.fk[row], strict=True))
            up = places["head"] - places["pelvis"]
            self.check(up[2] / np.linalg.norm(up) > 0.7, f"frame {frame}: the head is above the hips", quiet=True)
            lowest = min(places[f"{side}_foot"][2] - rest[f"{side}_foot"].z for side in ("left", "right"))
            self.check(abs(lowest) < 0.03 * height, f"frame {frame}: a foot is on the floor: {lowest:.3f}", quiet=True)
        self.check(True, "the character stands on the floor in all frames")

    def a_round(self) -> tuple[int, int]:
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

    @property
    def rig(self) -> Any:
        """Return the character."""
        return bpy.data.objects[self.armature_name]

    @property
    def area(self) -> Any:
        """Return the 3D View with the sidebar: the right one."""
        return self.views()[-1]

    def views(self) -> list[Any]:
        """Return the 3D Views from left to right."""
        return sorted((a for a in self.window.screen.areas if a.type == "VIEW_3D"), key=lambda area: area.x)

    def places(self, frames: Any, joints: Any = None) -> Any:
        """Return where joints are in the world, (frames, joints, 3)."""
        bones = [self.names[joint] for joint in joints or self.names]
        return np.array([self.heads(self.rig, bones, frame) for frame in frames])

    @staticmethod
    def heads(rig: Any, bones: list[str], frame: float) -> Any:
        """Return where bones begin in the world, (bones, 3)."""
        bpy.context.scene.frame_set(int(frame), subframe=frame % 1)
        return np.array([rig.matrix_world @ rig.pose.bones[name].head for name in bones])

    def apart_mm(self, expected: Any) -> float:
        """Return how far the farthest joint is from where it should be."""
        return 1000 * float(np.linalg.norm(self.places(FRAMES) - expected, axis=2).max())

    def curves(self) -> Any:
        """Return the F-curves of the active action."""
        compat = importlib.import_module(f"{self.module}.inpose_blender.bpy_compat")
        return compat.action_curves(self.action, self.rig)

    def number_of_keys(self) -> int:
        """Return the number of keys of the active action."""
        return sum(len(curve.keyframe_points) for curve in self.curves())

    def keyed_bones(self) -> set[str]:
        """Return the bones that the active action moves."""
        animated = [c.data_path for c in self.curves() if len(c.keyframe_points) > 1]
        return {path.split('"')[1] for path in animated if path.startswith("pose.bones")}

    def look(self, name: str, frame: int, distance: float = VIEW_M, aside: float = 0.0) -> Iterator[float]:
        """Look at the character from its front and from its left, and at the panel; at what is beside it, if wanted."""
        bpy.context.scene.frame_set(frame)
        with self.in_view():
            bpy.context.view_layer.objects.active = self.rig
        (hips,) = self.heads(self.rig, [self.names["pelvis"]], frame)
        left = self.left_at(frame)
        turn = atan2(left.y, left.x)
        centre = Vector((*hips[:2], 0.52 * self.height())) + aside * left
        for view, side in zip(self.views(), (LEFT, FRONT), strict=True):
            self.aim(view, turn + side, centre, distance * self.height() / 1.7)
        self.scroll_sidebar(-3000)
        yield 1.2
        self.picture(name)

    def look_at_hands(self, name: str, frame: int) -> Iterator[float]:
        """Look at both hands from the front, the bones in front of the skin."""
        bpy.context.scene.frame_set(frame)
        self.rig.show_in_front = True
        for view, side in zip(self.views(), ("right", "left"), strict=True):
            hand = self.heads(self.rig, [self.names[f"{side}_wrist"], self.names[f"{side}_elbow"]], frame)
            self.aim(view, 0.0, Vector(1.3 * hand[0] - 0.3 * hand[1]), HAND_M * self.height() / 1.7)
        yield 1.2
        self.picture(name)
        self.rig.show_in_front = False

    def height(self) -> float:
        """Return how tall the character is at rest, to the top of its bones."""
        return max((self.rig.matrix_world @ bone.tail_local).z for bone in self.rig.data.bones)

    @staticmethod
    def aim(area: Any, turn: float, centre: Any, distance: float) -> None:
        """Turn a 3D View around the vertical axis; at 0 it shows what faces -Y from the front."""
        view = area.spaces.active.region_3d
        view.view_perspective = "ORTHO"
        view.view_rotation = Euler((TILT, 0.0, turn)).to_quaternion()
        view.view_location, view.view_distance = centre, distance


def is_clip(imported: str, name: str) -> bool:
    """Say whether an importer's action is a clip: importers add names of objects and layers."""
    return name in imported.split("|") or imported.startswith(f"{name}_") or imported == name


def open_the_panel(name: str) -> None:
    """Open a sub-panel, as a click on its title does."""
    panel = getattr(bpy.types, name)
    bpy.utils.unregister_class(panel)
    panel.bl_options = set()
    bpy.utils.register_class(panel)


def close_the_panel(name: str) -> None:
    """Take a panel away that the page does not need, so that the others fit on the screen."""
    panel = getattr(bpy.types, name, None)
    if panel is not None:
        bpy.utils.unregister_class(panel)


def open_all_parts(panel_module: Any) -> None:
    """Open the parts of a panel, as clicks on their titles do."""

    def part(layout: Any, name: str, title: str) -> Any:
        header, body = layout.panel(name, default_closed=False)
        header.label(text=title, translate=False)
        return body

    panel_module._part = part


if __name__ == "__main__":
    folder, family, *recording = drive.arguments_given()
    drive.main(partial(Editing, family=characters.FAMILIES[family]), [folder, *recording])
