# SPDX-License-Identifier: Apache-2.0
"""Compute with arrays: the same code for numpy arrays and for torch tensors."""

from .array import Array, Namespace, Shape
from .backend import CPU, Backend
from .layout import frames_first, frames_last
from .namespace import namespace_of, to_numpy
from .small_systems import solve_positive_definite

__all__ = [
    "CPU",
    "Array",
    "Backend",
    "Namespace",
    "Shape",
    "frames_first",
    "frames_last",
    "namespace_of",
    "solve_positive_definite",
    "to_numpy",
]
