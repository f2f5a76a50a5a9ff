# SPDX-License-Identifier: GPL-3.0-or-later
"""Use the panel in a Blender with a window, as an animator would, and keep screenshots.

    INPOSE_PYTHON=.venv/bin/python blender --python docs/make_panel_image.py -- RECORDING FOLDER [RIG.fbx|RIG.glb]

The rig is imported, the recording chosen, "Solve full body" invoked; pictures are taken while it solves and when it is
done. Then the bake is undone and the script says whether the rig is as before. Exit code 0 if all went as it should.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import bpy

ROOT = Path(__file__).resolve().parent.parent
TIMEOUT_S = 240.0
TICK_S = 0.25

sys.path.insert(0, str(ROOT))

import inpose_blender  # noqa: E402 (the path comes first)
from inpose_blender.core import Skeleton  # noqa: E402
from inpose_blender.stick_figure import add_stick_figure  # noqa: E402


def script(recording: Path, folder: Path, rig: Path | None) -> Iterator[float]:
    """Yield the seconds to wait between one step of the user and the next."""
    window = bpy.context.window_manager.windows[0]
    area = next(area for area in window.screen.areas if area.type == "VIEW_3D")
    region = next(region for region in area.regions if region.type == "WINDOW")
    in_view = {"window": window, "area": area, "region": region}
    status = bpy.context.window_manager.inpose_status
    with bpy.context.temp_override(**in_view):
        armature = add_rig(rig)
        bpy.ops.view3d.view_axis(type="FRONT")
        bpy.ops.view3d.view_orbit(angle=0.5, type="ORBITRIGHT")
        bpy.ops.view3d.view_all(center=False)
    area.spaces.active.show_region_ui = True
    bpy.context.scene.inpose.recording = str(recording)
    yield 2.0
    next(region for region in area.regions if region.type == "UI").active_panel_category = "InPose"
    yield 2.0
    picture(window, folder / "panel_before.png")
    with bpy.context.temp_override(**in_view):
        bpy.ops.ed.undo_push(message="Before solving")
        bpy.ops.inpose.solve_full_body("INVOKE_DEFAULT")
    pictured = False
    waited_s = 0.0
    while status.running:
        yield TICK_S
        waited_s += TICK_S
        if status.fraction > 0.2 and not pictured:
            picture(window, folder / "panel_solving.png")
            pictured = True
        if waited_s > TIMEOUT_S:
            raise RuntimeError("The solve did not end in time.")
    if status.failed:
        raise RuntimeError(f"The solve failed: {status.result} {status.notes}")
    action = armature.animation_data.action
    first, last = (int(frame) for frame in action.frame_range)
    bpy.context.scene.frame_end = last
    for share in (0.05, 0.3, 0.62, 0.82):
        bpy.context.scene.frame_set(round(first + share * (last - first)))
        with bpy.context.temp_override(**in_view):
            bpy.ops.view3d.view_all(center=False)
        yield 2.0
        picture(window, folder / f"panel_done_{round(100 * share)}.png")
    name = armature.name
    with bpy.context.temp_override(**in_view):
        bpy.ops.ed.undo()
    yield 1.0
    animation = bpy.data.objects[name].animation_data
    if animation is not None and animation.action is not None and animation.action.name == recording.stem:
        raise RuntimeError("One undo did not take the bake back.")


def add_rig(rig: Path | None) -> bpy.types.Object:
    """Empty the scene and add the rig; the armature is active afterwards."""
    for thing in list(bpy.data.objects):
        bpy.data.objects.remove(thing)
    if rig is None:
        armature = add_stick_figure(bpy.context.scene, Skeleton.template())
    else:
        if rig.suffix.lower() == ".fbx":
            bpy.ops.import_scene.fbx(filepath=str(rig))
        else:
            bpy.ops.import_scene.gltf(filepath=str(rig))
        armature = next(thing for thing in bpy.data.objects if thing.type == "ARMATURE")
    bpy.context.view_layer.objects.active = armature
    armature.select_set(True)
    return armature


def picture(window: bpy.types.Window, path: Path) -> None:
    """Save what the window shows."""
    if grabber := shutil.which("import"):
        # Under software rendering Blender reads its own window as black; ImageMagick reads the X screen.
        subprocess.run([grabber, "-window", "root", str(path)], check=True, timeout=30)
        return
    with bpy.context.temp_override(window=window):
        bpy.ops.screen.screenshot(filepath=str(path), check_existing=False)


def main() -> None:
    """Play the script on a timer, then leave Blender."""
    recording, folder, *rigs = (Path(argument).resolve() for argument in sys.argv[sys.argv.index("--") + 1 :])
    folder.mkdir(parents=True, exist_ok=True)
    bpy.context.preferences.view.show_splash = False
    inpose_blender.register()
    steps = script(recording, folder, rigs[0] if rigs else None)

    def tick() -> float:
        try:
            return next(steps)
        except StopIteration:
            code = 0
        except Exception as error:  # Blender would swallow it and stay open for ever
            sys.stderr.write(f"panel script: {error}\n")
            code = 1
        inpose_blender.unregister()
        sys.stderr.flush()
        os._exit(code)  # a window that closes by itself may ask whether to save

    bpy.app.timers.register(tick, first_interval=4.0)


main()
