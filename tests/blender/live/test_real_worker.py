# SPDX-License-Identifier: GPL-3.0-or-later
"""Follow a simulated VMC sender with the real worker, and kill it in the midst of a take."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import bpy
import numpy as np
import pytest

from inpose_blender.core import Skeleton
from inpose_blender.errors import WorkerError
from inpose_blender.live import operators, session
from inpose_blender.live.stage import Stage
from inpose_blender.rig.stick_figure import add_stick_figure
from inpose_core.recording import load_recording
from tests.core.live.streams import EXAMPLE
from tests.core.recording.live.test_vmc import Sender, datagrams, free_port


def tick(stage: Stage, until: Callable[[], object]) -> None:
    end_s = time.monotonic() + 120
    while not until():
        assert time.monotonic() < end_s, stage.follows
        stage.tick()
        time.sleep(1 / 60)


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_killed_solver_loses_nothing_of_a_take(registered: None, tmp_path: Path) -> None:
    armature: Any = add_stick_figure(bpy.context.scene, Skeleton.template(), "Character")
    bpy.context.view_layer.objects.active = armature
    bpy.context.window_manager.inpose_headset.folder = str(tmp_path)
    bpy.context.scene.inpose.pose = "grip"
    settings = bpy.context.scene.inpose_live
    settings.port, settings.countdown_s, settings.hold_s = free_port(), 0.5, 1.5
    before = [tuple(bone.rotation_quaternion) for bone in armature.pose.bones]
    person = load_recording(EXAMPLE)
    sender = Sender(settings.port, list(datagrams(person)) * 8, (len(person) - 1) / person.duration_s)
    sender.start()
    stage = operators.begin_stage(bpy.context)
    try:
        tick(stage, lambda: stage.follows[0].phase != "starting")
        sender.start_now.set()
        tick(stage, lambda: stage.performers[0].shown > 5)
        bpy.context.view_layer.update()
        assert 1.2 < armature.pose.bones["head"].head.z < 1.8
        stage.record()
        tick(stage, lambda: stage.takes and stage.takes[0].take.frames > 200)
        written = stage.takes[0].take.frames
        stage.performers[0].job._slot.process._process.kill()
        tick(stage, lambda: stage.done)
        assert isinstance(stage.error, WorkerError)
        assert [tuple(bone.rotation_quaternion) for bone in armature.pose.bones] == before
        file = stage.takes[0].take.file
        assert len(file.read_text().splitlines()) > written
        recording = load_recording(file)
        assert recording.duration_s > 0.5
        assert np.isfinite(recording.positions_m).all()
    finally:
        session.drop()
