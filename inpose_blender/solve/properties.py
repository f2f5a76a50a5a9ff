# SPDX-License-Identifier: GPL-3.0-or-later
"""Keep in the scene how the next solve is done."""

from ..options import SolveSettings
from ..ui.option_properties import add_properties


class SolveChoices:
    """Hold how to solve; mixed into the scene's settings."""


add_properties(SolveChoices, SolveSettings)
