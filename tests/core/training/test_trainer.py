# SPDX-License-Identifier: Apache-2.0
"""Training, small enough for a test: a tiny network on a minute of made-up motion in the packed format."""

import json
import logging
import math
from collections.abc import Iterable, Mapping
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from inpose_core.body.motion import Motion
from inpose_core.body.rotations import geodesic_angle, heading_of, quaternion_wxyz_to_matrix, sixd_to_matrix
from inpose_core.body.skeleton import JOINT_NAMES, PARENTS, Skeleton
from inpose_core.cli import main
from inpose_core.errors import InPoseError, WeightsError
from inpose_core.prior.checkpoint import load_prior
from inpose_core.prior.conditioning import CONDITION_SIZE
from inpose_core.prior.network import Denoised, DiffusionTransformer, NetworkConfig
from inpose_core.training import run as training_run
from inpose_core.training import split as training_split
from inpose_core.training.augmentation import (
    AugmentationSettings,
    SensedWindows,
    draw_examples,
    make_examples,
    scale_free_condition,
    validation_examples,
)
from inpose_core.training.dataset import MotionData, foot_contact, make_motion_data
from inpose_core.training.losses import LossWeights, denoising_loss, state_of
from inpose_core.training.packed_files import read_packed
from inpose_core.training.run import train_from_folder
from inpose_core.training.split import (
    OTHER_SUBJECTS,
    TEST_SUBJECTS,
    VALIDATION_ONLY,
    VALIDATION_SUBJECTS,
    load_training_motion,
    load_validation_motion,
)
from inpose_core.training.trainer import Trainer, TrainingSettings
from tests.core.synthetic import smooth_motion

CPU = torch.device("cpu")
CONDITION = scale_free_condition()
NETWORK = NetworkConfig(CONDITION_SIZE, window=16, frames_per_token=4, width=32, depth=2, heads=2, mlp_ratio=2)
SETTINGS = TrainingSettings(steps=30, batch=16, learning_rate=3e-3, warmup_steps=5, seed=3, network=NETWORK)


def write_packed(path: Path, clips: Iterable[tuple[str, Motion]]) -> None:
    """Write clips of (subject, motion) in the packed format of the training data."""
    subjects, motions = zip(*clips, strict=True)
    lengths = [len(motion) for motion in motions]
    count = len(motions)
    np.savez(
        path,
        quat=np.round(np.concatenate([m.rotations_wxyz for m in motions]) * 32767).astype(np.int16),
        root=np.concatenate([m.root_translation_m for m in motions]).astype(np.float32),
        valid=np.ones(sum(lengths), dtype=bool),
        start=np.cumsum([0, *lengths[:-1]]),
        length=np.array(lengths),
        offsets=np.stack([m.skeleton.offsets_m for m in motions]).astype(np.float32),
        floor_y=np.zeros(count, np.float32),
        subject=np.array(subjects),
        activity=np.array(["walk"] * count),
        family=np.array(["cmu"] * count),
        generic_skeleton=np.zeros(count, dtype=bool),
        joints=np.array(JOINT_NAMES),
        parents=np.array(PARENTS),
        fps=np.int64(60),
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three training subjects and a held-out one; each clip is told by its length."""
    path = tmp_path_factory.mktemp("data")
    clips = [(str(subject), smooth_motion(200 + subject, seed=subject)) for subject in (1, 3, 5)]
    write_packed(path / "cmu_test.npz", [*clips, ("2", smooth_motion(102, seed=2))])
    return path


@pytest.fixture(scope="module")
def data(folder: Path) -> MotionData:
    return make_motion_data(read_packed(folder / "cmu_test.npz"))


def read_log(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()]


# The packed format.


def test_packed_motion_is_the_motion_that_was_packed(data: MotionData) -> None:
    motion = smooth_motion(203, seed=3)
    assert data.length.tolist() == [201, 203, 205, 102]
    assert data.start.tolist() == [0, 201, 404, 609]
    clip = slice(201, 404)
    R = quaternion_wxyz_to_matrix(torch.tensor(motion.rotations_wxyz).float())
    assert torch.rad2deg(geodesic_angle(sixd_to_matrix(data.sixd[clip]), R)).max() < 0.05
    torch.testing.assert_close(data.root_m[clip], torch.tensor(motion.root_translation_m).float())
    lowest_m = torch.tensor(motion.joint_positions_m[:, [7, 8, 10, 11], 1].min(axis=1)).float()
    torch.testing.assert_close(data.clearance_m[clip], lowest_m, atol=1e-3, rtol=0)
    assert data.duration_s == pytest.approx(711 / 60)


def test_a_file_that_is_not_packed_motion_is_refused(tmp_path: Path) -> None:
    np.savez(tmp_path / "other.npz", poses=np.zeros((10, 66)))
    with pytest.raises(InPoseError, match=r"other\.npz"):
        read_packed(tmp_path / "other.npz")
    with pytest.raises(InPoseError, match=r"none\.npz"):
        read_packed(tmp_path / "none.npz")


def test_no_clip_to_train_on_is_refused(folder: Path) -> None:
    with pytest.raises(InPoseError, match="No motion clip"):
        make_motion_data(read_packed(folder / "cmu_test.npz").filtered(lambda *_: False))


# Augmentation.


class FixedRandom:
    """Draw nothing but one number, so that a test decides what a random choice becomes."""

    device = CPU

    def __init__(self, value: float) -> None:
        self.value = value

    def uniform(self, *shape: int) -> Tensor:
        return torch.full(shape, self.value)

    def normal(self, *shape: int) -> Tensor:
        return torch.zeros(shape)


def examples_of(data: MotionData, settings: AugmentationSettings) -> tuple[Tensor, Tensor]:
    clip, first = torch.tensor([0, 1, 2]), torch.tensor([10.0, 20.0, 30.0])
    examples = make_examples(data, clip, first, torch.ones(3), 16, settings, FixedRandom(0.5), CONDITION)  # type: ignore[arg-type]
    return examples.x_0, examples.condition


def mirror_data(data: MotionData) -> MotionData:
    """Return every clip as its mirror image, by reflecting the joints' positions' frame: R -> S R S, sides swapped."""
    from inpose_core.body.rotations import matrix_to_sixd  # noqa: PLC0415
    from inpose_core.body.skeleton import MIRROR_JOINTS  # noqa: PLC0415

    S = torch.diag(torch.tensor([-1.0, 1.0, 1.0]))
    R = (S @ sixd_to_matrix(data.sixd) @ S)[:, list(MIRROR_JOINTS)]
    return replace(
        data,
        sixd=matrix_to_sixd(R),
        root_m=data.root_m @ S,
        offsets_m=(data.offsets_m @ S)[:, list(MIRROR_JOINTS)],
    )


def test_mirroring_twice_is_the_identity(data: MotionData) -> None:
    """Mirroring the mirror image gives what not mirroring the original gives: truth and condition."""
    still = AugmentationSettings.none()
    x_0, condition = examples_of(data, still)
    mirrored_x_0, mirrored_condition = examples_of(data, replace(still, mirror=1.0))
    assert not torch.allclose(x_0, mirrored_x_0, atol=0.01)
    back_x_0, back_condition = examples_of(mirror_data(data), replace(still, mirror=1.0))
    torch.testing.assert_close(back_x_0, x_0, atol=1e-4, rtol=0)
    torch.testing.assert_close(back_condition, condition, atol=2e-3, rtol=0)
    once_x_0, once_condition = examples_of(mirror_data(data), still)
    torch.testing.assert_close(once_x_0, mirrored_x_0, atol=1e-4, rtol=0)
    torch.testing.assert_close(once_condition, mirrored_condition, atol=2e-3, rtol=0)


def test_augmented_rotations_are_rotations_and_all_is_finite(data: MotionData) -> None:
    settings = AugmentationSettings(hand_loss=0.5, rotation_loss=0.2, mount_error_deg=20.0)
    examples = draw_examples(data, 64, 16, settings, torch.Generator().manual_seed(0), CONDITION)
    assert examples.x_0.shape == (64, 16, 22, 6)
    assert examples.condition.shape == (64, 16, CONDITION_SIZE)
    columns = examples.x_0.unflatten(-1, (2, 3))
    torch.testing.assert_close(columns.norm(dim=-1), torch.ones(64, 16, 22, 2), atol=1e-4, rtol=0)
    torch.testing.assert_close(
        (columns[..., 0, :] * columns[..., 1, :]).sum(-1), torch.zeros(64, 16, 22), atol=1e-4, rtol=0
    )
    assert examples.condition.isfinite().all()
    assert set(examples.weight.unique().tolist()) <= {0.0, 1.0}
    assert examples.weight.mean() > 0.5


def test_the_same_generator_draws_the_same_examples(data: MotionData) -> None:
    drawn = [
        draw_examples(data, 8, 16, AugmentationSettings(), torch.Generator().manual_seed(seed), CONDITION)
        for seed in (1, 1, 2)
    ]
    assert torch.equal(drawn[0].x_0, drawn[1].x_0)
    assert torch.equal(drawn[0].condition, drawn[1].condition)
    assert not torch.equal(drawn[0].x_0, drawn[2].x_0)


def test_validation_examples_are_the_clips_unvaried(data: MotionData) -> None:
    examples = validation_examples(data, 16, 12)
    assert (examples.weight == 1).all()
    R = sixd_to_matrix(examples.x_0[0])
    # Only the heading is taken out: what the head does relative to the pelvis is the clip's own.
    source = sixd_to_matrix(data.sixd[:16])
    torch.testing.assert_close(
        R[:, 0].transpose(-1, -2) @ R[:, 15], source[:, 0].transpose(-1, -2) @ source[:, 15], atol=1e-4, rtol=0
    )
    assert len(examples) == len(validation_examples(data, 16, 12))


def test_recombined_windows_keep_their_legs_and_take_another_s_arms_at_their_own_heading(data: MotionData) -> None:
    still = AugmentationSettings.none()
    x_0, _ = examples_of(data, still)
    combined, _ = examples_of(data, replace(still, recombine=1.0))
    R, other = sixd_to_matrix(combined), sixd_to_matrix(x_0).roll(1, dims=0)
    own = sixd_to_matrix(x_0)

    def relative(R: Tensor, joint: int, to: int) -> Tensor:
        return R[:, :, to].transpose(-1, -2) @ R[:, :, joint]

    torch.testing.assert_close(relative(R, 4, 0), relative(own, 4, 0), atol=1e-4, rtol=0)  # knee to pelvis
    torch.testing.assert_close(relative(R, 18, 9), relative(other, 18, 9), atol=1e-4, rtol=0)  # elbow to chest
    turn = heading_of(R[:, :, 9]) - heading_of(other[:, :, 9])
    assert turn.abs().max() > 0.05  # the chest was turned along


def test_a_foot_stands_while_it_is_low_and_still() -> None:
    motion = smooth_motion(60)
    p = torch.tensor(motion.joint_positions_m[:1].repeat(60, axis=0))
    p[..., 1] -= p[0, [10, 11], 1].min() - 0.02
    p[..., 11, 1] += p[0, 10, 1] - p[0, 11, 1]
    p[30:, 11, 1] += 0.1  # the right foot is lifted
    p[:, 10, 0] += torch.clamp(torch.arange(60) - 40, min=0) * 0.02  # the left one slides at 1.2 m/s
    contact = foot_contact(p, 60.0)
    assert contact[5:35, 0].all()
    assert not contact[45:, 0].any()
    assert contact[5:25, 1].all()
    assert not contact[35:, 1].any()


def test_mirrored_windows_exchange_the_standing_feet(data: MotionData) -> None:
    left = replace(data, contact=torch.tensor((1.0, 0.0)).expand(len(data.contact), 2))
    settings = replace(AugmentationSettings.none(), mirror=0.5)
    examples = draw_examples(left, 64, 16, settings, torch.Generator().manual_seed(0), CONDITION)
    sides = {tuple(row) for row in examples.contact.flatten(0, 1).tolist()}
    assert sides == {(1.0, 0.0), (0.0, 1.0)}


def test_one_body_for_everybody_where_that_is_asked_for(data: MotionData) -> None:
    seen: list[Tensor] = []

    def condition(sensed: SensedWindows, R_world_heading: Tensor) -> Tensor:
        seen.append(sensed.offsets_m)
        return torch.zeros(*sensed.positions_m.shape[:2], 1)

    long_legs = replace(data, offsets_m=1.3 * data.offsets_m)
    for template_body in (False, True):
        settings = replace(AugmentationSettings.none(), template_body=template_body)
        draw_examples(long_legs, 4, 16, settings, torch.Generator().manual_seed(0), condition)
    template_m = torch.tensor(Skeleton.template().offsets_m, dtype=torch.float32)
    torch.testing.assert_close(seen[0], (1.3 * template_m).expand(4, -1, -1))
    torch.testing.assert_close(seen[1], template_m.expand(4, -1, -1))


@pytest.mark.parametrize("absolute", [False, True])
def test_the_loss_is_least_at_the_truth(data: MotionData, absolute: bool) -> None:
    examples = validation_examples(data, 16, 64)
    offsets_m = torch.tensor(Skeleton.template().offsets_m, dtype=torch.float32)
    certain = (examples.contact * 2 - 1) * 20
    weights = LossWeights() if absolute else LossWeights.squared()
    sigma = torch.full((len(examples),), 0.5)

    def loss(columns: int, error: float, logits: Tensor) -> float:
        state = state_of(examples.x_0, columns)
        noise = error * torch.randn(state.shape, generator=torch.Generator().manual_seed(0))
        feet = examples.feet + error * torch.randn(examples.feet.shape, generator=torch.Generator().manual_seed(1))
        denoised = Denoised(state + noise, logits, feet, torch.full(feet.shape[:-1], -3.0))
        return float(denoising_loss(denoised, examples, sigma, offsets_m, weights))

    for columns in (2, 3):
        assert loss(columns, 0.0, certain) < 0.02 * loss(columns, 0.1, certain)
        assert loss(columns, 0.1, certain) < loss(columns, 0.3, certain)
    assert loss(2, 0.0, certain) < loss(2, 0.0, -certain)


# Training.


@pytest.fixture(scope="module")
def examples(data: MotionData) -> dict[str, Any]:
    return {"held_out": validation_examples(data, 16, 64)}


def make_trainer(data: MotionData, examples: Mapping[str, Any], folder: Path, **changes: Any) -> Trainer:
    return Trainer(data, examples, folder, replace(SETTINGS, **changes), CPU, decisive_set="held_out")


def test_training_lowers_the_validation_error_and_writes_a_usable_prior(
    data: MotionData, examples: Mapping[str, Any], tmp_path: Path
) -> None:
    trainer = make_trainer(data, examples, tmp_path, steps=180, validate_every=60, learning_rate=5e-3)
    before = trainer.validate()["held_out"]
    trainer.run()
    after = trainer.validate()["held_out"]
    assert after["geodesic_deg"] < 0.8 * before["geodesic_deg"]
    assert after["mpjpe_cm"] < 0.8 * before["mpjpe_cm"]
    log = read_log(tmp_path)
    validations = [line for line in log if "validation" in line]
    assert [line["step"] for line in validations] == [60, 120, 180]
    for line in validations:
        figures = line["validation"]["held_out"]
        assert {"geodesic_deg", "mpjpe_cm", "lower_cm", "toes_cm", "slide_cm_s", "contact_recall"} <= set(figures)
        assert all(math.isfinite(value) and value >= 0 for value in figures.values())
    losses = [line for line in log if "loss" in line]
    assert [line["step"] for line in losses] == [50, 100, 150]
    assert losses[0]["windows_per_s"] > 0
    prior = load_prior(tmp_path / "prior.safetensors")
    assert prior.training["steps"] == "180"
    assert json.loads(prior.training["validation"])["held_out"]["geodesic_deg"] == pytest.approx(after["geodesic_deg"])
    assert (np.diff(prior.uncertainty.log_snr) > 0).all()
    assert (prior.uncertainty.variance > 0).all()
    files = ["best.pt", "checkpoint.pt", "log.jsonl", "prior.safetensors"]
    assert sorted(path.name for path in tmp_path.iterdir()) == files


def train_in_two_sittings(data: MotionData, examples: Mapping[str, Any], folder: Path, settings: Any) -> Trainer:
    """Train, be cut off between two checkpoints, and go on in what stands for a new process."""
    first = make_trainer(data, examples, folder, **settings)
    save = first._save_checkpoint

    def save_and_die() -> None:
        save()
        raise KeyboardInterrupt

    first._save_checkpoint = save_and_die  # type: ignore[method-assign]
    with pytest.raises(KeyboardInterrupt):
        first.run()
    torch.manual_seed(999)  # a new process has another global random state
    second = make_trainer(data, examples, folder, **settings)
    assert second.step == settings["checkpoint_every"]
    second.run()
    return second


def expect_equal_networks(a: Trainer, b: Trainer) -> None:
    assert a.step == b.step
    for name in ("network", "ema"):
        state_a, state_b = getattr(a, name).state_dict(), getattr(b, name).state_dict()
        for key, value in state_a.items():
            assert torch.equal(value, state_b[key]), f"{name}.{key}"


@pytest.mark.parametrize("dropout", [0.0, 0.1])
def test_resuming_gives_the_very_same_weights(
    data: MotionData, examples: Mapping[str, Any], tmp_path: Path, dropout: float
) -> None:
    settings = {"steps": 16, "checkpoint_every": 8, "network": replace(NETWORK, dropout=dropout)}
    whole = make_trainer(data, examples, tmp_path / "whole", **settings)
    whole.run()
    again = make_trainer(data, examples, tmp_path / "again", **settings)
    again.run()
    expect_equal_networks(whole, again)
    expect_equal_networks(whole, train_in_two_sittings(data, examples, tmp_path / "resumed", settings))


def test_checkpoints_that_do_not_fit_are_refused(data: MotionData, examples: Mapping[str, Any], tmp_path: Path) -> None:
    make_trainer(data, examples, tmp_path, steps=1).run()
    with pytest.raises(WeightsError, match="another size"):
        make_trainer(data, examples, tmp_path, steps=1, network=replace(NETWORK, depth=NETWORK.depth + 1))
    (tmp_path / "checkpoint.pt").write_bytes(b"no checkpoint")
    with pytest.raises(WeightsError, match="damaged"):
        make_trainer(data, examples, tmp_path, steps=1)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"seed": 4}, r"another seed \(3, not 4\)"),
        ({"learning_rate": 1e-3}, r"another learning rate \(0\.003, not 0\.001\)"),
        ({"batch": 8}, "another batch"),
        ({"loss": LossWeights(rotation=0.5)}, "other weights of the loss"),
    ],
)
def test_another_run_does_not_continue_this_one(
    data: MotionData, examples: Mapping[str, Any], tmp_path: Path, changes: Mapping[str, Any], words: str
) -> None:
    make_trainer(data, examples, tmp_path, steps=1).run()
    with pytest.raises(WeightsError, match=words):
        make_trainer(data, examples, tmp_path, steps=1, **changes)
    assert make_trainer(data, examples, tmp_path, steps=2, validate_every=7).step == 1


def test_other_data_or_another_start_are_refused(data: MotionData, examples: Mapping[str, Any], tmp_path: Path) -> None:
    def again(data_hash: str = "a", start: DiffusionTransformer | None = None) -> Trainer:
        settings = replace(SETTINGS, steps=1)
        return Trainer(
            data, examples, tmp_path, settings, CPU, decisive_set="held_out", start=start, data_hash=data_hash
        )

    start = again().run().network
    assert again().step == 1
    with pytest.raises(WeightsError, match="other data"):
        again("b")
    with pytest.raises(WeightsError, match="another network to start from"):
        again(start=start)
    # A checkpoint of an earlier version does not tell: it continues as before.
    path = tmp_path / "checkpoint.pt"
    state = torch.load(path, weights_only=True)
    del state["origin"]
    torch.save(state, path)
    assert again("b", start).step == 1


def test_a_finished_run_is_not_trained_further(data: MotionData, examples: Mapping[str, Any], tmp_path: Path) -> None:
    first = make_trainer(data, examples, tmp_path, steps=3)
    first.run()
    second = make_trainer(data, examples, tmp_path, steps=3)
    assert second.step == 3
    second.run()
    expect_equal_networks(first, second)


def test_the_best_weights_by_validation_are_kept_not_the_last(
    data: MotionData, examples: Mapping[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trainer = make_trainer(data, examples, tmp_path, steps=4, validate_every=1)
    errors = iter((3.0, 1.0, 2.0, 5.0))
    kept: list[Tensor] = []

    def validate() -> dict[str, dict[str, float]]:
        kept.append(trainer.ema.named_weights["final.bias"].clone())
        return {"held_out": {"mpjpe_cm": next(errors, 0.0)}}

    monkeypatch.setattr(trainer, "validate", validate)
    prior = trainer.run()
    assert torch.equal(prior.network.weights["final.bias"], kept[1])
    assert not torch.equal(kept[1], kept[3])


def test_training_goes_on_from_a_trained_network(data: MotionData, examples: Mapping[str, Any], tmp_path: Path) -> None:
    first = make_trainer(data, examples, tmp_path / "first", steps=60, validate_every=60)
    start = first.run().network
    second = Trainer(data, examples, tmp_path / "second", SETTINGS, CPU, decisive_set="held_out", start=start)
    assert second.validate() == first.validate()
    assert second.step == 0


def test_a_regressor_never_sees_x_t(data: MotionData, examples: Mapping[str, Any], tmp_path: Path) -> None:
    trainer = make_trainer(data, examples, tmp_path, steps=2, regression=True)
    seen: list[Tensor] = []
    trainer.network.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    trainer.train_step()
    assert not seen[0].any()


def test_another_seed_trains_another_network(data: MotionData, examples: Mapping[str, Any], tmp_path: Path) -> None:
    a = make_trainer(data, examples, tmp_path / "a", steps=1, seed=0)
    b = make_trainer(data, examples, tmp_path / "b", steps=1, seed=1)
    assert not torch.equal(a.network.named_weights["embed.weight"], b.network.named_weights["embed.weight"])


# Who trains, who validates.


def test_held_out_subjects_and_validation_sets_never_enter_training(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not VALIDATION_SUBJECTS & TEST_SUBJECTS
    held_out = sorted(VALIDATION_SUBJECTS) + sorted(TEST_SUBJECTS)
    short = smooth_motion(160)

    def clip(subject: str, frames: int) -> tuple[str, Motion]:
        part = {f.name: getattr(short, f.name) for f in fields(Motion)}
        part.update(rotations_wxyz=short.rotations_wxyz[:frames], root_translation_m=short.root_translation_m[:frames])
        return subject, Motion(**part)

    # Every clip is told by its length.
    write_packed(tmp_path / "cmu_asf.npz", [clip("1", 101), *(clip(s, 20 + i) for i, s in enumerate(held_out))])
    write_packed(tmp_path / "cmu_daz.npz", [clip(f"0{held_out[0]}", 40), clip("60", 102)])
    # A number means a held-out person only within CMU.
    write_packed(tmp_path / "soma_apache.npz", [clip(held_out[0], 103)])
    # And people of other sets are kept back by set and name.
    kept_back = {role: person for person, role in OTHER_SUBJECTS.items() if person[0] == "uiprmd"}
    people = [clip(kept_back["validate"][1], 41), clip(kept_back["test"][1], 42), clip("901", 104)]
    write_packed(tmp_path / "uiprmd.npz", people)
    (other,) = VALIDATION_ONLY
    write_packed(tmp_path / f"{other}.npz", [clip("bd", 50)])
    seen: dict[str, Any] = {}

    class Spy:
        def __init__(self, data: MotionData, validation: Mapping[str, Any], *_: Any, **options: Any) -> None:
            seen.update(options, lengths=data.length.tolist(), validation=validation)

        def run(self) -> None: ...

    loaded: list[list[int]] = []

    def spy_validation(
        data: MotionData, frames: int, stride: int, varied: AugmentationSettings, *condition: Any
    ) -> Any:
        loaded.append(data.length.tolist())
        return validation_examples(data, frames, stride, varied, *condition)

    monkeypatch.setattr(training_run, "Trainer", Spy)
    monkeypatch.setattr(training_split, "validation_examples", spy_validation)
    train_from_folder(tmp_path, tmp_path / "run", SETTINGS, CPU)
    assert sorted(seen["lengths"]) == [101, 102, 103, 104]
    assert set(seen["validation"]) == {"held_out", other}
    assert seen["decisive_set"] == "held_out"
    validating = [20 + i for i in range(len(VALIDATION_SUBJECTS))]
    assert sorted(map(sorted, loaded)) == [[*validating, 40, 41], [50]]


def test_without_cmu_every_tenth_person_validates(tmp_path: Path) -> None:
    people = [(f"S{number:02}", smooth_motion(30 + number)) for number in range(21)]
    write_packed(tmp_path / "amass.npz", people)
    validating = load_validation_motion(tmp_path)["held_out"].length.tolist()
    training = load_training_motion(tmp_path).length.tolist()
    assert len(validating) == 2
    assert sorted(validating + training) == [30 + number for number in range(21)]


def test_training_from_a_folder_by_command_line(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(logging, "basicConfig", lambda **_: None)  # leave pytest's own logging alone

    def small_settings(**options: Any) -> TrainingSettings:
        return TrainingSettings(network=NETWORK, **options)

    monkeypatch.setattr("inpose_core.training.trainer.TrainingSettings", small_settings)
    arguments = ["train", "--data", str(folder), "--out", str(tmp_path / "run"), "--steps", "2", "--batch", "4"]
    assert main([*arguments, "--device", "cpu", "--seed", "1"]) == 0
    assert "prior.safetensors: trained for 2 steps" in capsys.readouterr().out
    assert load_prior(tmp_path / "run" / "prior.safetensors").training["batch"] == "4"
    # The folder's run is longer already, and is of these data.
    assert main([*arguments, "--device", "cpu", "--seed", "1", "--steps", "1"]) == 0
    assert "trained for 2 steps" in capsys.readouterr().out
    other = tmp_path / "other"
    other.mkdir()
    write_packed(other / "cmu_test.npz", [(str(subject), smooth_motion(150, seed=subject)) for subject in (1, 3)])
    assert main([*arguments, "--device", "cpu", "--seed", "1", "--data", str(other)]) == 2
    assert "other data" in capsys.readouterr().err


def test_a_folder_without_packed_motion_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InPoseError, match="no packed motion") as caught:
        train_from_folder(tmp_path, tmp_path / "run", SETTINGS, CPU)
    assert "--data" in caught.value.hint
    assert list(tmp_path.iterdir()) == []
