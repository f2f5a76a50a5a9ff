# SPDX-License-Identifier: GPL-3.0-or-later
"""Lead one recording through the add-on: check and measure the rig, solve elsewhere, bake."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import bpy

from .bake import BakeResult, BakeSettings, bake_motion
from .core import RecordingError, RigError
from .rig import RigMapping, RigMeasure, check_bones, check_object, map_rig, measure_rig
from .solve_job import SolveOutcome, SolveRequest


@dataclass(frozen=True)
class SolveSettings:
    """Hold what the user may choose for a solve; None leaves the choice to the solver."""

    stature_m: float | None = None
    pose: str | None = None
    device: str = "auto"
    guidance: str | None = None
    steps: int | None = None
    temperature: float | None = None
    seed: int = 0


@dataclass(frozen=True)
class PreparedRig:
    """Hold a rig that is fit for solving; the object by name, since a solve can outlive Blender's pointers."""

    object_name: str
    mapping: RigMapping
    measure: RigMeasure

    @property
    def armature_object(self) -> Any:
        """Return the armature object.

        Raises:
            RigError: it was deleted or renamed in the meantime.
        """
        armature_object = bpy.data.objects.get(self.object_name)
        if armature_object is None:
            raise RigError(f"The armature {self.object_name} is gone.", "Solve again with the armature of now.")
        return armature_object


def prepare_rig(armature_object: Any, scene: Any) -> PreparedRig:
    """Check, map and measure an armature object.

    Raises:
        RigError: the rig cannot be used; the message names the object, bone or joint.
        SkeletonError: its size is impossible.
    """
    check_object(armature_object)
    mapping = map_rig(armature_object)
    check_bones(armature_object, mapping)
    return PreparedRig(armature_object.name, mapping, measure_rig(armature_object, mapping, metres_per_unit(scene)))


def solve_request(rig: PreparedRig, recording: Path, settings: SolveSettings) -> SolveRequest:
    """Put together what the solver is asked for.

    Raises:
        RecordingError: there is no such file.
    """
    if not recording.is_file():
        raise RecordingError(f"There is no recording {recording}.", "Choose a recording file.")
    return SolveRequest(
        recording=recording,
        skeleton=rig.measure.skeleton,
        stature_m=settings.stature_m,
        pose=settings.pose,
        device=settings.device,
        guidance=settings.guidance,
        steps=settings.steps,
        temperature=settings.temperature,
        seed=settings.seed,
    )


def bake_outcome(rig: PreparedRig, scene: Any, outcome: SolveOutcome, settings: BakeSettings) -> BakeResult:
    """Bake a finished solve on the rig that it was made for.

    Raises:
        RigError: the rig has changed while the solver worked, so that the motion does not fit it any more.
    """
    armature_object = rig.armature_object
    now = prepare_rig(armature_object, scene)
    if now.mapping != rig.mapping or abs(now.measure.skeleton.offsets_m - rig.measure.skeleton.offsets_m).max() > 1e-4:
        raise RigError(f"The rest pose of {rig.object_name} was changed while solving.", "Solve again.")
    return bake_motion(armature_object, outcome.motion, settings, scene=scene, mapping=now.mapping, measure=now.measure)


def metres_per_unit(scene: Any) -> float:
    """Return how many metres one Blender unit is."""
    units = scene.unit_settings
    return 1.0 if units.system == "NONE" else float(units.scale_length)


def result_text(outcome: SolveOutcome, result: BakeResult) -> str:
    """Say in one line what was done."""
    text = f"Baked {result.action_name}, frames {result.first_frame} to {result.last_frame}"
    if outcome.mean_hand_error_m is not None:
        text += f", hands within {100 * outcome.mean_hand_error_m:.1f} cm"
    return text
