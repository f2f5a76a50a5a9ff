# SPDX-License-Identifier: Apache-2.0
"""Read untrusted files (bytes, JSON and numpy archives), with fixed limits for size and memory.

A file that must not be read raises an `OSError` with the reason in ``strerror``; content that makes no sense raises a
`ValueError`. The callers add the name of the file and the advice.
"""

from __future__ import annotations

import errno
import hashlib
import io
import json
import math
import os
import stat
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from .held_files import once_free

if TYPE_CHECKING:
    import zipfile

_LONGEST_INTEGER: Final[int] = 18
"""Digits; Python turns longer ones into numbers that no float holds."""
_PARSED_BYTES: Final[dict[bytes, int]] = {b"[": 96, b"{": 240, b",": 40, b'"': 32}
"""What Python needs, at most, for a list, an object, an item and half a string of JSON."""
_CHUNK_BYTES: Final[int] = 1 << 20
_LARGEST_PARSED_BYTES: Final[int] = 700 * 2**20
_numpy_format: Final[Any] = np.lib.format
"""Its functions carry no types."""
_MOST_ARRAYS: Final[int] = 64
_LONGEST_HEADER: Final[int] = 10_000
_MOST_TRIES: Final[int] = 5
_NEXT_TRY_S: Final[float] = 0.002
Parsed = TypeVar("Parsed")


def read_bytes(path: Path, most: int) -> bytes:
    """Return an ordinary file's content.

    Raises:
        OSError: it cannot be read, is a folder, a pipe or a device, is larger than ``most`` bytes, or grows meanwhile.
        ValueError: the path is not usable.
    """
    with open_file(path) as file:
        size = os.fstat(file.fileno()).st_size
        if size > most:
            raise OSError(errno.EFBIG, f"it is larger than {_in_words(most)}")
        data = file.read(size + 1)
    if len(data) > size:
        raise OSError(errno.EBUSY, "it is still being written")
    return data


def open_file(path: Path) -> IO[bytes]:
    """Open an ordinary file for reading.

    Raises:
        OSError: it cannot be read, is a folder, a pipe or a device.
        ValueError: the path is not usable.
    """
    # A pipe without a writer would block the opening itself.
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    try:
        handle = once_free(lambda: os.open(path, flags))
    except PermissionError as error:
        if path.is_dir():  # Windows opens no folder at all
            raise IsADirectoryError(errno.EISDIR, "it is a folder") from error
        raise
    mode = os.fstat(handle).st_mode
    if stat.S_ISREG(mode):
        return os.fdopen(handle, "rb")
    os.close(handle)
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, "it is a folder")
    raise OSError(errno.EINVAL, "it is a pipe or a device, not a file")


def sha256_of(file: IO[bytes]) -> str:
    """Return the SHA-256 of an open file's rest, in hexadecimal digits."""
    found = hashlib.sha256()
    while chunk := file.read(_CHUNK_BYTES):
        found.update(chunk)
    return found.hexdigest()


def read_json(path: Path, most: int) -> Any:
    """Return a JSON file's content; see `parse_json`.

    Raises:
        OSError: as in `read_bytes`.
        ValueError: it is not JSON, or too large.
    """
    return parse_json(read_bytes(path, most))


def parse_json(data: bytes) -> Any:
    """Return the content of a JSON text. Integers with more digits than a float has become floats.

    Raises:
        ValueError: it is not JSON, is nested too deeply, or would need far more memory than any file of ours.
    """
    if sum(size * data.count(sign) for sign, size in _PARSED_BYTES.items()) > _LARGEST_PARSED_BYTES:
        raise ValueError("it holds too many values")
    try:
        return json.loads(data, parse_int=_integer)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


def finite_number(value: Any) -> float:
    """Return a JSON value as a float.

    Raises:
        ValueError: it is not a number, or not finite.
    """
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError("a number is missing")
    return float(value)


def numbers(array: NDArray[Any]) -> NDArray[np.float64]:
    """Return an array of numbers, of any shape (...,), as floats.

    Raises:
        ValueError: it holds text.
    """
    if array.dtype.kind not in "biuf":
        raise ValueError("text where numbers should be")
    with np.errstate(invalid="ignore", over="ignore"):  # signalling NaNs, and long doubles beyond any float
        return array.astype(np.float64)


def one_number(array: NDArray[Any]) -> float:
    """Return the number of an array that holds one.

    Raises:
        ValueError: it holds several, or text, or one that is not finite.
    """
    if array.size != 1:
        raise ValueError(f"{array.size} numbers instead of one")
    return finite_number(float(numbers(array).reshape(-1)[0]))


def array_shapes(source: Path | bytes, most_bytes: int) -> dict[str, tuple[int, ...]]:
    """Return the names and shapes of an ``.npz`` archive's arrays, none of which is read.

    Raises:
        OSError: the file cannot be read.
        ValueError: it is not an archive of arrays, or an array is larger than what holds it or than ``most_bytes``.
    """
    with _archive(source) as archive:
        return {name: _checked(archive, member, most_bytes).shape for name, member in _members(archive).items()}


def read_arrays(
    source: Path | bytes, names: Sequence[str], optional: Sequence[str] = (), *, most_bytes: int
) -> dict[str, NDArray[Any]]:
    """Return arrays of numbers or text from an ``.npz`` archive.

    Args:
        source: the file or its content.
        names: the arrays that must be there.
        optional: those that may be.
        most_bytes: the most that one of them may take.

    Raises:
        OSError: the file cannot be read.
        ValueError: an array is missing, damaged, larger than what holds it or than ``most_bytes``, or holds objects.
    """
    arrays: dict[str, NDArray[Any]] = {}
    with _archive(source) as archive:
        members = _members(archive)
        for name in (*names, *optional):
            if name in members:
                _checked(archive, members[name], most_bytes)
                arrays[name] = _parsed(
                    archive, members[name], lambda file: _numpy_format.read_array(file, allow_pickle=False)
                )
            elif name in names:
                raise ValueError(f"it has no {name}")
    return arrays


@contextmanager
def _archive(source: Path | bytes) -> Iterator[zipfile.ZipFile]:
    """Open a ZIP archive for a while; whatever makes no sense in it is a ValueError."""
    import zipfile  # noqa: PLC0415 (Blender's start should not wait for it)

    try:
        with (
            io.BytesIO(source) if isinstance(source, bytes) else open_file(source) as stream,
            zipfile.ZipFile(stream) as archive,
        ):
            yield archive
    except (MemoryError, OSError, ValueError):
        raise
    except Exception as error:  # zipfile, its decompressors and numpy's parser of headers raise a dozen kinds
        raise ValueError(f"it is damaged: {error}"[:200]) from error


def _members(archive: zipfile.ZipFile) -> dict[str, zipfile.ZipInfo]:
    members = archive.infolist()
    if len(members) > _MOST_ARRAYS:
        raise ValueError("it holds too many arrays")
    return {member.filename.removesuffix(".npy"): member for member in members}


@dataclass(frozen=True)
class _Header:
    """Hold shape and type of an array; numpy makes room for what they say before it reads the array."""

    shape: tuple[int, ...]
    dtype: np.dtype[Any]

    @property
    def size(self) -> int:
        return math.prod(int(length) for length in self.shape) * self.dtype.itemsize


def _checked(archive: zipfile.ZipFile, member: zipfile.ZipInfo, most_bytes: int) -> _Header:
    header = _parsed(archive, member, _header)
    # numpy takes text of -1 characters for a type, too.
    if header.dtype.kind not in "biufSU" or min(header.dtype.itemsize, *header.shape, 0) < 0:
        raise ValueError("an array holds neither numbers nor text")
    if header.size > min(member.file_size, most_bytes):
        raise ValueError("an array is larger than its file, or larger than InPose allows")
    return header


def _header(file: IO[bytes]) -> _Header:
    newer = _numpy_format.read_magic(file) != (1, 0)
    read_header = _numpy_format.read_array_header_2_0 if newer else _numpy_format.read_array_header_1_0
    shape, _, dtype = read_header(file, max_header_size=_LONGEST_HEADER)
    return _Header(shape, dtype)


def _parsed(archive: zipfile.ZipFile, member: zipfile.ZipInfo, parse: Callable[[IO[bytes]], Parsed]) -> Parsed:
    """Parse a member, again if another thread was in the way.

    numpy parses headers as Python source. Python 3.11 counts the depth of such a parse for all threads together, and
    raises a SystemError if two of them parse at the same time.
    """
    for _ in range(_MOST_TRIES - 1):
        try:
            with archive.open(member) as file:
                return parse(file)
        except SystemError:
            time.sleep(_NEXT_TRY_S)
    with archive.open(member) as file:
        return parse(file)


def _integer(digits: str) -> int | float:
    return int(digits) if len(digits) <= _LONGEST_INTEGER else float(digits)


def _in_words(size: int) -> str:
    return f"{size >> 20} MB" if size >= 2**20 else f"{max(1, size >> 10)} kB"
