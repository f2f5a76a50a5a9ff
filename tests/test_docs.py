# SPDX-License-Identifier: Apache-2.0
"""Hold the docs to the code: every name and path that they set in code font must exist."""

from __future__ import annotations

import ast
import re
from functools import cache
from importlib import import_module
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
DOCS = sorted(
    (
        ROOT / "README.md",
        ROOT / "release" / "README.md",
        ROOT / "inpose_core" / "weights" / "MODEL_CARD.md",
        *(ROOT / "docs").rglob("*.md"),
    )
)
CODE_FOLDERS = ("inpose_core", "inpose_blender", "release", "benchmarks")
MADE_BY_COMMANDS = ("dist/", "build/", "runs/", "demo_output/")
NAME = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*", re.ASCII)
PATH = re.compile(r"[\w.-]+(/[\w.-]+)*/?", re.ASCII)
FILE_ENDING = re.compile(r"\.(py|md|json|jsonl|csv|npz|bvh|png|whl|safetensors|txt|zip|bsor|xror|toml|blend)$")


@cache
def defined_names() -> tuple[frozenset[str], frozenset[tuple[str, str]]]:
    """Return every name that the code defines or has as a string, and every member as (class or module, name)."""
    names: set[str] = set()
    members: set[tuple[str, str]] = set()
    for file in (file for folder in CODE_FOLDERS for file in sorted((ROOT / folder).rglob("*.py"))):
        names.add(file.stem)
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            match node:
                case ast.ClassDef(name=name, body=body):
                    names.add(name)
                    members |= {(name, member) for statement in body for member in _bound(statement)}
                case ast.Constant(value=str(text)):
                    names.add(text)
                case ast.arg(arg=name):
                    names.add(name)
                case ast.stmt():
                    names |= set(_bound(node))
    return frozenset(names), frozenset(members)


def _bound(statement: ast.stmt) -> list[str]:
    match statement:
        case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
            return [name]
        case ast.AnnAssign(target=ast.Name(id=name)):
            return [name]
        case ast.Assign(targets=targets):
            return [target.id for target in targets if isinstance(target, ast.Name)]
    return []


def missing_name(text: str) -> bool:
    """Say whether a text in code font is a name of code, and one that is not there.

    A word alone ("tangent", "joint") may be a choice, a key or a column; a name of code has a capital or an underscore
    inside, or a dot.
    """
    if not NAME.fullmatch(text) or FILE_ENDING.search(text):
        return False
    names, members = defined_names()
    *owners, last = text.split(".")
    if owners and owners[-1] in names and owners[-1][0].isupper():
        return (owners[-1], last) not in members
    looks_like_code = bool(owners) or "_" in text.strip("_") or re.search(r"[a-z][A-Z]", text) is not None
    return looks_like_code and text not in names and last not in names


def missing_path(text: str) -> bool:
    """Say whether a text in code font is a path in this repository, and one that is not there."""
    if not PATH.fullmatch(text) or text.startswith(MADE_BY_COMMANDS) or "/" not in text.strip("/"):
        return False
    first = text.split("/", maxsplit=1)[0]
    return (ROOT / first).is_dir() and not (ROOT / text).exists()


def code_font(file: Path) -> list[str]:
    without_blocks = re.sub(r"```.*?```", "", file.read_text(encoding="utf-8"), flags=re.DOTALL)
    return re.findall(r"`([^`\n]+)`", without_blocks)


@pytest.mark.parametrize("file", DOCS, ids=lambda file: file.relative_to(ROOT).as_posix())
def test_what_the_docs_name_exists(file: Path) -> None:
    found = code_font(file)
    assert [text for text in found if missing_name(text) or missing_path(text)] == []


@pytest.mark.parametrize("file", DOCS, ids=lambda file: file.relative_to(ROOT).as_posix())
def test_links_between_the_docs_lead_somewhere(file: Path) -> None:
    links = re.findall(r"\]\((?!https?:|mailto:)([^)#]+)?(#[^)]*)?\)", file.read_text(encoding="utf-8"))
    assert [path for path, _ in links if path and not (file.parent / path).exists()] == []
    for path, anchor in links:
        target = file.parent / path if path else file
        if anchor and target.suffix == ".md":
            assert anchor[1:] in headings(target), f"{path}{anchor}"


def headings(file: Path) -> set[str]:
    """Return the anchors that GitHub gives a page's headings."""
    titles = re.findall(r"^#+ (.+)$", file.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("package", ["inpose_core", "inpose_blender"])
def test_the_house_has_a_row_for_each_folder(package: str) -> None:
    house = set(code_font(ROOT / "docs" / "house.md"))
    folders = {file.parent.name for file in (ROOT / package).glob("*/__init__.py")}
    assert {name for name in folders if not {name, f"{package}/{name}/"} & house} == set()


def test_names_that_are_not_there_are_found() -> None:
    there = ("sample_ddim", "Motion.foot_contact", "DiffusionTransformer", "tangent", "rotations_wxyz", "x_s += g")
    gone = ("sample_posterior", "Motion.foot_angle", "DiffusionTransformers", "inpose_core.motions.load_nothing")
    assert [name for name in (*there, *gone) if missing_name(name)] == list(gone)
    assert not missing_path("docs/method.md")
    assert missing_path("docs/nothing.md")


IMPORT = re.compile(r"^from (inpose_core[\w.]*) import (.+)$", re.MULTILINE)


@pytest.mark.parametrize("page", DOCS, ids=lambda page: page.name)
def test_what_the_docs_import_exists(page: Path) -> None:
    for module, names in IMPORT.findall(page.read_text(encoding="utf-8")):
        for name in names.split(","):
            assert hasattr(import_module(module), name.strip()), f"{module} has no {name}"
