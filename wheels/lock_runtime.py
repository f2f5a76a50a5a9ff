# SPDX-License-Identifier: Apache-2.0
"""Write the locks anew: ``python wheels/lock_runtime.py [NAME ...]``; each names every wheel with version and hash.

pip itself resolves, for each target as if it ran there. PyTorch's CPU builds for Linux are on an index of their own: a
lock keeps the line that it has for them unless ``--pytorch-index`` asks there. Review the changes before you commit.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from targets import TARGETS, TORCH, TORCH_NEEDS, Target

_HEADER = "# What InPose's runtime for {name} bundles. Written by wheels/lock_runtime.py; pip checks the hashes.\n"


def main() -> int:
    """Lock the named targets, or all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help="as in linux-x64-cp311; default: all")
    parser.add_argument("--pytorch-index", action="store_true", help="look up PyTorch's CPU builds for Linux, too")
    options = parser.parse_args()
    for target in TARGETS:
        if not options.names or target.name in options.names:
            lock(target, options.pytorch_index)
            sys.stdout.write(f"{target.lock}\n")
    return 0


def lock(target: Target, ask_pytorch_index: bool) -> None:
    """Resolve one target and write its lock."""
    if target.flavour == "cuda":
        lines = resolve(target, [TORCH, *target.requirements, *TORCH_NEEDS])
    elif target.extra_index:
        lines = [
            *resolve(target, [*target.requirements, *TORCH_NEEDS], "--no-deps"),
            torch_for_cpu(target, ask_pytorch_index),
        ]
    else:
        lines = resolve(target, [TORCH, *target.requirements, *TORCH_NEEDS], "--no-deps")
    index = f"--extra-index-url {target.extra_index}\n" if target.extra_index else ""
    text = _HEADER.format(name=target.name) + index + "\n".join(sorted(lines)) + "\n"
    target.lock.write_text(text, encoding="utf-8")


def torch_for_cpu(target: Target, ask_pytorch_index: bool) -> str:
    """Return the line for PyTorch's CPU build: the index', or the one that the lock has."""
    if ask_pytorch_index:
        return resolve(target, [f"{TORCH}+cpu"], "--no-deps", "--index-url", target.extra_index)[0]
    text = target.lock.read_text(encoding="utf-8") if target.lock.exists() else ""
    kept = re.search(rf"^{re.escape(TORCH)}\+cpu .*$", text, re.MULTILINE)
    if kept is None:
        raise SystemExit(f"{target.name}: the lock has no line for {TORCH}+cpu yet; use --pytorch-index.")
    return kept[0]


def resolve(target: Target, requirements: Sequence[str], *options: str) -> list[str]:
    """Return one line for pip per wheel that the target needs."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        command = [sys.executable, "-m", "pip", "install", "-q", "--dry-run", "--ignore-installed"]
        command += ["--target", folder, "--report", str(report), *target.pip_options, *options]
        subprocess.run([*command, *requirements], check=True)
        installed = json.loads(report.read_text(encoding="utf-8"))["install"]
    lines = []
    for package in installed:
        name = re.sub(r"[-_.]+", "-", package["metadata"]["name"]).lower()
        digest = package["download_info"]["archive_info"]["hashes"]["sha256"]
        lines.append(f"{name}=={package['metadata']['version']} --hash=sha256:{digest}")
    return lines


if __name__ == "__main__":
    sys.exit(main())
