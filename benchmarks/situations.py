# SPDX-License-Identifier: Apache-2.0
"""Measure motion by situation: ``python benchmarks/situations.py --data DATA [--weights PRIOR] [--out FOLDER]``.

``--out`` writes ``situations.json`` and ``situations.md`` into the folder. ``--set CMU`` (or UI-PRMD, children, HDM05)
measures one data set alone, ``--only run`` prints one situation. Perfect sensors, default settings, the average body.
The test people chose no weights; HDM05 chose the solver's steps.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from inpose_core import Motion, load_prior
from inpose_core.evaluation.plausibility import SituationFigures, figures_by_situation, situations_of
from inpose_core.evaluation.plausibility.table import Row, definitions, table
from inpose_core.evaluation.situation_people import HDM05, held_out_people, solved_pairs
from inpose_core.options.solve import SolveSettings
from inpose_core.system.output import write_output

TEST_PEOPLE: Final[str] = "test people"


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of packed motion")
    parser.add_argument("--weights", type=Path, help="prior to measure, instead of the shipped one")
    parser.add_argument("--set", help="measure only this data set: CMU, UI-PRMD, children or HDM05")
    parser.add_argument("--only", help="print only this situation")
    parser.add_argument("--out", type=Path, help="folder for situations.json and situations.md")
    options = parser.parse_args()
    prior = load_prior(options.weights) if options.weights else load_prior()
    clips = held_out_people(options.data)
    chosen = {options.set: clips[options.set]} if options.set else clips
    settings = SolveSettings(device="cpu")
    figures = figures_of_sets({name: solved_pairs(part, prior, settings) for name, part in chosen.items()})
    document = {
        name: {key: row.to_dict() for key, row in rows.items() if options.only in (None, key)}
        for name, rows in figures.items()
    }
    text = page(document)
    print(text)
    if options.out:
        write_output(options.out / "situations.json", [(json.dumps(document, indent=1) + "\n").encode()])
        write_output(options.out / "situations.md", [text.encode()])


def figures_of_sets(pairs: Mapping[str, list[tuple[Motion, Motion]]]) -> dict[str, dict[str, SituationFigures]]:
    """Return the figures of all test people, where there are several sets, and of each set, by situation."""
    tested = [pair for name, part in pairs.items() if name != HDM05 for pair in part]
    groups = {TEST_PEOPLE: tested, **pairs} if len(pairs) > 1 else dict(pairs)
    return {
        name: figures_by_situation(part, [situations_of(truth) for truth, _ in part]) for name, part in groups.items()
    }


def page(document: Mapping[str, Mapping[str, Row]]) -> str:
    """Return the tables of all sets and the figures' definitions in Markdown."""
    parts = [
        "# Motion by situation\n",
        "`make evaluate-situations` writes this page. The truth's own figures are in brackets.\n",
        definitions() + "\n",
    ]
    for name, rows in document.items():
        parts.append(f"## {name[0].upper()}{name[1:]}\n\n{table(rows)}\n")
    return "\n".join(parts)


if __name__ == "__main__":
    main()
