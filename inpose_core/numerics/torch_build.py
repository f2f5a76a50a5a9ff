# SPDX-License-Identifier: Apache-2.0
"""Find out what an installed torch can do, without loading it, which takes seconds. Standard library only."""

from __future__ import annotations

import ctypes
import platform
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_ENTRY: Final[re.Pattern[str]] = re.compile(r"^(__version__|cuda|hip)\b[^=\n]*= *'([^']*)'", re.MULTILINE)
_DRIVERS: Final[dict[str, str]] = {"win32": "nvcuda.dll", "linux": "libcuda.so.1"}
_MOST_CHARACTERS: Final[int] = 10_000


@dataclass(frozen=True)
class TorchBuild:
    """Describe an installed build of torch."""

    version: str
    cuda: str | None
    """Version of CUDA or ROCm that it was built for; None: it computes on the CPU alone, or on Apple's GPUs."""

    @property
    def device(self) -> str:
        """Return the device that it may compute on: cuda, mps or cpu."""
        if self.cuda is not None:
            return "cuda"
        return "mps" if is_apple_silicon() else "cpu"  # every build for it has Metal


def torch_build(folder: Path) -> TorchBuild | None:
    """Return the build of torch in a folder of packages; None if there is none."""
    try:
        with (folder / "torch" / "version.py").open(encoding="utf-8", errors="replace") as file:
            entries = dict(_ENTRY.findall(file.read(_MOST_CHARACTERS)))
    except OSError:
        return None
    if "__version__" not in entries:
        return None
    return TorchBuild(entries["__version__"], entries.get("cuda") or entries.get("hip"))


def has_nvidia_driver() -> bool:
    """Return whether this machine has the driver of an NVIDIA card."""
    library = _DRIVERS.get(sys.platform)
    if library is None:
        return False
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def is_apple_silicon() -> bool:
    """Return whether this is an Apple computer with Apple's own processor, whose GPU torch can use."""
    return sys.platform == "darwin" and platform.machine() == "arm64"
