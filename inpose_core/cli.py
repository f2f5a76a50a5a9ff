# SPDX-License-Identifier: Apache-2.0
"""Run InPose from a terminal: ``inpose solve``, ``batch``, ``takes``, ``info``, ``calibrate``, ``record`` and others.

Exit codes: 0 done, 1 some recordings of several failed (``batch``, ``takes``), 2 a problem that the message explains,
130 interrupted, 141 where the reader of a pipe went away, 143 asked to end by a signal.
"""

from __future__ import annotations

if __name__ == "__main__":  # python -m inpose_core.cli; what pip installs starts in `terminal`
    from .system.process import end_at_ctrl_c

    end_at_ctrl_c()

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from . import __version__
from .commands.batch import add_batch_command
from .commands.calibrate import add_calibrate_command
from .commands.demo import add_demo_command
from .commands.evaluate import add_evaluate_command
from .commands.info import add_info_command
from .commands.live import add_live_command
from .commands.pack import add_pack_command
from .commands.record import add_record_command
from .commands.solve import add_solve_command
from .commands.streams import run_with_output
from .commands.takes import add_takes_command
from .commands.train import add_train_command
from .errors import InPoseError
from .system.process import (
    INTERRUPTED_CODE,
    STOPPED_CODE,
    StoppedError,
    keep_torch_from_making_folders,
    raise_at_ctrl_c,
    stop_by_unwinding,
)

_COMMANDS: Final[tuple[Callable[[Any], None], ...]] = (
    add_solve_command,
    add_info_command,
    add_batch_command,
    add_takes_command,
    add_calibrate_command,
    add_record_command,
    add_live_command,
    add_train_command,
    add_evaluate_command,
    add_pack_command,
    add_demo_command,
)
"""In the order of ``inpose --help``."""
_EXTRA_WITH: Final[Mapping[str, str]] = {"scipy": "train", "torch": "train"}
"""The extra of InPose that installs a package which only some commands need."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return the process' exit code."""
    return run_with_output(lambda: _run(arguments))


def _run(arguments: Sequence[str] | None) -> int:
    options = _parser().parse_args(arguments)
    keep_torch_from_making_folders()
    try:
        with stop_by_unwinding():
            return int(options.run(options))
    except InPoseError as error:
        print(f"inpose: {error}", file=sys.stderr)
        return 2
    except MemoryError:
        print(
            "inpose: There is not enough memory. Close other programs, or solve a part of the recording.",
            file=sys.stderr,
        )
        return 2
    except ImportError as error:
        if (error.name or "").startswith("inpose"):
            raise
        # A broken library (a missing DLL, another Python's build) has no name to tell.
        problem = (
            f"The package {error.name} cannot be loaded" if error.name else f"A package cannot be loaded ({error})"
        )
        extra = _EXTRA_WITH.get((error.name or "").partition(".")[0])
        remedy = f'Install it: pip install "inpose[{extra}]"' if extra else "Install InPose again: pip install ."
        print(f"inpose: {problem}. {remedy}", file=sys.stderr)
        return 2
    except StoppedError:
        print(f"inpose: Stopped. {_left(options)}", file=sys.stderr)
        return STOPPED_CODE
    except KeyboardInterrupt:
        print(f"inpose: Interrupted. {_left(options)}", file=sys.stderr)
        return INTERRUPTED_CODE


def _left(options: argparse.Namespace) -> str:
    """Say what an interrupted command has left."""
    return str(getattr(options, "left_when_stopped", "Nothing was written."))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="inpose", description="Full-body motion from a headset and two controllers.")
    parser.add_argument("--version", action="version", version=f"inpose {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    for add in _COMMANDS:
        add(commands)
    return parser


if __name__ == "__main__":
    raise_at_ctrl_c()
    sys.exit(main())
