# SPDX-License-Identifier: Apache-2.0
"""Write the figures of the protocols as JSON and as Markdown, beside the paper's where the protocol is the same."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import numpy as np

from ...system.output import write_output
from ..bodies import BODIES
from ..row_store import Row
from .training import ProtocolTraining

_COLUMNS: Final[tuple[tuple[str, str], ...]] = (
    ("mpjpe_cm", "MPJPE cm"),
    ("mpjre_deg", "MPJRE °"),
    ("upper_cm", "upper cm"),
    ("lower_cm", "lower cm"),
    ("hand_cm", "hands cm"),
    ("mpjve_cm_s", "MPJVE cm/s"),
    ("jitter", "jitter"),
    ("jitter_of_truth", "jitter of the truth"),
    ("scaled_mpjpe_cm", "MPJPE over size, cm"),
)
PUBLISHED: Final[Mapping[str, Mapping[str, tuple[float, float | None]]]] = MappingProxyType(
    {
        "AvatarJLM": {
            "default": (4.92, 4.25),
            "upper body x 1.4": (26.09, 7.02),
            "arms x 1.4, torso x 0.7": (18.89, None),
        },
        "BoDiffusion (Local)": {
            "default": (5.16, 4.32),
            "upper body x 1.4": (25.69, 15.35),
            "arms x 1.4, torso x 0.7": (9.98, None),
        },
        "BoDiffusion (Global)": {
            "default": (5.97, 4.97),
            "upper body x 1.4": (13.40, 11.48),
            "upper body x 0.85": (6.76, None),
            "upper body x 1.17": (8.18, None),
            "arms x 1.4, torso x 0.7": (7.61, None),
            "arms x 0.85, torso x 1.17": (6.80, None),
        },
        "InPose": {
            "default": (7.64, 6.38),
            "upper body x 1.4": (9.15, 6.71),
            "upper body x 0.85": (7.13, None),
            "upper body x 1.17": (8.25, None),
            "arms x 1.4, torso x 0.7": (6.52, None),
            "arms x 0.85, torso x 1.17": (7.80, None),
        },
        "InPose (head)": {
            "upper body x 0.85": (6.08, None),
            "upper body x 1.17": (5.92, None),
            "arms x 0.85, torso x 1.17": (5.71, None),
        },
    }
)
"""MPJPE in cm and MPJRE in degrees of Protocol 1, as the paper (InPose, ICLR 2026) prints them."""


@dataclass(frozen=True)
class ProtocolResult:
    """Hold what one prior reaches in one protocol."""

    protocol: int
    prior: str
    training: ProtocolTraining | None
    """None: the prior was trained on other files than the protocol's."""
    own_bones: bool
    """Whether body models gave the default body and the subjects' bones."""
    rows: Sequence[Row]

    @property
    def measured(self) -> list[Row]:
        """Return the rows of the files that could be read."""
        return [row for row in self.rows if "bodies" in row]

    @property
    def is_the_papers(self) -> bool:
        """Return whether the figures may stand beside the paper's."""
        trained = self.training is not None and self.training.is_whole
        return trained and self.own_bones and len(self.measured) == len(self.rows)


def write_amass_report(results: Sequence[ProtocolResult], skipped: Sequence[str], folder: Path) -> list[Path]:
    """Write ``amass.json`` and ``amass.md`` into a folder and return their paths.

    Args:
        results: one for each protocol and prior.
        skipped: sentences about protocols that could not be run.
        folder: made if it is missing.

    Raises:
        OutputError: the folder cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / "amass.json", folder / "amass.md"]
    write_output(paths[0], [(json.dumps([_document(result) for result in results], indent=1) + "\n").encode()])
    write_output(paths[1], [page(results, skipped).encode()])
    return paths


def page(results: Sequence[ProtocolResult], skipped: Sequence[str] = ()) -> str:
    """Return the report in Markdown."""
    parts = ["# The paper's protocols on AMASS\n", *(f"{sentence}\n" for sentence in skipped)]
    for result in results:
        parts.append(f"## Protocol {result.protocol}, {result.prior}\n")
        parts += [f"{sentence}\n" for sentence in _remarks(result)]
        parts.append(_table(result) + "\n")
    for result in results:
        if result.protocol == 1 and result.is_the_papers:
            parts.append("## Protocol 1 beside the paper: MPJPE cm (MPJRE °)\n")
            parts.append(_beside_paper(result) + "\n")
    return "\n".join(parts)


def means(result: ProtocolResult) -> dict[str, dict[str, float | None]]:
    """Return each body's figures: the mean over files, as in the literature; None if no file has one."""
    found: dict[str, dict[str, float | None]] = {}
    for body in BODIES:
        rows = [row["bodies"][body.name] for row in result.measured if body.name in row["bodies"]]
        if rows:
            found[body.name] = {name: _mean([row[name] for row in rows]) for name in rows[0]}
    return found


def _mean(values: Sequence[float | None]) -> float | None:
    given = [value for value in values if value is not None]
    return round(float(np.mean(given)), 4) if given else None


def _document(result: ProtocolResult) -> dict[str, Any]:
    return {
        "protocol": result.protocol,
        "prior": result.prior,
        "training": None if result.training is None else asdict(result.training),
        "own_bones": result.own_bones,
        "files": len(result.rows),
        "seconds": round(sum(row["seconds"] for row in result.measured), 1),
        "figures": means(result),
        "problems": {row["file"]: row["problem"] for row in result.rows if "problem" in row},
    }


def _remarks(result: ProtocolResult) -> list[str]:
    minutes = sum(row["seconds"] for row in result.measured) / 60
    sentences = [f"{len(result.measured)} of {len(result.rows)} files, {minutes:.1f} minutes."]
    problems = [row for row in result.rows if "problem" in row]
    if problems:
        shown = "; ".join(f"{row['file']}: {row['problem']}" for row in problems[:5])
        more = f"; and {len(problems) - 5} more in amass.json" if len(problems) > 5 else ""
        sentences.append(f"Not read: {shown}{more}.")
    if (training := result.training) is not None:
        sentences.append(f"Trained for {training.steps} steps on {training.read} of {training.files} files.")
        if not training.is_whole:
            sentences.append("This is not the whole training of the protocol: do not compare it with the paper.")
    else:
        sentences.append("This prior was trained on other files than the protocol's: do not compare it with the paper.")
        if result.protocol == 2:
            sentences.append("The shipped prior has seen recordings of CMU, so test files may be in its training data.")
    if not result.own_bones:
        sentences.append("Without body models, everybody has InPose's average body: do not compare it with the paper.")
    return sentences


def _table(result: ProtocolResult) -> str:
    lines = [["", *(title for _, title in _COLUMNS)], ["---"] * (len(_COLUMNS) + 1)]
    lines += [[body, *(_shown(figures.get(key)) for key, _ in _COLUMNS)] for body, figures in means(result).items()]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _beside_paper(result: ProtocolResult) -> str:
    bodies = [body.name for body in BODIES if any(body.name in row for row in PUBLISHED.values())]
    lines = [["", *bodies], ["---"] * (len(bodies) + 1)]
    for system, row in PUBLISHED.items():
        lines.append([f"{system}, as published", *(_pair(*row[body]) if body in row else "" for body in bodies)])
    figures = means(result)
    lines.append([result.prior, *(_pair(figures[b]["mpjpe_cm"], figures[b]["mpjre_deg"]) for b in bodies)])
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _pair(mpjpe_cm: float | None, mpjre_deg: float | None) -> str:
    return _shown(mpjpe_cm) + (f" ({_shown(mpjre_deg)})" if mpjre_deg is not None else "")


def _shown(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}"
