# SPDX-License-Identifier: GPL-3.0-or-later
"""Remember for a moment whether files are there: panels are drawn often, and disks can be slow."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Final

_FRESH_S: Final[float] = 2.0
_looked: dict[Path, tuple[float, bool]] = {}
"""When a file was last looked at, and whether it was there."""


def is_there(path: Path) -> bool:
    """Return whether a file is there, or was in the last seconds."""
    now_s = time.monotonic()
    looked = _looked.get(path)
    if looked is None or now_s - looked[0] > _FRESH_S:
        looked = _looked[path] = (now_s, path.is_file())
    return looked[1]


def look_again() -> None:
    """Forget which files were there: some have come or gone."""
    _looked.clear()
