# SPDX-License-Identifier: GPL-3.0-or-later
"""Keep the action from before the first snap, and no copy for each step after it."""

from __future__ import annotations

from typing import Any, Final

import bpy

_KEY: Final[str] = "inpose_before_snap"


def original_of(action: Any) -> Any:
    """Return the action from before the first snap: the action itself, if it was not snapped or that one is gone."""
    original = action.get(_KEY)
    return original if isinstance(original, bpy.types.Action) else action


def keep_original(original: Any, snapped: Any) -> None:
    """Keep the original in the file, also when it is saved, and let the snapped copy know it."""
    original.use_fake_user = True
    snapped[_KEY] = original  # Blender follows it when it is renamed


def drop_step(old: Any, snapped: Any) -> None:
    """Remove the copy that an earlier snap made, unless it is in use or the user keeps it; the new one gets its name.

    Args:
        old: the action that was active before the snap.
        snapped: the action that is active now.
    """
    if original_of(old) == old or old.users > 0:  # a fake user counts
        return
    name = old.name
    bpy.data.actions.remove(old)
    snapped.name = name
