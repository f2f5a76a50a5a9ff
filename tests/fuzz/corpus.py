# SPDX-License-Identifier: Apache-2.0
"""Make the inputs that fuzzing begins with: what our own writers write, and small ones of what once broke a reader."""

from __future__ import annotations

import io
import json
import struct
import tempfile
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np

from inpose_core.body.skeleton import JOINT_COUNT, Skeleton
from inpose_core.motion_files.bvh import save_bvh
from inpose_core.prior.checkpoint import Prior, save_prior
from inpose_core.prior.conditioning import THREE_POINT_SIZE
from inpose_core.prior.network import DiffusionTransformer, NetworkConfig, weight_shapes
from inpose_core.prior.schedule import NoiseSchedule
from inpose_core.prior.uncertainty import Uncertainty
from inpose_core.recording.formats.sensors_file import save_sensors
from inpose_core.recording.live.vmc_decoder import CAPTURE_HEADER
from inpose_core.recording.tables.csv_format import write_csv
from inpose_core.recording.tables.layouts import PRESET_FOLDER
from inpose_core.recording.types import Sensors
from tests.core.recording.recording_files import BsorFile, moving_person
from tests.core.recording.sample_recordings import all_samples
from tests.core.synthetic import smooth_motion

Corpus = dict[str, list[bytes]]
"""Inputs of each target (`targets.TARGETS`)."""

_FRAMES = 40


def make_corpus() -> Corpus:
    """Return the inputs of every target; small, so that a mutation matters."""
    person = moving_person(_FRAMES)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        write_csv(person, folder / "own.csv")
        save_bvh(smooth_motion(8), folder / "body.bvh")
        smooth_motion(12).save_npz(folder / "own.npz")
        poses = np.zeros((9, 3, 4))
        poses[..., 0] = 1
        save_prior(_small_prior(), folder / "prior.safetensors")
        save_sensors(Sensors(np.zeros((9, 3, 3)), poses, np.ones((9, 3), np.bool_)), folder / "sensors.npz")
        own = {path.name: path.read_bytes() for path in folder.iterdir()}
    amass = _archive(
        poses=np.zeros((12, 66)),
        trans=np.zeros((12, 3)),
        betas=np.zeros(4),
        gender=np.array("male"),
        mocap_framerate=np.array(60.0),
    )
    gap_s = np.where(np.arange(_FRAMES) < 20, 0.0, 20_000.0)
    gap = BsorFile(replace(person, times_s=person.times_s + gap_s)).to_bytes()
    pauses = BsorFile(person, pauses=[(3600, 0.1), (-5, 0.2), (20, 0.3)]).to_bytes()
    capture = "\n".join(
        [CAPTURE_HEADER, *(f"{k / 60},{name},0,1.6,{k},0,0,0,1" for k in range(9) for name in ("hmd", "controller 1"))]
    )
    recordings = [*all_samples(person).values(), own["own.csv"], own["body.bvh"], own["own.npz"], amass]
    recordings += [gap, pauses, capture.encode(), *_broken_archives(amass), *_broken_texts(own["body.bvh"])]
    skeleton = Skeleton.template().to_json().encode()
    return {
        "recording": recordings,
        "motion": [own["own.npz"], *_broken_archives(own["own.npz"])],
        "amass": [amass, *_broken_archives(amass)],
        "bvh": [own["body.bvh"], *_broken_texts(own["body.bvh"])],
        "sensors": [own["sensors.npz"]],
        "skeleton": [skeleton, skeleton.replace(b"0.0", b"1" * 400, 1), b"[" * 5000],
        "calibration": [_calibration(), _calibration().replace(b"1.75", b"1" * 400), b'{"a":' * 3000],
        "columns": [path.read_bytes() for path in sorted(PRESET_FOLDER.glob("*.json"))],
        "osc": _datagrams(),
        "weights": [own["prior.safetensors"], own["prior.safetensors"].replace(b"[0,", b"[4,", 1), b"\xff" * 8 + b"{}"],
    }


def _small_prior() -> Prior:
    config = NetworkConfig(THREE_POINT_SIZE, window=2, frames_per_token=1, width=4, depth=1, heads=1, mlp_ratio=1)
    weights = {name: np.zeros(shape, np.float32) for name, shape in weight_shapes(config).items()}
    uncertainty = Uncertainty(np.array([-1.0, 1.0]), np.ones((2, JOINT_COUNT), np.float32))
    return Prior(DiffusionTransformer(config, weights), NoiseSchedule(), uncertainty, {})


def _archive(**arrays: object) -> bytes:
    packed = io.BytesIO()
    np.savez_compressed(packed, **arrays)  # type: ignore[arg-type]
    return packed.getvalue()


def _broken_archives(whole: bytes) -> list[bytes]:
    """Return an archive without compression, with a header cut off, text of a negative length, a damaged stream."""
    stored = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(whole)) as archive, zipfile.ZipFile(stored, "w") as plain:
        for name in archive.namelist():
            plain.writestr(name, archive.read(name))
    cut = stored.getvalue().replace(b"'shape': (", b"'shape': ((", 1)
    negative = stored.getvalue().replace(b"'<U", b"'<U-", 1)
    return [stored.getvalue(), cut, negative, whole[:200] + bytes(8) + whole[208:]]


def _broken_texts(bvh: bytes) -> list[bytes]:
    return [
        bvh.replace(b"Frame Time: 0.", b"Frame Time: 99.", 1),
        bvh.replace(b"CHANNELS 3", b"CHANNELS 0", 5),
        bvh.replace(b"OFFSET 0.", b"OFFSET nan", 1),
    ]


def _calibration() -> bytes:
    offset = {"position_m": [0.0, 0.0, 0.0], "wxyz": [1.0, 0.0, 0.0, 0.0]}
    document = {"format": "inpose-calibration", "version": 1, "stature_m": 1.75, "head_joint_height_m": 1.6}
    document |= {"wrist_span_m": 1.4, "pose": "grip", "source": "defaults"}
    return json.dumps({**document, "head": offset, "left": offset, "right": offset}).encode()


def _datagrams() -> list[bytes]:
    pose = b"/VMC/Ext/Hmd/Pos\0\0\0\0,sfffffff\0\0\0abc\0" + struct.pack(">7f", 0, 1, 2, 0, 0, 0, 1)
    clock = b"/VMC/Ext/T\0\0,f\0\0" + struct.pack(">f", 12.5)
    bundle = b"#bundle\0" + bytes(8) + b"".join(struct.pack(">i", len(x)) + x for x in (clock, pose))
    nested = b"#bundle\0" + bytes(8) + struct.pack(">i", len(bundle)) + bundle
    endless = b"#bundle\0" + bytes(8) + struct.pack(">i", -4)
    return [pose, clock, bundle, nested, endless, bundle + struct.pack(">i", -4)]
