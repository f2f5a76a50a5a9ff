# SPDX-License-Identifier: Apache-2.0
"""Each defect spoils what it says, where it says, and nothing else."""

import numpy as np
import pytest

from inpose_core.body.quaternions import geodesic_angle
from inpose_core.evaluation.recordings.cases import spoil
from inpose_core.evaluation.recordings.defects import CLEAN_KINDS, DEFECTS
from inpose_core.recording.findings import FINDING_KINDS
from tests.core.evaluation.recordings.scenes import scene

ONE_DEVICE = [kind for kind, defect in DEFECTS.items() if defect.group == "tracks"]


def test_every_kind_is_there_once_and_its_fitting_findings_exist() -> None:
    assert len(DEFECTS) >= 50
    assert DEFECTS.keys() >= CLEAN_KINDS
    for kind in DEFECTS:
        for damage in spoil(scene(kind), DEFECTS[kind], 0).damages:
            assert damage.fits <= set(FINDING_KINDS)


@pytest.mark.parametrize("kind", ONE_DEVICE)
def test_a_track_is_spoilt_in_its_damages_only(kind: str) -> None:
    whole = scene(kind)
    damaged = spoil(whole, DEFECTS[kind], 0)
    changed = (damaged.take.positions_m != whole.take.positions_m).any(-1)
    changed |= geodesic_angle(damaged.take.rotations_wxyz, whole.take.rotations_wxyz) > 1e-6
    changed |= damaged.take.measured != whole.take.measured
    assert changed.any() == bool(damaged.damages)
    said = np.zeros_like(changed)
    for damage in damaged.damages:
        assert damage.start_s is not None
        assert damage.stop_s is not None
        inside = (whole.take.times_s >= damage.start_s) & (whole.take.times_s <= damage.stop_s)
        devices = (1, 2) if damage.device is None else (damage.device,)
        said[np.ix_(inside, devices)] = True
    assert not (changed & ~said).any()


@pytest.mark.parametrize("kind", sorted(DEFECTS))
def test_the_same_scene_is_spoilt_the_same_way(kind: str) -> None:
    files = []
    for _ in range(2):
        damaged = spoil(scene(kind, 1), DEFECTS[kind], 1)
        files.append(damaged.logger.write(damaged.take))
    assert files[0] == files[1]


def test_what_comes_before_a_take_moves_the_truth() -> None:
    damaged = spoil(scene("desk_first"), DEFECTS["desk_first"], 0)
    first = int(np.searchsorted(damaged.take.times_s, damaged.truth_from_s - 1e-9))
    np.testing.assert_array_equal(damaged.take.positions_m[first], scene("desk_first").take.positions_m[0])
    assert (np.diff(damaged.take.times_s) > 0).all()


def test_a_floor_that_drifts_ends_far_off_and_nothing_else_moves() -> None:
    whole = scene("floor_drifts")
    damaged = spoil(whole, DEFECTS["floor_drifts"], 0)
    added_m = damaged.take.positions_m - whole.take.positions_m
    assert 0.2 < abs(added_m[-1, 0, 1]) < 0.46
    np.testing.assert_array_equal(added_m[..., [0, 2]], 0.0)
