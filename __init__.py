# SPDX-License-Identifier: GPL-3.0-or-later
"""Enter Blender: the extension's entry point, which only hands over to `inpose_blender`.

The imports wait for Blender: pytest imports this file too, even where the checkout is no valid package name.
"""


def register() -> None:
    """Add InPose to Blender."""
    from .inpose_blender import register as register_all  # noqa: PLC0415

    register_all()


def unregister() -> None:
    """Take InPose out of Blender again."""
    from .inpose_blender import unregister as unregister_all  # noqa: PLC0415

    unregister_all()
