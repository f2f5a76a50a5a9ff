# SPDX-License-Identifier: Apache-2.0
"""From a recording to a motion the core needs numpy and nothing else."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Collection, Mapping
from pathlib import Path

import pytest

from tests.test_walls import REPOSITORY, imports_of

OFF_THE_WAY = ("training", "evaluation", "demo")
"""Folders of the core that make the prior, measure it and show it. All else is on the way: modules are also loaded by
name (a file's format, `inpose_core.solve`), which no search for imports would find."""

UNWANTED = ("torch", "safetensors", "scipy", "tqdm", "roma", "smplx", "matplotlib", "pythonosc", "fpzip")
"""What nobody must need to install."""

EXCEPT: Mapping[str, Collection[str]] = {
    "matplotlib": ("inspection/picture.py",),  # `inpose info --plot`
    "smplx": ("motion_files/smpl_bodies.py",),  # AMASS with body models, for `inpose pack`
    "torch": ("numerics/torch_namespace.py", "numerics/torch_threads.py"),
}
"""Files that may import it all the same, within a function, and that say how to install it where it is missing.
fpzip is found, and run in a process of its own, by `recording/formats/fpzip_frames.py`."""

TORCH_MODULES = ("torch_namespace.py", "torch_threads.py")
"""They are all that knows torch, and are themselves only imported where torch is wanted."""


def unwanted_imports(core: Path, unwanted: Collection[str], exceptions: Mapping[str, Collection[str]]) -> list[str]:
    """Return the imports of unwanted packages on the way; within functions, too, but not those for types alone."""
    found = []
    for path in sorted(core.rglob("*.py")):
        place = path.relative_to(core)
        if place.parts[0] in OFF_THE_WAY:
            continue
        for_types, later = (_lines_within(path, types_only=only) for only in (True, False))
        for each in imports_of(path, core.parent):
            package = each.taken[0]
            if package not in unwanted or each.line in for_types:
                continue
            if place.as_posix() not in exceptions.get(package, ()):
                found.append(f"{place}:{each.line} imports {package}")
            elif each.line not in later and path.name not in TORCH_MODULES:
                found.append(f"{place}:{each.line} imports {package} before anybody asks for it")
    return found


def _lines_within(path: Path, *, types_only: bool) -> set[int]:
    """Return the lines of a file that run later, in functions, or never: those under ``if TYPE_CHECKING``."""
    blocks: list[ast.stmt] = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            blocks += node.body
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not types_only:
            blocks.append(node)
    return {line for block in blocks for line in range(block.lineno, (block.end_lineno or block.lineno) + 1)}


def test_no_module_on_the_way_needs_more_than_numpy() -> None:
    assert unwanted_imports(REPOSITORY / "inpose_core", UNWANTED, EXCEPT) == []


def test_torch_loads_only_where_it_is_wanted() -> None:
    core = REPOSITORY / "inpose_core"
    loading = [
        each
        for path in core.rglob("*.py")
        if path.relative_to(core).parts[0] not in OFF_THE_WAY
        for each in imports_of(path, REPOSITORY)
        if each.taken[-1] == "torch_namespace" or each.taken[:3] == ("inpose_core", "numerics", "torch_namespace")
    ]
    assert len(loading) >= 3
    assert [each for each in loading if each.line not in _lines_within(each.file, types_only=False)] == []


@pytest.mark.parametrize("folder", OFF_THE_WAY)
def test_only_the_command_line_leaves_the_way_and_only_for_its_own_commands(folder: str) -> None:
    core = REPOSITORY / "inpose_core"
    leaving = [
        each
        for path in core.rglob("*.py")
        if path.relative_to(core).parts[0] not in OFF_THE_WAY
        for each in imports_of(path, REPOSITORY)
        if each.taken[:2] == ("inpose_core", folder) and each.line not in _lines_within(path, types_only=True)
    ]
    assert leaving
    assert [each for each in leaving if not _is_command(each.file, core)] == []
    assert [each for each in leaving if each.line not in _lines_within(each.file, types_only=False)] == []


def _is_command(file: Path, core: Path) -> bool:
    return file == core / "cli.py" or file.parent == core / "commands"


def test_an_unwanted_import_is_seen(tmp_path: Path) -> None:
    core = tmp_path / "core"
    for folder in ("reading", "training"):
        (core / folder).mkdir(parents=True)
    (core / "training" / "run.py").write_text("import scipy\n")
    (core / "reading" / "late.py").write_text("def read():\n    from scipy.ndimage import median_filter\n")
    (core / "reading" / "types.py").write_text("if TYPE_CHECKING:\n    import scipy\n")
    assert unwanted_imports(core, ("scipy",), {}) == ["reading/late.py:2 imports scipy"]
    assert unwanted_imports(core, ("scipy",), {"scipy": ("reading/late.py",)}) == []
    (core / "reading" / "late.py").write_text("import scipy\n")
    (told,) = unwanted_imports(core, ("scipy",), {"scipy": ("reading/late.py",)})
    assert told == "reading/late.py:1 imports scipy before anybody asks for it"


def test_the_example_is_read_calibrated_and_solved_where_none_of_it_is_installed(tmp_path: Path) -> None:
    # A module that is None cannot be imported, as if it were not there.
    script = (
        f"import sys; sys.modules.update(dict.fromkeys({UNWANTED})); from inpose_core.cli import main\n"
        "take, out = sys.argv[1:]\n"
        "codes = [main(['info', take]),\n"
        "    main(['calibrate', take, '-o', out + '/me.json', '--performer-height', '1.75']),\n"
        "    main(['solve', take, '-o', out + '/take.npz', '--steps', '1']),\n"
        "    main(['solve', take, '-o', out + '/take.bvh', '--steps', '1']), main(['info', out + '/take.bvh'])]\n"
        "assert not any(codes), codes\n"
    )
    take = REPOSITORY / "examples" / "walk_wave_crouch.csv"
    done = subprocess.run(
        [sys.executable, "-c", script, str(take), str(tmp_path)],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stderr
