# SPDX-License-Identifier: Apache-2.0
"""Start the command line. Ctrl-C while its modules load ends it without a traceback."""

from .system.process import end_at_ctrl_c, raise_at_ctrl_c


def main() -> int:
    """Run the command of this process' arguments, and return the exit code."""
    end_at_ctrl_c()
    from .cli import main as run  # noqa: PLC0415 (loading it is what takes time)

    raise_at_ctrl_c()
    return run()
