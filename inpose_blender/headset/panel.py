# SPDX-License-Identifier: GPL-3.0-or-later
"""Show how to reach this computer from the headset, and what has arrived."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import bpy

from ..ui.drawing import SidebarPanel, draw_text
from ..ui.translate import tr
from .operators import running_session
from .qr_picture import draw_qr_code

if TYPE_CHECKING:
    from .session import HeadsetSession


class INPOSE_PT_headset(SidebarPanel, bpy.types.Panel):
    """Record in the browser of your headset"""

    bl_idname = "INPOSE_PT_headset"
    bl_label = "Headset"
    bl_parent_id = "INPOSE_PT_recording"

    def draw(self, context: bpy.types.Context) -> None:
        """Draw the settings, or the session that runs."""
        session = running_session()
        if session is None:
            draw_settings(self.layout, context.window_manager.inpose_headset)
        else:
            draw_session(self.layout, session)


def draw_settings(layout: Any, settings: Any) -> None:
    """Draw the button that begins, and the settings."""
    layout.operator("inpose.record_headset", icon="REC")
    header, body = layout.panel("inpose_headset_settings", default_closed=True)
    header.label(text=tr("Connection and folder"), translate=False)
    if body is None:
        return
    column = body.column()
    column.use_property_split = True
    column.use_property_decorate = False
    draw_connection(column, settings)
    column.prop(settings, "folder")


def draw_connection(column: Any, settings: Any) -> None:
    """Draw how the headset reaches this computer."""
    column.prop(settings, "connection")
    column.prop(settings, "port")
    if settings.connection == "WIFI":
        column.prop(settings, "certificate")
        column.prop(settings, "key")


def draw_session(layout: Any, session: HeadsetSession) -> None:
    """Draw the address, the state of the connection, and the buttons."""
    draw_address(layout, session.url, session.other_urls)
    progress = session.progress()
    if progress.connected:
        draw_text(layout, tr("Headset connected"), "CHECKMARK")
    else:
        draw_text(layout, tr("Waiting for the headset"), "SORTTIME")
    if progress.takes:
        draw_text(layout, tr("Take {number}: {frames} frames", number=progress.takes, frames=progress.frames))
    row = layout.row(align=True)
    row.enabled = progress.connected
    row.operator("inpose.command_headset", text="Start take", icon="REC").name = "start"
    row.operator("inpose.command_headset", text="Stop take", icon="SNAP_FACE").name = "stop"
    layout.operator("inpose.end_headset", text="End", icon="X")


def draw_address(layout: Any, url: str, other_urls: Sequence[str] = ()) -> None:
    """Draw the address of the page: for a headset on a cable, the command that forwards the port; for one in the
    network, the address as a QR code, and the addresses in further networks of this computer."""
    on_cable = url.startswith("http://")
    if on_cable:
        port = url.split("/")[2].rpartition(":")[2]
        draw_text(layout, tr("Run this command on the computer:"))
        _draw_copied(layout, f"adb reverse tcp:{port} tcp:{port}")
    draw_text(layout, tr("Open this address in the headset:"))
    _draw_copied(layout, url)
    if not on_cable:
        draw_qr_code(layout, url)
        if other_urls:
            draw_text(layout, tr("If the headset does not find it, try:"))
        for other in other_urls:
            _draw_copied(layout, other)
        draw_text(layout, tr("If the browser warns you, choose Advanced, then Proceed."), "INFO")


def _draw_copied(layout: Any, text: str) -> None:
    row = layout.row(align=True)
    row.label(text=text, translate=False)
    row.operator("inpose.copy_headset_text", text="", icon="COPYDOWN").text = text
