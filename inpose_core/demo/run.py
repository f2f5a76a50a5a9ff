# SPDX-License-Identifier: Apache-2.0
"""Run the whole product once on the example recording, and write the results."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from ..body.skeleton import Skeleton
from ..errors import InPoseError, WorkerError
from ..motion_files.bvh import save_bvh
from ..options.solve import SolveSettings
from ..recording_to_motion import SolvePlan, solve_recording
from ..system.output import make_folder
from ..system.programs import NO_WINDOW, find_program
from .contact_sheet import save_contact_sheet
from .example import EXAMPLE_STATURE_M, write_example

EXAMPLE: Final[Path] = Path(__file__).parents[2] / "examples" / "walk_wave_crouch.csv"
_BAKE_TIMEOUT_S: Final[float] = 300.0
_FIGURES: Final[int] = 24


@dataclass(frozen=True)
class DemoResult:
    """Hold the files that the demo wrote."""

    files: tuple[Path, ...]
    """The .npz, the .bvh, the picture, and the .blend if Blender is available."""
    note: str
    """Why there is no .blend, and how to get one; empty if there is one."""


def run_demo(folder: Path, device: str = "auto") -> DemoResult:
    """Solve the example recording into a folder and return the written files.

    The .blend needs Blender: the bpy package, or ``blender`` on the path.

    Raises:
        InPoseError: any step failed.
    """
    make_folder(folder)
    example = EXAMPLE
    if not example.is_file():
        example = folder / EXAMPLE.name
        write_example(example)
    body = Skeleton.template(EXAMPLE_STATURE_M)
    solved = solve_recording(SolvePlan(example, body, solve=SolveSettings(device=device)))
    written = [folder / f"{EXAMPLE.stem}{suffix}" for suffix in (".npz", ".bvh", ".png")]
    solved.motion.save_npz(written[0])
    save_bvh(solved.motion, written[1])
    moments_s = np.linspace(0.0, (len(solved.motion) - 1) / solved.motion.fps, _FIGURES)
    save_contact_sheet(solved.motion, written[2], solved.calibrated.sensors, moments_s, title=example.stem)
    script = _batch_script()
    if script is None:
        return DemoResult(tuple(written), "No .blend was made: the add-on (inpose_blender) is not installed.")
    start = _blender_command(script)
    if start is None:
        python = ".".join(map(str, sys.version_info[:2]))
        return DemoResult(
            tuple(written),
            f"No .blend was made: this Python {python} has no bpy module, and no `blender` command was found. "
            "bpy exists for Python 3.11 and 3.13 (make clean; make demo PYTHON=python3.13). "
            "Or add Blender's folder to PATH.",
        )
    blend = folder / f"{EXAMPLE.stem}.blend"
    _bake(start, example, blend)
    return DemoResult((*written, blend), "")


def _batch_script() -> Path | None:
    package = importlib.util.find_spec("inpose_blender")
    if package is None or not package.submodule_search_locations:
        return None
    return Path(package.submodule_search_locations[0]) / "headless.py"


def _blender_command(script: Path) -> list[str] | None:
    """Return the command that runs a script with bpy, up to the script's own arguments; None without Blender."""
    if importlib.util.find_spec("bpy") is not None:
        return [sys.executable, str(script)]
    if blender := find_program("blender"):
        return [blender, "-b", "--factory-startup", "--python", str(script), "--"]
    return None


def _bake(start: list[str], recording: Path, blend: Path) -> None:
    """Run Blender to solve the recording and bake it on the default figure."""
    command = [
        *start,
        "--recording",
        str(recording),
        "--output",
        str(blend),
        "--performer-height",
        str(EXAMPLE_STATURE_M),
    ]
    try:
        finished = subprocess.run(
            command, capture_output=True, text=True, timeout=_BAKE_TIMEOUT_S, creationflags=NO_WINDOW, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise WorkerError("Blender did not finish baking the example in time.", "Try again.") from error
    if finished.returncode != 0 or not blend.is_file():
        lines = (finished.stderr or finished.stdout).strip().splitlines()
        raise InPoseError("Blender could not bake the example.", " ".join(lines[-3:]))
