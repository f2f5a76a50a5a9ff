# SPDX-License-Identifier: Apache-2.0
"""Run the whole product once on the example recording and leave something to look at."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path
from typing import Final

import numpy as np

from ..body.skeleton import Skeleton
from ..errors import InPoseError, OutputError, WorkerError
from ..job import SolveJob, run_job
from ..motion_files.bvh import save_bvh
from ..options.solve import SolveSettings
from ..programs import find_program
from .contact_sheet import save_contact_sheet
from .example import EXAMPLE_STATURE_M, write_example

EXAMPLE: Final[Path] = Path(__file__).parents[2] / "examples" / "walk_wave_crouch.csv"
_BAKE_TIMEOUT_S: Final[float] = 300.0
_FIGURES: Final[int] = 24


def run_demo(folder: Path, device: str = "auto") -> list[Path]:
    """Solve the example recording into a folder and return the files written.

    A .blend is among them where Blender is: the bpy package, or a ``blender`` on the path.

    Raises:
        InPoseError: anything on the way failed.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"The folder {folder} cannot be made ({error.strerror}).", "Choose another.") from error
    example = EXAMPLE
    if not example.is_file():
        example = folder / EXAMPLE.name
        write_example(example)
    body = Skeleton.template(EXAMPLE_STATURE_M)
    solved = run_job(SolveJob(example, body, settings=SolveSettings(device=device)))
    written = [folder / f"{EXAMPLE.stem}{suffix}" for suffix in (".npz", ".bvh", ".png")]
    solved.motion.save_npz(written[0])
    save_bvh(solved.motion, written[1])
    moments_s = np.linspace(0.0, (len(solved.motion) - 1) / solved.motion.fps, _FIGURES)
    save_contact_sheet(solved.motion, written[2], solved.calibrated.sensors, moments_s, title=example.stem)
    blend = _bake(example, folder / f"{EXAMPLE.stem}.blend")
    return written if blend is None else [*written, blend]


def _bake(recording: Path, blend: Path) -> Path | None:
    """Let Blender solve and bake the recording on its default figure; None where there is no Blender."""
    package = importlib.util.find_spec("inpose_blender")
    if package is None or not package.submodule_search_locations:
        return None
    script = Path(package.submodule_search_locations[0]) / "headless.py"
    arguments = ["--recording", str(recording), "--output", str(blend), "--stature", str(EXAMPLE_STATURE_M)]
    if importlib.util.find_spec("bpy") is not None:
        command = [sys.executable, str(script), *arguments]
    elif blender := find_program("blender"):
        command = [blender, "-b", "--factory-startup", "--python", str(script), "--", *arguments]
    else:
        return None
    try:
        finished = subprocess.run(command, capture_output=True, text=True, timeout=_BAKE_TIMEOUT_S, check=False)
    except subprocess.TimeoutExpired as error:
        raise WorkerError("Blender did not finish baking the example in time.", "Try again.") from error
    if finished.returncode != 0 or not blend.is_file():
        lines = (finished.stderr or finished.stdout).strip().splitlines()
        raise InPoseError("Blender could not bake the example.", " ".join(lines[-3:]))
    return blend
