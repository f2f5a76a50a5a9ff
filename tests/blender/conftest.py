# SPDX-License-Identifier: GPL-3.0-or-later
"""Give tests a clean Blender, made-up rigs, and a solver that is none. Without the bpy wheel everything is skipped."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

bpy = pytest.importorskip("bpy", reason="the bpy wheel is not installed: pip install 'inpose[bpy]'")

HERE = Path(__file__).resolve().parent
for folder in (HERE, HERE.parents[1]):
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))


@pytest.fixture(autouse=True)
def _clean_blender() -> None:
    bpy.ops.wm.read_factory_settings(use_empty=True)


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(7)


@pytest.fixture
def take(tmp_path: Path) -> Path:
    """Return a file that stands for a recording: the fake solver only looks whether it is empty."""
    path = tmp_path / "take one.bsor"
    path.write_bytes(b"data")
    return path


@pytest.fixture
def fake_worker(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    """Put the fake solver in the place of the real one; call the result to give it faults, in a new process."""
    from inpose_blender.runtime import interpreter  # noqa: PLC0415  (only now is the checkout on the path)
    from inpose_blender.runtime.worker_job import stop_warm_process  # noqa: PLC0415

    monkeypatch.setattr(interpreter, "WORKER_ARGUMENTS", (str(HERE / "fake_worker.py"),))
    monkeypatch.delenv(interpreter.ENVIRONMENT_VARIABLE, raising=False)
    given: list[str] = [""]

    def misbehave(faults: str) -> None:
        monkeypatch.setenv("FAKE_WORKER", faults)
        if faults != given[0]:
            stop_warm_process()  # a running process has the faults it was started with
            given[0] = faults

    misbehave("")
    yield misbehave
    stop_warm_process()


@pytest.fixture
def requests(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, dict]]:
    """Return a list that fills with what the solver is asked for: method and parameters, as the JSON has them."""
    from inpose_blender.runtime.solver_process import SolverProcess  # noqa: PLC0415

    asked: list[tuple[str, dict]] = []
    ask = SolverProcess.request

    def listen(process: SolverProcess, method: str, params: dict) -> int:
        asked.append((method, json.loads(json.dumps(dict(params)))))
        return ask(process, method, params)

    monkeypatch.setattr(SolverProcess, "request", listen)
    return asked


@pytest.fixture
def results(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder of this test's own for solved motions, used instead of the user's."""
    from inpose_blender.preferences import operators as support  # noqa: PLC0415
    from inpose_blender.solve import operators as solve  # noqa: PLC0415
    from inpose_blender.solve.queue import QUEUE  # noqa: PLC0415
    from inpose_blender.takes.memory import TAKES  # noqa: PLC0415

    folder = tmp_path / "results"
    folder.mkdir()
    for module in (solve, support):
        monkeypatch.setattr(module, "results_folder", lambda: folder)
    TAKES.clear()
    QUEUE.clear()
    return folder


@pytest.fixture
def registered(results: Path) -> Iterator[None]:
    """Register the add-on, with a results folder of its own."""
    from inpose_blender import addon  # noqa: PLC0415

    addon.register()
    yield
    addon.unregister()
