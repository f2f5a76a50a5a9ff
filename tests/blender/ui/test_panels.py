# SPDX-License-Identifier: GPL-3.0-or-later
"""Draw the panels into a layout that only listens, and look at what they would show."""

from __future__ import annotations

import math
from types import SimpleNamespace

import bpy
import pytest
from character.skinned import add_body
from rigs import build_rig

from inpose_blender.bake.options import BakeOptions
from inpose_blender.bake.panel import KEYS, LIMBS, WHERE_IT_GOES, INPOSE_PT_bake
from inpose_blender.bake.properties import bake_options
from inpose_blender.calibration.panel import INPOSE_PT_calibration
from inpose_blender.core import WorkerError
from inpose_blender.menus import SEARCHABLE, INPOSE_MT_operations
from inpose_blender.options import TRIM_OPTIONS, CalibrationSettings, ReadOptions, SolveSettings
from inpose_blender.preferences import panel as preferences_panel
from inpose_blender.recording import facts as recording_facts
from inpose_blender.recording.job import RecordingQuestion
from inpose_blender.recording.panel import INPOSE_PT_recording, facts_lines
from inpose_blender.rig.panel import INPOSE_PT_rig
from inpose_blender.solve.panel import INPOSE_PT_solve
from inpose_blender.solve.queue import QUEUE
from inpose_blender.ui.drawing import wrapped
from inpose_blender.ui.option_properties import panel_options, shown_as
from inpose_blender.ui.panel import INPOSE_PT_main
from inpose_blender.viewing.result_panel import INPOSE_PT_result

PANELS = (
    INPOSE_PT_main,
    INPOSE_PT_recording,
    INPOSE_PT_calibration,
    INPOSE_PT_rig,
    INPOSE_PT_solve,
    INPOSE_PT_bake,
)


class ListeningLayout:
    """Stand in for a layout: keep texts, and refuse properties and operators that do not exist."""

    def __init__(self):
        self.texts, self.operators, self.properties, self.icons = [], [], [], {}

    def __getattr__(self, name):
        if name in {"row", "column", "column_flow", "box", "separator"}:
            return lambda **_: self
        raise AttributeError(name)

    def panel(self, _name, default_closed):
        return self, self

    def label(self, *, text, icon="NONE", translate=True):
        if icon != "BLANK1":
            self.icons[text] = icon
        assert icon in bpy.types.UILayout.bl_rna.functions["label"].parameters["icon"].enum_items
        self.texts.append(text)

    def prop(self, data, name, **_):
        assert name in data.bl_rna.properties, name
        self.properties.append(name)

    def operator(self, name, **_):
        package, _, function = name.partition(".")
        getattr(getattr(bpy.ops, package), function).get_rna_type()
        self.operators.append(name)
        return SimpleNamespace()

    def menu(self, name, **_):
        assert hasattr(bpy.types, name)

    def progress(self, *, factor, text, translate):
        assert 0 <= factor <= 1
        self.texts.append(text)


def drawn(panel):
    layout = ListeningLayout()
    panel.draw(SimpleNamespace(layout=layout), bpy.context)
    return layout


@pytest.fixture
def shown(registered):
    return lambda: {panel.bl_idname: drawn(panel) for panel in PANELS}


def test_an_empty_scene_says_what_to_do(shown):
    layouts = shown()
    assert "inpose.choose_recording" in layouts["INPOSE_PT_recording"].operators
    assert " ".join(layouts["INPOSE_PT_rig"].texts) == "Select the armature of the character"
    assert "inpose.solve_full_body" in layouts["INPOSE_PT_solve"].operators
    assert "inpose.bake_take" in layouts["INPOSE_PT_bake"].operators
    assert [panel.bl_order for panel in PANELS[1:]] == [0, 1, 2, 3, 6]


def test_the_recordings_facts_are_shown(shown, fake_worker, take):
    bpy.context.scene.inpose.recording = str(take)
    assert "inpose.read_recording" in shown()["INPOSE_PT_recording"].operators
    assert bpy.ops.inpose.read_recording() == {"FINISHED"}
    texts = shown()["INPOSE_PT_recording"].texts
    for fact in (
        "BSOR Quest 3",
        "1.0 s, 91 frames, 90 Hz",
        "Hand poses: Saber",
        "Performer: 1.78 m (± 4 cm), stands",
        "No T-pose found",
        "Floor: as recorded",
        "Wrists: by the preset",
        "A fake note.",
    ):
        assert fact in texts
    assert "Left hand lost: 1 gap of 0.17 s" in " ".join(texts)


def test_frames_that_all_devices_lack_are_told_once():
    lost, none = {"count": 3, "longest_s": 0.4}, {"count": 0, "longest_s": 0.0}
    assert facts_lines({"gaps": {"head": lost, "left": lost, "right": lost}}) == [
        "Frames missing: 3 gaps, longest 0.40 s"
    ]
    assert facts_lines({"gaps": {"head": {}, "left": lost, "right": {"count": 1, "longest_s": 0.2}}}) == [
        "Left hand lost: 3 gaps, longest 0.40 s",
        "Right hand lost: 1 gap of 0.20 s",
    ]
    assert facts_lines({"gaps": {"head": none, "left": none, "right": none}}) == []


def test_what_was_guessed_is_shown_with_its_doubts_and_can_be_overruled(shown, fake_worker, take, requests):
    scene = bpy.context.scene
    scene.inpose.recording = str(take)
    bpy.ops.inpose.read_recording()
    layout = shown()["INPOSE_PT_recording"]
    assert {"cm: the head is 170 up", "RUF: he walks so"} <= set(layout.texts)
    assert (layout.icons["Or not."], layout.texts.count("Or not.")) == ("QUESTION", 1)
    assert layout.icons["A fake note."] == "INFO"
    reading = [option.stored_as for option in panel_options(ReadOptions) if option.name not in TRIM_OPTIONS]
    assert layout.properties == ["recording", *TRIM_OPTIONS, *reading]
    scene.inpose_reading.unit, scene.inpose_reading.unit_m = "custom", 0.5
    scene.inpose_reading.axes = "custom"
    layout = shown()["INPOSE_PT_recording"]
    assert {"unit_m", "axes_letters"} <= set(layout.properties)
    assert "inpose.read_recording" in layout.operators, "another reading has other facts"
    bpy.ops.inpose.read_recording()
    assert [params.get("reading", {}) for _, params in requests] == [{}, {"unit": "0.5", "axes": "RUB"}]
    assert "cm: the head is 170 up" not in shown()["INPOSE_PT_recording"].texts


def test_the_quality_comes_first_and_the_options_for_experts_last(shown):
    options = panel_options(SolveSettings)
    experts = [shown_as(option) for option in options if option.expert]
    layout = shown()["INPOSE_PT_solve"]
    assert layout.properties == [shown_as(option) for option in options if not option.expert] + experts
    assert (layout.properties[0], experts[0]) == ("quality", "steps")
    assert layout.texts.index("Options") < layout.texts.index("Expert options")


def test_a_small_number_is_shown_with_its_digits(registered):
    shown = {
        name: bpy.context.scene.inpose.bl_rna.properties[name].precision
        for name in ("position_noise_ratio", "variation")
    }
    assert shown == {"position_noise_ratio": 4, "variation": 2}


def test_distances_and_angles_of_the_bake_are_shown_with_their_units(shown):
    settings = bpy.context.scene.inpose_bake
    described = settings.bl_rna.properties
    assert described["key_distance_mm"].unit == "CAMERA", "Blender's own unit in millimetres"
    for name in ("key_angle_deg", "key_tolerance_deg"):
        drawn = f"{name}_shown"
        assert drawn in shown()["INPOSE_PT_bake"].properties
        assert name not in shown()["INPOSE_PT_bake"].properties
        assert described[drawn].unit == "ROTATION"
        for limit in ("default", "hard_min", "hard_max", "soft_max"):
            degrees, radians = getattr(described[name], limit), getattr(described[drawn], limit)
            assert math.degrees(radians) == pytest.approx(degrees)
    settings.key_angle_deg = 1.5
    assert math.degrees(settings.key_angle_deg_shown) == pytest.approx(1.5)
    settings.key_angle_deg_shown = math.radians(0.7)
    assert bake_options(bpy.context.scene).key_angle_deg == 0.7
    settings.key_angle_deg_shown = 1e6
    assert settings.key_angle_deg == 20.0


def test_calibration_asks_for_a_factor_only_where_one_is_meant(shown):
    options = [option.stored_as for option in panel_options(CalibrationSettings)]
    settings = bpy.context.scene.inpose
    assert shown()["INPOSE_PT_calibration"].properties == options
    settings.scale = "custom"
    options.insert(options.index("scale") + 1, "scale_factor")
    assert shown()["INPOSE_PT_calibration"].properties == options


def test_an_unusable_recording_says_why(shown, fake_worker, take):
    take.write_bytes(b"")
    bpy.context.scene.inpose.recording = str(take)
    with pytest.raises(RuntimeError, match="The file is empty"):
        bpy.ops.inpose.read_recording()
    recording_facts._known[RecordingQuestion(take)] = WorkerError("The file is empty.", "Record again.")
    assert {"The file is empty.", "Record again."} <= set(shown()["INPOSE_PT_recording"].texts)
    result = drawn(INPOSE_PT_result)
    assert {"The file is empty.", "Record again."} <= set(result.texts)
    assert "inpose.copy_report" in result.operators
    take.write_bytes(b"data")
    bpy.ops.inpose.read_recording()
    assert not INPOSE_PT_result.poll(bpy.context), "the error is over"


def test_a_result_is_shown_below_its_button_with_each_note_once(shown, fake_worker, take, rng):
    add_body(build_rig(rng))
    bpy.context.scene.inpose.recording = str(take)
    assert not INPOSE_PT_result.poll(bpy.context)
    bpy.ops.inpose.solve_full_body()
    assert (INPOSE_PT_solve.bl_order, INPOSE_PT_result.bl_order) == (3, 4)
    status = bpy.context.window_manager.inpose_status
    status.notes = "\n".join([*status.notes.splitlines(), "A fake note.", "One more."])
    texts = drawn(INPOSE_PT_result).texts
    assert "Fake." in status.notes.splitlines()
    # It is a finding of the take, which another panel lists.
    assert (texts.count("Fake."), texts.count("A fake note."), "Notes: 4" in texts) == (0, 1, True)
    assert drawn(INPOSE_PT_main).texts == []
    bpy.ops.inpose.read_recording()
    assert "A fake note." in shown()["INPOSE_PT_recording"].texts
    assert "A fake note." not in drawn(INPOSE_PT_result).texts


def test_a_ruined_character_gets_no_tick(shown, fake_worker, take, rng):
    rig = build_rig(rng, extra_bones=True)
    add_body(rig, weights_on={"pelvis": "root of all"})
    bpy.context.scene.inpose.recording = str(take)
    bpy.ops.inpose.solve_full_body()
    layout = drawn(INPOSE_PT_result)
    assert "CHECKMARK" not in layout.icons.values()
    assert layout.icons["Check the character"] == "ERROR"
    assert "root of all" in " ".join(layout.texts)
    bpy.ops.inpose.bake_take()
    assert "Check the character" in drawn(INPOSE_PT_result).texts


def test_the_rig_is_recognised_before_solving(shown, rng):
    build_rig(rng, without=("neck",))
    text = " ".join(shown()["INPOSE_PT_rig"].texts)
    assert "21 of 22 joints" in text
    assert "No bone for neck" in text


def test_the_queue_is_shown(shown):
    for label in ("one", "two"):
        QUEUE.add(label, SimpleNamespace(fraction=0.25, text="Solving", cancel=lambda: None))
    layout = shown()["INPOSE_PT_solve"]
    assert {"one: Solving", "two: Waiting"} <= set(layout.texts)
    assert layout.operators.count("inpose.cancel") == 2


def test_preferences_offer_a_test_and_say_what_the_solver_runs_with(registered, monkeypatch):
    monkeypatch.setattr(preferences_panel, "draw_pythons", lambda layout, _context: layout.label(text="a Python"))
    layout = ListeningLayout()
    fake = SimpleNamespace(
        layout=layout, bl_rna=SimpleNamespace(properties=("interpreter_path", "device", "cache_folder"))
    )
    preferences_panel.INPOSE_AP_preferences.draw(fake, bpy.context)
    assert layout.texts == ["a Python"]
    assert {"inpose.test_solver", "inpose.clear_results"} <= set(layout.operators)


def test_every_operator_is_found_by_search(registered):
    """F3 finds what a menu holds."""
    layout = drawn(INPOSE_MT_operations)
    assert list(dict.fromkeys(layout.operators)) == [operation.bl_idname for operation in SEARCHABLE]
    for operation in SEARCHABLE:
        function = operation.bl_idname.partition(".")[2]
        assert getattr(bpy.ops.inpose, function).get_rna_type().description == operation.__doc__
        assert "INTERNAL" not in getattr(operation, "bl_options", ())
    others = {
        "inpose.command_headset",
        "inpose.end_headset",
        "inpose.live_record",
        "inpose.reduce_keys",
        "inpose.mapping_mirror",
    }
    assert others <= set(layout.operators)
    names = [operation.bl_label for operation in SEARCHABLE]
    assert len(names) == len(set(names)), "nobody can tell them apart"


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("", []),
        ("short", ["short"]),
        ("a bb ccc dddd", ["a bb", "ccc", "dddd"]),
        ("anunbreakablename of it", ["anunbreakablename", "of it"]),
        ("動きを解く", ["動きを", "解く"]),
        ("ab cd 動きを解く", ["ab cd", "動きを", "解く"]),
        ("ab 動きを解く", ["ab 動", "きを解", "く"]),
    ],
)
def test_sentences_are_broken_where_they_may(text, lines):
    assert wrapped(text, 6) == lines


def test_every_option_of_the_bake_has_one_place():
    parts = [*WHERE_IT_GOES, *LIMBS, *KEYS]
    assert len(parts) == len(set(parts))
    assert set(parts) <= {option.name for option in panel_options(BakeOptions)} | {"start_with"}
