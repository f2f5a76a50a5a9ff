# SPDX-License-Identifier: Apache-2.0
"""Give torch the names of `array.Namespace`. The only module on the way from recording to motion that imports torch."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Final

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from ..arrays import FloatArray
from . import torch_threads
from .array import Shape

name: Final = "torch"

sqrt = torch.sqrt
sin = torch.sin
cos = torch.cos
tan = torch.tan
log = torch.log
asin = torch.asin
atan2 = torch.atan2
tanh = torch.tanh
hypot = torch.hypot
abs = torch.abs  # noqa: A001 (the standard's name)
minimum = torch.minimum
maximum = torch.maximum
moveaxis = torch.movedim
copy = torch.clone
einsum = torch.einsum
sigmoid = torch.sigmoid


def asarray(values: Any, like: Tensor) -> Tensor:
    """Return the values as a tensor of the format of ``like``, on its device."""
    return torch.as_tensor(values, dtype=like.dtype, device=like.device)


def zeros(shape: Shape, like: Tensor) -> Tensor:
    """Return zeros."""
    return like.new_zeros(shape)


def empty(shape: Shape, like: Tensor) -> Tensor:
    """Return a tensor that is still to be filled."""
    return like.new_empty(shape)


def full(shape: Shape, value: float, like: Tensor) -> Tensor:
    """Return a tensor of one value."""
    return like.new_full(shape, value)


def eye(size: int, like: Tensor) -> Tensor:
    """Return the identity matrix."""
    return torch.eye(size, dtype=like.dtype, device=like.device)


def indices(values: Any, like: Tensor) -> Tensor:
    """Return the values as indices, on the device of ``like``."""
    return torch.as_tensor(values, dtype=torch.int64, device=like.device)


def astype_of(x: Tensor, like: Tensor) -> Tensor:
    """Return x in the format of ``like``."""
    return x.to(like.dtype)


def concat(arrays: Iterable[Tensor], axis: int = 0) -> Tensor:
    """Join tensors along an axis."""
    return torch.cat(tuple(arrays), dim=axis)


def stack(arrays: Iterable[Tensor], axis: int = 0) -> Tensor:
    """Join tensors along a new axis."""
    return torch.stack(tuple(arrays), dim=axis)


def broadcast_to(x: Tensor, shape: Shape) -> Tensor:
    """Return a view of another shape."""
    return x.expand(shape)


def contiguous(x: Tensor) -> Tensor:
    """Return x as it is: torch's kernels take any strides."""
    return x


def where(condition: Tensor, a: Tensor | float, b: Tensor | float) -> Tensor:
    """Return a where the condition holds, else b."""
    return torch.where(condition, a, b)


def flatnonzero(x: Tensor) -> Tensor:
    """Return where a flat tensor is not zero."""
    return x.nonzero()[:, 0]


def add_at(x: Tensor, index: Tensor, values: Tensor) -> None:
    """Add values to rows of x, in place; a row that is named several times gets all of them."""
    x.index_put_((index,), values, accumulate=True)


def quantile(x: Tensor, share: float) -> float:
    """Return the value below which that share of x lies."""
    return float(torch.quantile(x, share))


def products_by_frame(a: Tensor, b: Tensor) -> Tensor:
    """Return ``a b^T`` of each frame, frames last: (I, J, F) of (I, K, F) and (J, K, F)."""
    # Its batched product needs the frames first; `einsum` by itself takes ten times as long over the frames last.
    return torch.bmm(a.permute(2, 0, 1).contiguous(), b.permute(2, 1, 0).contiguous()).permute(1, 2, 0).contiguous()


def sums_of_products(a: Tensor, b: Tensor) -> Tensor:
    """Return the sums over K of ``a b`` in each frame, frames last: (I, F) of (K, F) and (I, K, F)."""
    return (a * b).sum(dim=1)


def linear(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """Return ``x weight^T + bias``."""
    return functional.linear(x, weight, bias)


def layer_norm(x: Tensor, scale: Tensor | None = None, shift: Tensor | None = None) -> Tensor:
    """Return x with mean 0 and variance 1 along its last axis, then scaled and shifted."""
    normed = functional.layer_norm(x, x.shape[-1:])
    if scale is not None:
        normed = normed * scale
    return normed if shift is None else normed + shift


def gelu(x: Tensor) -> Tensor:
    """Return the GELU activation by its approximation with tanh."""
    return functional.gelu(x, approximate="tanh")


def softmax(x: Tensor, axis: int) -> Tensor:
    """Return exp(x), normalised along an axis."""
    return torch.softmax(x, dim=axis)


def attention(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    """Return ``softmax(q k^T / sqrt(size)) v`` of heads (..., tokens, size)."""
    if query.dtype == torch.bfloat16 and query.device.type == "cpu":
        # Four times as fast as the fused kernel's backward pass at a few dozen tokens.
        scores = (query * query.shape[-1] ** -0.5) @ key.transpose(-1, -2)
        return scores.softmax(dim=-1) @ value
    return functional.scaled_dot_product_attention(query, key, value)


def rotate_pairs(x: Tensor, cosine: FloatArray, sine: FloatArray) -> Tensor:
    """Return x (..., tokens, size) with each pair of neighbours turned by the angle of its token and place."""
    c, s = (torch.as_tensor(part, dtype=torch.float32, device=x.device) for part in (cosine, sine))
    even, odd = x[..., 0::2], x[..., 1::2]
    return torch.stack((even * c - odd * s, even * s + odd * c), dim=-1).flatten(-2).to(x.dtype)


def in_bfloat16(like: Tensor, enabled: bool) -> AbstractContextManager[Any]:
    """Let matrices be multiplied in bfloat16 within the block."""
    return torch.autocast(like.device.type, torch.bfloat16, enabled=enabled)


def prefers_bfloat16(device: str) -> bool:
    """Return whether a device multiplies matrices faster in bfloat16."""
    if device == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    if device == "cpu":
        abilities = torch.cpu.get_capabilities()
        return bool(abilities.get("amx_bf16") or abilities.get("avx512_bf16"))
    return False


def map_parts(function: Callable[[Any], Any], parts: Sequence[Any], like: Tensor) -> list[Any]:
    """Return what the function makes of each part: on the CPU shared over its cores, on a GPU one after the other."""
    if shares_parts(like):
        return torch_threads.map_parts(function, parts)
    return [function(part) for part in parts]


def shares_parts(like: Tensor) -> bool:
    """Return whether `map_parts` shares the parts over several cores."""
    return like.device.type == "cpu"


def one_thread_each(device: str) -> AbstractContextManager[Any]:
    """Let each of our threads compute alone within the block, on the CPU."""
    return torch_threads.torch_limit().one_thread() if device == "cpu" else nullcontext()


def without_gradients() -> AbstractContextManager[Any]:
    """Keep nothing for differentiation within the block."""
    return torch.no_grad()


def vector_jacobian_product(function: Callable[[Tensor], Tensor], x: Tensor, cotangent: Tensor) -> Tensor:
    """Return ``(d function / d x)^T cotangent`` by backpropagation."""
    with torch.enable_grad():
        leaf = x.detach().requires_grad_(True)
        product = (function(leaf) * cotangent).sum()
    return torch.autograd.grad(product, leaf)[0]


def to_numpy(x: Tensor) -> np.ndarray[Any, Any]:
    """Return x as a numpy array in main memory."""
    return x.detach().cpu().numpy()


def from_numpy(x: np.ndarray[Any, Any], device: str) -> Tensor:
    """Return a numpy array as a tensor of its format on a device."""
    return torch.tensor(x, device=device)


def available_devices() -> tuple[str, ...]:
    """Return the devices that are there, the fastest first."""
    gpus = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    return (*(device for device, there in gpus.items() if there), "cpu")


def gpu_name() -> str:
    """Return the name of the CUDA card."""
    return torch.cuda.get_device_name()


def gpu_memory_bytes() -> int:
    """Return the memory of the CUDA card."""
    return int(torch.cuda.mem_get_info()[1])


def device_of(x: Tensor) -> str:
    """Return the kind of device on which x is: cpu, cuda or mps."""
    return x.device.type


def version() -> str:
    """Return the version of torch."""
    return str(torch.__version__)
