# SPDX-License-Identifier: Apache-2.0
"""Measure speed and memory of solving and baking: ``python benchmarks/bench.py --out benchmarks/results.json``.

Each measurement runs in its own process, so that peak memory is measured separately. Recordings repeat the example.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))
from processes import measure_busy, measure_command, measure_start
from speed import measure_network, measure_solve, peak_memory_mb

ROOT = Path(__file__).parent.parent
TIMEOUT_S = 900


def main() -> int:
    """Run the measurements, print them, and write them as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--quick", action="store_true", help="one short recording only: to see that it works")
    parser.add_argument("--measure", help=argparse.SUPPRESS)
    parser.add_argument("--option", action="append", default=[], help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        arguments = dict(option.split("=", 1) for option in options.option)
        print(json.dumps(MEASUREMENTS[options.measure](**arguments)))
        return 0

    from inpose_core.evaluation.tracked_points import POINT_SETS  # noqa: PLC0415 (loads torch, whose memory is its own)

    figures: dict[str, Any] = {"machine": describe_machine(), "device": options.device, "solve": [], "bake": None}
    device = options.device
    for seconds in (10,) if options.quick else (10, 60, 600, 3600):
        figures["solve"].append(run("solve", seconds=seconds, guidance="tangent", device=device))
        report(figures["solve"][-1])
    if options.quick:
        return save(figures, options.out)
    for quality in ("draft", "high"):
        figures["solve"].append(run("solve", seconds=60, guidance="tangent", quality=quality, device=device))
        report(figures["solve"][-1])
    figures["points"] = [
        run("solve", seconds=600, guidance="tangent", device=device, points=points) for points in POINT_SETS
    ]
    for row in figures["points"]:
        report(row)
    if device == "cpu":
        figures["libraries"] = [
            run("solve", seconds=600, guidance="tangent", device="cpu", library=library, precision=precision)
            for library, precision in (("torch", "float32"), ("torch", "auto"))
        ]
        for row in figures["libraries"]:
            report(row)
        # Made by `make test-without-blas`: Blender's own builds have such a numpy.
        for python in sorted((ROOT / ".venvs").glob("numpy-*-without-blas/bin/python")):
            row = run("solve", python=python, seconds=600, guidance="tangent", device="cpu", library="numpy")
            figures["libraries"].append({**row, "numpy": python.parents[1].name})
        for row in figures["libraries"][2:]:
            report(row)
        figures["start"] = run("start")
        report(figures["start"])
        for name in ("command", "busy"):
            figures[name] = [run(name, library=library) for library in ("numpy", "torch")]
            for row in figures[name]:
                report(row)
    figures["solve"].append(run("solve", seconds=10, guidance="pigdm", device=device))
    report(figures["solve"][-1])
    for name in ("network", "official"):
        figures[name] = run(name, device=device)
        report(figures[name])
    figures["bake"] = run("bake", frames=10000)
    report(figures["bake"])
    return save(figures, options.out)


def save(figures: dict[str, Any], path: Path | None) -> int:
    """Write the figures, if requested, and return the exit code."""
    if path:
        path.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    return 0


def run(measurement: str, python: Path = Path(sys.executable), **arguments: object) -> dict[str, Any]:
    """Run one measurement in a fresh process and return its figures."""
    command = [str(python), __file__, "--measure", measurement]
    for name, value in arguments.items():
        command += ["--option", f"{name}={value}"]
    finished = subprocess.run(
        command,
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    if finished.returncode:
        return {"measurement": measurement, **arguments, "error": finished.stderr.strip().splitlines()[-1]}
    figures: dict[str, Any] = json.loads(finished.stdout.strip().splitlines()[-1])
    return figures


def measure_bake(frames: str) -> dict[str, Any]:
    """Bake 22 bones on the default figure in Blender's Python module: measure the rig, convert, write the keys."""
    import bpy  # noqa: PLC0415
    import numpy as np  # noqa: PLC0415

    from inpose_blender.bake.bake import BakeSettings, bake_motion  # noqa: PLC0415
    from inpose_blender.rig.prepare import prepare_rig  # noqa: PLC0415
    from inpose_blender.rig.stick_figure import add_stick_figure  # noqa: PLC0415
    from inpose_core import Motion, Skeleton  # noqa: PLC0415

    body = Skeleton.template(1.75)
    scene = bpy.context.scene
    figure = add_stick_figure(scene, body)
    angle = np.linspace(0, 60, int(frames))[:, None] * np.linspace(0.1, 1, 22)
    axis = np.random.default_rng(0).normal(size=(22, 3))
    axis /= np.linalg.norm(axis, axis=1, keepdims=True)
    wxyz = np.concatenate((np.cos(angle)[..., None], np.sin(angle)[..., None] * axis), axis=-1)
    fps = scene.render.fps / scene.render.fps_base
    motion = Motion(wxyz, np.zeros((int(frames), 3)), body, fps)
    seconds = []
    for _ in range(3):
        began = time.perf_counter()
        rig = prepare_rig(figure, scene)
        bake_motion(figure, motion, BakeSettings("bench"), scene=scene, mapping=rig.mapping, measure=rig.measure)
        seconds.append(time.perf_counter() - began)
    return {
        "blender": bpy.app.version_string,
        "frames": int(frames),
        "bones": 22,
        "seconds_of_three": [round(value, 3) for value in seconds],
        **peak_memory_mb(),
    }


def describe_machine() -> dict[str, Any]:
    """Return a description of the machine."""
    import numpy as np  # noqa: PLC0415
    import torch  # noqa: PLC0415

    return {
        "cores": os.cpu_count(),
        "processor": platform.processor() or platform.machine(),
        "python": platform.python_version(),
        "numpy": np.__version__,
        "torch": torch.__version__,
        "cuda": torch.cuda.get_device_name(0) if torch.cuda.is_available() else None,
    }


def report(figures: dict[str, Any]) -> None:
    """Print one row."""
    print(json.dumps(figures), flush=True)


def measure_official(device: str) -> dict[str, Any]:
    """Time the official recipe, which loads torch."""
    from official import measure_official as measure  # noqa: PLC0415 (numpy's memory is to be its own)

    return measure(device)


MEASUREMENTS = {
    "solve": measure_solve,
    "start": measure_start,
    "command": measure_command,
    "busy": measure_busy,
    "network": measure_network,
    "official": measure_official,
    "bake": measure_bake,
}

if __name__ == "__main__":
    sys.exit(main())
