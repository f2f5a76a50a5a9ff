# SPDX-License-Identifier: Apache-2.0
"""Build everything that is published into a folder: ``python release/build_release.py --out dist``.

The extension's zip, the index of Blender's remote repositories, the core for PyPI, the bill of materials, and the
checksums of all. What an older release left in the folder is removed first.
"""

from __future__ import annotations

import argparse
import hashlib
import subprocess
import sys
from pathlib import Path

from bill_of_materials import write_bill_of_materials
from build_extension import ROOT, find_builder

_CHECKSUMS = "SHA256SUMS"
_PUBLISHED = ("inpose-*.zip", "inpose-*.cdx.json", "inpose-*.whl", "inpose-*.tar.gz", "index.json", _CHECKSUMS)


def main() -> int:
    """Build all; return the exit code of the first step that failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=ROOT / "dist")
    folder = parser.parse_args().out.resolve()
    builder = find_builder()
    if builder is None:
        sys.stderr.write("The bpy package is not installed: pip install 'inpose[bpy]'\n")
        return 2
    folder.mkdir(parents=True, exist_ok=True)
    for old in published(folder):
        old.unlink()
    for command in (
        (str(ROOT / "release" / "build_extension.py"), "--out", str(folder)),
        (str(builder), "server-generate", "--repo-dir", str(folder)),
        ("-m", "hatchling", "build", "--directory", str(folder)),
    ):
        if code := subprocess.run([sys.executable, *command], cwd=ROOT, check=False).returncode:
            return code
    (zipped,) = folder.glob("inpose-*.zip")
    write_bill_of_materials(zipped, zipped.with_suffix(".cdx.json"))
    write_checksums(folder)
    return 0


def published(folder: Path) -> list[Path]:
    """Return the files of a release that lie in a folder."""
    return sorted(path for pattern in _PUBLISHED for path in folder.glob(pattern))


def write_checksums(folder: Path) -> None:
    """Write the SHA-256 of each file as ``sha256sum`` does."""
    lines = []
    for path in published(folder):
        with path.open("rb") as file:
            lines.append(f"{hashlib.file_digest(file, 'sha256').hexdigest()}  {path.name}\n")
    (folder / _CHECKSUMS).write_text("".join(lines), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    sys.exit(main())
