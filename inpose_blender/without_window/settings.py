# SPDX-License-Identifier: GPL-3.0-or-later
"""Hold what a command line without a window asks for."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from ..bake.options import BakeOptions
from ..export.options import EXPORT_SUFFIXES, ExportOptions
from ..loops.options import LoopOptions
from ..solve.options import SolveOptions


@dataclass(frozen=True)
class BatchSettings:
    """Hold one command line."""

    recordings: tuple[Path, ...]
    output: Path
    output_is_folder: bool
    blend: Path | None
    armature: str
    interpreter: str
    scene_fps: float | None
    skip_existing: bool
    solve: SolveOptions
    bake: BakeOptions
    exports: tuple[Path, ...]
    """Files to export to; a mere ending stands for a file beside the output."""
    export: ExportOptions
    loop: LoopOptions
    row: bool = False
    """All recordings go onto one character and into one file, in NLA strips one after another."""
    row_gap: int = 0
    """Frames between two strips."""

    def output_of(self, recording: Path) -> Path:
        """Return where the result of a recording goes: under its name, with its ending where only that differs."""
        if not self.output_is_folder:
            return self.output
        name = recording.stem if self._stems[recording.stem.casefold()] == 1 else recording.name
        return self.output / f"{name}.blend"

    def exports_of(self, recording: Path) -> tuple[Path, ...]:
        """Return the files to which the character is exported with the motion of a recording."""
        output = self.output_of(recording)
        return tuple(output.with_suffix(path.name) if is_ending(path) else path for path in self.exports)

    @cached_property
    def _stems(self) -> Counter[str]:
        return Counter(recording.stem.casefold() for recording in dict.fromkeys(self.recordings))


def is_ending(path: Path) -> bool:
    """Say whether a path is no file, but an ending such as .glb."""
    return path.name == str(path) and path.name.lower() in EXPORT_SUFFIXES
