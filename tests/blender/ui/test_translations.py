# SPDX-License-Identifier: GPL-3.0-or-later
"""Check the tables: nothing is missing, nothing is stale, and what is filled in can be filled in."""

from __future__ import annotations

import string

import bpy
import pytest
from translatable import translatable_texts

from inpose_blender.ui import translate

LANGUAGES = ("de_DE", "ja_JP", "zh_HANS")


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def test_there_are_tables():
    assert tuple(sorted(translate.load_tables())) == LANGUAGES


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_is_in_the_table(registered, language):
    table, texts = translate.load_tables()[language], translatable_texts()
    assert sorted(texts - set(table)) == [], "texts without a translation"
    assert sorted(set(table) - texts) == [], "translations of texts that are shown nowhere"


@pytest.mark.parametrize("language", LANGUAGES)
def test_patterns_keep_their_fields(language):
    for text, translation in translate.load_tables()[language].items():
        assert translation.strip()
        assert fields(translation) == fields(text), text


def test_patterns_are_filled_in():
    assert translate.tr("{rig}: not recognised", rig="A {b}") == "A {b}: not recognised"
    assert translate.tr("no {pattern}") == "no {pattern}"


def test_labels_are_found_where_blender_looks():
    table = translate.blender_tables()["de_DE"]
    assert table["Operator", "Solve full body"] == table["*", "Solve full body"] == "Ganzen Körper lösen"


@pytest.mark.skipif(not bpy.app.translations.locales, reason="this Blender was built without languages")
@pytest.mark.parametrize("language", LANGUAGES)
def test_blender_speaks_the_language(registered, language):
    view = bpy.context.preferences.view
    before = view.language
    try:
        view.language = language
        view.use_translate_interface = True
        assert translate.tr("Solve full body") == translate.load_tables()[language]["Solve full body"]
    finally:
        view.language = before
