# SPDX-License-Identifier: GPL-3.0-or-later
"""Find the Pythons that can use the graphics card, and show the solver's Python in the preferences."""

# Blender reads properties from annotations, which are then no types.
# mypy: disable-error-code="valid-type"

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import bpy

from ..errors import InPoseError
from ..ui.panel_words import panel_words
from ..ui.redraw import redraw_panels
from ..ui.translate import tr
from .machine_settings import addon_preferences, gpu_pythons_file, solver_interpreters

if TYPE_CHECKING:
    from ..runtime.gpu_pythons import Search

_LOOK_EVERY_S: Final[float] = 0.2
_searches: "list[Search]" = []
"""The session's last search."""


class INPOSE_OT_find_pythons(bpy.types.Operator):
    """Find the Pythons on this computer whose PyTorch can use the graphics card"""

    bl_idname = "inpose.find_pythons"
    bl_label = "Find Pythons"

    def invoke(self, context: bpy.types.Context, _event: bpy.types.Event) -> set[str]:
        """Search while Blender goes on."""
        if bpy.app.background:
            return self.execute(context)
        start_search()
        return {"FINISHED"}

    def execute(self, _context: bpy.types.Context) -> set[str]:
        """Search before returning."""
        search = start_search()
        search.wait()
        self.report({"INFO"}, tr("Pythons that can use the graphics card: {count}", count=len(search.found)))
        return {"FINISHED"}


class INPOSE_OT_use_python(bpy.types.Operator):
    """Let this Python run the solver"""

    bl_idname = "inpose.use_python"
    bl_label = "Use this Python"

    filepath: bpy.props.StringProperty(options={"HIDDEN", "SKIP_SAVE"})

    def execute(self, _context: bpy.types.Context) -> set[str]:
        """Put it into the preferences."""
        preferences = addon_preferences()
        if preferences is None:
            return {"CANCELLED"}
        preferences.interpreter_path = self.filepath
        return {"FINISHED"}


class INPOSE_OT_copy_install_command(bpy.types.Operator):
    """Copy the command that installs PyTorch for the graphics card, to paste it into a terminal"""

    bl_idname = "inpose.copy_install_command"
    bl_label = "Copy command"

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Put it onto the clipboard."""
        from ..runtime.gpu_pythons import install_command

        search = _searches[0] if _searches else start_search()
        search.wait()
        if search.base is None:
            return {"CANCELLED"}
        context.window_manager.clipboard = install_command(search.base)
        return {"FINISHED"}


def start_search() -> "Search":
    """Return the running search, or start a new one; the panels are drawn again when it ends."""
    from ..runtime.gpu_pythons import Search

    if not _searches or _searches[0].done:
        _searches[:] = [Search(gpu_pythons_file())]
        if not bpy.app.background:
            bpy.app.timers.register(_redraw_when_done)
    return _searches[0]


def _redraw_when_done() -> float | None:
    if _searches and not _searches[0].done:
        return _LOOK_EVERY_S
    redraw_panels()
    return None


def forget_search() -> None:
    """Forget what the session's search found."""
    _searches.clear()
    if bpy.app.timers.is_registered(_redraw_when_done):
        bpy.app.timers.unregister(_redraw_when_done)


def draw_pythons(layout: Any, _context: bpy.types.Context) -> None:
    """Draw the Python that runs the solver, and advice. The first drawing of a session starts a search."""
    search = _searches[0] if _searches else start_search()
    column = layout.column(align=True)
    try:
        used = solver_interpreters()[0]
    except InPoseError as error:
        column.label(text=panel_words(f"{error.message} {error.hint}"), icon="ERROR", translate=False)
    else:
        column.label(text=tr("The solver runs with: {python}", python=used.label), icon="CHECKMARK", translate=False)
        column.label(text=used.executable, icon="BLANK1", translate=False)
    if not search.done:
        column.label(text="Searching for Pythons", icon="SORTTIME")
    elif search.has_graphics_card and not search.found:
        _draw_advice(column, search)
    _draw_environment_beside(column)
    layout.operator("inpose.find_pythons", icon="VIEWZOOM")


def _draw_advice(column: Any, search: "Search") -> None:
    """Draw how to get a Python for the graphics card, and why those that are there cannot be used."""
    from ..runtime.gpu_pythons import install_command

    for near in search.near_misses:
        values = {"python": near.executable, "version": f"{near.version[0]}.{near.version[1]}"}
        if near.is_too_old:
            text = tr("{python} is too old: it is Python {version}, and InPose needs 3.11 or newer.", **values)
        else:
            text = tr("{python} has PyTorch, but not NumPy.", **values)
        column.label(text=text, icon="ERROR", translate=False)
    if search.base is None:
        column.label(
            text="To solve on the graphics card, install Python 3.11 or newer. Then click Find Pythons.", icon="INFO"
        )
        return
    column.label(text="To solve on the graphics card, run this in a terminal, then click Find Pythons:", icon="INFO")
    row = column.row()
    lines = row.column(align=True)
    for line in install_command(search.base).splitlines():
        lines.label(text=line, icon="BLANK1", translate=False)
    row.operator("inpose.copy_install_command", text="", icon="COPYDOWN")


def _draw_environment_beside(column: Any) -> None:
    """Offer the environment beside the .blend file. It is used only after a click, because it may come from anybody."""
    from ..runtime.likely_pythons import environment_beside

    preferences = addon_preferences()
    if not bpy.data.filepath or (preferences is not None and preferences.interpreter_path):
        return
    beside = environment_beside(Path(bpy.data.filepath))
    if beside is not None:
        row = column.row()
        row.label(text=tr("Beside this file: {path}", path=beside), icon="FILE_SCRIPT", translate=False)
        row.operator("inpose.use_python", text="Use").filepath = str(beside)


CLASSES = (INPOSE_OT_find_pythons, INPOSE_OT_use_python, INPOSE_OT_copy_install_command)
