# SPDX-License-Identifier: GPL-3.0-or-later
"""Let Blender's own exporters write the open scene."""

from __future__ import annotations

import contextlib
import io
from pathlib import Path

import bpy

from ..core import OutputError

_ADD_ONS = {".fbx": ("fbx", "FBX format"), ".glb": ("gltf", "glTF 2.0 format")}


def check_exporter(suffix: str) -> None:
    """Check that this Blender has the exporter for a kind of file.

    Raises:
        OutputError: its add-on is switched off.
    """
    name, label = _ADD_ONS[suffix]
    if not hasattr(bpy.types, f"EXPORT_SCENE_OT_{name}"):
        raise OutputError(
            f"Blender's exporter for {suffix} files is switched off.", f"Enable the add-on {label} in the preferences."
        )


def write_scene(path: Path) -> None:
    """Export all objects of the window's scene to a .glb or .fbx file.

    Raises:
        OSError: the exporter says that it failed.
    """
    said = io.StringIO()
    try:
        # Exporters print; a batch has only its reports on standard output.
        with contextlib.redirect_stdout(said):
            (_write_gltf if path.suffix.lower() == ".glb" else _write_fbx)(path)
    except RuntimeError as error:
        lines = str(error).strip().splitlines() or [""]
        raise OSError(5, f"Blender's exporter failed: {lines[-1]}") from error


def _write_gltf(path: Path) -> None:
    bpy.ops.export_scene.gltf(
        filepath=str(path),
        check_existing=False,
        export_format="GLB",
        use_active_scene=True,
        export_yup=True,
        export_apply=False,
        export_skins=True,
        export_def_bones=False,
        export_leaf_bone=False,
        export_rest_position_armature=True,
        export_hierarchy_flatten_bones=False,
        export_morph=True,
        export_morph_animation=False,
        export_animations=True,
        export_animation_mode="NLA_TRACKS",
        export_anim_single_armature=True,
        export_reset_pose_bones=True,
        export_force_sampling=True,
        export_frame_step=1,
        export_frame_range=False,
        export_optimize_animation_size=False,  # it takes a channel that moves by less than 0.1 mm for one that rests
        export_cameras=False,
        export_lights=False,
        export_extras=False,
    )


def _write_fbx(path: Path) -> None:
    bpy.ops.export_scene.fbx(
        filepath=str(path),
        check_existing=False,
        object_types={"ARMATURE", "MESH"},
        axis_forward="-Z",
        axis_up="Y",
        apply_unit_scale=True,
        apply_scale_options="FBX_SCALE_NONE",
        bake_space_transform=False,
        use_mesh_modifiers=False,
        mesh_smooth_type="FACE",
        use_armature_deform_only=False,
        add_leaf_bones=False,
        primary_bone_axis="Y",
        secondary_bone_axis="X",
        bake_anim=True,
        bake_anim_use_all_bones=True,
        bake_anim_use_nla_strips=True,
        bake_anim_use_all_actions=False,
        bake_anim_force_startend_keying=True,
        bake_anim_step=1.0,
        bake_anim_simplify_factor=0.0,
        path_mode="COPY",
        embed_textures=True,
        use_custom_props=False,
    )
