# SPDX-License-Identifier: GPL-3.0-or-later
"""Register the add-on as Blender does, and use it as a script would."""

from __future__ import annotations

import importlib
import subprocess
import sys
from pathlib import Path

import bpy
import pytest
from rigs import build_rig, needs_bpy_wheel

from inpose_blender import addon
from inpose_blender.bpy_compat import action_curves
from inpose_blender.options import recording_suffixes
from inpose_blender.runtime.worker_job import stop_warm_process

REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.fixture
def ready_scene(registered, rng, take, fake_worker):
    rig = build_rig(rng, arm_angle_deg=45.0)
    bpy.context.scene.inpose.recording = str(take)
    return rig


def test_register_and_unregister_leave_nothing(fake_worker):
    before = set(dir(bpy.types))
    for _ in range(2):
        addon.register()
        assert hasattr(bpy.types, "INPOSE_OT_solve_full_body")
        assert hasattr(bpy.context.scene, "inpose")
        addon.unregister()
    assert {name for name in set(dir(bpy.types)) - before if "inpose" in name.lower()} == set()
    assert not hasattr(bpy.types.Scene, "inpose")


def run_beside_copies(script, folder, *repositories):
    """Run a script in a Blender of its own that sees installed copies of InPose, one in each repository."""
    for repository in repositories:
        package = folder / repository / "inpose"
        package.mkdir(parents=True)
        for name in ("__init__.py", "inpose_blender", "inpose_core"):
            (package / name).symlink_to(REPOSITORY / name)
    before = (
        "import sys, bpy\n"
        "sys.path = [folder for folder in sys.path if folder not in ('', sys.argv[2])]\n"
        "sys.path.insert(0, sys.argv[1])\n"
    )
    # The 4.2 wheel crashes at exit if a class with a poll function was ever registered.
    command = [sys.executable, "-c", f"{before}{script}import os; os._exit(0)\n", str(folder), str(REPOSITORY)]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr


@needs_bpy_wheel
def test_the_checkout_works_as_an_installed_extension(tmp_path, monkeypatch):
    """All imports are relative there: neither `inpose_core` nor `inpose_blender` is a top-level package."""
    script = (
        "from some_repository import inpose\n"
        "inpose.register()\n"
        "assert bpy.types.INPOSE_OT_solve_full_body\n"
        "assert {'torch', 'scipy', 'inpose_core', 'inpose_blender'}.isdisjoint(sys.modules)\n"
        "inpose.unregister()\n"
    )
    run_beside_copies(script, tmp_path, "some_repository")


@needs_bpy_wheel
def test_a_second_installed_copy_is_refused_and_leaves_the_first_alone(tmp_path):
    script = (
        "from one import inpose as first\n"
        "from two import inpose as second\n"
        "first.register()\n"
        "bpy.context.scene.inpose.stature = 1.7\n"
        "try:\n"
        "    second.register()\n"
        "except Exception as error:\n"
        "    assert 'Another copy of InPose is enabled: one.inpose.' in str(error), error\n"
        "else:\n"
        "    raise AssertionError('two copies are enabled')\n"
        "second.unregister()\n"
        "assert round(bpy.context.scene.inpose.stature, 3) == 1.7\n"
        "assert bpy.types.INPOSE_PT_main.__module__.startswith('one.')\n"
        "first.unregister()\n"
        "second.register()\n"
        "second.unregister()\n"
    )
    run_beside_copies(script, tmp_path, "one", "two")


@needs_bpy_wheel
def test_blenders_start_does_not_wait_for_the_core():
    """Enabling the add-on loads what draws its panels, and neither the bake nor the solver's side."""
    script = (
        "import sys, inpose_blender\n"
        "inpose_blender.register()\n"
        "loaded = {name for name in sys.modules if name.startswith(('inpose_core.', 'inpose_blender.'))}\n"
        "heavy = {'inpose_core.body.motion', 'inpose_core.body.skeleton', 'inpose_core.recording.types',\n"
        "         'inpose_blender.core', 'inpose_blender.bake.bake',\n"
        "         'inpose_blender.rig.find', 'inpose_blender.solve.job'}\n"
        "assert not loaded & heavy, loaded & heavy\n"
        "inpose_blender.unregister()\n"
        "import os; os._exit(0)\n"  # the 4.2 wheel crashes at exit if a class with a poll function was ever registered
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=REPOSITORY, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr


def test_solve_full_body(ready_scene):
    assert bpy.ops.inpose.solve_full_body() == {"FINISHED"}
    action = ready_scene.animation_data.action
    assert action.name == "take one"
    assert len(action_curves(action, ready_scene)) == 22 * 4 + 3
    status = bpy.context.window_manager.inpose_status
    assert status.result == "Baked take one, frames 1 to 25, mean hand error 0.4 cm"
    assert "Fake." in status.notes


def test_the_mesh_of_a_character_finds_its_armature(ready_scene):
    mesh = bpy.data.objects.new("Skin", bpy.data.meshes.new("Skin"))
    bpy.context.scene.collection.objects.link(mesh)
    mesh.modifiers.new("Armature", "ARMATURE").object = ready_scene
    mesh.parent = ready_scene
    bpy.context.view_layer.objects.active = mesh
    assert bpy.ops.inpose.solve_full_body() == {"FINISHED"}
    assert ready_scene.animation_data.action


def test_invoke_in_the_background_does_the_whole_job(ready_scene):
    assert bpy.ops.inpose.solve_full_body("INVOKE_DEFAULT") == {"FINISHED"}


@pytest.mark.parametrize("faults", ["die", "no_numpy", "nonsense"])
def test_a_failing_solver_changes_nothing(ready_scene, fake_worker, faults):
    fake_worker(faults)
    with pytest.raises(RuntimeError, match="Error: "):
        bpy.ops.inpose.solve_full_body()
    assert ready_scene.animation_data is None
    assert not bpy.data.actions
    assert bpy.context.window_manager.inpose_status.failed


def test_a_rig_without_arms_is_reported_before_solving(registered, rng, take, fake_worker):
    fake_worker("die")
    build_rig(rng, without=("left_elbow", "left_wrist"))
    bpy.context.scene.inpose.recording = str(take)
    with pytest.raises(RuntimeError, match="left elbow, left wrist"):
        bpy.ops.inpose.solve_full_body()
    stop_warm_process()


def test_poll_says_what_is_missing(registered, rng, take):
    assert not bpy.ops.inpose.solve_full_body.poll()
    bpy.context.scene.inpose.recording = str(take)
    assert not bpy.ops.inpose.solve_full_body.poll()
    build_rig(rng)
    assert bpy.ops.inpose.solve_full_body.poll()
    assert not bpy.ops.inpose.cancel.poll()


def test_menus_lead_to_the_operator(registered):
    for name in ("VIEW3D_MT_object_animation", "VIEW3D_MT_pose"):
        drawn = {function.__module__ for function in getattr(bpy.types, name)._dyn_ui_initialize()}
        assert "inpose_blender.menus" in drawn


def test_choose_recording(registered, take):
    assert bpy.ops.inpose.choose_recording(filepath=str(take)) == {"FINISHED"}
    assert bpy.context.scene.inpose.recording == str(take)


@needs_bpy_wheel
def test_core_is_torch_free():
    """Nothing that Blender's process imports may need torch or scipy."""
    core = importlib.import_module("inpose_blender.core")
    assert core.CORE_FOLDER == REPOSITORY
    script = "import sys, inpose_blender.addon; assert {'torch', 'scipy'}.isdisjoint(sys.modules)"
    subprocess.run([sys.executable, "-c", script], cwd=REPOSITORY, timeout=120, check=True)


def test_the_file_browser_shows_all_recordings_and_nothing_else(registered):
    pattern = bpy.ops.inpose.choose_recording.get_rna_type().properties["filter_glob"].default
    assert pattern == ";".join(f"*{suffix}" for suffix in recording_suffixes())
    assert pattern.replace("*", "") == bpy.types.INPOSE_FH_recording.bl_file_extensions
