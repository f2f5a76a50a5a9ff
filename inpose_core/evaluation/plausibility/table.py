# SPDX-License-Identifier: Apache-2.0
"""Show the figures as one Markdown table: a row for each figure, a column for each situation."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

Row = Mapping[str, Any]
"""`SituationFigures.to_dict` of one situation."""
_Cell = Callable[[Row], str]
_PERCENTILES: Final[tuple[str, ...]] = ("median", "90 %", "99 %")


@dataclass(frozen=True)
class TableFigure:
    """Define a figure of the table in one sentence, with its rows."""

    name: str
    meaning: str
    rows: tuple[tuple[str, _Cell], ...]
    """Title and cell of each row."""


def _number(value: float | None, digits: int = 0, factor: float = 1.0) -> str:
    return "" if value is None else f"{factor * value:.{digits}f}"


def _alone(title: str, key: str, digits: int = 0, factor: float = 1.0) -> tuple[str, _Cell]:
    return title, lambda row: _number(row[key], digits, factor)


def _with_truth(title: str, key: str, digits: int = 0, factor: float = 1.0) -> tuple[str, _Cell]:
    def cell(row: Row) -> str:
        solved, true = (_number(row[who][key], digits, factor) for who in ("solved", "true"))
        return f"{solved} ({true})" if solved or true else ""

    return title, cell


def _spread(title: str, key: str) -> tuple[tuple[str, _Cell], ...]:
    def cell_of(which: int) -> _Cell:
        return lambda row: f"{_number(row['solved'][key][which])} ({_number(row['true'][key][which])})"

    return tuple((f"{title}, {percentile}", cell_of(which)) for which, percentile in enumerate(_PERCENTILES))


FIGURES: Final[tuple[TableFigure, ...]] = (
    TableFigure("seconds", "the length of the motion in this situation", (_alone("seconds", "seconds"),)),
    TableFigure(
        "MPJPE",
        "the mean distance of the 22 joints from the truth, after the solution's head was moved to the true head",
        (_alone("MPJPE, cm", "mpjpe_cm", 1),),
    ),
    TableFigure(
        "legs",
        "the same for hips, knees, ankles and toes, as a mean and as the 95th percentile over frames",
        (_alone("legs, cm", "legs_cm", 1), _alone("legs, cm, 95 %", "legs_95_cm")),
    ),
    TableFigure(
        "foot sliding",
        "the mean horizontal speed of the toe joints while the true foot is planted",
        (_with_truth("foot sliding, cm/s", "sliding_cm_s"),),
    ),
    TableFigure(
        "stance share",
        "the share of the time in which a foot is planted: its toes are slower than 30 cm/s for at least 80 ms, and "
        "before and after that slower than 60 cm/s, at most 6 cm above the lowest toes within half a second",
        (_with_truth("stance share, %", "stance_share", 0, 100),),
    ),
    TableFigure(
        "steps found",
        "the share of the true landings (a stance begins) that the solution has too, on the same foot and within "
        "150 ms",
        (_alone("steps found, %", "steps_found", 0, 100),),
    ),
    TableFigure(
        "steps a second", "the number of landings of both feet", (_with_truth("steps a second", "steps_per_s", 1),)
    ),
    TableFigure(
        "contacts",
        "recall is the share of the true stances' frames in which the solver plants the foot, and precision is the "
        "share of the frames in which the solver plants a foot whose true foot is planted",
        (
            _alone("contact recall, %", "contact_recall", 0, 100),
            _alone("contact precision, %", "contact_precision", 0, 100),
        ),
    ),
    TableFigure("knee", "the flexion of the knees, 0 if they are straight", _spread("knee, °", "knee_deg")),
    TableFigure("knee speed", "the speed of this angle", _spread("knee speed, °/s", "knee_speed_deg_s")),
    TableFigure("toe speed", "the speed of the toe joints", _spread("toe speed, cm/s", "toe_speed_cm_s")),
    TableFigure(
        "toe lift",
        "the height of the higher toe joint over the lower one, 95th percentile over frames",
        (_with_truth("toe lift, cm", "toe_lift_cm"),),
    ),
    TableFigure(
        "sole depth",
        "how far the deepest point of the mesh soles is below the floor, as a mean and as the 99th percentile",
        (
            _with_truth("sole depth, cm", "sole_depth_cm", 1),
            _with_truth("sole depth, cm, 99 %", "sole_depth_99_cm", 1),
        ),
    ),
    TableFigure(
        "sole gap",
        "the mean height of a planted foot's lowest sole point above the floor",
        (_with_truth("sole gap, cm", "sole_gap_cm", 1),),
    ),
    TableFigure(
        "elbows and wrists beyond",
        "the share of frames in which an elbow is bent beyond -10 to 150 degrees, or a wrist by more than 10 degrees "
        "beyond its ranges (flexion 80, extension 70, to the thumb 20, to the little finger 35, roll 90 either way)",
        (
            _with_truth("elbows beyond, %", "elbows_beyond", 1, 100),
            _with_truth("wrists beyond, %", "wrists_beyond", 1, 100),
        ),
    ),
    TableFigure(
        "confidence",
        "the solver's mean confidence, and the share of frames that it promises: those whose knees, ankles and toes "
        "are within 10 cm of the truth on average",
        (_alone("confidence, %", "confidence", 0, 100), _alone("legs within 10 cm, %", "near", 0, 100)),
    ),
    TableFigure(
        "confidence error",
        "how far confidence and share are apart in five ranges of confidence, weighted by their frames",
        (_alone("confidence error, %", "confidence_error", 0, 100),),
    ),
)


def table(rows: Mapping[str, Row]) -> str:
    """Return the figures of each situation as a Markdown table; the truth's own figures are in brackets."""
    lines = [["", *rows], ["---"] * (len(rows) + 1)]
    lines += [[title, *(cell(row) for row in rows.values())] for figure in FIGURES for title, cell in figure.rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def definitions(figures: Sequence[TableFigure] = FIGURES) -> str:
    """Return the definition of each figure as a Markdown list."""
    return "\n".join(f"- **{figure.name}**: {figure.meaning}." for figure in figures)


SHORT_TITLES: Final[tuple[str, ...]] = (
    "seconds",
    "legs, cm",
    "legs, cm, 95 %",
    "foot sliding, cm/s",
    "stance share, %",
    "steps found, %",
    "knee, °, median",
    "toe lift, cm",
)


def short_table(groups: Mapping[str, Mapping[str, Row]], fewest_seconds: float = 2.0) -> str:
    """Return the main figures as a Markdown table with a row for each situation of each group of people."""
    rows = {title: cell for figure in FIGURES for title, cell in figure.rows}
    lines = [["", *SHORT_TITLES], ["---"] * (len(SHORT_TITLES) + 1)]
    for people, situations in groups.items():
        for name, row in situations.items():
            if row["seconds"] >= fewest_seconds:
                lines.append([f"{people}, {name}", *(rows[title](row) for title in SHORT_TITLES)])
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
