# SPDX-License-Identifier: GPL-3.0-or-later
"""Assign the columns of a table in a Blender with a window: guess, correct, give up, accept, solve; a script.

    blender --python tests/gui/drive_columns.py -- FOLDER RECORDING

FOLDER/report.json says what was seen; the exit code is 0 if all went as it should.
"""

from __future__ import annotations

import importlib
import importlib.util
import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import bpy

spec = importlib.util.spec_from_file_location("inpose_drive", Path(__file__).with_name("drive.py"))
drive = importlib.util.module_from_spec(spec)
sys.modules["inpose_drive"] = drive
spec.loader.exec_module(drive)


class Assigning(drive.Session):
    """Hold the way: a table that nobody knows, the dialog, a mistake, its correction, a tracker, the solve."""

    def script(self) -> Iterator[float]:
        """Walk from an unknown table to a baked shot."""
        self.recording = without_names(self.recording, self.folder / "logger.csv")
        yield from self.set_the_scene()
        mapping = self.recording.with_name(self.recording.name + ".columns.json")
        mapping.unlink(missing_ok=True)
        with self.in_view():
            bpy.ops.inpose.choose_recording("EXEC_DEFAULT", filepath=bpy.path.relpath(str(self.recording)))
        yield from self.wait_for("the table is not understood", lambda: self.facts is not None)
        self.check(type(self.facts).__name__ == "ColumnsError", "the table is not understood")
        yield 1.0
        self.picture("c1_unknown")
        if not drive.shutil.which("xdotool"):
            self.seen["skipped"] = "the dialog is left by the keyboard: no xdotool"
            return
        yield from self.give_up(mapping)
        yield from self.correct()
        yield from self.add_trackers()
        yield from self.accept(mapping)
        self.start()
        yield from self.wait("the solve has ended")
        self.check(self.action is not None, "the assigned table is solved")
        stop = importlib.import_module(f"{self.module}.inpose_blender.runtime.worker_job").stop_warm_process
        stop()

    @property
    def facts(self) -> Any:
        """Return what is known of the recording, as it is read now."""
        facts = importlib.import_module(f"{self.module}.inpose_blender.recording.facts")
        properties = importlib.import_module(f"{self.module}.inpose_blender.recording.properties")
        return facts.known_facts(properties.question_of(bpy.context.scene))

    @property
    def trackers(self) -> Any:
        """Return the trackers of the recording, as it is read now."""
        return getattr(self.facts, "info", {}).get("trackers", {})

    @property
    def choices(self) -> Any:
        """Return what the dialog shows."""
        return bpy.context.window_manager.inpose_columns

    def open(self) -> Iterator[float]:
        """Open the dialog in the middle of the view."""
        drive.press("mousemove", "520", "420")
        yield 0.5
        with self.in_view():
            bpy.ops.inpose.assign_columns("INVOKE_DEFAULT")
        yield 1.5

    def wait_for(self, what: str, holds: Any) -> Iterator[float]:
        """Wait until something holds."""
        began = time.monotonic()
        while not holds():
            self.check(time.monotonic() - began < 60.0, what, quiet=True)
            yield drive.TICK_S
        yield 1.0

    def give_up(self, mapping: Path) -> Iterator[float]:
        """Open the dialog, see the guess in the view, and leave it by Esc."""
        yield from self.open()
        yield from self.wait_for("the guess is shown", lambda: hasattr(self.facts, "sensors"))
        yield 1.0  # the list of findings has changed the heights of the panels
        self.picture("c2_guessed")
        self.check(bpy.context.window_manager.inpose_view.shows_recording, "the guess is shown in the view")
        drive.press("key", "Escape")
        yield 1.5
        self.picture("c3_cancelled")
        self.check(not mapping.exists(), "Esc writes nothing")
        self.check(not bpy.context.window_manager.inpose_view.shows_recording, "Esc hides the recording again")
        self.check(type(self.facts).__name__ == "ColumnsError", "Esc leaves the recording as it was")

    def correct(self) -> Iterator[float]:
        """Take the rotation of the left hand away and give it back; say wrong axes and right ones."""
        yield from self.open()
        before = self.choices.left.rotation
        self.choices.left.rotation = ""
        yield 1.5
        self.picture("c4_missing")
        drive.press("key", "Return")  # it must come back, with the sentence that says what is missing
        yield 2.0
        self.picture("c5_comes_back")
        self.check(self.choices.left.rotation == "", "the dialog comes back with the last choices")
        self.choices.left.rotation = before
        yield from self.wait_for("the correction is read", lambda: hasattr(self.facts, "sensors"))
        self.choices.one_by_one = True
        self.choices.axes = "unity"
        yield from self.wait_for("what is wrong is read, too", lambda: hasattr(self.facts, "sensors"))
        self.picture("c6_one_by_one")
        self.choices.one_by_one = False
        self.choices.axes = "auto"
        yield 2.0

    def add_trackers(self) -> Iterator[float]:
        """Add two trackers, with the columns that are left; say where one is worn; remove the other."""
        self.check(not len(self.choices.trackers), "the dialog has no trackers at first")
        for _ in range(2):
            with self.in_view():
                bpy.ops.inpose.add_tracker_columns()
        yield 1.0
        self.picture("c7_incomplete_tracker")
        self.check(self.choices.trackers[0].pose.position != "", "a tracker gets the columns that are left")
        self.choices.trackers[0].place = "hips"
        with self.in_view():
            bpy.ops.inpose.remove_tracker_columns(number=1)
        yield from self.wait_for("the tracker is read", lambda: "hips" in self.trackers)
        self.picture("c8_tracker")

    def accept(self, mapping: Path) -> Iterator[float]:
        """Accept by Return."""
        table = self.recording.read_bytes()
        drive.press("key", "Return")
        yield from self.wait_for("the mapping is written", mapping.exists)
        yield from self.wait_for("the table is read by it", lambda: hasattr(self.facts, "sensors"))
        self.check(self.recording.read_bytes() == table, "the table is untouched")
        self.check("columns" in json.loads(mapping.read_text()), "the mapping is beside the table")
        yield 1.0
        self.picture("c9_assigned")
        self.check(
            json.loads(mapping.read_text())["columns"].get("hips_q") is not None, "the tracker is in the mapping"
        )


def without_names(example: Path, path: Path) -> Path:
    """Write the example with the left hand first, quaternions before positions, and names that say nothing. The last
    pose is that of a tracker on the belt, which moves like the head."""
    lines = [line for line in example.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    rows = [line.split(",") for line in lines[1:]]
    written = [",".join(["frame", "clock", *(f"v{number}" for number in range(28))])]
    for frame, row in enumerate(rows):
        poses = [row[1 + 7 * device : 8 + 7 * device] for device in (1, 0, 2)]
        x, y, z = map(float, row[1:4])
        poses.append([f"{x:.5f}", f"{y - 0.68:.5f}", f"{z:.5f}", *row[4:8]])
        cells = [cell for pose in poses for cell in (*pose[4:], pose[3], *pose[:3])]
        written.append(",".join([str(frame), f"{1000 * float(row[0]):.1f}", *cells]))
    path.write_text("\n".join(written) + "\n", encoding="utf-8")
    return path


if __name__ == "__main__":
    drive.main(Assigning)
