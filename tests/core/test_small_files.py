# SPDX-License-Identifier: Apache-2.0
"""Small files that would cost gigabytes or minutes are refused with a sentence, or cost what they are worth."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from inpose_core.motion_files.bvh import save_bvh
from inpose_core.recording import ReadOptions, Recording, load_recording
from inpose_core.recording.live.vmc_decoder import CAPTURE_HEADER, CaptureState
from inpose_core.recording.tables.csv_format import CSV_COLUMNS, write_csv
from tests.core.limited import run_bounded
from tests.core.recording.recording_files import BsorFile, moving_person
from tests.core.recording.sample_recordings import bson
from tests.core.synthetic import smooth_motion

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="limits memory as Linux does")


def with_pauses(person: Recording, pauses: dict[int, float]) -> Recording:
    """Return the recording with pauses of so many seconds before the frames."""
    steps_s = np.diff(person.times_s, prepend=0.0)
    for frame, pause_s in pauses.items():
        steps_s[frame] += pause_s
    return replace(person, times_s=np.cumsum(steps_s))


def amass(path: Path, frames: int = 60, fps: float = 60.0, **changes: object) -> Path:
    arrays: dict[str, object] = {
        "poses": np.zeros((frames, 156)),
        "trans": np.zeros((frames, 3)),
        "betas": np.zeros(16),
        "gender": np.array("neutral"),
        "mocap_framerate": np.array(fps),
    }
    np.savez_compressed(path, **{**arrays, **changes})  # type: ignore[arg-type]
    return path


@pytest.mark.parametrize("hours", [1.0, 5.9, 40.0])
def test_hours_between_two_frames_are_two_takes(tmp_path: Path, hours: float) -> None:
    path = tmp_path / "gap.csv"
    write_csv(with_pauses(moving_person(400), {150: 3600 * hours}), path)
    ran = run_bounded("solve", path, "-o", tmp_path / "out.npz", "--hand-poses", "grip")
    assert ran.code == 0
    assert "split the recording into 2 takes. This is take 2, from " in ran.said
    assert "The others are take 1 from 0.0 to 1.7 s." in ran.said
    assert "250 frames" in run_bounded("info", path).said


def test_a_replay_with_an_hours_pause(tmp_path: Path) -> None:
    path = tmp_path / "gap.bsor"
    path.write_bytes(BsorFile(moving_person(400), pauses=[(3600, 2.0)]).to_bytes())
    assert "takes" in run_bounded("info", path).said


def test_every_take_can_be_had(tmp_path: Path) -> None:
    person = moving_person(300)
    path = tmp_path / "takes.csv"
    write_csv(with_pauses(person, {100: 60.0, 250: 9.0}), path)
    longest = load_recording(path)
    assert len(longest) == 200, "a pause of nine seconds stays in the take"
    assert longest.duration_s == pytest.approx(199 / 90 + 9, abs=1e-6)
    first = load_recording(path, ReadOptions(take=1))
    np.testing.assert_allclose(first.positions_m, person.positions_m[:100], atol=1e-6)
    assert "This is take 1, from 0.0 to 1.1 s. The others are take 2 from 61.1 to 72.3 s." in first.notes[-1]
    assert load_recording(path, ReadOptions(take=2)).positions_m.shape == longest.positions_m.shape
    for number in (0, 3):
        with pytest.raises(Exception, match=f"no take {number}|Take cannot be {number}"):
            load_recording(path, ReadOptions(take=number))


def test_stretches_in_which_no_device_is_seen_are_pauses_too(tmp_path: Path) -> None:
    person = moving_person(3000)
    measured = person.measured.copy()
    measured[500:1600] = False
    path = tmp_path / "lost.csv"
    write_csv(replace(person, measured=measured), path)
    recording = load_recording(path)
    assert len(recording) == 1400
    assert "2 takes" in " ".join(recording.notes)


def test_a_hand_that_is_lost_for_long_splits_nothing(tmp_path: Path) -> None:
    person = moving_person(3000)
    measured = person.measured.copy()
    measured[500:1600, 1] = False
    path = tmp_path / "lost.csv"
    write_csv(replace(person, measured=measured), path)
    assert len(load_recording(path)) == 3000


def test_a_live_take_with_a_long_pause_is_kept_as_a_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from inpose_core.recording.live import vmc  # noqa: PLC0415 (where the capture is replaced)

    pose = "0.1,1.6,0.{0},0,0.1,0,1"
    rows = [
        f"{(k / 90 if k < 200 else 60 + k / 90):.4f},{name},{pose.format(k % 10)}"
        for k in range(500)
        for name in ("hmd", "controller 1", "controller 2")
    ]

    def capture(live: Path, *_: object) -> CaptureState:
        live.write_text("\n".join([CAPTURE_HEADER, *rows]))
        return CaptureState(rows=len(rows))

    monkeypatch.setattr(vmc, "_capture", capture)
    taken = vmc.capture_vmc(tmp_path / "take.csv")
    assert len(taken) == 300
    assert len(load_recording(tmp_path / "take.csv", ReadOptions(take=1))) == 200


def test_few_frames_over_many_minutes_are_no_recording(tmp_path: Path) -> None:
    path = tmp_path / "sparse.csv"
    write_csv(with_pauses(moving_person(400), dict.fromkeys(range(1, 400, 3), 9.0)), path)
    ran = run_bounded("solve", path, "-o", tmp_path / "out.npz")
    assert ran.code == 2
    assert "only 400 frames in" in ran.said


def test_three_hundred_thousand_pauses(tmp_path: Path) -> None:
    path = tmp_path / "pauses.bsor"
    pauses = [(1, 0.01 * k) for k in range(300_000)]
    path.write_bytes(BsorFile(moving_person(60_000), pauses=pauses).to_bytes())
    assert run_bounded("info", path).code == 2


@pytest.mark.parametrize(("frames", "fps"), [(60, 0.001), (2, 1e-300), (60, 1e300), (60, 0.0), (60, -5.0)])
def test_amass_at_rates_that_are_none(tmp_path: Path, frames: int, fps: float) -> None:
    ran = run_bounded("info", amass(tmp_path / "slow.npz", frames, fps))
    assert ran.code == 2
    assert "frames per second is not a frame rate" in ran.said


def test_amass_of_millions_of_frames(tmp_path: Path) -> None:
    poses, trans = np.zeros((1_500_000, 66), np.int8), np.zeros((1_500_000, 3), np.int8)
    ran = run_bounded("info", amass(tmp_path / "long.npz", poses=poses, trans=trans))
    assert ran.code == 2
    assert "too long" in ran.said


@pytest.mark.parametrize("frame_time", ["99", "1e9", "1e-9", "nan", "-1", "0"])
def test_bvh_with_frames_of_a_minute_and_a_half(tmp_path: Path, frame_time: str) -> None:
    path = tmp_path / "slow.bvh"
    save_bvh(smooth_motion(60), path)
    text = path.read_text()
    path.write_text(text.replace(f"{1 / 60:.9f}", frame_time))
    ran = run_bounded("info", path)
    assert ran.code == 2
    assert "frame time" in ran.said


def test_bvh_of_thousands_of_joints_without_channels(tmp_path: Path) -> None:
    joint = "JOINT a\n{ OFFSET 0 0 0 CHANNELS 0 }\n"
    head = "HIERARCHY\nROOT hips\n{ OFFSET 0 0 0\nCHANNELS 3 Xrotation Yrotation Zrotation\n" + 9000 * joint + "}\n"
    path = tmp_path / "joints.bvh"
    path.write_text(head + "MOTION\nFrames: 60000\nFrame Time: 0.01\n" + 60_000 * "0 0 0\n")
    ran = run_bounded("info", path)
    assert ran.code == 2
    assert "more than" in ran.said


def test_bvh_in_one_endless_line(tmp_path: Path) -> None:
    path = tmp_path / "line.bvh"
    save_bvh(smooth_motion(10), path)
    path.write_text(path.read_text() + "1" * 40_000_000)
    assert run_bounded("info", path).code == 2


def test_xror_rows_without_axes(tmp_path: Path) -> None:
    fpzip = pytest.importorskip("fpzip")
    devices = [{"name": n, "type": "HMD", "joint": n, "axes": []} for n in ("HEAD", "HAND_LEFT", "HAND_RIGHT")]
    rows = np.arange(4_000_000, dtype=np.float32)[None, None, :, None] / 100
    document = {
        "info": {"hardware": {"devices": devices}, "software": {"app": {"name": "x"}}},
        "frames": fpzip.compress(rows, order="C"),
    }
    path = tmp_path / "rows.xror"
    path.write_bytes(bson(document))
    ran = run_bounded("info", path)
    assert ran.code == 2
    assert "no head and hands" in ran.said


@pytest.mark.parametrize("columns", [20_000, 10_000_000])
def test_millions_of_columns(tmp_path: Path, columns: int) -> None:
    path = tmp_path / "wide.csv"
    path.write_text("time" + ",a" * columns + ("\n0" + ",1" * columns) * 2)
    ran = run_bounded("info", path)
    assert ran.code == 2
    assert "columns" in ran.said


def test_a_table_of_empty_rows(tmp_path: Path) -> None:
    header = ",".join(CSV_COLUMNS)
    path = tmp_path / "rows.csv"
    path.write_text(header + "\n" + ("0" + "," * 21 + "\n") * 1_200_000)
    ran = run_bounded("info", path)
    assert ran.code == 2
    assert "more than 1000000 frames" in ran.said


def test_a_long_table_of_one_long_name(tmp_path: Path) -> None:
    path = tmp_path / "long.csv"
    row = ",0,0,0,0,0,0,1\n"
    path.write_text(CAPTURE_HEADER + "\n" + ("0.1,x" + row) * 900_000 + "0.2," + "y" * 100_000 + row)
    assert run_bounded("info", path).code == 2


@pytest.mark.parametrize("part", ["[],", "{},", '{"a":0},', "[[[[]]]],", '"",', "1,"])
def test_json_of_millions_of_nothings(tmp_path: Path, part: str) -> None:
    path = tmp_path / "many.json"
    count = 120_000_000 // len(part)
    path.write_text('{"schema": [], "frames": [' + part * count + "0]}")
    assert run_bounded("info", path).code == 2
