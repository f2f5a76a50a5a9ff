# SPDX-License-Identifier: Apache-2.0
import struct
import sys
from pathlib import Path

import numpy as np
import pytest

from inpose_core.demo.contact_sheet import save_contact_sheet
from inpose_core.errors import InPoseError, OutputError
from tests.core.synthetic import perfect_sensors, smooth_motion


def read_size(path: Path) -> tuple[int, int]:
    data = path.read_bytes()
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    assert data[-8:-4] == b"IEND"
    width, height = struct.unpack(">II", data[16:24])
    return width, height


def test_a_sheet_shows_two_rows_of_eight_figures(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    motion = smooth_motion(60)
    path = tmp_path / "sheet.png"
    save_contact_sheet(motion, path, perfect_sensors(motion), title="A take")
    assert read_size(path) == (1600, 580)
    assert path.stat().st_size > 20_000
    from matplotlib.image import imread  # noqa: PLC0415

    pixels = imread(path)[..., :3]
    ink = (pixels.min(axis=-1) < 0.6).reshape(2, 290, 8, 200).sum(axis=(1, 3))
    assert (ink > 100).all(), "a figure is missing"
    assert list(tmp_path.iterdir()) == [path]


def test_few_frames_and_chosen_moments_make_a_smaller_sheet(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    path = tmp_path / "sheet.png"
    save_contact_sheet(smooth_motion(1), path, columns=2)
    assert read_size(path) == (400, 290)
    save_contact_sheet(smooth_motion(30), path, times_s=np.array([0.0, 0.2, 99.0]), columns=2)
    assert read_size(path) == (400, 580)


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    with pytest.raises(OutputError, match="cannot be written"):
        save_contact_sheet(smooth_motion(2), tmp_path / "nowhere" / "sheet.png", columns=1)


def test_without_matplotlib_the_package_to_install_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(InPoseError, match="matplotlib") as caught:
        save_contact_sheet(smooth_motion(2), tmp_path / "sheet.png")
    assert "pip install matplotlib" in caught.value.hint
    assert list(tmp_path.iterdir()) == []
