# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from inpose_core.errors import InPoseError, OutputError
from inpose_core.inspection.picture import save_recording_picture
from inpose_core.recording import Recording, load_recording
from inpose_core.recording.cleaning.clean import clean_recording
from tests.core.calibration.test_calibration_pose import held
from tests.core.recording.recording_files import moving_person, real_recording

matplotlib_image = pytest.importorskip("matplotlib.image")


def drawn(recording: Recording, path: Path) -> np.ndarray:
    save_recording_picture(recording, path, "take.csv")
    return (matplotlib_image.imread(path)[..., :3] * 255).astype(int)


def count_of(picture: np.ndarray, colour: tuple[int, int, int]) -> int:
    return int((np.abs(picture - colour).max(axis=-1) < 12).sum())


def test_tracks_and_the_calibration_pose_are_drawn(tmp_path: Path) -> None:
    green = (44, 160, 44)
    posed = drawn(held(), tmp_path / "posed.png")
    assert posed.shape == (820, 1100, 3)
    assert count_of(posed, green) > 300
    for colour in ((59, 63, 70), (31, 119, 180), (214, 39, 40)):
        assert count_of(posed, colour) > 1000
    assert count_of(drawn(held(80.0), tmp_path / "without.png"), green) == 0


def test_losses_are_drawn_as_losses(tmp_path: Path) -> None:
    person = moving_person(900)
    whole = drawn(clean_recording(person), tmp_path / "whole.png")
    person.measured[300:700, 2] = False
    lossy = drawn(clean_recording(person), tmp_path / "lossy.png")
    red = (214, 39, 40)
    bar = slice(700, 790)
    # Two ninths of the right hand's bar are measured less, and hatched instead.
    assert count_of(lossy[bar], red) < 0.75 * count_of(whole[bar], red)


@pytest.mark.parametrize("name", ["bs_vivepro2_normal.bsor"])
def test_real_recordings_are_drawn(name: str, tmp_path: Path) -> None:
    assert drawn(load_recording(real_recording(name)), tmp_path / "real.png").std() > 5


def test_odd_recordings_are_drawn_too(tmp_path: Path) -> None:
    lost = moving_person(90)
    lost.measured[:, 2] = False
    straight_down = moving_person(90)
    straight_down.rotations_wxyz[:, 0] = (np.sqrt(0.5), -np.sqrt(0.5), 0.0, 0.0)
    giant = replace(moving_person(90), positions_m=moving_person(90).positions_m * 10)
    paused = moving_person(200)
    paused = replace(paused, times_s=paused.times_s + np.where(np.arange(200) >= 100, 30.0, 0.0))
    for index, recording in enumerate((lost, straight_down, giant, paused, moving_person(2))):
        assert drawn(clean_recording(recording), tmp_path / f"{index}.png").std() > 5


def test_a_picture_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OutputError):
        save_recording_picture(moving_person(), tmp_path / "no" / "picture.png")


def test_a_missing_matplotlib_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "matplotlib.figure", None)
    with pytest.raises(InPoseError, match="matplotlib"):
        save_recording_picture(moving_person(), tmp_path / "picture.png")
