# SPDX-License-Identifier: Apache-2.0
"""What the docs say of options and formats is what the tables say."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from inpose_core.errors import OutputError
from inpose_core.options.document import with_tables

REPOSITORY = Path(__file__).parents[1]


def make_tables():
    spec = importlib.util.spec_from_file_location("make_tables", REPOSITORY / "docs" / "make_tables.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_docs_tables_are_those_of_the_options():
    module = make_tables()
    tables = module.tables()
    for page in module.PAGES:
        text = page.read_text(encoding="utf-8")
        assert with_tables(text, tables) == text, f"{page.name} is stale: make tables"
    shown = "".join(page.read_text(encoding="utf-8") for page in module.PAGES)
    assert all(f"<!-- {name} -->" in shown for name in tables)


def test_a_table_replaces_what_stood_between_its_markers():
    text = "before\n<!-- a b -->\nold\n<!-- end of a b -->\nafter"
    assert with_tables(text, {"a b": "new"}) == "before\n<!-- a b -->\n\nnew\n\n<!-- end of a b -->\nafter"
    with pytest.raises(OutputError, match="no table"):
        with_tables(text, {"c": "new"})
