# SPDX-License-Identifier: GPL-3.0-or-later
"""Keep the action from before the first snap or reduction of keys, and no copy for each step after it."""

from __future__ import annotations

from typing import Any, Final

import bpy

_KEY: Final[str] = "inpose_before_snap"


def original_of(action: Any) -> Any:
    """Return the action from before the first step: the action itself, if there was none or that one is gone."""
    original = action.get(_KEY)
    return original if isinstance(original, bpy.types.Action) else action


def keep_original(original: Any, changed: Any) -> None:
    """Keep the original in the file, also when it is saved, and let the changed copy know it."""
    original.use_fake_user = True
    changed[_KEY] = original  # Blender follows it when it is renamed


def drop_step(old: Any, changed: Any) -> None:
    """Remove the copy that an earlier step made, unless it is in use or the user keeps it; the new one gets its name.

    Args:
        old: the action that was active before the step.
        changed: the action that is active now.
    """
    if original_of(old) == old or old.users > 0:  # a fake user counts
        return
    name = old.name
    bpy.data.actions.remove(old)
    changed.name = name
