# SPDX-License-Identifier: Apache-2.0
"""Make disks of any size, to fill them: a tmpfs, which takes root on Linux."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

PAGE_BYTES = 4096
"""What a tmpfs gives out at a time."""


@contextmanager
def small_disk(size_bytes: int) -> Iterator[Path]:
    """Mount an empty disk of at least one page."""
    with TemporaryDirectory(prefix="inpose-disk-") as folder:
        size = max(1, size_bytes // PAGE_BYTES) * PAGE_BYTES
        command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "inpose-test", folder]
        subprocess.run(command, check=True, capture_output=True, timeout=20)
        try:
            yield Path(folder)
        finally:
            subprocess.run(["umount", folder], check=True, capture_output=True, timeout=20)


@cache
def can_mount() -> bool:
    """Say whether this user may mount a disk here."""
    try:
        with small_disk(PAGE_BYTES):
            return True
    except (OSError, subprocess.SubprocessError):
        return False


needs_small_disk = pytest.mark.skipif(not can_mount(), reason="no disk to fill: mounting a tmpfs needs root on Linux")
