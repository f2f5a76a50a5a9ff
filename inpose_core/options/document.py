# SPDX-License-Identifier: Apache-2.0
"""Write the option tables of the docs between their markers; the other text stays as it is."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..errors import OutputError
from .option import Option
from .table import OptionTable, options_of
from .values import custom_words, range_of, shown


def option_table(table: type[OptionTable]) -> str:
    """Return a table in Markdown: each option's label in the panel, its effect, its default and its flag."""
    rows = ["| Option | What it does | Default | On the command line |", "|---|---|---|---|"]
    for option in options_of(table):
        name = f"*{option.label}*" if option.not_in_panel else option.label
        rows.append(f"| {name} | {_what(option)} | {_default(option)} | {_flag(option)} |")
    return "\n".join(rows)


def with_tables(text: str, tables: dict[str, str]) -> str:
    """Return a document with its tables replaced; each stands between ``<!-- NAME -->`` and ``<!-- end of NAME -->``.

    Raises:
        OutputError: the document names an unknown table.
    """

    def fill(found: re.Match[str]) -> str:
        name = found[1]
        if name not in tables:
            raise OutputError(f'There is no table "{name}".', f"The tables are {', '.join(tables)}.")
        return f"<!-- {name} -->\n\n{tables[name]}\n\n<!-- end of {name} -->"

    return re.sub(r"<!-- ([\w ]+) -->\n.*?<!-- end of \1 -->", fill, text, flags=re.DOTALL)


def _what(option: Option) -> str:
    sentence = option.sentence[0].upper() + option.sentence[1:]
    choices = "; ".join(_choices(option)) if option.kind == "choice" else ""
    limits = range_of(option)
    details = f" ({limits})" if limits else ""
    absent = f". Not in the panel: {option.not_in_panel}" if option.not_in_panel else ""
    return f"{sentence}{details}{': ' if choices else ''}{choices}{absent}".replace("|", "\\|")


def _choices(option: Option) -> Iterator[str]:
    for choice in option.choices:
        name = choice.name.replace("_", "-")
        yield f"`{name}` {choice.label}" if choice.label.lower().replace(" ", "-") != name else f"`{name}`"
    if option.custom is not None:
        yield f"or {custom_words(option.custom)}"


def _default(option: Option) -> str:
    if option.default is None:
        return option.automatic
    text = str(shown(option, option.default)).strip('"')
    return f"`{text.replace('_', '-')}`" if option.kind == "choice" else text


def _flag(option: Option) -> str:
    if option.kind != "flag":
        return f"`--{option.flag}`"
    if option.default is None:
        return f"`--{option.flag}`, `--no-{option.flag}`"
    return f"`--no-{option.flag}`" if option.default else f"`--{option.flag}`"
