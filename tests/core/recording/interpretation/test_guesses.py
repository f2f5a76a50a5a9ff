# SPDX-License-Identifier: Apache-2.0
"""Write takes in every convention and see whether it is found out; let the user overrule everything."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inpose_core.body.quaternions import geodesic_angle, quaternion_to_matrix
from inpose_core.calibration.head_height import has_eye_level_origin
from inpose_core.errors import RecordingError
from inpose_core.recording import ReadOptions, Recording, load_recording
from inpose_core.recording.conventions import Axes, axes_matrix, convert_positions, convert_rotations
from inpose_core.recording.interpretation.readings import CANDIDATES
from inpose_core.recording.tables.csv_format import write_csv
from tests.core.recording.recording_files import moving_person, real_recording
from tests.core.recording.recording_tables import Convention, cut, wide_table
from tests.core.synthetic import joint_recording, smooth_motion

EXAMPLE = Path(__file__).resolve().parents[4] / "examples" / "walk_wave_crouch.csv"
COLUMNS = "time=clock" + "".join(
    f", {name}_p={name}.p{{xyz}}, {name}_q={name}.q{{0,1,2,3}}" for name in ("head", "left", "right")
)
WHOLE = [code for code, _, _ in CANDIDATES if "/" not in code]


def written(folder: Path, recording: Recording, convention: Convention, **options: object) -> Recording:
    text = wide_table(recording, convention, ("head", "left", "right"), "{}.p", "{}.q", "clock")
    (folder / "odd.csv").write_text(text)
    return load_recording(folder / "odd.csv", ReadOptions(columns=COLUMNS, **options))  # type: ignore[arg-type]


def guessed(recording: Recording) -> dict[str, str]:
    return {guess.name: guess.value for guess in recording.guesses}


def take(name: str) -> Recording:
    if name == "example":
        return cut(load_recording(EXAMPLE), slice(0, 1200))
    # Sitting in the middle of the song: what people record begins and ends anywhere.
    recording = load_recording(real_recording(name))
    # In the shorter one, the controllers lie on a desk for the first two seconds.
    return cut(recording, slice(300, 1500)) if len(recording) > 2600 else cut(recording, slice(200, 1400))


@pytest.mark.parametrize(
    "name", ["example", "bs_vivepro2_normal.bsor", "bs_vivepro2_expertplus.bsor", "aframe_tracked-recording.json"]
)
def test_conventions_are_found_out(tmp_path: Path, name: str) -> None:
    person = take(name)
    units = ("cm", "m", "mm")
    clocks = ("ms", "s", "ns")
    for number, axes in enumerate(WHOLE):
        for order in ("wxyz", "xyzw"):
            convention = Convention(axes, units[number % 3], order, clocks[number % 3])
            read = written(tmp_path, person, convention)
            found = guessed(read)
            expected = (axes, convention.unit, order, convention.time_unit, "kept")
            keys = ("axes", "unit", "quaternion order", "time unit", "left and right")
            assert tuple(found[key] for key in keys) == expected
            np.testing.assert_allclose(read.positions_m, person.positions_m, atol=1e-5)
            assert geodesic_angle(read.rotations_wxyz, person.rotations_wxyz).max() < 1e-3


@pytest.mark.parametrize("name", ["example", "bs_vivepro2_normal.bsor", "aframe_tracked-recording.json"])
@pytest.mark.parametrize("axes", ["RUB", "RUF", "FRU"])
def test_exchanged_hands_are_found_out_where_the_axes_are_known(tmp_path: Path, name: str, axes: str) -> None:
    person = take(name)
    read = written(tmp_path, person, Convention(axes, swap_hands=True), axes=axes)
    assert guessed(read)["left and right"] == "swapped"
    np.testing.assert_allclose(read.positions_m, person.positions_m, atol=1e-6)
    assert any("Left and right were guessed: swapped" in note for note in read.notes)


def test_a_mirror_image_with_exchanged_hands_is_told_to_be_possible(tmp_path: Path) -> None:
    read = written(tmp_path, take("example"), Convention("LUF"))
    axes = next(guess for guess in read.guesses if guess.name == "axes")
    assert "mirror image" in axes.doubt
    assert axes.doubt in read.notes


def test_positions_and_rotations_of_different_axes_are_found_out(tmp_path: Path) -> None:
    for axes in ("RUB/RUF", "RUF/RUB"):
        assert guessed(written(tmp_path, take("example"), Convention(axes)))["axes"] == axes


def test_each_guess_tells_its_evidence(tmp_path: Path) -> None:
    read = written(tmp_path, take("example"), Convention("RUF", "cm", "xyzw", "ms"))
    evidence = {guess.name: guess.evidence for guess in read.guesses if guess.source == "guessed"}
    assert evidence["axes"].startswith("Unity: the head is upright")
    assert "high" in evidence["unit"]
    assert "72 Hz" in evidence["time unit"]
    assert "points up" in evidence["quaternion order"]
    assert "m up" in evidence["origin"]


def test_everything_can_be_overruled(tmp_path: Path) -> None:
    person = moving_person()
    read = written(
        tmp_path,
        person,
        Convention("FLU", "in", "wxyz", "us", swap_hands=True),
        axes="ros",
        unit="in",
        quaternion_order="wxyz",
        time_unit="us",
        swap_hands=True,
        origin="eyes",
    )
    np.testing.assert_allclose(read.positions_m, person.positions_m, atol=1e-6)
    np.testing.assert_allclose(read.times_s, person.times_s, atol=1e-6)
    assert {guess.source for guess in read.guesses if guess.name != "hand poses"} == {"given"}
    assert has_eye_level_origin(read)
    assert not has_eye_level_origin(written(tmp_path, person, Convention(), origin="floor"))


def test_units_may_be_numbers(tmp_path: Path) -> None:
    person = moving_person()
    tenth = replace(person, positions_m=person.positions_m * 10)
    read = written(tmp_path, tenth, Convention(), unit="0.1")
    np.testing.assert_allclose(read.positions_m, person.positions_m, atol=1e-6)


def test_a_unit_that_was_set_for_another_file_is_doubted(tmp_path: Path) -> None:
    person = moving_person()
    assert "unit" not in {finding.kind for finding in written(tmp_path, person, Convention(), unit="m").findings}
    doubted = written(tmp_path, person, Convention(), unit="cm")
    assert [finding.kind for finding in doubted.findings] == ["unit"]
    assert "(cm) does not fit" in doubted.findings[0].sentence
    assert "In m, they reach 0." in doubted.findings[0].sentence


@pytest.mark.parametrize(
    "options",
    [
        {"unit": "furlong"},
        {"unit": "0"},
        {"unit": "nan"},
        {"axes": "XYZ"},
        {"axes": "RRU"},
        {"axes": "RUB/RUB/RUF"},
        {"quaternion_order": "zyxw"},
        {"time_unit": "days"},
        {"recording_fps": 0.0},
        {"origin": "moon"},
    ],
)
def test_options_that_make_no_sense_are_refused(options: dict[str, object]) -> None:
    with pytest.raises(RecordingError) as caught:
        ReadOptions(**options)  # type: ignore[arg-type]
    assert caught.value.hint


def test_eye_level_is_guessed_from_the_heights(tmp_path: Path) -> None:
    person = moving_person(eye_m=0.0)
    low = replace(person, positions_m=person.positions_m - [[[0, 0, 0], [0, 1.6, 0], [0, 1.6, 0]]])
    assert guessed(written(tmp_path, low, Convention("RUB")))["origin"] == "eyes"


# The project's own CSV says what it is: contradictions are told, not acted upon.


def test_joint_poses_in_our_own_csv_are_recognised(tmp_path: Path) -> None:
    for seed in range(3):
        write_csv(joint_recording(smooth_motion(240, seed=seed)), tmp_path / "joints.csv")
        read = load_recording(tmp_path / "joints.csv")
        assert read.pose == "joint"
        assert not any(guess.doubt for guess in read.guesses)


def test_unity_numbers_in_our_own_csv_are_doubted(tmp_path: Path) -> None:
    person = take("example")
    wrong = replace(
        person,
        positions_m=person.positions_m * (1, 1, -1),
        rotations_wxyz=person.rotations_wxyz * (1, -1, -1, 1),
    )
    write_csv(wrong, tmp_path / "take.csv")
    read = load_recording(tmp_path / "take.csv")
    np.testing.assert_allclose(read.positions_m, wrong.positions_m, atol=1e-6)
    assert any("--axes RUF" in note for note in read.notes)
    right = load_recording(tmp_path / "take.csv", ReadOptions(axes="unity"))
    np.testing.assert_allclose(right.positions_m, person.positions_m, atol=1e-6)


def test_exchanged_hands_in_our_own_csv_are_doubted(tmp_path: Path) -> None:
    person = take("example")
    order = [0, 2, 1]
    write_csv(
        replace(person, positions_m=person.positions_m[:, order], rotations_wxyz=person.rotations_wxyz[:, order]),
        tmp_path / "take.csv",
    )
    assert any("--swap-hands" in note for note in load_recording(tmp_path / "take.csv").notes)


def test_a_good_take_is_not_doubted() -> None:
    assert not any(guess.doubt for guess in load_recording(EXAMPLE).guesses)


# The algebra


@given(st.sampled_from(["RUB", "RUF", "FRU", "FLU", "RFU", "LUF", "RFU/RFU/RUB", "RUB/RUF"]), st.integers(0, 2**32 - 1))
def test_conversion_is_that_of_matrices(code: str, seed: int) -> None:
    random = np.random.default_rng(seed)
    wxyz = random.normal(size=(5, 4))
    wxyz /= np.linalg.norm(wxyz, axis=-1, keepdims=True)
    axes = Axes.parse(code)
    A, B = axes_matrix(axes.rotations), axes_matrix(axes.device)
    np.testing.assert_allclose(
        quaternion_to_matrix(convert_rotations(wxyz, axes)), A @ quaternion_to_matrix(wxyz) @ B.T, atol=1e-12
    )
    p = random.normal(size=(5, 3))
    np.testing.assert_allclose(convert_positions(p, axes) @ axes_matrix(axes.positions), p, atol=1e-12)
    assert Axes.parse(str(axes)) == axes


def test_axes_say_where_the_numbers_point() -> None:
    # Unreal: x forward, y right, z up; forward is -Z in OpenXR's axes.
    np.testing.assert_array_equal(convert_positions(np.array([1.0, 2.0, 3.0]), Axes.parse("unreal")), (2.0, 3.0, -1.0))
    np.testing.assert_array_equal(convert_positions(np.array([1.0, 2.0, 3.0]), Axes.parse("blender")), (1.0, 3.0, -2.0))


def test_hanging_arms_do_not_mirror_a_unity_table(tmp_path: Path) -> None:
    # Hanging hands are behind the eyes: their place alone would turn front and back round.
    person = cut(load_recording(EXAMPLE), slice(100, 700))
    read = written(tmp_path, person, Convention("RUF"))
    assert guessed(read)["axes"] == "RUF"
    assert "axes" not in {finding.kind for finding in read.findings}
    np.testing.assert_allclose(read.positions_m, person.positions_m, atol=1e-6)


@pytest.mark.parametrize("unit", ["m", "cm"])
def test_a_recording_far_from_its_origin_is_moved_to_it(tmp_path: Path, unit: str) -> None:
    person = take("example")
    far = replace(person, positions_m=person.positions_m + np.array((2500.0, 0.0, -1200.0)))
    far.positions_m[300:400, 1] = 0.0
    read = written(tmp_path, far, Convention("RUF", unit=unit, decimals=6))
    offset_m = read.positions_m[0, 0] - person.positions_m[0, 0]
    assert np.linalg.norm(offset_m) < 10.0
    assert offset_m[1] == pytest.approx(0.0, abs=1e-4)
    np.testing.assert_allclose(read.positions_m[:, 0], person.positions_m[:, 0] + offset_m, atol=1e-3)
    assert not read.measured[310:390, 1].any()
    assert any("m from its origin" in note for note in read.notes)
