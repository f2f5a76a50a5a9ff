# SPDX-License-Identifier: Apache-2.0
"""Run the scripts in web/tests, with Node.js and their packages from npm."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

WEB_TESTS = Path(__file__).resolve().parents[1] / "web" / "tests"
NODE = shutil.which("node")
CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
PACKAGES = ("iwer", "jsqr", "playwright-core", "pngjs")


def web_packages() -> Path:
    """Return the folder of the scripts, with its packages; skip the test if they cannot be had."""
    if NODE is None:
        pytest.skip("needs Node.js")
    if not all((WEB_TESTS / "node_modules" / name).is_dir() for name in PACKAGES):
        done = subprocess.run(["npm", "install", "--no-save", "--silent"], cwd=WEB_TESTS, timeout=240, check=False)
        if done.returncode:
            pytest.skip("npm cannot install the packages")
    return WEB_TESTS


def node(*arguments: str, folder: Path, seconds: float = 120) -> str:
    """Run a script, and return what it prints."""
    done = subprocess.run(
        ["node", *arguments], cwd=folder, capture_output=True, text=True, timeout=seconds, check=False
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout


@contextmanager
def worn_headset(folder: Path) -> Iterator[None]:
    """Wear an emulated headset in a Chromium that does what files in a folder ask for: see `act_as_asked.js`."""
    for name in ("address.txt", "asked.txt", "acted.txt", "page.json"):
        (folder / name).unlink(missing_ok=True)
    command = ["node", "act_as_asked.js", str(folder)]
    headset = subprocess.Popen(command, cwd=web_packages(), start_new_session=True)
    try:
        yield
    finally:
        with suppress(ProcessLookupError):  # it has left by itself
            os.killpg(headset.pid, signal.SIGKILL)
        headset.wait(30)


def read_qr_code(picture: Path) -> str:
    """Return the text of the QR code in a PNG picture, as a camera's program finds it."""
    return node("read_qr.js", str(picture), folder=web_packages())
