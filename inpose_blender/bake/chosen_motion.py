# SPDX-License-Identifier: GPL-3.0-or-later
"""Change a solved motion as the options of a bake say, before it is placed in the scene. Does not import bpy."""

from __future__ import annotations

from dataclasses import replace

from ..core import Motion, scale_steps, sliding_m
from ..takes.take import SolvedTake
from .adjust import adjust_motion, in_place
from .options import BakeOptions


def chosen_motion(take: SolvedTake, options: BakeOptions) -> tuple[Motion, tuple[str, ...]]:
    """Return the motion adjusted, with scaled steps and at another speed, and notes about it.

    The speed changes only the frame rate: a motion of 60 poses a second that plays twice as fast has 120.
    """
    notes = []
    adjustments = replace(options.adjustments, in_place=False)
    motion = adjust_motion(take.motion, take.sensors, adjustments)
    if options.way_scale != 1.0:
        before_m, motion = sliding_m(motion), scale_steps(motion, options.way_scale)
        more_cm = round(100 * (sliding_m(motion) - before_m))
        if more_cm >= 1:
            notes.append(f"The legs do not reach all of the scaled steps: planted feet slide by {more_cm} cm.")
    if options.adjustments.in_place:
        motion = in_place(motion)
    return replace(motion, fps=motion.fps * options.speed), tuple(notes)
