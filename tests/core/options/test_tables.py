# SPDX-License-Identifier: Apache-2.0
"""The tables of options themselves: what fits, what is refused, and what a declaration must say."""

from __future__ import annotations

import argparse
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import pytest

from inpose_core.errors import CalibrationError, InPoseError, RecordingError, WorkerError
from inpose_core.options import Choice, OptionTable, option, options_of, settings_from_json, settings_to_json
from inpose_core.options.calibration import CalibrationSettings
from inpose_core.options.command_line import add_options, help_of, settings_from_arguments
from inpose_core.options.reading import ReadOptions
from inpose_core.options.solve import SolveSettings
from inpose_core.requests import CalibrateRequest, InfoRequest, SolveRequest
from tests.option_examples import other_value

TABLES = (ReadOptions, CalibrationSettings, SolveSettings)


@dataclass(frozen=True)
class Sample(OptionTable):
    title = "Sample"
    sentence = "One of each."

    place_m: tuple[float, float, float] = option((0.0, 0.0, 0.0), "Place", label="Place", unit="m", maximum=1.0)
    count: int = option(3, "Count", label="Count", minimum=1, maximum=9, old_flags=("number",))
    angle_deg: float | None = option(None, "Angle", label="Angle", automatic="none", maximum=90.0, unit="deg")
    file: Path | None = option(None, "File", label="File", automatic="none")
    kind: Literal["a", "b_c"] = option("a", "Kind", label="Kind", choices=(Choice("a", "A"), Choice("b_c", "BC")))


def parsed(table: type[Any], *words: str) -> Any:
    parser = argparse.ArgumentParser()
    add_options(parser, table)
    return settings_from_arguments(table, parser.parse_args(list(words)))


def test_a_table_says_all_that_there_is_to_say() -> None:
    names: set[str] = set()
    stored: set[str] = set()
    flags: set[str] = set()
    for table in TABLES:
        assert table.title
        assert table.sentence.endswith(".")
        for described in options_of(table):
            texts = [described.sentence, *(choice.sentence for choice in described.choices)]
            assert described.label
            assert described.sentence
            assert not described.not_in_panel.endswith("."), "the docs' cells have no full stop"
            assert not any(text.endswith(".") for text in texts), "help and tooltips have no full stop"
            assert described.name not in names, "a name means one thing"
            assert described.stored_as not in stored
            names.add(described.name)
            stored.add(described.stored_as)
            for flag in (described.flag, *described.old_flags):
                assert flag not in flags
                flags.add(flag)


@pytest.mark.parametrize("table", TABLES)
def test_help_tells_the_default_that_is_taken(table: type[OptionTable]) -> None:
    settings = table()
    for described in options_of(table):
        assert getattr(settings, described.name) == described.default
        assert "default: " in help_of(described, described.default)


def test_help_tells_ranges_units_and_choices() -> None:
    told = {described.name: help_of(described, described.default) for described in options_of(SolveSettings)}
    assert told["steps"].endswith("(1 to 1000; default: set by the quality, or 50 with pigdm guidance)")
    assert told["seed"].endswith("(0 or more; default: 0)")
    told = {described.name: help_of(described, described.default) for described in options_of(CalibrationSettings)}
    assert told["stature_m"].endswith("(0.5 to 2.6 m; default: estimated from the recording)")
    factor = "the size of the character divided by the size of the performer, 0.001 to 1000"
    assert told["scale"].endswith(f"(or {factor}; default: height)")
    told = {described.name: help_of(described, described.default) for described in options_of(ReadOptions)}
    unit = "the length of one unit of the recorded positions in metres, 0.000001 to 1000000"
    assert told["unit"].endswith(f"(or {unit}; default: from the file, or guessed from the data)")


def test_help_says_a_range_once(capsys: pytest.CaptureFixture[str]) -> None:
    parser = argparse.ArgumentParser()
    add_options(parser, SolveSettings)
    parser.print_help()
    assert "--variation N" in capsys.readouterr().out


@pytest.mark.parametrize("table", TABLES)
def test_panel_and_command_line_call_an_option_the_same(table: type[OptionTable]) -> None:
    for described in options_of(table):
        assert described.label.lower().replace(" ", "-") == described.flag


def test_each_form_of_value_is_read_from_words() -> None:
    assert parsed(Sample) == Sample()
    given = parsed(Sample, "--place", "0.1", "-0.2", "-0.3", "--count", "5", "--angle", "-12.5", "--kind", "B-C")
    assert given == Sample((0.1, -0.2, -0.3), 5, -12.5, None, "b_c")
    assert parsed(Sample, "--number", "7").count == 7
    assert parsed(Sample, "--file", "a.json").file == Path("a.json").resolve()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--count", "0"], "Count cannot be 0. Choose 1 to 9."),
        (["--count", "two"], 'Count cannot be "two". Choose 1 to 9.'),
        (["--count", "2.0"], 'Count cannot be "2.0". Choose 1 to 9.'),
        (["--angle", "91"], "Angle cannot be 91 deg. Choose 90 deg or less."),
        (["--angle", "nan"], "Angle cannot be nan deg. Choose 90 deg or less."),
        (["--kind", "d"], 'Kind cannot be "d". Choose a or b-c.'),
        (["--place", "0", "2", "0"], "Place cannot be 0 2 0. Give 3 numbers from 1 m or less."),
    ],
)
def test_what_does_not_fit_is_told_in_one_sentence_with_what_does(words: list[str], told: str) -> None:
    with pytest.raises(InPoseError) as caught:
        parsed(Sample, *words)
    assert str(caught.value) == told


@pytest.mark.parametrize("change", [{"count": True}, {"count": 2.0}, {"kind": 3}, {"place_m": (0.0, 1.0)}, {"file": 3}])
def test_a_value_of_another_type_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(InPoseError, match="cannot be"):
        Sample(**change)


def test_a_unit_may_be_a_number_and_a_scale_a_factor() -> None:
    assert parsed(ReadOptions, "--unit", "0.0254").unit == "0.0254"
    assert settings_from_json(ReadOptions, {"unit": 0.5}).unit == "0.5"
    assert parsed(CalibrationSettings, "--scale", "1.5").scale == 1.5
    assert parsed(CalibrationSettings, "--scale", "arm-span").scale == "arm_span"
    for text in ("0", "nan", "furlong"):
        with pytest.raises(RecordingError, match="Unit cannot be"):
            parsed(ReadOptions, "--unit", text)
        with pytest.raises(CalibrationError, match="Scale cannot be"):
            parsed(CalibrationSettings, "--scale", text)


@pytest.mark.parametrize("table", TABLES)
def test_only_what_differs_travels_and_comes_back(table: type[OptionTable]) -> None:
    assert settings_to_json(table()) == {}
    assert settings_from_json(table, {}) == table()
    for described in options_of(table):
        if described.check is None:
            changed = table(**{described.name: other_value(described)})
            travelling = settings_to_json(changed)
            assert set(travelling) == {described.name}
            assert settings_from_json(table, travelling) == changed
            assert settings_from_json(table, {described.name: None}) == table()


def test_an_unknown_key_is_refused_by_name_with_those_that_are_near() -> None:
    with pytest.raises(CalibrationError) as caught:
        settings_from_json(CalibrationSettings, {"statur_m": 1.7})
    assert str(caught.value) == 'There is no calibration option "statur_m". Did you mean stature_m?'
    with pytest.raises(WorkerError, match='no parameter "recordng"'):
        SolveRequest.from_json({"recordng": "take.csv"})


def test_requests_come_back_as_they_were_sent() -> None:
    path = Path("take.csv").absolute()
    for request in (
        InfoRequest(path),
        InfoRequest(path, Path("/out.npz"), ReadOptions(unit="cm")),
        CalibrateRequest(path, Path("/me.json"), calibration=CalibrationSettings(pose="grip")),
        SolveRequest(
            path, Path("/o.npz"), None, [[0.0, 1.0, 2.0]], ReadOptions(swap_hands=True), solve=SolveSettings(seed=2)
        ),
    ):
        assert type(request).from_json(request.to_json()) == request
    assert InfoRequest(path).to_json() == {"recording": str(path)}


def test_the_tables_load_without_numpy() -> None:
    """Blender imports them when it starts."""
    modules = "inpose_core.requests, inpose_core.options.command_line, inpose_core.options.document"
    script = f"import sys, {modules}; assert {{'numpy', 'torch', 'scipy'}}.isdisjoint(sys.modules)"
    subprocess.run([sys.executable, "-c", script], cwd=Path(__file__).parents[3], timeout=60, check=True)
