# SPDX-License-Identifier: GPL-3.0-or-later
"""Keep how a headset reaches this computer; it belongs to the session, so that no .blend names the user's key."""

# Blender reads properties from annotations, which are then no types.
# mypy: disable-error-code="valid-type"

from pathlib import Path
from typing import Final

import bpy

from ..options import RECORDER_PAGE_PORT
from ..preferences.machine_settings import kept_folder

CONNECTIONS: Final = (
    ("CABLE", "By cable", "The headset is connected with USB, and adb forwards the port"),
    ("WIFI", "By Wi-Fi", "The headset is in the same network. Its browser asks once whether to trust the page"),
)


class INPOSE_PG_headset(bpy.types.PropertyGroup):
    """Hold the settings for recording from a headset."""

    connection: bpy.props.EnumProperty(name="Connection", items=CONNECTIONS)
    port: bpy.props.IntProperty(
        name="Port",
        description="Port of this computer at which the page is served",
        default=RECORDER_PAGE_PORT,
        min=1024,
        max=65535,
    )
    certificate: bpy.props.StringProperty(
        name="Certificate",
        description="PEM file with your own certificate for HTTPS. If empty, InPose makes one for each session",
        subtype="FILE_PATH",
    )
    key: bpy.props.StringProperty(
        name="Key", description="PEM file with the key of the certificate", subtype="FILE_PATH"
    )
    folder: bpy.props.StringProperty(
        name="Takes",
        description="Folder for the takes. If empty, the folder of the .blend file, or InPose's own",
        subtype="DIR_PATH",
    )


def takes_folder(settings: INPOSE_PG_headset) -> Path:
    """Return the folder of the takes: the chosen one, else that of the .blend, else InPose's folder for new files."""
    if settings.folder:
        return Path(bpy.path.abspath(settings.folder))
    if bpy.data.filepath:
        return Path(bpy.data.filepath).parent
    return kept_folder("takes")
