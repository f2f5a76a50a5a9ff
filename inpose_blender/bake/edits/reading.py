# SPDX-License-Identifier: GPL-3.0-or-later
"""Read the edits of a character from its list, as the core wants them."""

from __future__ import annotations

from typing import Any

from ...core import LONGEST_EASE_S, Edit, EditList, Ground, LevelGround
from ...errors import EditError
from ...options import EDIT_KIND_OF
from ...rig.measure import RigMeasure
from ...rig.shown import evaluated_object
from ...ui.translate import tr
from ..placement import Placement
from .mesh_ground import MeshGround, mesh_ground
from .properties import edits_of


def is_edited(armature: Any) -> bool:
    """Return whether a bake of an armature object has anything to edit."""
    edits = edits_of(armature)
    return edits is not None and (edits.mirror != "none" or any(not edit.muted for edit in edits.entries))


def mirror_of_take(armature: Any) -> Any:
    """Return the name of the plane in which the take of an armature object is mirrored, or None."""
    edits = edits_of(armature)
    return None if edits is None or edits.mirror == "none" else edits.mirror


def read_edits(armature: Any, scene: Any, measure: RigMeasure, placement: Placement) -> EditList:
    """Return the edits of an armature object that are not muted.

    Args:
        armature: the character, with its list of edits.
        scene: the scene of the bake.
        measure: the rig.
        placement: where the bake will put the recorded room: a ground of the scene is looked at there.

    Raises:
        EditError: the frames of an edit are in disorder, or its ground is not in the scene.
    """
    edits = []
    for entry in edits_of(armature).entries:
        if entry.muted:
            continue
        kind = EDIT_KIND_OF[entry.kind]
        if not entry.whole and entry.stop_s < entry.start_s:
            raise EditError(
                tr("The edit {kind} ends before it starts.", kind=tr(kind.label)), tr("Give the earlier frame first.")
            )
        edits.append(
            Edit(
                entry.kind,
                None if entry.whole else float(entry.start_s),
                None if entry.whole else float(entry.stop_s),
                min(max(entry.amount, kind.least), kind.most),
                min(float(entry.ease_s), LONGEST_EASE_S),
                bool(entry.hold_hands),
                _ground(entry, scene, measure, placement),
            )
        )
    return EditList(tuple(edits), mirror_of_take(armature))


def _ground(entry: Any, scene: Any, measure: RigMeasure, placement: Placement) -> Ground:
    if entry.kind != "ground" or entry.ground is None:
        return LevelGround(float(entry.height) * measure.metres_per_unit)
    if entry.ground.name not in scene.objects:
        raise EditError(
            tr("The ground {name} is not in the scene.", name=entry.ground.name),
            tr("Choose another mesh for the edit, or none."),
        )
    return _mesh_ground(entry.ground, measure, placement)


def _mesh_ground(ground: Any, measure: RigMeasure, placement: Placement) -> MeshGround:
    with evaluated_object(ground) as evaluated:
        found = mesh_ground(evaluated, measure, placement)
    if found is None:
        raise EditError(
            tr("The ground {name} has no faces.", name=ground.name), tr("Choose another mesh for the edit, or none.")
        )
    return found
