# SPDX-License-Identifier: Apache-2.0
"""Make the content of ``.npz`` files, which numpy and other tools read as their own.

The digits of captured motion are noise, which no compression shortens: numpy's own ``savez_compressed`` spends
seven times as long on them as this, for files that are 7 % smaller. What is worth compressing are runs of zeros, such
as the fingers of AMASS's poses.
"""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterator, Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike

_SAMPLE_BYTES: Final[int] = 1 << 16
_WORTH: Final[float] = 0.8
"""An array is compressed if this makes its beginning shorter than this share."""
_STORED, _DEFLATED = 0, 8
_VERSION: Final[int] = 20
_FIRST_DAY: Final[int] = 0x21
"""1 January 1980 as DOS wrote it: the same motion gives the same file."""
_numpy_format: Final[Any] = np.lib.format
"""Its functions carry no types."""


def npz_parts(arrays: Mapping[str, ArrayLike]) -> Iterator[bytes | memoryview]:
    """Yield the content of an ``.npz`` archive of these arrays, of up to 4 GiB, in parts."""
    directory = b""
    offset = count = 0
    for name, array in arrays.items():
        method, checksum, size, content = _packed(np.asarray(array))
        file_name = f"{name}.npy".encode("ascii")
        about = struct.pack(
            "<5H3L2H", _VERSION, 0, method, 0, _FIRST_DAY, checksum, sum(map(len, content)), size, len(file_name), 0
        )
        header = b"PK\3\4" + about + file_name
        yield header
        yield from content
        directory += b"PK\1\2" + struct.pack("<H", _VERSION) + about + struct.pack("<3H2L", 0, 0, 0, 0, offset)
        directory += file_name
        offset += len(header) + sum(map(len, content))
        count += 1
    yield directory
    yield b"PK\5\6" + struct.pack("<4H2LH", 0, 0, count, count, len(directory), offset, 0)


def _packed(array: np.ndarray[Any, Any]) -> tuple[int, int, int, list[bytes | memoryview]]:
    """Return how an array is stored, the checksum and the size of what is stored, and the stored parts."""
    stream = io.BytesIO()
    _numpy_format.write_array_header_1_0(stream, _numpy_format.header_data_from_array_1_0(array))
    header = stream.getvalue()
    columns_first = array.flags.f_contiguous and not array.flags.c_contiguous
    data = (array.T if columns_first else array).ravel().view(np.uint8).data
    checksum, size = zlib.crc32(data, zlib.crc32(header)), len(header) + len(data)
    sample = data[:_SAMPLE_BYTES]
    if len(_deflated(sample)) >= _WORTH * len(sample):
        return _STORED, checksum, size, [header, data]
    return _DEFLATED, checksum, size, [_deflated(header, data)]


def _deflated(*parts: bytes | memoryview) -> bytes:
    deflate = zlib.compressobj(1, zlib.DEFLATED, -zlib.MAX_WBITS, zlib.DEF_MEM_LEVEL, zlib.Z_RLE)
    return b"".join((*map(deflate.compress, parts), deflate.flush()))
