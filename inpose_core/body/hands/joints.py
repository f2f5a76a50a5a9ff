# SPDX-License-Identifier: Apache-2.0
"""Name the finger joints, and say how their rotations count.

A hand has 15 finger joints: thumb, index, middle, ring and little finger, three joints each, from the palm to the tip.
The thumb's first joint is that of its metacarpal; the bones inside the palm are no joints here.

Rotations are local: relative to the joint before, and those of the first joints relative to the hand. As for the body,
the identity is the T-pose (Y up, the body faces +Z): the palms are down, and all fingers are straight and parallel to
the hand. The thumb lies in the plane of the palm, 45 degrees from the fingers, and its nail points nearly sideways. So
the left fingers point to +X, the right ones to -X, and all thumbs are at the +Z side.

Angles are the same for both hands. Each joint has three of them, in this order:

* *curl*: positive bends the finger towards the palm;
* *spread*: positive turns it sideways, away from the thumb; for the thumb, negative lifts it off the palm;
* *twist*: about the finger itself.

The right hand is the mirror image of the left one.
"""

from __future__ import annotations

from typing import Final, Literal

import numpy as np

from ...arrays import FloatArray

Finger = Literal["thumb", "index", "middle", "ring", "little"]
Side = Literal["left", "right"]

FINGERS: Final[tuple[Finger, ...]] = ("thumb", "index", "middle", "ring", "little")
SIDES: Final[tuple[Side, Side]] = ("left", "right")
PHALANX_COUNT: Final[int] = 3
FINGER_JOINT_COUNT: Final[int] = len(FINGERS) * PHALANX_COUNT
FINGER_JOINT_NAMES: Final[tuple[str, ...]] = tuple(
    f"{finger}{number}" for finger in FINGERS for number in range(1, PHALANX_COUNT + 1)
)
"""The order of the joints in all arrays: thumb1, thumb2, thumb3, index1 and so on."""

_NAIL_TILT_RAD: Final[float] = np.radians(70.0)
"""How far the thumb is rolled about itself, against the fingers. In recordings of a Quest 3, it bends in a plane that
is 70 to 85 degrees from theirs."""


def _thumb_axes() -> FloatArray:
    along = np.array((1.0, 0.0, 1.0)) / np.sqrt(2)
    across = np.array((1.0, 0.0, -1.0)) / np.sqrt(2)
    curl_axis = np.cos(_NAIL_TILT_RAD) * across + np.sin(_NAIL_TILT_RAD) * np.array((0.0, 1.0, 0.0))
    return np.stack((along, np.cross(along, curl_axis), -curl_axis), axis=1)


LEFT_AXES: Final[FloatArray] = np.stack((_thumb_axes(), *(np.eye(3),) * 4))
"""(5, 3, 3) for each finger of the left hand in the T-pose, as columns: along the finger, out of the nail, and the
opposite of the axis about which it curls."""

MIRROR: Final[FloatArray] = np.array((1.0, 1.0, -1.0, -1.0))
"""A rotation of the left hand, times this, is the same rotation of the right hand, and the reverse."""


def mirrored_axes() -> FloatArray:
    """Return the axes of both hands, (2, 5, 3, 3): the right ones are the mirror image, so they are left-handed."""
    return np.stack((LEFT_AXES, np.diag((-1.0, 1.0, 1.0)) @ LEFT_AXES))
