# SPDX-License-Identifier: Apache-2.0
"""The day on a GPU, in miniature on the CPU: every step leaves its result, and a day that was cut short goes on."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from inpose_core.cli import main
from inpose_core.prior.checkpoint import load_prior
from tests.core.synthetic import smooth_motion
from tests.core.training.test_trainer import write_packed

ROOT = Path(__file__).parents[2]
STEPS = ["agreement", "speed", "prior", "rivals", "ablations"]


def run_day(data: Path, out: Path, minutes: float) -> str:
    command = [sys.executable, str(ROOT / "benchmarks" / "gpu_day.py"), "--data", str(data), "--out", str(out)]
    command += ["--device", "cpu", "--miniature", "--minutes", str(minutes), "--prior-minutes", "0.02"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    finished = subprocess.run(
        command, capture_output=True, text=True, timeout=1000, check=False, env=environment, cwd=data.parent
    )
    assert finished.returncode == 0, finished.stderr
    return finished.stdout


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_a_day_in_miniature_leaves_every_result_and_goes_on_where_it_stopped(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plain = tmp_path / "plain"
    plain.mkdir()
    people = [(subject, smooth_motion(150, seed=int(subject))) for subject in ("1", "3", "7")]
    write_packed(plain / "cmu_asf.npz", people)
    assert main(["pack", str(plain), "-o", str(tmp_path / "pack.npz"), "--join"]) == 0
    assert "3 clips" in capsys.readouterr().out

    out = tmp_path / "day"
    assert "no time left" in run_day(tmp_path / "pack.npz", out, minutes=0.0)
    assert list(out.iterdir()) == []
    run_day(tmp_path / "pack.npz", out, minutes=5.0)
    figures = {name: json.loads((out / f"{name}.json").read_text()) for name in STEPS}
    assert figures["agreement"]["mean_deg"] < 0.05
    assert json.loads((out / "bench.json").read_text())["solve"][0]["frames"] == 600
    assert figures["prior"]["megabytes"] < 16
    assert figures["prior"]["validation"]["held_out"]["mpjpe_cm"] > 0
    assert load_prior(out / "prior" / "prior.safetensors").network.config.feet
    assert len(figures["ablations"]["rows"]) == 6
    assert (out / "rivals" / "regression" / "prior.safetensors").is_file()

    # What is there is not done again.
    (out / "ablations.json").unlink()
    before = (out / "prior" / "prior.safetensors").stat().st_mtime_ns
    assert run_day(tmp_path / "pack.npz", out, minutes=5.0).startswith("ablations:")
    assert (out / "prior" / "prior.safetensors").stat().st_mtime_ns == before
