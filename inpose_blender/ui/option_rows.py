# SPDX-License-Identifier: GPL-3.0-or-later
"""Draw a table of options as rows of a panel."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from ..options import Option, OptionTable
from .option_properties import is_custom, panel_options, shown_as


def draw_options(
    layout: Any,
    group: Any,
    table: type[OptionTable],
    without: Collection[str] = (),
    *,
    expert: bool = False,
    only: Collection[str] | None = None,
) -> None:
    """Draw a row for each option that panels show to everybody, or only to experts.

    Args:
        layout: the layout to draw in.
        group: the property group that has the table's properties.
        table: the settings class.
        without: names of options that are drawn elsewhere.
        expert: draw the expert options instead of the others.
        only: draw no other options than these; None: all.
    """
    layout.use_property_split = True
    layout.use_property_decorate = False
    for option in panel_options(table):
        wanted = only is None or option.name in only
        if option.expert == expert and wanted and option.name not in without:
            draw_option(layout.column(align=True), group, option)


def draw_option(layout: Any, group: Any, option: Option) -> None:
    """Draw one option, and below it the field for a custom value."""
    layout.prop(group, shown_as(option))
    if option.custom is not None and is_custom(option, group):
        layout.prop(group, option.custom.stored_as)
