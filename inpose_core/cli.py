# SPDX-License-Identifier: Apache-2.0
"""Run InPose from a terminal: ``inpose solve``, ``batch``, ``takes``, ``info``, ``calibrate``, ``record`` and others.

Exit codes: 0 done, 2 a problem that the message explains, 130 interrupted, 141 where the reader of a pipe went away,
143 asked to end by a signal.
"""

from __future__ import annotations

if __name__ == "__main__":  # python -m inpose_core.cli; what pip installs starts in `terminal`
    from .system.process import end_at_ctrl_c

    end_at_ctrl_c()

import argparse
import json
import logging
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from . import __version__
from .commands.batch import add_batch_command
from .commands.calibrate import add_calibrate_command
from .commands.evaluate_amass import add_amass_arguments, evaluate_amass
from .commands.evaluate_points import add_points_arguments, evaluate_points
from .commands.evaluate_recordings import add_recordings_arguments, evaluate_recordings
from .commands.evaluate_sheets import add_sheets_arguments, evaluate_sheets
from .commands.live import add_live_command
from .commands.progress import ProgressBar
from .commands.reading import guess_lines, outlook_lines, print_table, trim_lines
from .commands.record import add_record_command
from .commands.streams import run_with_output
from .commands.takes import add_takes_command
from .errors import ColumnsError, InPoseError, OutputError
from .motion_files.saving import check_motion_suffix, save_motion
from .options.calibration import CalibrationSettings
from .options.command_line import add_options, settings_from_arguments
from .options.reading import ReadOptions
from .options.solve import SolveSettings
from .recording.formats.suffixes import recording_suffixes
from .system.process import (
    INTERRUPTED_CODE,
    STOPPED_CODE,
    StoppedError,
    keep_torch_from_making_folders,
    raise_at_ctrl_c,
    stop_by_unwinding,
)

if TYPE_CHECKING:
    from .inspection.describe import RecordingInfo

_EXTRA_WITH: Final[Mapping[str, str]] = {"scipy": "train", "torch": "train"}
"""The extra of InPose that installs a package which only some commands need."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return the process' exit code."""
    return run_with_output(lambda: _run(arguments))


def _run(arguments: Sequence[str] | None) -> int:
    options = _parser().parse_args(arguments)
    keep_torch_from_making_folders()
    try:
        with stop_by_unwinding():
            return int(options.run(options))
    except InPoseError as error:
        print(f"inpose: {error}", file=sys.stderr)
        return 2
    except MemoryError:
        print(
            "inpose: There is not enough memory. Close other programs, or solve a part of the recording.",
            file=sys.stderr,
        )
        return 2
    except ImportError as error:
        if (error.name or "").startswith("inpose"):
            raise
        # A broken library (a missing DLL, another Python's build) has no name to tell.
        problem = (
            f"The package {error.name} cannot be loaded" if error.name else f"A package cannot be loaded ({error})"
        )
        extra = _EXTRA_WITH.get((error.name or "").partition(".")[0])
        remedy = f'Install it: pip install "inpose[{extra}]"' if extra else "Install InPose again: pip install ."
        print(f"inpose: {problem}. {remedy}", file=sys.stderr)
        return 2
    except StoppedError:
        print(f"inpose: Stopped. {_left(options)}", file=sys.stderr)
        return STOPPED_CODE
    except KeyboardInterrupt:
        print(f"inpose: Interrupted. {_left(options)}", file=sys.stderr)
        return INTERRUPTED_CODE


def _left(options: argparse.Namespace) -> str:
    """Say what an interrupted command has left."""
    return str(getattr(options, "left_when_stopped", "Nothing was written."))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="inpose", description="Full-body motion from a headset and two controllers.")
    parser.add_argument("--version", action="version", version=f"inpose {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    _add_solve(commands)
    info = commands.add_parser("info", help="show what a recording contains")
    info.add_argument("recording", type=Path, help=f"recording file ({', '.join(recording_suffixes())})")
    info.add_argument("--json", action="store_true", help="print JSON, for scripts")
    add_options(info, ReadOptions)
    add_options(info, CalibrationSettings)
    info.add_argument(
        "--table", action="store_true", help="show the columns of a table by number, with their first rows"
    )
    info.add_argument(
        "--plot", type=Path, metavar="OUT.png", help="draw the tracks, the tracking losses and the calibration pose"
    )
    info.set_defaults(run=_info)

    for add in (add_batch_command, add_takes_command, add_calibrate_command, add_record_command, add_live_command):
        add(commands)

    train = commands.add_parser("train", help="train the prior, or the network that finds the hands")
    train.add_argument(
        "--hands", action="store_true", help="train the network that finds the hands in unknown controllers"
    )
    train.add_argument("--data", type=Path, required=True, help="folder of packed motion (.npz)")
    train.add_argument(
        "--out",
        type=Path,
        help="folder of the run; default: runs/prior, or runs/hand_finder. A run of the prior that is there continues",
    )
    train.add_argument("--steps", type=int, help="number of training steps")
    train.add_argument("--batch", type=int, help="number of windows per step")
    train.add_argument("--start", type=Path, help="trained network to start from; default: train from scratch")
    train.add_argument("--learning-rate", type=float, help="highest learning rate")
    train.add_argument("--seed", type=int, default=0, help="seed of the random numbers; default: 0")
    train.add_argument("--device", default="auto", help="compute device: auto, cpu, cuda or mps; default: auto")
    train.set_defaults(run=_train)

    evaluate = commands.add_parser("evaluate", help="measure the method and the other systems on captured motion")
    evaluate.add_argument("--data", type=Path, help="folder of packed motion (.npz); needed except with --amass")
    evaluate.add_argument(
        "--out", type=Path, default=Path("evaluation"), help="folder for the figures, tables and plots"
    )
    evaluate.add_argument(
        "--runs",
        type=Path,
        default=Path("runs/evaluation"),
        help="folder of the trained rivals; rivals that are there are not trained again",
    )
    evaluate.add_argument("--test", type=Path, help="packed file to measure on; default: the held-out people")
    evaluate.add_argument("--weights", type=Path, help="prior to measure as ours; default: the shipped one")
    evaluate.add_argument(
        "--remeasure", action="store_true", help="measure only ours, and keep the rivals' rows in the folder --out"
    )
    evaluate.add_argument(
        "--quick",
        action="store_true",
        help="take only three minutes, with hardly trained rivals: only to check the command",
    )
    evaluate.add_argument(
        "--device", default="cpu", help="compute device that trains the rivals: cpu or cuda; default: cpu"
    )
    add_recordings_arguments(evaluate)
    add_amass_arguments(evaluate)
    add_points_arguments(evaluate)
    add_sheets_arguments(evaluate)
    evaluate.set_defaults(run=_evaluate)

    pack = commands.add_parser("pack", help="pack AMASS and BVH files for training and evaluation")
    pack.add_argument("folder", type=Path, help="folder of AMASS .npz or .bvh files, with its subfolders")
    pack.add_argument("-o", "--output", type=Path, required=True, metavar="FILE", help="packed file to write (.npz)")
    pack.add_argument(
        "--body-models", type=Path, help="folder of SMPL models, for each subject's own bones (needs the package smplx)"
    )
    pack.add_argument("--protocol", type=int, choices=(1, 2), help="pack only the files of this protocol of the paper")
    pack.add_argument(
        "--split", choices=("train", "test"), default="train", help="side of the protocol; default: train"
    )
    pack.add_argument(
        "--join", action="store_true", help="join packed files into one small file, for training on another machine"
    )
    pack.add_argument("--lists", type=Path, help="folder of the split lists of protocol 2")
    pack.set_defaults(run=_pack)

    _add_demo(commands)
    return parser


def _add_solve(commands: Any) -> None:
    solve = commands.add_parser("solve", help="solve a recording and write the motion as .npz, .bvh or .vrma")
    solve.add_argument("recording", type=Path, help=f"recording file ({', '.join(recording_suffixes())})")
    solve.add_argument(
        "-o", "--output", type=Path, required=True, metavar="FILE", help="motion file to write (.npz, .bvh or .vrma)"
    )
    solve.add_argument(
        "--skeleton",
        type=Path,
        metavar="FILE",
        help="body to solve for, a JSON file of rest offsets; default: an average adult of the performer's height",
    )
    for table in (ReadOptions, CalibrationSettings, SolveSettings):
        add_options(solve, table)
    solve.add_argument("--quiet", action="store_true", help="print no progress, notes or result")
    solve.set_defaults(run=_solve)


def _add_demo(commands: Any) -> None:
    demo = commands.add_parser(
        "demo", help="solve the example; write .bvh, .npz, a picture, and a .blend if Blender is installed"
    )
    demo.add_argument(
        "--out", type=Path, default=Path("demo_output"), help="folder for the results; default: demo_output"
    )
    demo.add_argument("--device", default="auto", help="compute device: auto, cpu, cuda or mps; default: auto")
    demo.set_defaults(run=_demo)


def _solve(options: argparse.Namespace) -> int:
    # Problems with the output are reported before the solve, which takes seconds.
    _check_output(options.output)
    from .body.skeleton import Skeleton  # noqa: PLC0415
    from .recording_to_motion import SolvePlan, solve_recording  # noqa: PLC0415 (they cost time: --help needs none)

    plan = SolvePlan(
        recording=options.recording,
        skeleton=Skeleton.from_json_file(options.skeleton) if options.skeleton else None,
        calibration=settings_from_arguments(CalibrationSettings, options),
        solve=settings_from_arguments(SolveSettings, options),
        reading=settings_from_arguments(ReadOptions, options),
    )
    with ProgressBar("Solving", quiet=options.quiet) as bar:
        solved = solve_recording(plan, on_progress=bar.update)
    save_motion(solved.motion, options.output)
    if not options.quiet:
        for note in (*solved.notes, *solved.doubts):
            print(f"note: {note}", file=sys.stderr)
        error_m = solved.mean_hand_error_m
        hands = "" if error_m is None else f", hands {100 * error_m:.1f} cm from their targets on average"
        print(f"{options.output}: {len(solved.motion)} frames at {solved.motion.fps:g} Hz{hands}")
    return 0


def _check_output(output: Path) -> None:
    if not output.parent.is_dir():
        raise OutputError(f"The folder {output.parent} does not exist.", "Create it first.")
    check_motion_suffix(output)


def _info(options: argparse.Namespace) -> int:
    from .inspection.describe import describe_recording  # noqa: PLC0415
    from .recording import load_recording  # noqa: PLC0415

    reading = settings_from_arguments(ReadOptions, options)
    if options.table:
        print_table(options.recording, reading)
        return 0
    try:
        recording = load_recording(options.recording, reading)
    except ColumnsError:
        print_table(options.recording, reading)
        raise
    info = describe_recording(recording, settings_from_arguments(CalibrationSettings, options))
    if options.plot is not None:
        from .inspection.picture import save_recording_picture  # noqa: PLC0415 (matplotlib is optional)

        save_recording_picture(recording, options.plot, options.recording.name)
    if options.json:
        print(json.dumps(info.to_dict(), indent=1))
        return 0
    print(f"{options.recording.name}: {info.format}{f', {info.headset}' if info.headset else ''}")
    for name, value in _facts(info):
        print(f"  {name:<16} {value}")
    for line in guess_lines(info.guesses):
        print(line)
    for line in trim_lines(info):
        print(line)
    for note in info.notes:
        print(f"  {'note':<16} {note}")
    for line in outlook_lines(info.outlook):
        print(line)
    if options.plot is not None:
        print(options.plot)
    return 0


def _facts(info: RecordingInfo) -> Iterator[tuple[str, str]]:
    yield "length", f"{info.duration_s:.1f} s, {info.frames} frames, {info.mean_rate_hz:.1f} Hz on average"
    yield "unit", info.unit
    yield "hand poses", info.pose or "unknown: set their kind with --hand-poses"
    for name, gaps in (*info.gaps.items(), *info.trackers.items(), *info.fingers.items()):
        share = f"measured {100 * gaps.measured_fraction:.1f} % of the time"
        yield name, f"{share}, {gaps.words}"
    if info.buttons:
        yield "buttons", ", ".join(info.buttons)


def _train(options: argparse.Namespace) -> int:
    from dataclasses import replace  # noqa: PLC0415

    from .prior.checkpoint import load_prior  # noqa: PLC0415
    from .training.devices import torch_device  # noqa: PLC0415
    from .training.run import train_from_folder  # noqa: PLC0415
    from .training.trainer import TrainingSettings  # noqa: PLC0415

    logging.basicConfig(level=logging.INFO, format="%(message)s")
    given = {name: getattr(options, name) for name in ("steps", "batch", "learning_rate", "seed")}
    chosen = {name: value for name, value in given.items() if value is not None}
    if options.hands:
        return _train_hand_finder(options, chosen)
    settings = replace(TrainingSettings(), **chosen)
    start = None
    if options.start is not None:
        start = load_prior(options.start).network
        settings = replace(settings, network=start.config)
    folder = options.out or Path("runs", "prior")
    train_from_folder(options.data, folder, settings, torch_device(options.device), start)
    print(f"{folder / 'prior.safetensors'}: trained for {settings.steps} steps")
    return 0


def _train_hand_finder(options: argparse.Namespace, chosen: Mapping[str, Any]) -> int:
    from dataclasses import replace  # noqa: PLC0415

    from .calibration.hand_weights import load_hand_finder  # noqa: PLC0415
    from .training.devices import torch_device  # noqa: PLC0415
    from .training.hand_finder import HandFinderSettings, train_hand_finder  # noqa: PLC0415

    settings = replace(HandFinderSettings(), **chosen)
    start = None
    if options.start is not None:
        start = load_hand_finder(options.start)
        settings = replace(settings, network=start.config)
    folder = options.out or Path("runs", "hand_finder")
    train_hand_finder(options.data, folder, settings, torch_device(options.device), start)
    print(f"{folder / 'hand_finder.safetensors'}: trained for {settings.steps} steps")
    return 0


def _evaluate(options: argparse.Namespace) -> int:
    if options.amass is not None:
        return evaluate_amass(options)
    if options.data is None:
        raise InPoseError("There is nothing to measure on.", "Give the folder of packed motion with --data.")
    if options.sheets is not None:
        return evaluate_sheets(options)
    if options.recordings:
        return evaluate_recordings(options)
    if options.points:
        return evaluate_points(options)
    from .evaluation import Bench, BenchSettings, read_rows, write_report  # noqa: PLC0415
    from .prior.checkpoint import DEFAULT_WEIGHTS  # noqa: PLC0415
    from .training.devices import torch_device  # noqa: PLC0415

    logging.basicConfig(level=logging.INFO, format="%(message)s")
    settings = BenchSettings.quick() if options.quick else BenchSettings()
    folder = options.runs / ("quick" if options.quick else "full")
    weights = options.weights or DEFAULT_WEIGHTS
    bench = Bench(options.data, folder, settings, torch_device(options.device), options.test, weights)
    rows = bench.remeasure(read_rows(options.out)) if options.remeasure else bench.run()
    for path in write_report(rows, options.out):
        print(path)
    return 0


def _pack(options: argparse.Namespace) -> int:
    from .evaluation.protocols import protocol_files  # noqa: PLC0415
    from .training.packing import find_motion_files, pack_files  # noqa: PLC0415

    if options.join:
        return _join(options.folder, options.output)
    if options.protocol is None:
        files = find_motion_files(options.folder)
    else:
        files = protocol_files(options.folder, options.protocol, options.split, options.lists)

    def tell(index: int, problem: str) -> None:
        if problem:
            print(f"{files[index]}: {problem}", file=sys.stderr)

    count = pack_files(files, options.output, options.body_models, tell)
    print(f"{options.output}: {count} of {len(files)} files")
    return 0


def _join(folder: Path, output: Path) -> int:
    from .training.compact import write_compact  # noqa: PLC0415
    from .training.packed_files import read_packed_folder  # noqa: PLC0415

    clips = read_packed_folder(folder)
    write_compact(clips, output)
    minutes = len(clips.root_m) / 3600
    print(f"{output}: {len(clips)} clips, {minutes:.1f} minutes, {output.stat().st_size / 1e6:.1f} MB")
    return 0


def _demo(options: argparse.Namespace) -> int:
    from .demo.run import run_demo  # noqa: PLC0415

    result = run_demo(options.out, options.device)
    for path in result.files:
        print(path)
    if result.note:
        print(result.note, file=sys.stderr)
    return 0


if __name__ == "__main__":
    raise_at_ctrl_c()
    sys.exit(main())
