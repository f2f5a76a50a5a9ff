# SPDX-License-Identifier: Apache-2.0
"""Times of arrival: delays are taken out; pauses, lost poses and uneven senders stay."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from inpose_core.recording import load_recording
from inpose_core.recording.arrival_clock import without_delays
from tests.core.recording.network_delays import COUNT, RATE_HZ, SENDERS, arrived, delays_of_a_network, off_s, sent

EXAMPLE = next((Path(__file__).resolve().parents[3] / "examples").glob("*.csv"))


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("what", [*SENDERS, "another rate"])
def test_delays_are_taken_out(seed: int, what: str) -> None:
    sent_s = sent(what, seed)
    if what == "another rate":
        sent_s = 12.0 + np.cumsum(np.where(np.arange(COUNT) < 2000, 1 / RATE_HZ, 1 / 90.0))
    arrived_s = arrived(sent_s, delays_of_a_network(len(sent_s), seed))
    found = without_delays(arrived_s)
    assert (np.diff(found.times_s) > 0).all()
    assert np.quantile(off_s(found.times_s, sent_s), 0.8) < 0.004
    # Where a pose is lost while others are held up, nobody can tell which one.
    assert np.quantile(off_s(found.times_s, sent_s), 0.9) < 1.05 / RATE_HZ < np.quantile(off_s(arrived_s, sent_s), 0.9)
    assert off_s(found.times_s, sent_s).max() < 0.5 * off_s(arrived_s, sent_s).max()
    assert "ms late" in found.findings[0].sentence


@pytest.mark.parametrize("step_s", [1e-7, 5.0])
def test_bursts_of_what_is_no_tracking_stay(step_s: float) -> None:
    times_s = arrived(step_s * np.arange(300.0), step_s * np.random.default_rng(2).uniform(0, 4, 300))
    np.testing.assert_array_equal(without_delays(times_s).times_s, times_s)


@pytest.mark.parametrize("what", ["even", "frames of several lengths", "milliseconds", "few"])
def test_times_without_bursts_stay(what: str) -> None:
    random = np.random.default_rng(3)
    times_s = np.arange(40 if what == "few" else COUNT) / RATE_HZ
    if what == "frames of several lengths":
        times_s = np.cumsum(random.choice((1 / 90.0, 2 / 90.0, 3 / 90.0), COUNT, p=(0.7, 0.25, 0.05)))
    elif what == "milliseconds":
        times_s = np.round(times_s, 3)
    found = without_delays(times_s)
    np.testing.assert_array_equal(found.times_s, times_s)
    assert not found.findings


def test_a_capture_on_a_busy_computer_has_no_gaps(tmp_path: Path) -> None:
    true = load_recording(EXAMPLE)
    sent_s = np.arange(len(true)) / RATE_HZ
    arrived_s = arrived(sent_s, delays_of_a_network(len(true), 1))
    rows = ["time,device," + ",".join(f"capture_{part}" for part in ("px", "py", "pz", "qx", "qy", "qz", "qw"))]
    for frame, time_s in enumerate(arrived_s.tolist()):
        for device, name in enumerate(("hmd", "left controller", "right controller")):
            x, y, z = true.positions_m[frame, device]
            qw, qx, qy, qz = true.rotations_wxyz[frame, device]
            pose = (x, y, -z, -qx, -qy, qz, qw)
            rows.append(f"{time_s:.6f},{name}," + ",".join(f"{value:.9g}" for value in pose))
    path = tmp_path / "take.csv"
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    found = load_recording(path)
    assert np.quantile(off_s(found.times_s, sent_s), 0.9) < 0.007
    assert any(finding.kind == "clock" for finding in found.findings)
    np.testing.assert_allclose(found.positions_m[:, 0], true.positions_m[:, 0], atol=1e-6)
