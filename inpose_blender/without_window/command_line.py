# SPDX-License-Identifier: GPL-3.0-or-later
"""Read the command line of `batch`."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from ..bake.options import BakeOptions
from ..core import OutputError, RecordingError
from ..export.exporting import check_export_name
from ..export.options import ExportOptions
from ..layers.options import LayerOptions
from ..loops.options import LoopOptions
from ..options import (
    CalibrationSettings,
    ReadOptions,
    SolveSettings,
    add_options,
    recording_suffixes,
    recordings_in,
    settings_from_arguments,
)
from ..preferences.machine_settings import solver_device
from ..solve.options import SolveOptions
from .outputs import check_outputs
from .settings import BatchSettings, is_ending

_BAKE: Final[BakeOptions] = BakeOptions(set_frame_range=True)
"""The scene of a file that InPose writes begins and ends with the motion, by default."""


def parse_arguments(arguments: Sequence[str]) -> BatchSettings:
    """Parse a command line. A folder among the recordings stands for the files in it.

    Raises:
        InPoseError: recordings are missing, the output is a file where a folder must be or the other way round, or an
            output would replace another one or what it is made from.
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
    if output_is_folder and options.output.suffix.lower() == ".blend" and not options.output.is_dir():
        raise OutputError(
            f"{options.output} is one file, but each of the recordings gets a file of its own.",
            "Name a folder, or add --row to bake all recordings into this file, one after another.",
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
    check_outputs(settings, [path for path in options.recording if path.is_dir()])
    return settings


def _expand(paths: Sequence[Path]) -> Iterator[Path]:
    for path in paths:
        if not path.is_dir():
            yield path.resolve()
            continue
        files = [file.resolve() for file in recordings_in(path)]
        if not files:
            raise RecordingError(
                f"There are no recordings in {path}.", f"Recordings end in {', '.join(recording_suffixes())}."
            )
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
