# SPDX-License-Identifier: GPL-3.0-or-later
"""Tell whether the pins of a character are still those that its motion was solved with.

A bake never uses pins: the motion of *Solve again* already meets them. So pins that were changed since then, or a
stance, have no effect in *Bake again*, and the user must know it.
"""

from __future__ import annotations

import zlib
from typing import Any, Final

NOTHING: Final[str] = f"{0:08x}"
"""What is asked without pins."""
NOT_SOLVED: Final[str] = "Pins or stances have changed since the last solve. Click Solve again to use them."
_DIGITS: Final[int] = 4
"""Places in metres and times in seconds that differ by less are the same."""
_FIELDS: Final[tuple[str, ...]] = ("kind", "joint", "while_standing", "use_position", "use_rotation", "soft", "ease")


def asked_pins(armature: Any) -> str:
    """Return a checksum of all that the pins of an armature object ask for; muted pins ask for nothing."""
    asked = sorted(_of_pin(pin) for pin in armature.inpose_pins.entries if not pin.muted)
    checksum = 0
    for one in asked:
        checksum = zlib.crc32(one, checksum)
    return f"{checksum:08x}"


def pins_changed(armature: Any) -> bool:
    """Return whether pins have changed since the last solve; not if it is not known, as in older files."""
    solved = armature.inpose_take.solved_pins
    return bool(solved) and solved != asked_pins(armature)


def _of_pin(pin: Any) -> bytes:
    told = [repr(getattr(pin, name)) for name in _FIELDS]
    told += [f"{pin.start_s:.{_DIGITS}f}", f"{pin.stop_s:.{_DIGITS}f}"]
    carrier = pin.handle
    while carrier is not None:
        told.append(_of_carrier(carrier))
        carrier = carrier.parent
    return "|".join(told).encode()


def _of_carrier(carrier: Any) -> str:
    """Return where a handle is, or an object that carries it; of one that moves, its keys."""
    import numpy as np  # Blender's start must not wait for it

    from ..bpy_compat import action_curves

    animation = carrier.animation_data
    constraints = ",".join(constraint.type for constraint in carrier.constraints)
    if animation is not None and animation.action is not None:
        checksum = 0
        for curve in action_curves(animation.action, carrier):
            points = np.empty(2 * len(curve.keyframe_points), dtype=np.float32)
            curve.keyframe_points.foreach_get("co", points)
            checksum = zlib.crc32(np.round(points, _DIGITS).tobytes(), checksum)
        return f"keys {checksum:08x} {constraints}"
    if animation is not None and (animation.drivers or animation.nla_tracks):
        return f"moves {constraints}"
    # Not the place in the world: Blender computes that one later.
    placed = np.round(np.array(carrier.matrix_parent_inverse @ carrier.matrix_basis), _DIGITS) + 0.0
    return f"{placed.tolist()} {constraints}"
