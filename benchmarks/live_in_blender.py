# SPDX-License-Identifier: GPL-3.0-or-later
"""Measure Live from the packet to the bone: ``python benchmarks/live_in_blender.py [--seconds 20] [--hour-minutes 0]``.

A simulated VMC sender, the real worker, and a 22-bone rig with a mesh in the bpy module; a window adds its drawing
(`tests/gui/drive_live.py`). ``--hour-minutes N`` goes on for N minutes at ten times the speed of the sender, and prints
how much memory both processes have gained.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Final

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import bpy
import numpy as np
from speed import EXAMPLE
from vmc_sender import datagrams, send, to_and_fro

from inpose_blender import addon
from inpose_blender.core import Skeleton
from inpose_blender.live import operators, session
from inpose_blender.live.stage import Stage
from inpose_blender.rig.stick_figure import add_stick_figure
from inpose_core.recording import load_recording

_PORT: Final[int] = 39787
_TICK_S: Final[float] = 1 / 60
_FASTER: Final[float] = 10.0


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--hour-minutes", type=float, default=0.0)
    parser.add_argument("--send", type=float, nargs=2, metavar=("RATE", "SECONDS"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.send:
        send(_PORT, to_and_fro(datagrams(load_recording(EXAMPLE))), *options.send)
        return
    with tempfile.TemporaryDirectory() as folder:
        stage = begun(Path(folder))
        lasts_s = options.seconds + 60 * options.hour_minutes + 60
        sender = _sender(72.0, lasts_s)
        try:
            tick(stage, 60.0, lambda: stage.performers[0].shown > 60)
            print(_figures(stage, options.seconds))
            if options.hour_minutes:
                sender.kill()
                sender = _sender(72.0 * _FASTER, lasts_s)
                print(_growth(stage, 60 * options.hour_minutes))
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


def tick(stage: Stage, seconds: float, until: object = None) -> list[float]:
    """Tick as Blender's timer does, and return how long each tick and its evaluation took, in seconds."""
    took_s, began_s = [], time.monotonic()
    while time.monotonic() - began_s < seconds and not (callable(until) and until()):
        at_s = time.perf_counter()
        stage.tick()
        bpy.context.view_layer.update()
        took_s.append(time.perf_counter() - at_s)
        time.sleep(max(0.0, _TICK_S - took_s[-1]))
        assert stage.error is None, stage.error
    return took_s


def _figures(stage: Stage, seconds: float) -> str:
    performer, job = stage.performers[0], stage.performers[0].job
    assert job is not None
    behind_ms: list[float] = []
    shown, cpu_s = performer.shown, time.process_time()

    def note() -> bool:
        if job.follow.behind_s is not None:
            behind_ms.append(1000 * job.follow.behind_s)
        return False

    took_ms = 1000 * np.array(tick(stage, seconds, note))
    return (
        f"{(performer.shown - shown) / seconds:.1f} poses a second on the rig. From the packet to the pose in the "
        f"worker: median {np.median(behind_ms):.0f} ms, 99 % {np.quantile(behind_ms, 0.99):.0f} ms. A tick in Blender "
        f"with the evaluation of the scene: median {np.median(took_ms):.1f} ms, 99 % {np.quantile(took_ms, 0.99):.1f} "
        f"ms, longest {took_ms.max():.1f} ms; {100 * (time.process_time() - cpu_s) / seconds:.0f} % of a core."
    )


def _growth(stage: Stage, seconds: float) -> str:
    job = stage.performers[0].job
    assert job is not None
    assert job._slot.process is not None
    processes = {"Blender": "self", "worker": str(job._slot.process._process.pid)}
    tick(stage, min(30.0, seconds / 4))
    before = {name: memory_mb(process) for name, process in processes.items()}
    tick(stage, seconds)
    gained = {name: memory_mb(process) - before[name] for name, process in processes.items()}
    texts = ", ".join(f"{name} {gained[name]:+.1f} MB (of {before[name]:.0f} MB)" for name in processes)
    return f"After {seconds / 60:.1f} minutes at {_FASTER:.0f} times the rate: {texts}."


def memory_mb(process: str) -> float:
    """Return the resident memory of a process, by its number or ``self``."""
    pages = int(Path(f"/proc/{process}/statm").read_text(encoding="ascii").split()[1])
    return pages * 4096 / 1e6


if __name__ == "__main__":
    main()
