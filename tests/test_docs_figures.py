# SPDX-License-Identifier: Apache-2.0
"""Hold figures in the docs to the files that the benchmarks have written and that the docs cite."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent
N = r"([\d.,]+)"
"""Stands for a figure in a sentence."""


def solves(figures: dict[str, Any], frames: int) -> dict[str, Any]:
    """Return how the default solve of a take went."""
    (row,) = (
        row
        for row in figures["solve"]
        if (row["frames"], row["guidance"], row["quality"]) == (frames, "tangent", "default")
    )
    return row


def takes_speed(figures: dict[str, Any]) -> list[float]:
    ten_minutes, hour = solves(figures, 36_000), solves(figures, 216_000)
    return [
        ten_minutes["seconds"],
        ten_minutes["peak_memory_mb"] / 1000,
        hour["seconds"],
        hour["peak_memory_mb"] / 1000,
    ]


def frames_per_s(figures: dict[str, Any]) -> list[float]:
    (pytorch,) = (row for row in figures["libraries"] if row["precision"] == "float32")
    return [solves(figures, 36_000)["frames_per_s"], pytorch["frames_per_s"]]


def steps_and_feet(figures: dict[str, Any]) -> list[float]:
    walk, run = figures["test people"]["walk"], figures["test people"]["run"]
    found = [value for each in (walk, run) for value in (100 * each["steps_found"], each["solved"]["sliding_cm_s"])]
    return [*found, walk["true"]["sliding_cm_s"], run["true"]["sliding_cm_s"]]


CLAIMS: tuple[tuple[str, str, str, Callable[[Any], list[float]]], ...] = (
    (
        "README.md",
        f"ten minutes in {N} s with {N} GB of memory, and an hour in {N} s with {N} GB",
        "benchmarks/results.json",
        takes_speed,
    ),
    (
        "README.md",
        f"bakes 10,000 frames of 22 bones in {N} s",
        "benchmarks/results.json",
        lambda figures: [min(figures["bake"]["seconds_of_three"])],
    ),
    (
        "README.md",
        f"command `inpose solve` takes {N} s for one second",
        "benchmarks/results.json",
        lambda figures: [figures["start"]["seconds"]],
    ),
    (
        "docs/evaluation.md",
        f"ours solves {N} frames per second with NumPy and {N} with PyTorch",
        "benchmarks/results.json",
        frames_per_s,
    ),
    (
        "README.md",
        f"people walk, {N} % of the steps are found and planted feet slide at {N} cm/s; when they run, {N} % and {N} "
        rf"cm/s. \(In the captured motion, planted feet move at {N} and {N} cm/s",
        "docs/evaluation/situations.json",
        steps_and_feet,
    ),
)


def rounded_like(value: float, text: str) -> str:
    """Return a value with as many digits as a text has: 18,800 has three."""
    plain = text.replace(",", "")
    step = Decimal(1).scaleb(Decimal(plain).as_tuple().exponent)  # type: ignore[arg-type]  # it is finite
    if "." not in plain:
        step = Decimal(10) ** (len(plain) - len(plain.rstrip("0")))
    return f"{(Decimal(value) / step).quantize(Decimal(1)) * step:,}"


@pytest.mark.parametrize(("page", "sentence", "file", "values"), CLAIMS)
def test_figures_are_those_of_the_file_that_is_cited(
    page: str, sentence: str, file: str, values: Callable[[Any], list[float]]
) -> None:
    text = " ".join((ROOT / page).read_text(encoding="utf-8").split())
    found = re.search(sentence, text)
    assert found, f"{page} no longer says this: change the sentence here, too"
    figures = json.loads((ROOT / file).read_text(encoding="utf-8"))
    told = list(found.groups())
    assert told == [rounded_like(value, said) for value, said in zip(values(figures), told, strict=True)]


@pytest.mark.parametrize(
    ("value", "text", "rounded"), [(18824, "18,800", "18,800"), (1.912, "1.9", "1.9"), (95.0, "95", "95")]
)
def test_a_figure_is_compared_with_the_digits_that_are_told(value: float, text: str, rounded: str) -> None:
    assert rounded_like(value, text) == rounded
