# SPDX-License-Identifier: GPL-3.0-or-later
"""Choose a file and export the character to it."""

# Blender reads properties from annotations, which are then no types.
# mypy: disable-error-code="valid-type"

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import bpy

from ..errors import InPoseError
from ..rig.properties import chosen_armature
from ..ui.redraw import redraw_panels
from ..ui.status import show_error, show_result
from ..ui.translate import tr
from .notes import NOTES, ExportNote
from .options import ENGINES, EXPORT_SUFFIXES
from .properties import export_options

_BY_ENGINE: Final[str] = "ENGINE"
_FORMATS: Final[tuple[tuple[str, str, str], ...]] = (
    (_BY_ENGINE, "For the engine", "The kind of file that the engine imports best"),
    (".fbx", "FBX", "Skeleton, meshes and clips for game engines and other programs"),
    (".glb", "glTF", "Skeleton, meshes and clips for game engines, viewers and web pages"),
    (".bvh", "BVH", "The motion of one clip on the skeleton of the rig, for other animation programs"),
    (".vrma", "VRMA", "The motion of one clip as VRM animation, for every VRM character"),
)


class INPOSE_OT_export_character(bpy.types.Operator):
    """Export the animated character to a file that a game engine imports as it is. The scene does not change"""

    bl_idname = "inpose.export_character"
    bl_label = "Export for a game engine"

    filepath: bpy.props.StringProperty(name="File", description="File to write", subtype="FILE_PATH")
    check_existing: bpy.props.BoolProperty(default=True, options={"HIDDEN"})
    filter_glob: bpy.props.StringProperty(
        default=";".join(f"*{suffix}" for suffix in EXPORT_SUFFIXES), options={"HIDDEN"}
    )
    kind: bpy.props.EnumProperty(
        name="Format", description="Kind of file", items=_FORMATS, default=_BY_ENGINE, options={"SKIP_SAVE"}
    )

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """The character must have an animation."""
        armature = chosen_armature(context)
        if context.mode not in {"OBJECT", "POSE"}:
            cls.poll_message_set(tr("Switch to Object Mode or Pose Mode"))
        elif armature is None or armature.type != "ARMATURE":
            cls.poll_message_set(tr("Select the armature of the character"))
        elif armature.animation_data is None:
            cls.poll_message_set(tr("Solve a recording for this armature first"))
        else:
            return True
        return False

    def invoke(self, context: bpy.types.Context, _event: bpy.types.Event) -> set[str]:
        """Propose a file beside the .blend file, and ask."""
        armature = chosen_armature(context)
        assert armature is not None, "poll has seen one"
        folder = Path(bpy.data.filepath).parent if bpy.data.filepath else Path.home()
        self.filepath = str(folder / f"{bpy.path.clean_name(armature.name)}{self._suffix(context)}")
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Export before returning."""
        from ..rig.prepare import prepare_rig
        from .exporting import export_character

        armature, scene = chosen_armature(context), context.scene
        assert armature is not None, "poll has seen one"
        path = Path(bpy.path.abspath(self.filepath))
        if path.suffix.lower() not in EXPORT_SUFFIXES:
            path = path.with_name(path.name + self._suffix(context))
        window = context.window
        if window is not None:
            window.cursor_set("WAIT")
        try:
            result = export_character(context, prepare_rig(armature, scene), scene, path, export_options(scene))
        except InPoseError as error:
            show_error(self, context, error, "Exporting")
            return {"CANCELLED"}
        finally:
            if window is not None:
                window.cursor_set("DEFAULT")
            redraw_panels()
        show_result(self, context, _exported_text(result), [_spoken(note) for note in result.notes])
        return {"FINISHED"}

    def _suffix(self, context: bpy.types.Context) -> str:
        return ENGINES[export_options(context.scene).engine].suffix if self.kind == _BY_ENGINE else str(self.kind)


def _exported_text(result: Any) -> str:
    clips = ", ".join(name for name, _ in result.clips)
    values = {"file": result.path.name, "clips": clips, "bones": result.bones}
    if result.largest_error_m is None:
        return tr("Exported {file} with {bones} bones: {clips}", **values)
    mm = f"{1000 * result.largest_error_m:.2f}"
    return tr("Exported {file} with {bones} bones: {clips}. All joints are within {mm} mm.", **values, mm=mm)


def _spoken(note: ExportNote) -> str:
    return tr(NOTES[note.kind], **dict(note.values))


CLASSES = (INPOSE_OT_export_character,)
