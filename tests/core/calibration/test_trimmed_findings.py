# SPDX-License-Identifier: Apache-2.0
import numpy as np

from inpose_core.calibration.trim import findings_inside, notes_inside
from inpose_core.recording.findings import Finding
from inpose_core.recording.types import Recording


def test_who_is_cut_away_is_told_why_but_not_what_else_was_wrong_there() -> None:
    frames = 600
    recording = Recording(
        np.arange(frames) / 60,
        np.zeros((frames, 3, 3)),
        np.tile((1.0, 0, 0, 0), (frames, 3, 1)),
        np.ones((frames, 3), np.bool_),
        "test",
        trim_s=(4.0, 10.0),
    )
    desk = Finding("not_worn", "The headset lies still.", "repaired", None, 0.0, 4.0)
    before = Finding("frozen", "The left hand froze.", "left_to_solver", 1, 1.0, 2.0)
    inside = Finding("frozen", "The right hand froze.", "left_to_solver", 2, 5.0, 6.0)
    found = (desk, before, inside)
    assert findings_inside(found, recording) == (desk, inside)
    notes = ("Other.", *(finding.sentence for finding in found))
    assert notes_inside(notes, found, recording) == ("Other.", desk.sentence, inside.sentence)
