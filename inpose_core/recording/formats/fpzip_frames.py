# SPDX-License-Identifier: Apache-2.0
"""Unpack fpzip arrays of untrusted files.

fpzip's decoder trusts its input: one flipped bit crashes the whole process (in all of 40 tries), and its header may
request any amount of memory. So the header is read here first, and the decoder runs in a separate process.
Source of the layout: LLNL's fpzip 1.3, ``read.cpp`` and ``rcdecoder.cpp`` (a carryless range coder).
"""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ...system.programs import NO_WINDOW, neutral_folder, trusted_import_folders, without_python_variables

LARGEST_VALUES: Final[int] = 16_000_000
"""Largest number of floats to unpack: 64 MB, more than two hours of three devices at 90 Hz."""

_LONGEST_S: Final[float] = 20.0
_MASK: Final[int] = 0xFFFFFFFF
# The alarm ends a decoder that hangs, even if this process has died.
_CHILD: Final[str] = (
    "import signal, sys; getattr(signal, 'alarm', int)(30); sys.path[:0] = sys.argv[1:]; import fpzip; "
    "sys.stdout.buffer.write(fpzip.decompress(sys.stdin.buffer.read()).astype('<f4').ravel(order='K').tobytes())"
)


class FpzipError(Exception):
    """Report that the array is damaged or too large."""


def has_fpzip() -> bool:
    """Return whether the package is installed."""
    return _find_fpzip() is not None


def unpack_frames(packed: bytes) -> NDArray[np.float32]:
    """Return the floats, (rows, columns), that xror packed as an array of shape (1, 1, rows, columns).

    Raises:
        FpzipError: the array is damaged or larger than `LARGEST_VALUES`.
    """
    nx, ny, nz, nf = _shape(packed)
    count = nx * ny * nz * nf
    if not 0 < count <= LARGEST_VALUES:
        raise FpzipError(f"{count} values")
    found = _find_fpzip()
    if found is None or found.origin is None:
        raise FpzipError("there is no decoder")
    # The isolated child imports only from these folders, not from the current folder, the user's or PYTHONPATH.
    folders = [str(Path(found.origin).parent), str(Path(np.__file__).parents[1])]
    environment = {**without_python_variables(os.environ.items()), "OMP_NUM_THREADS": "1"}
    try:
        done = subprocess.run(
            [sys.executable, "-I", "-S", "-c", _CHILD, *folders],
            input=packed,
            capture_output=True,
            timeout=_LONGEST_S,
            check=False,
            cwd=neutral_folder(sys.executable),
            creationflags=NO_WINDOW,
            env={**environment, "OPENBLAS_NUM_THREADS": "1"},
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise FpzipError("the decoder did not answer") from error
    if done.returncode != 0 or len(done.stdout) != 4 * count:
        raise FpzipError("the decoder failed")
    values = np.frombuffer(done.stdout, "<f4")
    # The x of the header runs fastest; older wrappers of fpzip packed the axes the other way round.
    rows, columns = (ny, nx) if nz == nf == 1 else (nz, nf)
    if rows * columns != count:
        raise FpzipError(f"the shape {nx}, {ny}, {nz}, {nf}")
    return values.reshape(rows, columns) if nz == nf == 1 else values.reshape(columns, rows).T


def _find_fpzip() -> ModuleSpec | None:
    return PathFinder.find_spec("fpzip", trusted_import_folders())


def _shape(packed: bytes) -> tuple[int, int, int, int]:
    """Read the header: the magic, the version, type and precision, and the four sizes."""
    decoder = _HeaderDecoder(packed)
    magic = [decoder.bits(8) for _ in range(4)]
    if magic != list(b"fpz\0"):
        raise FpzipError("no fpzip array")
    decoder.bits(16), decoder.bits(8)  # version
    if decoder.bits(1) != 0:
        raise FpzipError("doubles instead of floats")
    decoder.bits(7)  # precision
    return decoder.integer(), decoder.integer(), decoder.integer(), decoder.integer()


class _HeaderDecoder:
    """Decode numbers of equal probability from the beginning of a range-coded stream."""

    def __init__(self, data: bytes) -> None:
        self._data = data[:64] + bytes(64)
        self._position = 4
        self._low, self._range = 0, _MASK
        self._code = int.from_bytes(self._data[:4], "big")

    def bits(self, count: int) -> int:
        self._range >>= count
        value = ((self._code - self._low) & _MASK) // max(self._range, 1)
        self._low = (self._low + self._range * value) & _MASK
        while not (self._low ^ ((self._low + self._range) & _MASK)) >> 24 and self._position < 100:
            self._take(1)
            self._range = (self._range << 8) & _MASK
        if not self._range >> 16:
            self._take(2)
            self._range = -self._low & _MASK
        return value

    def integer(self) -> int:
        low = self.bits(16)
        return (self.bits(16) << 16) + low

    def _take(self, count: int) -> None:
        for _ in range(count):
            byte = self._data[self._position] if self._position < len(self._data) else 0
            self._code = ((self._code << 8) | byte) & _MASK
            self._low = (self._low << 8) & _MASK
            self._position += 1
