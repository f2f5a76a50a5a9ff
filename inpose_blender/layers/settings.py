# SPDX-License-Identifier: GPL-3.0-or-later
"""Hold how a bake is laid over what is there. Does not import bpy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # Blender's start must not wait for the core
    from ..core import FloatArray


@dataclass(frozen=True)
class LayerSettings:
    """Say how an action becomes a layer over what is there."""

    bones: frozenset[str]
    """The bones that the layer moves."""
    adds: bool = False
    """Add to what is below instead of replacing it."""
    upper_body: bool = False
    """The trunk stands on hips that another animation moves."""
    hips_wxyz: FloatArray | None = None
    """(F, 4) how the hips of the other animation turn in the core frame, where they do not turn the trunk by
    themselves."""
    tweak: bool = False
    """Put an empty additive action on top, for corrections."""
    blend_in: int = 0
    blend_out: int = 0
    """Frames in which the layer comes and goes."""
