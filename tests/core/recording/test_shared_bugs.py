# SPDX-License-Identifier: Apache-2.0
"""Read the reported files that were read wrongly; they lie beside the repository, and tests skip without them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from inpose_core.recording import Recording, load_recording
from tests.shared_files import shared_or_skip


def axes(recording: Recording) -> str:
    return next(guess.value for guess in recording.guesses if guess.name == "axes")


def kinds(recording: Recording) -> set[str]:
    return {finding.kind for finding in recording.findings}


CASES: dict[str, Callable[[Recording], bool]] = {
    "11_unity_read_as_openxr/take.csv": lambda r: axes(r) == "RUF",
    "13_hands_relative_to_head/take.csv": lambda r: "hands_in_head_frame" in kinds(r) and axes(r) == "RUF",
    "14_lost_hands_parked_far_below/take.csv": lambda r: r.unit == "m",
    "15_bvh_with_z_up/take.bvh": lambda r: "axes" in kinds(r) and 1.3 < float(np.median(r.positions_m[:, 0, 1])) < 1.8,
    "18_two_sessions_in_one_file/head.csv": lambda r: "several_takes" in kinds(r) and 16 < r.duration_s < 18,
    "18_two_sessions_in_one_file/nohead.csv": lambda r: "several_takes" in kinds(r) and 16 < r.duration_s < 18,
    "19_loggers_not_read/mistyped_posY.csv": lambda r: axes(r) == "RUF" and bool(r.measured.all()),
    "19_loggers_not_read/openvr_poll.jsonl": lambda r: r.pose == "raw",
    "19_loggers_not_read/vectors_in_cells.tsv": lambda r: axes(r) == "RUF" and bool(r.measured.all()),
    "23_scene_recording_forgets_its_pose/take.csv": lambda r: r.pose == "joint" and "hand_poses" in kinds(r),
}


@pytest.mark.parametrize("name", CASES)
def test_what_was_read_wrongly_is_read_rightly(name: str) -> None:
    assert CASES[name](load_recording(shared_or_skip(f"bugs/{name}")))
