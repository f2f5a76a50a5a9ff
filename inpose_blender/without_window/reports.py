# SPDX-License-Identifier: GPL-3.0-or-later
"""Say in a line of JSON how each recording went."""

from __future__ import annotations

import json
import os
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ..core import InPoseError


def new_report(recording: Path, output: Path) -> dict[str, Any]:
    """Return the report of a recording that is going well so far."""
    return {"recording": str(recording), "output": str(output), "ok": True}


@contextmanager
def failures_in(report: dict[str, Any]) -> Iterator[None]:
    """Add to a report why what is done within failed, and go on."""
    try:
        yield
    except InPoseError as error:
        report |= {"ok": False, "kind": type(error).__name__, "error": error.message, "hint": error.hint}
        report["details"] = "\n".join(getattr(error, "__notes__", ()))
    except Exception as error:  # one bad file must not stop a night's batch, and Blender would exit with 0
        report |= {"ok": False, "kind": type(error).__name__, "error": str(error), "details": traceback.format_exc()}


def print_report(report: dict[str, Any]) -> bool:
    """Write a JSON line, and return whether this worked: a closed pipe or a full disk must not stop a batch at
    night."""
    try:
        sys.stdout.write(json.dumps(report) + "\n")
        sys.stdout.flush()
    except OSError as error:
        sys.stderr.write(f"inpose: The reports cannot be written ({error.strerror}). The outputs were written.\n")
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())  # or what is left to be written would fail once more at the end
        os.close(nowhere)
        return False
    return True
