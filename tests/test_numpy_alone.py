# SPDX-License-Identifier: Apache-2.0
"""Install the core as people do, into an environment with nothing else, and solve the real recordings with it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from inpose_core import Motion
from tests.shared_files import SHARED, wants_shared

REPOSITORY = Path(__file__).resolve().parents[1]
RECORDINGS = sorted(path for path in (SHARED / "recordings").glob("*") if path.suffix in (".bsor", ".json"))

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not RECORDINGS, reason=wants_shared("recordings")),
]


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the command of a new environment into which ``pip install`` has put the core."""
    folder = tmp_path_factory.mktemp("alone")
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True, timeout=120)
    python = folder / "bin" / "python"
    install = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", str(REPOSITORY)]
    subprocess.run(install, check=True, timeout=300)
    listed = subprocess.run(
        [str(python), "-m", "pip", "list", "--format=json"], check=True, capture_output=True, timeout=60
    )
    packages = {entry["name"] for entry in json.loads(listed.stdout)}
    assert packages - {"pip", "setuptools"} == {"inpose", "numpy"}
    return folder / "bin" / "inpose"


@pytest.mark.parametrize("recording", RECORDINGS, ids=lambda path: path.name)
def test_a_real_recording_is_solved(alone: Path, recording: Path, tmp_path: Path) -> None:
    output = tmp_path / "take.npz"
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    done = subprocess.run(
        [str(alone), "solve", str(recording), "-o", str(output), "--performer-height", "1.75"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    motion = Motion.load_npz(output)
    assert len(motion) > 100
    assert motion.sensor_error_m is not None
    assert np.nanmean(motion.sensor_error_m[:, 1:]) < 0.05
