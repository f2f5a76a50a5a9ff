# SPDX-License-Identifier: Apache-2.0
"""Test the recorder page: its modules with Node, and all of it in a real Chromium with an emulated headset."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from inpose_core import CalibrationSettings, Skeleton, calibrate, load_recording, solve
from inpose_core.recording.live.headset import HeadsetRecorder, PageSettings
from tests.web_packages import CHROMIUM, NODE, node, web_packages

PAGE = Path(__file__).resolve().parents[2] / "web"

pytestmark = pytest.mark.skipif(NODE is None, reason="needs Node.js")


def test_the_modules() -> None:
    said = node("--test", "--test-reporter=tap", str(PAGE / "tests"), folder=PAGE)
    assert "# fail 0" in said
    assert "# pass 0" not in said


@pytest.fixture(scope="module")
def packages() -> Path:
    return web_packages()


def acted(packages: Path, recorder: HeadsetRecorder, downloads: Path, *options: str) -> dict[str, Any]:
    """Record a take with the page, and return what its driver saw."""
    pictures = os.environ.get("INPOSE_SCREENSHOTS")
    more = ("--screenshots", pictures) if pictures else ()
    said = node("drive_recorder.js", recorder.urls[0], str(downloads), "5", *options, *more, folder=packages)
    seen: dict[str, Any] = json.loads(said)
    assert seen["errors"] == []
    end_s = time.monotonic() + 20
    while not (recorder.takes and recorder.takes[0].ended) and time.monotonic() < end_s:
        time.sleep(0.1)
    return seen


@pytest.mark.slow
@pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium")
def test_a_take_from_the_page_to_the_motion(packages: Path, tmp_path: Path) -> None:
    live = tmp_path / "live"
    live.mkdir()
    recorder = HeadsetRecorder(live, PageSettings(port=0))
    recorder.start()
    try:
        seen = acted(packages, recorder, tmp_path)
    finally:
        recorder.stop()
    assert seen["connection"] == "Take 1 is on the computer"
    assert len(seen["takes"]) == 1
    arrived, downloaded = recorder.takes[0].path, Path(seen["saved"])
    assert arrived.read_bytes() == downloaded.read_bytes(), "the headset and the computer have the same take"
    recording = load_recording(downloaded)
    assert (recording.format, recording.headset) == ("WebXR (InPose recorder)", "Quest 3")
    # The emulated hand waves along a circle of 58 cm about the shoulder; the grip is some centimetres from the device.
    heights_m = recording.positions_m[recording.measured[:, 2], 2, 1]
    truth_m = np.array(seen["truth"])[:, 2]
    assert abs(heights_m.max() - truth_m.max()) < 0.06
    body = Skeleton.template(1.75)
    calibrated = calibrate(recording, body, CalibrationSettings())
    assert any("T-pose" in note for note in calibrated.notes), "the page waited for it, so it is found"
    motion = solve(calibrated.sensors, body)
    assert np.isfinite(motion.rotations_wxyz).all()


@pytest.mark.slow
@pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium")
def test_hands_that_replace_controllers(packages: Path, tmp_path: Path) -> None:
    live = tmp_path / "live"
    live.mkdir()
    recorder = HeadsetRecorder(live, PageSettings(port=0))
    recorder.start()
    try:
        acted(packages, recorder, tmp_path, "--hands")
    finally:
        recorder.stop()
    text = recorder.takes[0].path.read_text(encoding="utf-8")
    assert text.count('"bare":true') == 2
    assert '"pose":"grip"' in text
    assert any(len(json.loads(line)) > 4 for line in text.splitlines() if line.startswith("[")), (
        "fingers are in the file"
    )
