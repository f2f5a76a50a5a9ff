# SPDX-License-Identifier: GPL-3.0-or-later
"""Read the humanoid table of VRM characters. With this table, no bone name has to be guessed.

The VRM add-on keeps it with the armature data; Blender's own glTF importer drops it, but the file still contains it.
Both versions of the format use Unity's names for the bones of a body: `families/unity.json` says which joints they
are.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from ..core import RigError, open_file, parse_json
from .families import RigMapping, map_humanoid

_GLB_MAGIC: Final[bytes] = b"glTF"
_JSON_CHUNK: Final[int] = 0x4E4F534A
_LARGEST_JSON: Final[int] = 1 << 28


def vrm_mapping(armature_data: Any) -> RigMapping | None:
    """Return the mapping by the table that the VRM add-on keeps with an armature, or None if there is none."""
    return map_humanoid(vrm_table(armature_data))


def vrm_table(armature_data: Any) -> dict[str, str]:
    """Return the humanoid table that the VRM add-on keeps with an armature: VRM's bone name to the bone; else empty."""
    extension = getattr(armature_data, "vrm_addon_extension", None)
    if extension is None:
        return {}
    try:
        if extension.spec_version == "0.0":
            bones = {bone.bone: bone.node.bone_name for bone in extension.vrm0.humanoid.human_bones}
        else:
            human_bones = extension.vrm1.humanoid.human_bones.human_bone_name_to_human_bone()
            bones = {name.value: bone.node.bone_name for name, bone in human_bones.items()}
    except AttributeError:  # another version of that add-on: its bones still have names
        return {}
    return {name: bone for name, bone in bones.items() if bone and bone in armature_data.bones}


def read_vrm_table(path: Path) -> dict[str, str]:
    """Read the humanoid table of a .vrm file: VRM's bone name to the name of the node, which is the bone in Blender.

    Raises:
        RigError: the file is no glTF binary, or has no humanoid table.
    """
    document = _read_glb_json(path)
    nodes = document.get("nodes", [])
    extensions = document.get("extensions", {})
    try:
        if "VRMC_vrm" in extensions:  # version 1: {"hips": {"node": 3}}
            bones = {name: bone["node"] for name, bone in extensions["VRMC_vrm"]["humanoid"]["humanBones"].items()}
        else:  # version 0: [{"bone": "hips", "node": 3}]
            bones = {bone["bone"]: bone["node"] for bone in extensions["VRM"]["humanoid"]["humanBones"]}
        table = {name: nodes[node]["name"] for name, node in bones.items()}
        if not all(isinstance(text, str) for names in table.items() for text in names):
            raise TypeError("a name is missing")
        return table
    except (KeyError, IndexError, TypeError, AttributeError) as error:
        raise RigError(f"{path.name} has no VRM humanoid table.", "Choose a .vrm file.") from error


def _read_glb_json(path: Path) -> Mapping[str, Any]:
    try:
        with open_file(path) as file:
            header = file.read(20)
            if len(header) < 20 or header[:4] != _GLB_MAGIC:
                raise RigError(f"{path.name} is not a VRM file.", "Choose a .vrm file.")
            length, kind = struct.unpack_from("<II", header, 12)
            if kind != _JSON_CHUNK or length > _LARGEST_JSON:
                raise RigError(f"{path.name} is damaged.", "Export it again.")
            document = parse_json(file.read(length))
    except OSError as error:
        raise RigError(f"{path} cannot be read ({error.strerror}).", "Choose another file.") from error
    except ValueError as error:
        raise RigError(f"{path.name} is damaged.", "Export it again.") from error
    if not isinstance(document, dict):
        raise RigError(f"{path.name} is damaged.", "Export it again.")
    return document
