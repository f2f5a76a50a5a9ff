# SPDX-License-Identifier: Apache-2.0
"""What a logger writes is what the reader reads, once its conventions are said."""

from pathlib import Path

import numpy as np
import pytest

from inpose_core.body.quaternions import geodesic_angle
from inpose_core.body.skeleton import SENSOR_JOINTS
from inpose_core.evaluation.recordings.loggers.body_files import BVH, BVH_Z_UP, SCENE_CSV
from inpose_core.evaluation.recordings.loggers.json_files import AFRAME, IWER, OPENVR_LINES
from inpose_core.evaluation.recordings.loggers.logger import Logger
from inpose_core.evaluation.recordings.loggers.replays import BSOR
from inpose_core.evaluation.recordings.loggers.tables import (
    INPOSE_CSV,
    OPENVR_CSV,
    STEAMVR_ROWS,
    UNITY,
    UNITY_CSV,
    clock_text,
    joined_rows,
    table_header,
    write_table,
)
from inpose_core.recording import ReadOptions, load_recording
from tests.core.evaluation.recordings.scenes import take


@pytest.mark.parametrize(
    ("logger", "options"),
    [
        (INPOSE_CSV, ReadOptions()),
        (UNITY_CSV, ReadOptions(axes="unity", swap_hands=False)),
        (OPENVR_CSV, ReadOptions(axes="openxr", swap_hands=False)),
        (STEAMVR_ROWS, ReadOptions()),
        (BSOR, ReadOptions()),
        (IWER, ReadOptions()),
        (AFRAME, ReadOptions(swap_hands=False)),
        (OPENVR_LINES, ReadOptions()),
    ],
    ids=lambda value: value.name if isinstance(value, Logger) else "",
)
def test_a_log_reads_as_the_take(logger: Logger, options: ReadOptions, tmp_path: Path) -> None:
    tracked = take()
    path = tmp_path / f"take{logger.suffix}"
    path.write_bytes(logger.write(tracked))
    recording = load_recording(path, options)
    assert len(recording) == len(tracked)
    np.testing.assert_allclose(recording.times_s, tracked.times_s, atol=1.1e-3)
    np.testing.assert_allclose(recording.positions_m, tracked.positions_m, atol=2e-4)
    assert np.degrees(geodesic_angle(recording.rotations_wxyz, tracked.rotations_wxyz)).max() < 0.1


@pytest.mark.parametrize(
    ("logger", "axes"), [(SCENE_CSV, None), (BVH, None), (BVH_Z_UP, "blender")], ids=["scene", "bvh", "bvh-z-up"]
)
def test_a_body_s_file_holds_its_joints(logger: Logger, axes: str | None, tmp_path: Path) -> None:
    tracked = take()
    path = tmp_path / f"take{logger.suffix}"
    path.write_bytes(logger.write(tracked))
    recording = load_recording(path, ReadOptions(axes=axes, unit="m" if logger is SCENE_CSV else None))
    truth_m = tracked.truth.joint_positions_m[:, list(SENSOR_JOINTS)]
    apart_m = np.linalg.norm(truth_m[0, 1] - truth_m[0, 2])
    assert np.linalg.norm(recording.positions_m[0, 1] - recording.positions_m[0, 2]) == pytest.approx(apart_m, rel=0.03)
    if axes is None:
        assert recording.positions_m[0, 0, 1] == pytest.approx(truth_m[0, 0, 1], abs=0.05)


def test_clocks_begin_again_at_midnight_and_sessions_are_joined_with_or_without_headers() -> None:
    assert clock_text(86399.5)(np.array([0.0, 0.25, 0.75])) == ["23:59:59.500", "23:59:59.750", "00:00:00.250"]
    part = write_table(take(), UNITY)
    header = ",".join(table_header(UNITY)).encode()
    assert joined_rows([part, part], True).count(header) == 2
    assert joined_rows([part, part], False).count(header) == 1
