# SPDX-License-Identifier: GPL-3.0-or-later
"""Solve and bake recordings without a window: the work of `headless.py` and of ``blender --command inpose``.

One JSON line per recording goes to standard output. An output appears under its name only when it is complete, so a
farm can repeat a task with ``--skip-existing``. The exit code is 0 only if every recording worked.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Final

from .core import INTERRUPTED_CODE, STOPPED_CODE, InPoseError, StoppedError, signals_wait, stop_by_unwinding
from .runtime.worker_job import stop_warm_process
from .without_window.command_line import parse_arguments
from .without_window.recordings import report_recording
from .without_window.row import report_row
from .without_window.scene_start import SceneStart

SOME_FAILED: Final[int] = 1
WRONG_USE: Final[int] = 2


def main(arguments: Sequence[str]) -> int:
    """Run a whole command line and return the exit code."""
    try:
        settings = parse_arguments(arguments)
    except SystemExit as stop:  # argparse has said why
        return stop.code if isinstance(stop.code, int) else WRONG_USE
    except InPoseError as error:
        sys.stderr.write(f"inpose: {error}\n")
        return WRONG_USE
    try:
        with stop_by_unwinding():
            start = SceneStart(settings)
            if settings.row:
                reports = report_row(settings, start)
            else:
                reports = [report_recording(recording, settings, start) for recording in settings.recordings]
    except InPoseError as error:
        sys.stderr.write(f"inpose: {error}\n")
        return WRONG_USE
    except StoppedError:
        sys.stderr.write("inpose: Stopped. The current recording was not written.\n")
        return STOPPED_CODE
    except KeyboardInterrupt:
        sys.stderr.write("inpose: Interrupted. The current recording was not written.\n")
        return INTERRUPTED_CODE
    finally:
        with signals_wait():
            stop_warm_process()
    return 0 if all(reports) else SOME_FAILED


def run_command(arguments: Sequence[str]) -> int:
    """Serve ``blender -b rig.blend --command inpose ...``."""
    return main(list(arguments))
