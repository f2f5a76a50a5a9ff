# SPDX-License-Identifier: Apache-2.0
"""Test batches on a local Ray cluster of several processes, and files at addresses (`make test-ray`)."""

from __future__ import annotations

import os
import signal
import subprocess
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest

ray = pytest.importorskip("ray", reason="make test-ray installs it")
pytest.importorskip("upath", reason="make test-ray installs it")

from inpose_core import Motion  # noqa: E402 (only where Ray is)
from inpose_core.batch.choosing import jobs_for  # noqa: E402
from inpose_core.batch.jobs import Job, check_jobs  # noqa: E402
from inpose_core.batch.places import place_of  # noqa: E402
from inpose_core.batch.pool import solve_in_processes  # noqa: E402
from inpose_core.batch.ray_pool import LOCAL, solve_on, solve_on_ray  # noqa: E402
from inpose_core.batch.running import run_batch  # noqa: E402
from inpose_core.cli import main  # noqa: E402
from inpose_core.errors import InPoseError  # noqa: E402
from inpose_core.options.calibration import CalibrationSettings  # noqa: E402
from inpose_core.options.solve import SolveSettings  # noqa: E402
from inpose_core.prior.checkpoint import load_prior  # noqa: E402
from tests.core.recording.recording_files import moving_person  # noqa: E402
from tests.core.recording.sample_recordings import uxf_files  # noqa: E402

REPOSITORY = Path(__file__).resolve().parents[2]
DRAFT = SolveSettings(quality="draft", device="cpu")
ON_RAY = partial(solve_on_ray, address=LOCAL, processes=2)


@pytest.fixture
def jobs(tmp_path: Path) -> tuple[Job, ...]:
    lines = (REPOSITORY / "examples" / "walk_wave_crouch.csv").read_text().splitlines()
    takes = tmp_path / "takes"
    takes.mkdir()
    for number in range(8):
        (takes / f"take{number}.csv").write_text("\n".join(lines[: 200 + number]) + "\n")
    return jobs_for([takes], tmp_path / "solved", Job(Path(), Path(), solve=DRAFT))


def test_ray_gives_what_processes_give(jobs: tuple[Job, ...], tmp_path: Path) -> None:
    jobs[3].recording.write_text("no recording\n")
    results = run_batch(jobs, tmp_path, ON_RAY)
    assert [result.status for result in results] == ["solved"] * 3 + ["failed"] + ["solved"] * 4
    written = jobs[0].output.read_bytes()
    again = run_batch(jobs, tmp_path, ON_RAY)
    assert [result.status for result in again].count("unchanged") == 7
    run_batch(jobs[:1], tmp_path, partial(solve_in_processes, processes=1), again=True)
    assert len(Motion.load_npz(jobs[0].output)) == results[0].frames
    assert jobs[0].output.read_bytes() == written


def test_an_actor_that_is_killed_costs_no_job(jobs: tuple[Job, ...]) -> None:
    check_jobs(jobs)
    found, killed = {}, []
    for index, result in solve_on_ray(jobs, lambda _job, _share: None, LOCAL, 2):
        found[index] = result
        if not killed:
            killed = _actors()[:1]
            for process in killed:
                os.kill(process, signal.SIGKILL)
    assert killed
    assert sorted(found) == list(range(len(jobs)))
    assert {result.status for result in found.values()} == {"solved"}


def test_an_actor_that_stops_answering_costs_no_job(jobs: tuple[Job, ...]) -> None:
    check_jobs(jobs)
    found, stopped = {}, []
    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False)
    try:
        for index, result in solve_on(ray, jobs[:4], 2, longest_s=40.0):
            found[index] = result.status
            if not stopped:
                stopped = _actors()[:1]
                os.kill(stopped[0], signal.SIGSTOP)
    finally:
        ray.shutdown()
        for process in stopped:
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
    assert stopped
    assert found == dict.fromkeys(range(4), "solved")


def test_recordings_on_a_machine_with_a_graphics_card_share_it(jobs: tuple[Job, ...]) -> None:
    """Torch on the processor stands in for the card."""
    pytest.importorskip("torch")
    exact = [replace(job, solve=replace(DRAFT, precision="float32")) for job in jobs[:3]]
    check_jobs(exact)
    ray.init(num_cpus=2, num_gpus=1, include_dashboard=False, log_to_driver=False)
    try:
        found = []
        for _, result in solve_on(ray, exact, 2):
            found.append((result.status, bool(_actors("_Card"))))
    finally:
        ray.shutdown()
    assert found == [("solved", True)] * 3
    together = [Motion.load_npz(job.output) for job in exact]
    run_batch(exact, exact[0].output.parent, partial(solve_in_processes, processes=1), again=True)
    for motion, job in zip(together, exact, strict=True):
        # Small angles are twice the distance of their quaternions.
        difference = np.linalg.norm(motion.rotations_wxyz - Motion.load_npz(job.output).rotations_wxyz, axis=-1)
        assert np.degrees(2 * difference).max() < 0.01


def test_the_command_solves_on_ray(jobs: tuple[Job, ...], tmp_path: Path) -> None:
    takes = str(jobs[0].recording.parent)
    assert main(["batch", takes, "-o", str(tmp_path / "out"), "--ray", "local", "--processes", "2", "--quiet"]) == 0
    assert len(list((tmp_path / "out").glob("*.npz"))) == len(jobs)


def test_a_cluster_that_is_not_there_is_told() -> None:
    with pytest.raises(InPoseError, match="cannot be reached"):
        list(solve_on_ray([], lambda _job, _share: None, "127.0.0.1:1"))


def test_recordings_and_motions_may_be_at_addresses(jobs: tuple[Job, ...], tmp_path: Path) -> None:
    from inpose_core.batch.work import do_job  # noqa: PLC0415

    store = place_of("memory://studio/takes")
    store.mkdir(parents=True, exist_ok=True)
    for job in jobs[:2]:
        (store / job.recording.name).write_bytes(job.recording.read_bytes())
    remote = jobs_for([place_of("memory://studio/takes/*.csv")], place_of("memory://studio/out"), Job(Path(), Path()))
    assert [job.recording.name for job in remote] == ["take0.csv", "take1.csv"]
    prior = load_prior()

    def here(given, _tell):
        return [(index, do_job(job, prior, lambda _share: None)) for index, job in enumerate(given)]

    assert [result.status for result in run_batch(remote, tmp_path, here)] == ["solved", "solved"]
    assert (store.parent / "out" / "take1.npz").stat().st_size > 10_000
    assert [result.status for result in run_batch(remote, tmp_path, here)] == ["unchanged", "unchanged"]
    with pytest.raises(InPoseError, match="no recording"):
        jobs_for([place_of("memory://studio/none/*.csv")], tmp_path, Job(Path(), Path()))


def test_files_that_belong_to_a_recording_are_fetched_with_it(tmp_path: Path) -> None:
    from inpose_core.batch.work import do_job  # noqa: PLC0415

    uxf_files(moving_person(), tmp_path)
    store = place_of("memory://studio/study")
    store.mkdir(parents=True, exist_ok=True)
    for file in tmp_path.glob("*.csv"):
        (store / file.name).write_bytes(file.read_bytes())
    template = Job(Path(), Path(), calibration=CalibrationSettings(stature_m=1.75, pose="joint"), solve=DRAFT)
    (job,) = jobs_for([store], tmp_path / "out", template)
    check_jobs([job])
    result = do_job(job, load_prior(), lambda _share: None)
    assert (job.recording.name, result.status, result.message) == ("head_movement_T001.csv", "solved", "")


def _actors(kind: str = "_Solver") -> list[int]:
    listed = subprocess.run(["ps", "-ww", "-eo", "pid=,args="], capture_output=True, text=True, check=True).stdout
    lines = [line.split(maxsplit=1) for line in listed.splitlines()]
    return [int(pid) for pid, arguments in lines if arguments.startswith(f"ray::{kind}")]
