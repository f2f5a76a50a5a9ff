# SPDX-License-Identifier: Apache-2.0
"""Write the example as people's own loggers write it, and read it back."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from inpose_core.body.quaternions import geodesic_angle
from inpose_core.errors import RecordingError
from inpose_core.recording import ReadOptions, Recording, load_recording
from tests.core.recording.recording_tables import Convention, FloatArray, cut

EXAMPLE = Path(__file__).resolve().parents[4] / "examples" / "walk_wave_crouch.csv"
PERSON = cut(load_recording(EXAMPLE), slice(0, 900))
T, P, Q = Convention("RUF").tracks(PERSON)
_, P_CM, Q_UNREAL = Convention("FRU", unit="cm").tracks(PERSON)
_, P_XR, Q_XR = Convention("RUB").tracks(PERSON)
UNITY_DEG = Rotation.from_quat(Q.reshape(-1, 4)).as_euler("YXZ", degrees=True)[:, (1, 0, 2)].reshape(P.shape) % 360
ZYX = Rotation.from_quat(Q_UNREAL.reshape(-1, 4)).as_euler("ZYX", degrees=True)
ROTATOR = np.stack((-ZYX[:, 1], ZYX[:, 0], -ZYX[:, 2]), axis=-1).reshape(P.shape)
UNITY = ("Head", "LeftHand", "RightHand")


def header(devices: Iterable[str], position: str, rotation: str, turns: Iterable[str] = "XYZW") -> list[str]:
    names = []
    for device in devices:
        names += [position.format(device, axis) for axis in "XYZ"] + [rotation.format(device, axis) for axis in turns]
    return names


def table(
    names: list[str],
    turns: FloatArray = Q,
    places: FloatArray = P,
    sep: str = ",",
    comma: bool = False,
    time: str = "time",
) -> str:
    values = np.concatenate((places, turns), axis=-1).reshape(len(T), -1)
    lines = [sep.join([time, *names])]
    for moment, row in zip(T, values, strict=True):
        line = sep.join(f"{x:.5f}" for x in (moment, *row))
        lines.append(line.replace(".", ",") if comma else line)
    return "\n".join(lines) + "\n"


def vectors(
    parts: tuple[FloatArray, ...], sep: str, names: str, write: Callable[[FloatArray], str], inside: str
) -> str:
    lines = [names]
    for frame, moment in enumerate(T):
        cells = [inside.join(write(part[frame, device]) for part in parts) for device in range(3)]
        lines.append(sep.join([f"{moment:.4f}", *cells]))
    return "\n".join(lines) + "\n"


def brackets(values: FloatArray) -> str:
    return "(" + ", ".join(f"{x:.4f}" for x in values) + ")"


def lines_of_json(one: Callable[[int], object]) -> str:
    return "\n".join(json.dumps(one(frame)) for frame in range(len(T)))


def matrix(frame: int, device: int) -> list[list[float]]:
    R = Rotation.from_quat(Q_XR[frame, device]).as_matrix()
    return np.concatenate((R, P_XR[frame, device][:, None]), axis=1).tolist()


KINDS: dict[str, tuple[str, str]] = {
    "pipes": (table(header(UNITY, "{}Pos{}", "{}Rot{}"), sep="|"), "utf-8"),
    "german": (
        table(
            header(("Kopf", "Linke Hand", "Rechte Hand"), "{} Position {}", "{} Rotation {}"),
            sep=";",
            comma=True,
            time="Zeit",
        ),
        "utf-8",
    ),
    "french in cp1252": (
        table(
            header(("tête", "main gauche", "main droite"), "{} position {}", "{} rotation {}"), sep=";", time="Temps"
        ),
        "cp1252",
    ),
    "spanish": (
        table(header(("Cabeza", "Mano izquierda", "Mano derecha"), "{} posición {}", "{} rotación {}"), time="Tiempo"),
        "utf-8",
    ),
    "japanese in cp932": (table(header(("頭", "左手", "右手"), "{}位置{}", "{}回転{}"), time="時間"), "cp932"),
    "utf-16": (table(header(UNITY, "{}Pos{}", "{}Rot{}"), sep="\t"), "utf-16"),
    "utf-16 without its mark": (table(header(UNITY, "{}Pos{}", "{}Rot{}")), "utf-16-le"),
    "degree signs in cp1252": (table(header(UNITY, "{} Pos {} (m)", "{} Rot {} (°)", "XYZ"), UNITY_DEG), "cp1252"),
    "radians": (table(header(UNITY, "{}_pos_{}", "{}_rot_{}", "XYZ"), np.radians(UNITY_DEG)), "utf-8"),
    "unreal": (
        table(
            header(("HMD", "Left", "Right"), "{}_Location_{}", "{}_Rotation_{}", ("Pitch", "Yaw", "Roll")),
            ROTATOR,
            P_CM,
        ),
        "utf-8",
    ),
    "mistyped": (
        table(header(UNITY, "{}Pos{}", "{}Rot{}")).replace("LeftHandPosY", "LeftHandPposY").replace("time", "tmie", 1),
        "utf-8",
    ),
    "axis first": (
        table([f"{axis}{d}{kind}" for d in UNITY for kind, axes in (("Pos", "xyz"), ("Rot", "xyzw")) for axis in axes]),
        "utf-8",
    ),
    "spaces": (table(header(UNITY, "{}_p{}", "{}_q{}"), sep=" "), "utf-8"),
    "notes before the header": ("Tuesday\nQuest 3\n\n" + table(header(UNITY, "{}Pos{}", "{}Rot{}")), "utf-8"),
    "header in commas, rows in semicolons": (
        ",".join(["time", *header(UNITY, "{}Pos{}", "{}Rot{}")])
        + "\n"
        + table(header(UNITY, "{}Pos{}", "{}Rot{}"), sep=";").partition("\n")[2],
        "utf-8",
    ),
    "Unity's ToString": (
        vectors(
            (P, Q),
            ",",
            "Time,HeadPosition,HeadRotation,LeftPosition,LeftRotation,RightPosition,RightRotation",
            brackets,
            ",",
        ),
        "utf-8",
    ),
    "rotation, angles and position in a cell": (
        vectors((Q, UNITY_DEG, P), "\t", "Time\tHMD\tLeftHand\tRightHand", brackets, " "),
        "utf-8",
    ),
    "semicolons in a cell": (
        vectors(
            (P, Q),
            ",",
            "time,head_pos,head_rot,left_pos,left_rot,right_pos,right_rot",
            lambda values: ";".join(f"{x:.5f}" for x in values),
            ",",
        ),
        "utf-8",
    ),
    "a header of components, rows of vectors": (
        vectors(
            (P, UNITY_DEG),
            ",",
            ",".join(["Time", *header(UNITY, "Position_{}_{}", "Rotation_{}_{}", "XYZ")]),
            brackets,
            ",",
        ),
        "utf-8",
    ),
    "a row per device": (
        "time,device,x,y,z,qx,qy,qz,qw\n"
        + "\n".join(
            ",".join([f"{T[f]:.4f}", name, *(f"{x:.5f}" for x in (*P[f, d], *Q[f, d]))])
            for f in range(len(T))
            for d, name in enumerate(UNITY)
        ),
        "utf-8",
    ),
    "flat JSON lines": (
        lines_of_json(
            lambda f: (
                {"time": T[f]}
                | {f"{n}Pos{a}": P[f, d, i] for d, n in enumerate(UNITY) for i, a in enumerate("XYZ")}
                | {f"{n}Rot{a}": Q[f, d, i] for d, n in enumerate(UNITY) for i, a in enumerate("XYZW")}
            )
        ),
        "utf-8",
    ),
    "matrices in JSON lines": (
        lines_of_json(
            lambda f: {
                "t": T[f],
                "poses": [
                    {
                        "device_class": ("HMD", "Controller", "Controller")[d],
                        "role": ("", "left", "right")[d],
                        "matrix": matrix(f, d),
                    }
                    for d in range(3)
                ],
            }
        ),
        "utf-8",
    ),
    "a list of JSON objects": (
        json.dumps(
            [
                {"time": T[f]}
                | {
                    n: {"position": P[f, d].tolist(), "rotation": Q[f, d].tolist()}
                    for d, n in enumerate(("head", "left", "right"))
                }
                for f in range(len(T))
            ]
        ),
        "utf-8",
    ),
}


@pytest.mark.parametrize("kind", KINDS)
def test_each_logger_is_read_as_it_was_recorded(tmp_path: Path, kind: str) -> None:
    text, encoding = KINDS[kind]
    path = tmp_path / "take.csv"
    path.write_bytes(text.encode(encoding))
    assert_same(load_recording(path))


def assert_same(read: Recording) -> None:
    assert len(read) == len(PERSON)
    np.testing.assert_allclose(read.positions_m, PERSON.positions_m, atol=2e-3)
    assert np.degrees(geodesic_angle(read.rotations_wxyz, PERSON.rotations_wxyz)).max() < 0.5


def test_words_mean_a_lost_device(tmp_path: Path) -> None:
    lines = table(header(UNITY, "{}Pos{}", "{}Rot{}")).splitlines()
    for number in range(200, 400):
        cells = lines[number].split(",")
        lines[number] = ",".join([*cells[:8], *["NotTracked"] * 7, *cells[15:]])
    (tmp_path / "take.csv").write_text("\n".join(lines))
    read = load_recording(tmp_path / "take.csv")
    assert not read.measured[205:390, 1].any()
    assert read.measured[:, [0, 2]].all()


def test_radians_are_told(tmp_path: Path) -> None:
    (tmp_path / "take.csv").write_text(KINDS["radians"][0])
    read = load_recording(tmp_path / "take.csv")
    assert [finding.kind for finding in read.findings if "radians" in finding.sentence] == ["unit"]


def test_a_table_without_a_header_is_read_by_numbers(tmp_path: Path) -> None:
    text = table(header(UNITY, "{}Pos{}", "{}Rot{}")).partition("\n")[2]
    (tmp_path / "take.csv").write_text(text)
    with pytest.raises(RecordingError, match="without a header") as caught:
        load_recording(tmp_path / "take.csv")
    assert "--columns" in caught.value.hint
    columns = (
        "time=1, head_p={2,3,4}, head_q={5,6,7,8}, left_p={9,10,11}, left_q={12,13,14,15}, "
        "right_p={16,17,18}, right_q={19,20,21,22}"
    )
    assert_same(load_recording(tmp_path / "take.csv", ReadOptions(columns=columns)))


def test_columns_that_lie_beside_a_table_are_used(tmp_path: Path) -> None:
    names = [f"c{number}" for number in range(21)]
    (tmp_path / "take.csv").write_text(table(names))
    with pytest.raises(RecordingError) as caught:
        load_recording(tmp_path / "take.csv")
    assert "c0, c1" in caught.value.hint
    columns: dict[str, object] = {"time": "time"}
    for device, name in enumerate(("head", "left", "right")):
        columns |= {f"{name}_p": names[7 * device :][:3], f"{name}_q": names[7 * device + 3 :][:4]}
    mapping = {"columns": columns, "quaternion_order": "xyzw"}
    (tmp_path / "take.csv.columns.json").write_text(json.dumps(mapping))
    assert_same(load_recording(tmp_path / "take.csv"))


def test_the_hint_names_what_was_not_found_and_no_words_of_cells(tmp_path: Path) -> None:
    names = [name for name in header(UNITY, "{}Pos{}", "{}Rot{}") if not name.startswith("HeadRot")]
    rows = [",".join(["time", "who", *names])] + [",".join(["0.1", "Jane Doe", *["1.0"] * len(names)])] * 20
    (tmp_path / "take.csv").write_text("\n".join(rows))
    with pytest.raises(RecordingError) as caught:
        load_recording(tmp_path / "take.csv")
    assert "the rotation of the head" in caught.value.hint
    assert "Jane" not in str(caught.value)
