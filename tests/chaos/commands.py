# SPDX-License-Identifier: GPL-3.0-or-later
"""The commands that are disturbed, what they read, and how their outputs are checked."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from inpose_core import InPoseError, Motion

REPOSITORY: Final[Path] = Path(__file__).resolve().parents[2]
_TAKES: Final[int] = 6


@dataclass(frozen=True)
class Command:
    """Hold a command line, and the files that it is to leave."""

    name: str
    arguments: Callable[[Path, Path], list[str]]
    """From the folder of takes and the folder of outputs."""
    outputs: tuple[str, ...]
    fault_of: Callable[[Path], str]
    """What is wrong with an output; empty if nothing is."""
    others: tuple[str, ...] = ()
    """More names that may be among the outputs."""


def write_takes(folder: Path) -> None:
    """Write short takes that differ from each other."""
    lines = (REPOSITORY / "examples" / "walk_wave_crouch.csv").read_text(encoding="utf-8").splitlines()
    for number in range(_TAKES):
        text = "\n".join(lines[: 300 + 40 * number]) + "\n"
        (folder / f"take{number}.csv").write_text(text, encoding="utf-8")


def _batch(takes: Path, out: Path) -> list[str]:
    return [sys.executable, "-m", "inpose_core.cli", "batch", str(takes), "--out", str(out), "--processes", "2"]


def _headless(takes: Path, out: Path) -> list[str]:
    script = str(REPOSITORY / "inpose_blender" / "headless.py")
    return [sys.executable, script, "--interpreter", sys.executable, "--recording", str(takes / "take0.csv"),
            "--output", str(out / "take0.blend")]  # fmt: skip


def _fault_of_motion(path: Path) -> str:
    try:
        return "" if len(Motion.load_npz(path)) > 100 else "it is cut off"
    except InPoseError as error:
        return str(error)


def _fault_of_blend(path: Path) -> str:
    import bpy  # noqa: PLC0415 (it may be missing)

    try:
        bpy.ops.wm.open_mainfile(filepath=str(path))
    except RuntimeError as error:
        return str(error)
    return "" if len(bpy.data.actions) else "it has no action"


_ALL: Final[tuple[Command, ...]] = (
    Command(
        "batch",
        _batch,
        tuple(f"take{number}.npz" for number in range(_TAKES)),
        _fault_of_motion,
        ("inpose-batch.jsonl", "inpose-batch.json", "inpose-batch.html"),
    ),
    Command("headless", _headless, ("take0.blend",), _fault_of_blend),
)
COMMANDS: Final[tuple[Command, ...]] = _ALL if find_spec("bpy") else _ALL[:1]
