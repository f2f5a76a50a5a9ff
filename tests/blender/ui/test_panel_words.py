# SPDX-License-Identifier: GPL-3.0-or-later
"""Sentences of the core reach the panel without flags: they name the panel's fields, or say what else to do."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import bpy
import pytest

import inpose_core
from inpose_blender.core import RecordingError
from inpose_blender.recording.panel import draw_error, draw_facts
from inpose_blender.ui.panel_words import panel_words
from inpose_blender.ui.properties import status_of
from inpose_blender.ui.status import show_error, show_result

CORE = Path(inpose_core.__file__).parent
FOR_COMMANDS = {"commands", "training", "evaluation", "demo", "options", "batch", "cli.py", "terminal.py"}
"""Their sentences are only for the command line."""


def sentences_with_flags() -> Iterator[tuple[str, str]]:
    """Yield the file and the text of each sentence in the core that has a flag; values that it fills in are 1."""
    for path in sorted(CORE.rglob("*.py")):
        if path.relative_to(CORE).parts[0] in FOR_COMMANDS:
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        # Docstrings stand alone; the parts of an f-string are in it.
        apart = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
        apart |= {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
        for node in ast.walk(tree):
            if id(node) in apart:
                continue
            parts = node.values if isinstance(node, ast.JoinedStr) else [node]
            text = "".join(str(part.value) if isinstance(part, ast.Constant) else "1" for part in parts)
            if isinstance(node, (ast.Constant, ast.JoinedStr)) and re.search("(^|[^-])--[a-z]", text):
                yield path.name, text


def test_no_flag_of_the_core_reaches_the_panel(registered):
    found = list(sentences_with_flags())
    assert len(found) > 20
    for name, text in found:
        shown = panel_words(text)
        assert "--" not in shown, (name, shown)
        assert shown, f"{name}: nothing is left of {text}"
        assert "inpose " not in shown, f"{name} tells a command: {shown}"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Set the frame rate (--recording-fps 90).", "Set the frame rate (Read as > Recording FPS: 90)."),
        ("Each session is a take; choose one with --take.", "Each session is a take; choose one with Read as > Take."),
        ("If they are, use --axes unity and --swap-hands.", "If they are, use Read as > Axes: Unity and "
         "Read as > Swap hands."),
        ("Set the height (--performer-height 1.75), and go.", "Set the height (Calibration > Performer height: 1.75), "
         "and go."),
        ('Write --columns "time=t, head_p=HeadPos{XYZ}" here.',
         'Write Read as > Columns: "time=t, head_p=HeadPos{XYZ}" here.'),
        ("Set the unit to Automatic (leave out --unit).", "Set the unit to Automatic."),
        ("Switch on From other computers (--listen 0.0.0.0). Then go.", "Switch on From other computers. Then go."),
        ("It is in 2.5 m. Run fewer processes with --processes 1. Go on.", "It is in 2.5 m. Go on."),
        ("The file a--b.csv is empty.", "The file a--b.csv is empty."),
        ("No flag. At all.", "No flag. At all."),
    ],
)  # fmt: skip
def test_a_flag_becomes_a_field_of_the_panel(registered, text, shown):
    assert panel_words(text) == shown


def test_results_errors_and_notes_are_shown_in_the_panels_words(registered):
    told: list[str] = []
    layout = SimpleNamespace(label=lambda **of: told.append(of["text"]), operator=lambda *_, **__: None)
    layout.column = lambda **_: layout
    error = RecordingError("The clock is wrong.", "Set the frame rate (--recording-fps 90).")
    draw_error(layout, error)
    note, doubt = "A note; use --take.", "Left and right may be swapped. If they are, use --swap-hands."
    facts = SimpleNamespace(info={"notes": [note], "guesses": [{"name": "left and right", "doubt": doubt}]})
    draw_facts(layout, facts)
    operator = SimpleNamespace(report=lambda _, text: told.append(text))
    show_error(operator, bpy.context, error, "Reading")
    told.append(status_of(bpy.context).notes)
    show_result(operator, bpy.context, "Done", [note])
    told.append(status_of(bpy.context).notes)
    text = " ".join(told)
    assert "--" not in text
    assert text.count("Read as > Recording FPS: 90") == 3
    assert text.count("Read as > Take") == 2
    assert "Read as > Swap hands" in text
