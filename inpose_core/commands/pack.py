# SPDX-License-Identifier: Apache-2.0
"""Run ``inpose pack``: captured motion into one packed file, for training and evaluation."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from ..system.same_files import refuse_to_replace


def add_pack_command(commands: Any) -> None:
    """Add the command to the parser's commands."""
    command = commands.add_parser("pack", help="pack AMASS and BVH files for training and evaluation")
    command.add_argument(
        "folder", type=Path, help="folder of AMASS .npz or .bvh files, with a subfolder for each person"
    )
    command.add_argument("-o", "--output", type=Path, required=True, metavar="FILE", help="packed file to write (.npz)")
    command.add_argument(
        "--body-models",
        type=Path,
        help="folder of SMPL models, for each AMASS subject's own bones and T-pose; .pkl files need the package smplx",
    )
    command.add_argument(
        "--protocol", type=int, choices=(1, 2), help="pack only the files of this protocol of the paper"
    )
    command.add_argument(
        "--split", choices=("train", "test"), default="train", help="side of the protocol; default: train"
    )
    command.add_argument(
        "--join", action="store_true", help="join packed files into one small file, for training on another machine"
    )
    command.add_argument("--lists", type=Path, help="folder of the split lists of protocol 2")
    command.set_defaults(run=run_pack)


def run_pack(options: argparse.Namespace) -> int:
    """Pack motion files into one, and say how many were usable.

    Raises:
        InPoseError: no file is usable, a split list is missing, or the output cannot be written or is one of the files.
    """
    from ..evaluation.protocols import protocol_files  # noqa: PLC0415
    from ..training.packing import find_motion_files, pack_files  # noqa: PLC0415

    if options.join:
        return _join(options.folder, options.output)
    if options.protocol is None:
        found = find_motion_files(options.folder)
        files = list(found.captured)
        for file in found.solved:
            print(f"{file}: is a motion that InPose solved, so it is left out.", file=sys.stderr)
    else:
        files = protocol_files(options.folder, options.protocol, options.split, options.lists)

    def tell(index: int, problem: str) -> None:
        if problem:
            print(f"{files[index]}: {problem}", file=sys.stderr)

    count = pack_files(files, options.output, options.body_models, tell)
    for note in _notes(files, options.body_models):
        print(f"note: {note}", file=sys.stderr)
    print(f"{options.output}: {count} of {len(files)} files")
    return 0


def _notes(files: Sequence[Path], body_models: Path | None) -> Iterator[str]:
    """Yield what somebody who trains on the packed files should know."""
    people = {file.parent.name for file in files}
    if len(files) > 1 and len(people) == 1:
        yield (
            f"All files count as one person ({people.pop()}), by the name of their folder, and training needs two. Put "
            "the files of each person into a folder of their own."
        )
    if body_models is None and any(file.suffix.lower() != ".bvh" for file in files):
        yield (
            "Without body models, AMASS motion gets average bones, and its rotations count from SMPL's rest pose: its "
            "limbs are some degrees off a T-pose. Give --body-models."
        )


def _join(folder: Path, output: Path) -> int:
    from ..training.compact import write_compact  # noqa: PLC0415
    from ..training.packed_files import packed_files, read_packed_folder  # noqa: PLC0415

    refuse_to_replace([output], ((file, "one of the files to join") for file in packed_files(folder)))
    clips = read_packed_folder(folder)
    write_compact(clips, output)
    minutes = len(clips.root_m) / 3600
    print(f"{output}: {len(clips)} clips, {minutes:.1f} minutes, {output.stat().st_size / 1e6:.1f} MB")
    return 0
