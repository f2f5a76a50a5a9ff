# SPDX-License-Identifier: GPL-3.0-or-later
"""Check which stretches of a motion are named as not to be trusted."""

from __future__ import annotations

import bpy
import numpy as np
import pytest
from rigs import build_rig

from inpose_blender.bake.confidence import confidence_notes, mean_confidence, unsure_ranges, unsure_scene_frames
from inpose_blender.bake.settings import BakeResult
from inpose_blender.core import JOINT_COUNT, Motion, Skeleton


def trust(frames: int, *unsure: tuple[int, int]) -> np.ndarray:
    confidence = np.full(frames, 0.9)
    for first, last in unsure:
        confidence[first : last + 1] = 0.1
    return confidence


def motion(confidence: np.ndarray | None, frames: int = 600) -> Motion:
    wxyz = np.tile((1.0, 0.0, 0.0, 0.0), (frames, JOINT_COUNT, 1))
    return Motion(wxyz, np.zeros((frames, 3)), Skeleton.template(), 60.0, confidence=confidence)


def baked(first_frame: int, last_frame: int, scene_fps: float) -> BakeResult:
    return BakeResult("take", first_frame, last_frame, "", frames_per_s=scene_fps)


@pytest.mark.parametrize(
    ("unsure", "ranges"),
    [
        ([], []),
        ([(0, 599)], [(0, 599)]),
        ([(0, 0)], []),  # nobody sees one frame
        ([(10, 20), (30, 40)], [(10, 40)]),  # a moment of trust between them is none
        ([(10, 20), (60, 70)], [(10, 20), (60, 70)]),
        ([(10, 12), (100, 150), (200, 203), (300, 400), (590, 599)], [(100, 150), (300, 400), (590, 599)]),
    ],
)
def test_the_longest_unsure_stretches_in_the_order_of_time(unsure, ranges):
    assert unsure_ranges(trust(600, *unsure), 60.0) == ranges


def test_what_is_on_the_limit_or_unknown_is_not_unsure():
    assert unsure_ranges(np.array([0.4, np.nan, 0.6]), 60.0) == []


def test_notes_name_frames_of_the_scene():
    notes = confidence_notes(motion(trust(600, (60, 120), (300, 359))), baked(11, 310, 30.0))
    assert notes == (
        "Confidence 0.7",
        "Frames 41 to 71: legs probably off by about 25 cm",
        "Frames 161 to 191: legs probably off by about 25 cm",
    )


def test_no_frame_after_the_last_key_is_to_be_checked():
    """At 24 fps, the last pose at 60 fps is nearer to frame 241, but the last key is in frame 240."""
    moving, result = motion(trust(600, (500, 599))), baked(1, 240, 24.0)
    assert unsure_scene_frames(moving, result) == [(201, 240)]
    assert confidence_notes(moving, result)[1].startswith("Frames 201 to 240:")


def test_a_sure_motion_has_one_note_and_an_old_one_none():
    assert confidence_notes(motion(trust(600)), baked(1, 240, 24.0)) == ("Confidence 0.9",)
    assert confidence_notes(motion(None), baked(1, 240, 24.0)) == ()
    assert mean_confidence(motion(None)) is None


def test_the_panel_tells_it_after_a_solve_and_after_each_bake(registered, rng, take, fake_worker):
    build_rig(rng, arm_angle_deg=45.0)
    bpy.context.scene.inpose.recording = str(take)
    bpy.ops.inpose.solve_full_body()
    status = bpy.context.window_manager.inpose_status
    assert status.notes.splitlines()[:2] == ["Confidence 0.7", "Frames 9 to 17: legs probably off by about 25 cm"]
    bpy.context.scene.frame_start = 101
    bpy.ops.inpose.bake_take()
    assert status.notes.splitlines()[:3] == [
        "Confidence 0.7",
        "Frames 109 to 117: legs probably off by about 25 cm",
        "Fake.",
    ]
