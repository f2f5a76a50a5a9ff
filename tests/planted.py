# SPDX-License-Identifier: Apache-2.0
"""Plant files that would run as code in a folder that somebody works in, and tell which did."""

from __future__ import annotations

from pathlib import Path

import pytest

MODULES = ("json", "fpzip", "numpy", "socket", "dataclasses", "pathlib", "__future__", "torch", "queue", "typing")
"""Modules that the solver or Python itself imports."""
STARTED_WITH = ("sitecustomize", "usercustomize")
"""Modules that Python runs by itself when it starts, wherever it finds them."""
PROGRAMS = ("python3.11", "python3.13", "python", "python.exe", "python3.11.exe", "blender", "blender.exe")


class PlantedFolder:
    """Hold a folder of files each of which leaves a mark when it runs."""

    def __init__(self, folder: Path, *, package: bool = True) -> None:
        self.folder, self._marks = folder, folder / "marks"
        self._marks.mkdir(parents=True)
        for name in (*MODULES, *STARTED_WITH):
            self._plant_module(folder / f"{name}.py")
        if package:
            (folder / "inpose_core").mkdir()
            for name in ("__init__", "worker", "cli"):
                self._plant_module(folder / "inpose_core" / f"{name}.py")
        for name in PROGRAMS:
            program = folder / name
            program.write_text(f'#!/bin/sh\n: > "{self._marks / name}"\n')
            program.chmod(0o755)

    @property
    def ran(self) -> set[str]:
        """Return what has run."""
        return {mark.name for mark in self._marks.iterdir()}

    def _plant_module(self, path: Path) -> None:
        path.write_text(f"open({str(self._marks / path.stem)!r}, 'w').close()\n")


@pytest.fixture
def planted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> PlantedFolder:
    """Make such a folder the current one."""
    made = PlantedFolder(tmp_path / "downloads")
    monkeypatch.chdir(made.folder)
    return made
