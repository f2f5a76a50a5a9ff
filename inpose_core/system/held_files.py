# SPDX-License-Identifier: Apache-2.0
"""Wait a moment if another program holds a file: on Windows, virus scanners and indexers open every new file."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final, TypeVar

Result = TypeVar("Result")

_HELD: Final[frozenset[int]] = frozenset({5, 32, 33})
"""Windows' errors: access denied, sharing violation, lock violation."""
_LONGEST_S: Final[float] = 2.0
_PAUSE_S: Final[float] = 0.05


def once_free(action: Callable[[], Result]) -> Result:
    """Call a function on a file. If another program holds the file, try again for two seconds.

    Raises:
        OSError: the file is held for longer, or the function fails in another way.
    """
    end = time.monotonic() + _LONGEST_S
    while True:
        try:
            return action()
        except OSError as error:
            if windows_error(error) not in _HELD or time.monotonic() > end:
                raise
        time.sleep(_PAUSE_S)


def windows_error(error: OSError) -> int | None:
    """Return Windows' own number of an error; None on other systems, which have none."""
    number = getattr(error, "winerror", None)
    return number if isinstance(number, int) else None
