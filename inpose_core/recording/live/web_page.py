# SPDX-License-Identifier: Apache-2.0
"""Find the files of the recorder page, and say of which type they are."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from ...errors import InPoseError

_PACKAGE: Final[Path] = Path(__file__).resolve().parents[2]
_PLACES: Final[tuple[Path, ...]] = (_PACKAGE.parent / "web" / "recorder", _PACKAGE / "web" / "recorder")
"""Beside the package in a clone and in the add-on, and within it in the wheel."""
_TYPES: Final[dict[str, str]] = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
}


def page_files() -> dict[str, tuple[str, bytes]]:
    """Return type and content of each file of the page by its name; the empty name is the page itself.

    Raises:
        InPoseError: the page is not installed.
    """
    folder = next((place for place in _PLACES if (place / "index.html").is_file()), None)
    if folder is None:
        raise InPoseError("The recorder page is not part of this installation.", "Install InPose again.")
    files = {
        path.name: (_TYPES[path.suffix], path.read_bytes())
        for path in sorted(folder.iterdir())
        if path.suffix in _TYPES and path.is_file()
    }
    return {**files, "": files["index.html"]}
