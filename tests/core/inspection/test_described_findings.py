"""Test that a finding is told as a note too, and travels as JSON."""

import json

import numpy as np

from inpose_core.inspection.describe import describe_recording
from inpose_core.recording.findings import Finding
from inpose_core.recording.types import Recording


def _recording() -> Recording:
    frames = 120
    positions_m = np.tile(((0, 1.6, 0), (0.3, 1.0, 0.2), (-0.3, 1.0, 0.2)), (frames, 1, 1))
    rotations_wxyz = np.tile((1.0, 0, 0, 0), (frames, 3, 1))
    measured = np.ones((frames, 3), dtype=np.bool_)
    return Recording(np.arange(frames) / 60, positions_m, rotations_wxyz, measured, "test", notes=("A note.",))


def test_a_finding_is_a_note_too() -> None:
    finding = Finding("frozen", "The left hand froze.", "left_to_solver", 1, 0.5, 1.0)
    recording = _recording().with_findings(finding)
    assert recording.findings == (finding,)
    assert recording.notes == ("A note.", "The left hand froze.")


def test_info_holds_findings_as_plain_values() -> None:
    recording = _recording().with_findings(Finding("clock", "The clock jumped.", "repaired", None, 1 / 3))
    document = json.loads(json.dumps(describe_recording(recording).to_dict()))
    assert document["findings"] == [
        {
            "kind": "clock",
            "sentence": "The clock jumped.",
            "action": "repaired",
            "device": None,
            "start_s": 0.333,
            "stop_s": None,
        }
    ]
