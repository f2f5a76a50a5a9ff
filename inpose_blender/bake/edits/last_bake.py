# SPDX-License-Identifier: GPL-3.0-or-later
"""Find the edited motion that the last bake of a character shows: pins and contacts are made of what is seen."""

from __future__ import annotations

from typing import Any

from ...rig.prepare import prepare_rig
from ...takes.memory import take_loader
from ..properties import options_of_take
from .applying import edits_for
from .edited_take import EDITED_TAKES, EditedTake


def edited_take(scene: Any, armature: Any) -> EditedTake | None:
    """Return the edited take of the last bake of an armature object; None if nothing was edited.

    If it was forgotten, because Blender was closed in the meantime, the edits are applied again.

    Raises:
        InPoseError: the motion's file is gone, the rig cannot be used, or an edit makes no sense any more.
    """
    take = armature.inpose_take
    if not take.edited:
        return None
    known = EDITED_TAKES.at_hand(take.edited)
    if known is None:
        solved, options = take_loader(take)(), options_of_take(scene, take)
        apply_edits, _ = edits_for(solved, prepare_rig(armature, scene), scene, options)
        known = apply_edits()
        EDITED_TAKES.remember(take.edited, known)
    return known
