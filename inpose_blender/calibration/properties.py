# SPDX-License-Identifier: GPL-3.0-or-later
"""Keep the calibration options in the scene."""

from ..options import CalibrationSettings
from ..recording.properties import read_again
from ..ui.option_properties import add_properties


class CalibrationChoices:
    """Hold the calibration options; mixed into the scene's settings."""


add_properties(CalibrationChoices, CalibrationSettings, read_again)
