# SPDX-License-Identifier: Apache-2.0
"""Write the bill of materials of a release as CycloneDX 1.5 JSON: what it contains, and what it needs to run.

The zip contains InPose's own files alone, each listed with its SHA-256. The packages that it needs are those that
`pyproject.toml` declares; Blender has the only one that the extension uses, NumPy.
"""

from __future__ import annotations

import hashlib
import json
import re
import tomllib
import zipfile
from pathlib import Path
from typing import Any

from build_extension import ROOT

_REQUIREMENT = re.compile(r"([A-Za-z0-9._-]+)(?:\[[^]]*\])?\s*([^;]*)")


def write_bill_of_materials(zipped: Path, path: Path) -> None:
    """Write the bill of an extension's zip."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    path.write_text(json.dumps(bill_of_materials(zipped, project), indent=1) + "\n", encoding="utf-8", newline="\n")


def bill_of_materials(zipped: Path, project: dict[str, Any]) -> dict[str, Any]:
    """Return the bill of a zip as a CycloneDX document."""
    name, version = project["name"], project["version"]
    reference = f"pkg:pypi/{name}@{version}"
    needed = [_library(requirement, "required") for requirement in project["dependencies"]]
    extras = project["optional-dependencies"]
    optional = sorted({requirement for listed in extras.values() for requirement in listed})
    needed += [_library(each, "optional") for each in optional if not each.startswith(f"{name}[")]
    needed = list({library["bom-ref"]: library for library in reversed(needed)}.values())
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {"component": {"type": "application", "name": name, "version": version, "bom-ref": reference}},
        "components": [*_files(zipped), *needed],
        "dependencies": [
            {"ref": reference, "dependsOn": [each["bom-ref"] for each in needed if each["scope"] == "required"]}
        ],
    }


def _files(zipped: Path) -> list[dict[str, Any]]:
    with zipfile.ZipFile(zipped) as opened:
        return [
            {
                "type": "file",
                "name": entry.filename,
                "hashes": [{"alg": "SHA-256", "content": hashlib.sha256(opened.read(entry)).hexdigest()}],
            }
            for entry in sorted(opened.infolist(), key=lambda entry: entry.filename)
            if not entry.is_dir()
        ]


def _library(requirement: str, scope: str) -> dict[str, Any]:
    found = _REQUIREMENT.match(requirement)
    assert found is not None, requirement
    name, versions = found.group(1), found.group(2).strip()
    library = {"type": "library", "name": name, "scope": scope, "bom-ref": f"pkg:pypi/{name}"}
    return library | ({"description": f"versions {versions}"} if versions else {})
