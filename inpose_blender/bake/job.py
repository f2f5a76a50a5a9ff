# SPDX-License-Identifier: GPL-3.0-or-later
"""Adjust and bake a take in small steps. Arrays are computed in a thread; Blender's data is written in slices of a few
milliseconds."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Sequence
from dataclasses import replace
from typing import Any, Final

import bpy
import numpy as np

from ..bpy_compat import selected_bones
from ..character.check import check_character
from ..character.problems import CHANGED, CharacterCheck, CharacterProblem
from ..controls.limbs import IkLimb
from ..controls.under_ik import mapping_under_ik
from ..core import FloatArray, InPoseError, Motion, RigError
from ..in_thread import in_thread
from ..layers.additive import first_pose_notes
from ..layers.masks import layer_settings, turns_with_hips
from ..layers.settings import LayerSettings
from ..remembered import Remembered, remember
from ..rig.prepare import PreparedRig, prepare_rig
from ..takes.take import SolvedTake
from .bake import bake_channels
from .blending import blendable_channels, blended_motion, turning_hips
from .channels import Channel
from .chosen_motion import chosen_motion
from .control_check import check_controls
from .edits.applying import edits_for
from .edits.edited_take import EditedTake
from .edits.reading import is_edited
from .left_on_ik import limbs_left_on_ik, no_effect_notes
from .markers import replace_markers, wanted_markers
from .options import BakeOptions
from .patching import BAKE_DIFFERS, KEYS_DIFFER, Patch, can_patch, edited_bake, make_patch
from .placement import Placement, motion_placement, placed, placed_floor, placement_to_text
from .rig_facts import RigFacts, rig_facts
from .settings import BakeResult, BakeSettings
from .shared_room import shared_room
from .writing import write_action


class BakeJob:
    """Bake a take on a rig: call `step` until `done`, then take the `result`; or `run` it in one go.

    The scene does not change before the last step. To give up a job, call `cancel`.

    Args:
        rig: the rig that the take was solved for.
        scene: the scene that is animated.
        load: returns the take; called in a thread.
        options: the user's choices.
        action_name: the name of the new action.
        replace_own: replace an untouched earlier bake of the same name.
        load_before: returns the take of the active action, if this is a bake of the same recording; called in a thread.
            If somebody has edited this action, only frames are replaced in which the two takes differ.
    """

    def __init__(
        self,
        rig: PreparedRig,
        scene: Any,
        load: Callable[[], SolvedTake],
        options: BakeOptions,
        action_name: str,
        *,
        replace_own: bool,
        load_before: Callable[[], SolvedTake] | None = None,
    ) -> None:
        self._rig, self._scene, self._load, self._load_before = rig, remember(scene), load, load_before
        self._options = replace(options, start=options.start.at_cursor(scene.cursor.location))
        self._action_name, self._replace_own = action_name, replace_own
        self._selected = selected_bones(rig.armature_object)
        self._first_frame = options.frame_in(scene.frame_start, scene.frame_current)
        self._steps = self._work()
        self._done = False
        self._result: BakeResult | None = None
        self._error: Exception | None = None

    @property
    def done(self) -> bool:
        """Return whether the job has ended."""
        return self._done

    @property
    def result(self) -> BakeResult:
        """Return what was baked.

        Raises:
            InPoseError: the rig cannot be keyed, does not fit the take any more, or the take cannot be read.
        """
        if self._error is not None:
            raise self._error
        assert self._result is not None, "the job is not done"
        return self._result

    def step(self) -> None:
        """Work for a few milliseconds, or check whether the thread has finished."""
        if self._done:
            return
        try:
            next(self._steps)
        except StopIteration as stop:
            self._result, self._done = stop.value, True
        except ReferenceError:
            self._error, self._done = RigError("The scene was changed during the bake.", "Bake again."), True
        except Exception as error:
            self._error, self._done = error, True

    def run(self) -> BakeResult:
        """Take all steps, and return the result or raise its error."""
        while not self._done:
            self.step()
            time.sleep(0)
        return self.result

    def cancel(self) -> None:
        """Take back what was begun."""
        self._steps.close()
        self._done = True
        self._error = self._error or InPoseError("The bake was interrupted.", "Bake again.")

    def _work(self) -> Generator[None, None, BakeResult]:  # one step after the other
        take = yield from in_thread(self._load)
        armature_object, scene = self._rig.armature_object, _scene(self._scene)
        now = prepare_rig(armature_object, scene)
        fits = abs(now.measure.skeleton.offsets_m - take.motion.skeleton.offsets_m).max() < _SAME_LENGTH_M
        if now.mapping.bones != self._rig.mapping.bones or not fits:
            raise RigError(f"The rig {self._rig.object_name} has changed since the solve.", "Solve again.")
        edited, placement, motion, notes = yield from self._chosen_motion(take, now, scene)
        armature_object, scene = self._rig.armature_object, _scene(self._scene)
        mode = self._options.control_mode
        facts = rig_facts(
            armature_object,
            scene=scene,
            mapping=now.mapping,
            control_mode=mode,
            over_active_action=self._options.layers.is_layer,
        )
        fk_facts = rig_facts(armature_object, scene=scene, mapping=now.mapping) if mode != "fk" else facts
        layer = layer_settings(self._options.layers, facts.parts, self._selected)
        settings = self._options.bake_settings(
            self._action_name, take.motion.fps, self._first_frame, replace_own=self._replace_own, layer=layer
        )
        settings = replace(settings, key_step_from=scene.frame_start)
        notes += self._layer_notes(layer, motion)
        shared = shared_room(self._options, armature_object, scene, take.scale)
        # Pins, edits and smoothing may move the first pose; the recorded room stays where the solve has put it.
        cursor = self._options.start.cursor_in(scene.cursor.location)
        placement = placement or motion_placement(take.before_pins, self._options, now.measure, cursor, shared)
        motion = placed(motion, placement)
        if layer is not None and layer.upper_body and not turns_with_hips(facts.tree, now.mapping, facts.parts):
            layer = replace(layer, hips_wxyz=turning_hips(motion, now, facts, settings))
            settings = replace(settings, layer=layer)
        if layer is None:
            motion = blended_motion(motion, self._options.layers, now, scene, settings, facts)
        channels, frames = yield from in_thread(
            lambda: bake_channels(facts, motion, settings, mapping=now.mapping, measure=now.measure)
        )
        fk_channels = ik_channels = channels
        if mode != "fk" and layer is None:
            # IK is compared with FK on all frames: fewer keys are off on purpose.
            exact = replace(settings, fewer_keys=None, key_tolerance_deg=0.0)
            fk_settings = replace(exact, controls="fk")
            fk_channels, _ = yield from in_thread(
                lambda: bake_channels(fk_facts, motion, fk_settings, mapping=now.mapping, measure=now.measure)
            )
            if settings.fewer_keys is not None:
                ik_channels, _ = yield from in_thread(
                    lambda: bake_channels(facts, motion, exact, mapping=now.mapping, measure=now.measure)
                )
        patch = yield from self._patch(now, facts, settings, channels, frames)
        # Names, not pointers, live across a pause: an undo or a deletion invalidates pointers.
        armature_object, scene = self._rig.armature_object, _scene(self._scene)
        on_ik: tuple[IkLimb, ...] = facts.controls.limbs if facts.controls is not None else ()
        if layer is not None:
            channels = blendable_channels(armature_object, channels, frames, settings)
            left = limbs_left_on_ik(
                *(armature_object, now.mapping, scene, facts, settings), channels=channels, frames=frames
            )
            on_ik = on_ik or left
            notes += no_effect_notes(left, now.mapping, layer)
        result = yield from write_action(
            *(armature_object, channels, frames, settings),
            scene=scene,
            switched_off=facts.switched_off,
            patch=patch if isinstance(patch, Patch) else None,
        )
        self._set_range(scene, result)
        marked = wanted_markers(motion, self._action_name, result.first_frame, facts.scene_fps)
        replace_markers(
            *(scene, armature_object, marked if self._options.markers else [], self._action_name),
            beside_others=self._options.to_nla_track,
        )
        # An edit may have put the feet on another ground.
        ground_m = 0.0 if edited is None else edited.ground_m
        floor = placed_floor(self._options, now.measure, cursor, shared, ground_m)
        character = yield from self._checked(result, facts, replace(now, measure=floor), on_ik)
        if facts.controls is not None and layer is None:
            found = yield from self._compared(facts, fk_channels, ik_channels, frames, now)
            character = replace(character, problems=(*found, *character.problems))
        return replace(
            result,
            character=character,
            fingers=facts.moved_fingers(motion, settings),
            place=placement_to_text(placement),
            start=self._options.start,
            speed=self._options.speed,
            frames_per_s=facts.scene_fps / self._options.speed,
            not_patched=patch if isinstance(patch, str) else "",
            no_pins=self._options.no_pins,
            edited=edited,
            notes=notes,
        )

    def _chosen_motion(
        self, take: SolvedTake, rig: PreparedRig, scene: Any
    ) -> Generator[None, None, tuple[EditedTake | None, Placement | None, Motion, tuple[str, ...]]]:
        """Return the take with its edits and the place of its room, both None if nothing is edited; what is baked of
        it, and notes."""
        edited, placement = None, None
        if is_edited(rig.armature_object):
            apply_edits, placement = edits_for(take, rig, scene, self._options)
            edited = yield from in_thread(apply_edits)
        chosen = take if edited is None else edited.take
        motion, notes = yield from in_thread(lambda: chosen_motion(chosen, self._options))
        return edited, placement, motion, notes

    def _layer_notes(self, layer: LayerSettings | None, motion: Motion) -> tuple[str, ...]:
        """Return notes about what a layer does to the keys."""
        told: tuple[str, ...] = ()
        if self._options.control_mode != self._options.controls:
            told = ("The layer does not place the whole body, so it has FK keys only: IK targets would stay behind.",)
        return (*told, *first_pose_notes(motion)) if layer is not None and layer.adds else told

    def _patch(
        self, rig: PreparedRig, facts: RigFacts, settings: BakeSettings, channels: list[Channel], frames: FloatArray
    ) -> Generator[None, None, Patch | str | None]:
        """Return a patch for the active action if it is an edited bake of the take before, or why there is none."""
        load = self._load_before
        if load is None or edited_bake(self._rig.armature_object, settings.action_name) is None:
            return None
        if not can_patch(settings):
            return KEYS_DIFFER
        try:
            take = yield from in_thread(load)
        except InPoseError:  # its file is gone, so nobody knows what was edited
            return BAKE_DIFFERS
        scene = _scene(self._scene)
        _, placement, motion, _ = yield from self._chosen_motion(take, rig, scene)
        armature_object, scene = self._rig.armature_object, _scene(self._scene)
        shared = shared_room(self._options, armature_object, scene, take.scale)
        cursor = self._options.start.cursor_in(scene.cursor.location)
        placement = placement or motion_placement(take.before_pins, self._options, rig.measure, cursor, shared)
        motion = placed(motion, placement)
        motion = blended_motion(motion, self._options.layers, rig, scene, settings, facts)
        before, _ = yield from in_thread(
            lambda: bake_channels(facts, motion, settings, mapping=rig.mapping, measure=rig.measure)
        )
        armature_object = self._rig.armature_object
        if edited_bake(armature_object, settings.action_name) is None:
            return None
        scale = float(np.linalg.norm(np.array(armature_object.matrix_world)[:3, 0]))
        size = rig.measure.skeleton.stature_m / rig.measure.metres_per_unit / scale
        return make_patch(armature_object, before, channels, frames, size)

    def _set_range(self, scene: Any, result: BakeResult) -> None:
        """Give the scene the frame range that the user asked for."""
        before = (scene.frame_start, scene.frame_end)
        after = self._options.range_after(before, (result.first_frame, result.last_frame))
        if after != before:
            scene.frame_start, scene.frame_end = after

    def _compared(
        self, facts: RigFacts, fk: list[Channel], ik: list[Channel], frames: FloatArray, rig: PreparedRig
    ) -> Generator[None, None, list[CharacterProblem]]:
        """Compare the IK controls with FK; the bake stays, whatever comes in between."""
        assert facts.controls is not None
        try:
            return (
                yield from check_controls(
                    rig.armature_object,
                    facts.controls,
                    fk,
                    ik,
                    frames,
                    mapping=rig.mapping,
                    skin=facts.skin,
                    metres_per_unit=facts.metres_per_unit(rig.measure),
                )
            )
        except ReferenceError:
            return []

    def _checked(
        self, result: BakeResult, facts: RigFacts, rig: PreparedRig, on_ik: Sequence[IkLimb]
    ) -> Generator[None, None, CharacterCheck]:
        """Look at the baked character; the bake stays, whatever comes in between."""
        try:
            return (
                yield from check_character(
                    rig.armature_object,
                    facts.skin,
                    result.first_frame,
                    result.last_frame,
                    mapping=mapping_under_ik(rig.mapping, on_ik),
                    measure=rig.measure,
                )
            )
        except ReferenceError:
            return CharacterCheck(skipped=CHANGED)


_SAME_LENGTH_M: Final[float] = 1e-4


def _scene(remembered: Remembered) -> Any:
    scene = remembered.find(bpy.data.scenes)
    if scene is None:
        raise RigError(f"The scene {remembered.name} no longer exists.", "Open the scene for the bake, and bake again.")
    return scene
