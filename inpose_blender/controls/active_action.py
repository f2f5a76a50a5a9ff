# SPDX-License-Identifier: GPL-3.0-or-later
"""Know how the active action of an object plays together with the NLA tracks below it."""

from __future__ import annotations

from typing import Any


def lies_over_tracks(animation: Any) -> bool:
    """Return whether NLA tracks play below the active action.

    Over no track, Blender plays it as it is, and ignores its blend mode and its influence.
    """
    return bool(animation.use_nla) and any(not track.mute and len(track.strips) for track in animation.nla_tracks)


def is_mixed_in(animation: Any) -> bool:
    """Return whether the active action is added to the tracks below it, or mixed with them, as a tweak layer is.

    Its keys are then not the pose that is seen.
    """
    replaces = animation.action_blend_type == "REPLACE" and animation.action_influence >= 1.0
    return lies_over_tracks(animation) and not replaces
