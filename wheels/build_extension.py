# SPDX-License-Identifier: Apache-2.0
"""Build the extension's zips with Blender's own builder: ``python wheels/build_extension.py --out dist``.

The small zip is for every platform and needs a Python with PyTorch; a full one (``--full``) brings the solver's
packages along. The builder is a plain Python script that comes with Blender; here it is taken from the bpy package.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.util
import json
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
import zipfile
from pathlib import Path

from fetch_runtime import fetch
from targets import Target, platform_here, targets_of

ROOT = Path(__file__).resolve().parent.parent

# What a solver never opens, a quarter of it all: tests, C++ headers, build files. torch_shm_manager is looked for by
# `import torch`; the folders named testing are packages that others import.
_NEEDLESS = re.compile(
    r"torch/(test|include|share)/|torch/bin/(?!torch_shm_manager)|(^|/)tests/|\.(a|lib|h|hpp|cuh|pdb|pyi|pyx|pxd)$"
)


def main() -> int:
    """Build and validate; return the exit code of whichever failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=ROOT / "dist")
    parser.add_argument("--full", nargs="?", const=platform_here(), help="build a full zip for this platform")
    parser.add_argument("--flavour", default="", choices=("", "cuda"))
    parser.add_argument("--python", action="append", default=[], help="as in 3.11; default: all that Blender has")
    parser.add_argument("--allow-missing", action="store_true", help="go on without what cannot be fetched")
    options = parser.parse_args()
    builder = find_builder()
    if builder is None:
        sys.stderr.write("The bpy package is not installed: pip install 'inpose[bpy]'\n")
        return 2
    options.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=options.out, prefix=".build-") as folder:
        staged = stage(Path(folder) / "inpose")
        name = f"inpose-{version_of(staged)}"
        if options.full:
            targets = targets_of(options.full, options.flavour, tuple(options.python))
            bundled = bundle(targets, staged / "runtime")
            missing = [target.name for target in targets if target not in bundled]
            if missing and not (options.allow_missing and bundled):
                return 1
            if missing:
                sys.stderr.write(f"This zip brings nothing for {', '.join(missing)}.\n")
            name += "-" + "-".join(part for part in (options.full.replace("-", "_"), options.flavour) if part)
            declare_platform(staged / "blender_manifest.toml", options.full)
        zipped = options.out.resolve() / f"{name}.zip"
        return build(builder, staged, zipped)


def find_builder() -> Path | None:
    """Return Blender's ``blender_ext.py`` out of the bpy package."""
    package = importlib.util.find_spec("bpy")
    folders = (package.submodule_search_locations if package else None) or []
    found = [
        path for folder in folders for path in Path(folder).glob("*/scripts/addons_core/bl_pkg/cli/blender_ext.py")
    ]
    return found[0] if found else None


def stage(folder: Path) -> Path:
    """Copy what may be packed; the manifest's own patterns leave the workshop out."""
    folder.mkdir()
    for name in ("blender_manifest.toml", "__init__.py", "README.md", "LICENSE", "LICENSE-APACHE", "LICENSE-GPL"):
        shutil.copy2(ROOT / name, folder / name)
    for package in ("inpose_blender", "inpose_core"):
        shutil.copytree(ROOT / package, folder / package, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "examples").mkdir()
    for recording in (ROOT / "examples").glob("*.csv"):
        shutil.copy2(recording, folder / "examples")
    return folder


def version_of(folder: Path) -> str:
    """Return the version that the manifest says."""
    return str(tomllib.loads((folder / "blender_manifest.toml").read_text(encoding="utf-8"))["version"])


def declare_platform(manifest: Path, platform: str) -> None:
    """Let Blender install the zip on its platform only."""
    text = manifest.read_text(encoding="utf-8")
    manifest.write_text(
        text.replace("\n[permissions]", f'platforms = ["{platform}"]\n\n[permissions]'), encoding="utf-8"
    )


def bundle(targets: tuple[Target, ...], folder: Path) -> list[Target]:
    """Put the pruned wheels of each target that can be fetched, and an index of them, into the folder."""
    folder.mkdir()
    bundled = []
    for target in targets:
        wheels = fetch(target)
        if wheels is None:
            continue
        entries, unpacked_bytes = [], 0
        for wheel in wheels:
            packed = folder / wheel.name
            if not packed.exists():
                prune(wheel, packed)
            with packed.open("rb") as file:
                entries.append({"file": packed.name, "sha256": hashlib.file_digest(file, "sha256").hexdigest()})
            with zipfile.ZipFile(packed) as opened:
                unpacked_bytes += sum(member.file_size for member in opened.infolist())
        index = {"python": [int(part) for part in target.python.split(".")], "unpacked_bytes": unpacked_bytes}
        index_path = folder / f"{target.python_tag}.json"
        index_path.write_text(json.dumps({**index, "archives": entries}, indent=1), encoding="utf-8")
        bundled.append(target)
    return bundled


def prune(wheel: Path, packed: Path) -> None:
    """Copy a wheel without what a solver never opens, where that saves much; the same wheel gives the same bytes."""
    with zipfile.ZipFile(wheel) as source, zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as target:
        members = [member for member in source.infolist() if not member.is_dir()]
        kept = [member for member in members if not _NEEDLESS.search(member.filename)]
        sizes = [sum(member.compress_size for member in some) for some in (kept, members)]
        if sizes[0] < 0.95 * sizes[1]:
            for member in kept:
                copied = zipfile.ZipInfo(member.filename)
                copied.external_attr, copied.compress_type = member.external_attr, zipfile.ZIP_DEFLATED
                target.writestr(copied, source.read(member))
            return
    shutil.copyfile(wheel, packed)


def build(builder: Path, folder: Path, zipped: Path) -> int:
    """Run Blender's builder, then its validator on what came out."""
    command = [sys.executable, str(builder), "build", "--source-dir", str(folder), "--output-filepath", str(zipped)]
    if code := subprocess.run(command, check=False).returncode:
        return code
    sys.stdout.write(f"{zipped.name}: {zipped.stat().st_size / 1e6:.1f} MB\n")
    return subprocess.run([sys.executable, str(builder), "validate", str(zipped)], check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
