# SPDX-License-Identifier: GPL-3.0-or-later
"""Measure Live from the packet to the evaluated scene: ``python benchmarks/live_in_blender.py [--seconds 20]``.

A simulated VMC sender, the real worker, and a 22-bone rig with a mesh in the bpy module. A window adds its drawing:
`tests/gui/drive_live.py` measures from the packet to the picture. `live_hour.py` records for an hour.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import bpy
import numpy as np
from speed import EXAMPLE
from vmc_sender import datagrams, send, to_and_fro

from inpose_blender import addon
from inpose_blender.core import FloatArray, Skeleton
from inpose_blender.live import operators, session
from inpose_blender.live.stage import Stage
from inpose_blender.rig.stick_figure import add_stick_figure
from inpose_core.recording import load_recording

_PORT: Final[int] = 39787
_TICK_S: Final[float] = 1 / 60


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--send", type=float, nargs=2, metavar=("RATE", "SECONDS"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.send:
        send({_PORT: to_and_fro(datagrams(load_recording(EXAMPLE)))}, *options.send)
        return
    with tempfile.TemporaryDirectory() as folder:
        stage = begun(Path(folder))
        sender = _sender(72.0, options.seconds + 60)
        try:
            tick(stage, 60.0, lambda: stage.performers[0].shown > 60)
            print(_figures(stage, options.seconds))
        finally:
            sender.kill()
            session.drop()


def begun(folder: Path, port: int = _PORT) -> Stage:
    """Begin to follow a sender, with the rig; the takes go to the folder."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    addon.register()
    armature = add_stick_figure(bpy.context.scene, Skeleton.template(), "Character")
    bpy.context.view_layer.objects.active = armature
    bpy.context.scene.inpose.pose = "grip"
    bpy.context.scene.inpose_live.port = port
    bpy.context.window_manager.inpose_headset.folder = str(folder)
    return operators.begin_stage(bpy.context)


def _sender(rate_hz: float, seconds: float) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, __file__, "--send", str(rate_hz), str(seconds)])


def tick(stage: Stage, seconds: float, until: Callable[[], object] | None = None) -> list[float]:
    """Tick as Blender's timer does, and return how long each tick and its evaluation took, in seconds.

    Args:
        stage: the session.
        seconds: how long.
        until: asked after each tick; what is true ends it.
    """
    took_s, began_s = [], time.monotonic()
    while time.monotonic() - began_s < seconds:
        at_s = time.perf_counter()
        stage.tick()
        bpy.context.view_layer.update()
        took_s.append(time.perf_counter() - at_s)
        assert stage.error is None, stage.error
        if until is not None and until():
            break
        time.sleep(max(0.0, _TICK_S - took_s[-1]))
    return took_s


def _figures(stage: Stage, seconds: float) -> str:
    performer, job = stage.performers[0], stage.performers[0].job
    assert job is not None
    in_worker_ms: list[float] = []
    in_scene_ms: list[float] = []
    shown, first_shown, cpu_s = performer.shown, performer.shown, time.process_time()

    def note() -> bool:
        nonlocal shown
        follow = job.follow
        if performer.shown > shown and follow.heard_s is not None and follow.behind_s is not None:
            shown = performer.shown
            in_worker_ms.append(1000 * follow.behind_s)
            in_scene_ms.append(1000 * (time.monotonic() - follow.heard_s))
        return False

    took_ms = 1000 * np.array(tick(stage, seconds, note))
    return (
        f"{(performer.shown - first_shown) / seconds:.1f} poses a second on the rig. From the packet to the pose in "
        f"the worker: {_quantiles(in_worker_ms)}; to the evaluated scene in Blender: {_quantiles(in_scene_ms)}. A tick "
        f"in Blender with the evaluation of the scene: {_quantiles(took_ms)}, longest {took_ms.max():.1f} ms; "
        f"{100 * (time.process_time() - cpu_s) / seconds:.0f} % of a core."
    )


def _quantiles(values_ms: Sequence[float] | FloatArray) -> str:
    return f"median {np.median(values_ms):.1f} ms, 99 % {np.quantile(values_ms, 0.99):.1f} ms"


def memory_mb(process: str) -> float:
    """Return the resident memory of a process, by its number or ``self``."""
    pages = int(Path(f"/proc/{process}/statm").read_text(encoding="ascii").split()[1])
    return pages * 4096 / 1e6


if __name__ == "__main__":
    main()
