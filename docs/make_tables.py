# SPDX-License-Identifier: Apache-2.0
"""Write the tables of options and formats into the docs: ``python docs/make_tables.py``, or ``make tables``.

The tables stand between ``<!-- NAME -->`` and ``<!-- end of NAME -->``; a test fails when one is stale.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

from inpose_blender.bake.options import BakeOptions
from inpose_blender.export.options import ExportOptions
from inpose_blender.layers.options import LayerOptions
from inpose_blender.loops.options import LoopOptions
from inpose_core.evaluation import reliability
from inpose_core.evaluation.plausibility import table as situation_table
from inpose_core.evaluation.recordings import report as recordings_report
from inpose_core.options.calibration import CalibrationSettings
from inpose_core.options.document import option_table, with_tables
from inpose_core.options.reading import ReadOptions
from inpose_core.options.solve import SolveSettings
from inpose_core.recording.registry import recording_formats

DOCS: Final[Path] = Path(__file__).parent
CARD: Final[Path] = DOCS.parent / "inpose_core" / "weights" / "MODEL_CARD.md"
PAGES: Final[tuple[Path, ...]] = (
    DOCS / "panel.md",
    DOCS / "editing.md",
    DOCS / "recordings.md",
    DOCS / "evaluation.md",
    DOCS / "method.md",
    CARD,
)
SITUATIONS: Final[Path] = DOCS / "evaluation" / "situations.json"
RECORDINGS: Final[Path] = DOCS / "evaluation" / "recordings.json"
CONFIDENCE: Final[Path] = DOCS / "evaluation" / "confidence.json"


def tables() -> dict[str, str]:
    """Return the tables by their names in the docs."""
    by_people = json.loads(SITUATIONS.read_text(encoding="utf-8"))
    joined = by_people.pop("test people")
    return {
        "figures by situation": situation_table.table(joined),
        "definitions of the figures": situation_table.definitions(),
        "legs by situation": situation_table.short_table(by_people),
        "reading options": option_table(ReadOptions),
        "calibration options": option_table(CalibrationSettings),
        "solve options": option_table(SolveSettings),
        "bake options": option_table(BakeOptions),
        "layer options": option_table(LayerOptions),
        "loop options": option_table(LoopOptions),
        "export options": option_table(ExportOptions),
        "formats": format_table(),
        reliability.TABLE: reliability.table(json.loads(CONFIDENCE.read_text(encoding="utf-8"))),
        recordings_report.TABLE: recordings_report.table(json.loads(RECORDINGS.read_text(encoding="utf-8"))),
    }


def format_table() -> str:
    """Return a table of the files that InPose reads."""
    rows = ["| File | From | Hand poses |", "|---|---|---|"]
    for entry in recording_formats():
        if entry.source:
            suffixes = ", ".join(f"`{suffix}`" for suffix in entry.suffixes)
            rows.append(f"| {entry.name} ({suffixes}) | {entry.source} | {entry.hand_poses} |")
    return "\n".join(rows)


def main() -> None:
    """Write all pages."""
    for page in PAGES:
        page.write_text(with_tables(page.read_text(encoding="utf-8"), tables()), encoding="utf-8")


if __name__ == "__main__":
    main()
