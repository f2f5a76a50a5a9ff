# SPDX-License-Identifier: Apache-2.0
"""A solve with numpy computes in float32 all the way: numpy widens to float64 where nobody asked for it.

numpy 1 makes float64 of a single float32 beside a Python number, numpy 2 of a float32 array beside a float64 scalar.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest

import inpose_core
from inpose_core.numerics import numpy_namespace
from inpose_core.options.solve import SolveSettings
from inpose_core.solver.solving import solve
from tests.core.synthetic import perfect_sensors, smooth_motion

CORE = str(Path(inpose_core.__file__).parent)
MOTION = smooth_motion(150, swing=0.3)


class Watched(np.ndarray):
    """Remember where arrays of float64 come from; whatever is computed with it is watched in turn."""

    widened: ClassVar[set[str]] = set()

    def __array_finalize__(self, made_from: Any) -> None:
        self.note()

    def __array_function__(self, function: Any, types: Any, arguments: Any, options: Any) -> Any:
        made = super().__array_function__(function, types, arguments, options)
        if isinstance(made, np.ndarray):
            # Some functions (`where`, `einsum`) make plain arrays.
            made = made.view(Watched)
            made.note()
        return made

    def note(self) -> None:
        """Remember the line of the core that made this array, if it is of float64; what numpy does within is its own.

        Single numbers may be: beside an array they do not count.
        """
        if self.dtype not in (np.float64, np.complex128) or self.ndim == 0:
            return
        maker = sys._getframe(1)
        while maker.f_code.co_filename == __file__ and maker.f_back is not None:
            maker = maker.f_back
        if maker.f_code.co_filename.startswith(CORE):
            self.widened.add(f"{Path(maker.f_code.co_filename).name}:{maker.f_lineno}")


@pytest.fixture
def watched(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    monkeypatch.setattr(numpy_namespace, "from_numpy", lambda x, device: x.view(Watched))
    monkeypatch.setattr(Watched, "widened", set())
    return Watched.widened


@pytest.mark.parametrize(
    "settings",
    [
        SolveSettings(),
        SolveSettings(quality="high", use_floor=True, max_elbow_bend_deg=95.0),
        SolveSettings(variation=1.0, sampler="dpmpp_2m", steps=3, use_head_motion=False),
    ],
    ids=["default", "best", "varied"],
)
def test_no_array_is_widened(watched: set[str], settings: SolveSettings) -> None:
    sensors = perfect_sensors(MOTION)
    measured = sensors.measured.copy()
    measured[60:80, 1] = measured[120:, 2] = False
    solve(replace(sensors, measured=measured), MOTION.skeleton, replace(settings, library="numpy"))
    assert watched == set()


def test_a_widened_array_is_seen(watched: set[str]) -> None:
    x = numpy_namespace.from_numpy(np.ones((2, 3), np.float32), "cpu")
    numpy_namespace.layer_norm(x)
    assert watched == set()
    numpy_namespace.sigmoid(x.astype(np.float64))
    assert {place.split(":")[0] for place in watched} == {"numpy_namespace.py"}
