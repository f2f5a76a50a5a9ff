# SPDX-License-Identifier: GPL-3.0-or-later
"""Add, hold and remove pins, and solve the stretches around them again."""

# Blender reads properties from annotations, which are then no types.
# mypy: disable-error-code="valid-type"

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import bpy

from ..bake.operators import bake_notes, baked_text, keep_place, range_note, spoken_problems
from ..bake.properties import bake_options
from ..errors import InPoseError
from ..options import SolveSettings
from ..preferences.machine_settings import results_folder, solver_device, solver_interpreters
from ..remembered import remember
from ..rig.properties import chosen_armature
from ..solve.modal import ModalSolve
from ..ui.option_properties import settings_of
from ..ui.status import clear_error, show_error, show_result
from ..ui.translate import tr
from .handles import choose_only, remove_handle
from .properties import FOOT_ITEMS, JOINT_ITEMS, KIND_ITEMS, chosen_pin, pins_of

if TYPE_CHECKING:
    from .job import PinnedOutcome


def _has_take(operator: Any, context: bpy.types.Context) -> bool:
    armature = chosen_armature(context)
    if context.mode not in {"OBJECT", "POSE"}:
        operator.poll_message_set(tr("Switch to Object Mode or Pose Mode"))
    elif armature is None or armature.type != "ARMATURE":
        operator.poll_message_set(tr("Select the armature of the character"))
    elif not armature.inpose_take.file:
        operator.poll_message_set(tr("Solve a recording for this armature first"))
    else:
        return True
    return False


def _has_pin(operator: Any, context: bpy.types.Context) -> bool:
    if not _has_take(operator, context):
        return False
    if chosen_pin(chosen_armature(context)) is None:
        operator.poll_message_set(tr("Choose a pin first"))
        return False
    return True


class INPOSE_OT_add_pin(bpy.types.Operator):
    """Pin a joint at the current frame. Move the handle to the place where the joint should be, then solve again"""

    bl_idname = "inpose.add_pin"
    bl_label = "Add pin"
    bl_options = {"REGISTER", "UNDO"}

    joint: bpy.props.EnumProperty(name="Joint", description="The joint that the pin holds", items=JOINT_ITEMS)

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Something must have been solved for the armature."""
        return _has_take(cls, context)

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Put a handle where the joint is now."""
        from .adding import add_pin_where_solved

        armature = chosen_armature(context)
        assert armature is not None, "poll has seen one"
        try:
            pin = add_pin_where_solved(context, armature, self.joint)
        except InPoseError as error:
            show_error(self, context, error, "Adding a pin")
            return {"CANCELLED"}
        _keep_chosen(context, armature)
        choose_only(context, pin.handle)
        clear_error(context)
        return {"FINISHED"}


class INPOSE_OT_add_stance(bpy.types.Operator):
    """Say that a foot stands on the ground, or that it does not, from the current frame on"""

    bl_idname = "inpose.add_stance"
    bl_label = "Add stance"
    bl_options = {"REGISTER", "UNDO"}

    joint: bpy.props.EnumProperty(name="Joint", description="The joint that the pin holds", items=FOOT_ITEMS)
    kind: bpy.props.EnumProperty(name="Kind", description="What the pin says", items=KIND_ITEMS[1:])

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Something must have been solved for the armature."""
        return _has_take(cls, context)

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Add an entry of half a second; its frames can be changed in the panel."""
        from .adding import add_stance

        armature = chosen_armature(context)
        assert armature is not None, "poll has seen one"
        add_stance(context, armature, self.joint, self.kind)
        clear_error(context)
        return {"FINISHED"}


class INPOSE_OT_pin_pose(bpy.types.Operator):
    """Pin the selected bones as they are posed now, at the current frame"""

    bl_idname = "inpose.pin_pose"
    bl_label = "Pin the pose"
    bl_options = {"REGISTER", "UNDO"}

    use_position: bpy.props.BoolProperty(name="Position", description="Pin where the joints are", default=True)
    use_rotation: bpy.props.BoolProperty(name="Rotation", description="Pin how the joints are turned", default=True)

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Bones must be selected in Pose Mode."""
        if not _has_take(cls, context):
            return False
        if context.mode != "POSE" or not context.selected_pose_bones:
            cls.poll_message_set(tr("Select bones in Pose Mode"))
            return False
        return True

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Pin each selected bone that stands for a joint."""
        from .adding import add_pins_as_posed

        armature = chosen_armature(context)
        assert armature is not None, "poll has seen one"
        try:
            add_pins_as_posed(context, armature, self.use_position, self.use_rotation)
        except InPoseError as error:
            show_error(self, context, error, "Adding a pin")
            return {"CANCELLED"}
        _keep_chosen(context, armature)
        clear_error(context)
        return {"FINISHED"}


class INPOSE_OT_remove_pin(bpy.types.Operator):
    """Remove the chosen pin and its handle. Solve again to see the motion without it"""

    bl_idname = "inpose.remove_pin"
    bl_label = "Remove pin"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """A pin must be chosen."""
        return _has_pin(cls, context)

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Remove it, and choose the next one."""
        armature = chosen_armature(context)
        pins = pins_of(armature)
        _keep_chosen(context, armature)
        remove_handle(pins.entries[pins.chosen].handle)
        pins.entries.remove(pins.chosen)
        pins.chosen = min(pins.chosen, len(pins.entries) - 1)
        return {"FINISHED"}


class INPOSE_OT_hold_pin(bpy.types.Operator):
    """Hold the pinned foot as long as it stands in the solved motion"""

    bl_idname = "inpose.hold_pin"
    bl_label = "Hold while it stands"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """The pin of a foot must be chosen."""
        if not _has_pin(cls, context):
            return False
        pin = chosen_pin(chosen_armature(context))
        if pin.kind != "place" or not pin.joint.endswith(("ankle", "foot")):
            cls.poll_message_set(tr("Choose the pin of a foot"))
            return False
        return True

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Take the first and the last frame of the stance."""
        from .adding import stance_frames

        armature = chosen_armature(context)
        assert armature is not None, "poll has seen one"
        try:
            frames = stance_frames(context, armature, chosen_pin(armature))
        except InPoseError as error:
            show_error(self, context, error, "Holding a pin")
            return {"CANCELLED"}
        chosen_pin(armature).first, chosen_pin(armature).last = frames
        clear_error(context)
        return {"FINISHED"}


class INPOSE_OT_select_pin(bpy.types.Operator):
    """Select the handle of the chosen pin, and go to its frame"""

    bl_idname = "inpose.select_pin"
    bl_label = "Select handle"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """A pin must be chosen."""
        return _has_pin(cls, context)

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Select it."""
        armature = chosen_armature(context)
        pin = chosen_pin(armature)
        if pin.kind != "place":
            context.scene.frame_set(pin.first)
            return {"FINISHED"}
        if pin.handle is None or pin.handle.name not in context.view_layer.objects:
            show_error(self, context, _handle_is_gone(), "Selecting a pin")
            return {"CANCELLED"}
        _keep_chosen(context, armature)
        if not pin.first <= context.scene.frame_current <= pin.last:
            context.scene.frame_set(pin.first)
        choose_only(context, pin.handle)
        return {"FINISHED"}


class INPOSE_OT_solve_again(ModalSolve, bpy.types.Operator):
    """Solve the stretches around the pins again, and bake. The rest of the motion stays as it is"""

    bl_idname = "inpose.solve_again"
    bl_label = "Solve again"
    bl_options = {"UNDO"}

    another: bpy.props.BoolProperty(
        name="Another",
        description="Find another likely motion through the same pins, instead of the most likely one",
        options={"SKIP_SAVE"},
    )

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Something must have been solved for the armature."""
        return _has_take(cls, context)

    def _start(self, context: bpy.types.Context) -> bool:
        from ..rig.prepare import prepare_rig
        from .collect import collected_pins
        from .job import SolveAgainJob

        armature, scene = chosen_armature(context), context.scene
        assert armature is not None, "poll has seen one"
        take, pins = armature.inpose_take, pins_of(armature)
        self._label, self._scene, self._notes = take.label, remember(scene), take.notes.splitlines()
        self._unpinned = take.unpinned or take.file
        self._seed = pins.seed + 1 if self.another else 0
        try:
            self._options = bake_options(scene)
            self._rig = prepare_rig(armature, scene)
            asked = collected_pins(context, armature, self._rig.measure)
            settings = replace(settings_of(SolveSettings, scene.inpose), device=solver_device())
            if self._seed:
                settings = replace(settings, variation=1.0, seed=self._seed)
            self._job = SolveAgainJob(
                Path(self._unpinned), self._label, asked, solver_interpreters(), settings, results_folder()
            )
        except InPoseError as error:
            show_error(self, context, error, "Preparing")
            return False
        return True

    def _finish(self, context: bpy.types.Context) -> set[str]:
        outcome: PinnedOutcome = self._job.outcome
        assert self._bake is not None
        try:
            result = self._bake.result
            armature = self._rig.armature_object
        except InPoseError as error:
            show_error(self, context, error, "Baking")
            return {"CANCELLED"}
        take, pins = armature.inpose_take, pins_of(armature)
        take.file, take.unpinned, pins.seed = str(outcome.file), self._unpinned, self._seed
        keep_place(take, result)
        scene = self._scene.find(bpy.data.scenes) or context.scene
        notes = (*outcome.notes, *range_note(result, scene), *bake_notes(result))
        show_result(self, context, baked_text(result, None), notes, spoken_problems(result))
        return {"FINISHED"}


class INPOSE_MT_add_pin(bpy.types.Menu):
    """Pin a joint at the current frame"""

    bl_idname = "INPOSE_MT_add_pin"
    bl_label = "Add pin"

    def draw(self, _context: bpy.types.Context) -> None:
        """Draw one entry for each joint."""
        for joint, label, _, _ in JOINT_ITEMS:
            self.layout.operator("inpose.add_pin", text=label).joint = joint
        self.layout.separator()
        for kind, name in (("stands", "{joint} stands"), ("lifts", "{joint} does not stand")):
            for joint, label, _, _ in FOOT_ITEMS:
                entry = self.layout.operator("inpose.add_stance", text=tr(name, joint=tr(label)), translate=False)
                entry.joint, entry.kind = joint, kind


def _keep_chosen(context: bpy.types.Context, armature: Any) -> None:
    """Choose the armature for good: the handle becomes the active object, and the panel must not lose the character."""
    if context.scene.inpose.armature is None:
        context.scene.inpose.armature = armature


def _handle_is_gone() -> InPoseError:
    return InPoseError(tr("The handle of this pin is gone."), tr("Remove the pin, or undo."))


CLASSES = (
    INPOSE_OT_add_pin,
    INPOSE_OT_add_stance,
    INPOSE_OT_pin_pose,
    INPOSE_OT_remove_pin,
    INPOSE_OT_hold_pin,
    INPOSE_OT_select_pin,
    INPOSE_OT_solve_again,
    INPOSE_MT_add_pin,
)
