# SPDX-License-Identifier: Apache-2.0
"""Write an algorithm once for two array libraries: numpy, which is always there, and torch, where there is a GPU.

A function gets the namespace of its own arguments (``xp = namespace_of(x)``), as in the array API standard. The two
namespaces are small modules, `numpy_namespace` and `torch_namespace`. They hold all differences of the libraries.
Operators and methods that both have are used directly: ``@``, slices, ``.sum(axis=-1)``, ``.reshape``,
``.swapaxes``, ``.clip(min=0)``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol, TypeAlias

import numpy as np

from ..arrays import FloatArray

Shape: TypeAlias = tuple[int, ...]


Array: TypeAlias = Any
"""A numpy array or a torch tensor; the array API standard has no static type yet that both of them fit."""


class Namespace(Protocol):
    """List the functions of a namespace. Names follow the array API standard where it has one.

    ``like`` is an array on whose device, and in whose number format, the new one is made.
    """

    name: str
    """"numpy" or "torch"."""

    # Making arrays.
    def asarray(self, values: Any, like: Any) -> Any: ...  # noqa: D102
    def zeros(self, shape: Shape, like: Any) -> Any: ...  # noqa: D102
    def empty(self, shape: Shape, like: Any) -> Any: ...  # noqa: D102
    def full(self, shape: Shape, value: float, like: Any) -> Any: ...  # noqa: D102
    def eye(self, size: int, like: Any) -> Any: ...  # noqa: D102
    def indices(self, values: Any, like: Any) -> Any: ...  # noqa: D102
    def copy(self, x: Any) -> Any: ...  # noqa: D102
    def astype_of(self, x: Any, like: Any) -> Any: ...  # noqa: D102

    # Putting them together and taking them apart.
    def concat(self, arrays: Iterable[Any], axis: int = 0) -> Any: ...  # noqa: D102
    def stack(self, arrays: Iterable[Any], axis: int = 0) -> Any: ...  # noqa: D102
    def broadcast_to(self, x: Any, shape: Shape) -> Any: ...  # noqa: D102
    def moveaxis(self, x: Any, source: int, destination: int) -> Any: ...  # noqa: D102
    def contiguous(self, x: Any) -> Any: ...  # noqa: D102
    def where(self, condition: Any, a: Any, b: Any) -> Any: ...  # noqa: D102
    def flatnonzero(self, x: Any) -> Any: ...  # noqa: D102
    def add_at(self, x: Any, index: Any, values: Any) -> None: ...  # noqa: D102

    # Elementwise.
    def sqrt(self, x: Any) -> Any: ...  # noqa: D102
    def sin(self, x: Any) -> Any: ...  # noqa: D102
    def cos(self, x: Any) -> Any: ...  # noqa: D102
    def tan(self, x: Any) -> Any: ...  # noqa: D102
    def log(self, x: Any) -> Any: ...  # noqa: D102
    def asin(self, x: Any) -> Any: ...  # noqa: D102
    def atan2(self, y: Any, x: Any) -> Any: ...  # noqa: D102
    def tanh(self, x: Any) -> Any: ...  # noqa: D102
    def hypot(self, x: Any, y: Any) -> Any: ...  # noqa: D102
    def abs(self, x: Any) -> Any: ...  # noqa: D102
    def minimum(self, a: Any, b: Any) -> Any: ...  # noqa: D102
    def maximum(self, a: Any, b: Any) -> Any: ...  # noqa: D102
    def sigmoid(self, x: Any) -> Any: ...  # noqa: D102

    # Linear algebra.
    def einsum(self, subscripts: str, *operands: Any) -> Any: ...  # noqa: D102
    def products_by_frame(self, a: Any, b: Any) -> Any: ...  # noqa: D102
    def quantile(self, x: Any, share: float) -> float: ...  # noqa: D102

    # Layers of the network.
    def linear(self, x: Any, weight: Any, bias: Any) -> Any: ...  # noqa: D102
    def layer_norm(self, x: Any, scale: Any = None, shift: Any = None) -> Any: ...  # noqa: D102
    def rotate_pairs(self, x: Any, cosine: FloatArray, sine: FloatArray) -> Any: ...  # noqa: D102
    def gelu(self, x: Any) -> Any: ...  # noqa: D102
    def softmax(self, x: Any, axis: int) -> Any: ...  # noqa: D102
    def attention(self, query: Any, key: Any, value: Any) -> Any: ...  # noqa: D102
    def in_bfloat16(self, like: Any, enabled: bool) -> AbstractContextManager[Any]: ...  # noqa: D102

    # The library's own affairs.
    def map_parts(self, function: Callable[[Any], Any], parts: Sequence[Any], like: Any) -> list[Any]: ...  # noqa: D102
    def shares_parts(self, like: Any) -> bool: ...  # noqa: D102
    def one_thread_each(self, device: str) -> AbstractContextManager[Any]: ...  # noqa: D102
    def prefers_bfloat16(self, device: str) -> bool: ...  # noqa: D102
    def without_gradients(self) -> AbstractContextManager[Any]: ...  # noqa: D102
    def vector_jacobian_product(self, function: Callable[[Any], Any], x: Any, cotangent: Any) -> Any: ...  # noqa: D102
    def device_of(self, x: Any) -> str: ...  # noqa: D102
    def version(self) -> str: ...  # noqa: D102
    def to_numpy(self, x: Any) -> np.ndarray[Any, Any]: ...  # noqa: D102
    def from_numpy(self, x: np.ndarray[Any, Any], device: str) -> Any: ...  # noqa: D102
