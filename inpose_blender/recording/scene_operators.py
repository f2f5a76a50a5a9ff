# SPDX-License-Identifier: GPL-3.0-or-later
"""Turn animated objects or bones of the scene into a recording, by menu or script."""

# Blender reads properties from annotations, which are then no types.
# mypy: disable-error-code="valid-type"

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import bpy

from ..errors import InPoseError
from ..rig.properties import chosen_armature
from ..takes.arrival import arrive
from ..ui.panel_words import panel_words

if TYPE_CHECKING:
    from .scene_recording import AnimatedThing, SceneTracks

AXES = (
    ("XR", "Like a headset", "Forward is their own -Z axis, as for headsets, controllers and cameras"),
    ("OBJECT", "Like an object", "Forward is their own Y axis"),
    (
        "T_POSE",
        "From a T-pose",
        "InPose finds the directions from a frame with a T-pose: for bones, and for trackers with any axes",
    ),
)


_NOTHING_SET = (
    "Set a head and at least one hand in the sidebar of the file browser (N): no object of the scene has a role"
)
_TRACKER = "Object, or object/bone, that follows this part of the body. Leave it empty if there is none"


class INPOSE_OT_record_scene(bpy.types.Operator):
    """Record animated objects or bones of this scene as head, hands and trackers."""

    bl_idname = "inpose.record_scene"
    bl_label = "Record from scene"
    bl_options = {"UNDO"}

    filepath: bpy.props.StringProperty(name="Recording", subtype="FILE_PATH")
    filter_glob: bpy.props.StringProperty(default="*.csv", options={"HIDDEN"})
    check_existing: bpy.props.BoolProperty(default=True, options={"HIDDEN"})
    head: bpy.props.StringProperty(
        name="Head", description="Object, or object/bone. If empty, the tracker with this role"
    )
    left: bpy.props.StringProperty(name="Left hand", description="Object, or object/bone")
    right: bpy.props.StringProperty(name="Right hand", description="Object, or object/bone")
    hips: bpy.props.StringProperty(name="Hips", description=_TRACKER)
    chest: bpy.props.StringProperty(name="Chest", description=_TRACKER)
    left_elbow: bpy.props.StringProperty(name="Left elbow", description=_TRACKER)
    right_elbow: bpy.props.StringProperty(name="Right elbow", description=_TRACKER)
    left_knee: bpy.props.StringProperty(name="Left knee", description=_TRACKER)
    right_knee: bpy.props.StringProperty(name="Right knee", description=_TRACKER)
    left_foot: bpy.props.StringProperty(name="Left ankle", description=_TRACKER)
    right_foot: bpy.props.StringProperty(name="Right ankle", description=_TRACKER)
    axes: bpy.props.EnumProperty(name="Forward axis", items=AXES)
    t_pose_frame: bpy.props.IntProperty(name="T-pose frame", default=1)
    use_scene_range: bpy.props.BoolProperty(name="Use scene range", default=True)
    first_frame: bpy.props.IntProperty(name="First frame", default=1)
    last_frame: bpy.props.IntProperty(name="Last frame", default=250)

    def invoke(self, context: bpy.types.Context, _event: bpy.types.Event) -> set[str]:
        """Fill in the objects that have a role, and ask for the output file."""
        from .scene_recording import find_trackers_by_role, find_tracks_by_role

        tracks = find_tracks_by_role(context.scene) if not self.head else None
        if tracks is not None:
            self.head, self.left, self.right = ("" if thing is None else str(thing) for thing in tracks.devices)
        for place, thing in find_trackers_by_role(context.scene).items():
            if not getattr(self, place):
                setattr(self, place, str(thing))
        if not self.filepath:
            folder = Path(bpy.data.filepath).parent if bpy.data.filepath else Path.home()
            self.filepath = str(folder / f"{bpy.path.clean_name(context.scene.name)}.csv")
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Record, and choose the result as the recording to solve."""
        from .scene_recording import record_scene

        scene = context.scene
        path = Path(bpy.path.abspath(self.filepath))
        if path.suffix.lower() != ".csv":  # "walk_v1.2" is a whole name
            path = path.with_name(f"{path.name}.csv")
        first, last = (None, None) if self.use_scene_range else (self.first_frame, self.last_frame)
        try:
            tracks = self._tracks(scene)
            if tracks is None:
                self.report({"ERROR"}, _NOTHING_SET)
                return {"CANCELLED"}
            written = record_scene(scene, tracks, path, first, last)
        except InPoseError as error:
            self.report({"ERROR"}, panel_words(str(error)))
            return {"CANCELLED"}
        arrive(scene, written.path, "SCENE", chosen_armature(context))
        if written.pose is not None:
            scene.inpose.property_unset("pose")  # the file says it; what was set was for another recording
        scene.inpose.recording = str(written.path)  # an overwritten file is read again
        self.report({"INFO"}, f"Wrote {written.frames} frames to {written.path.name}")
        return {"FINISHED"}

    def _tracks(self, scene: Any) -> "SceneTracks | None":
        from .scene_recording import SCENE_TRACKER_PLACES, SceneTracks, find_tracks_by_role

        by_role = find_tracks_by_role(scene)
        things = [_thing(scene, name) for name in (self.head, self.left, self.right)]
        named = {place: _thing(scene, getattr(self, place)) for place in SCENE_TRACKER_PLACES}
        trackers = {place: thing for place, thing in named.items() if thing is not None}
        if by_role is not None and not any(things):
            return replace(by_role, trackers={**by_role.trackers, **trackers})
        if by_role is not None and tuple(things) == by_role.devices:
            return replace(by_role, trackers=trackers)
        head, left, right = things
        if head is None or (left is None and right is None):
            return None
        return SceneTracks(head, left, right, self.axes, self.t_pose_frame, trackers=trackers)


def _thing(scene: Any, name: str) -> "AnimatedThing | None":
    """Read an object's name or ``object/bone``; an object whose own name has a slash is itself."""
    from .scene_recording import AnimatedThing

    if not name:
        return None
    owner, _, bone = name.partition("/")
    return AnimatedThing(name) if not bone or name in scene.objects else AnimatedThing(owner, bone)


CLASSES = (INPOSE_OT_record_scene,)
