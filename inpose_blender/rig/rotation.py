# SPDX-License-Identifier: GPL-3.0-or-later
"""Extract the rotation of a matrix. Does not import bpy."""

from __future__ import annotations

import numpy as np

from ..core import FloatArray


def rotation_of(matrix: FloatArray) -> FloatArray:
    """Return the rotation (3, 3) nearest to a matrix (3, 3) or (4, 4), its scale taken out.

    Rest matrices of deep chains are single precision products, up to 1e-3 degrees from orthogonal.
    """
    left, _, right = np.linalg.svd(matrix[:3, :3])
    return left @ right
