# SPDX-License-Identifier: Apache-2.0
"""Messages tell the user flags that the commands have."""

from __future__ import annotations

import argparse
import ast
import re
from collections.abc import Iterator
from pathlib import Path

import inpose_core
from inpose_core.cli import _parser

FOLDERS = ("recording", "calibration", "solver", "motion_files", "inspection")
FLAG = re.compile(r"(?<![\w-])--[a-z][a-z-]+")


def _flags_of(parser: argparse.ArgumentParser) -> Iterator[str]:
    for action in parser._actions:
        yield from action.option_strings
        if isinstance(action, argparse._SubParsersAction):
            for command in action.choices.values():
                yield from _flags_of(command)


def _texts(file: Path) -> Iterator[str]:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    yield from (node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str))


def test_every_flag_that_a_message_names_exists() -> None:
    known = set(_flags_of(_parser()))
    root = Path(inpose_core.__file__).parent
    files = [file for folder in FOLDERS for file in sorted((root / folder).rglob("*.py"))]
    named = {(flag, file.name) for file in files for text in _texts(file) for flag in FLAG.findall(text)}
    assert {flag for flag, _ in named} & known, "messages name flags"
    assert {(flag, name) for flag, name in named if flag not in known} == set()
