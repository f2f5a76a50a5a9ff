# SPDX-License-Identifier: GPL-3.0-or-later
"""A solve whose bake fails is not lost: the take has its motion, and can be baked when the reason is gone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import bpy
import numpy as np
import pytest
from rigs import build_rig

from inpose_blender.bake import job
from inpose_blender.core import RigError


def test_the_motion_of_a_failed_bake_is_baked_later(
    registered: None, rng: np.random.Generator, take: Path, fake_worker: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    rig = build_rig(rng)
    bpy.context.scene.inpose.recording = str(take)

    def refuse(*_: Any, **__: Any) -> None:
        raise RigError("The rig is in tweak mode.", "Leave it.")

    with monkeypatch.context() as broken:
        broken.setattr(job, "rig_facts", refuse)
        with pytest.raises(RuntimeError, match="tweak mode"):
            bpy.ops.inpose.solve_full_body()
    assert rig.animation_data is None or rig.animation_data.action is None
    solved = rig.inpose_take.file
    assert Path(solved).is_file()
    assert bpy.ops.inpose.bake_take() == {"FINISHED"}
    assert rig.animation_data.action.name == rig.inpose_take.label
    # A motion that was baked before is not exchanged for one that was not.
    with monkeypatch.context() as broken:
        broken.setattr(job, "rig_facts", refuse)
        with pytest.raises(RuntimeError, match="tweak mode"):
            bpy.ops.inpose.solve_full_body()
    assert rig.inpose_take.file == solved
