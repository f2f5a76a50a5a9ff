# SPDX-License-Identifier: Apache-2.0
"""Write the bench's figures as JSON, Markdown tables and plots."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from ..body.skeleton import JOINT_NAMES
from ..errors import InPoseError
from ..system.output import write_output
from .bodies import BODIES
from .guidances import GUIDANCE_BODIES, GUIDANCE_SET, GUIDANCES, STEP_COUNTS
from .row_store import Row
from .systems import ABLATIONS, SYSTEMS

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_NOISES: Final[tuple[tuple[str, str, float], ...]] = (
    ("position_m", "position noise, cm", 100.0),
    ("rotation_deg", "rotation noise, degrees", 1.0),
    ("bone_m", "bone length error, cm", 100.0),
)
_COLUMNS: Final[tuple[tuple[str, str], ...]] = (
    ("mpjpe_cm", "MPJPE cm"),
    ("mpjre_deg", "MPJRE °"),
    ("geodesic_deg", "geodesic °"),
    ("upper_cm", "upper cm"),
    ("lower_cm", "lower cm"),
    ("hand_cm", "hands cm"),
    ("root_cm", "root cm"),
    ("mpjve_cm_s", "MPJVE cm/s"),
    ("jitter", "jitter"),
    ("leg_motion", "leg motion"),
    ("foot_skate_cm_s", "skate cm/s"),
    ("floor_penetration_cm", "below floor cm"),
    ("floor_floating_cm", "floating cm"),
)


def write_report(rows: Sequence[Row], folder: Path) -> list[Path]:
    """Write ``figures.json``, ``tables.md`` and three plots into a folder and return their paths.

    Raises:
        OutputError: the folder cannot be written.
        InPoseError: matplotlib is not installed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / "figures.json", folder / "tables.md"]
    write_output(paths[0], [("[\n" + ",\n".join(json.dumps(row) for row in rows) + "\n]\n").encode()])
    write_output(paths[1], [tables(rows).encode()])
    for name, draw in (("scale", _draw_scale), ("noise", _draw_noise), ("joints", _draw_joints)):
        path = folder / f"{name}.png"
        picture = io.BytesIO()
        draw(rows).savefig(picture, dpi=110, format="png")
        write_output(path, [picture.getvalue()])
        paths.append(path)
    return paths


def read_rows(folder: Path) -> list[Row]:
    """Return the rows of a folder that `write_report` wrote.

    Raises:
        InPoseError: the folder has no rows.
    """
    path = folder / "figures.json"
    try:
        rows: list[Row] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InPoseError(
            f"{path} contains no figures ({error}).", "Run the command once without --remeasure."
        ) from error
    return rows


def tables(rows: Sequence[Row]) -> str:
    """Return every table in Markdown."""
    truth = next((row["jitter_of_truth"] for row in rows if "jitter_of_truth" in row), None)
    parts = [
        "## Default body\n",
        f"Jitter of the truth: {truth:.1f}.\n" if truth is not None else "",
        _figure_table(rows, _main_set(rows), list(SYSTEMS)),
        "\n## Changed bodies: MPJPE in cm\n",
        _body_table(rows, "mpjpe_cm"),
        "\n## Changed bodies: MPJPE over the body's size, in cm\n",
        "Size: standing head height over the default body's.\n",
        _body_table(rows, "scaled_mpjpe_cm"),
        "\n## Noise: MPJPE in cm, default body\n",
        _noise_table(rows),
    ]
    if any(row["system"] in ABLATIONS for row in rows):
        parts += ["\n## Parts of the solver, and ablations\n", _figure_table(rows, _main_set(rows), list(ABLATIONS))]
        parts += ["\n## The state\n", _state_table(rows)]
    if any(row["set"] == GUIDANCE_SET for row in rows):
        parts += ["\n## Guidances of the shipped prior, by the number of steps\n", _guidance_table(rows)]
    for name in dict.fromkeys(row["set"] for row in rows):
        if name not in {_main_set(rows), GUIDANCE_SET}:
            parts += [
                f"\n## {name[0].upper()}{name[1:]}\n",
                _every_row_table([row for row in rows if row["set"] == name]),
            ]
    return "\n".join(part for part in parts if part)


def _main_set(rows: Sequence[Row]) -> str:
    """Return the people that every system was measured on, from the first row."""
    return str(rows[0]["set"]) if rows else ""


def _clean(row: Row) -> bool:
    return not any(row[name] for name, _, _ in _NOISES)


def _find(rows: Sequence[Row], set_name: str, system: str, body: str) -> Row | None:
    wanted = (set_name, system, body)
    return next((r for r in rows if (r["set"], r["system"], r["body"]) == wanted and _clean(r)), None)


def _figure_table(rows: Sequence[Row], set_name: str, systems: Sequence[str]) -> str:
    found = [(name, _find(rows, set_name, name, "default")) for name in systems]
    return _markdown(
        ["", *(title for _, title in _COLUMNS)],
        [[name, *(_number(row.get(key)) for key, _ in _COLUMNS)] for name, row in found if row],
    )


def _every_row_table(rows: Sequence[Row]) -> str:
    return _markdown(
        ["", "body", *(title for _, title in _COLUMNS)],
        [[row["system"], row["body"], *(_number(row.get(key)) for key, _ in _COLUMNS)] for row in rows],
    )


def _body_table(rows: Sequence[Row], key: str) -> str:
    bodies = [body.name for body in BODIES if any(row["body"] == body.name for row in rows)]
    lines = []
    for system in SYSTEMS:
        found = [_find(rows, _main_set(rows), system, body) for body in bodies]
        if any(found):
            lines.append([system, *(_number(row[key]) if row else "" for row in found)])
    return _markdown(["", *bodies], lines)


def _noise_table(rows: Sequence[Row]) -> str:
    columns = [(name, value) for name, _, _ in _NOISES for value in _levels(rows, name)[1:]]
    titles = {name: (title, unit) for name, title, unit in _NOISES}
    header = ["", "none", *(f"{titles[name][0].split(',')[0]} {value * titles[name][1]:g}" for name, value in columns)]
    lines = []
    for system in SYSTEMS:
        clean = _find(rows, _main_set(rows), system, "default")
        if clean is None:
            continue
        errors = [_number(dict(_noise_curve(rows, system, name)).get(value)) for name, value in columns]
        lines.append([system, _number(clean["mpjpe_cm"]), *errors])
    return _markdown(header, lines)


def _guidance_table(rows: Sequence[Row]) -> str:
    """Return each guidance's errors (body, hands) on each body, and its jitter, for each number of steps."""
    lines = []
    for name in GUIDANCES:
        for steps in STEP_COUNTS:
            found = [_find(rows, GUIDANCE_SET, f"{name}|{steps}", body.name) for body in GUIDANCE_BODIES]
            if any(found):
                errors = [_number(row["mpjpe_cm"]) if row else "" for row in found]
                hands = [_number(row["hand_cm"]) if row else "" for row in found]
                lines.append([name, str(steps), *errors, *hands, _number(found[0]["jitter"]) if found[0] else ""])
    bodies = [body.name for body in GUIDANCE_BODIES]
    header = ["", "steps", *(f"MPJPE cm, {b}" for b in bodies), *(f"hands cm, {b}" for b in bodies)]
    return _markdown([*header, "jitter"], lines)


def _state_table(rows: Sequence[Row]) -> str:
    states = [row for row in rows if row["system"].startswith("state: ")]
    return _markdown(
        ["", "MPJPE cm", "jitter"],
        [[row["system"], _number(row["mpjpe_cm"]), _number(row["jitter"])] for row in states],
    )


def _levels(rows: Sequence[Row], noise: str) -> list[float]:
    return sorted({float(row[noise]) for row in rows})


def _noise_curve(rows: Sequence[Row], system: str, noise: str) -> list[tuple[float, float]]:
    """Return (level, MPJPE) of one kind of noise alone, the clean one included."""
    others = [name for name, _, _ in _NOISES if name != noise]
    curve = [
        (float(row[noise]), float(row["mpjpe_cm"]))
        for row in rows
        if row["set"] == _main_set(rows)
        and row["system"] == system
        and row["body"] == "default"
        and not any(row[name] for name in others)
    ]
    return sorted(curve)


def _number(value: Any) -> str:
    if value is None or value != value:  # noqa: PLR0124 (NaN)
        return ""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def _markdown(header: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    table = ["| " + " | ".join(line) + " |" for line in (header, ["---"] * len(header), *lines)]
    return "\n".join(table) + "\n"


def _figure(columns: int) -> tuple[Figure, list[Axes]]:
    try:
        from matplotlib.figure import Figure  # noqa: PLC0415 (only needed to draw)
    except ImportError as error:
        raise InPoseError("Plots need matplotlib.", 'Install it: pip install "inpose[plot]".') from error
    figure = Figure(figsize=(5.2 * columns, 4.2), layout="constrained")
    axes = [figure.add_subplot(1, columns, column + 1) for column in range(columns)]
    for axis in axes:
        axis.grid(alpha=0.3)
    return figure, axes


def _style(system: str) -> dict[str, Any]:
    return {"linewidth": 2.4} if system.startswith("ours") else {"linewidth": 1.1, "linestyle": "--"}


def _draw_scale(rows: Sequence[Row]) -> Figure:
    figure, axes = _figure(2)
    for axis, part in zip(axes, ("upper body", "whole body"), strict=True):
        for system in SYSTEMS:
            curve = [
                (float(row["body"].rsplit(" ", 1)[1]) if row["body"] != "default" else 1.0, row["scaled_mpjpe_cm"])
                for row in rows
                if row["set"] == _main_set(rows)
                and row["system"] == system
                and _clean(row)
                and (row["body"] == "default" or row["body"].startswith(part + " x"))
            ]
            if curve:
                axis.plot(*zip(*sorted(curve), strict=True), marker="o", markersize=3, label=system, **_style(system))
        axis.set_xlabel(f"{part}, factor")
        axis.set_ylabel("MPJPE over size, cm")
        axis.set_ylim(bottom=0)
    axes[0].legend(fontsize=7)
    return figure


def _draw_noise(rows: Sequence[Row]) -> Figure:
    figure, axes = _figure(3)
    for axis, (noise, title, unit) in zip(axes, _NOISES, strict=True):
        for system in SYSTEMS:
            curve = [(level * unit, error) for level, error in _noise_curve(rows, system, noise)]
            if curve:
                axis.plot(*zip(*curve, strict=True), marker="o", markersize=3, label=system, **_style(system))
        axis.set_xlabel(title)
        axis.set_ylabel("MPJPE, cm")
        axis.set_ylim(bottom=0)
    axes[0].legend(fontsize=7)
    return figure


def _draw_joints(rows: Sequence[Row]) -> Figure:
    figure, (axis,) = _figure(1)
    figure.set_size_inches(10, 4.6)
    for system in SYSTEMS:
        row = _find(rows, _main_set(rows), system, "default")
        if row is not None:
            axis.plot(row["joint_errors_cm"], marker="o", markersize=3, label=system, **_style(system))
    axis.set_xticks(range(len(JOINT_NAMES)), [name.replace("_", " ") for name in JOINT_NAMES], rotation=60, ha="right")
    axis.set_ylabel("error, cm")
    axis.legend(fontsize=7)
    return figure
