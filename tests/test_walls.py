# SPDX-License-Identifier: Apache-2.0
"""Hold the house's walls: who may import whom, read from the imports themselves."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[1]
PACKAGES = ("inpose_core", "inpose_blender")

FLOORS: dict[str, Sequence[str]] = {
    "inpose_core": (
        "errors",
        "system",
        "axes",
        "options",
        "requests",
        "arrays",
        "noted",
        "numerics",
        "body",
        "prior",
        "motion_files",
        "recording",
        "sampling",
        "solver",
        "calibration",
        "pins",
        "editing",
        "live",
        "inspection",
        "recording_to_motion",
        "batch",
        "training",
        "evaluation",
        "demo",
        "commands",
        "answers",
        "worker",
        "cli",
        "terminal",
    ),
    "inpose_core/recording": (
        "cleaning_report",
        "findings",
        "sensors",
        "trackers",
        "types",
        "conventions",
        "sessions",
        "coarse_clock",
        "arrival_clock",
        "tracks",
        "fingers",
        "tables",
        "formats",
        "companions",
        "folders",
        "interpretation",
        "cleaning",
        "trimming",
        "registry",
        "file_layout",
        "live",
    ),
    "inpose_blender": (
        "errors",
        "joint_names",
        "core",
        "core_tables",
        "bpy_compat",
        "remembered",
        "in_thread",
        "options",
        "blend_file",
        "runtime",
        "ui",
        "takes",
        "preferences",
        "rig",
        "keys",
        "fingers",
        "character",
        "controls",
        "recording",
        "headset",
        "calibration",
        "layers",
        "bake",
        "reducing",
        "export",
        "loops",
        "solve",
        "live",
        "pins",
        "viewing",
        "columns",
        "cleanup",
        "take_list",
        "scene_settings",
        "menus",
        "one_copy",
        "without_window",
        "batch",
        "headless",
        "addon",
    ),
}
"""From the ground up. What stands in a room may import from its own room and from those below, never from above."""

MAY_LOAD = {
    "inpose_blender": {"bpy", "bpy_extras", "mathutils", "addon_utils", "blf", "gpu", "gpu_extras", "numpy"},
    "inpose_core": {
        "numpy",
        "scipy",
        "torch",
        "ray",
        "upath",
        "matplotlib",
        "smplx",
    },
}


@dataclass(frozen=True)
class Import:
    """Hold one import: where it stands, and the module or name that it takes."""

    file: Path
    line: int
    taken: tuple[str, ...]


def imports_of(path: Path, root: Path) -> Iterator[Import]:
    """Yield the imports of a file, those within functions too; relative ones are made absolute."""
    folder = path.relative_to(root).parts[:-1]
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            taken = [tuple(alias.name.split(".")) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = folder[: len(folder) - node.level + 1] if node.level else ()
            module = (*base, *(node.module.split(".") if node.module else ()))
            taken = [(*module, alias.name) for alias in node.names]
        else:
            continue
        yield from (Import(path, node.lineno, each) for each in taken)


def breaches(root: Path, floors: Mapping[str, Sequence[str]]) -> list[str]:
    """Return the imports that go from a room to one above it, or from a room that no floor knows."""
    found = []
    for place, rooms in floors.items():
        depth = len(Path(place).parts)
        height = {room: floor for floor, room in enumerate(rooms)}
        for path in sorted((root / place).rglob("*.py")):
            room = path.relative_to(root).with_suffix("").parts[depth]
            if room == "__init__":
                continue  # a package's face hands on what lies within
            if room not in height:
                found.append(f"{path.relative_to(root)}: {room} has no floor")
                continue
            for taken in imports_of(path, root):
                if taken.taken[:depth] != Path(place).parts or len(taken.taken) == depth:
                    continue
                other = taken.taken[depth]
                if height.get(other, -1) > height[room]:
                    found.append(f"{path.relative_to(root)}:{taken.line}: {room} takes from {other}, above it")
    return found


@pytest.mark.parametrize("place", FLOORS)
def test_no_room_takes_from_one_above_it(place: str) -> None:
    assert breaches(REPOSITORY, {place: FLOORS[place]}) == []


@pytest.mark.parametrize("place", FLOORS)
def test_every_floor_is_there(place: str) -> None:
    there = {path.stem for path in (REPOSITORY / place).iterdir()}
    assert set(FLOORS[place]) <= there


@pytest.mark.parametrize("package", PACKAGES)
def test_a_package_loads_only_what_its_process_has(package: str) -> None:
    """The core knows no Blender; Blender's process loads no PyTorch and no SciPy."""
    foreign = {
        taken.taken[0]
        for path in (REPOSITORY / package).rglob("*.py")
        for taken in imports_of(path, REPOSITORY)
        if taken.taken[0] not in {*PACKAGES, "__future__", "_typeshed"}
        and taken.taken[0] not in sys.stdlib_module_names
    }
    assert foreign <= MAY_LOAD[package]


def test_the_core_does_not_know_the_add_on() -> None:
    paths = (REPOSITORY / "inpose_core").rglob("*.py")
    assert not [taken for path in paths for taken in imports_of(path, REPOSITORY) if taken.taken[0] == "inpose_blender"]


def test_only_the_doors_of_the_add_on_lead_into_the_core() -> None:
    """As an extension the core lies elsewhere than in a checkout: five doors know where; `headless` is a script."""
    add_on = REPOSITORY / "inpose_blender"
    doors = {
        path.relative_to(add_on).as_posix()
        for path in add_on.rglob("*.py")
        for taken in imports_of(path, REPOSITORY)
        if taken.taken[0] == "inpose_core"
    }
    assert doors == {"core.py", "core_tables.py", "errors.py", "joint_names.py", "options.py", "headless.py"}


@pytest.mark.parametrize("package", PACKAGES)
def test_no_file_imports_itself_by_way_of_others(package: str) -> None:
    """Imports within functions and those for types count, too: a circle put off is still one to whoever reads it."""
    assert circles(REPOSITORY, package) == []


def circles(root: Path, package: str) -> list[str]:
    """Return the circles of files, each as a chain of module names."""
    files = {_module(path, root): path for path in (root / package).rglob("*.py")}
    taken_by = {
        module: {_file_of(each.taken, files) for each in imports_of(path, root)} - {module, None}
        for module, path in files.items()
    }
    found, done = [], set()
    for start, taken in taken_by.items():
        chain, stack = [start], [iter(taken)]
        while stack:
            following = next(stack[-1], None)
            if following is None:
                done.add(chain.pop())
                stack.pop()
            elif following in chain:
                found.append(" -> ".join(".".join(step) for step in [*chain[chain.index(following) :], following]))
            elif following in taken_by and following not in done:
                chain.append(following)
                stack.append(iter(taken_by[following]))
    return found


def namesakes(root: Path, packages: Sequence[str]) -> list[str]:
    """Return the public classes that have one name, with the files where they are."""
    places: dict[str, list[str]] = {}
    for package in packages:
        for path in sorted((root / package).rglob("*.py")):
            for node in ast.parse(path.read_text(encoding="utf-8")).body:
                if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                    places.setdefault(node.name, []).append(path.relative_to(root).as_posix())
    return [f"{name}: {', '.join(found)}" for name, found in places.items() if len(found) > 1]


def test_no_two_classes_have_one_name() -> None:
    """A noun means one thing in both packages."""
    assert namesakes(REPOSITORY, PACKAGES) == []


def test_a_breach_is_seen(tmp_path: Path) -> None:
    (tmp_path / "house" / "cellar").mkdir(parents=True)
    (tmp_path / "house" / "cellar" / "coal.py").write_text("def burn():\n    from ..roof import chimney\n")
    (tmp_path / "house" / "roof.py").write_text(
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from .cellar.coal import burn\nchimney = 1\n"
    )
    (said,) = breaches(tmp_path, {"house": ("cellar", "roof")})
    assert said == "house/cellar/coal.py:2: cellar takes from roof, above it"
    assert breaches(tmp_path, {"house": ("roof",)}) == ["house/cellar/coal.py: cellar has no floor"]
    (tmp_path / "house" / "lamp.py").write_text("class Lamp: ...\n")
    (tmp_path / "house" / "cellar" / "lantern.py").write_text("class Lamp: ...\nclass _Wick: ...\n")
    assert namesakes(tmp_path, ["house"]) == ["Lamp: house/cellar/lantern.py, house/lamp.py"]
    (circle,) = circles(tmp_path, "house")
    first, second, last = circle.split(" -> ")
    assert (first, {first, second}) == (last, {"house.cellar.coal", "house.roof"})


def _module(path: Path, root: Path) -> tuple[str, ...]:
    parts = path.relative_to(root).with_suffix("").parts
    return parts[:-1] if parts[-1] == "__init__" else parts


def _file_of(taken: tuple[str, ...], files: Mapping[tuple[str, ...], Path]) -> tuple[str, ...] | None:
    return next((head for head in (taken, taken[:-1]) if head in files), None)
