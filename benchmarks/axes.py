# SPDX-License-Identifier: Apache-2.0
"""Measure how often the axes of a table are read rightly, and fit the weights of the evidence.

``python benchmarks/axes.py --data DIR`` simulates tables of captured motion in every convention: controllers of several
kinds, bare hands with axes of their own, takes with and without a T-pose. It reports people who were not used to fit.
``--fit`` fits the weights on the training people and prints them for `recording.interpretation.readings`.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np
from scipy.optimize import minimize
from scipy.spatial.transform import Rotation

from inpose_core.arrays import FloatArray
from inpose_core.body.motion import Motion
from inpose_core.body.quaternions import (
    matrix_to_quaternion,
    multiply_quaternions,
    quaternion_to_matrix,
    rotate_vector,
    wxyz_from_xyzw,
    xyzw_from_wxyz,
)
from inpose_core.body.skeleton import SENSOR_JOINTS
from inpose_core.calibration.presets import wrist_offset
from inpose_core.calibration.rigid import RigidOffset
from inpose_core.evaluation.clips import load_packed_clips, load_people
from inpose_core.evaluation.headset import with_t_pose
from inpose_core.options.reading import QUATERNION_ORDERS
from inpose_core.recording import load_recording
from inpose_core.recording.conventions import Axes, QuaternionOrder, axes_matrix
from inpose_core.recording.interpretation import readings
from inpose_core.recording.interpretation.evidence import SIGN_FIELDS
from inpose_core.recording.interpretation.excerpts import excerpt, sampling_stride
from inpose_core.recording.interpretation.readings import Reading, rank_readings, read_in_orders
from inpose_core.training.packed_files import read_packed
from inpose_core.training.split import TEST_SUBJECTS, VALIDATION_SUBJECTS

_HELD_OUT: Final[dict[str, frozenset[str]]] = {
    **dict.fromkeys(("cmu_asf", "cmu_daz", "cmu_fbx", "cmu_long"), TEST_SUBJECTS | VALIDATION_SUBJECTS),
    "accad": frozenset({"3"}),
    "uiprmd": frozenset({"907", "908", "909", "910"}),
}
_TRUTHS: Final[tuple[str, ...]] = ("RUB", "RUF", "FRU", "FLU", "RFU", "RFU/RFU/RUB")
_KINDS: Final[tuple[str, ...]] = ("grip", "near", "raw", "aim", "bare", "joint", "saber")
_SURE: Final[float] = 0.8
_HANGING: Final[float] = 0.6
_FEWEST_FRAMES: Final[int] = 300
_MOST_FRAMES: Final[int] = 2700
_EITHER_SIGN: Final[frozenset[str]] = frozenset({"steadiness", "hanging", "wide"})
_LEAST_WEIGHT: Final[dict[str, float]] = {"reaching": 2.5}
"""Captured people seldom hold their hands out for long; those who do are decisive."""
_REAL: Final[tuple[str, ...]] = ("bs_vivepro2_normal.bsor", "aframe_tracked-recording.json")
_REAL_SHARE: Final[float] = 0.05
_PIECE_S: Final[float] = 25.0
_RIDGE: Final[float] = 1e-3


@dataclass(frozen=True)
class Table:
    """Hold a simulated table, its truth, and what it shows."""

    times_s: FloatArray
    positions: FloatArray
    quaternions: FloatArray
    order: QuaternionOrder
    axes: str
    devices: str
    hanging: float
    """Share of the time in which the hands hang."""
    t_pose: bool


def load_motions(data: Path, held_out: bool) -> list[list[Motion]]:
    """Return the clips of one side of the split, a list for each data set."""
    sets = []
    for name in ("cmu_asf", "cmu_daz", "cmu_fbx", "cmu_long", "accad", "uiprmd", "soma_apache", "hdm05"):
        path = data / f"{name}.npz"
        if name == "hdm05":
            clips = load_packed_clips(path) if held_out else []
        else:
            people = frozenset(read_packed(path).subject.tolist())
            away = _HELD_OUT.get(name, frozenset()) & people
            chosen = away if held_out else people - away
            clips = load_people(path, chosen) if chosen else []
        long_enough = [clip for clip in clips if len(clip) >= _FEWEST_FRAMES]
        if long_enough:
            sets.append(long_enough)
    return sets


def simulate_table(motion: Motion, axes: str, order: QuaternionOrder, random: np.random.Generator) -> Table:
    """Return a table of a headset and two hands in some axes, cut from a motion at random."""
    length = min(len(motion), int(random.integers(600, _MOST_FRAMES)))
    first = int(random.integers(0, len(motion) - length + 1))
    part = slice(first, first + length)
    motion = replace(
        motion, rotations_wxyz=motion.rotations_wxyz[part], root_translation_m=motion.root_translation_m[part]
    )
    t_pose = bool(random.random() < 0.2)
    if t_pose:
        motion = with_t_pose(motion, float(random.uniform(0.5, 3.0)), random)
    kind = str(random.choice(_KINDS, p=[0.35, 0.15, 0.15, 0.1, 0.15, 0.05, 0.05]))
    joints = list(SENSOR_JOINTS)
    room = wxyz_from_xyzw(Rotation.from_euler("Y", random.uniform(-np.pi, np.pi)).as_quat())
    offsets = _mounts(kind, motion.skeleton.stature_m, random)
    joints_wxyz = motion.rotations_wxyz[:, joints]
    positions_m, wxyz = motion.joint_positions_m[:, joints].copy(), np.empty_like(joints_wxyz)
    for device, offset in enumerate(offsets):
        positions_m[:, device] += rotate_vector(joints_wxyz[:, device], offset.position_m)
        wxyz[:, device] = multiply_quaternions(room, multiply_quaternions(joints_wxyz[:, device], offset.wxyz))
    positions_m = rotate_vector(room, positions_m) + np.array((*random.uniform(-1, 1, 1), 0, *random.uniform(-1, 1, 1)))
    positions_m += 0.0005 * random.standard_normal(positions_m.shape)
    wxyz = wxyz + 0.001 * random.standard_normal(wxyz.shape)
    positions, quaternions = written(positions_m, wxyz / np.linalg.norm(wxyz, axis=-1, keepdims=True), axes, order)
    low = positions_m[:, 1:, 1] < positions_m[:, :1, 1] - 0.62 * motion.skeleton.stature_m / 1.75
    return Table(
        times_s=np.arange(len(motion)) / motion.fps,
        positions=positions,
        quaternions=quaternions,
        order=order,
        axes=axes,
        devices=kind,
        hanging=float(low.mean()),
        t_pose=t_pose,
    )


def _mounts(kind: str, stature_m: float, random: np.random.Generator) -> list[RigidOffset]:
    """Return headset, left and right device in the frames of their joints."""
    eyes_m = np.array((0.0, 0.06, 0.10)) * stature_m / 1.75 + random.standard_normal(3) * (0.003, 0.015, 0.012)
    worn = Rotation.from_rotvec(np.radians((6, 1, 1)) * random.standard_normal(3)) * Rotation.from_euler("Y", np.pi)
    mounts = [RigidOffset(eyes_m, wxyz_from_xyzw(worn.as_quat()))]
    axis, direction = (v / np.linalg.norm(v) for v in random.standard_normal((2, 3)))
    near_m = 0.15 * float(random.random()) ** (1 / 3) * direction
    turn = Rotation.from_rotvec(np.radians(60 * float(random.random())) * axis)
    own_axes = Rotation.create_group("O")[int(random.integers(24))] if random.random() < 0.7 else Rotation.random()
    pitch = Rotation.from_euler("X", random.uniform(-50, 10), degrees=True)
    for side in (0, 1):
        preset = wrist_offset(kind if kind in ("aim", "raw", "saber") else "grip", side).inverse()  # type: ignore[arg-type]  # a name
        held = Rotation.from_quat(xyzw_from_wxyz(preset.wxyz))
        mirror = np.diag((1.0 - 2.0 * side, 1.0, 1.0))
        if kind == "near":
            held = Rotation.from_matrix(mirror @ turn.as_matrix() @ mirror) * held
            mounts.append(RigidOffset(mirror @ near_m, wxyz_from_xyzw(held.as_quat())))
        elif kind == "bare":
            mounts.append(RigidOffset(0.03 * random.standard_normal(3), wxyz_from_xyzw(own_axes.as_quat())))
        elif kind == "joint":
            mounts.append(RigidOffset(np.zeros(3), np.array((1.0, 0.0, 0.0, 0.0))))
        else:
            held = (
                Rotation.from_rotvec(0.1 * random.standard_normal(3))
                * held
                * (pitch if kind == "raw" else Rotation.identity())
            )
            shift_m = 0.01 * random.standard_normal(3)
            mounts.append(RigidOffset(preset.position_m + shift_m, wxyz_from_xyzw(held.as_quat())))
    return mounts


def simulate_tables(sets: list[list[Motion]], count: int, axes: tuple[str, ...], seed: int) -> list[Table]:
    """Return tables of all data sets alike, in random axes and quaternion orders."""
    random = np.random.default_rng(seed)
    tables = []
    for number in range(count):
        clips = sets[number % len(sets)]
        motion = clips[int(random.integers(len(clips)))]
        code, order = axes[int(random.integers(len(axes)))], QUATERNION_ORDERS[int(random.integers(2))]
        tables.append(simulate_table(motion, code, order, random))
    return tables


def recorded_tables(folder: Path, seed: int) -> list[Table]:
    """Return tables of real recordings, in pieces; captured people do not fight with sabers."""
    random = np.random.default_rng(seed)
    tables = []
    for name in _REAL:
        recording = load_recording(folder / name)
        for start_s in np.arange(0.0, max(1.0, recording.duration_s - _PIECE_S / 2), _PIECE_S):
            part = (recording.times_s >= start_s) & (recording.times_s < start_s + _PIECE_S)
            seen = recording.measured[part][..., None]
            positions_m = np.where(seen, recording.positions_m[part], np.nan)
            wxyz = np.where(seen, recording.rotations_wxyz[part], np.nan)
            code, order = _TRUTHS[int(random.integers(len(_TRUTHS)))], QUATERNION_ORDERS[int(random.integers(2))]
            positions, quaternions = written(positions_m, wxyz, code, order)
            tables.append(
                Table(recording.times_s[part], positions, quaternions, order, code, "real", hanging=0.0, t_pose=False)
            )
    return tables


def written(
    positions_m: FloatArray, wxyz: FloatArray, axes: str, order: QuaternionOrder
) -> tuple[FloatArray, FloatArray]:
    """Return positions (F, 3, 3) and quaternions (F, 3, 4) in other axes and another order."""
    A, B = axes_matrix(Axes.parse(axes).rotations), axes_matrix(Axes.parse(axes).device)
    quaternions = matrix_to_quaternion(A.T @ quaternion_to_matrix(wxyz) @ B)
    return positions_m @ axes_matrix(Axes.parse(axes).positions), (
        xyzw_from_wxyz(quaternions) if order == "xyzw" else quaternions
    )


def ranked(table: Table, orders: tuple[QuaternionOrder, ...]) -> list[Reading]:
    """Return the readings of a table, the most probable first."""
    stride = sampling_stride(table.times_s)
    return rank_readings(read_in_orders(excerpt(table.positions, stride), excerpt(table.quaternions, stride), orders))


def fit_weights(tables: list[Table], importance: FloatArray) -> FloatArray:
    """Return the weights under which the true readings are the most probable (conditional logit, small ridge).

    Args:
        tables: simulated and recorded tables.
        importance: (N,) how much each counts; the sum is 1.
    """
    found = [ranked(table, QUATERNION_ORDERS) for table in tables]
    values = np.array([[reading.signs.values for reading in one] for one in found])
    log_prior = np.array([[reading.log_odds - readings.evidence_of(reading.signs) for reading in one] for one in found])
    true = np.array(
        [
            next(i for i, r in enumerate(one) if (str(r.axes), r.order, r.swapped) == (table.axes, table.order, False))
            for one, table in zip(found, tables, strict=True)
        ]
    )
    spread = values.reshape(-1, values.shape[-1]).std(axis=0)
    scaled = values / spread
    rows = np.arange(len(tables))

    def loss(weights: FloatArray) -> tuple[float, FloatArray]:
        odds = scaled @ weights + log_prior
        likelihood = np.exp(odds - odds.max(axis=1, keepdims=True))
        share = likelihood / likelihood.sum(axis=1, keepdims=True)
        gradient = importance @ ((share[..., None] * scaled).sum(axis=1) - scaled[rows, true])
        value = -importance @ np.log(share[rows, true] + 1e-300) + _RIDGE * weights @ weights
        return float(value), gradient + 2 * _RIDGE * weights

    # What a body can do has a sign that no fit may turn round.
    bounds = [
        (None, None) if name in _EITHER_SIGN else (_LEAST_WEIGHT.get(name, 0.0) * wide, None)
        for name, wide in zip(SIGN_FIELDS, spread, strict=True)
    ]
    fitted = minimize(loss, np.zeros(len(spread)), jac=True, method="L-BFGS-B", bounds=bounds)
    return np.asarray(fitted.x / spread)


def report(name: str, tables: list[Table]) -> None:
    """Print how many tables of a kind are read rightly, doubted, or wrong without a doubt."""
    rows = []
    for table in tables:
        best = ranked(table, (table.order,))[0]
        right = (str(best.axes), best.swapped) == (table.axes, False)
        rows.append((right, best.probability < _SURE))
        if not right and best.probability >= _SURE:
            print(
                f"    wrong: {table.axes} as {best.axes} ({best.probability:.2f}), {table.devices}, {table.hanging:.2f}"
            )
    if rows:
        right, doubted = np.array(rows).T
        print(
            f"{name:28s} {len(rows):4d} tables: right {right.mean():.3f}, "
            f"right but doubted {(right & doubted).mean():.3f}, wrong and doubted {(~right & doubted).mean():.3f}, "
            f"wrong and sure {(~right & ~doubted).mean():.3f}"
        )


def main() -> None:
    """Fit or report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--recordings", type=Path, help="folder of real recordings that also count in the fit")
    parser.add_argument("--fit", action="store_true")
    parser.add_argument("--count", type=int, default=600)
    options = parser.parse_args()
    if options.fit:
        tables = simulate_tables(load_motions(options.data, held_out=False), options.count, _TRUTHS, seed=1)
        real = recorded_tables(options.recordings, seed=3) if options.recordings else []
        importance = np.full(len(tables) + len(real), (1 - _REAL_SHARE) / len(tables))
        importance[len(tables) :] = _REAL_SHARE / max(1, len(real))
        weights = fit_weights(tables + real, importance)
        for name, weight in zip(SIGN_FIELDS, weights, strict=True):
            print(f'    "{name}": {weight:.2f},')
        return
    tables = simulate_tables(load_motions(options.data, held_out=True), options.count, _TRUTHS, seed=2)
    report("all", tables)
    for code in _TRUTHS:
        report(code, [table for table in tables if table.axes == code])
    report("Unity, hanging arms", [t for t in tables if t.axes == "RUF" and t.hanging > _HANGING])
    report("hanging arms", [t for t in tables if t.hanging > _HANGING])
    report("with a T-pose", [t for t in tables if t.t_pose])
    for kind in _KINDS:
        report(kind, [table for table in tables if table.devices == kind])


if __name__ == "__main__":
    main()
