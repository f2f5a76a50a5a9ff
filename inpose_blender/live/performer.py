# SPDX-License-Identifier: GPL-3.0-or-later
"""Hold one performer and the rig that follows them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import bpy
import numpy as np

from ..bake.options import BakeOptions
from ..bake.placement import Placement, SharedRoom, placement_of
from ..bake.rig_facts import rig_facts
from ..core import quaternion_to_matrix
from ..options import LiveRequest
from ..remembered import remember
from ..rig.measure import RigMeasure
from ..rig.prepare import PreparedRig, prepare_rig
from ..runtime.interpreter import Interpreter
from .job import FollowedPose, LiveJob
from .kept_pose import KeptPose
from .posing import BoneValue, RigPoser


@dataclass(frozen=True)
class LiveRoom:
    """Hold where the room of a performer is in the scene."""

    placement: Placement
    measure: RigMeasure
    """Of the performer's rig."""
    scale: float
    """Character size over performer size."""
    middle_m: tuple[float, float, float]
    """The place on the floor about which the performer is scaled."""
    first: LiveRoom | None
    """That of the first performer; None: this is it."""

    def shared(self, scale: float) -> SharedRoom:
        """Return it for the rig of another performer, whose scale is given."""
        return SharedRoom(self.placement, self.measure, (self.scale + scale) / 2)


class Performer:
    """Let one rig follow one stream.

    Args:
        armature_object: the rig.
        scene: its scene.
        options: where the character starts.

    Raises:
        RigError: the rig cannot be posed.
    """

    def __init__(self, armature_object: Any, scene: Any, options: BakeOptions) -> None:
        self.rig: PreparedRig = prepare_rig(armature_object, scene)
        facts = rig_facts(armature_object, scene=scene, mapping=self.rig.mapping)
        self.name = armature_object.name
        self.job: LiveJob | None = None
        self._poser = RigPoser(self.rig, facts, armature_object)
        self._options, self._cursor = options, tuple(scene.cursor.location)
        self._scene, self._began_at = remember(scene), scene.frame_current_final
        self._kept = KeptPose()
        self._values: list[BoneValue] = []
        self.room: LiveRoom | None = None
        self.shown = 0
        """Poses that were shown."""

    @property
    def offsets_m(self) -> list[list[float]]:
        """Return the body to solve for."""
        offsets: list[list[float]] = self.rig.measure.skeleton.offsets_m.tolist()
        return offsets

    def follow(self, request: LiveRequest, interpreters: tuple[Interpreter, ...]) -> None:
        """Start to follow."""
        self.job = LiveJob(request, interpreters)

    def show(self, pose: FollowedPose, first: Performer) -> bool:
        """Show a pose on the rig; return whether that was possible. The first performer places the room.

        Raises:
            RigError: the rig was deleted.
        """
        if self is not first and first.room is None:
            return False
        self.room = room = self._room(pose, None if self is first else first.room)
        self._values = self._poser.values(pose.rotations_wxyz, pose.root_m, room.placement)
        self.shown += 1
        return self.show_again()

    def show_again(self) -> bool:
        """Show the last pose once more: something else has set the bones.

        Raises:
            RigError: the rig was deleted.
        """
        armature_object = self.rig.armature_object
        if not self._values or armature_object.mode == "EDIT":
            return False
        self._kept.show(armature_object, self._values)
        return True

    def give_back(self) -> None:
        """Give the rig its own pose; if it is gone, nothing is left to do."""
        armature_object = self.rig.remembered.find(bpy.data.objects)
        if armature_object is None:
            return
        self._kept.give_back(armature_object)
        scene = self._scene.find(bpy.data.scenes)
        if scene is not None and scene.frame_current_final != self._began_at:
            # What is animated has another pose in this frame.
            armature_object.update_tag(refresh={"TIME"})

    def forget_pose(self) -> None:
        """Show nothing more until there is a new pose."""
        self._values = []

    def _room(self, pose: FollowedPose, first: LiveRoom | None) -> LiveRoom:
        """Return the room as it was at the first pose after the last measuring, of this or the first performer."""
        assert self.job is not None, "it has sent a pose"
        follow, known = self.job.follow, self.room
        if (
            known is not None
            and known.first is first
            and (known.scale, known.middle_m)
            == (
                follow.scale,
                follow.middle_m,
            )
        ):
            return known
        placement = placement_of(
            np.asarray(pose.root_m),
            quaternion_to_matrix(pose.rotations_wxyz[0])[:, 2],
            self._options,
            self.rig.measure,
            self._cursor,
            np.array(follow.middle_m),
            None if first is None else first.shared(follow.scale),
        )
        return LiveRoom(placement, self.rig.measure, follow.scale, follow.middle_m, first)
