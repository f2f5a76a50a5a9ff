# SPDX-License-Identifier: Apache-2.0
"""Say at the end of a run what was skipped because files outside the repository are missing."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.shared_files import missing_folder


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print one line with the number of tests that were skipped for want of `../shared`, by folder."""
    skipped = terminalreporter.stats.get("skipped", [])
    folders = Counter(filter(None, (missing_folder(str(report.longrepr[-1])) for report in skipped)))
    if folders:
        parts = ", ".join(f"{folder} {count}" for folder, count in sorted(folders.items()))
        terminalreporter.write_line(f"Skipped because ../shared lacks files: {folders.total()} tests ({parts}).")
