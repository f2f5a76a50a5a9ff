# SPDX-License-Identifier: GPL-3.0-or-later
"""Drive a real window: install the zip into a clean profile, then solve, cancel, undo, search, save, reload.

Two to three minutes for each Blender: `make test-gui`.
"""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPOSITORY / "tests"))

from real_blender import RealBlender, real_blenders  # noqa: E402
from web_packages import CHROMIUM, read_qr_code, worn_headset  # noqa: E402

BLENDERS = real_blenders()
FAMILIES = ("rigify", "mixamo", "vrm", "mmd", "unreal")
"""Those of `characters.py`, which needs Blender."""

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not BLENDERS, reason="no real Blender is installed: set INPOSE_BLENDER to its command"),
    pytest.mark.skipif(not importlib.util.find_spec("bpy"), reason="the bpy wheel has the extension builder"),
]


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("blender", BLENDERS, ids=lambda blender: blender.version)
def test_the_way_through_the_window(blender: RealBlender, tmp_path: Path) -> None:
    report = driven(blender, "drive.py", tmp_path)
    assert {
        "cancelled solve leaves no action",
        "undo takes the bake back in one step",
        "two clicks lead to a shot",
    } <= set(report["checks"])


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("blender", BLENDERS, ids=lambda blender: blender.version)
def test_a_recording_is_looked_at_and_trimmed_in_the_window(blender: RealBlender, tmp_path: Path) -> None:
    report = driven(blender, "drive_viewing.py", tmp_path)
    assert {"showing adds nothing to the scene", "the trimmed solve has baked", "the shot stays"} <= set(
        report["checks"]
    )


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("blender", BLENDERS, ids=lambda blender: blender.version)
def test_the_columns_of_a_table_are_assigned_in_the_window(blender: RealBlender, tmp_path: Path) -> None:
    report = driven(blender, "drive_columns.py", tmp_path)
    if "skipped" in report:
        pytest.skip(report["skipped"])
    assert {
        "Esc writes nothing",
        "the table is untouched",
        "the tracker is in the mapping",
        "the assigned table is solved",
    } <= set(report["checks"])


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("blender", BLENDERS, ids=lambda blender: blender.version)
def test_a_wrong_lunge_is_right_after_two_pins_in_the_window(blender: RealBlender, tmp_path: Path) -> None:
    report = driven(blender, "drive_pins.py", tmp_path)
    assert {
        "the pinned motion is baked",
        "pins are saved",
        "the posed bone is pinned",
        "the edited key stays",
        "one undo takes the solve back",
    } <= set(report["checks"])


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("blender", BLENDERS, ids=lambda blender: blender.version)
def test_feet_and_hands_touch_objects_in_the_window(blender: RealBlender, tmp_path: Path) -> None:
    report = driven(blender, "drive_contacts.py", tmp_path)
    assert {"the foot is on the platform", "undo takes the drag back", "the character sits"} <= set(report["checks"])


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("blender", BLENDERS, ids=lambda blender: blender.version)
def test_a_gesture_is_laid_over_a_walk_cycle_in_the_window(blender: RealBlender, tmp_path: Path) -> None:
    report = driven(blender, "drive_layers.py", tmp_path)
    assert {"the tweak layer is on top", "redo brings it back", "the object moves", "tracks are saved"} <= set(
        report["checks"]
    )


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("blender", BLENDERS, ids=lambda blender: blender.version)
def test_buttons_close_the_hands_in_the_window(blender: RealBlender, tmp_path: Path) -> None:
    report = driven(blender, "drive_fingers.py", tmp_path)
    assert {"the hands close", "relaxed hands stay relaxed"} <= set(report["checks"])


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("blender", BLENDERS, ids=lambda blender: blender.version)
def test_a_rig_is_exported_in_the_window(blender: RealBlender, tmp_path: Path) -> None:
    report = driven(blender, "drive_export.py", tmp_path)
    assert {"the scene stays as it was", ".glb plays as the scene does", ".fbx plays as the scene does"} <= set(
        report["checks"]
    )


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("blender", BLENDERS, ids=lambda blender: blender.version)
def test_fk_and_ik_are_baked_and_snapped_in_the_window(blender: RealBlender, tmp_path: Path) -> None:
    report = driven(blender, "drive_controls.py", tmp_path)
    assert {
        "k: undo takes the snap back in one step",
        "mmd: undo takes the snap back in one step",
        "hand_made: undo takes the snap back in one step",
    } <= set(report["checks"])


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("blender", BLENDERS, ids=lambda blender: blender.version)
def test_a_headset_records_into_the_window(blender: RealBlender, tmp_path: Path) -> None:
    report = driven(blender, "drive_headset.py", tmp_path)
    assert {"the take is the chosen recording", "the end stops the server"} <= set(report["checks"])
    for name in ("h5_code_dark.png", "h5_code_light.png"):
        assert read_qr_code(pictures_of(blender, tmp_path) / name) == report["url"]


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("blender", BLENDERS, ids=lambda blender: blender.version)
@pytest.mark.parametrize("family", FAMILIES)
def test_a_skinned_character_is_cleaned_up_in_the_window(family: str, blender: RealBlender, tmp_path: Path) -> None:
    report = driven(blender, "drive_cleanup.py", tmp_path, family)
    if "skipped" in report:
        pytest.skip(report["skipped"])
    assert {"u5_field: undo takes it back in one step", "mirrored back", "the edits are saved"} <= set(report["checks"])


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("blender", BLENDERS, ids=lambda blender: blender.version)
def test_a_character_follows_a_sender_in_the_window(blender: RealBlender, tmp_path: Path) -> None:
    report = driven(blender, "drive_live.py", tmp_path)
    assert {
        "the character moves",
        "the end gives the pose back exactly",
        "nothing is keyed while live",
        "the take is baked",
        "the row is baked",
        "each rendered picture shows another pose",
    } <= set(report["checks"])


@pytest.mark.timeout(1800)
@pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium")
@pytest.mark.parametrize("blender", BLENDERS, ids=lambda blender: blender.version)
def test_a_character_follows_the_page_of_a_headset_in_the_window(blender: RealBlender, tmp_path: Path) -> None:
    folder = pictures_of(blender, tmp_path)
    folder.mkdir(parents=True, exist_ok=True)
    with worn_headset(folder):
        report = driven(blender, "drive_live_page.py", tmp_path)
    assert {
        "the trigger starts a take",
        "the take is complete",
        "the end gives the pose back exactly",
        "each rendered picture shows another pose",
    } <= set(report["checks"])
    assert read_qr_code(folder / "c1_code.png") == report["url"]


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("blender", BLENDERS, ids=lambda blender: blender.version)
def test_two_performers_stay_together_in_the_window(blender: RealBlender, tmp_path: Path) -> None:
    report = driven(blender, "drive_pair.py", tmp_path)
    assert {"both follow", "undo takes both rows back in one step"} <= set(report["checks"])


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("blender", BLENDERS, ids=lambda blender: blender.version)
def test_a_session_of_three_takes_is_solved_baked_and_rendered_in_the_window(
    blender: RealBlender, tmp_path: Path
) -> None:
    report = driven(blender, "drive_takes.py", tmp_path)
    assert {
        "three takes are queued",
        "undo takes the row back in one step",
        "the pinned take keeps its place in the row",
        "each rendered picture shows another pose",
    } <= set(report["checks"])


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("blender", BLENDERS, ids=lambda blender: blender.version)
@pytest.mark.parametrize("family", FAMILIES)
def test_a_shot_is_edited_and_exported_in_the_window(family: str, blender: RealBlender, tmp_path: Path) -> None:
    report = driven(blender, "drive_shot.py", tmp_path, family)
    if "skipped" in report:
        pytest.skip(report["skipped"])
    assert {
        "the character stands on the floor in all frames",
        "the scene stays as it was",
        "undo takes back: root motion: object",
        "redo brings it all back",
        "unreal.fbx plays as the shot does",
    } <= set(report["checks"])


def pictures_of(blender: RealBlender, folder: Path, *given: str) -> Path:
    """Return the folder of the pictures of a script."""
    return Path(os.environ.get("INPOSE_SCREENSHOTS", folder / "pictures")).joinpath(blender.version, *given)


def driven(blender: RealBlender, script: str, folder: Path, *given: str) -> dict[str, Any]:
    """Install the add-on into a clean profile, play a script in a window, and return its report.

    The pictures are in a folder of their own for each of what is ``given`` to the script.
    """
    build = [sys.executable, str(REPOSITORY / "release" / "build_extension.py"), "--out", str(folder)]
    subprocess.run(build, check=True, timeout=300)
    (zipped,) = folder.glob("inpose-*.zip")
    profile = folder / "profile"
    profile.mkdir()
    install = blender.command(
        "--command", "extension", "install-file", "-r", "user_default", "--enable", str(zipped), profile=profile
    )
    subprocess.run(install, check=True, timeout=300)
    pictures = pictures_of(blender, folder, *given)
    pictures.mkdir(parents=True, exist_ok=True)
    drive = blender.window_command(
        *("--python", str(REPOSITORY / "tests" / "gui" / script), "--", str(pictures), *given),
        profile=profile,
        environment={},
    )
    done = subprocess.run(drive, capture_output=True, text=True, timeout=1500, check=False)
    report: dict[str, Any] = json.loads((pictures / "report.json").read_text(encoding="utf-8"))
    assert report["ok"], report.get("error", done.stderr)
    assert done.returncode == 0
    assert report["screenshots"]
    assert all((pictures / name).stat().st_size > 20_000 for name in report["screenshots"])
    return report
