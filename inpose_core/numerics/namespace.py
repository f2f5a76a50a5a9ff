# SPDX-License-Identifier: Apache-2.0
"""Find the namespace of an array."""

from __future__ import annotations

import numpy as np

from ..arrays import FloatArray
from .array import Array, Namespace


def namespace_of(array: Array) -> Namespace:
    """Return the namespace of an array's library."""
    # A sum of a numpy array is a scalar of its own kind.
    if isinstance(array, (np.ndarray, np.generic)):
        from . import numpy_namespace  # noqa: PLC0415 (the namespaces are written in terms of this module)

        return numpy_namespace
    from . import torch_namespace  # noqa: PLC0415 (torch loads where tensors are, and nowhere else)

    return torch_namespace


def to_numpy(array: Array) -> FloatArray:
    """Return an array's values in float64, as numpy's."""
    return np.asarray(namespace_of(array).to_numpy(array), dtype=np.float64)
