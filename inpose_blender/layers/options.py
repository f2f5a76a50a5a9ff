# SPDX-License-Identifier: GPL-3.0-or-later
"""The options of layers: over what a bake is laid, on which bones, and how it blends. Neither bpy nor numpy here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ..errors import RigError
from ..options import Choice, OptionTable, option

LayerKind = Literal["none", "replace", "add"]
Mask = Literal["whole", "upper_body", "arms", "legs", "selected"]


@dataclass(frozen=True)
class LayerOptions(OptionTable):
    """Say over what a bake is laid, on which bones, and how it blends.

    Raises:
        RigError: a value does not fit.
    """

    title = "Layer"
    sentence = "How the bake is laid over the animation that plays already: the options under Layer in the panel."
    error = RigError

    layer: LayerKind = option(
        "none",
        "What the bake does with the animation that plays already",
        label="Layer",
        choices=(
            Choice("none", "New action", "The bake becomes the active action, and the earlier action is muted"),
            Choice("replace", "Replace", "A new NLA track above replaces the animation, on the bones of the mask"),
            Choice("add", "Add", "A new NLA track above adds what changes after the first pose of the recording"),
        ),
    )
    mask: Mask = option(
        "whole",
        "Bones that the layer moves. The other bones get no keys. Without a layer, all bones get keys",
        label="Mask",
        choices=(
            Choice("whole", "Whole body", "All bones"),
            Choice("upper_body", "Upper body", "Trunk, head and arms. The other animation keeps the hips"),
            Choice("arms", "Arms", "Collarbones, arms and hands"),
            Choice("legs", "Legs", "Hips and legs, with the root motion: all that Upper body leaves out"),
            Choice("selected", "Selected bones", "The bones that are selected in Pose Mode when you bake"),
        ),
    )
    tweak_layer: bool = option(
        False,
        "Add an empty additive action on top of the layer. Keys that you set there correct the bake and leave it as it "
        "is",
        label="Tweak layer",
    )
    blend_in: int = option(
        0,
        "Frames in which the character goes over from the animation that plays already to the bake",
        label="Blend in",
        minimum=0,
        maximum=1000,
        soft_maximum=50,
        unit="frames",
    )
    blend_out: int = option(
        0,
        "Frames in which the character goes back from the bake to the animation that plays already",
        label="Blend out",
        minimum=0,
        maximum=1000,
        soft_maximum=50,
        unit="frames",
    )

    @property
    def is_layer(self) -> bool:
        """Return whether the bake is laid over what is there."""
        return self.layer != "none"

    @property
    def is_part(self) -> bool:
        """Return whether the bake does not decide where the character is: its places are not those of the recording."""
        return self.layer == "add" or (self.layer == "replace" and self.mask not in {"whole", "legs"})

    def check(self) -> None:
        """Check that options which need a layer have one.

        Raises:
            RigError: one has none.
        """
        for name, given in (("mask", self.mask != "whole"), ("tweak layer", self.tweak_layer)):
            if given and not self.is_layer:
                raise RigError(f"The {name} needs a layer.", "Set Layer to Replace or Add.")
