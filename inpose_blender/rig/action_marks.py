# SPDX-License-Identifier: GPL-3.0-or-later
"""Name the custom properties of actions that several folders read. Imports nothing, so that Blender starts fast."""

from __future__ import annotations

from typing import Final

SWITCHES_KEY: Final[str] = "inpose_switches"
"""The action holds switches of the rig as they were, below a layer: see `bake.kept_switches`."""
