# SPDX-License-Identifier: Apache-2.0
"""Name every reader of files and packets that others may have made."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from inpose_core.body.motion import Motion
from inpose_core.body.skeleton import Skeleton
from inpose_core.calibration import load_calibration
from inpose_core.motion_files.amass import load_amass
from inpose_core.motion_files.bvh import load_bvh
from inpose_core.prior.checkpoint import load_prior
from inpose_core.recording import ReadOptions, load_recording
from inpose_core.recording.formats.sensors_file import load_sensors
from inpose_core.recording.live.vmc_decoder import VmcDecoder
from tests.core.recording.fuzzing import is_sane


class InsaneError(Exception):
    """A reader returned something that is no recording."""


def _recording(path: Path) -> None:
    if not is_sane(load_recording(path)):
        raise InsaneError(path.name)


def _columns(path: Path) -> None:
    table = path.with_name("table.csv")
    table.write_text("t,x,y,z,a,b,c,w\n" + "".join(f"{k / 60},1,2,3,0,0,0,1\n" for k in range(4)))
    _recording_of(table, str(path))


def _recording_of(table: Path, columns: str) -> None:
    load_recording(table, ReadOptions(columns=columns))


def _osc(path: Path) -> None:
    data = path.read_bytes()
    decoder = VmcDecoder()
    for arrived_s in range(3):
        for row in decoder.rows(data, float(arrived_s)):
            if "nan" in row.split(",", 1)[0] or row.count(",") != 8:
                raise InsaneError(row)


TARGETS: dict[str, tuple[Callable[[Path], object], str]] = {
    "recording": (_recording, "take.bin"),
    "motion": (Motion.load_npz, "motion.npz"),
    "amass": (load_amass, "amass.npz"),
    "bvh": (load_bvh, "body.bvh"),
    "sensors": (load_sensors, "sensors.npz"),
    "skeleton": (Skeleton.from_json_file, "skeleton.json"),
    "calibration": (load_calibration, "calibration.json"),
    "columns": (_columns, "columns.json"),
    "osc": (_osc, "packet.bin"),
    "weights": (load_prior, "prior.safetensors"),
}
"""Each reader of a path, and the name that its file has."""
