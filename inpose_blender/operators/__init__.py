# SPDX-License-Identifier: GPL-3.0-or-later
"""Offer InPose's operations to menus, search and scripts."""

from __future__ import annotations

from . import files, record_scene, runtime, solve

CLASSES = (*files.CLASSES, *record_scene.CLASSES, *runtime.CLASSES, *solve.CLASSES)
