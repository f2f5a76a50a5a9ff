# SPDX-License-Identifier: GPL-3.0-or-later
"""Find a real Blender, with a command line and a window, for the tests that the bpy wheel cannot do."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]
ON_A_SCREEN = REPOSITORY / "tests" / "gui" / "on_a_screen.sh"


@dataclass(frozen=True)
class RealBlender:
    """Name a way to run commands where a Blender is."""

    version: str
    prefix: tuple[str, ...] = ()
    """What stands before a command, such as ``real-blender run 4.3 --``; the folders of tests must be seen there."""
    executable: str = "blender"

    def command(self, *arguments: str, profile: Path, environment: dict[str, str] | None = None) -> list[str]:
        """Return a command line for Blender with a user profile of its own."""
        settings = [f"{name}={value}" for name, value in (environment or {}).items()]
        return [*self.prefix, "env", f"BLENDER_USER_RESOURCES={profile}", *settings, self.executable, *arguments]

    def window_command(self, *arguments: str, profile: Path, environment: dict[str, str]) -> list[str]:
        """Return a command line for Blender with a window on a virtual screen of its own."""
        settings = [f"{name}={value}" for name, value in environment.items()]
        window = ["--window-geometry", "0", "0", "1600", "900"]
        start = [*self.prefix, "env", f"BLENDER_USER_RESOURCES={profile}", *settings]
        return [*start, str(ON_A_SCREEN), self.executable, *window, *arguments]


def real_blenders() -> list[RealBlender]:
    """Return the Blenders that are installed: $INPOSE_BLENDER, those of the tool beside the clone, ``blender``."""
    if chosen := os.environ.get("INPOSE_BLENDER"):
        *prefix, executable = shlex.split(chosen)
        return [RealBlender("chosen", tuple(prefix), executable)]
    found = []
    tool = REPOSITORY.parent / "shared" / "tools" / "real-blender"
    cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache"))
    home = Path(os.environ.get("REAL_BLENDER_HOME", cache / "real-blender"))
    for version in ("4.3", "5.2"):
        if tool.exists() and (home / version / "usr" / "bin" / "blender").exists():
            folders = {str(REPOSITORY.parent), "/tmp", str(Path(sys.executable).resolve().parents[1])}
            binds = [word for folder in sorted(folders) for word in ("--bind", folder)]
            found.append(RealBlender(version, ("bash", str(tool), "run", version, *binds, "--")))
    if not found and shutil.which("blender"):
        found.append(RealBlender("on the search path"))
    return found
