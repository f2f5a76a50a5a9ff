# SPDX-License-Identifier: Apache-2.0
"""Read jobs from a TOML or JSON file.

A jobs file has ``options`` for all jobs, and a list of ``jobs``. A job names ``recordings`` (a file, a folder or a
pattern such as ``anna/*.bsor``), its ``output`` (a folder, or a file for one recording), and optionally a ``skeleton``,
a ``format`` (npz, bvh or vrma) and ``options`` of its own. Options have the names of the command line, without dashes
before them. What the command line gives replaces the options for all jobs; a job's own stay. Paths count from the
folder of the jobs file; addresses with ``://`` (s3, gs, ...) are possible for
recordings and outputs.
"""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from ..errors import InPoseError
from ..motion_files.saving import MOTION_SUFFIXES
from ..options.calibration import CalibrationSettings
from ..options.option import Option
from ..options.reading import ReadOptions, names_columns_file
from ..options.request import near_names
from ..options.solve import SolveSettings
from ..options.table import OptionTable, options_of
from ..recording.folders import LEDGER_NAME
from ..system.safe_files import parse_json, read_bytes
from .choosing import jobs_for
from .jobs import Job
from .ledger import Ledger
from .places import place_of

_TABLES: Final[tuple[tuple[str, type[OptionTable]], ...]] = (
    ("reading", ReadOptions),
    ("calibration", CalibrationSettings),
    ("solve", SolveSettings),
)
_JOB_KEYS: Final[tuple[str, ...]] = ("recordings", "output", "skeleton", "format", "options")
_FILE_KEYS: Final[tuple[str, ...]] = ("options", "jobs")
_LARGEST_FILE_BYTES: Final[int] = 32 * 2**20
_COLUMNS: Final[str] = "columns"
"""The option that names a file, or says itself what the file would."""


@dataclass(frozen=True)
class ForAllJobs:
    """Hold what counts for each job of a file that does not say it itself."""

    options: Mapping[str, Any] = field(default_factory=dict)
    """Values by the names of their fields, of any of the three option tables."""
    skeleton: Path | None = None
    format: str = "npz"


def read_jobs(path: Path, given: ForAllJobs = ForAllJobs(), ledger_folder: Path | None = None) -> tuple[Job, ...]:
    """Return the jobs of a file.

    Args:
        path: the file.
        given: what the command line says.
        ledger_folder: where the batch keeps its ledger; by default, beside the file.

    Raises:
        InPoseError: the file cannot be read, a key or an option is unknown, or a value does not fit.
    """
    document = _document(path)
    _require_keys(document, _FILE_KEYS, f"key in {path.name}")
    folder = path.absolute().parent
    common = replace(given, options=_settings(document.get("options", {}), folder) | dict(given.options))
    entries = document.get("jobs")
    if not isinstance(entries, list) or not entries or not all(isinstance(entry, Mapping) for entry in entries):
        raise InPoseError(f"{path.name} has no list of jobs.", 'Write [[jobs]] and recordings = "takes/*.bsor".')
    # The batch may have kept its ledger beside the file at another time.
    ledgers = (Ledger(place / LEDGER_NAME) for place in {folder, ledger_folder or folder})
    written = {Path(done.output) for ledger in ledgers for done in ledger.read().values()}
    return tuple(job for entry in entries for job in _jobs_of(entry, common, folder, written))


def _jobs_of(entry: Mapping[str, Any], common: ForAllJobs, folder: Path, written: Collection[Path]) -> Iterator[Job]:
    _require_keys(entry, _JOB_KEYS, "key of a job")
    given = entry.get("recordings")
    names = [given] if isinstance(given, str) else given
    output = entry.get("output")
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names) or not isinstance(output, str):
        raise InPoseError("A job has no recordings or no output.", 'Write recordings = "..." and output = "...".')
    suffix = f".{entry.get('format', common.format)}"
    if suffix not in MOTION_SUFFIXES:
        raise InPoseError(f'A job has the format "{suffix[1:][:40]}".', "Choose npz, bvh or vrma.")
    settings = dict(common.options) | _settings(entry.get("options", {}), folder)
    skeleton = folder / str(entry["skeleton"]) if "skeleton" in entry else common.skeleton
    tables = {name: _table(table, settings) for name, table in _TABLES}
    template = Job(Path(), Path(), skeleton, **tables)
    target = place_of(output, folder)
    jobs = jobs_for([place_of(name, folder) for name in names], target, template, suffix, written)
    if target.suffix.lower() in MOTION_SUFFIXES:
        if len(jobs) > 1:
            raise InPoseError(f"{len(jobs)} recordings would be written to the one file {output}.", "Name a folder.")
        jobs = tuple(replace(job, output=target) for job in jobs)
    yield from jobs


def _document(path: Path) -> Mapping[str, Any]:
    try:
        data = read_bytes(path, _LARGEST_FILE_BYTES)
        document = parse_json(data) if path.suffix.lower() == ".json" else tomllib.loads(data.decode("utf-8-sig"))
    except OSError as error:
        raise InPoseError(f"The jobs file {path} cannot be read ({error.strerror or error}).") from error
    except (ValueError, RecursionError) as error:
        raise InPoseError(
            f"{path.name} is not a jobs file: {error}.", "Write TOML, or JSON in a .json file."
        ) from error
    if not isinstance(document, Mapping):
        raise InPoseError(f"{path.name} is not a jobs file.", "Write options and a list of jobs.")
    return document


def _settings(values: object, folder: Path) -> dict[str, Any]:
    """Return options by the names of their fields, whatever form of the name was written; paths count from a folder."""
    if not isinstance(values, Mapping):
        raise InPoseError("The options are not a table.", "Write name = value, such as performer-height = 1.75.")
    names = {name: option.name for _, table in _TABLES for option in options_of(table) for name in _names_of(option)}
    unknown = [key for key in values if _plain(key) not in names]
    if unknown:
        raise InPoseError(f'There is no option "{unknown[0][:40]}".', near_names(_plain(unknown[0]), tuple(names)))
    given = {names[_plain(key)]: value for key, value in values.items()}
    return {name: _from_folder(name, value, folder) for name, value in given.items()}


def _names_of(option: Option) -> set[str]:
    return {_plain(name) for name in (option.name, option.flag, *option.old_flags)}


def _from_folder(name: str, value: Any, folder: Path) -> Any:
    paths = {option.name for _, table in _TABLES for option in options_of(table) if option.kind == "path"}
    if name in paths and isinstance(value, str):
        return folder / value
    if name == _COLUMNS and isinstance(value, str) and names_columns_file(value):
        return str(folder / value.strip())
    return value


def _table(table: type[OptionTable], settings: Mapping[str, Any]) -> Any:
    return table(**{option.name: settings[option.name] for option in options_of(table) if option.name in settings})


def _require_keys(values: Mapping[str, Any], known: tuple[str, ...], what: str) -> None:
    for key in values:
        if key not in known:
            raise InPoseError(f'There is no {what} "{key[:40]}".', near_names(key, known))


def _plain(name: str) -> str:
    return name.strip().lower().replace("-", "_")
