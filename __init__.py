# SPDX-License-Identifier: GPL-3.0-or-later
"""Enter Blender: the extension's entry point, which only hands over to `inpose_blender`."""

from .inpose_blender import register, unregister

__all__ = ["register", "unregister"]
