# SPDX-License-Identifier: GPL-3.0-or-later
"""Record from a stand-in for a headset's browser with the parts of the operator: takes, choices, ends, errors."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import bpy
import numpy as np
import pytest

from inpose_blender.core import qr_code, with_quiet_zone
from inpose_blender.errors import OutputError, RecordingError
from inpose_blender.headset import operators, panel, qr_picture, session
from inpose_blender.headset.panel import draw_address
from inpose_blender.headset.properties import takes_folder
from inpose_blender.headset.session import HeadsetChoices, HeadsetSession
from tests.core.recording.live.test_headset import Browser, until
from tests.core.recording.recorder_takes import take_lines
from tests.core.recording.recording_files import moving_person

pytestmark = pytest.mark.usefixtures("registered", "fake_worker")
LINES = take_lines(moving_person(90))


@pytest.fixture
def running(tmp_path: Path) -> Iterator[HeadsetSession]:
    yield session.begin(HeadsetChoices(tmp_path, 0))
    session.drop()


def refuses(url: str) -> bool:
    try:
        Browser(url)
    except OSError:
        return True
    return False


def test_a_take_that_has_ended_becomes_the_chosen_recording(running: HeadsetSession, tmp_path: Path) -> None:
    browser = Browser(running.url)
    until(lambda: running.progress().connected)
    assert running.new_takes() == []
    browser.send(*LINES)
    taken: list[Path] = []
    until(lambda: taken or taken.extend(running.new_takes()))
    operators.choose_takes(bpy.context, taken)
    assert bpy.context.scene.inpose.recording == str(tmp_path / "take_001.jsonl")
    assert running.progress().frames == 90
    assert running.new_takes() == [], "each take is chosen once: the user may choose another file"
    assert session.end() == []


def test_all_takes_that_end_while_blender_is_busy_are_listed(running: HeadsetSession, tmp_path: Path) -> None:
    browser = Browser(running.url)
    for take in range(3):
        lines = take_lines(moving_person(30), header={"take": take + 1})
        browser.send(*(lines if take < 2 else lines[:20]))
    until(lambda: running.progress().takes == 3 and running.progress().frames > 10)
    operators.choose_takes(bpy.context, running.new_takes())
    listed = bpy.context.scene.inpose_takes
    assert [Path(entry.file).name for entry in listed.entries] == ["take_001.jsonl", "take_002.jsonl"]
    assert bpy.ops.inpose.end_headset() == {"FINISHED"}
    assert [Path(entry.file).name for entry in listed.entries][2:] == ["take_003.jsonl"]
    assert listed.chosen == 2


def test_the_end_keeps_and_chooses_the_take_that_still_runs(running: HeadsetSession, tmp_path: Path) -> None:
    Browser(running.url).send(*LINES[:40])
    until(lambda: running.progress().frames > 30)
    assert bpy.ops.inpose.end_headset() == {"FINISHED"}
    assert session.running() is None
    assert bpy.context.scene.inpose.recording == str(tmp_path / "take_001.jsonl")
    assert (tmp_path / "take_001.jsonl").read_text().splitlines() == LINES[:40]
    assert refuses(running.url)


def test_the_buttons_reach_the_headset(running: HeadsetSession) -> None:
    assert bpy.ops.inpose.command_headset(name="start") == {"CANCELLED"}
    browser = Browser(running.url)
    until(lambda: running.progress().connected)
    assert bpy.ops.inpose.command_headset(name="start") == {"FINISHED"}
    assert b'{"command": "start"}' in browser.hear()
    assert bpy.ops.inpose.command_headset(name="stop") == {"FINISHED"}
    assert b'{"command": "stop"}' in browser.hear()


class ListingLayout:
    """Keeps the texts that are drawn."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def row(self, **_: object) -> ListingLayout:
        return self

    def label(self, *, text: str = "", **_: object) -> None:
        self.texts.append(text)

    def operator(self, *_: object, **__: object) -> SimpleNamespace:
        return SimpleNamespace(text="")


def test_the_adb_command_names_the_port_that_is_served(running: HeadsetSession) -> None:
    layout, port = ListingLayout(), running.url.split("/")[2].rpartition(":")[2]
    draw_address(layout, running.url)
    assert f"adb reverse tcp:{port} tcp:{port}" in layout.texts
    assert running.url in layout.texts


def test_the_panel_shows_all_addresses_of_this_computer(monkeypatch: pytest.MonkeyPatch) -> None:
    layout = ListingLayout()
    monkeypatch.setattr(panel, "draw_qr_code", lambda *_: None)
    urls = tuple(f"https://{host}:8443/token/" for host in ("192.168.178.23", "10.0.0.7", "172.16.0.2"))
    draw_address(layout, urls[0], urls[1:])
    assert [text for text in layout.texts if text in urls] == list(urls)


def test_another_file_ends_the_server_and_keeps_the_take(running: HeadsetSession, tmp_path: Path) -> None:
    Browser(running.url).send(*LINES[:40])
    until(lambda: running.progress().frames > 30)
    bpy.ops.wm.read_homefile(use_empty=True)
    assert session.running() is None
    assert refuses(running.url)
    assert (tmp_path / "take_001.jsonl").read_text().splitlines() == LINES[:40]


def test_a_second_session_ends_the_first(running: HeadsetSession, tmp_path: Path) -> None:
    second = session.begin(HeadsetChoices(tmp_path, 0))
    assert session.running() is second
    assert refuses(running.url)


def test_what_cannot_work_is_said_before_anything_is_served(running: HeadsetSession, tmp_path: Path) -> None:
    port = int(running.url.split("/")[2].rpartition(":")[2])
    with pytest.raises(RecordingError, match=str(port)):
        HeadsetSession(HeadsetChoices(tmp_path, port))
    with pytest.raises(OutputError, match="does not exist"):
        HeadsetSession(HeadsetChoices(tmp_path / "missing", 0))
    with pytest.raises(RecordingError, match="belong together"):
        HeadsetSession(HeadsetChoices(tmp_path, 0, in_network=True, key=tmp_path / "key.pem"))
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError):
        HeadsetSession(HeadsetChoices(tmp_path / "file" / "takes", 0, may_create=True))


def test_the_takes_are_beside_the_blend_unless_a_folder_is_chosen(tmp_path: Path) -> None:
    settings = bpy.context.window_manager.inpose_headset
    assert takes_folder(settings).name == "takes"
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "shot.blend"))
    settings = bpy.context.window_manager.inpose_headset
    assert takes_folder(settings) == tmp_path
    settings.folder = str(tmp_path / "acted")
    assert operators.choices_of(settings).folder == tmp_path / "acted"
    assert not operators.choices_of(settings).may_create
    settings.folder = ""


def test_wi_fi_needs_no_certificate_of_the_user(tmp_path: Path) -> None:
    made = HeadsetSession(HeadsetChoices(tmp_path, 0, in_network=True))
    try:
        assert made.url.startswith("https://")
        assert "localhost" not in made.url
    finally:
        made.end()


def test_the_picture_of_an_address_is_its_qr_code_and_one_is_kept() -> None:
    url = "https://192.168.178.23:8443/q3Zr-0_Xb1Yk/"
    picture = qr_picture._picture(url)
    pixels = np.reshape(picture.image_pixels_float, (*picture.image_size, 4))
    modules = pixels[::-8, ::8, 0] < 0.5
    assert (modules == with_quiet_zone(qr_code(url))).all()
    assert pixels[..., 3].min() == 1.0, "the theme does not show through"
    assert qr_picture._picture(url).icon_id == picture.icon_id
    qr_picture._picture(url + "x")
    assert list(qr_picture._pictures[0]) == [url + "x"]
    qr_picture.clear()
