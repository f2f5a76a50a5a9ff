# SPDX-License-Identifier: Apache-2.0
"""Write times and losses as loggers do: clocks past midnight, dates, stalled clocks, words where tracking is lost."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np

from ....arrays import FloatArray
from ....options.reading import ReadOptions
from ..devices import Take
from ..loggers.logger import Logger
from ..loggers.tables import INPOSE, UNITY, TimeStyle, clock_text, date_text, number_text, table_logger, write_table
from .defect import NOT_TRACKED, Damage, Damaged, Defect, Inflict, draw_hand, draw_span, fitting

_UNITY: Final[ReadOptions] = ReadOptions(axes="unity")
"""Said, so that only the clock is to be found out."""
_CLOCK: Final = fitting("clock", "several_takes")


def _timed(style: TimeStyle | None, name: str) -> Inflict:
    def inflict(take: Take, _logger: Logger, random: np.random.Generator) -> Damaged:
        chosen = style or clock_text(86400.0 - float(random.uniform(0.3, 0.7)) * take.duration_s)
        logger = table_logger(name, replace(UNITY, time_style=chosen))
        return Damaged(take, logger, (Damage(_CLOCK),), reading=_UNITY)

    return inflict


def _stalled(take: Take, logger: Logger, random: np.random.Generator) -> Damaged:
    """The clock stands still for half a second twice, then jumps to the right time."""
    times_s = take.times_s.copy()
    damages = []
    for _ in range(2):
        span_s = draw_span(take, random, 0.3, 0.6)
        frames = take.frames(*span_s)
        times_s[frames] = times_s[frames.start]
        damages.append(Damage(NOT_TRACKED | fitting("clock", "damaged"), None, *span_s))
    return Damaged(replace(take, times_s=times_s), logger, tuple(damages))


def whole_seconds_text(start_s: float) -> TimeStyle:
    """Return a style of clock times without fractions."""
    return lambda times_s: [text.partition(".")[0] for text in clock_text(start_s)(times_s)]


def deltas_text(times_s: FloatArray) -> list[str]:
    """Return the seconds since the frame before."""
    return [f"{step_s:.5f}" for step_s in np.diff(times_s, prepend=times_s[0])]


def _deltas(take: Take, _logger: Logger, _random: np.random.Generator) -> Damaged:
    logger = table_logger("deltas", replace(UNITY, time="deltaTime", time_style=deltas_text))
    return Damaged(take, logger, (Damage(_CLOCK),), reading=_UNITY)


def _whole_seconds(take: Take, _logger: Logger, random: np.random.Generator) -> Damaged:
    style = whole_seconds_text(float(random.uniform(30000.0, 60000.0)))
    return Damaged(
        take, table_logger("whole_seconds", replace(UNITY, time_style=style)), (Damage(_CLOCK),), reading=_UNITY
    )


def _repeated(take: Take, logger: Logger, _random: np.random.Generator) -> Damaged:
    """The logger runs twice as fast as the tracking, so every second pose is the one before."""
    frame = np.arange(len(take)) // 2 * 2
    slower = take.with_poses(take.positions_m[frame], take.rotations_wxyz[frame])
    return Damaged(slower, logger, ())


def _disordered(take: Take, _logger: Logger, _random: np.random.Generator) -> Damaged:
    """Threads write rows before others that are earlier."""

    def write(whole: Take) -> bytes:
        header, *rows = write_table(whole, UNITY).splitlines(keepends=True)
        late = np.arange(len(rows)) + 6.0 * (np.random.default_rng(len(rows)).random(len(rows)) < 0.15)
        return header + b"".join(rows[row] for row in np.argsort(late, kind="stable"))

    return Damaged(take, Logger("disordered", ".csv", write), (Damage(_CLOCK | fitting("damaged")),), reading=_UNITY)


def _words(take: Take, _logger: Logger, random: np.random.Generator) -> Damaged:
    hand, span_s = draw_hand(random), draw_span(take, random, 2.0, 5.0)
    measured = take.measured.copy()
    measured[take.frames(*span_s), hand] = False
    word = ("Lost", "null", "NotTracked", "#N/A")[int(random.integers(4))]
    style, reading = (UNITY, _UNITY) if random.random() < 0.5 else (INPOSE, ReadOptions())
    damage = Damage(NOT_TRACKED | fitting("damaged"), hand, *span_s)
    return Damaged(
        replace(take, measured=measured), table_logger("words", replace(style, lost=word)), (damage,), reading=reading
    )


DEFECTS: Final[tuple[Defect, ...]] = (
    Defect("clock_past_midnight", "file", "times of the day without a date, past midnight", _timed(None, "clock")),
    Defect("dates", "file", "times are ISO dates", _timed(date_text, "dates")),
    Defect("unix_ms", "file", "times are milliseconds since 1970", _timed(number_text("ms", 1.7e9), "unix_ms")),
    Defect("net_ticks", "file", "times are .NET ticks", _timed(number_text("ticks", 6.38e10), "ticks")),
    Defect("whole_seconds", "file", "times of the day without fractions of a second", _whole_seconds),
    Defect("time_deltas", "file", "the time column counts from frame to frame", _deltas),
    Defect("repeated_poses", "file", "each pose is written twice, at two times", _repeated),
    Defect("disordered_rows", "file", "some rows are written later than they belong", _disordered),
    Defect("stalled_clock", "file", "the clock stands still for half a second, twice", _stalled),
    Defect(
        "words_for_lost", "file", "the cells of a lost hand contain a word", _words, refusal_tells="Line \\d+ .* column"
    ),
)
