# SPDX-License-Identifier: GPL-3.0-or-later
"""Collect every text that the add-on shows: from its registered classes, and from its source."""

from __future__ import annotations

import ast
import inspect
from pathlib import Path

import bpy

from inpose_blender import addon
from inpose_blender.bake.asked_pins import NOT_SOLVED
from inpose_blender.bake.patching import BAKE_DIFFERS, KEYS_DIFFER, TURNS_ROUND
from inpose_blender.character.problems import CHANGED, SLOW, TEXTS
from inpose_blender.columns.preview import SENTENCES, TRACKER_SENTENCES
from inpose_blender.core import JOINT_NAMES
from inpose_blender.export.notes import NOTES
from inpose_blender.fingers.moved import SOURCE_TEXTS
from inpose_blender.options import EDIT_KINDS
from inpose_blender.pins.adding import REFUSALS
from inpose_blender.recording.outlook_lines import WRISTS
from inpose_blender.take_list.state import STATE_LABELS
from inpose_blender.viewing.kinds import KINDS

PACKAGE = Path(addon.__file__).resolve().parent
_TEXT_KEYWORDS = frozenset({"text", "heading", "placeholder"})
_PUT_TOGETHER = (
    *("Position", "Rotation", "Room", "Head", "Left hand", "Right hand"),
    *("Starting the solver", "Solving", "Cancelling", "Baking"),
)
"""Texts that reach `tr` through a variable."""


def translatable_texts() -> set[str]:
    """Return the English texts; the add-on must be registered."""
    texts = {name.replace("_", " ") for name in JOINT_NAMES} | set(_PUT_TOGETHER)
    texts |= set(SENTENCES.values()) | set(TRACKER_SENTENCES.values()) | set(SOURCE_TEXTS.values())
    texts |= set(KINDS.values()) | set(WRISTS.values()) | {kind.amount_label for kind in EDIT_KINDS}
    texts |= set(NOTES.values()) | set(STATE_LABELS.values())
    texts |= {text for pair in REFUSALS.values() for text in pair}
    texts |= {CHANGED, SLOW, NOT_SOLVED, BAKE_DIFFERS, KEYS_DIFFER, TURNS_ROUND} | {
        text for pair in TEXTS.values() for text in pair
    }
    for cls in addon._CLASSES:
        texts |= _texts_of_class(cls)
    for path in PACKAGE.rglob("*.py"):
        texts |= _texts_of_source(path)
    return {text for text in texts if any(character.isalpha() for character in text)}


def _texts_of_class(cls: type) -> set[str]:
    texts = {getattr(cls, "bl_label", "")}
    if issubclass(cls, bpy.types.Operator):
        package, _, function = cls.bl_idname.partition(".")
        rna = getattr(getattr(bpy.ops, package), function).get_rna_type()
        texts.add(rna.description)
    else:
        rna = cls.bl_rna
    # The settings of a scene are declared by several features, in classes that are mixed in.
    ours = [base for base in cls.__mro__ if base.__module__.startswith("inpose_blender")]
    own = {name for base in ours for name in inspect.get_annotations(base)}
    for name, prop in rna.properties.items():
        if name not in own or prop.is_hidden or prop.is_skip_save:
            continue
        texts |= {prop.name, prop.description}
        if prop.type == "ENUM":
            texts |= {text for item in prop.enum_items for text in (item.name, item.description)}
    return texts


def _texts_of_source(path: Path) -> set[str]:
    texts = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call):
            continue
        called = getattr(node.func, "attr", getattr(node.func, "id", ""))
        if called == "tr" and isinstance(node.args[0], ast.Constant):
            texts.add(node.args[0].value)
        is_layout = isinstance(node.func, ast.Attribute) and called in {
            "label", "operator", "prop", "menu", "column", "row", "progress", "prop_search"
        }  # fmt: skip
        if is_layout:
            for keyword in node.keywords:
                if keyword.arg in _TEXT_KEYWORDS and isinstance(keyword.value, ast.Constant):
                    texts.add(keyword.value.value)
    return texts
