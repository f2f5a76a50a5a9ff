# SPDX-License-Identifier: GPL-3.0-or-later
"""Import the core's options, formats and requests. Does not need bpy or numpy.

Every option is declared once, in a settings class of the core or, for the bake, in `bake.options`. Properties, panel
rows and the command line of batches follow from there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING or __package__ == "inpose_blender":
    from inpose_core import __version__
    from inpose_core.axes import AXES_NAMES
    from inpose_core.editing.kinds import KIND_OF as EDIT_KIND_OF
    from inpose_core.editing.kinds import KINDS as EDIT_KINDS
    from inpose_core.options.calibration import CalibrationSettings
    from inpose_core.options.command_line import add_options, settings_from_arguments
    from inpose_core.options.live import LiveOptions
    from inpose_core.options.option import Choice, Custom, Option
    from inpose_core.options.ports import RECORDER_PAGE_PORT, VMC_PORT
    from inpose_core.options.reading import TRIM_OPTIONS, ReadOptions
    from inpose_core.options.solve import SolveSettings
    from inpose_core.options.spans import parse_spans, spans_text
    from inpose_core.options.table import OptionTable, option, options_of
    from inpose_core.recording.folders import recordings_in
    from inpose_core.recording.formats.suffixes import recording_suffixes
    from inpose_core.requests import PROTOCOL, InfoRequest, LiveRequest, SolveAgainRequest, SolveRequest
else:
    from ..inpose_core import __version__
    from ..inpose_core.axes import AXES_NAMES
    from ..inpose_core.editing.kinds import KIND_OF as EDIT_KIND_OF
    from ..inpose_core.editing.kinds import KINDS as EDIT_KINDS
    from ..inpose_core.options.calibration import CalibrationSettings
    from ..inpose_core.options.command_line import add_options, settings_from_arguments
    from ..inpose_core.options.live import LiveOptions
    from ..inpose_core.options.option import Choice, Custom, Option
    from ..inpose_core.options.ports import RECORDER_PAGE_PORT, VMC_PORT
    from ..inpose_core.options.reading import TRIM_OPTIONS, ReadOptions
    from ..inpose_core.options.solve import SolveSettings
    from ..inpose_core.options.spans import parse_spans, spans_text
    from ..inpose_core.options.table import OptionTable, option, options_of
    from ..inpose_core.recording.folders import recordings_in
    from ..inpose_core.recording.formats.suffixes import recording_suffixes
    from ..inpose_core.requests import PROTOCOL, InfoRequest, LiveRequest, SolveAgainRequest, SolveRequest

__all__ = [
    "AXES_NAMES",
    "EDIT_KINDS",
    "EDIT_KIND_OF",
    "PROTOCOL",
    "RECORDER_PAGE_PORT",
    "TRIM_OPTIONS",
    "VMC_PORT",
    "CalibrationSettings",
    "Choice",
    "Custom",
    "InfoRequest",
    "LiveOptions",
    "LiveRequest",
    "Option",
    "OptionTable",
    "ReadOptions",
    "SolveAgainRequest",
    "SolveRequest",
    "SolveSettings",
    "__version__",
    "add_options",
    "option",
    "options_of",
    "parse_spans",
    "recording_suffixes",
    "recordings_in",
    "settings_from_arguments",
    "spans_text",
]
