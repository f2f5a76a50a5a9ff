# SPDX-License-Identifier: Apache-2.0
"""Read and write files wherever they are: on this computer, or at an address such as ``s3://takes/anna.bsor``.

Addresses are paths of universal-pathlib, which reads whatever fsspec reads (extra "ray"). Everything else in InPose
knows only local files, so a remote recording is fetched into a temporary folder, with the files that belong to it, and
a motion is stored from there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final, cast

from ..errors import InPoseError, OutputError, RecordingError
from ..options.reading import ReadOptions
from ..recording.companions import companions_of
from ..recording.tables.device_files import ListedFolders

_SIGN: Final[str] = "://"
_LOCAL: Final[str] = "file://"
_CHUNK_BYTES: Final[int] = 1 << 20


def place_of(text: str, folder: Path | None = None) -> Path:
    """Return the path of a local name or of an address.

    Args:
        text: a name, or an address with ``://``.
        folder: where local names count from.

    Raises:
        InPoseError: the packages for addresses are missing, or nobody knows this kind of address.
    """
    if text.startswith(_LOCAL):
        return Path(text.removeprefix(_LOCAL))
    if _SIGN not in text:
        return (folder or Path()) / text
    try:
        from upath import UPath  # noqa: PLC0415 (optional dependency)

        return cast("Path", UPath(text))
    except ImportError as error:
        raise InPoseError(
            f"The address {text} needs packages that are not installed ({error.name}).",
            'Install them: pip install "inpose[ray]", and for S3 also s3fs.',
        ) from error
    except ValueError as error:
        raise InPoseError(f"{text} is not an address that InPose can read: {error}.") from error


def is_remote(path: Path) -> bool:
    """Say whether a path is an address."""
    return not isinstance(path, Path) or type(path).__module__.startswith("upath")


def companions_at(recording: Path, options: ReadOptions, folders: ListedFolders | None = None) -> dict[str, Path]:
    """Return `companions_of` a recording, wherever it is.

    Raises:
        RecordingError: its folder is an address and cannot be listed.
    """
    try:
        return companions_of(recording, options, folders)
    except Exception as error:  # each kind of storage has its own
        if not is_remote(recording):
            raise
        raise RecordingError(f"The files beside {recording} cannot be listed: {error}.") from error


@contextmanager
def fetched(path: Path, beside: Iterable[Path] = ()) -> Iterator[Path]:
    """Yield a local file with the content of a path, for as long as the block lasts.

    Args:
        path: the file.
        beside: further files of the same folder; they lie beside the local file, under their names.

    Raises:
        RecordingError: a file cannot be fetched.
    """
    if not is_remote(path):
        yield path
        return
    with TemporaryDirectory(prefix="inpose-batch-") as folder:
        for file in (path, *beside):
            try:
                with file.open("rb") as source, Path(folder, file.name).open("wb") as copy:
                    _copy(source, copy)
            except Exception as error:  # each kind of storage has its own
                raise RecordingError(f"{file} cannot be fetched: {error}.") from error
        yield Path(folder, path.name)


@contextmanager
def stored(path: Path) -> Iterator[Path]:
    """Yield a local name to write; after the block, its file is stored under the path.

    Raises:
        OutputError: it cannot be stored.
    """
    if not is_remote(path):
        yield path
        return
    with TemporaryDirectory(prefix="inpose-batch-") as folder:
        local = Path(folder, path.name)
        yield local
        try:
            with local.open("rb") as source, path.open("wb") as copy:
                _copy(source, copy)
        except Exception as error:  # each kind of storage has its own
            raise OutputError(
                f"{path} cannot be stored: {error}.", "Check the address and your access rights."
            ) from error


def _copy(source: Any, target: Any) -> None:
    while chunk := source.read(_CHUNK_BYTES):
        target.write(chunk)
