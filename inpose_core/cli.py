# SPDX-License-Identifier: Apache-2.0
"""Run InPose from a terminal: ``inpose solve``, ``info``, ``calibrate``, ``record``, ``train`` and ``demo``.

Exit codes: 0 done, 2 a problem that the message explains, 130 interrupted, 141 where the reader of a pipe went away,
143 asked to end by a signal.
"""

from __future__ import annotations

import argparse
import json
import logging
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from . import __version__
from .commands.calibrate import add_calibrate_command
from .commands.progress import ProgressBar
from .commands.reading import guess_lines, trim_lines
from .commands.record import add_record_command
from .commands.streams import run_with_output
from .errors import InPoseError, OutputError
from .options.calibration import CalibrationSettings
from .options.command_line import add_options, settings_from_arguments
from .options.reading import ReadOptions
from .options.solve import SolveSettings
from .recording.formats.suffixes import recording_suffixes
from .system.process import STOPPED_CODE, StoppedError, keep_torch_from_making_folders, stop_by_unwinding

if TYPE_CHECKING:
    from .body.motion import Motion

_EXTRA_WITH: Final[Mapping[str, str]] = {"scipy": "train", "torch": "train"}
"""The extra of InPose that brings a package which some commands need."""


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
        print("inpose: There is not enough memory. Close other programs, or cut the recording.", file=sys.stderr)
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
        print("inpose: Stopped. Nothing was written.", file=sys.stderr)
        return STOPPED_CODE
    except KeyboardInterrupt:
        print("inpose: Interrupted. Nothing was written.", file=sys.stderr)
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="inpose", description="Full-body motion from a headset and two controllers.")
    parser.add_argument("--version", action="version", version=f"inpose {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    solve = commands.add_parser("solve", help="solve a recording to .npz or .bvh")
    solve.add_argument("recording", type=Path, help=f"a recording ({', '.join(recording_suffixes())})")
    solve.add_argument("-o", "--output", type=Path, required=True, help="OUT.npz or OUT.bvh")
    solve.add_argument("--skeleton", type=Path, help="rest offsets as JSON; default: an adult of the stature")
    for table in (ReadOptions, CalibrationSettings, SolveSettings):
        add_options(solve, table)
    solve.add_argument("--quiet", action="store_true", help="no progress bar")
    solve.set_defaults(run=_solve)

    info = commands.add_parser("info", help="describe a recording")
    info.add_argument("recording", type=Path)
    info.add_argument("--json", action="store_true", help="for scripts")
    add_options(info, ReadOptions)
    info.add_argument("--plot", type=Path, metavar="OUT.png", help="draw the tracks, losses and the calibration pose")
    info.set_defaults(run=_info)

    add_calibrate_command(commands)
    add_record_command(commands)

    train = commands.add_parser("train", help="train the prior, or the network that finds hands")
    train.add_argument("--hands", action="store_true", help="train the network that calibrates unknown controllers")
    train.add_argument("--data", type=Path, required=True, help="folder of packed motion (.npz)")
    train.add_argument(
        "--out",
        type=Path,
        help=("folder of the run; continues it if it exists; default: runs/prior, or runs/hand_finder"),
    )
    train.add_argument("--steps", type=int, help="training steps")
    train.add_argument("--batch", type=int, help="windows per step")
    train.add_argument("--start", type=Path, help="trained prior to continue from, instead of training from scratch")
    train.add_argument("--learning-rate", type=float, help="highest learning rate")
    train.add_argument("--seed", type=int, default=0)
    train.add_argument("--device", default="auto", help="auto, cpu, cuda or mps")
    train.set_defaults(run=_train)

    evaluate = commands.add_parser("evaluate", help="measure the method and its rivals on captured motion")
    evaluate.add_argument("--data", type=Path, required=True, help="folder of packed motion (.npz)")
    evaluate.add_argument("--out", type=Path, default=Path("evaluation"), help="folder for figures, tables and plots")
    evaluate.add_argument(
        "--runs",
        type=Path,
        default=Path("runs/evaluation"),
        help="folder of trained rivals; goes on with what is there",
    )
    evaluate.add_argument("--test", type=Path, help="packed file to measure on, instead of the held-out people")
    evaluate.add_argument("--weights", type=Path, help="prior to measure as ours, instead of the shipped one")
    evaluate.add_argument(
        "--remeasure", action="store_true", help="measure ours anew and keep the rows of the rivals that OUT has"
    )
    evaluate.add_argument("--quick", action="store_true", help="three minutes only, with hardly trained rivals")
    evaluate.add_argument("--device", default="cpu", help="device that trains the rivals: cpu or cuda")
    evaluate.set_defaults(run=_evaluate)

    pack = commands.add_parser("pack", help="pack AMASS and BVH files for training and evaluation")
    pack.add_argument("folder", type=Path, help="folder of AMASS .npz or .bvh files, searched through")
    pack.add_argument("-o", "--output", type=Path, required=True, help="OUT.npz")
    pack.add_argument("--body-models", type=Path, help="folder of SMPL models, for AMASS' own bones (needs smplx)")
    pack.add_argument("--protocol", type=int, choices=(1, 2), help="take only the files of the paper's protocol")
    pack.add_argument("--split", choices=("train", "test"), default="train", help="which side of the protocol")
    pack.add_argument("--join", action="store_true", help="join packed files into one small file, to train elsewhere")
    pack.add_argument("--lists", type=Path, help="folder of protocol 2's split lists")
    pack.set_defaults(run=_pack)

    _add_demo(commands)
    return parser


def _add_demo(commands: Any) -> None:
    demo = commands.add_parser("demo", help="solve the example: .bvh, .npz, a picture, and a .blend where Blender is")
    demo.add_argument("--out", type=Path, default=Path("demo_output"))
    demo.add_argument("--device", default="auto")
    demo.set_defaults(run=_demo)


def _solve(options: argparse.Namespace) -> int:
    # Everything that can be wrong with the request is told before seconds are spent on it.
    writer = _writer_for(options.output)
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
    writer(solved.motion, options.output)
    if not options.quiet:
        for note in solved.notes:
            print(f"note: {note}", file=sys.stderr)
        error_m = solved.mean_hand_error_m
        hands = "" if error_m is None else f", hands {100 * error_m:.1f} cm from their targets on average"
        print(f"{options.output}: {len(solved.motion)} frames at {solved.motion.fps:g} Hz{hands}")
    return 0


def _writer_for(output: Path) -> Callable[[Motion, Path], None]:
    if not output.parent.is_dir():
        raise OutputError(f"The folder {output.parent} does not exist.", "Create it first.")
    suffix = output.suffix.lower()
    if suffix == ".npz":
        from .body.motion import Motion  # noqa: PLC0415

        return Motion.save_npz
    if suffix == ".bvh":
        from .motion_files.bvh import save_bvh  # noqa: PLC0415

        return save_bvh
    raise OutputError(f'"{output.name}" is neither .npz nor .bvh.', "Choose one of these endings.")


def _info(options: argparse.Namespace) -> int:
    from .inspection.describe import describe_recording  # noqa: PLC0415
    from .recording import load_recording  # noqa: PLC0415

    recording = load_recording(options.recording, settings_from_arguments(ReadOptions, options))
    info = describe_recording(recording)
    if options.plot is not None:
        from .inspection.picture import save_recording_picture  # noqa: PLC0415 (matplotlib is optional)

        save_recording_picture(recording, options.plot, options.recording.name)
    if options.json:
        print(json.dumps(info.to_dict(), indent=1))
        return 0
    stature = "unknown" if info.stature_estimate_m is None else f"{info.stature_estimate_m:.2f} m (estimated)"
    print(f"{options.recording.name}: {info.format}{f', {info.headset}' if info.headset else ''}")
    print(f"  length    {info.duration_s:.1f} s, {info.frames} frames, {info.mean_rate_hz:.1f} Hz on average")
    print(f"  unit      {info.unit}")
    print(f"  hands     {info.pose or 'unknown: choose with --pose'}")
    print(f"  stature   {stature}")
    for name, gaps in info.gaps.items():
        print(
            f"  {name:<9} measured {100 * gaps.measured_fraction:.1f} % of the time, "
            f"{gaps.count} gaps, the longest {gaps.longest_s:.2f} s"
        )
    for line in guess_lines(info.guesses):
        print(line)
    print(f"  pose      {info.calibration_pose_words or 'no T-pose or A-pose found'}")
    for line in trim_lines(info):
        print(line)
    for note in info.notes:
        print(f"  note      {note}")
    if options.plot is not None:
        print(options.plot)
    return 0


def _train(options: argparse.Namespace) -> int:
    from dataclasses import replace  # noqa: PLC0415

    from .prior.checkpoint import load_prior  # noqa: PLC0415
    from .training.devices import torch_device  # noqa: PLC0415
    from .training.hand_finder import hand_finder_settings  # noqa: PLC0415
    from .training.run import train_from_folder  # noqa: PLC0415
    from .training.trainer import TrainingSettings  # noqa: PLC0415

    logging.basicConfig(level=logging.INFO, format="%(message)s")
    settings = replace(hand_finder_settings() if options.hands else TrainingSettings(), seed=options.seed)
    if options.steps is not None:
        settings = replace(settings, steps=options.steps)
    if options.batch is not None:
        settings = replace(settings, batch=options.batch)
    if options.learning_rate is not None:
        settings = replace(settings, learning_rate=options.learning_rate)
    start = None
    if options.start is not None:
        start = load_prior(options.start).network
        settings = replace(settings, network=start.config)
    folder = options.out or Path("runs", "hand_finder" if options.hands else "prior")
    train_from_folder(options.data, folder, settings, torch_device(options.device), start)
    print(f"{folder / 'prior.safetensors'}: trained for {settings.steps} steps")
    return 0


def _evaluate(options: argparse.Namespace) -> int:
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
    sys.exit(main())
