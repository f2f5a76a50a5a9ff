# SPDX-License-Identifier: Apache-2.0
"""List the file suffixes of recordings without importing the readers: Blender's start must not wait for numpy."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path
from typing import Final

_DECLARED: Final[re.Pattern[str]] = re.compile(r"^\s*suffixes=(\(\"[^)]*\)),$", re.MULTILINE)


@cache
def recording_suffixes() -> tuple[str, ...]:
    """Return the suffixes that the modules of this folder declare, such as ".bsor", in alphabetical order."""
    texts = (path.read_text(encoding="utf-8") for path in Path(__file__).parent.glob("*.py"))
    return tuple(sorted({suffix for text in texts for found in _DECLARED.findall(text) for suffix in _tuple(found)}))


def _tuple(text: str) -> tuple[str, ...]:
    return tuple(str(suffix) for suffix in ast.literal_eval(text))
