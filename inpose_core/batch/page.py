# SPDX-License-Identifier: Apache-2.0
"""Write a batch's report: a JSON file for scripts, and one page with a contact sheet for people."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Final
from urllib.parse import quote

from ..body.skeleton import JOINT_NAMES, PARENTS
from ..system.output import write_output
from .result import JobResult

REPORT_NAME: Final[str] = "inpose-batch.json"
PAGE_NAME: Final[str] = "inpose-batch.html"

_LEFT, _RIGHT, _MIDDLE = "#1f77b4", "#d62728", "#333333"
_FIGURE_PX: Final[tuple[int, int]] = (64, 96)
_HEIGHT_M: Final[float] = 2.1
_CURVE_PX: Final[tuple[int, int]] = (240, 36)
_STYLE: Final[str] = """
body { font: 15px/1.45 system-ui, sans-serif; margin: 2em auto; max-width: 70em; padding: 0 1em; color: #222; }
h1 { font-size: 1.4em; } section { border-top: 1px solid #ccc; padding: .8em 0; }
h2 { font-size: 1.05em; margin: 0; } p, ul { margin: .3em 0; } small { color: #666; }
.failed h2 { color: #b00020; } .sheet { white-space: nowrap; overflow-x: auto; }
"""


def write_report(results: Sequence[JobResult], folder: Path) -> tuple[Path, Path]:
    """Write the report into a folder, and return the paths of its JSON file and its page.

    Raises:
        OutputError: a file cannot be written.
    """
    report, page = folder / REPORT_NAME, folder / PAGE_NAME
    document = {"jobs": [_plain(result) for result in results], "counts": counts(results)}
    write_output(report, [json.dumps(document, indent=1).encode() + b"\n"])
    write_output(page, [page_of(results, folder).encode(errors="replace")])
    return report, page


def counts(results: Sequence[JobResult]) -> dict[str, int]:
    """Return how many jobs were solved, unchanged and failed."""
    return {status: sum(result.status == status for result in results) for status in ("solved", "unchanged", "failed")}


def page_of(results: Sequence[JobResult], folder: Path) -> str:
    """Return the page as HTML: first the recordings that failed, then those with the lowest confidence."""
    number = counts(results)
    frames = sum(result.frames for result in results)
    order = sorted(results, key=lambda result: (result.status != "failed", result.mean_confidence, result.recording))
    sections = "\n".join(_section(result, folder) for result in order)
    told = ", ".join(f"{count} {status}" for status, count in number.items() if count)
    return (
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>InPose batch</title>'
        f"<style>{_STYLE}</style></head>\n<body>\n<h1>InPose batch: {len(results)} recordings ({told})</h1>\n"
        f"<p>{frames / 60 / 60:.1f} minutes of motion. Recordings that failed come first, then those that InPose is "
        f"least sure of. Left is blue, right is red.</p>\n{sections}\n</body></html>\n"
    )


def _section(result: JobResult, folder: Path) -> str:
    name = escape(Path(result.recording).name)
    if result.status == "failed":
        words = escape(f"{result.message} {result.hint}".strip())
        return f'<section class="failed"><h2>{name}</h2><p>{words}</p></section>'
    hands = "" if result.mean_hand_error_m is None else f", hands {100 * result.mean_hand_error_m:.1f} cm off"
    facts = (
        f"{result.seconds:.1f} s, performer {result.stature_m:.2f} m, confidence {result.mean_confidence:.2f}{hands}"
        f"{', unchanged' if result.status == 'unchanged' else ''}"
    )
    link = escape(_address(result.output, folder))
    notes = "".join(f"<li>{escape(note)}</li>" for note in result.notes)
    figures = "".join(_figure(pose) for pose in result.poses_m)
    return (
        f'<section><h2>{name}</h2><p>{facts} · <a href="{link}">{escape(Path(result.output).name)}</a></p>'
        f'<div class="sheet">{figures}{_curve(result.confidence)}</div>{f"<ul>{notes}</ul>" if notes else ""}</section>'
    )


def _figure(pose_m: Sequence[Sequence[float]]) -> str:
    """Return a stick figure as SVG, seen from the front: the person's left is on the right."""
    width, height = _FIGURE_PX
    scale = height / _HEIGHT_M
    at = [(width / 2 + scale * x, height - 3 - scale * y) for x, y in pose_m]
    bones = "".join(
        f'<line x1="{at[parent][0]:.1f}" y1="{at[parent][1]:.1f}" x2="{at[joint][0]:.1f}" y2="{at[joint][1]:.1f}" '
        f'stroke="{_colour(JOINT_NAMES[joint])}"/>'
        for joint, parent in enumerate(PARENTS)
        if parent >= 0
    )
    floor = f'<line x1="0" y1="{height - 3}" x2="{width}" y2="{height - 3}" stroke="#ddd"/>'
    return f'<svg width="{width}" height="{height}" stroke-width="2" stroke-linecap="round">{floor}{bones}</svg>'


def _curve(values: Sequence[float]) -> str:
    """Return the confidence over time as SVG, from 0 at the bottom to 1."""
    width, height = _CURVE_PX
    step = width / max(1, len(values) - 1)
    points = " ".join(f"{step * index:.1f},{height - height * value:.1f}" for index, value in enumerate(values))
    return (
        f'<svg width="{width}" height="{height}"><title>Confidence over time</title>'
        f'<rect width="{width}" height="{height}" fill="#f4f4f4"/>'
        f'<polyline points="{points}" fill="none" stroke="#2a7" stroke-width="1.5"/></svg>'
    )


def _colour(joint: str) -> str:
    return _LEFT if joint.startswith("left_") else _RIGHT if joint.startswith("right_") else _MIDDLE


def _address(output: str, folder: Path) -> str:
    """Return the address of a motion for the page: relative to the page's folder, if the motion is in it."""
    if "://" in output:
        return output
    path = Path(output).absolute()
    try:
        return quote(os.fsencode(path.relative_to(folder.absolute()).as_posix()))
    except ValueError:
        return path.as_uri()


def _plain(result: JobResult) -> dict[str, object]:
    """Return a result for the JSON file; the poses are for the page alone."""
    return {name: value for name, value in result.to_dict().items() if name != "poses_m"}
