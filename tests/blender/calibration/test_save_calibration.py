# SPDX-License-Identifier: GPL-3.0-or-later
"""Save the calibration that the panel shows, and use it for another take."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import bpy
import pytest

from inpose_blender.recording import facts
from inpose_blender.recording.example import EXAMPLE
from inpose_core.calibration import CalibrationSettings, measure_performer
from inpose_core.calibration.storage import load_calibration
from inpose_core.inspection.describe import describe_recording
from inpose_core.recording import load_recording


@pytest.fixture
def read(registered, monkeypatch) -> None:
    """Describe recordings in this process, as the worker does."""

    def read_now(question):
        recording = load_recording(question.recording, question.reading)
        described = describe_recording(recording, question.calibration).to_dict()
        return SimpleNamespace(info=json.loads(json.dumps(described)))

    monkeypatch.setattr(facts, "read_now", read_now)


def test_what_is_saved_is_what_inpose_calibrate_writes_and_other_takes_can_use_it(read, tmp_path: Path):
    scene = bpy.context.scene
    scene.inpose.recording = str(EXAMPLE)
    assert bpy.ops.inpose.save_calibration(filepath=str(tmp_path / "anna")) == {"FINISHED"}
    saved = load_calibration(tmp_path / "anna.json")
    assert saved.source == "t_pose"
    measured = measure_performer(load_recording(EXAMPLE), None, CalibrationSettings()).performer
    assert saved.stature_m == pytest.approx(measured.stature_m, abs=1e-3)
    assert saved.wrists[0].position_m == pytest.approx(measured.wrists[0].position_m, abs=1e-5)
    scene.inpose.calibration_file = str(tmp_path / "anna.json")
    assert bpy.ops.inpose.save_calibration(filepath=str(tmp_path / "again.json")) == {"FINISHED"}
    assert load_calibration(tmp_path / "again.json").stature_m == saved.stature_m


def test_joints_have_no_calibration_and_nothing_is_written(read, tmp_path: Path):
    scene = bpy.context.scene
    assert not bpy.ops.inpose.save_calibration.poll()
    scene.inpose.recording = str(EXAMPLE)
    scene.inpose.pose = "joint"
    with pytest.raises(RuntimeError, match="joints themselves"):
        bpy.ops.inpose.save_calibration(filepath=str(tmp_path / "anna.json"))
    assert list(tmp_path.glob("anna*")) == []
