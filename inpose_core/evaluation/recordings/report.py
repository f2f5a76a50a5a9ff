# SPDX-License-Identifier: Apache-2.0
"""Write the bench of recordings: rows as JSON, a table per kind, a plot, and the cases that went wrong."""

from __future__ import annotations

import io
import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from ...errors import InPoseError
from ...system.output import write_output
from ..row_store import Row
from .defects import CLEAN_KINDS, DEFECTS
from .judging import OUTCOMES

if TYPE_CHECKING:
    from matplotlib.figure import Figure

TABLE: Final[str] = "defects of recordings"
"""The table's name between its markers in docs/evaluation.md."""
_KEPT: Final[tuple[str, ...]] = (
    "scene",
    "outcome",
    "reason",
    "places_cm",
    "turn_deg",
    "body_cm",
    "alarms",
    "controller",
    "logger",
)
_COLOURS: Final[dict[str, str]] = {"right": "#3b8a4a", "told": "#8ab661", "misled": "#e0952f", "silent": "#c0392b"}


def write_recordings_report(rows: Sequence[Row], folder: Path) -> list[Path]:
    """Write ``recordings.json`` and ``recordings.png`` into a folder and return their paths.

    Raises:
        OutputError: the folder cannot be written.
        InPoseError: matplotlib is not installed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / "recordings.json", folder / "recordings.png"]
    write_output(paths[0], [(json.dumps(document(rows), indent=1, allow_nan=False) + "\n").encode()])
    picture = io.BytesIO()
    _draw(rows).savefig(picture, dpi=110, format="png")
    write_output(paths[1], [picture.getvalue()])
    return paths


def document(rows: Sequence[Row]) -> dict[str, Any]:
    """Return the figures as plain values: shares of all, counts by kind, and each case that is misled or silent."""
    kinds = {
        kind: {"defect": DEFECTS[kind].sentence, **counts(found), "extra_findings": sum(r["alarms"] > 0 for r in found)}
        for kind in DEFECTS
        if (found := [row for row in rows if row["kind"] == kind])
    }
    wrong = [
        {"kind": row["kind"], **{name: row.get(name) for name in _KEPT}}
        for row in rows
        if row["outcome"] in ("misled", "silent")
    ]
    spoilt = [row for row in rows if row["kind"] not in CLEAN_KINDS]
    clean = [row for row in rows if row["kind"] in CLEAN_KINDS]
    return {
        "people": rows[0]["people"] if rows else "",
        "all": {"cases": len(spoilt), **shares(spoilt)},
        "clean": {"cases": len(clean), **counts(clean)},
        "kinds": kinds,
        "wrong": wrong,
    }


def counts(rows: Sequence[Row]) -> dict[str, int]:
    """Return how many rows have each outcome."""
    found = Counter(row["outcome"] for row in rows)
    return {outcome: found[outcome] for outcome in OUTCOMES}


def shares(rows: Sequence[Row]) -> dict[str, float]:
    """Return the share of each outcome, to a tenth of a percent."""
    return {outcome: round(count / max(1, len(rows)), 3) for outcome, count in counts(rows).items()}


def table(found: dict[str, Any]) -> str:
    """Return the figures of `document` as a Markdown table, in the words of the docs."""
    lines = ["| | right | told | misled | silent |", "|---|---|---|---|---|"]
    for entry in found["kinds"].values():
        lines.append(f"| {entry['defect']} | " + " | ".join(str(entry[name] or "") for name in OUTCOMES) + " |")
    total = " | ".join(f"**{100 * found['all'][name]:.1f} %**" for name in OUTCOMES)
    lines.append(f"| **all {found['all']['cases']} cases with a defect** | {total} |")
    return "\n".join(lines)


def wrong_cases(rows: Sequence[Row]) -> str:
    """Return the misled and silent cases, worst kinds first, with the commands that reproduce them."""
    parts = []
    kinds = sorted({row["kind"] for row in rows}, key=lambda kind: -len(_wrong(rows, kind)))
    for kind in kinds:
        found, wrong = [row for row in rows if row["kind"] == kind], _wrong(rows, kind)
        if not wrong:
            continue
        tally = ", ".join(f"{count} {name}" for name, count in counts(found).items() if count)
        parts.append(f"\n## {kind}: {DEFECTS[kind].sentence} ({tally})\n")
        for row in wrong:
            said = ", ".join(sorted({finding["kind"] for finding in row.get("findings", ())})) or "nothing"
            parts.append(
                f"- scene {row['scene']} ({row['controller']}, {row['logger']}): **{row['outcome']}**, "
                f"{row['reason']}; head, wrists, pelvis {row['places_cm']} cm, {row['turn_deg']} deg; "
                f"findings: {said}; `{row['command']}`"
            )
    return "\n".join(parts) + "\n"


def _wrong(rows: Sequence[Row], kind: str) -> list[Row]:
    return [row for row in rows if row["kind"] == kind and row["outcome"] in ("misled", "silent")]


def _draw(rows: Sequence[Row]) -> Figure:
    try:
        from matplotlib.figure import Figure  # noqa: PLC0415 (only needed to draw)
    except ImportError as error:
        raise InPoseError("Plots need matplotlib.", 'Install it: pip install "inpose[plot]".') from error
    kinds = [kind for kind in DEFECTS if any(row["kind"] == kind for row in rows)]
    figure = Figure(figsize=(9.5, 0.23 * len(kinds) + 1.2), layout="constrained")
    axis = figure.add_subplot()
    left = [0.0] * len(kinds)
    for outcome in OUTCOMES:
        width = [100 * shares([row for row in rows if row["kind"] == kind])[outcome] for kind in kinds]
        axis.barh(range(len(kinds)), width, left=left, color=_COLOURS[outcome], label=outcome)
        left = [a + b for a, b in zip(left, width, strict=True)]
    axis.set_yticks(range(len(kinds)), [DEFECTS[kind].sentence for kind in kinds], fontsize=7)
    axis.set_ylim(len(kinds) - 0.4, -0.6)
    axis.set_xlim(0, 100)
    axis.set_xlabel("cases, %")
    axis.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=4, fontsize=8, frameon=False)
    return figure
