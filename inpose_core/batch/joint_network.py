# SPDX-License-Identifier: Apache-2.0
"""Let one graphics card denoise the windows of many recordings in one pass, while other processes do the rest.

Each process of a batch solves its own recording with numpy, calibration included, but sends the windows that the
network is to denoise to the card. Whatever windows wait there are denoised together. A window does not know of the
others, so each recording's motion is the one that it has alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, Final

import numpy as np

from ..arrays import FloatArray
from ..numerics import Array, Backend, namespace_of
from ..options.solve import Precision, SolveSettings
from ..prior.checkpoint import Prior
from ..prior.network import Denoised, DiffusionTransformer

_WINDOWS_AT_ONCE: Final[int] = 256
"""Bounds the memory of the network: about 1 GB."""


class CardLostError(Exception):
    """Say that the graphics card does not answer, or that its memory does not suffice."""


@dataclass(frozen=True)
class WindowsToDenoise:
    """Hold the windows of one recording that are to be denoised, as numpy's arrays."""

    x_t: FloatArray
    """(N, W, 22, 6)"""
    log_snr: float
    condition: FloatArray
    """(N, W, C)"""
    precision: Precision


Ask = Callable[[WindowsToDenoise], Denoised]
"""Sends windows to a card and waits for the answer; raises `CardLostError`."""


@dataclass(frozen=True)
class NetworkElsewhere(DiffusionTransformer):
    """Ask a card for the network's output; compute it here, in this process, if the card is lost."""

    prefers_all_windows: ClassVar[bool] = True
    ask: Ask
    precision: Precision

    def __call__(self, x_t: Array, log_snr: Array, condition: Array) -> Denoised:
        """Return the network's output; arguments as `prior.network.denoise`."""
        try:
            return self.ask(WindowsToDenoise(np.asarray(x_t), float(log_snr[0]), np.asarray(condition), self.precision))
        except CardLostError:
            return super().__call__(x_t, log_snr, condition)


def may_ask_card(settings: SolveSettings, card: Backend) -> bool:
    """Say whether a solve with these settings may have its windows denoised by this card."""
    # The published guidance differentiates the network, so it cannot be elsewhere.
    fits = settings.device in ("auto", card.device) and settings.library in ("auto", card.library)
    return fits and settings.guidance != "pigdm"


def with_card(prior: Prior, settings: SolveSettings, ask: Ask) -> tuple[Prior, SolveSettings]:
    """Return a prior whose network is on a card, and the settings of a solve that does all else with numpy."""
    network = NetworkElsewhere(prior.network.config, prior.network.weights, ask, settings.precision)
    return replace(prior, network=network), replace(settings, device="cpu", library="numpy", precision="float32")


def denoise_together(
    network: DiffusionTransformer, backend: Backend, requests: Sequence[WindowsToDenoise]
) -> Iterator[tuple[int, Denoised]]:
    """Yield the index of each request and its answer, as numpy's arrays.

    Args:
        network: with its weights on the backend.
        backend: the card.
        requests: of any recordings, at any noise level.

    Raises:
        MemoryError: the card has too little memory; torch raises a RuntimeError.
    """
    for bfloat16 in (False, True):
        chosen = [at for at, one in enumerate(requests) if backend.computes_in_bfloat16(one.precision) == bfloat16]
        if not chosen:
            continue
        joined = _denoise(network, backend, [requests[at] for at in chosen], bfloat16)
        first = 0
        for at in chosen:
            count = len(requests[at].x_t)
            yield at, Denoised(*(part[first : first + count] for part in joined))
            first += count


def _denoise(
    network: DiffusionTransformer, backend: Backend, requests: Sequence[WindowsToDenoise], bfloat16: bool
) -> tuple[FloatArray, ...]:
    """Return the network's output for the windows of all requests, one after the other."""
    xp = backend.namespace
    x_t = np.concatenate([one.x_t for one in requests])
    condition = np.concatenate([one.condition for one in requests])
    log_snr = np.repeat([one.log_snr for one in requests], [len(one.x_t) for one in requests])
    found = []
    with xp.without_gradients():
        for first in range(0, len(x_t), _WINDOWS_AT_ONCE):
            part = slice(first, first + _WINDOWS_AT_ONCE)
            noisy = backend.asarray(x_t[part])
            with xp.in_bfloat16(noisy, bfloat16):
                denoised = network(noisy, backend.asarray(log_snr[part]), backend.asarray(condition[part]))
            found.append([namespace_of(values).to_numpy(values) for values in denoised])
    return tuple(np.concatenate(parts) for parts in zip(*found, strict=True))
