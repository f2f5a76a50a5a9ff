# SPDX-License-Identifier: Apache-2.0
"""Name what a runtime is locked, fetched and built for: platform, flavour of PyTorch, version of Python."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

LOCKS_FOLDER: Final[Path] = Path(__file__).parent / "locks"
TORCH: Final[str] = "torch==2.13.0"
REQUIREMENTS: Final[tuple[str, ...]] = ("numpy==2.4.6", "scipy==1.17.1", "safetensors>=0.4.5")
"""What `inpose_core.worker` imports besides. One NumPy and one SciPy for every Python."""
FPZIP: Final[str] = "fpzip==1.2.5"
"""What opens XROR recordings. Its wheels end with Python 3.13; for newer ones it would have to be compiled."""
TORCH_NEEDS: Final[tuple[str, ...]] = (
    *("filelock", "fsspec>=0.8.5", "jinja2", "markupsafe>=2.0", "mpmath<1.4", "networkx>=2.5.1,<3.7"),
    *("setuptools>=77.0.3", "sympy>=1.13.3", "typing-extensions>=4.10.0"),
)
"""What PyTorch needs on every platform, and what these need. pip judges conditions such as "on Linux only" by the
machine that it runs on, so that it cannot find these by itself for another."""

PYTORCH_CPU_INDEX: Final[str] = "https://download.pytorch.org/whl/cpu"
"""PyPI's wheels for Linux are CUDA builds; the small ones are here."""

# Blender 4.2 to 5.0 have Python 3.11, 5.1 and newer have 3.13.
_PIP_PLATFORMS: Final[dict[str, tuple[str, ...]]] = {
    "linux-x64": (
        "manylinux_2_28_x86_64",
        "manylinux_2_27_x86_64",
        "manylinux_2_25_x86_64",
        "manylinux_2_24_x86_64",
        "manylinux_2_18_x86_64",
        "manylinux_2_17_x86_64",
        "manylinux2014_x86_64",
        "manylinux_2_12_x86_64",
        "manylinux_2_5_x86_64",
        "manylinux1_x86_64",
    ),
    "windows-x64": ("win_amd64",),
    "macos-arm64": ("macosx_14_0_arm64", "macosx_12_0_arm64", "macosx_11_0_arm64", "macosx_10_9_universal2"),
}


@dataclass(frozen=True)
class Target:
    """Name one runtime; its lock is ``locks/PLATFORM[-cuda]-cpXY.txt``."""

    platform: str
    """As the manifest of Blender's extensions names it."""
    python: str
    """As in ``3.11``."""
    flavour: str = ""
    """Empty: the build of PyTorch that a package index serves for the processor (on a Mac with Metal); or ``cuda``."""

    @property
    def python_tag(self) -> str:
        """Return the tag in the names of wheels, as in ``cp311``."""
        return "cp" + self.python.replace(".", "")

    @property
    def name(self) -> str:
        """Return the name of the lock."""
        return "-".join(part for part in (self.platform, self.flavour, self.python_tag) if part)

    @property
    def lock(self) -> Path:
        """Return the file with versions and hashes, in pip's own format."""
        return LOCKS_FOLDER / f"{self.name}.txt"

    @property
    def pip_options(self) -> list[str]:
        """Return the options that make pip choose wheels for this target, wherever it runs."""
        platforms = [word for tag in _PIP_PLATFORMS[self.platform] for word in ("--platform", tag)]
        return [*platforms, "--python-version", self.python, "--implementation", "cp", "--only-binary=:all:"]

    @property
    def requirements(self) -> tuple[str, ...]:
        """Return what the solver imports besides PyTorch, as far as there are wheels for this Python."""
        return (*REQUIREMENTS, FPZIP) if self.python in ("3.11", "3.13") else REQUIREMENTS

    @property
    def extra_index(self) -> str:
        """Return the package index besides the user's own that has PyTorch for this target, or nothing."""
        return PYTORCH_CPU_INDEX if self.platform == "linux-x64" and not self.flavour else ""


TARGETS: Final[tuple[Target, ...]] = (
    *(Target(platform, python) for platform in _PIP_PLATFORMS for python in ("3.11", "3.13")),
    # Linux with CUDA, as PyPI has it; 3.14 is the Python of some distributions' Blender.
    *(Target("linux-x64", python, "cuda") for python in ("3.13", "3.14")),
)


def targets_of(platform: str, flavour: str = "", pythons: tuple[str, ...] = ()) -> tuple[Target, ...]:
    """Return the targets of one zip, of some versions of Python or of all that are locked."""
    return tuple(
        target
        for target in TARGETS
        if (target.platform, target.flavour) == (platform, flavour) and (not pythons or target.python in pythons)
    )


def platform_here() -> str:
    """Return this machine's platform by its name among Blender's."""
    return {"win32": "windows-x64", "darwin": "macos-arm64"}.get(sys.platform, "linux-x64")
