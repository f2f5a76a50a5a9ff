# SPDX-License-Identifier: Apache-2.0
"""Write every output completely or not at all: write a temporary file, read it again, and only then rename it.

A write that seems to succeed may have failed: a full disk shows in the last write, in the close, or only in the sync,
and some libraries ignore the error. So the new file is read again and checked before it replaces a good file. Standard
library only: the add-on imports this when Blender starts.
"""

from __future__ import annotations

import errno
import hashlib
import os
import platform
import secrets
import shutil
import time
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from ..errors import OutputError
from .held_files import once_free, windows_error

_FULL: Final[frozenset[int]] = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_NEARLY_FULL_BYTES: Final[int] = 1 << 16
"""If the new file is incomplete and the disk has less free space than this, the disk was full."""
_NO_SUCH_PATH: Final[frozenset[int]] = frozenset({3, 206})
"""Windows' errors for a path that does not exist or is too long; it does not always tell which."""
_LONGEST_PATH: Final[int] = 225
"""Windows allows 259 characters, and the name of the temporary file beside the output is up to 30 longer."""
_LEFT_S: Final[float] = 3600.0
"""A temporary file that has not grown for this time belongs to a dead process. Another machine may still be writing a
younger one."""


def write_output(path: Path, parts: Iterable[bytes | memoryview]) -> None:
    """Write a file of some parts, one after another; an older file of this name is replaced whole, or stays as it was.

    Raises:
        OutputError: the folder is missing or not writable, or the disk is full.
    """
    meant = hashlib.sha256()

    def find_fault(temporary: Path) -> str:
        with temporary.open("rb") as file:
            same = hashlib.file_digest(file, "sha256").digest() == meant.digest()
        return "" if same else "the file does not contain what was written"

    with atomic_output(path, find_fault) as temporary, temporary.open("xb") as file:
        for part in parts:
            meant.update(part)
            file.write(part)


@contextmanager
def atomic_output(path: Path, find_fault: Callable[[Path], str]) -> Iterator[Path]:
    """Yield a temporary name beside ``path``. The file that the block writes there replaces ``path`` at the end.

    Args:
        path: the output.
        find_fault: reads the new file from the disk, and returns what is wrong with it; empty if it is good. A fault
            is blamed on the disk. For one that is not the disk's, raise an `OutputError`.

    Raises:
        OutputError: the folder is missing or not writable, the disk is full, or the new file has a fault. The older
            file of this name is then as it was, and nothing else is left.
    """
    path = Path(path)
    begin = f".{path.stem[:40]}-inpose-"
    temporary = path.with_name(f"{begin}{_writer()}-{secrets.token_hex(4)}{path.suffix}")
    _remove_leftovers(path.parent, begin)
    try:
        yield temporary
        _force_to_disk(temporary)
        if fault := find_fault(temporary):
            raise OSError(errno.ENOSPC, "") if _is_nearly_full(path.parent) else OSError(errno.EIO, fault)
        once_free(lambda: temporary.replace(path))
        _force_folder_to_disk(path.parent)
    except OSError as error:
        raise output_error(path, error) from error
    finally:
        with suppress(OSError):  # the folder may be gone, or have been none
            once_free(lambda: temporary.unlink(missing_ok=True))


def append_line(path: Path, line: str) -> None:
    """Add a line to a log completely or not at all. If a killed process left half a line, end that line first.

    Raises:
        OutputError: the file cannot be written.
    """
    try:
        with path.open("ab+", buffering=0) as file:
            end = file.seek(0, os.SEEK_END)
            file.seek(max(end - 1, 0))
            text = (b"" if file.read(1) in (b"", b"\n") else b"\n") + line.encode() + b"\n"
            written = 0
            try:
                while written < len(text):
                    written += file.write(text[written:])
            except OSError:
                file.truncate(end)
                raise
    except OSError as error:
        raise output_error(path, error) from error


def fault_of_zip(path: Path) -> str:
    """Return what is wrong with a zip archive (.npz and .pt files are such archives): read every member and compare its
    checksum."""
    try:
        with zipfile.ZipFile(path) as archive:
            damaged = archive.testzip()
    except (zipfile.BadZipFile, zlib.error, EOFError) as error:
        return f"it is not a complete archive: {error}"
    return "" if damaged is None else f"{damaged} in it is damaged"


def make_folder(folder: Path) -> None:
    """Make a folder for outputs, and the folders above it, unless it is there.

    Raises:
        OutputError: it cannot be made, or a file has its name.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(
            f"The folder {folder} cannot be made ({error.strerror or error}).", "Choose another one."
        ) from error


def output_error(path: Path, error: OSError) -> OutputError:
    """Return the error for the user after a failed write."""
    if error.errno in _FULL:
        return OutputError(
            f"{path} cannot be written: the disk is full.",
            "Free some space and try again. If the file existed before, it has not changed.",
        )
    if windows_error(error) in _NO_SUCH_PATH and len(str(path.absolute())) > _LONGEST_PATH:
        return OutputError(f"{path} cannot be written: Windows allows no path so long.", "Choose a shorter one.")
    hint = "Try another disk." if error.errno == errno.EIO else "Choose another folder."
    return OutputError(f"{path} cannot be written ({error.strerror or error}).", hint)


def _writer(process: int | None = None) -> str:
    """Return the name of a process on this computer, as temporary files have it; by default of this process."""
    computer = hashlib.sha256(platform.node().encode()).hexdigest()[:6]
    return f"{computer}-{process or os.getpid():x}"


def _remove_leftovers(folder: Path, begin: str) -> None:
    """Remove the temporary files of this output that killed processes have left."""
    with suppress(OSError):
        for entry in folder.iterdir():
            if entry.name.startswith(begin) and (_is_old(entry) or _has_lost_its_writer(entry.name[len(begin) :])):
                entry.unlink()


def _is_old(entry: Path) -> bool:
    return time.time() - entry.stat().st_mtime > _LEFT_S


def _has_lost_its_writer(name: str) -> bool:
    """Say whether a file is of a process of this computer that runs no more; of others nobody knows."""
    computer, _, rest = name.partition("-")
    number = rest.partition("-")[0]
    if os.name != "posix" or not number or set(number) - set("0123456789abcdef"):
        return False
    process = int(number, 16)
    if f"{computer}-{number}" != _writer(process):
        return False
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return True
    except (OSError, OverflowError):
        return False
    return False


def _force_to_disk(path: Path) -> None:
    """Wait until the file is on the disk: some file systems report only then that they are full."""
    with once_free(lambda: path.open("r+b")) as file:
        os.fsync(file.fileno())


def _force_folder_to_disk(folder: Path) -> None:
    """Let the new name survive a power cut, if the folder can be synchronised. Windows and SMB cannot do this."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _is_nearly_full(folder: Path) -> bool:
    with suppress(OSError):
        return shutil.disk_usage(folder).free < _NEARLY_FULL_BYTES
    return False
