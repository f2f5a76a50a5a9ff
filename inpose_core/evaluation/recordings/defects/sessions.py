# SPDX-License-Identifier: Apache-2.0
"""Put two sessions into one file, or a long pause into one."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np

from ....options.reading import ReadOptions
from ..devices import Take
from ..loggers.logger import Logger
from ..loggers.tables import INPOSE, UNITY, joined_rows, write_table
from .defect import Damage, Damaged, Defect, Inflict, fitting

_TOLD: Final = fitting("several_takes", "clock")


def _cut(take: Take, frames: slice) -> Take:
    return replace(
        take,
        times_s=take.times_s[frames] - take.times_s[frames][0],
        positions_m=take.positions_m[frames],
        rotations_wxyz=take.rotations_wxyz[frames],
        measured=take.measured[frames],
    )


def _appended(with_headers: bool) -> Inflict:
    def inflict(take: Take, _logger: Logger, random: np.random.Generator) -> Damaged:
        border = int(len(take) * float(random.uniform(0.4, 0.6)))
        style, axes = (UNITY, "unity") if random.random() < 0.5 else (INPOSE, None)

        def write(whole: Take) -> bytes:
            parts = (_cut(whole, slice(0, border)), _cut(whole, slice(border, len(whole))))
            return joined_rows([write_table(part, style) for part in parts], with_headers)

        return Damaged(take, Logger("appended", ".csv", write), (Damage(_TOLD),), reading=ReadOptions(axes=axes))

    return inflict


def _paused(take: Take, logger: Logger, random: np.random.Generator) -> Damaged:
    border = int(len(take) * float(random.uniform(0.4, 0.6)))
    times_s = take.times_s.copy()
    times_s[border:] += float(random.uniform(12.0, 40.0))
    return Damaged(replace(take, times_s=times_s), logger, (Damage(_TOLD),))


DEFECTS: Final[tuple[Defect, ...]] = (
    Defect(
        "two_sessions",
        "file",
        "a second session is appended, its times from zero again",
        _appended(False),
        must_tell=True,
    ),
    Defect("two_sessions_header", "file", "the same, with the header line again", _appended(True), must_tell=True),
    Defect("long_pause", "file", "nothing is recorded for 12 to 40 s in mid-take", _paused, must_tell=True),
)
