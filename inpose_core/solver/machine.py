# SPDX-License-Identifier: Apache-2.0
"""Say what the solver runs on, for people who look into their preferences."""

from __future__ import annotations

import ctypes
import os
import platform
import sys


def device_name(device: str) -> str:
    """Return the name of the graphics card, or the kind of processor."""
    if device == "cuda":
        from ..numerics import torch_namespace  # noqa: PLC0415 (whoever found a CUDA card has loaded it)

        return torch_namespace.gpu_name()
    # On Windows, `platform.processor` asks a service that may take seconds.
    return os.environ.get("PROCESSOR_IDENTIFIER") or platform.processor() or platform.machine()


def device_memory_bytes(device: str) -> int | None:
    """Return the memory of the graphics card, else the machine's; None where the system does not tell."""
    if device == "cuda":
        from ..numerics import torch_namespace  # noqa: PLC0415

        return torch_namespace.gpu_memory_bytes()
    if sys.platform == "win32":
        return _windows_memory_bytes()
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (ValueError, OSError):
        return None


def _windows_memory_bytes() -> int | None:
    class Status(ctypes.Structure):
        """MEMORYSTATUSEX of the Windows API."""

        _fields_ = (
            ("length", ctypes.c_ulong),
            ("load", ctypes.c_ulong),
            *((name, ctypes.c_ulonglong) for name in ("total", "free", "page_total", "page_free", "v_total", "v_free")),
            ("v_extended", ctypes.c_ulonglong),
        )

    status = Status()
    status.length = ctypes.sizeof(Status)
    kernel = getattr(ctypes, "windll").kernel32  # noqa: B009 (absent from other systems' type information)
    return int(status.total) if kernel.GlobalMemoryStatusEx(ctypes.byref(status)) else None
