# SPDX-License-Identifier: Apache-2.0
"""Fetch the wheels that a zip bundles by pip, which checks the hashes: ``python wheels/fetch_runtime.py linux-x64``."""

from __future__ import annotations

import argparse
import hashlib
import re
import subprocess
import sys
from pathlib import Path

from targets import Target, platform_here, targets_of

CACHE: Path = Path(__file__).resolve().parent.parent / "build" / "wheels"
_LINE = re.compile(r"^(?P<requirement>[\w.+-]+==\S+) --hash=sha256:(?P<sha256>[0-9a-f]{64})$")


def main() -> int:
    """Fetch for one platform, and say for which versions of Python it failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("platform", nargs="?", default=platform_here())
    parser.add_argument("--flavour", default="", choices=("", "cuda"))
    parser.add_argument("--python", action="append", default=[], help="as in 3.11; may be repeated; default: all")
    options = parser.parse_args()
    failed = [
        target.name
        for target in targets_of(options.platform, options.flavour, tuple(options.python))
        if fetch(target) is None
    ]
    if failed:
        sys.stderr.write(f"Not every wheel could be fetched for {', '.join(failed)}.\n")
    return 1 if failed else 0


def fetch(target: Target) -> list[Path] | None:
    """Return the wheels of a target, fetching those that are not here yet; None if one cannot be had."""
    CACHE.mkdir(parents=True, exist_ok=True)
    wanted = read_lock(target)
    known = _wheels_by_hash()
    missing = {sha256: requirement for sha256, requirement in wanted.items() if sha256 not in known}
    # One by one: PyPI has no PyTorch of the CPU builds' version, and their index is asked for nothing else.
    for sha256, requirement in missing.items():
        if not _download(target, requirement, sha256):
            return None
    known = _wheels_by_hash() if missing else known
    return [known[sha256] for sha256 in wanted]


def read_lock(target: Target) -> dict[str, str]:
    """Return the requirement of each wheel by its SHA-256."""
    matches = [_LINE.match(line) for line in target.lock.read_text(encoding="utf-8").splitlines()]
    return {match["sha256"]: match["requirement"] for match in matches if match}


def _download(target: Target, requirement: str, sha256: str) -> bool:
    line = CACHE / "requirement.txt"
    line.write_text(f"{requirement} --hash=sha256:{sha256}\n", encoding="utf-8")
    command = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--require-hashes", "-r", str(line)]
    command += ["-d", str(CACHE), *target.pip_options]
    attempts = [command]
    if target.extra_index:
        attempts.append([*command, "--retries", "1", "--index-url", target.extra_index])
    for attempt in attempts:
        done = subprocess.run(attempt, capture_output=True, text=True, check=False)
        if done.returncode == 0:
            return True
    sys.stderr.write(f"{target.name}: {requirement} cannot be fetched:\n{done.stderr}\n")
    return False


def _wheels_by_hash() -> dict[str, Path]:
    found = {}
    for wheel in sorted(CACHE.glob("*.whl")):
        with wheel.open("rb") as file:
            found[hashlib.file_digest(file, "sha256").hexdigest()] = wheel
    return found


if __name__ == "__main__":
    sys.exit(main())
