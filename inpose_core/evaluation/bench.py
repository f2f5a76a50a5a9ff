# SPDX-License-Identifier: Apache-2.0
"""Run every system on the same clips, bodies and noise, and save each figure at once."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import torch

from ..body.kinematics import forward_kinematics
from ..body.motion import Motion
from ..body.rotations import sixd_to_matrix
from ..body.skeleton import SENSOR_JOINTS, Skeleton
from ..errors import InPoseError
from ..prior.checkpoint import DEFAULT_WEIGHTS, Prior, load_prior
from ..system.output import write_output
from ..training.losses import state_to_matrix
from ..training.packed_files import packed_files
from .baselines.conditional import ConditionalSettings, ConditionalSystem
from .baselines.networks import FULL_BUDGET, NETWORKS, QUICK_BUDGET, Budget, train_network
from .bodies import BODIES, DEFAULT_BODY, Body
from .clips import choose_clips, load_hdm05_clips, load_held_out_clips, load_packed_clips, load_test_clips
from .guidances import GUIDANCE_BODIES, GUIDANCE_SET, GUIDANCES, STEP_COUNTS, guided
from .metrics import align_heads, figures_of, jitter, joint_errors_cm, mean_figures, position_error_cm
from .row_store import Row, RowStore, find_row, fingerprint, prior_fingerprint
from .simulation import PERFECT_SENSORS, SensorNoise, on_body, simulate
from .systems import ABLATIONS, SHIPPED, SYSTEMS, Entry, System

_LOG = logging.getLogger(__name__)

NOISES: Final[tuple[SensorNoise, ...]] = (
    *(SensorNoise(position_m=value) for value in (0.05, 0.10, 0.20)),
    *(SensorNoise(rotation_deg=value) for value in (5.0, 10.0)),
    *(SensorNoise(bone_m=value) for value in (0.05, 0.10)),
)
QUICK_BODIES: Final[tuple[Body, ...]] = tuple(
    body for body in BODIES if body.name in {"default", "upper body x 0.7", "upper body x 1.4", "whole body x 0.6"}
)
QUICK_NOISES: Final[tuple[SensorNoise, ...]] = (
    SensorNoise(position_m=0.10),
    SensorNoise(rotation_deg=5.0),
    SensorNoise(bone_m=0.05),
)


@dataclass(frozen=True)
class BenchSettings:
    """Choose how much to measure."""

    clips: int = 24
    most_frames: int = 128
    bodies: tuple[Body, ...] = BODIES
    noises: tuple[SensorNoise, ...] = NOISES
    budget: Budget = FULL_BUDGET
    guidance_steps: tuple[int, ...] = STEP_COUNTS
    """Numbers of steps at which the guidances of the shipped prior are compared."""
    everything: bool = True
    """Also measure the ablations, HDM05, and every held-out clip in full length with the shipped prior."""

    @classmethod
    def quick(cls) -> BenchSettings:
        """Return settings for a quick run of three minutes: barely trained baselines, few clips."""
        return cls(3, 128, QUICK_BODIES, QUICK_NOISES, QUICK_BUDGET, everything=False)


class Bench:
    """Measure systems; a second run in the same folder continues where the first one stopped.

    The folder holds the trained networks of the comparison, and ``rows.jsonl``.
    """

    def __init__(
        self,
        data: Path,
        folder: Path,
        settings: BenchSettings,
        device: torch.device,
        test: Path | None = None,
        weights: Path = DEFAULT_WEIGHTS,
    ) -> None:
        """Measure on the test people of the data folder, or on the clips of a packed file ``test``.

        Raises:
            InPoseError: the folder's networks were trained on other data.
        """
        self.data, self.folder, self.settings, self.device = data, folder, settings, device
        self.test, self.weights = test, weights
        self.people = "test people" if test is None else test.stem
        folder.mkdir(parents=True, exist_ok=True)
        self._require_same_data()
        self._store = RowStore(folder / "rows.jsonl")
        self._stored = self._store.rows()
        self._measured: list[Row] = []

    def run(self) -> list[Row]:
        """Train missing networks, measure missing rows, and return all rows.

        Raises:
            InPoseError: the data folder lacks packed motion.
        """
        return self._run(self.train())

    def remeasure(self, earlier: Sequence[Row]) -> list[Row]:
        """Measure the shipped prior again, and return the earlier rows with its rows replaced.

        The rivals and the guidances by steps keep their earlier rows. No stored row is used: the solver may have
        changed, which rows do not tell.

        Raises:
            InPoseError: the data folder lacks packed motion.
        """
        self._stored = []
        new = {_place(row): row for row in self._run({"shipped": load_prior(self.weights)})}
        kept = [new.pop(_place(row), row) for row in earlier]
        return [*kept, *new.values()]

    def _run(self, priors: Mapping[str, Prior]) -> list[Row]:
        """Measure the systems of the given networks."""
        settings = self.settings
        clips = choose_clips(self._clips(), settings.clips, settings.most_frames)
        systems = _build(SYSTEMS, priors)
        for name, system in systems.items():
            for body in settings.bodies:
                self._measure(self.people, name, system, clips, body)
        if settings.everything:
            self._measure_more(priors, clips)
        for noise in settings.noises:
            for name, system in systems.items():
                self._measure(self.people, name, system, clips, DEFAULT_BODY, noise)
        # Rows of old weights and clips stay in the file but are not reported.
        return self._measured

    def train(self) -> Mapping[str, Prior]:
        """Return the networks of the comparison and the shipped one; train those that the folder lacks."""
        priors = {"shipped": load_prior(self.weights)}
        for name in NETWORKS:
            _LOG.info("network %s", name)
            priors[name] = train_network(name, self.data, self.folder, self.settings.budget, self.device)
        return priors

    def _clips(self) -> list[Motion]:
        return load_test_clips(self.data) if self.test is None else load_packed_clips(self.test)

    def _measure_more(self, priors: Mapping[str, Prior], clips: Sequence[Motion]) -> None:
        for name, system in _build(ABLATIONS, priors).items():
            self._measure(self.people, name, system, clips, DEFAULT_BODY)
        if set(NETWORKS) <= set(priors):
            self._measure_representations(priors, clips)
            self._measure_guidances(priors["shipped"], clips[::2])
        shipped = SYSTEMS[SHIPPED].build(priors)
        if self.test is None:
            near_floor = choose_clips(load_hdm05_clips(self.data), self.settings.clips, self.settings.most_frames)
            for name, system in _build(SYSTEMS, priors).items():
                self._measure("HDM05", name, system, near_floor, DEFAULT_BODY)
            held_out = load_held_out_clips(self.data)
            self._measure("all six held-out people, every clip", SHIPPED, shipped, held_out, DEFAULT_BODY)
        everything = self._clips()
        for body in (DEFAULT_BODY, *(body for body in self.settings.bodies if body.name.startswith("upper"))):
            self._measure(f"{self.people}, every clip", SHIPPED, shipped, everything, body)
        self._measure(f"{self.people}, every clip, own bodies", SHIPPED, shipped, everything, DEFAULT_BODY, own=True)

    def _measure_guidances(self, prior: Prior, clips: Sequence[Motion]) -> None:
        for name in GUIDANCES:
            for steps in self.settings.guidance_steps:
                system = guided(name, steps, prior)
                for body in GUIDANCE_BODIES:
                    self._measure(GUIDANCE_SET, f"{name}|{steps}", system, clips, body)

    def _measure(
        self,
        set_name: str,
        name: str,
        system: System,
        clips: Sequence[Motion],
        body: Body,
        noise: SensorNoise = PERFECT_SENSORS,
        *,
        own: bool = False,
    ) -> None:
        key = self._key(set_name, name, body, noise, system.prior, clips)
        if self._has(key):
            return
        template = Skeleton.template()
        trials = [
            simulate(on_body(clip, body, None if own else template), noise, seed) for seed, clip in enumerate(clips)
        ]
        began = time.perf_counter()
        solved = system.solve_all(trials)
        elapsed_s = time.perf_counter() - began
        # The ground truth keeps its bones; a solution on wrong bones is measured on the true body.
        shown = [_on_true_bones(motion, trial.truth) for motion, trial in zip(solved, trials, strict=True)]
        size = trials[0].truth.skeleton.standing_head_height_m / template.standing_head_height_m
        figures = mean_figures(
            [figures_of(t.truth, s, 1.0 if own else size) for t, s in zip(trials, shown, strict=True)]
        )
        joints_cm = np.mean([joint_errors_cm(t.truth, s) for t, s in zip(trials, shown, strict=True)], axis=0)
        frames = sum(len(trial.truth) for trial in trials)
        self._add(
            key,
            {
                **{name: round(value, 3) for name, value in figures.to_dict().items()},
                "joint_errors_cm": joints_cm.round(2).tolist(),
                "clips": len(trials),
                "frames": frames,
                "frames_per_s": round(frames / elapsed_s),
            },
        )

    def _measure_representations(self, priors: Mapping[str, Prior], clips: Sequence[Motion]) -> None:
        """Compare 6D with whole rotation matrices, raw and projected onto the manifold (the paper's Table 4)."""
        sixd, matrix = ConditionalSettings("pigdm"), ConditionalSettings("matrix pigdm")
        variants: dict[str, tuple[str, ConditionalSettings, Callable[[torch.Tensor], torch.Tensor]]] = {
            "state: 6D": ("rotations", sixd, state_to_matrix),
            "state: matrices, raw": ("matrix", matrix, state_to_matrix),
            "state: matrices, post-processed": ("matrix", matrix, lambda state: sixd_to_matrix(state[..., :6])),
        }
        template = Skeleton.template()
        for name, (network, settings, to_matrix) in variants.items():
            key = self._key(self.people, name, DEFAULT_BODY, PERFECT_SENSORS, priors[network], clips)
            if self._has(key):
                continue
            system = ConditionalSystem(priors[network], NETWORKS[network].condition, settings)
            errors_cm, jitters = [], []
            for seed, clip in enumerate(clips):
                trial = simulate(on_body(clip, DEFAULT_BODY, template), PERFECT_SENSORS, seed)
                sampled = system.sample([trial])
                # Raw matrices are not rotations, so a Motion cannot hold them: their bones stretch.
                R = sampled.measurement.pin_rotations(to_matrix(sampled.state))
                p = trial.truth.joint_positions_m
                solved_m = forward_kinematics(R, sampled.measurement.offsets_m).double().numpy()
                p_hat = align_heads(p, solved_m)
                errors_cm.append(position_error_cm(p, p_hat))
                jitters.append(jitter(p_hat, trial.truth.fps))
            self._add(
                key, {"mpjpe_cm": round(float(np.mean(errors_cm)), 3), "jitter": round(float(np.mean(jitters)), 3)}
            )

    def _key(
        self, set_name: str, name: str, body: Body, noise: SensorNoise, prior: Prior, clips: Sequence[Motion]
    ) -> Row:
        """Return a row's identity; other weights or other clips make another row."""
        return {
            "set": set_name,
            "system": name,
            "body": body.name,
            **vars(noise),
            "weights": prior_fingerprint(prior),
            "motion": fingerprint(clip.root_translation_m for clip in clips),
        }

    def _has(self, key: Row) -> bool:
        """Return whether a row exists already; if so, report it."""
        row = find_row(self._stored, key)
        if row is not None:
            self._measured.append(row)
        return row is not None

    def _require_same_data(self) -> None:
        """Record the training data, or raise an error if the networks were trained on other data."""
        path = self.folder / "data.json"
        files = {file.name: file.stat().st_size for file in packed_files(self.data)}
        if not path.exists():
            write_output(path, [json.dumps(files).encode()])
        elif json.loads(path.read_text(encoding="utf-8")) != files:
            raise InPoseError(
                f"The networks in {self.folder} were trained on other data.", "Choose another folder with --runs."
            )

    def _add(self, key: Row, figures: Row) -> None:
        row = {**key, **figures}
        self._stored.append(row)
        self._measured.append(row)
        self._store.add(row)
        _LOG.info("%s", json.dumps({name: row[name] for name in (*key, "mpjpe_cm", "jitter")}))


def _build(entries: Mapping[str, Entry], priors: Mapping[str, Prior]) -> dict[str, System]:
    """Return the systems whose networks exist, by name."""
    return {name: entry.build(priors) for name, entry in entries.items() if entry.network in priors}


def _place(row: Row) -> tuple[object, ...]:
    """Return a row's place in the tables, for any weights and clips."""
    return tuple(row[name] for name in ("set", "system", "body", *vars(PERFECT_SENSORS)))


def _on_true_bones(solved: Motion, truth: Motion) -> Motion:
    if solved.skeleton is truth.skeleton:
        return solved
    moved = Motion(solved.rotations_wxyz, solved.root_translation_m, truth.skeleton, solved.fps)
    head = SENSOR_JOINTS[0]
    shift_m = solved.joint_positions_m[:, head] - moved.joint_positions_m[:, head]
    return Motion(solved.rotations_wxyz, solved.root_translation_m + shift_m, truth.skeleton, solved.fps)
