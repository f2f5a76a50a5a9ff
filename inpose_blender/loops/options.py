# SPDX-License-Identifier: GPL-3.0-or-later
"""The options of a loop: which stretch, where it goes, and how it repeats. Neither bpy nor numpy here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ..errors import RigError
from ..options import Choice, OptionTable, option

LoopWay = Literal["moving", "in_place"]
Repeat = Literal["modifier", "strip"]


@dataclass(frozen=True)
class LoopOptions(OptionTable):
    """Say which stretch loops, where it goes, and how it repeats.

    Raises:
        RigError: a value does not fit.
    """

    title = "Loop"
    sentence = "A loop of a stretch of the motion, as a new action: the options under Loop in the panel."
    error = RigError

    loop_from: int = option(
        0,
        "Frame of the scene at which the loop starts. 0 is the start of the preview range",
        label="Loop from",
        minimum=0,
        unit="frames",
    )
    loop_to: int = option(
        0,
        "Frame near which the loop ends: InPose takes the best one within 0.3 seconds. 0 is the end of the preview "
        "range",
        label="Loop to",
        minimum=0,
        unit="frames",
    )
    loop_way: LoopWay = option(
        "moving",
        "Where the character goes in the loop",
        label="Loop way",
        choices=(
            Choice("moving", "Moving on", "Each round starts where the one before ends"),
            Choice("in_place", "In place", "The character walks on the spot, as on a treadmill"),
        ),
    )
    repeat: Repeat = option(
        "modifier",
        "What repeats the loop",
        label="Repeat",
        choices=(
            Choice("modifier", "Cycles modifier", "The loop is the active action, and its F-curves repeat without end"),
            Choice("strip", "NLA strip", "The loop is in a new NLA track and repeats to the end of the scene"),
        ),
    )

    @property
    def is_wanted(self) -> bool:
        """Return whether a command line asks for a loop."""
        return self.loop_to > 0

    def stretch(self, preview: tuple[int, int] | None) -> tuple[int, int]:
        """Return the first and the last frame of the stretch.

        Args:
            preview: the preview range of the scene; None if it is not used.

        Raises:
            RigError: no stretch is chosen.
        """
        if preview is None and not (self.loop_from and self.loop_to):
            raise RigError("No stretch is chosen for the loop.", "Give its frames, or set a preview range (P).")
        first, last = preview or (0, 0)
        first, last = self.loop_from or first, self.loop_to or last
        if last <= first:
            raise RigError("The stretch of the loop ends before it starts.", "Give the earlier frame first.")
        return first, last
