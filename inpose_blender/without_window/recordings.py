# SPDX-License-Identifier: GPL-3.0-or-later
"""Solve and bake one recording after the other, each into a file of its own."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import bpy

from ..bake.confidence import mean_confidence, unsure_scene_frames
from ..bake.job import BakeJob
from ..bake.options import BakeOptions
from ..bake.settings import BakeResult
from ..blend_file import save_blend_copy
from ..core import signals_wait
from ..export.exporting import ExportResult, export_character
from ..loops.baking import bake_loop
from ..preferences.machine_settings import solver_interpreters
from ..rig.prepare import PreparedRig, prepare_rig
from ..solve.job import SolveJob, SolveOutcome
from ..solve.options import require_files
from .reports import failures_in, new_report, print_report
from .scene_start import SceneStart, prepared_rig
from .settings import BatchSettings


def report_recording(recording: Path, settings: BatchSettings, start: SceneStart) -> bool:
    """Process one recording, write its JSON line, and say whether it worked."""
    output = settings.output_of(recording)
    report, began = new_report(recording, output), time.monotonic()
    with failures_in(report):
        if settings.skip_existing and all(path.exists() for path in (output, *settings.exports_of(recording))):
            report["skipped"] = True
        else:
            report |= _process(recording, output, settings, start)
    report["seconds"] = round(time.monotonic() - began, 3)
    return print_report(report) and bool(report["ok"])


def _process(recording: Path, output: Path, settings: BatchSettings, start: SceneStart) -> dict[str, Any]:
    rig = prepared_rig(settings, start)
    baked = solved_and_baked(recording, rig, settings, settings.bake, recording.stem)
    actions = [baked.result.action_name]
    scene = bpy.context.scene
    if settings.loop.is_wanted:
        with signals_wait():
            first, take = baked.result.first_frame, baked.outcome.take
            loop = bake_loop(rig, scene, take, first, settings.bake, settings.loop, recording.stem)
        actions.append(loop.action_name)
    with signals_wait():
        save_blend_copy(output, actions)
    return {
        **baked.report(rig),
        "loop": actions[1] if settings.loop.is_wanted else None,
        "exports": export_all(rig, settings.exports_of(recording), settings),
    }


@dataclass(frozen=True)
class BakedRecording:
    """Hold a recording that was solved and baked."""

    outcome: SolveOutcome
    result: BakeResult

    def report(self, rig: PreparedRig) -> dict[str, Any]:
        """Return what its JSON line says."""
        outcome, result, motion = self.outcome, self.result, self.outcome.take.motion
        confidence = mean_confidence(motion)
        return {
            "armature": rig.object_name,
            "action": result.action_name,
            "finger_bones": result.fingers.count,
            "first_frame": result.first_frame,
            "frames": result.last_frame - result.first_frame + 1,
            "mean_hand_error_m": outcome.mean_hand_error_m,
            "confidence": None if confidence is None else round(confidence, 3),
            "unsure_frames": unsure_scene_frames(motion, result),
            "character": result.character.state,
            "character_problems": [problem.to_dict() for problem in result.character.problems],
            "start_s": round(outcome.start_s, 3),
            "findings": list(outcome.findings),
            "notes": list(
                dict.fromkeys(
                    (*outcome.notes, *rig.measure.notes, *result.notes, *filter(None, [result.character.skipped]))
                )
            ),
        }


def solved_and_baked(
    recording: Path, rig: PreparedRig, settings: BatchSettings, options: BakeOptions, name: str
) -> BakedRecording:
    """Solve a recording, and bake it in the open scene.

    Raises:
        InPoseError: the recording cannot be used, or the rig cannot be keyed.
    """
    require_files(recording, settings.solve)
    interpreters = solver_interpreters(settings.interpreter, settings.solve.solve.device)
    job = SolveJob(recording, rig.measure.skeleton, interpreters, settings.solve)
    job.wait()
    outcome = job.outcome
    bake = BakeJob(rig, bpy.context.scene, lambda: outcome.take, options, name, replace_own=False)
    while not bake.done:
        with signals_wait():
            bake.step()
    return BakedRecording(outcome, bake.result)


def export_all(rig: PreparedRig, paths: Sequence[Path], settings: BatchSettings) -> list[dict[str, Any]]:
    """Export the character of the open scene to each of these files, and return what the report says of each.

    Raises:
        InPoseError: the rig cannot be used, or a file cannot be written.
    """
    exported = []
    for path in paths:
        with signals_wait():
            rig = prepare_rig(rig.armature_object, bpy.context.scene)
            exported.append(_exported(export_character(bpy.context, rig, bpy.context.scene, path, settings.export)))
    return exported


def _exported(result: ExportResult) -> dict[str, Any]:
    error_m = result.largest_error_m
    return {
        "file": str(result.path),
        "clips": [{"name": name, "frames": frames} for name, frames in result.clips],
        "bones": result.bones,
        "meshes": result.meshes,
        "largest_error_mm": None if error_m is None else round(1000 * error_m, 4),
        "notes": [note.sentence for note in result.notes],
    }
