# SPDX-License-Identifier: GPL-3.0-or-later
"""The preferences say what the solver runs with, and how to use the graphics card."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import bpy
import pytest

from inpose_blender.preferences import machine_settings, panel, python_operators
from inpose_blender.preferences.solver_text import running_solver_lines
from inpose_blender.runtime import gpu_pythons
from tests.blender.runtime.test_gpu_pythons import make_python
from tests.blender.ui.test_panels import ListeningLayout


@pytest.fixture
def computer(registered, monkeypatch, tmp_path):
    """A computer with these Pythons, and with a graphics card or without."""
    monkeypatch.setattr(machine_settings, "user_folder", lambda: tmp_path / "user")
    monkeypatch.delenv("INPOSE_PYTHON", raising=False)
    python_operators.forget_search()

    def be(pythons: list[Path], card: bool = True) -> None:
        monkeypatch.setattr(gpu_pythons, "_all_pythons", lambda: iter(pythons))
        monkeypatch.setattr(gpu_pythons, "has_graphics_card", lambda: card)
        python_operators.forget_search()

    yield be
    python_operators.forget_search()


def drawn() -> ListeningLayout:
    python_operators.start_search().wait()
    layout = ListeningLayout()
    python_operators.draw_pythons(layout, bpy.context)
    return layout


def test_blenders_own_python_needs_nothing(computer):
    computer([], card=False)
    layout = drawn()
    assert "The solver runs with: Blender's own Python" in layout.texts
    assert layout.operators == ["inpose.find_pythons"]


def test_a_card_without_pytorch_is_told_what_to_install(computer, monkeypatch):
    monkeypatch.setattr(gpu_pythons, "find_base", lambda: "/usr/bin/python3.12")
    computer([], card=True)
    layout = drawn()
    assert gpu_pythons.install_command("/usr/bin/python3.12") in layout.texts
    assert "inpose.copy_install_command" in layout.operators


def test_pythons_that_cannot_be_used_are_told_with_the_reason(computer, tmp_path, monkeypatch):
    monkeypatch.setattr(gpu_pythons, "find_base", lambda: None)
    old = make_python(tmp_path / "old", version="3.10")
    computer([old], card=True)
    layout = drawn()
    assert f"{old} is too old: it is Python 3.10, and InPose needs 3.11 or newer." in layout.texts
    assert "To solve on the graphics card, install Python 3.11 or newer. Then click Find Pythons." in layout.texts
    assert "inpose.copy_install_command" not in layout.operators


def test_a_python_for_the_card_is_taken_first(computer, tmp_path, monkeypatch):
    python = make_python(tmp_path / "env")
    computer([python])
    assert any("PyTorch 2.9.0, CUDA 12.8" in text for text in drawn().texts)
    first, second = machine_settings.solver_interpreters()
    assert first.executable == str(python)
    assert second.label == "Blender's own Python"
    # Who wants the processor needs no PyTorch.
    assert [found.label for found in machine_settings.solver_interpreters(device="cpu")] == ["Blender's own Python"]
    monkeypatch.setattr(machine_settings, "solver_device", lambda: "cpu")
    assert len(machine_settings.solver_interpreters()) == 1


def test_the_first_drawing_searches(computer, tmp_path):
    computer([make_python(tmp_path / "env")])
    python_operators.draw_pythons(ListeningLayout(), bpy.context)
    python_operators.start_search().wait()
    assert len(gpu_pythons.load_found(machine_settings.gpu_pythons_file())) == 1


def test_an_environment_beside_the_file_waits_for_a_click(computer, tmp_path, monkeypatch):
    computer([], card=False)
    python = make_python(tmp_path / "shots" / ".venv")
    (tmp_path / "shots" / ".venv" / "pyvenv.cfg").write_text("version = 3.12.1\n")
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "shots" / "shot.blend"))
    layout = drawn()
    assert f"Beside this file: {python}" in layout.texts
    assert [found.label for found in machine_settings.solver_interpreters()] == ["Blender's own Python"]
    kept = SimpleNamespace(interpreter_path="", device="auto")
    monkeypatch.setattr(python_operators, "addon_preferences", lambda: kept)
    assert bpy.ops.inpose.use_python(filepath=str(python)) == {"FINISHED"}
    assert kept.interpreter_path == str(python)
    assert "inpose.use_python" not in drawn().operators


def test_after_a_solve_the_preferences_say_what_it_ran_on(computer, fake_worker, take):
    assert running_solver_lines() == []
    bpy.context.scene.inpose.recording = str(take)
    bpy.ops.inpose.read_recording()
    assert running_solver_lines() == ["Python 3, numpy 0", "fake (cpu) 1 GB"]
    layout = ListeningLayout()
    panel._draw_solver(layout, bpy.context)
    assert "fake (cpu) 1 GB" in layout.texts
