# SPDX-License-Identifier: Apache-2.0
"""Give numpy the names of `array.Namespace`: numpy 1.26 lacks some functions of the array API standard, and all layers
of a network.

Everything computes in the number format of its arguments; ``like`` is an array of that format.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Final

import numpy as np

from ..errors import DeviceError
from . import blas_threads, elementwise, products, threads
from .array import Array, Shape

name: Final = "numpy"

sqrt = np.sqrt
sin = np.sin
cos = np.cos
tan = np.tan
log = np.log
asin = np.arcsin
atan2 = np.arctan2
tanh = np.tanh
hypot = np.hypot
abs = np.abs  # noqa: A001 (the standard's name)
minimum = np.minimum
maximum = np.maximum
moveaxis = np.moveaxis
contiguous = np.ascontiguousarray
copy = np.copy
einsum = np.einsum
linear = products.linear
attention = elementwise.attention
gelu = elementwise.gelu
layer_norm = elementwise.layer_norm
rotate_pairs = elementwise.rotate_pairs
softmax = elementwise.softmax
where = np.where


def asarray(values: Any, like: Array) -> Array:
    """Return the values as an array of the format of ``like``."""
    return np.asarray(values, dtype=like.dtype)


def zeros(shape: Shape, like: Array) -> Array:
    """Return zeros."""
    return np.zeros(shape, like.dtype)


def empty(shape: Shape, like: Array) -> Array:
    """Return an array that is still to be filled."""
    return np.empty(shape, like.dtype)


def full(shape: Shape, value: float, like: Array) -> Array:
    """Return an array of one value."""
    return np.full(shape, value, like.dtype)


def eye(size: int, like: Array) -> Array:
    """Return the identity matrix."""
    return np.eye(size, dtype=like.dtype)


def indices(values: Any, like: Array) -> Array:  # noqa: ARG001 (a device matters to torch alone)
    """Return the values as indices."""
    return np.asarray(values, dtype=np.int64)


def astype_of(x: Array, like: Array) -> Array:
    """Return x in the format of ``like``."""
    return x.astype(like.dtype)


def concat(arrays: Iterable[Array], axis: int = 0) -> Array:
    """Join arrays along an axis."""
    return np.concatenate(tuple(arrays), axis=axis)


def stack(arrays: Iterable[Array], axis: int = 0) -> Array:
    """Join arrays along a new axis."""
    return np.stack(tuple(arrays), axis=axis)


def broadcast_to(x: Array, shape: Shape) -> Array:
    """Return a view of another shape."""
    return np.broadcast_to(x, shape)


def flatnonzero(x: Array) -> Array:
    """Return where a flat array is not zero."""
    return np.flatnonzero(x)


def add_at(x: Array, index: Array, values: Array) -> None:
    """Add values to rows of x, in place; a row that is named several times gets all of them."""
    np.add.at(x, index, values)


def sigmoid(x: Array) -> Array:
    """Return 1 / (1 + exp(-x))."""
    return 0.5 * np.tanh(0.5 * x) + 0.5


def quantile(x: Array, share: float) -> float:
    """Return the value below which that share of x lies."""
    return float(np.quantile(x, share))


def products_by_frame(a: Array, b: Array) -> Array:
    """Return ``a b^T`` of each frame, frames last: (I, J, F) of (I, K, F) and (J, K, F)."""
    return np.einsum("ikf,jkf->ijf", a, b)


def sums_of_products(a: Array, b: Array) -> Array:
    """Return the sums over K of ``a b`` in each frame, frames last: (I, F) of (K, F) and (I, K, F)."""
    return np.einsum("kf,ikf->if", a, b)


def map_parts(function: Callable[[Any], Any], parts: Sequence[Any], like: Array) -> list[Any]:  # noqa: ARG001 (one device)
    """Return what the function makes of each part, on all cores."""
    return threads.map_parts(function, parts)


def in_bfloat16(like: Array, enabled: bool) -> AbstractContextManager[Any]:  # noqa: ARG001 (numpy has no bfloat16)
    """Do nothing: numpy computes in float32."""
    return nullcontext()


def prefers_bfloat16(device: str) -> bool:  # noqa: ARG001 (numpy has one device)
    """Return False: numpy has no bfloat16."""
    return False


def shares_parts(like: Array) -> bool:  # noqa: ARG001 (numpy has one device)
    """Return True: `map_parts` shares the parts over several cores."""
    return True


def one_thread_each(device: str) -> AbstractContextManager[Any]:  # noqa: ARG001 (numpy has one device)
    """Let each of our threads compute alone within the block."""
    return blas_threads.one_blas_thread()


def without_gradients() -> AbstractContextManager[Any]:
    """Do nothing: numpy keeps no gradients."""
    return nullcontext()


def vector_jacobian_product(function: Callable[[Array], Array], x: Array, cotangent: Array) -> Array:  # noqa: ARG001 (refused)
    """Refuse: numpy cannot differentiate.

    Raises:
        DeviceError: always.
    """
    raise DeviceError(
        "The published guidance (pigdm) differentiates the network, which numpy cannot do.",
        "Choose tangent guidance. With PyTorch (pip install inpose[torch]), --library torch has all kinds of guidance.",
    )


def to_numpy(x: Array) -> np.ndarray[Any, Any]:
    """Return x."""
    return np.asarray(x)


def device_of(x: Array) -> str:  # noqa: ARG001 (numpy has one device)
    """Return "cpu"."""
    return "cpu"


def version() -> str:
    """Return the version of numpy."""
    return np.__version__


def from_numpy(x: np.ndarray[Any, Any], device: str) -> Array:  # noqa: ARG001 (numpy has one device)
    """Return x."""
    return x
