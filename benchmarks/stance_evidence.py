# SPDX-License-Identifier: Apache-2.0
"""Estimate how likely a foot stands: ``python benchmarks/stance_evidence.py --data DATA [--out WEIGHTS]``.

Solves the people who train the prior, without foot planting, half of them with noisy sensors, and fits the network of
`sampling/stance_evidence.py` to their true stances by logistic regression with one hidden layer. Then measures recall
and precision on validation people (CMU 7 and 16, UI-PRMD 908). Needs torch; takes three minutes. Run it again after the
prior was trained again.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np
import torch
from scipy.ndimage import minimum_filter1d
from torch.nn.functional import binary_cross_entropy_with_logits

from inpose_core import Motion, Skeleton, load_prior, solve
from inpose_core.arrays import BoolArray, FloatArray
from inpose_core.body.skeleton import JOINT_INDEX, TOE_JOINTS
from inpose_core.evaluation.bodies import DEFAULT_BODY
from inpose_core.evaluation.clips import load_choosing_clips, load_people, motions_of
from inpose_core.evaluation.metrics import STANDING_SPEED_M_S
from inpose_core.evaluation.plausibility import situations_of
from inpose_core.evaluation.simulation import PERFECT_SENSORS, SensorNoise, on_body, simulate
from inpose_core.options.solve import SolveSettings
from inpose_core.prior.checkpoint import Prior
from inpose_core.prior.weights_file import weights_file
from inpose_core.sampling.stance_evidence import (
    EVIDENCE_WEIGHTS,
    SEEN_FRAMES,
    FootTracks,
    StanceEvidence,
    foot_features,
)
from inpose_core.system.output import write_output
from inpose_core.training.packed_files import read_packed
from inpose_core.training.situations import SHARES
from inpose_core.training.split import role_of
from inpose_core.training.upright import straighten_legs

FILES: Final[dict[str, str]] = {
    name: "cmu" if name.startswith("cmu") else name
    for name in ("accad", "biomechzoo", "cmu_asf", "cmu_fbx", "cmu_long", "hifi_apache", "soma_apache", "uiprmd")
}
NOISY: Final[SensorNoise] = SensorNoise(position_m=0.004, rotation_deg=1.5, bone_m=0.01)
UNPLANTED: Final[SolveSettings] = SolveSettings(device="cpu", foot_planting=0.0)
MOST_FRAMES: Final[int] = 3600
FRAMES_OF_A_FILE: Final[int] = 60_000
STANDS_ABOVE_FLOOR_M: Final[float] = 0.12
STANDS_ABOVE_LOWEST_M: Final[float] = 0.06
MOST_REPEATED: Final[float] = 6.0
HIDDEN: Final[int] = 24
EPOCHS: Final[int] = 8
BATCH: Final[int] = 2048
INPUT_NOISE: Final[float] = 0.3
"""Standard deviation of the noise on each normalised feature: keeps the network from being too sure."""


def main() -> None:
    """Solve, fit, measure and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of packed motion")
    parser.add_argument("--out", type=Path, default=EVIDENCE_WEIGHTS, help="weights to write")
    options = parser.parse_args()
    prior, random = load_prior(), np.random.default_rng(0)
    examples = []
    for name, family in FILES.items():
        clips = straighten_legs(read_packed(options.data / f"{name}.npz")).clips
        people = motions_of(clips.filtered(lambda _, subject, family=family: role_of(family, subject) == "train"))
        frames = 0
        for index in random.permutation(len(people)):
            if frames < FRAMES_OF_A_FILE:
                examples.append(example(people[index], int(index), prior))
                frames += len(examples[-1][0])
        print(f"{name}: {frames} frames", flush=True)
    evidence = fit(*(np.concatenate(parts) for parts in zip(*examples, strict=True)))
    validation = {
        "CMU 7 and 16": load_choosing_clips(options.data),
        "UI-PRMD 908": load_people(options.data / "uiprmd.npz", frozenset({"908"})),
    }
    for title, motions in validation.items():
        print(f"{title}: {figures(motions, evidence, prior)}")
    tensors = {name: np.atleast_1d(np.asarray(value, np.float32)) for name, value in vars(evidence).items()}
    write_output(options.out, [weights_file(tensors, {"estimated_by": "benchmarks/stance_evidence.py"})])


def example(motion: Motion, seed: int, prior: Prior) -> tuple[FloatArray, BoolArray, FloatArray]:
    """Return the features (F, 2, 11 of each seen frame), the true stances (F, 2), and the situations (F,) of a clip."""
    part = slice(0, MOST_FRAMES)
    short = replace(
        motion, rotations_wxyz=motion.rotations_wxyz[part], root_translation_m=motion.root_translation_m[part]
    )
    truth, solved = solved_unplanted(short, seed, PERFECT_SENSORS if seed % 2 else NOISY, prior)
    features = foot_features(tracks_of(solved))
    frames = np.arange(len(features))
    seen = np.stack([features[np.clip(frames + shift, 0, len(features) - 1)] for shift in SEEN_FRAMES], axis=2)
    return seen, true_stances(truth), situations_of(truth)


def solved_unplanted(motion: Motion, seed: int, noise: SensorNoise, prior: Prior) -> tuple[Motion, Motion]:
    """Return truth and solution of a clip on the average body."""
    trial = simulate(on_body(motion, DEFAULT_BODY, Skeleton.template()), noise, seed)
    return trial.truth, solve(trial.sensors, trial.skeleton, UNPLANTED, prior)


def tracks_of(solved: Motion) -> FootTracks:
    """Return what the solver knows of the feet before it plants them."""
    assert solved.foot_contact is not None
    p, body = solved.joint_positions_m, solved.skeleton
    return FootTracks(
        contact=solved.foot_contact,
        toes_m=p[:, list(TOE_JOINTS)],
        head_m=p[:, JOINT_INDEX["head"]],
        leg_length_m=body.leg_length_m,
        body_size_m=body.standing_head_height_m,
        floor_m=body.sole_height_m,
        fps=solved.fps,
    )


def true_stances(truth: Motion) -> BoolArray:
    """Return where a foot truly stands, (F, 2): its toes are slow enough for the figure of foot sliding, and low.

    Low is less than 12 cm above the floor, or than 6 cm above the lowest toes within a second.
    """
    toes_m = truth.joint_positions_m[:, list(TOE_JOINTS)]
    speed = np.linalg.norm(np.gradient(toes_m, axis=0), axis=-1) * truth.fps
    lowest_m = minimum_filter1d(toes_m[..., 1].min(axis=1), 2 * round(truth.fps) + 1, mode="nearest")[:, None]
    above_floor_m = toes_m[..., 1] - truth.skeleton.sole_height_m
    low = (above_floor_m < STANDS_ABOVE_FLOOR_M) | (toes_m[..., 1] < lowest_m + STANDS_ABOVE_LOWEST_M)
    return np.asarray((speed < STANDING_SPEED_M_S) & low)


def fit(features: FloatArray, stances: BoolArray, situation: FloatArray) -> StanceEvidence:
    """Return the network that tells the stances (F, 2) from the features (F, 2, S, 11) best."""
    torch.manual_seed(0)
    shape = features.shape[2:]
    x = features.reshape(-1, shape[0] * shape[1])
    mean, scale = x.mean(axis=0), x.std(axis=0) + 1e-3
    inputs = torch.from_numpy(((x - mean) / scale).astype(np.float32))
    targets = torch.from_numpy(stances.reshape(-1).astype(np.float32))
    weights = torch.from_numpy(np.repeat(balance(situation), 2).astype(np.float32))
    network = torch.nn.Sequential(torch.nn.Linear(inputs.shape[1], HIDDEN), torch.nn.Tanh(), torch.nn.Linear(HIDDEN, 1))
    optimizer = torch.optim.AdamW(network.parameters(), lr=2e-3, weight_decay=1e-2)
    steps = EPOCHS * (len(inputs) // BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 6e-3, total_steps=steps + 1)
    for _ in range(EPOCHS):
        order = torch.randperm(len(inputs))
        for first in range(0, len(inputs) - BATCH + 1, BATCH):
            batch = order[first : first + BATCH]
            noisy = inputs[batch] + INPUT_NOISE * torch.randn(BATCH, inputs.shape[1])
            loss = binary_cross_entropy_with_logits(network(noisy)[:, 0], targets[batch], reduction="none")
            optimizer.zero_grad()
            (loss * weights[batch]).mean().backward()
            optimizer.step()
            schedule.step()
    first, last = (
        {name: value.detach().double().numpy() for name, value in network[layer].named_parameters()} for layer in (0, 2)
    )
    hidden = first["weight"] / scale
    return StanceEvidence(
        hidden_weight=hidden.T.reshape(*shape, HIDDEN),
        hidden_bias=first["bias"] - hidden @ mean,
        output_weight=last["weight"][0],
        output_bias=float(last["bias"][0]),
    )


def balance(situation: FloatArray) -> FloatArray:
    """Return the weight of each frame, (F,), with a mean of 1: situations count as they do in the prior's training."""
    weight = np.zeros(len(situation))
    for one, share in SHARES.items():
        here = situation == one
        weight[here] = min(share / max(float(here.mean()), 1e-9), MOST_REPEATED)
    return weight / weight.mean()


def figures(motions: Sequence[Motion], evidence: StanceEvidence, prior: Prior) -> str:
    """Return recall and precision of the evidence, by itself, and of the prior's probability."""
    rows = []
    for seed, motion in enumerate(motions):
        truth, solved = solved_unplanted(motion, seed, PERFECT_SENSORS, prior)
        assert solved.foot_contact is not None
        rows.append((true_stances(truth), evidence.log_odds(tracks_of(solved)) > 0, solved.foot_contact > 0.5))
    true, ours, prior_only = (np.concatenate(column) for column in zip(*rows, strict=True))

    def shares(told: BoolArray) -> str:
        both = (true & told).sum()
        return f"recall {100 * both / true.sum():.1f} %, precision {100 * both / told.sum():.1f} %"

    return f"{shares(ours)}; the prior's probability: {shares(prior_only)}"


if __name__ == "__main__":
    main()
