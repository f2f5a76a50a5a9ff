# SPDX-License-Identifier: GPL-3.0-or-later
"""Unpack the Python packages that the full zip brings along, once, into the add-on's own folder. No bpy here.

The zip holds, for each version of Python, an index (``runtime/cp311.json``) and the archives that it names. They are
unpacked into a temporary folder that takes its final name when it is complete: what was interrupted never has that
name, and is done again. No pip, no network, no administrator; nothing goes where other add-ons look for packages.
"""

from __future__ import annotations

import atexit
import hashlib
import json
import os
import shutil
import sys
import threading
import time
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from ..errors import CancelledError, WorkerError

BUNDLE_FOLDER: Final[Path] = Path(__file__).resolve().parents[2] / "runtime"
"""Where the full zip has its archives."""

_COMPLETE: Final[str] = "inpose-runtime.json"
"""Written last into an unpacked runtime: the size of each of its files."""
_TEMPORARY: Final[str] = ".unpacking-"
_STALE_S: Final[float] = 3600.0
"""A temporary folder that nobody has touched for so long belongs to a Blender that was killed."""


@dataclass(frozen=True)
class Runtime:
    """Name the packages for one version of Python: the archives of the zip, and where they are unpacked."""

    python: tuple[int, int]
    archives: tuple[tuple[Path, str], ...]
    """Each archive with its SHA-256."""
    unpacked_bytes: int
    folder: Path

    @property
    def executable(self) -> str | None:
        """Return a Python of this version: Blender's own, or one on the search path; None if there is none."""
        if self.python == sys.version_info[:2]:
            return sys.executable
        from ..core import find_program

        return find_program(f"python{self.python[0]}.{self.python[1]}")

    @property
    def ready(self) -> bool:
        """Say whether it is unpacked as a whole."""
        return (self.folder / _COMPLETE).is_file()

    def damaged_files(self) -> list[str]:
        """Return the files that are missing or of another size than they were unpacked with."""
        sizes: dict[str, int] = json.loads((self.folder / _COMPLETE).read_text(encoding="utf-8"))
        return [name for name, size in sizes.items() if _size_of(self.folder / name) != size]


def bundled_runtimes(user_folder: Path, bundle_folder: Path = BUNDLE_FOLDER) -> tuple[Runtime, ...]:
    """Return the runtimes in this installation, Blender's own Python first; none in the small zip.

    Args:
        user_folder: where they are unpacked to.
        bundle_folder: where the indices and archives are.

    Raises:
        WorkerError: an index cannot be read.
    """
    runtimes = [_read_index(index, user_folder) for index in sorted(bundle_folder.glob("cp*.json"))]
    return tuple(sorted(runtimes, key=lambda runtime: runtime.python != sys.version_info[:2]))


def unpack(
    runtime: Runtime,
    on_progress: Callable[[float], None] = lambda _fraction: None,
    is_cancelled: Callable[[], bool] = lambda: False,
) -> None:
    """Unpack a runtime, unless it is ready, and take away what older versions of the add-on left.

    Raises:
        CancelledError: `is_cancelled` said so.
        WorkerError: an archive is damaged, the disk is full, or the folder cannot be written.
    """
    if runtime.ready:
        return
    parent = runtime.folder.parent
    temporary = parent / f"{_TEMPORARY}{runtime.folder.name}-{os.getpid()}-{time.monotonic_ns()}"
    try:
        parent.mkdir(parents=True, exist_ok=True)
        _remove_stale(parent)
        _require_space(parent, runtime.unpacked_bytes)
        temporary.mkdir()
        _extract_all(runtime, temporary, on_progress, is_cancelled)
        _take_final_name(temporary, runtime)
    except (OSError, zipfile.BadZipFile) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise WorkerError(
            f"The solver's packages cannot be unpacked into {parent} ({reason}).",
            f"They need {runtime.unpacked_bytes / 1e9:.1f} GB there. If there is enough space, install the "
            "add-on again.",
        ) from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    _remove_other_runtimes(runtime)


class Unpacking:
    """Unpack in a thread of its own, so that Blender can draw meanwhile."""

    def __init__(self, runtime: Runtime) -> None:
        self.fraction = 0.0
        self.error: WorkerError | CancelledError | None = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(runtime,), daemon=True)
        self._thread.start()

    @property
    def done(self) -> bool:
        """Say whether it has ended, well or not."""
        return not self._thread.is_alive()

    def wait(self) -> None:
        """Wait for the end."""
        self._thread.join()

    def stop(self) -> None:
        """End it before its time and wait for that; what was written is removed."""
        self._stop.set()
        self._thread.join(10.0)

    def _run(self, runtime: Runtime) -> None:
        try:
            unpack(runtime, self._on_progress, self._stop.is_set)
        except (WorkerError, CancelledError) as error:
            self.error = error

    def _on_progress(self, fraction: float) -> None:
        self.fraction = fraction


_running: dict[Path, Unpacking] = {}


def start_unpacking(runtime: Runtime) -> Unpacking:
    """Return the unpacking of this runtime that is under way, or a new one."""
    running = _running.get(runtime.folder)
    if running is None or (running.done and not runtime.ready):
        running = _running[runtime.folder] = Unpacking(runtime)
    return running


def stop_unpacking() -> None:
    """End whatever is being unpacked: when the add-on is disabled and when Blender quits."""
    while _running:
        _running.popitem()[1].stop()


atexit.register(stop_unpacking)


def remove(runtime: Runtime) -> None:
    """Take an unpacked runtime away, a damaged one before it is unpacked again.

    Raises:
        WorkerError: it is in use.
    """
    aside = runtime.folder.with_name(f"{_TEMPORARY}{runtime.folder.name}-{time.monotonic_ns()}")
    try:
        runtime.folder.rename(aside)  # all or nothing: Windows refuses while a library in it is loaded
    except FileNotFoundError:
        return
    except OSError as error:
        raise WorkerError(
            f"The solver's packages in {runtime.folder} are in use ({error.strerror}).", "Close other Blenders."
        ) from error
    shutil.rmtree(aside, ignore_errors=True)


def _read_index(path: Path, user_folder: Path) -> Runtime:
    try:
        index: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        archives = tuple((path.parent / entry["file"], str(entry["sha256"])) for entry in index["archives"])
        digest = hashlib.sha256("".join(sha256 for _, sha256 in archives).encode()).hexdigest()[:10]
        major, minor = index["python"]
        return Runtime((major, minor), archives, int(index["unpacked_bytes"]), user_folder / f"{path.stem}-{digest}")
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise WorkerError(f"The add-on's file {path.name} is damaged.", "Install the add-on again.") from error


def _extract_all(
    runtime: Runtime, folder: Path, on_progress: Callable[[float], None], is_cancelled: Callable[[], bool]
) -> None:
    sizes: dict[str, int] = {}
    done = 0
    for archive, sha256 in runtime.archives:
        _check(archive, sha256)
        with zipfile.ZipFile(archive) as opened:
            for member in opened.infolist():
                if is_cancelled():
                    raise CancelledError
                if not member.is_dir():
                    target = Path(opened.extract(member, folder))  # stays below the folder whatever the name says
                    target.chmod(target.stat().st_mode | (member.external_attr >> 16 & 0o111))
                    sizes[target.relative_to(folder).as_posix()] = member.file_size
                    done += member.file_size
                    on_progress(min(done / max(runtime.unpacked_bytes, 1), 1.0))
    (folder / _COMPLETE).write_text(json.dumps(sizes), encoding="utf-8")


def _check(archive: Path, sha256: str) -> None:
    with archive.open("rb") as file:
        if hashlib.file_digest(file, "sha256").hexdigest() != sha256:
            raise zipfile.BadZipFile(f"{archive.name} is damaged")


def _take_final_name(temporary: Path, runtime: Runtime) -> None:
    """Rename; if another Blender was faster, its folder is as good."""
    try:
        temporary.rename(runtime.folder)
    except OSError:
        if not runtime.ready:
            raise


def _require_space(folder: Path, wanted_bytes: int) -> None:
    if shutil.disk_usage(folder).free < wanted_bytes:
        raise OSError(28, "no space left on the disk")


def _remove_stale(parent: Path) -> None:
    for folder in parent.glob(f"{_TEMPORARY}*"):
        if time.time() - folder.stat().st_mtime > _STALE_S:
            shutil.rmtree(folder, ignore_errors=True)


def _remove_other_runtimes(runtime: Runtime) -> None:
    """Remove runtimes of the same Python that another version of the add-on unpacked."""
    tag = runtime.folder.name.partition("-")[0]
    for folder in runtime.folder.parent.glob(f"{tag}-*"):
        if folder != runtime.folder:
            shutil.rmtree(folder, ignore_errors=True)


def _size_of(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return -1
