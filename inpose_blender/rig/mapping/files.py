# SPDX-License-Identifier: GPL-3.0-or-later
"""Keep a mapping in a JSON file: ``{"format": "inpose-mapping", "version": 1, "bones": {"pelvis": "Hips", ...}}``.

A joint without a bone has null. No bpy here.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from ...errors import RigError
from ...joint_names import JOINT_NAMES

FORMAT: Final[str] = "inpose-mapping"
VERSION: Final[int] = 1
_LARGEST_FILE_BYTES: Final[int] = 1 << 20


def write_mapping(path: Path, bones: Mapping[str, str]) -> None:
    """Write a joint-to-bone table; the file appears whole or not at all.

    Raises:
        OutputError: it cannot be written there.
    """
    from ...core import write_output

    table = {joint: bones.get(joint) or None for joint in JOINT_NAMES}
    document = {"format": FORMAT, "version": VERSION, "bones": table}
    write_output(path, [(json.dumps(document, indent=2, ensure_ascii=False) + "\n").encode()])


def read_mapping(path: Path) -> dict[str, str]:
    """Read a joint-to-bone table, or the humanoid table of a .vrm file; joints without a bone have an empty name.

    Raises:
        RigError: the file is no mapping.
    """
    if path.suffix.lower() in {".vrm", ".glb"}:
        from ..families import map_humanoid
        from ..vrm import read_vrm_table

        mapping = map_humanoid(read_vrm_table(path))
        return {joint: mapping.bones.get(joint, "") if mapping else "" for joint in JOINT_NAMES}
    from ...core import read_json

    hint = "Choose a file that InPose exported, or a .vrm file."
    try:
        document = read_json(path, _LARGEST_FILE_BYTES)
    except OSError as error:
        raise RigError(f"{path} cannot be read ({error.strerror}).", hint) from error
    except ValueError as error:
        raise RigError(f"{path.name} is not a JSON file.", hint) from error
    bones = document.get("bones") if isinstance(document, dict) and document.get("format") == FORMAT else None
    if not isinstance(bones, dict):
        raise RigError(f"{path.name} is not a mapping that InPose exported.", hint)
    if document.get("version") != VERSION:
        raise RigError(
            f"{path.name} was made by another version of InPose.", "Update InPose, or export the mapping again."
        )
    wrong = sorted(
        joint
        for joint, bone in bones.items()
        if joint not in JOINT_NAMES or not (bone is None or isinstance(bone, str))
    )
    if wrong:
        raise RigError(f"{path.name} has entries that do not name a joint and a bone: {', '.join(wrong)}.", hint)
    return {joint: bones.get(joint) or "" for joint in JOINT_NAMES}
