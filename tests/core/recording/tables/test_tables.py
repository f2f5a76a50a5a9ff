# SPDX-License-Identifier: Apache-2.0
"""Read other people's tables: the presets, columns known by their words, and mappings that the user gives."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from inpose_core.body.quaternions import geodesic_angle
from inpose_core.errors import RecordingError
from inpose_core.recording import ReadOptions, Recording, load_recording
from inpose_core.recording.tables.layouts import expand_pattern, layout_from, presets
from tests.core.recording import sample_recordings as samples
from tests.core.recording.recording_files import moving_person
from tests.core.recording.recording_tables import Convention, text_of, wide_table
from tests.timing import fastest_s

HANDS = ("head", "left", "right")


def load(folder: Path, text: str, name: str = "take.csv", **options: object) -> Recording:
    (folder / name).write_text(text, encoding="utf-8")
    return load_recording(folder / name, ReadOptions(**options))  # type: ignore[arg-type]


def assert_same(
    recording: Recording, person: Recording, tolerance_m: float = 1e-6, tolerance_deg: float = 0.01
) -> None:
    np.testing.assert_allclose(recording.times_s, person.times_s - person.times_s[0], atol=1e-4)
    np.testing.assert_allclose(recording.positions_m, person.positions_m, atol=tolerance_m)
    assert np.degrees(geodesic_angle(recording.rotations_wxyz, person.rotations_wxyz)).max() < tolerance_deg


def guesses(recording: Recording) -> dict[str, str]:
    return {guess.name: guess.value for guess in recording.guesses}


# The presets


def test_who_is_alyx(tmp_path: Path) -> None:
    recording = load(tmp_path, samples.alyx_table(moving_person()))
    assert_same(recording, moving_person())
    assert (recording.format, recording.pose, recording.unit) == ("CSV (Who is Alyx?)", "raw", "cm")


def test_motion_learning_toolbox_with_w_first_and_two_decimals(tmp_path: Path) -> None:
    convention = Convention(unit="cm", time_unit="ms", quaternion_order="wxyz", decimals=2)
    names = ("hmd", "left_controller", "right_controller")
    text = wide_table(moving_person(), convention, names, "{}_pos_", "{}_rot_", "timestamp")
    recording = load(tmp_path, text)
    assert_same(recording, moving_person(), 1e-4, 1.5)
    assert recording.format == "CSV (Motion Learning Toolbox)"
    assert guesses(recording)["time unit"] == "ms"


def test_the_catalogue_is_unity_in_centimetres(tmp_path: Path) -> None:
    convention = Convention(axes="RUF", unit="cm", time_unit="ms")
    text = wide_table(
        moving_person(), convention, ("head", "left_hand", "right_hand"), "{}_pos_", "{}_rot_", "delta_time_ms"
    )
    recording = load(tmp_path, text)
    assert_same(recording, moving_person())
    assert recording.format == "CSV (XR Motion Dataset Catalogue)"


def test_steps_from_frame_to_frame_are_summed(tmp_path: Path) -> None:
    person = moving_person()
    text = samples.alyx_table(person)
    steps = np.diff(person.times_s, prepend=0.0) * 1000 + np.random.default_rng(0).uniform(-1, 1, 200)
    lines = text.splitlines()
    rows = [f"{step:.6f},{line.split(',', 1)[1]}" for step, line in zip(np.abs(steps), lines[1:], strict=True)]
    assert load(tmp_path, "\n".join([lines[0], *rows])).duration_s == pytest.approx(person.duration_s, abs=0.05)


def test_moore(tmp_path: Path) -> None:
    text = wide_table(
        moving_person(), Convention(), ("Head", "LeftHand", "RightHand"), "{}_position_", "{}_quat_", "Timestamp"
    )
    recording = load(tmp_path, text)
    assert_same(recording, moving_person())
    assert recording.format == "CSV (Moore cross-domain (FAST))"


@pytest.mark.parametrize("axes", ["RUB", "RUF"])
def test_oculus_anchors_in_euler_degrees(tmp_path: Path, axes: str) -> None:
    from scipy.spatial.transform import Rotation  # noqa: PLC0415

    person = moving_person(300, seed=2)
    times, positions, quaternions = Convention(axes=axes, time_unit="ms").tracks(person)
    header, columns = ["timestamp_ms"], [times[:, None]]
    for device, name in enumerate(("CenterEyeAnchor", "LeftControllerAnchor", "RightControllerAnchor")):
        y, x, z = Rotation.from_quat(quaternions[:, device]).as_euler("YXZ", degrees=True).T
        header += [f"{name}_{kind}_{axis}" for kind in ("pos", "euler") for axis in "XYZ"]
        columns += [positions[:, device], np.column_stack((x, y, z)) % 360]
    recording = load(tmp_path, text_of(header, np.concatenate(columns, axis=1)), axes=axes)
    assert_same(recording, person)
    assert recording.format.startswith("CSV (Oculus anchors")


def test_steamvr_rows_of_devices_among_base_stations(tmp_path: Path) -> None:
    recording = load(tmp_path, samples.long_table(moving_person()))
    assert_same(recording, moving_person())
    assert recording.format.startswith("CSV (SteamVR")


def test_steamvr_controllers_that_woke_in_the_other_order_are_told_by_geometry(tmp_path: Path) -> None:
    person = moving_person()
    swapped = replace(
        person, positions_m=person.positions_m[:, [0, 2, 1]], rotations_wxyz=person.rotations_wxyz[:, [0, 2, 1]]
    )
    recording = load(tmp_path, samples.long_table(swapped))
    assert_same(recording, person)
    assert guesses(recording)["left and right"] == "swapped"


def test_devices_that_are_polled_one_after_another_are_laid_on_the_heads_clock(tmp_path: Path) -> None:
    person = moving_person(400)
    lines = samples.long_table(person).splitlines()
    late = []
    for line in lines[1:]:
        time_s, index, rest = line.split(",", 2)
        late.append(f"{float(time_s) + 0.001 * int(index):.6f},{index},{rest}")
    recording = load(tmp_path, "\n".join([lines[0], *late]))
    assert len(recording) == 400
    assert recording.measured.mean() > 0.99
    assert np.abs(recording.positions_m - person.positions_m)[5:-5].max() < 0.01


def test_vr_net_matrices_in_one_cell(tmp_path: Path) -> None:
    recording = load(tmp_path, samples.long_table(moving_person(), matrices=True))
    assert_same(recording, moving_person())
    assert recording.format.startswith("CSV (VR.net")


def test_matrices_in_one_cell_beside_clock_times(tmp_path: Path) -> None:
    """No column is a number there; the time was read as one, as if something had to be."""
    header, *lines = samples.long_table(moving_person(), matrices=True).splitlines()
    clocked = []
    for line in lines:
        frame, time, rest = line.split(",", 2)
        clocked.append(f"{frame},00:00:{float(time) / 1000 - 1.6e9:.6f},{rest}")
    assert_same(load(tmp_path, "\n".join([header, *clocked])), moving_person())


def test_uxf_files_find_each_other(tmp_path: Path) -> None:
    path = samples.uxf_files(moving_person(), tmp_path)
    for name in ("head_movement_T002.csv", "leftfoot_movement_T001.csv", "notes.csv"):
        (tmp_path / name).write_text("time,pos_x\n0,0\n")
    recording = load_recording(path)
    assert_same(recording, moving_person())
    assert recording.format == "CSV (UXF (a file per object))"
    (tmp_path / "righthand_movement_T001.csv").unlink()
    assert load_recording(path).measured.any(axis=0).tolist() == [True, True, False]
    (tmp_path / "head_movement_T001.csv").unlink()
    with pytest.raises(RecordingError, match="no files for head"):
        load_recording(path)


def test_a_preset_whose_unit_cannot_be_is_corrected_and_told(tmp_path: Path) -> None:
    names = ("hmd", "left_controller", "right_controller")
    text = wide_table(moving_person(), Convention(time_unit="ms"), names, "{}_pos_", "{}_rot_", "delta_time_ms")
    recording = load(tmp_path, text)
    assert recording.unit == "m"
    assert any("metres" in note for note in recording.notes)
    assert_same(recording, moving_person())


# Columns known by their words


@pytest.mark.parametrize(
    ("devices", "position", "rotation", "time"),
    [
        (("HMD", "LeftHand", "RightHand"), "{}Position.", "{}Rotation.", "Time"),
        (("head", "left_hand", "right_hand"), "{}_position_", "{}_orientation_", "timestamp"),
        (("Headset", "Left Controller", "Right Controller"), "{} Pos ", "{} Rot ", "Timestamp (s)"),
        (("camera", "L", "R"), "{}_t_", "{}_quat_", "elapsed_time"),
    ],
)
def test_columns_are_known_by_their_words(
    tmp_path: Path, devices: tuple[str, str, str], position: str, rotation: str, time: str
) -> None:
    text = wide_table(moving_person(), Convention(), devices, position, rotation, time)
    assert_same(load(tmp_path, text, axes="RUB"), moving_person())


def test_words_of_eyes_and_speeds_are_passed_over(tmp_path: Path) -> None:
    text = wide_table(
        moving_person(), Convention(), ("HMD", "LeftHand", "RightHand"), "{}Position.", "{}Rotation.", "time"
    )
    lines = text.splitlines()
    more = [f"LeftEyePosition.{axis}" for axis in "xyz"] + [f"LeftHandVelocity.{axis}" for axis in "xyz"]
    changed = [",".join(more) + "," + lines[0], *("9,9,9,9,9,9," + line for line in lines[1:])]
    assert_same(load(tmp_path, "\n".join(changed), axes="RUB"), moving_person())


def test_semicolons_with_decimal_commas(tmp_path: Path) -> None:
    text = wide_table(
        moving_person(), Convention(), ("HMD", "LeftHand", "RightHand"), "{}Position.", "{}Rotation.", "time", ";"
    )
    head, _, body = text.partition("\n")
    assert_same(load(tmp_path, head + "\n" + body.replace(".", ","), axes="RUB"), moving_person())


@pytest.mark.parametrize(
    "stamp",
    [
        lambda s: f"2024-05-01 12:{int(s // 60):02d}:{s % 60:09.6f}",
        lambda s: f"2024-05-01T12:00:{s:09.6f}Z",
        lambda s: f"0 days 00:00:{s:09.6f}",
        lambda s: f"00:00:{s:09.6f}",
        lambda s: f"{638_000_000_000_000_000 + round(1e7 * s)}",
        lambda s: f"{1.7e9 + s:.6f}",
        lambda s: f"{1.7e18 + 1e9 * s:.0f}",
    ],
)
def test_clocks_of_all_kinds(tmp_path: Path, stamp: object) -> None:
    person = moving_person()
    text = wide_table(person, Convention(), ("HMD", "LeftHand", "RightHand"), "{}Position.", "{}Rotation.", "timestamp")
    lines = text.splitlines()
    rows = [f"{stamp(t)},{line.split(',', 1)[1]}" for t, line in zip(person.times_s, lines[1:], strict=True)]  # type: ignore[operator]
    recording = load(tmp_path, "\n".join([lines[0], *rows]), axes="RUB")
    assert recording.duration_s == pytest.approx(person.duration_s, abs=0.01)


def test_a_table_without_times_needs_a_rate(tmp_path: Path) -> None:
    text = wide_table(moving_person(), Convention(), ("HMD", "LeftHand", "RightHand"), "{}Position.", "{}Rotation.", "")
    with pytest.raises(RecordingError, match="--recording-fps 90"):
        load(tmp_path, text)
    assert load(tmp_path, text, recording_fps=90.0).duration_s == pytest.approx(moving_person().duration_s)


def test_frame_numbers_need_a_rate(tmp_path: Path) -> None:
    text = wide_table(
        moving_person(), Convention(), ("HMD", "LeftHand", "RightHand"), "{}Position.", "{}Rotation.", "time"
    )
    lines = text.splitlines()
    numbered = "\n".join([lines[0], *(f"{i},{line.split(',', 1)[1]}" for i, line in enumerate(lines[1:]))])
    with pytest.raises(RecordingError, match="contains frame numbers"):
        load(tmp_path, numbered)
    assert load(tmp_path, numbered, recording_fps=45.0).duration_s == pytest.approx(199 / 45)


# Mappings


MAPPING = ", ".join(f"{hand}_p={hand[0]}p{{123}}, {hand}_q={hand[0]}q{{1,2,3,4}}" for hand in HANDS)


def odd_table(convention: Convention) -> str:
    times, positions, quaternions = convention.tracks(moving_person(400))
    header = ["clock", *(f"{hand[0]}{part}" for hand in HANDS for part in ("p1", "p2", "p3", "q1", "q2", "q3", "q4"))]
    values = np.concatenate(
        (times[:, None], np.concatenate((positions, quaternions), axis=-1).reshape(400, -1)), axis=1
    )
    return text_of(header, values)


@pytest.mark.parametrize("order", ["wxyz", "xyzw"])
def test_a_mapping_on_the_command_line(tmp_path: Path, order: str) -> None:
    text = odd_table(Convention(quaternion_order=order))
    with pytest.raises(RecordingError, match="--columns"):
        load(tmp_path, text)
    recording = load(tmp_path, text, columns=f"time=clock, {MAPPING}")
    assert guesses(recording)["quaternion order"] == order
    assert_same(recording, moving_person(400))


def test_a_mapping_may_tell_conventions_and_options_overrule_it(tmp_path: Path) -> None:
    text = odd_table(Convention(axes="FRU", unit="cm", time_unit="ms", quaternion_order="wxyz"))
    said = f"time=clock, {MAPPING}, axes=unreal, unit=cm, time_unit=ms, quaternion_order=wxyz, pose=raw"
    recording = load(tmp_path, text, columns=said)
    assert_same(recording, moving_person(400))
    assert recording.pose == "raw"
    assert load(tmp_path, text, columns=said, unit="m").positions_m.max() > 50


def test_a_mapping_in_a_file_with_matrices(tmp_path: Path) -> None:
    from scipy.spatial.transform import Rotation  # noqa: PLC0415

    person = moving_person()
    times, positions, quaternions = Convention().tracks(person)
    R = Rotation.from_quat(quaternions.reshape(-1, 4)).as_matrix().reshape(-1, 3, 3, 3)
    matrices = np.concatenate((R, positions[..., None]), axis=-1).reshape(len(times), -1)
    header = ["t", *(f"{hand}{i}{j}" for hand in HANDS for i in range(3) for j in range(4))]
    (tmp_path / "map.json").write_text(
        json.dumps({"columns": {"time": "t", "m": "{device}{00,01,02,03,10,11,12,13,20,21,22,23}"}, "axes": "openvr"})
    )
    text = text_of(header, np.concatenate((times[:, None], matrices), axis=1))
    assert_same(load(tmp_path, text, columns=str(tmp_path / "map.json")), person)


@pytest.mark.parametrize(
    ("mapping", "words"),
    [
        ("nonsense", "no preset"),
        ("time", "no preset"),
        ("time=t, head_x=a", "head_x"),
        ("time=t, head_p=a, head_q=b{xyzw}", "do not fit"),
        ("time=t, head_p=a{xyz}, left_p=b{xyz}", "position \\(p\\) and a rotation"),
        ("time=t, head_p=a{xyz}, head_q=a{xyzw}, unit=miles", "unknown value"),
        ("time=t, head_p=a{xyz}, head_q=a{xyzw}, axes=XYZ", "does not name axes"),
        ("missing.json", "cannot be read"),
    ],
)
def test_mappings_that_cannot_be_are_explained(tmp_path: Path, mapping: str, words: str) -> None:
    with pytest.raises(RecordingError, match=words) as caught:
        load(tmp_path, odd_table(Convention()), columns=mapping)
    assert caught.value.hint


def test_patterns_and_presets() -> None:
    assert expand_pattern("a_{xyz}.b") == ("a_x.b", "a_y.b", "a_z.b")
    assert expand_pattern("m{00,01}") == ("m00", "m01")
    names = [preset.name for preset in presets()]
    assert len(names) == len(set(names)) >= 10
    for name in names:
        assert layout_from(name).device("head") is not None


def test_a_long_table_is_read_in_seconds(tmp_path: Path) -> None:
    text = samples.alyx_table(moving_person(27_000))
    assert len(load(tmp_path, text)) == 27_000
    assert fastest_s(lambda: load(tmp_path, text), enough_s=3.0) < 3.0
