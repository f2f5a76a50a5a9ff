# SPDX-License-Identifier: GPL-3.0-or-later
"""Make the requests of a session from what the panel says."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import bpy

from ..bake.properties import bake_options
from ..core import RecordingError, RigError, output_error
from ..headset.operators import choices_of
from ..headset.properties import takes_folder
from ..options import CalibrationSettings, LiveOptions, LiveRequest
from ..preferences.machine_settings import solver_interpreters
from ..recording.properties import chosen_reading
from ..rig.properties import chosen_armature
from ..takes.kept_settings import has_own_calibration
from ..takes.listed import chosen_entry
from ..ui.option_properties import settings_of
from .performer import Performer
from .xr_source import check_session

_ALL_ADDRESSES: Final[str] = "0.0.0.0"
_SOURCES: Final[dict[str, str]] = {"VMC": "vmc", "PAGE": "page", "XR": "fed"}


@dataclass(frozen=True)
class _Role:
    armature: Any
    port: int


def begin_performers(context: bpy.types.Context) -> tuple[tuple[Performer, ...], Path]:
    """Check the rigs, start to follow, and return the performers and the folder of their takes.

    Raises:
        InPoseError: a rig cannot be posed, the folder cannot be made, or the VR session is missing or hides heights.
    """
    scene = context.scene
    settings = scene.inpose_live
    if settings.source == "XR":
        check_session(context)
    folder = _folder(context)
    roles = _roles(context)
    options = bake_options(scene)
    performers = tuple(Performer(role.armature, scene, options) for role in roles)
    interpreters = solver_interpreters()
    calibration = _calibration(scene)
    for performer, role in zip(performers, roles, strict=True):
        performer.follow(_request(context, performer, role.port, folder, calibration), interpreters)
        # The panel has the height and the file of the first performer; the others are measured.
        calibration = replace(calibration, stature_m=None, calibration_file=None)
    return performers, folder


def _roles(context: bpy.types.Context) -> list[_Role]:
    settings = context.scene.inpose_live
    armature = chosen_armature(context)
    if armature is None:
        raise RigError("There is no character to move.", "Select the armature of the character.")
    roles = [_Role(armature, settings.port)]
    if settings.source == "VMC":
        roles += [_Role(each.armature, each.port) for each in settings.performers if each.armature is not None]
    armatures, ports = [role.armature for role in roles], [role.port for role in roles]
    if len(set(armatures)) < len(armatures):
        raise RigError("Two performers move the same character.", "Choose another armature for one of them.")
    if len(set(ports)) < len(ports):
        raise RecordingError("Two performers have the same port.", "Give each performer a port of its own.")
    return roles


def _request(
    context: bpy.types.Context, performer: Performer, port: int, folder: Path, calibration: CalibrationSettings
) -> LiveRequest:
    scene = context.scene
    settings = scene.inpose_live
    address, certificate, key = ("127.0.0.1", None, None)
    if settings.source == "PAGE":
        choices = choices_of(context.window_manager.inpose_headset)
        port = choices.port
        if choices.in_network:
            address, certificate, key = _ALL_ADDRESSES, choices.certificate, choices.key
    elif settings.in_network:
        address = _ALL_ADDRESSES
    return LiveRequest(
        folder,
        source=_SOURCES[settings.source],
        port=port,
        address=address,
        certificate=certificate,
        key=key,
        offsets_m=performer.offsets_m,
        reading=chosen_reading(scene),
        calibration=calibration,
        live=settings_of(LiveOptions, settings),
    )


def _calibration(scene: Any) -> CalibrationSettings:
    """Return the scene's settings, without a calibration that was recorded with the chosen take: it may be another
    performer's, or the devices may be held in another way now."""
    settings = settings_of(CalibrationSettings, scene.inpose)
    entry = chosen_entry(scene)
    if entry is not None and has_own_calibration(scene, entry):
        return replace(settings, calibration_file=None)
    return settings


def _folder(context: bpy.types.Context) -> Path:
    """Return the folder for the takes; the add-on's own is made."""
    headset = context.window_manager.inpose_headset
    folder = takes_folder(headset)
    try:
        if not headset.folder:
            folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise output_error(folder, error) from error
    if not folder.is_dir():
        raise RecordingError(f"The folder {folder} does not exist.", "Create it first, or choose another one.")
    return folder
