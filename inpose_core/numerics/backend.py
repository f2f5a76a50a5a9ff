# SPDX-License-Identifier: Apache-2.0
"""Choose the library and the device that compute."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from ..options.solve import Precision
from .array import Array, Namespace
from .namespace import namespace_of

LibraryName = Literal["numpy", "torch"]


@dataclass(frozen=True)
class Backend:
    """Hold the library and the compute device."""

    library: LibraryName = "numpy"
    device: str = "cpu"
    """cpu, cuda or mps; numpy has only cpu."""

    @property
    def namespace(self) -> Namespace:
        """Return the library's functions."""
        if self.library == "numpy":
            from . import numpy_namespace  # noqa: PLC0415 (only one of both is wanted)

            return numpy_namespace
        from . import torch_namespace  # noqa: PLC0415 (torch takes seconds to load)

        return torch_namespace

    def computes_in_bfloat16(self, precision: Precision) -> bool:
        """Return whether the network's matrices are multiplied in bfloat16; "auto": where the device does so faster.

        The motion differs from that of float32 by less than 0.15 degrees on average.
        """
        return precision == "bfloat16" or (precision == "auto" and self.namespace.prefers_bfloat16(self.device))

    def holds(self, array: Array) -> bool:
        """Return whether an array belongs to this library and is on this device."""
        namespace = namespace_of(array)
        return namespace.name == self.library and namespace.device_of(array) == self.device

    def asarray(self, values: Any) -> Array:
        """Return values as an array of this library on this device: bool stays bool, all else becomes float32."""
        array = np.asarray(values)
        array = np.ascontiguousarray(array, dtype=np.bool_ if array.dtype == np.bool_ else np.float32)
        return self.namespace.from_numpy(array, self.device)


CPU = Backend()
"""numpy, which is always there."""
