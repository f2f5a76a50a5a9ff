# SPDX-License-Identifier: Apache-2.0
"""Declare every option once: name, type, default, range or choices, unit, and one plain sentence.

A settings class is the table. From it follow the command line (`command_line`), the worker's request (`request`), the
docs' tables (`document`) and, in the add-on, properties and panel rows. A new option is a field here and the code that
obeys it. Nothing here imports numpy, torch or bpy: Blender imports it when it starts.

Recordings are read by `reading`, calibrated by `calibration` and solved by `solve`; the add-on bakes by a table of its
own.
"""

from .option import Choice, Custom, Option
from .request import settings_from_json, settings_to_json
from .table import OptionTable, option, options_of

__all__ = [
    "Choice",
    "Custom",
    "Option",
    "OptionTable",
    "option",
    "options_of",
    "settings_from_json",
    "settings_to_json",
]
