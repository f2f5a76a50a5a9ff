# SPDX-License-Identifier: Apache-2.0
"""Find the files that tests need and the repository may not hold: they are in `../shared`, or the test is skipped.

Every such skip goes through `shared_or_skip` or gives `wants_shared` as its reason; `conftest.py` counts them.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest

SHARED: Final[Path] = Path(__file__).resolve().parents[2] / "shared"
_WANTS: Final[str] = "needs ../shared/"


def wants_shared(name: str) -> str:
    """Return the reason for which a test is skipped where ``../shared/name`` is missing."""
    return _WANTS + name


def shared_or_skip(name: str) -> Path:
    """Return the path of ``../shared/name``, or skip the test, saying so."""
    path = SHARED / name
    if not path.exists():
        pytest.skip(wants_shared(name))
    return path


def missing_folder(reason: str) -> str | None:
    """Return the folder of `../shared` for want of which a test was skipped, given the reason; else None."""
    _, found, name = reason.partition(_WANTS)
    return name.split("/")[0] if found else None
