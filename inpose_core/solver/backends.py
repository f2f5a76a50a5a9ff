# SPDX-License-Identifier: Apache-2.0
"""Choose the library that solves: numpy, or torch where it is needed or has a graphics card."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Final

from ..errors import DeviceError
from ..numerics import CPU, Backend
from ..numerics.torch_build import has_nvidia_driver, torch_build
from ..options.solve import SolveSettings

_INSTALL: Final[str] = "Install PyTorch (pip install inpose[torch]), or choose library numpy and device cpu."


def choose_backend(settings: SolveSettings = SolveSettings()) -> Backend:  # noqa: B008 (frozen)
    """Return the library and the device that the settings ask for.

    ``auto`` takes a graphics card where this Python's torch has one, torch where only torch can do what is asked, and
    numpy otherwise.

    Raises:
        DeviceError: the device is not there, or torch is needed and not installed.
    """
    on_cpu = settings.device in ("auto", "cpu")
    if settings.library == "numpy":
        return _on_numpy(settings, on_cpu)
    needs_torch = settings.library == "torch" or not on_cpu or _only_torch_can(settings) is not None
    if not needs_torch and (settings.device == "cpu" or not _may_have_graphics_card()):
        return CPU
    return _on_torch(settings.device, fallback=None if needs_torch else CPU)


def _on_numpy(settings: SolveSettings, on_cpu: bool) -> Backend:
    if not on_cpu:
        raise DeviceError(f"NumPy does not use the compute device {settings.device}.", "Choose library torch.")
    need = _only_torch_can(settings)
    if need is not None:
        raise DeviceError(f"NumPy cannot compute {need}.", "Choose library torch.")
    return CPU


def _only_torch_can(settings: SolveSettings) -> str | None:
    """Return the part of the settings that numpy cannot do."""
    if settings.guidance == "pigdm":
        return "the guidance pigdm, which differentiates the network"
    return "in bfloat16" if settings.precision == "bfloat16" else None


def _may_have_graphics_card() -> bool:
    """Return whether torch may have a graphics card; loading it to ask takes seconds."""
    spec = find_spec("torch")
    build = None if spec is None or spec.origin is None else torch_build(Path(spec.origin).parent.parent)
    if build is None or build.device == "cpu":
        return False
    return build.device == "mps" or has_nvidia_driver() or Path("/dev/kfd").exists()  # AMD's driver


def _on_torch(device: str, fallback: Backend | None) -> Backend:
    try:
        from ..numerics import torch_namespace  # noqa: PLC0415 (takes seconds; only where it is wanted)
    except (ImportError, OSError) as error:  # OSError: a shared library of torch does not load
        if fallback is not None:
            return fallback
        raise DeviceError(f"This Python has no working PyTorch ({error}).", _INSTALL) from error
    available = torch_namespace.available_devices()
    if device == "auto":
        return fallback if fallback is not None and available[0] == "cpu" else Backend("torch", available[0])
    if device not in available:
        raise DeviceError(f'This computer has no compute device "{device}" for PyTorch.', "Choose auto or cpu.")
    return Backend("torch", device)
