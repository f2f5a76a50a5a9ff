# SPDX-License-Identifier: GPL-3.0-or-later
"""Save a copy of the open file, and check that it can be read again.

If the disk becomes full in about the last megabyte, Blender (4.2 to 5.2) reports success, but leaves an incomplete
compressed file: it does not check whether the last frames were written. A compressed .blend consists of Zstandard
frames (RFC 8878) and a table of their sizes (the seekable format of Zstandard's contrib folder). So the headers of the
frames show whether a byte is missing, without a decompressor, which not every Blender has. Then Blender itself reads
the index of the file, which needs the last block.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Sequence
from pathlib import Path
from struct import Struct
from struct import error as struct_error
from typing import BinaryIO, Final

import bpy

from .core import atomic_output, output_error

_FRAME_MAGIC: Final[bytes] = b"\x28\xb5\x2f\xfd"
_TABLE_MAGIC: Final[bytes] = b"\x5e\x2a\x4d\x18"
_FOOTER: Final[Struct] = Struct("<IB4s")
_FOOTER_MAGIC: Final[bytes] = b"\xb1\xea\x92\x8f"
_TABLE_HEADER: Final[Struct] = Struct("<4sI")
_ENTRY: Final[Struct] = Struct("<II")
_RUN_OF_ONE_BYTE: Final[int] = 1
_RESERVED: Final[int] = 3
_DICTIONARY_BYTES: Final[tuple[int, ...]] = (0, 1, 2, 4)
_CONTENT_SIZE_BYTES: Final[tuple[int, ...]] = (0, 2, 4, 8)


def save_blend_copy(output: Path, actions: Sequence[str]) -> None:
    """Save a compressed copy of the open file; it takes its name only when it is whole and holds these actions.

    Raises:
        OutputError: the disk is full, the folder is not writable, or the file cannot be read again completely.
    """

    def find_fault(temporary: Path) -> str:
        return _missing_frames(temporary) or _missing_names(temporary, actions)

    try:
        output.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise output_error(output, error) from error
    with atomic_output(output, find_fault) as temporary:
        # Blender itself writes under a name with this at the end, and would keep a backup of an existing file.
        half = temporary.with_name(f"{temporary.name}@")
        try:
            bpy.ops.wm.save_as_mainfile(filepath=str(temporary), copy=True, compress=True)
        except RuntimeError as error:
            raise _as_os_error(error) from error
        finally:
            half.unlink(missing_ok=True)


def _as_os_error(error: RuntimeError) -> OSError:
    """Blender passes on the message of the operating system."""
    said = str(error).strip().removeprefix("Error: ")
    for code in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        if os.strerror(code) in said:
            return OSError(code, said)
    return OSError(errno.EACCES, said)


def _missing_names(path: Path, actions: Sequence[str]) -> str:
    scenes = [scene.name for scene in bpy.data.scenes if scene.library is None]
    try:
        with bpy.data.libraries.load(str(path)) as (found, _):
            missing = [*set(actions).difference(found.actions), *set(scenes).difference(found.scenes)]
    except OSError as error:
        return f"Blender cannot read it again: {error}"
    return f"it contains no {', '.join(missing)}" if missing else ""


def _missing_frames(path: Path) -> str:
    """Return what is missing in a compressed .blend; empty if its frames fill it to the end, as its table says."""
    with path.open("rb") as file:
        try:
            sizes = _frame_sizes(file)
            file.seek(0)
            for packed, unpacked in sizes:
                _check_frame(file.read(packed), unpacked)
        except (ValueError, IndexError, struct_error) as error:
            return f"it ends early or is damaged: {error}"
    return ""


def _frame_sizes(file: BinaryIO) -> list[tuple[int, int]]:
    """Return the packed and unpacked size of each frame from the table at the end of the file."""
    length = file.seek(0, os.SEEK_END)
    file.seek(max(length - _FOOTER.size, 0))
    count, descriptor, magic = _FOOTER.unpack(file.read())
    table_bytes = count * _ENTRY.size + _FOOTER.size
    begin = length - table_bytes - _TABLE_HEADER.size
    if magic != _FOOTER_MAGIC or descriptor or count == 0 or begin < 0:
        raise ValueError("no table of frames")
    file.seek(begin)
    if _TABLE_HEADER.unpack(file.read(_TABLE_HEADER.size)) != (_TABLE_MAGIC, table_bytes):
        raise ValueError("no table of frames")
    sizes = list(_ENTRY.iter_unpack(file.read(count * _ENTRY.size)))
    if sum(packed for packed, _ in sizes) != begin:
        raise ValueError("the frames are not as long as the table says")
    return sizes


def _check_frame(frame: bytes, unpacked_bytes: int) -> None:
    """Check that the blocks of a frame end where the frame ends.

    Raises:
        ValueError: they do not, or the headers are invalid.
    """
    if frame[:4] != _FRAME_MAGIC:
        raise ValueError("a frame begins with unknown data")
    descriptor = frame[4]
    single_segment = descriptor >> 5 & 1
    place = 5 + (1 - single_segment) + _DICTIONARY_BYTES[descriptor & 3]
    size_bytes = _CONTENT_SIZE_BYTES[descriptor >> 6] or single_segment
    if size_bytes:
        said = int.from_bytes(frame[place : place + size_bytes], "little") + (256 if size_bytes == 2 else 0)
        if said != unpacked_bytes:
            raise ValueError("a frame contains less than the table says")
    place += size_bytes
    last = False
    while not last:
        header = frame[place] | frame[place + 1] << 8 | frame[place + 2] << 16
        last, kind = bool(header & 1), header >> 1 & 3
        if kind == _RESERVED:
            raise ValueError("a block of an unknown kind")
        place += 3 + (1 if kind == _RUN_OF_ONE_BYTE else header >> 3)
    if place + (4 if descriptor & 4 else 0) != len(frame):
        raise ValueError("a frame ends early")
