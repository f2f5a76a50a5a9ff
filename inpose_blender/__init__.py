# SPDX-License-Identifier: GPL-3.0-or-later
"""The InPose add-on: measure the rig, run the solver process, bake its result as keyframes.

Nothing is imported before Blender calls: the modules without bpy are of use elsewhere too, and pytest imports the
checkout's packages on machines without Blender.
"""

from __future__ import annotations


def register() -> None:
    """Add InPose to Blender."""
    from . import addon

    addon.register()


def unregister() -> None:
    """Take InPose out of Blender again, and end its solver process."""
    from . import addon

    addon.unregister()
