# SPDX-License-Identifier: Apache-2.0
import importlib.util
import sys
from pathlib import Path

import pytest

from inpose_core.cli import main
from inpose_core.demo import run


@pytest.fixture
def _without_blender(monkeypatch: pytest.MonkeyPatch) -> None:
    find_spec = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name, *more: None if name == "bpy" else find_spec(name, *more)
    )
    monkeypatch.setattr(run, "find_program", lambda _: None)


@pytest.mark.usefixtures("_without_blender")
def test_the_demo_says_that_it_made_no_blend_file_and_how_to_get_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("matplotlib")
    assert main(["demo", "--out", str(tmp_path), "--device", "cpu"]) == 0
    said = capsys.readouterr()
    assert sorted(path.suffix for path in tmp_path.iterdir()) == [".bvh", ".npz", ".png"]
    assert len(said.out.splitlines()) == 3
    assert "No .blend was made" in said.err
    assert f"Python {sys.version_info.major}.{sys.version_info.minor}" in said.err
    assert "PYTHON=python3.13" in said.err


def test_bpy_is_preferred_to_a_blender_on_the_path(monkeypatch: pytest.MonkeyPatch) -> None:
    script = Path("headless.py")
    monkeypatch.setattr(run, "find_program", lambda _: "/opt/blender/blender")
    monkeypatch.setattr(importlib.util, "find_spec", lambda *_: object())
    assert run._blender_command(script) == [sys.executable, "headless.py"]
    monkeypatch.setattr(importlib.util, "find_spec", lambda *_: None)
    command = run._blender_command(script)
    assert command is not None
    assert command[0] == "/opt/blender/blender"
    assert command[-1] == "--"
