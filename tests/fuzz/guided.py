# SPDX-License-Identifier: Apache-2.0
"""Fuzz every reader guided by what code an input reaches, with atheris (libFuzzer); `fuzz` does without.

    python -m tests.fuzz.guided --seconds 600

The first byte of an input says which reader it is for. The inputs that reach something new are kept in ``--corpus`` for
the next time; what breaks a reader is kept in ``--findings``, and ends the run.
"""

from __future__ import annotations

import argparse
import hashlib
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path

import numpy as np

LONGEST_S = 30
"""Of real time, on a machine that may be busy; `fuzz` counts processor time."""
MOST_MEGABYTES = 1000
_INSTRUMENTED = (
    "recording",
    "motion_files",
    "body.motion",
    "body.skeleton",
    "calibration.storage",
    "system.safe_files",
)


def _fuzz(folder: Path, corpus: Path, findings: Path, seconds: int) -> None:
    """Hand this process over to libFuzzer, which ends it."""
    import atheris  # noqa: PLC0415 (only here, and not in every test environment)

    from inpose_core.errors import InPoseError  # noqa: PLC0415

    with atheris.instrument_imports(include=[f"inpose_core.{name}" for name in _INSTRUMENTED]):
        from tests.fuzz.corpus import make_corpus  # noqa: PLC0415
        from tests.fuzz.targets import TARGETS  # noqa: PLC0415
    from tests.fuzz.mutations import mutate  # noqa: PLC0415

    warnings.simplefilter("ignore")
    names = list(TARGETS)
    made = make_corpus()
    for name, inputs in made.items():
        for data in inputs:
            (corpus / hashlib.sha256(data).hexdigest()[:16]).write_bytes(bytes([names.index(name)]) + data)

    def read(data: bytes) -> None:
        reader, file_name = TARGETS[names[data[0] % len(names)]] if data else TARGETS["recording"]
        path = folder / file_name
        path.write_bytes(data[1:])
        try:
            reader(path)
        except InPoseError:
            return

    def change(data: bytes, most: int, seed: int) -> bytes:
        if not data or seed % 2:
            return atheris.Mutate(data, most)
        random = np.random.default_rng(seed)
        inputs = made[names[data[0] % len(names)]]
        return data[:1] + mutate(data[1:], inputs, random)[: most - 1]

    limits = [f"-max_total_time={seconds}", f"-timeout={LONGEST_S}", f"-rss_limit_mb={MOST_MEGABYTES}"]
    arguments = [sys.argv[0], *limits, "-max_len=400000", "-print_final_stats=1", f"-artifact_prefix={findings}/"]
    atheris.Setup([*arguments, str(corpus)], read, custom_mutator=change)
    atheris.Fuzz()


def _main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=600)
    parser.add_argument("--corpus", type=Path, default=Path("fuzz_corpus"))
    parser.add_argument("--findings", type=Path, default=Path("fuzz_findings"))
    parser.add_argument("--child", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    for folder in (options.corpus, options.findings):
        folder.mkdir(parents=True, exist_ok=True)
    if options.child is not None:
        _fuzz(options.child, options.corpus, options.findings, options.seconds)
        return 0
    # libFuzzer ends its process without a word to Python: what is to be removed is removed here.
    with tempfile.TemporaryDirectory() as temporary:
        command = [sys.executable, "-m", "tests.fuzz.guided", *sys.argv[1:], "--child", temporary]
        return subprocess.run(command, check=False).returncode


if __name__ == "__main__":
    sys.exit(_main())
