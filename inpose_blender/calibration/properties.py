# SPDX-License-Identifier: GPL-3.0-or-later
"""Keep in the scene what the recording does not say: who wore the headset, and how."""

from ..options import CalibrationSettings
from ..ui.option_properties import add_properties


class CalibrationChoices:
    """Hold how the recording is understood; mixed into the scene's settings."""


add_properties(CalibrationChoices, CalibrationSettings)
