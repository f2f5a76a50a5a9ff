# SPDX-License-Identifier: Apache-2.0
"""Hash everything that the result of a job depends on, to know whether the job is done already."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from .. import __version__
from ..calibration.hand_weights import HAND_FINDER_WEIGHTS
from ..errors import RecordingError
from ..options.request import settings_to_json
from ..prior.checkpoint import DEFAULT_WEIGHTS
from ..recording.tables.device_files import ListedFolders
from ..sampling.stance_evidence import EVIDENCE_WEIGHTS
from ..system.safe_files import open_file, sha256_of
from .jobs import Job
from .places import companions_at, is_remote


def fingerprint_of_solver() -> str:
    """Return the hash of the inputs that all jobs share: InPose's version and its networks.

    Raises:
        RecordingError: a file cannot be read.
    """
    networks = (DEFAULT_WEIGHTS, HAND_FINDER_WEIGHTS, EVIDENCE_WEIGHTS)
    return "".join((__version__, *map(hash_of_file, networks)))


def fingerprint_of(job: Job, solver: str, folders: ListedFolders | None = None) -> str:
    """Return the hash of a job's inputs: every file that its solve reads, the options and the solver.

    Args:
        job: its files are read.
        solver: of `fingerprint_of_solver`.
        folders: for the jobs of one batch the same: so each folder is listed once.

    Raises:
        RecordingError: a file cannot be read.
    """
    named = {
        "skeleton": job.skeleton,
        "columns": job.reading.columns_file,
        "calibration": job.calibration.calibration_file,
        "pins": job.solve.pins_file,
        "edits": job.solve.edits_file,
    }
    beside = companions_at(job.recording, job.reading, folders)
    files = {"recording": job.recording, **beside, **{what: file for what, file in named.items() if file}}
    parts = {
        "solver": solver,
        "files": {what: hash_of_file(file) for what, file in files.items()},
        "options": [settings_to_json(table) for table in (job.reading, job.calibration, job.solve)],
        "ending": job.output.suffix.lower(),
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def hash_of_file(path: Path) -> str:
    """Return the SHA-256 of a file's content.

    Raises:
        RecordingError: it cannot be read.
    """
    try:
        with path.open("rb") if is_remote(path) else open_file(path) as file:
            return sha256_of(file)
    except Exception as error:
        if not is_remote(path) and not isinstance(error, OSError | ValueError):
            raise  # storages have errors of their own, files have not
        raise RecordingError(f"{path} cannot be read ({getattr(error, 'strerror', None) or error}).") from error
