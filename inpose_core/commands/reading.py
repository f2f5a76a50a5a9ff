# SPDX-License-Identifier: Apache-2.0
"""Show how InPose reads a recording."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ..options.reading import ReadOptions
from ..options.spans import spans_text
from ..recording.types import Guess

if TYPE_CHECKING:
    from ..inspection.describe import RecordingInfo
    from ..inspection.outlook import CalibrationOutlook


def print_table(path: Path, reading: ReadOptions) -> None:
    """Print the columns of a table by number, with their first rows, and how to assign them."""
    from ..inspection.table import look_at_table, table_lines  # noqa: PLC0415 (--help needs none of it)

    for line in table_lines(look_at_table(path, reading), path.name):
        print(line)


def guess_lines(guesses: Sequence[Guess]) -> Iterator[str]:
    """Yield a line for each decision: what, its value, who says so and why."""
    if guesses:
        yield "  read as"
    for guess in guesses:
        yield f"    {guess.name:<16} {guess}"


def outlook_lines(outlook: CalibrationOutlook | None) -> Iterator[str]:
    """Yield what calibration will find: the performer, the floor, the calibration pose, the wrists."""
    if outlook is None:
        return
    if outlook.problem is not None:
        yield f"  {'calibration':<16} {outlook.problem}"
        return
    yield f"  {'performer':<16} {outlook.performer_words}"
    if outlook.hands != "joints":
        held = outlook.calibration_pose
        span = "" if held is None else f"{held.label} from {held.start_s:.1f} to {held.stop_s:.1f} s"
        yield f"  {'floor':<16} {outlook.floor_words}"
        yield f"  {'calibration pose':<16} {span or 'no T-pose or A-pose found'}"
    yield f"  {'wrists':<16} {outlook.hands_words}"
    for note in (*outlook.notes, *(finding.sentence for finding in outlook.findings)):
        yield f"  {'note':<16} {note}"


def trim_lines(info: RecordingInfo) -> Iterator[str]:
    """Yield what is solved of a recording and what is left out, where that is not all, and what InPose proposes."""
    if info.trim_s is not None:
        yield f"  {'trim':<16} {info.trim_s[0]:.1f} to {info.trim_s[1]:.1f} s is solved"
    if info.left_out_s:
        yield f"  {'left out':<16} {spans_text(info.left_out_s)} s"
    if info.proposed_trim_s is not None and info.trim_s is None:
        start, stop = (f"{moment_s:.1f}" for moment_s in info.proposed_trim_s)
        yield f"  {'proposed trim':<16} the headset is worn from {start} to {stop} s: solve --from {start} --to {stop}"
