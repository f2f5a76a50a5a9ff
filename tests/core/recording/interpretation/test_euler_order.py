# SPDX-License-Identifier: Apache-2.0
"""Euler angles of any order: found out from the motion, told, and doubted."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from inpose_core.body.quaternions import geodesic_angle, normalize_quaternion
from inpose_core.recording import ReadOptions, Recording, load_recording
from inpose_core.recording.types import Guess
from tests.core.recording.recording_tables import cut, euler_poses, euler_table

EXAMPLE = Path(__file__).resolve().parents[4] / "examples" / "walk_wave_crouch.csv"
DEVICES = ("Head", "LeftHand", "RightHand")
wide = euler_table


@pytest.fixture(scope="module")
def take() -> Recording:
    return cut(load_recording(EXAMPLE), slice(0, 900))


def long(recording: Recording, axes: str, order: str) -> str:
    rows = [
        [f"{t:.6f}", device, *(f"{x:.6f}" for x in pose)]
        for t, poses in euler_poses(recording, axes, order)
        for device, pose in zip(DEVICES, poses, strict=True)
    ]
    header = ["time", "device", "x", "y", "z", "rotX", "rotY", "rotZ"]
    return "\n".join(",".join(row) for row in [header, *rows])


def load(folder: Path, text: str, **options: object) -> tuple[Recording, Guess]:
    (folder / "take.csv").write_text(text)
    recording = load_recording(folder / "take.csv", ReadOptions(**options))  # type: ignore[arg-type]
    return recording, next(guess for guess in recording.guesses if guess.name == "Euler order")


@pytest.mark.parametrize(
    ("table", "axes", "order"),
    [
        (wide, "RUF", "YXZ"),
        (wide, "RUB", "XYZ"),
        (wide, "RFU/RFU/RUB", "ZYX"),
        (wide, "RUF", "ZXY"),
        (long, "FLU", "ZYX"),
    ],
)
def test_the_order_is_found_out_together_with_the_axes(
    tmp_path: Path, take: Recording, table: object, axes: str, order: str
) -> None:
    read, guess = load(tmp_path, table(take, axes, order))  # type: ignore[operator]
    assert (guess.value, guess.source) == (order, "guessed")
    assert np.degrees(geodesic_angle(read.rotations_wxyz, take.rotations_wxyz)).max() < 0.1


def test_the_order_that_the_user_tells_counts(tmp_path: Path, take: Recording) -> None:
    read, guess = load(tmp_path, wide(take, "RUB", "XZY"), euler_order="XZY", axes="openxr")
    assert (guess.value, guess.source) == ("XZY", "given")
    assert np.degrees(geodesic_angle(read.rotations_wxyz, take.rotations_wxyz)).max() < 0.1


def test_the_order_of_given_columns_counts(tmp_path: Path, take: Recording) -> None:
    columns = ", ".join(
        f"{own}_p={device}Pos{{XYZ}}, {own}_e={device}Rot{{XYZ}}"
        for own, device in zip(("head", "left", "right"), DEVICES, strict=True)
    )
    columns = f"time=time, {columns}, euler_order=YZX, axes=openxr"
    read, guess = load(tmp_path, wide(take, "RUB", "YZX"), columns=columns)
    assert (guess.value, guess.source) == ("YZX", "file")
    assert np.degrees(geodesic_angle(read.rotations_wxyz, take.rotations_wxyz)).max() < 0.1


def test_angles_that_make_no_head_upright_are_doubted(tmp_path: Path, take: Recording) -> None:
    random = np.random.default_rng(0)
    nonsense = normalize_quaternion(random.normal(size=take.rotations_wxyz.shape))
    take = Recording(take.times_s, take.positions_m, nonsense, take.measured, "test")
    read, guess = load(tmp_path, wide(take, "RUB", "XYZ"))
    assert "--euler-order" in guess.doubt
    assert guess.doubt in {finding.sentence for finding in read.findings}
