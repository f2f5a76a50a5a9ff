# SPDX-License-Identifier: GPL-3.0-or-later
"""Solve and bake recordings without a window: the work of `headless.py` and of ``blender --command inpose``.

One JSON line per recording goes to standard output. An output appears under its name only when it is complete, so a
farm can repeat a task with ``--skip-existing``. The exit code is 0 only if every recording worked.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
import traceback
import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import bpy

from .bake.bake import check_root_motion
from .bake.confidence import mean_confidence, unsure_scene_frames
from .bake.job import BakeJob
from .bake.options import BakeOptions
from .bake.settings import BakeResult
from .blend_file import save_blend_copy
from .core import (
    INTERRUPTED_CODE,
    STOPPED_CODE,
    InPoseError,
    OutputError,
    RecordingError,
    RigError,
    Skeleton,
    StoppedError,
    signals_wait,
    stop_by_unwinding,
)
from .export.exporting import ExportResult, check_export_name, export_character
from .export.options import EXPORT_SUFFIXES, ExportOptions
from .layers.options import LayerOptions
from .loops.baking import bake_loop
from .loops.options import LoopOptions
from .options import CalibrationSettings, ReadOptions, SolveSettings, add_options, settings_from_arguments
from .preferences.machine_settings import solver_device, solver_interpreters
from .rig.find import find_mapping
from .rig.prepare import PreparedRig, prepare_rig
from .rig.stick_figure import add_stick_figure
from .runtime.worker_job import stop_warm_process
from .solve.job import SolveJob, SolveOutcome
from .solve.options import SolveOptions, require_files
from .takes.naming import free_name

SOME_FAILED: Final[int] = 1
WRONG_USE: Final[int] = 2
_BAKE: Final[BakeOptions] = BakeOptions(set_frame_range=True)
"""The scene of a file that InPose writes begins and ends with the motion, by default."""
_NO_RECORDINGS: Final[frozenset[str]] = frozenset({".blend", ".blend1", ".txt", ".md", ".log", ".png"})


@dataclass(frozen=True)
class BatchSettings:
    """Hold one command line."""

    recordings: tuple[Path, ...]
    output: Path
    output_is_folder: bool
    blend: Path | None
    armature: str
    interpreter: str
    scene_fps: float | None
    skip_existing: bool
    solve: SolveOptions
    bake: BakeOptions
    exports: tuple[Path, ...]
    """Files to export to; a mere ending stands for a file beside the output."""
    export: ExportOptions
    loop: LoopOptions
    row: bool = False
    """All recordings go onto one character and into one file, in NLA strips one after another."""
    row_gap: int = 0
    """Frames between two strips."""

    def output_of(self, recording: Path) -> Path:
        """Return where the result of a recording goes."""
        return self.output / f"{recording.stem}.blend" if self.output_is_folder else self.output

    def exports_of(self, recording: Path) -> tuple[Path, ...]:
        """Return the files to which the character is exported with the motion of a recording."""
        output = self.output_of(recording)
        return tuple(output.with_suffix(path.name) if is_ending(path) else path for path in self.exports)


def is_ending(path: Path) -> bool:
    """Say whether a path is no file, but an ending such as .glb."""
    return path.name == str(path) and path.name.lower() in EXPORT_SUFFIXES


def main(arguments: Sequence[str]) -> int:
    """Run a whole command line and return the exit code."""
    try:
        settings = parse_arguments(arguments)
    except SystemExit as stop:  # argparse has said why
        return stop.code if isinstance(stop.code, int) else WRONG_USE
    except InPoseError as error:
        sys.stderr.write(f"inpose: {error}\n")
        return WRONG_USE
    try:
        with stop_by_unwinding():
            start = _Start(settings)
            if settings.row:
                reports = _report_row(settings, start)
            else:
                reports = [_report(recording, settings, start) for recording in settings.recordings]
    except InPoseError as error:
        sys.stderr.write(f"inpose: {error}\n")
        return WRONG_USE
    except StoppedError:
        sys.stderr.write("inpose: Stopped. The current recording was not written.\n")
        return STOPPED_CODE
    except KeyboardInterrupt:
        sys.stderr.write("inpose: Interrupted. The current recording was not written.\n")
        return INTERRUPTED_CODE
    finally:
        with signals_wait():
            stop_warm_process()
    return 0 if all(reports) else SOME_FAILED


def run_command(arguments: Sequence[str]) -> int:
    """Serve ``blender -b rig.blend --command inpose ...``."""
    return main(list(arguments))


def parse_arguments(arguments: Sequence[str]) -> BatchSettings:
    """Parse a command line. A folder among the recordings stands for the files in it.

    Raises:
        InPoseError: recordings are missing, or two of them would get the same output.
    """
    parser = argparse.ArgumentParser(prog="inpose", description="Solve VR recordings and bake them on a rig.")
    parser.add_argument(
        "--recording",
        type=Path,
        action="append",
        required=True,
        help="recording file, or folder of recordings; can be given several times",
    )
    parser.add_argument(
        "--output", type=Path, required=True, help=".blend file to write; for several recordings, a folder"
    )
    parser.add_argument(
        "--blend", type=Path, help=".blend file with the rig; default: the open file, or else a stick figure"
    )
    parser.add_argument("--armature", default="", help="name of the armature object, if the file has several")
    parser.add_argument(
        "--interpreter", default="", help="Python that runs the solver; default: the one of the preferences"
    )
    parser.add_argument("--scene-fps", type=float, help="frame rate of the output; default: the rig file's")
    for table in (ReadOptions, CalibrationSettings, SolveSettings):
        add_options(parser, table)
    add_options(parser, BakeOptions, _BAKE)
    add_options(parser, ExportOptions)
    parser.add_argument(
        "--export",
        type=Path,
        action="append",
        default=[],
        metavar="FILE",
        help="export the character, too: a file, or an ending (.fbx, .glb, .bvh, .vrma) for a file beside the output; "
        "can be given several times",
    )
    add_options(parser, LayerOptions)
    add_options(parser, LoopOptions)
    parser.add_argument(
        "--row",
        action="store_true",
        help="bake all recordings onto one character and into one file, in NLA strips one after another",
    )
    parser.add_argument("--row-gap", type=int, default=0, help="frames between two strips of the row; default: 0")
    parser.add_argument("--skip-existing", action="store_true", help="skip recordings whose output already exists")
    options = parser.parse_args(list(arguments))
    recordings = tuple(_expand(options.recording))
    output_is_folder = not options.row and (
        len(recordings) > 1 or any(path.is_dir() for path in options.recording) or options.output.is_dir()
    )
    if not output_is_folder and options.output.suffix.lower() != ".blend":
        raise OutputError(f"{options.output} is not a .blend file.", "Choose an output name that ends with .blend.")
    layers = settings_from_arguments(LayerOptions, options)
    layers.check()
    if options.row and (layers.is_layer or options.skip_existing):
        raise OutputError("A row is neither a layer nor skipped.", "Leave out --layer and --skip-existing.")
    settings = BatchSettings(
        recordings=recordings,
        output=options.output.resolve(),
        output_is_folder=output_is_folder,
        blend=options.blend,
        armature=options.armature,
        interpreter=options.interpreter,
        scene_fps=options.scene_fps,
        skip_existing=options.skip_existing,
        solve=SolveOptions(
            settings_from_arguments(ReadOptions, options),
            settings_from_arguments(CalibrationSettings, options),
            settings_from_arguments(SolveSettings, options, SolveSettings(device=solver_device())),
        ),
        bake=replace(settings_from_arguments(BakeOptions, options, _BAKE), layers=layers),
        loop=settings_from_arguments(LoopOptions, options),
        exports=tuple(_export_target(path, output_is_folder=output_is_folder) for path in options.export),
        export=settings_from_arguments(ExportOptions, options),
        row=options.row,
        row_gap=max(0, options.row_gap),
    )
    if settings.row:
        return settings
    _refuse_equal_outputs(settings)
    return settings


def _expand(paths: Sequence[Path]) -> Iterator[Path]:
    for path in paths:
        if not path.is_dir():
            yield path.resolve()
            continue
        files = [file for file in sorted(path.iterdir()) if file.is_file() and not file.name.startswith(".")]
        files = [file.resolve() for file in files if file.suffix.lower() not in _NO_RECORDINGS]
        if not files:
            raise RecordingError(f"There are no recordings in {path}.", "Give a folder with recording files.")
        yield from files


def _export_target(path: Path, *, output_is_folder: bool) -> Path:
    """Return a file or an ending to export to."""
    if is_ending(path):
        return path
    check_export_name(path)
    if output_is_folder:
        raise OutputError(
            f"All recordings would be exported to {path}.", "Give an ending, for example .glb, instead of a file name."
        )
    return path.resolve()


def _refuse_equal_outputs(settings: BatchSettings) -> None:
    outputs: dict[str, Path] = {}
    for recording in settings.recordings:
        other = outputs.setdefault(_one_spelling(settings.output_of(recording)), recording)
        if other != recording:
            raise OutputError(
                f"{other} and {recording} would write the same output file.", "Give each recording a different name."
            )


def _one_spelling(path: Path, *, ignores_case: bool = sys.platform in ("win32", "darwin")) -> str:
    """Return the same text for all spellings of the same path."""
    return unicodedata.normalize("NFC", str(path)).casefold() if ignores_case else str(path)


class _Start:
    """Restore the scene in which each recording begins."""

    def __init__(self, settings: BatchSettings) -> None:
        self._dirty = settings.blend is not None
        self._file = str(settings.blend.resolve()) if settings.blend else bpy.data.filepath
        if settings.blend is not None and not settings.blend.is_file():
            raise RigError(f"The rig file {settings.blend} does not exist.", "Give a .blend file with an armature.")
        self._make_figure = not self._file and not _armatures(bpy.context.scene)

    def restore(self) -> None:
        """Open the rig file again, or make a new stick figure. The first recording uses the open file."""
        if self._make_figure:
            bpy.ops.wm.read_homefile(use_empty=True)
            add_stick_figure(bpy.context.scene, Skeleton.template())
        elif self._dirty:
            if not self._file:
                raise RigError(
                    "The rig was never saved, so InPose cannot open it again for each recording.",
                    "Save it, or solve one recording at a time.",
                )
            try:
                bpy.ops.wm.open_mainfile(filepath=self._file)
            except RuntimeError as error:
                raise RigError(f"{self._file} cannot be opened as a .blend file.", str(error).strip()) from error
        self._dirty = True


def _report(recording: Path, settings: BatchSettings, start: _Start) -> bool:
    """Process one recording, write its JSON line, and say whether it worked."""
    output = settings.output_of(recording)
    report, began = _new_report(recording, output), time.monotonic()
    with _failures_in(report):
        if settings.skip_existing and all(path.exists() for path in (output, *settings.exports_of(recording))):
            report["skipped"] = True
        else:
            report |= _process(recording, output, settings, start)
    report["seconds"] = round(time.monotonic() - began, 3)
    return _print_report(report) and bool(report["ok"])


def _new_report(recording: Path, output: Path) -> dict[str, Any]:
    return {"recording": str(recording), "output": str(output), "ok": True}


@contextmanager
def _failures_in(report: dict[str, Any]) -> Iterator[None]:
    """Write into a report why what follows failed, and go on."""
    try:
        yield
    except InPoseError as error:
        report |= {"ok": False, "kind": type(error).__name__, "error": error.message, "hint": error.hint}
        report["details"] = "\n".join(getattr(error, "__notes__", ()))
    except Exception as error:  # one bad file must not stop a night's batch, and Blender would exit with 0
        report |= {"ok": False, "kind": type(error).__name__, "error": str(error), "details": traceback.format_exc()}


def _print_report(report: dict[str, Any]) -> bool:
    """Write a JSON line, and return whether this worked: a closed pipe or a full disk must not stop a batch at
    night."""
    try:
        sys.stdout.write(json.dumps(report) + "\n")
        sys.stdout.flush()
    except OSError as error:
        sys.stderr.write(f"inpose: The reports cannot be written ({error.strerror}). The outputs were written.\n")
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())  # or what is left to be written would fail once more at the end
        os.close(nowhere)
        return False
    return True


def _process(recording: Path, output: Path, settings: BatchSettings, start: _Start) -> dict[str, Any]:
    rig = _prepared(settings, start)
    baked = _baked(recording, rig, settings, settings.bake, recording.stem)
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
        "exports": _export_all(rig, settings.exports_of(recording), settings),
    }


def _prepared(settings: BatchSettings, start: _Start) -> PreparedRig:
    """Open the scene in which a recording begins, and prepare its rig."""
    with signals_wait():  # while Blender works, a signal comes to its own code and other add-ons', and is dropped
        start.restore()
        scene = bpy.context.scene
        if settings.scene_fps is not None:
            scene.render.fps = max(1, round(settings.scene_fps))
            scene.render.fps_base = scene.render.fps / settings.scene_fps
        rig = prepare_rig(_find_armature(scene, settings.armature), scene)
        check_root_motion(rig.armature_object, settings.bake.way, scene=scene, mapping=rig.mapping)
    return rig


@dataclass(frozen=True)
class _BakedRecording:
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
            "unsure_frames": unsure_scene_frames(motion, result.first_frame, result.frames_per_s),
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


def _baked(
    recording: Path, rig: PreparedRig, settings: BatchSettings, options: BakeOptions, name: str
) -> _BakedRecording:
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
    return _BakedRecording(outcome, bake.result)


def _export_all(rig: PreparedRig, paths: Sequence[Path], settings: BatchSettings) -> list[dict[str, Any]]:
    exported = []
    for path in paths:
        with signals_wait():
            rig = prepare_rig(rig.armature_object, bpy.context.scene)
            exported.append(_exported(export_character(bpy.context, rig, bpy.context.scene, path, settings.export)))
    return exported


def _report_row(settings: BatchSettings, start: _Start) -> list[bool]:
    """Bake all recordings in a row of NLA strips, write one file, and say for each whether it worked.

    A recording that fails leaves no gap. A recording counts as done only when the file is written: so its JSON line
    comes then.
    """
    rig = _prepared(settings, start)
    scene, names = bpy.context.scene, [recording.stem for recording in settings.recordings]
    first = settings.bake.frame_in(scene.frame_start, scene.frame_current)
    following, reports, actions = first, [], []
    for number, recording in enumerate(settings.recordings):
        options = replace(settings.bake, first_frame=following, to_nla_track=True, set_frame_range=False)
        name = free_name(recording.stem, names[:number])
        report, began = _new_report(recording, settings.output), time.monotonic()
        with _failures_in(report):
            baked = _baked(recording, rig, settings, options, name)
            report |= baked.report(rig)
            actions.append(baked.result.action_name)
            following = baked.result.last_frame + 1 + settings.row_gap
        reports.append(report | {"seconds": round(time.monotonic() - began, 3)})
    written: dict[str, Any] = {"ok": True}
    if actions:
        if settings.bake.set_frame_range:
            scene.frame_start, scene.frame_end = first, following - 1 - settings.row_gap
        with _failures_in(written):
            with signals_wait():
                save_blend_copy(settings.output, actions)
            exported = _export_all(rig, settings.exports_of(settings.output), settings)
            reports = [report | {"exports": exported} if report["ok"] else report for report in reports]
    if not written["ok"]:
        reports = [report | written if report["ok"] else report for report in reports]
    return [_print_report(report) and bool(report["ok"]) for report in reports]


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


def _armatures(scene: Any) -> list[Any]:
    return [candidate for candidate in scene.objects if candidate.type == "ARMATURE"]


def _find_armature(scene: Any, name: str) -> Any:
    """Return the named armature object. Without a name, return the only one in the scene, or the only one whose bones
    are recognised, or the only control rig: a generated rig is often beside the metarig that it was made from.

    Raises:
        RigError: there is none, or more than one.
    """
    armatures = _armatures(scene)
    if name:
        armatures = [candidate for candidate in armatures if candidate.name == name]
        if not armatures:
            raise RigError(f"The scene has no armature {name}.", "Check the name after --armature.")
    elif len(armatures) > 1:
        mappings = {rig: find_mapping(rig) for rig in armatures}
        known = [rig for rig, mapping in mappings.items() if mapping and not mapping.missing_required]
        controls = [rig for rig in known if (mapping := mappings[rig]) and mapping.family.is_control_rig]
        armatures = controls or known or armatures
    if not armatures:
        raise RigError("The scene has no armature.", "Open a file with a rig.")
    if len(armatures) > 1:
        names = ", ".join(sorted(candidate.name for candidate in armatures))
        raise RigError(f"The scene has several armatures: {names}.", "Choose one with --armature.")
    return armatures[0]
