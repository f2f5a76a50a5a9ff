# SPDX-License-Identifier: GPL-3.0-or-later
"""Use the installed add-on in a Blender with a window, as an animator would, and keep screenshots; a script.

    blender --python tests/gui/drive.py -- FOLDER [RECORDING]

It knows operators and properties, never places on the screen. The search and Esc come from the keyboard where xdotool
is there. FOLDER/report.json says what was seen; the exit code is 0 if all went as it should.
"""

from __future__ import annotations

import importlib
import json
import os
import shutil
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import addon_utils
import bpy
from mathutils import Vector

TICK_S = 0.1
TIMEOUT_S = 480.0
REPORT_S = 12.0
"""Blender shows a message in its status bar for ten seconds."""
DOCS = Path(__file__).resolve().parents[2] / "docs"


class Session:
    """Hold the way through the add-on; each step yields the seconds until the next."""

    def __init__(self, module: str, folder: Path, recording: Path) -> None:
        self.module, self.folder, self.recording = module, folder, recording
        self.seen: dict[str, Any] = {"blender": bpy.app.version_string, "screenshots": []}
        self.armature_name = ""

    def script(self) -> Iterator[float]:
        """Walk from an empty scene to a saved shot."""
        yield from self.two_clicks()
        yield from self.set_the_scene()
        yield from self.choose_the_recording()
        yield from self.cancel_a_solve()
        yield from self.solve()
        yield from self.undo_and_redo()
        yield from self.ruin_the_character()
        yield from self.search_and_escape()
        yield from self.save_and_reload()
        yield from self.look_at_the_preferences()

    def two_clicks(self) -> Iterator[float]:
        """Load the example into the scene that Blender starts with, and solve it; note how long one waits."""
        began = time.monotonic()
        with self.in_view():
            bpy.ops.inpose.load_example("INVOKE_DEFAULT")
        self.armature_name = bpy.context.scene.inpose.armature.name
        self.start()
        while self.solving:
            self.check(time.monotonic() - began < TIMEOUT_S, "two clicks end in time", quiet=True)
            yield TICK_S
        self.seen["two_clicks_s"] = round(time.monotonic() - began, 1)
        self.check(self.action is not None, "two clicks lead to a shot")
        bpy.context.scene.frame_set(620)
        with self.in_view():
            bpy.ops.view3d.view_all(center=False)
        yield 1.0
        self.picture("0_two_clicks")
        bpy.context.scene.inpose.armature = None
        bpy.context.scene.inpose.recording = ""
        bpy.context.scene.inpose_bake.set_frame_range = False

    def set_the_scene(self) -> Iterator[float]:
        """Add a character, look at it, and open the add-on's tab."""
        stick_figure = importlib.import_module(f"{self.module}.inpose_blender.rig.stick_figure")
        core = importlib.import_module(f"{self.module}.inpose_blender.core")
        self.empty_the_scene()
        with self.in_view():
            armature = stick_figure.add_stick_figure(bpy.context.scene, core.Skeleton.template(), "Character")
            self.armature_name = armature.name
            self.dress(armature)
            bpy.context.view_layer.objects.active = armature
            armature.select_set(True)
            bpy.ops.view3d.view_axis(type="FRONT")
            bpy.ops.view3d.view_orbit(angle=0.5, type="ORBITRIGHT")
            bpy.ops.view3d.view_all(center=False)
        yield from self.open_the_tab()
        self.picture("1_panel")
        self.save_beside_the_takes()

    def empty_the_scene(self) -> None:
        """Remove all objects and actions, and go to the first frame."""
        for blocks in (bpy.data.objects, bpy.data.actions):
            for thing in list(blocks):
                blocks.remove(thing)
        bpy.context.scene.frame_start, bpy.context.scene.frame_end = 1, 250
        bpy.context.scene.frame_set(1)
        importlib.import_module(f"{self.module}.inpose_blender.ui.status").clear_result(bpy.context)

    def open_the_tab(self) -> Iterator[float]:
        """Open the sidebar of the 3D View at the add-on's tab."""
        self.area.spaces.active.show_region_ui = True
        yield 1.5
        tab = next(region for region in self.area.regions if region.type == "UI")
        try:
            tab.active_panel_category = "InPose"
        except AttributeError:  # read-only before Blender 4.4: the tab is chosen by hand, and here by hiding the others
            hide_other_tabs()
        tab.tag_redraw()
        yield 1.5

    def save_beside_the_takes(self) -> None:
        """Save the scene, with the recording in a folder beside it: its path in the panel is then "//takes/..."."""
        takes = self.folder / "takes"
        takes.mkdir(exist_ok=True)
        self.recording = Path(shutil.copy(self.recording, takes))
        bpy.ops.wm.save_as_mainfile(filepath=str(self.folder / "shot.blend"))

    def choose_the_recording(self) -> Iterator[float]:
        """Pick a recording as the file browser would, and see it in the scene."""
        things = len(bpy.data.objects)
        with self.in_view():
            bpy.ops.inpose.choose_recording("EXEC_DEFAULT", filepath=bpy.path.relpath(str(self.recording)))
        self.check(Path(bpy.path.abspath(bpy.context.scene.inpose.recording)) == self.recording, "recording is chosen")
        if hasattr(bpy.context.scene.inpose, "pose"):
            bpy.context.scene.inpose.pose = "grip"
        facts = importlib.import_module(f"{self.module}.inpose_blender.recording.facts")
        question = importlib.import_module(f"{self.module}.inpose_blender.recording.properties").question_of
        known, began = None, time.monotonic()
        while known is None:
            self.check(time.monotonic() - began < TIMEOUT_S, "recording is read in time", quiet=True)
            yield TICK_S
            known = facts.known_facts(question(bpy.context.scene))
        self.check(hasattr(known, "sensors"), "recording is read by itself")
        yield 1.5
        self.area.tag_redraw()  # the list of findings has changed the heights of the panels
        yield 1.5
        self.picture("2_recording")
        with self.in_view():
            bpy.ops.inpose.show_recording()
        yield 1.5
        self.picture("2_recording_shown")
        with self.in_view():
            bpy.ops.inpose.hide_recording()
        self.check(len(bpy.data.objects) == things, "hiding the recording leaves nothing of it")

    def cancel_a_solve(self) -> Iterator[float]:
        """Start, cancel, and find the scene as it was; the first start may unpack the solver before."""
        bpy.context.scene.inpose.guidance = "pigdm"
        bpy.context.scene.inpose.steps = 200  # lasts for many seconds, and a window drawn in software ticks slowly
        self.start()
        self.check(self.solving, "solve has started")
        queue = importlib.import_module(f"{self.module}.inpose_blender.solve.queue").QUEUE
        while self.solving and queue.solves and queue.solves[0].job.fraction == 0.0:
            yield 0.02
        self.check(self.solving, "solve is under way")  # seconds, on a fast machine
        with self.in_view():
            bpy.ops.inpose.cancel()
        yield from self.wait("cancelled solve has ended")
        bpy.context.scene.inpose.guidance = "tangent"
        bpy.context.scene.inpose.property_unset("steps")
        self.check(self.action is None, "cancelled solve leaves no action")
        yield REPORT_S  # else Blender's message of the cancelled solve is in the picture of the next one

    def solve(self) -> Iterator[float]:
        """Solve to the end, watching the progress and how long Blender was held up."""
        bpy.context.scene.inpose_bake.extend_range = True
        self.start()
        self.check(not bpy.context.window_manager.inpose_status.result, "a new solve clears the last result")
        queue = importlib.import_module(f"{self.module}.inpose_blender.solve.queue").QUEUE
        longest_s, pictured, began = 0.0, False, time.monotonic()
        last = began
        while self.solving:
            yield 0.02
            now = time.monotonic()
            longest_s, last = max(longest_s, now - last), now
            if not pictured and queue.solves and queue.solves[0].job.fraction > 0.4:
                for region in self.area.regions:
                    region.tag_redraw()
                yield 0.3
                self.picture("4_solving")
                pictured, last = True, time.monotonic()
            self.check(now - began < TIMEOUT_S, "solve ends in time", quiet=True)
        self.seen["solve_s"] = round(time.monotonic() - began, 1)
        self.seen["longest_tick_ms"] = round(1000 * longest_s)
        yield 1.0
        self.check(pictured, "progress is shown")
        self.check(self.action is not None, "solve has baked an action")
        first, last_frame = (int(frame) for frame in self.action.frame_range)
        bpy.context.scene.frame_end = last_frame
        for name, share in (("5_wave", 0.62), ("6_crouch", 0.82)):
            bpy.context.scene.frame_set(round(first + share * (last_frame - first)))
            with self.in_view():
                bpy.ops.view3d.view_all(center=False)
            self.scroll_sidebar(-300)
            yield 2.0
            self.picture(name)
            self.scroll_sidebar(300)

    def undo_and_redo(self) -> Iterator[float]:
        """Take the bake back in one step, and bring it back."""
        with self.in_view():
            bpy.ops.ed.undo_push(message="Looked at the result")
            bpy.ops.ed.undo()
            bpy.ops.ed.undo()
        yield 1.0
        self.check(self.action is None, "undo takes the bake back in one step")
        with self.in_view():
            bpy.ops.ed.redo()
        yield 1.0
        self.check(self.action is not None, "redo brings it back")
        with self.in_view():
            bpy.ops.view3d.view_all(center=False)
        yield 1.0

    def ruin_the_character(self) -> Iterator[float]:
        """Hang a hat on a bone that nothing moves, bake again, and read what is wrong below the button."""
        armature = bpy.data.objects[self.armature_name]
        with self.in_view():
            bpy.context.view_layer.objects.active = armature
            bpy.ops.object.mode_set(mode="EDIT")
            stray = armature.data.edit_bones.new("stray")
            stray.head, stray.tail = (0, 0, 1.8), (0, 0, 1.9)
            bpy.ops.object.mode_set(mode="OBJECT")
            bpy.ops.mesh.primitive_uv_sphere_add(radius=0.15, location=armature.matrix_world @ Vector((0, 0, 1.8)))
            hat = bpy.context.object
            hat.vertex_groups.new(name="stray").add(list(range(len(hat.data.vertices))), 1.0, "REPLACE")
            hat.modifiers.new("Armature", "ARMATURE").object = armature
            bpy.context.view_layer.objects.active = armature
            bpy.ops.inpose.bake_take("INVOKE_DEFAULT")
        yield from self.wait_for_a_result()
        status = bpy.context.window_manager.inpose_status
        self.picture("6_check_the_character")
        self.check("stray" in status.problems, f"a ruined character is told: {status.result} {status.problems}")
        with self.in_view():
            bpy.data.objects.remove(hat)
            bpy.ops.inpose.bake_take("INVOKE_DEFAULT")
        yield from self.wait_for_a_result()
        status = bpy.context.window_manager.inpose_status
        self.check(bool(status.result) and not status.problems, f"a sound one is not: {status.problems}")
        self.picture("6_result")

    def search_and_escape(self) -> Iterator[float]:
        """Find the operator by Blender's search, start it with Return, stop it with Esc."""
        if not shutil.which("xdotool"):
            self.seen["skipped"] = "search and Esc: no xdotool"
            return
        with self.in_view():
            bpy.ops.wm.search_menu("INVOKE_DEFAULT")
        yield 1.5
        press("type", "--delay", "40", "Solve full body")
        yield 6.0  # a busy machine draws late
        self.picture("7_search")
        bpy.context.scene.inpose.guidance = "pigdm"
        bpy.context.scene.inpose.steps = 200  # lasts for many seconds: Esc must come before the end
        press("key", "Return")
        began = time.monotonic()
        while not self.solving and time.monotonic() - began < 10.0:
            yield 0.02
        self.check(self.solving, "search starts the solve")
        with self.in_view():
            bpy.ops.screen.animation_play()
        yield 1.0
        self.check(self.playing, "the animation plays while it is solved")
        press("key", "Escape")
        yield 1.0
        self.picture("7_playback_stopped")
        self.check(self.solving and not self.playing, "Esc ends the playback and not the solve")
        press("key", "Escape")
        yield from self.wait("Esc ends the solve")
        bpy.context.scene.inpose.guidance = "tangent"
        bpy.context.scene.inpose.property_unset("steps")
        self.check(self.action is not None, "a cancelled solve leaves the old action")
        status = bpy.context.window_manager.inpose_status.result
        self.check("Cancelled" in status, f"the panel says so: {status}")

    def save_and_reload(self) -> Iterator[float]:
        """Save, open again, and find choices and keyframes."""
        file = self.folder / "shot.blend"
        bpy.ops.wm.save_as_mainfile(filepath=str(file))
        bpy.ops.wm.open_mainfile(filepath=str(file))
        yield 2.0
        self.check(bool(bpy.context.scene.inpose.recording), "choices are saved")
        self.check(self.action is not None and bool(self.action.frame_range[1] > 100), "keyframes are saved")

    def look_at_the_preferences(self) -> Iterator[float]:
        """Show the add-on in the preferences, with the file where users have it."""
        (listed,) = (module for module in addon_utils.modules() if module.__name__ == self.module)
        version = ".".join(map(str, bpy.app.version[:2]))
        listed.__file__ = f"/home/anna/.config/blender/{version}/extensions/user_default/inpose/__init__.py"
        with self.in_view():
            bpy.ops.preferences.addon_show(module=self.module)
        yield 3.0
        self.picture("8_preferences")

    @property
    def window(self) -> Any:
        """Return the main window; never kept, since loading a file replaces it."""
        return bpy.context.window_manager.windows[0]

    @property
    def area(self) -> Any:
        """Return the 3D View."""
        return next(area for area in self.window.screen.areas if area.type == "VIEW_3D")

    @property
    def playing(self) -> bool:
        """Say whether the animation plays."""
        return any(window.screen.is_animation_playing for window in bpy.context.window_manager.windows)

    @property
    def solving(self) -> bool:
        """Say whether there is something to cancel."""
        with self.in_view():
            return bool(bpy.ops.inpose.cancel.poll())

    @property
    def action(self) -> Any:
        """Return the character's action, or None."""
        animation = bpy.data.objects[self.armature_name].animation_data
        return animation.action if animation else None

    def scroll_sidebar(self, up_px: int) -> None:
        """Scroll the sidebar, for a picture of what is below."""
        sidebar = next(region for region in self.area.regions if region.type == "UI")
        with bpy.context.temp_override(window=self.window, area=self.area, region=sidebar):
            bpy.ops.view2d.pan(deltax=0, deltay=up_px)

    def in_view(self) -> Any:
        """Let operators believe that the mouse is over the 3D View."""
        region = next(region for region in self.area.regions if region.type == "WINDOW")
        return bpy.context.temp_override(window=self.window, area=self.area, region=region)

    def dress(self, armature: Any) -> None:
        """Put the mannequin of our pictures over the sticks."""
        sys.path.insert(0, str(DOCS))
        mannequin = importlib.import_module("mannequin")
        for child in list(armature.children):
            bpy.data.objects.remove(child)
        mannequin.add_mannequin(bpy.context.scene, armature)
        armature.hide_set(False)

    def start(self) -> None:
        """Press the button."""
        with self.in_view():
            bpy.ops.ed.undo_push(message="Before solving")
            bpy.ops.inpose.solve_full_body("INVOKE_DEFAULT")

    def wait_for_a_result(self, longest_s: float = 60.0) -> Iterator[float]:
        """Wait until the panel shows how the job ended."""
        began = time.monotonic()
        while not bpy.context.window_manager.inpose_status.result and time.monotonic() - began < longest_s:
            yield TICK_S
        yield 1.0

    def wait(self, what: str) -> Iterator[float]:
        """Wait until nothing is being solved."""
        began = time.monotonic()
        while self.solving:
            self.check(time.monotonic() - began < TIMEOUT_S, what, quiet=True)
            yield TICK_S
        self.check(True, what)
        yield 0.5

    def check(self, holds: bool, what: str, quiet: bool = False) -> None:
        """Note what was seen, or stop with a picture."""
        if not holds:
            self.picture("failed")
            raise AssertionError(what)
        if not quiet:
            self.seen.setdefault("checks", []).append(what)

    def picture(self, name: str) -> None:
        """Save what the screen shows."""
        path = self.folder / f"{name}.png"
        if grabber := shutil.which("import"):
            # Under software rendering Blender reads its own window as black; ImageMagick reads the X screen.
            subprocess.run([grabber, "-window", "root", str(path)], check=True, timeout=30)
        else:
            with bpy.context.temp_override(window=self.window):
                bpy.ops.screen.screenshot(filepath=str(path), check_existing=False)
        self.seen["screenshots"].append(path.name)


def press(*arguments: str) -> None:
    """Let xdotool use the keyboard; it must not wait for Blender, which waits here."""
    subprocess.Popen(["xdotool", *arguments])


def hide_other_tabs() -> None:
    """Take the sidebar's other panels away, so that one tab is left."""
    for name in dir(bpy.types):
        panel = getattr(bpy.types, name)
        if (
            getattr(panel, "bl_space_type", "") == "VIEW_3D"
            and getattr(panel, "bl_region_type", "") == "UI"
            and "inpose" not in getattr(panel, "bl_category", "InPose").lower()
        ):
            try:
                bpy.utils.unregister_class(panel)
            except (RuntimeError, ValueError):
                continue


def arguments_given() -> list[str]:
    """Return what stands behind ``--`` on the command line."""
    return sys.argv[sys.argv.index("--") + 1 :]


def arrange_panels(opened: str, hidden: Sequence[str]) -> None:
    """Open a panel and take others away, so that pictures show all of it.

    Call it before the sidebar is drawn for the first time: Blender remembers which panels are open.
    """
    for name in hidden:
        if (panel := getattr(bpy.types, name, None)) is not None:
            bpy.utils.unregister_class(panel)
    shown = getattr(bpy.types, opened)
    bpy.utils.unregister_class(shown)
    shown.bl_options = set()
    bpy.utils.register_class(shown)


def main(session_class: Callable[[str, Path, Path], Session] = Session, given: Sequence[str] | None = None) -> None:
    """Play the script of a session on a timer, then leave Blender.

    Args:
        session_class: makes the session of the add-on's module, the folder of the pictures and the recording.
        given: FOLDER [RECORDING]; None for those of the command line.
    """
    arguments = arguments_given() if given is None else given
    folder = Path(arguments[0]).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    module = next(
        addon.module for addon in bpy.context.preferences.addons if addon.module.rpartition(".")[2] == "inpose"
    )
    package = Path(importlib.import_module(module).__file__).parent
    recording = Path(arguments[1]).resolve() if len(arguments) > 1 else next((package / "examples").glob("*.csv"))
    bpy.context.preferences.view.show_splash = False
    session = session_class(module, folder, recording)
    steps = session.script()

    def tick() -> float:
        try:
            return next(steps)
        except StopIteration:
            session.seen["ok"] = True
        except Exception:  # Blender would swallow it and stay open for ever
            session.seen |= {"ok": False, "error": traceback.format_exc()}
        (folder / "report.json").write_text(json.dumps(session.seen, indent=1), encoding="utf-8")
        importlib.import_module(f"{module}.inpose_blender.runtime.worker_job").stop_warm_process()
        sys.stderr.flush()
        os._exit(0 if session.seen["ok"] else 1)  # a window that closes by itself may ask whether to save

    bpy.app.timers.register(tick, first_interval=4.0, persistent=True)


if __name__ == "__main__":
    main()
