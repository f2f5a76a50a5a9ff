# SPDX-License-Identifier: Apache-2.0
"""Run ``inpose demo``: solve the example, and show the result."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any


def add_demo_command(commands: Any) -> None:
    """Add the command to the parser's commands."""
    command = commands.add_parser(
        "demo", help="solve the example; write .bvh, .npz, a picture, and a .blend if Blender is installed"
    )
    command.add_argument(
        "--out", type=Path, default=Path("demo_output"), help="folder for the results; default: demo_output"
    )
    command.add_argument("--device", default="auto", help="compute device: auto, cpu, cuda or mps; default: auto")
    command.set_defaults(run=run_demo_command)


def run_demo_command(options: argparse.Namespace) -> int:
    """Run the example, and name the files that it wrote."""
    from ..demo.run import run_demo  # noqa: PLC0415

    result = run_demo(options.out, options.device)
    for path in result.files:
        print(path)
    if result.note:
        print(result.note, file=sys.stderr)
    return 0
