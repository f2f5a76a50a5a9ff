# SPDX-License-Identifier: GPL-3.0-or-later
"""Keep the solve options in the scene."""

from ..options import SolveSettings
from ..ui.option_properties import add_properties


class SolveChoices:
    """Hold the solve options; mixed into the scene's settings."""


add_properties(SolveChoices, SolveSettings)
