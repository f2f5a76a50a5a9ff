# SPDX-License-Identifier: GPL-3.0-or-later
"""Run whole command lines: one recording, many, and those that fail."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import bpy
import pytest
from character.skinned import add_body
from rigs import build_rig, needs_bpy_wheel

from inpose_blender.batch import SOME_FAILED, WRONG_USE, main
from inpose_blender.bpy_compat import action_curves, all_curves
from inpose_blender.core import read_gltf_clips
from inpose_blender.without_window.outputs import one_spelling

REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.fixture
def run(fake_worker, capfd):
    def run_line(*arguments: object) -> tuple[int, list[dict]]:
        code = main([str(argument) for argument in arguments])
        lines = [line for line in capfd.readouterr().out.splitlines() if line.startswith("{")]
        return code, [json.loads(line) for line in lines]

    return run_line


@pytest.fixture
def rig_file(rng, tmp_path):
    build_rig(rng, arm_angle_deg=45.0)
    path = tmp_path / "rig.blend"
    bpy.ops.wm.save_as_mainfile(filepath=str(path))
    bpy.ops.wm.read_homefile(use_empty=True)
    return path


def test_a_stick_figure_without_any_rig(run, take, tmp_path):
    output = tmp_path / "out" / "take.blend"
    code, (report,) = run("--recording", take, "--output", output, "--scene-fps", "30")
    assert code == 0
    assert report["frames"] == 31
    # The fake solver's pelvis is lower than the figure's.
    assert [found["kind"] for found in report["character_problems"]] == ["below_floor"]
    assert [path.name for path in output.parent.iterdir()] == ["take.blend"]
    bpy.ops.wm.open_mainfile(filepath=str(output))
    figure = bpy.data.objects["Figure"]
    assert len(action_curves(figure.animation_data.action, figure)) == 22 * 4 + 3
    assert (bpy.context.scene.frame_end, bpy.context.scene.render.fps) == (31, 30)
    bpy.context.scene.frame_set(31)
    pelvis = figure.matrix_world @ figure.pose.bones["pelvis"].matrix.translation
    assert tuple(pelvis) == pytest.approx((0, -1, 0.9), abs=1e-5)  # forward in the core is -Y here


def test_a_ruined_character_is_reported(run, rng, take, tmp_path):
    rig = build_rig(rng, extra_bones=True)
    add_body(rig, weights_on={"pelvis": "root of all"})
    blend = tmp_path / "rig.blend"
    bpy.ops.wm.save_as_mainfile(filepath=str(blend))
    _, (report,) = run("--blend", blend, "--recording", take, "--output", tmp_path / "take.blend")
    assert report["character"] == "check the character"
    (found,) = (found for found in report["character_problems"] if found["kind"] == "left_behind")
    assert found["bone"] == "root of all"
    assert found["sentence"].startswith("The bone root of all has skin")
    assert "its parent" in found["hint"]


def test_a_folder_of_recordings_on_a_rig_file(run, take, tmp_path, rig_file):
    takes = tmp_path / "takes"
    takes.mkdir()
    for name in ("a.bsor", "b.csv"):
        (takes / name).write_bytes(b"data")
    (takes / "empty.bsor").write_bytes(b"")
    output = tmp_path / "baked"
    line = ("--blend", rig_file, "--recording", takes, "--output", output)
    code, reports = run(*line)
    assert code == SOME_FAILED
    assert [report["ok"] for report in reports] == [True, True, False]
    assert (reports[2]["kind"], reports[2]["error"]) == ("RecordingError", "The file is empty.")
    assert sorted(path.name for path in output.iterdir()) == ["a.blend", "b.blend"]
    bpy.ops.wm.open_mainfile(filepath=str(output / "b.blend"))
    assert [action.name for action in bpy.data.actions] == ["b"]
    code, reports = run(*line, "--skip-existing")
    assert [report.get("skipped", False) for report in reports] == [True, True, False]


def test_a_batch_bakes_as_the_panel_does(run, take, tmp_path):
    output = tmp_path / "take.blend"
    options = ["--first-frame", "7", "--key-rate", "solver", "--root-motion", "none", "--smoothing", "0.05"]
    code, (report,) = run(
        "--recording",
        take,
        "--output",
        output,
        *options,
        "--key-tolerance",
        "0.01",
        "--nla-track",
        "--no-set-frame-range",
    )
    assert (code, report["frames"]) == (0, 25)
    bpy.ops.wm.open_mainfile(filepath=str(output))
    animation = bpy.data.objects["Figure"].animation_data
    assert animation.action is None
    (strip,) = animation.nla_tracks["take one"].strips
    assert (strip.frame_start, strip.frame_end) == (7, 31)
    assert all(len(curve.keyframe_points) < 61 for curve in all_curves(strip.action))
    assert bpy.context.scene.frame_end == 250


@pytest.mark.parametrize(
    "line",
    [
        ["--recording", "{take}", "--output", "{tmp}/x.blend", "--hand-lock", "3"],
        [],
        ["--recording", "{take}"],
        ["--recording", "{take}", "--output", "x.fbx"],
        ["--recording", "{tmp}/none", "--recording", "{tmp}/b/none", "--output", "{tmp}"],
        ["--recording", "{take}", "--output", "{tmp}/x.blend", "--blend", "{tmp}/none.blend"],
        ["--recording", "{empty}", "--output", "{tmp}"],
        ["--recording", "{take}", "--output", "{tmp}/x.blend", "--export", "{tmp}/x.obj"],
        ["--recording", "{take}", "--output", "{tmp}/x.blend", "--export", ".obj"],
        ["--recording", "{take}", "--output", "{tmp}", "--export", "{tmp}/x.glb"],
        ["--recording", "{take}", "--output", "{tmp}/x.blend", "--export", ".glb", "--export-for", "quake"],
    ],
)
def test_wrong_use(run, take, tmp_path, line):
    (tmp_path / "empty").mkdir()
    code, reports = run(*[word.format(take=take, tmp=tmp_path, empty=tmp_path / "empty") for word in line])
    assert (code, reports) == (WRONG_USE, [])


def test_the_character_is_exported_too(run, take, tmp_path, rig_file):
    """Endings stand for files beside the output; each is complete and checked."""
    takes = tmp_path / "takes"
    takes.mkdir()
    for name in ("a.bsor", "b.csv"):
        (takes / name).write_bytes(b"data")
    output = tmp_path / "baked"
    line = ("--blend", rig_file, "--recording", takes, "--output", output, "--export", ".glb", "--export", ".fbx")
    line += ("--export", ".vrma", "--export", ".bvh", "--export-for", "unity", "--export-root-motion", "root")
    code, reports = run(*line)
    assert code == 0, reports
    endings = (".blend", ".bvh", ".fbx", ".glb", ".vrma")
    assert sorted(path.name for path in output.iterdir()) == [f"{name}{end}" for name in "ab" for end in endings]
    for name, report in zip("ab", reports, strict=True):
        glb, fbx, vrma, bvh = report["exports"]
        assert glb["file"] == str(output / f"{name}.glb")
        assert glb["clips"] == [{"name": name, "frames": report["frames"]}]
        assert glb["largest_error_mm"] < 0.05
        assert fbx["largest_error_mm"] < 2.0
        assert fbx["bones"] == glb["bones"] == 23
        assert vrma["largest_error_mm"] is bvh["largest_error_mm"] is None
    (clip,) = read_gltf_clips(output / "a.glb")
    assert (clip.name, len(clip.times_s)) == ("a", reports[0]["frames"])
    (output / "b.fbx").unlink()
    code, reports = run(*line, "--skip-existing")
    assert [report.get("skipped", False) for report in reports] == [True, False]
    assert (output / "b.fbx").exists()


def test_an_export_to_a_named_file(run, take, tmp_path, rig_file):
    target = tmp_path / "game" / "hero.fbx"
    line = ("--blend", rig_file, "--recording", take, "--output", tmp_path / "x.blend", "--export", target)
    code, (report,) = run(*line, "--no-export-meshes")
    assert code == 0
    assert [export["file"] for export in report["exports"]] == [str(target)]
    assert target.exists()


def test_a_missing_recording_fails(run, tmp_path):
    code, (report,) = run("--recording", tmp_path / "none.bsor", "--output", tmp_path / "x.blend")
    assert code == SOME_FAILED
    assert report["kind"] == "RecordingError"
    assert not (tmp_path / "x.blend").exists()


def test_which_armature_must_be_clear(run, rng, take, tmp_path):
    build_rig(rng)
    build_rig(rng)
    line = ("--recording", take, "--output", tmp_path / "x.blend")
    code, (report,) = run(*line)
    assert code == SOME_FAILED
    assert "Rig, Rig.001" in report["error"]
    code, (report,) = run(*line, "--armature", "Rig.001")
    assert (code, report["armature"]) == (0, "Rig.001")


@needs_bpy_wheel
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device of Linux")
@pytest.mark.parametrize("where", ["full", "closed"])
def test_reports_that_nobody_can_read_stop_no_batch(take, tmp_path, where):
    python = tmp_path / "python"
    python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{Path(__file__).with_name("fake_worker.py")}"\n')
    python.chmod(0o755)
    (tmp_path / "takes").mkdir()
    for name in "ab":
        (tmp_path / "takes" / f"{name}.bsor").write_bytes(take.read_bytes())
    command = [sys.executable, str(REPOSITORY / "inpose_blender" / "headless.py"), "--interpreter", str(python)]
    command += ["--recording", str(tmp_path / "takes"), "--output", str(tmp_path / "out")]
    reading, writing = os.pipe()
    os.close(reading)
    with Path("/dev/full").open("wb") if where == "full" else os.fdopen(writing, "wb") as output:
        done = subprocess.run(command, stdout=output, stderr=subprocess.PIPE, text=True, timeout=120, check=False)
    said = [line for line in done.stderr.splitlines() if "inpose" in line or "Exception" in line or "Error" in line]
    assert len(said) == 1, done.stderr
    assert "reports cannot be written" in said[0]
    assert done.returncode == SOME_FAILED
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["a.blend", "b.blend"]


@needs_bpy_wheel
def test_the_script_itself(take, tmp_path):
    """Run headless.py as a user does; only the solver is not the real one. Blender's exporter registers classes, with
    which the 4.2 wheel cannot end by itself."""
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    packages = tmp_path / "fake"
    packages.mkdir()
    fake = Path(__file__).with_name("fake_worker.py")
    python = packages / "python"
    python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{fake}"\n')
    python.chmod(0o755)
    command = [sys.executable, str(REPOSITORY / "inpose_blender" / "headless.py"), "--interpreter", str(python)]
    command += ["--recording", str(take), "--export", str(tmp_path / "out.glb")]
    command += ["--output", str(tmp_path / "out.blend")]
    environment = {key: value for key, value in os.environ.items() if key != "FAKE_WORKER"}
    environment["TMPDIR"] = str(temporary)
    done = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert (tmp_path / "out.blend").exists()
    assert (tmp_path / "out.glb").exists()
    assert not list(temporary.iterdir())
    done = subprocess.run([*command[:-1], "x.fbx"], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == WRONG_USE
    assert "not a .blend file" in done.stderr


def test_spellings_of_one_file_are_one_where_the_system_ignores_case():
    one, other = Path("out/Take Ä.blend"), Path("out/take A\u0308.blend")
    assert one_spelling(one, ignores_case=True) == one_spelling(other, ignores_case=True)
    assert one_spelling(one, ignores_case=False) != one_spelling(other, ignores_case=False)


def test_one_file_for_many_recordings_is_refused_unless_they_are_a_row(take, tmp_path, capfd):
    output = tmp_path / "out.blend"
    for many in (("--recording", str(take.parent)), ("--recording", str(take), "--recording", str(take))):
        assert main([*many, "--output", str(output)]) == WRONG_USE
        assert "--row" in capfd.readouterr().err
        assert not output.exists()


def test_no_output_replaces_what_the_command_reads(take, tmp_path, rig_file, capfd):
    takes = tmp_path / "takes"
    takes.mkdir()
    for name in ("anna.bvh", "ben.bvh"):
        (takes / name).write_bytes(b"captured")
    (tmp_path / "link").symlink_to(takes)
    (takes / "rig.blend").write_bytes(rig_file.read_bytes())
    (takes / "rig.bsor").write_bytes(b"data")
    pins = tmp_path / "pins.bvh"
    pins.write_text("{}")
    anna, ben = takes / "anna.bvh", takes / "ben.bvh"
    before = {path: path.read_bytes() for path in (*takes.iterdir(), pins)}

    def refused(*arguments):
        assert main([str(argument) for argument in arguments]) == WRONG_USE
        assert {path: path.read_bytes() for path in (*takes.iterdir(), pins)} == before
        return capfd.readouterr().err

    captured = f"{anna} is a recording: it would be replaced"
    assert captured in refused("--recording", takes, "--output", takes, "--export", ".bvh")
    assert "is a recording" in refused("--recording", takes, "--output", tmp_path / "link", "--export", ".bvh")
    assert captured in refused("--recording", anna, "--output", tmp_path / "a.blend", "--export", anna)
    one_row = ("--recording", anna, "--recording", ben, "--output", takes / "ben.blend", "--row")
    assert f"{ben} is a recording" in refused(*one_row, "--export", ".bvh")
    told = refused("--recording", take, "--pins", pins, "--output", tmp_path / "a.blend", "--export", pins)
    assert f"{pins} is the pins file" in told
    several = ("--recording", takes / "rig.bsor", "--recording", anna, "--output", takes)
    assert "is the file with the rig" in refused("--blend", takes / "rig.blend", *several)
    bpy.ops.wm.open_mainfile(filepath=str(takes / "rig.blend"))
    assert "is the file with the rig" in refused(*several)
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / "take.csv").write_bytes(b"data")
    exports = ("--recording", tmp_path / "new", "--output", tmp_path / "new", "--export", ".bvh")
    assert "would be among the recordings" in refused(*exports)


def test_recordings_that_differ_only_in_their_endings_get_files_with_them(run, tmp_path):
    takes, output = tmp_path / "takes", tmp_path / "baked"
    takes.mkdir()
    for name in ("walk.bsor", "walk.csv", "run.csv"):
        (takes / name).write_bytes(b"data")
    code, _ = run("--recording", takes, "--output", output, "--export", ".vrma")
    assert code == 0
    assert sorted(path.name for path in output.iterdir()) == [
        *("run.blend", "run.vrma"),
        *("walk.bsor.blend", "walk.bsor.vrma", "walk.csv.blend", "walk.csv.vrma"),
    ]
    again = tmp_path / "again"
    again.mkdir()
    (again / "run.csv").write_bytes(b"data")
    code, _ = run("--recording", takes / "run.csv", "--recording", again / "run.csv", "--output", output)
    assert code == WRONG_USE


def test_a_row_of_recordings_goes_into_one_file(run, rig_file, take, tmp_path):
    takes = tmp_path / "takes"
    takes.mkdir()
    for number in (1, 2, 3):
        (takes / f"fight_{number:03}.bsor").write_bytes(b"data" if number != 2 else b"")
    output = tmp_path / "session.blend"
    code, reports = run("--blend", rig_file, "--recording", takes, take, "--output", output, "--row", "--row-gap", 4)
    assert code == WRONG_USE  # several recordings are several times --recording
    row = ("--blend", rig_file, "--recording", takes, "--recording", take, "--output", output, "--row")
    code, reports = run(*row, "--row-gap", 4)
    assert code == SOME_FAILED
    assert [report["ok"] for report in reports] == [True, False, True, True]
    assert reports[1]["error"] == "The file is empty."
    bpy.ops.wm.open_mainfile(filepath=str(output))
    (rig,) = (thing for thing in bpy.data.objects if thing.type == "ARMATURE")
    strips = [track.strips[0] for track in rig.animation_data.nla_tracks]
    assert [strip.action.name for strip in strips] == ["fight_001", "fight_003", "take one"]
    assert [strip.frame_start for strip in strips] == [report["first_frame"] for report in reports if report["ok"]]
    assert strips[1].frame_start == strips[0].frame_end + 5
    assert (bpy.context.scene.frame_start, bpy.context.scene.frame_end) == (1, strips[2].frame_end)
    code, _ = run(*row, "--layer", "replace")
    assert code == WRONG_USE


def test_a_row_of_recordings_with_long_names_is_exported(run, rig_file, tmp_path):
    takes = tmp_path / "takes"
    takes.mkdir()
    for number in (1, 2):  # ext4 and others allow 255 bytes
        (takes / f"{'撮影した武術の型、三人目の演者、' * 4}{number}.bsor").write_bytes(b"data")
    output = tmp_path / "session.blend"
    row = ("--blend", rig_file, "--recording", takes, "--output", output, "--row")
    code, reports = run(*row, "--export", ".glb", "--export", ".fbx")
    assert [report.get("error") for report in reports] == [None, None]
    assert code == 0
    for exported in reports[0]["exports"]:
        assert len({clip["name"] for clip in exported["clips"]}) == 2
    bpy.ops.wm.open_mainfile(filepath=str(output))
    (rig,) = (thing for thing in bpy.data.objects if thing.type == "ARMATURE")
    names = [strip.name for track in rig.animation_data.nla_tracks for strip in track.strips]
    assert [name[:3] for name in names] == ["撮影し"] * 2


def test_a_row_that_cannot_be_written_says_so_for_each_take(run, rig_file, take, tmp_path):
    (tmp_path / "file").write_text("no folder")
    code, (report,) = run("--blend", rig_file, "--recording", take, "--output", tmp_path / "file/a.blend", "--row")
    assert (code, report["ok"], report["kind"]) == (SOME_FAILED, False, "OutputError")
