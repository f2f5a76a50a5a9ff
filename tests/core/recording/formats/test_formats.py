# SPDX-License-Identifier: Apache-2.0
"""Read the formats of replays and of WebXR: made-up files of known content, and the real ones."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import numpy as np
import pytest

from inpose_core.body.quaternions import geodesic_angle
from inpose_core.body.skeleton import SENSOR_JOINTS
from inpose_core.errors import InPoseError, RecordingError
from inpose_core.motion_files.bvh import save_bvh
from inpose_core.recording import ReadOptions, Recording, load_recording
from inpose_core.recording.formats import fpzip_frames, xror
from inpose_core.recording.tables.csv_format import write_csv
from tests.core.recording import sample_recordings as samples
from tests.core.recording.recording_files import PLAYER_ID, PLAYER_NAME, BsorFile, moving_person, real_recording
from tests.core.synthetic import smooth_motion
from tests.timing import fastest_s


def load(folder: Path, data: bytes | str, name: str = "take.bin", options: ReadOptions | None = None) -> Recording:
    path = folder / name
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return load_recording(path, options)


def assert_same(recording: Recording, person: Recording, tolerance_m: float = 1e-6) -> None:
    np.testing.assert_allclose(recording.times_s, person.times_s - person.times_s[0], atol=1e-5)
    np.testing.assert_allclose(recording.positions_m, person.positions_m, atol=tolerance_m)
    assert geodesic_angle(recording.rotations_wxyz, person.rotations_wxyz).max() < 2e-3
    assert recording.measured.all()


@pytest.mark.parametrize(
    ("make", "form", "pose"),
    [
        (samples.xror_bytes, "XROR", "saber"),
        (samples.scoresaber_bytes, "ScoreSaber", "saber"),
        (samples.iwer_bytes, "WebXR (IWER)", "grip"),
        (samples.aframe_bytes, "WebXR (A-Frame)", "raw"),
    ],
)
def test_each_format_gives_back_what_was_written(tmp_path: Path, make: object, form: str, pose: str) -> None:
    person = moving_person()
    recording = load(tmp_path, make(person))  # type: ignore[operator]
    assert_same(recording, person)
    assert (recording.format, recording.pose) == (form, pose)
    assert [guess.name for guess in recording.guesses] == [
        "time unit", "axes", "quaternion order", "unit", "left and right", "hand poses", "origin",
    ]  # fmt: skip


# XROR


def test_xror_devices_are_known_by_their_joint_not_their_place(tmp_path: Path) -> None:
    assert_same(load(tmp_path, samples.xror_bytes(moving_person(), order=(2, 0, 1))), moving_person())


def test_xror_pad_rows_are_dropped(tmp_path: Path) -> None:
    assert_same(load(tmp_path, samples.xror_bytes(moving_person(), pad_rows=2)), moving_person())


def test_xror_pauses_and_practice_speed_become_real_time(tmp_path: Path) -> None:
    person = moving_person()
    recording = load(tmp_path, samples.xror_bytes(person, pauses=[(1.0, 8.0), (2.0, 3.0)], speed=0.5))
    assert recording.duration_s == pytest.approx(2 * person.duration_s + 11, abs=1e-3)


@pytest.mark.parametrize("modifiers", ["NF,SS", ["NF", "SS"]])
def test_xror_speed_modifiers_become_real_time(tmp_path: Path, modifiers: str | list[object]) -> None:
    person = moving_person()
    recording = load(tmp_path, samples.xror_bytes(person, modifiers=modifiers))
    assert recording.duration_s == pytest.approx(person.duration_s / 0.85, abs=1e-3)


def test_xror_of_another_application_is_asked_for_its_axes(tmp_path: Path) -> None:
    recording = load(tmp_path, samples.xror_bytes(moving_person(), app="Half-Life: Alyx"))
    assert recording.pose is None
    assert {guess.name: guess.source for guess in recording.guesses}["axes"] == "guessed"


def test_xror_without_fpzip_says_how_to_install_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xror, "has_fpzip", lambda: False)
    with pytest.raises(RecordingError, match="pip install numpy fpzip"):
        load(tmp_path, samples.xror_bytes(moving_person(10)))


def test_a_decoder_that_crashes_or_hangs_is_a_damaged_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    data = samples.xror_bytes(moving_person(10))
    monkeypatch.setattr(fpzip_frames, "_CHILD", "import os; os.abort()")
    with pytest.raises(RecordingError, match="damaged"):
        load(tmp_path, data)
    monkeypatch.setattr(fpzip_frames, "_LONGEST_S", 0.2)
    monkeypatch.setattr(fpzip_frames, "_CHILD", "import time; time.sleep(60)")
    with pytest.raises(RecordingError, match="damaged"):
        load(tmp_path, data)


def test_an_array_that_announces_too_much_is_not_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    import fpzip  # noqa: PLC0415

    packed = bytearray(fpzip.compress(np.zeros((1, 1, 5, 22), np.float32)))
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: pytest.fail("the decoder was started"))
    packed[9:13] = b"\xff\xff\xff\xff"
    with pytest.raises(fpzip_frames.FpzipError):
        fpzip_frames.unpack_frames(bytes(packed))


def test_real_xror_and_bsor_of_one_take_agree() -> None:
    bsor = load_recording(real_recording("bs_vivepro2_expertplus.bsor"))
    path = real_recording("bs_vivepro2_expertplus.xror")
    xror_recording = load_recording(path)
    # The decoder's own process (about 0.2 s, most of it starting Python) is not in this process' time.
    assert fastest_s(lambda: load_recording(path), enough_s=1.2) < 1.2
    for name in ("times_s", "positions_m", "rotations_wxyz", "measured"):
        np.testing.assert_array_equal(getattr(xror_recording, name), getattr(bsor, name))
    for name in ("headset", "controllers", "pose"):
        assert getattr(xror_recording, name) == getattr(bsor, name)
    assert (bsor.headset, bsor.pose) == ("VIVE Pro 2", "saber")
    assert "Knuckles" in bsor.controllers


# WebXR


def test_iwer_hands_are_joined_over_reconnects(tmp_path: Path) -> None:
    recording = load(tmp_path, samples.iwer_bytes(moving_person(), reconnect=90))
    assert_same(recording, moving_person())
    assert any("reconnected" in note for note in recording.notes)


def test_bare_hands_that_replace_controllers_are_told(tmp_path: Path) -> None:
    document = json.loads(samples.iwer_bytes(moving_person(), reconnect=90))
    for index, facts in document["schema"]:
        facts["hasHand"] = index >= 4  # the indices from the reconnect on
        facts["profiles"] = ["oculus-hand" if index >= 4 else "oculus-touch"]
    recording = load(tmp_path, json.dumps(document))
    (finding,) = (finding for finding in recording.findings if finding.kind == "another_offset")
    assert (finding.start_s, finding.stop_s) == pytest.approx((1.0, recording.duration_s), abs=0.02)
    assert recording.notes.count(finding.sentence) == 1
    assert {recording.controllers, *(each.controllers for each in recording.other_devices)} == {
        "oculus-hand",
        "oculus-touch",
    }
    assert [each.hand for each in recording.other_devices] == [1, 2]


def test_iwer_without_grips_holds_aim_poses(tmp_path: Path) -> None:
    assert load(tmp_path, samples.iwer_bytes(moving_person(), grips=False)).pose == "aim"


def test_aframe_entities_with_each_others_names_are_exchanged(tmp_path: Path) -> None:
    recording = load(tmp_path, samples.aframe_bytes(moving_person(), swap_hands=True))
    assert_same(recording, moving_person())
    assert any("Left and right were guessed: swapped" in note for note in recording.notes)


def test_aframe_entities_of_any_name_are_hands(tmp_path: Path) -> None:
    document = json.loads(samples.aframe_bytes(moving_person()))
    document = {"camera": document["camera"], "b": document["right"], "a": document["left"]}
    for name in "ab":
        del document[name]["gamepad"]
    recording = load(tmp_path, json.dumps(document))
    assert_same(recording, moving_person())
    assert recording.pose == "grip"


def test_real_iwer_recording() -> None:
    recording = load_recording(real_recording("webxr_iwer_quest3.json"))
    assert (len(recording), recording.pose, recording.headset) == (1796, "grip", "Quest 3")
    assert recording.duration_s == pytest.approx(20.066, abs=0.01)
    assert recording.measured.mean(axis=0).min() > 0.8
    seen = recording.measured.all(axis=1)
    assert np.median(recording.positions_m[seen, 2, 0] - recording.positions_m[seen, 1, 0]) > 0.05
    # The grip, not the ray that starts 10 cm further on: what was measured at the first frame.
    np.testing.assert_allclose(recording.positions_m[0, 1], (-0.136, 0.964, -0.201), atol=1e-9)


def test_real_aframe_recording() -> None:
    recording = load_recording(real_recording("aframe_tracked-recording.json"))
    assert (len(recording), recording.pose) == (2568, "raw")
    assert {guess.name: guess.value for guess in recording.guesses}["left and right"] == "kept"


# ScoreSaber


def test_scoresaber_tells_of_an_adjusted_room(tmp_path: Path) -> None:
    assert any("room" in note for note in load(tmp_path, samples.scoresaber_bytes(moving_person(20))).notes)


def test_scoresaber_speed_modifiers_become_real_time(tmp_path: Path) -> None:
    person = moving_person()
    recording = load(tmp_path, samples.scoresaber_bytes(person, modifiers=("NF", "FS"), fps=108))
    assert recording.duration_s == pytest.approx(person.duration_s / 1.2, abs=1e-3)
    assert any("120%" in note for note in recording.notes)


def test_scoresaber_of_the_old_kind_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match="an old version"):
        load(tmp_path, samples.scoresaber_bytes(moving_person(20))[:28] + bytes(range(200, 255)))


# Bodies


def test_bvh_gives_the_joints_of_head_and_wrists(tmp_path: Path) -> None:
    motion = smooth_motion(80)
    save_bvh(motion, tmp_path / "body.bvh")
    recording = load_recording(tmp_path / "body.bvh")
    assert (recording.format, recording.pose) == ("BVH", "joint")
    truth = motion.joint_positions_m[:, list(SENSOR_JOINTS)]
    shift = recording.positions_m - truth
    assert np.ptp(shift[..., 1]) < 1e-3, "all is lifted alike: the lowest foot stands on the floor"
    np.testing.assert_allclose(shift[..., [0, 2]], 0, atol=1e-3)
    assert np.degrees(geodesic_angle(recording.rotations_wxyz, motion.rotations_wxyz[:, list(SENSOR_JOINTS)])).max() < 1


def test_solved_motion_can_be_solved_again(tmp_path: Path) -> None:
    motion = smooth_motion(80)
    motion.save_npz(tmp_path / "solved.npz")
    recording = load_recording(tmp_path / "solved.npz")
    np.testing.assert_allclose(recording.positions_m, motion.joint_positions_m[:, list(SENSOR_JOINTS)], atol=1e-5)
    assert recording.pose == "joint"


def test_amass_is_read_and_stands_upright(tmp_path: Path) -> None:
    recording = load(tmp_path, samples.amass_bytes(), "a.npz")
    assert (recording.format, recording.pose) == ("AMASS", "joint")
    assert recording.duration_s == pytest.approx(119 / 120, abs=0.02)


def test_other_archives_are_refused(tmp_path: Path) -> None:
    np.savez(tmp_path / "other.npz", weights=np.zeros(3))
    with pytest.raises(RecordingError, match="neither AMASS nor InPose"):
        load_recording(tmp_path / "other.npz")


# All of them


def test_every_format_can_be_written_as_csv_and_read_again_exactly(tmp_path: Path) -> None:
    for name, data in samples.all_samples(moving_person(120)).items():
        recording = load(tmp_path, data, name)
        write_csv(recording, tmp_path / "again.csv")
        again = load_recording(tmp_path / "again.csv")
        np.testing.assert_allclose(again.times_s, recording.times_s, atol=1e-6, err_msg=name)
        np.testing.assert_allclose(again.positions_m, recording.positions_m, atol=1e-6, err_msg=name)
        same = np.abs((again.rotations_wxyz * recording.rotations_wxyz).sum(-1))
        np.testing.assert_allclose(same, 1.0, atol=1e-6, err_msg=name)


def test_players_appear_nowhere(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    files = samples.all_samples(moving_person(120))
    files["offsets.bsor"] = BsorFile(moving_person(60), title=PLAYER_NAME, miscount_title=True).to_bytes()
    seen = []
    for name, data in files.items():
        assert name.endswith((".npz", "iwer.json", "aframe.json", "alyx.csv", "vrnet.csv", "headset.jsonl")) or (
            PLAYER_NAME.encode() in data or PLAYER_ID.encode() in data or name == "take.dat"
        ), f"{name} holds no player that could leak"
        for part in (data, data[: len(data) * 2 // 3], data[: len(data) // 8]):
            try:
                recording = load(tmp_path, part, name)
            except InPoseError as error:
                seen.append(repr(error) + str(error) + error.hint)
                continue
            write_csv(recording, tmp_path / "out.csv")
            seen.append(repr(recording) + (tmp_path / "out.csv").read_text())
    said = "".join(seen) + "".join(capfd.readouterr()) + caplog.text
    assert PLAYER_NAME not in said
    assert PLAYER_ID not in said
