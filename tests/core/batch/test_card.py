# SPDX-License-Identifier: Apache-2.0
"""Test recordings whose windows one device denoises together; torch on the processor stands in for a graphics card."""

import os
import signal
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from inpose_core import Motion, load_prior
from inpose_core.batch.card import CardProcess, ask_over, card_for
from inpose_core.batch.jobs import Job
from inpose_core.batch.joint_network import WindowsToDenoise, denoise_together, may_ask_card
from inpose_core.batch.pool import solve_in_processes
from inpose_core.batch.work import do_job
from inpose_core.numerics import Backend
from inpose_core.options.solve import SolveSettings
from inpose_core.prior.network import Denoised

pytest.importorskip("torch")

EXAMPLE = Path(__file__).resolve().parents[3] / "examples" / "walk_wave_crouch.csv"
CARD = Backend("torch", "cpu")
SOLVE = SolveSettings(device="cpu", precision="float32")
"""Some processors, like graphics cards, compute in bfloat16 by themselves, which is a tenth of a degree off."""
CLOSE_DEG = 0.01


@pytest.fixture
def jobs(tmp_path: Path) -> tuple[Job, ...]:
    """Return recordings of different lengths, none of which is a whole number of windows."""
    lines, made = EXAMPLE.read_text().splitlines(), []
    for number, frames in enumerate((250, 900, 560)):
        take = tmp_path / f"take{number}.csv"
        take.write_text("\n".join(lines[: frames + 1]) + "\n")
        made.append(Job(take, tmp_path / f"take{number}.npz", solve=SOLVE))
    return tuple(made)


@pytest.fixture
def card() -> Iterator[CardProcess]:
    process = CardProcess(CARD)
    yield process
    process.end()


def test_each_motion_is_the_one_that_its_recording_has_alone(jobs: tuple[Job, ...]) -> None:
    together = _motions(jobs, solve_in_processes(jobs, lambda _job, _share: None, 2, card=CARD))
    alone = _motions(jobs, solve_in_processes(jobs, lambda _job, _share: None, 1))
    for one, other in zip(together, alone, strict=True):
        assert _angle_deg(one, other) < CLOSE_DEG
        assert np.abs(one.root_translation_m - other.root_translation_m).max() < 1e-4


def test_the_card_denoises_for_the_solve_and_for_the_calibration(jobs: tuple[Job, ...], card: CardProcess) -> None:
    asked, pipe = [], card.connection()

    def ask(windows: WindowsToDenoise) -> Denoised:
        asked.append(len(windows.x_t))
        return ask_over(pipe, windows)

    assert do_job(jobs[1], load_prior(), lambda _share: None, ask).status == "solved"
    assert len(asked) >= SOLVE.denoising_steps
    assert min(asked) > 1, "all windows of a recording go at once"
    pipe.close()


def test_windows_of_several_recordings_are_denoised_in_one_pass() -> None:
    random, network = np.random.default_rng(0), load_prior(backend=CARD).network
    passes = []

    class Counted(type(network)):  # type: ignore[misc]
        def __call__(self, x_t, log_snr, condition):
            passes.append(len(x_t))
            return super().__call__(x_t, log_snr, condition)

    window, size = network.config.window, network.config.condition_size
    requests = [
        WindowsToDenoise(
            random.normal(size=(count, window, 22, 6)), log_snr, random.normal(size=(count, window, size)), "float32"
        )
        for count, log_snr in ((1, -4.0), (3, 2.0), (2, 0.5))
    ]
    found = dict(denoise_together(Counted(network.config, network.weights), CARD, requests))
    assert passes == [6]
    for at, request in enumerate(requests):
        ((_, alone),) = denoise_together(network, CARD, [request])
        for one, other in zip(found[at], alone, strict=True):
            assert one.shape == other.shape
            assert np.abs(one - other).max(initial=0.0) < 1e-4


def test_a_card_that_is_lost_costs_no_job(jobs: tuple[Job, ...], card: CardProcess) -> None:
    pipe = card.connection()
    os.kill(card.process.pid, signal.SIGKILL)
    assert do_job(jobs[0], load_prior(), lambda _share: None, partial(ask_over, pipe)).status == "solved"
    assert do_job(jobs[0], load_prior(), lambda _share: None, partial(ask_over, card.connection())).status == "solved"


def test_a_graphics_card_is_used_without_being_asked_for(
    jobs: tuple[Job, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    cuda = Backend("torch", "cuda")
    monkeypatch.setattr("inpose_core.solver.backends.choose_backend", lambda settings: cuda)
    assert card_for([replace(job, solve=SolveSettings()) for job in jobs]) == cuda


def test_who_may_ask_the_card(jobs: tuple[Job, ...]) -> None:
    cuda = Backend("torch", "cuda")
    assert may_ask_card(SolveSettings(), cuda)
    assert may_ask_card(SolveSettings(device="cuda"), cuda)
    assert not may_ask_card(SOLVE, cuda)
    assert not may_ask_card(SolveSettings(library="numpy"), cuda)
    assert not may_ask_card(SolveSettings(guidance="pigdm"), cuda)
    assert card_for([replace(job, solve=SOLVE) for job in jobs]) is None


def _motions(jobs: tuple[Job, ...], results) -> list[Motion]:
    assert {result.status for _, result in results} == {"solved"}
    return [Motion.load_npz(job.output) for job in jobs]


def _angle_deg(one: Motion, other: Motion) -> float:
    """Return the largest angle between two motions' rotations; small ones are twice the distance of quaternions."""
    sign = np.sign((one.rotations_wxyz * other.rotations_wxyz).sum(-1, keepdims=True))
    distance = np.linalg.norm(one.rotations_wxyz - sign * other.rotations_wxyz, axis=-1)
    return float(np.degrees(2 * distance).max())
