# SPDX-License-Identifier: Apache-2.0
"""Start the command line. Ctrl-C while its modules load ends it without a traceback."""

from .system.process import ctrl_c_ends_silently


def main() -> int:
    """Run the command of this process' arguments, and return the exit code."""
    with ctrl_c_ends_silently():
        from .cli import main as run  # noqa: PLC0415 (loading it is what takes time)
    return run()
