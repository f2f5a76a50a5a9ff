# SPDX-License-Identifier: GPL-3.0-or-later
"""Follow two performers of one room in a Blender with a window: Live, their takes, a row of both; a script.

    blender --python tests/gui/drive_pair.py -- FOLDER

One sender plays both: the second does the same as the first, in front of them and with the face to them. So the middle
between the hips of both must stay at its place: in Live, in the bakes, and in the rows of NLA strips.
FOLDER/report.json says what was seen; the exit code is 0 if all went as it should.
"""

from __future__ import annotations

import importlib
import importlib.util
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import bpy
import numpy as np

spec = importlib.util.spec_from_file_location("inpose_drive", Path(__file__).with_name("drive.py"))
drive = importlib.util.module_from_spec(spec)
sys.modules["inpose_drive"] = drive
spec.loader.exec_module(drive)

SENDER = Path(__file__).resolve().parents[2] / "benchmarks" / "vmc_sender.py"
PORTS = (39787, 39791)
TAKES = 2
TAKE_S = 5.0
APART_M = 0.05
"""Packets of both, and the first frames of their takes, are up to 15 milliseconds apart; hips move at 1.5 m/s."""


class Pair(drive.Session):
    """Hold the way: two characters follow, two takes of each are solved, baked in one room, and laid in two rows."""

    def script(self) -> Iterator[float]:
        """Walk from the settings to the rows."""
        drive.arrange_panels("INPOSE_PT_live", hidden=("INPOSE_PT_headset",))
        yield from self.set_the_scene()
        self.names = [self.armature_name, self.second_character()]
        yield from self.begin()
        self.start_sender()
        yield from self.until("both follow", lambda: all(one.shown > 10 for one in self.stage.performers), 180.0)
        yield from self.record()
        yield from self.end()
        yield from self.bake_rows()
        yield from self.undo()

    @property
    def rigs(self) -> list[Any]:
        """Return both characters."""
        return [bpy.data.objects[name] for name in self.names]

    def second_character(self) -> str:
        """Add another character of the same size, elsewhere and turned."""
        stick_figure = importlib.import_module(f"{self.module}.inpose_blender.rig.stick_figure")
        core = importlib.import_module(f"{self.module}.inpose_blender.core")
        with self.in_view():
            armature = stick_figure.add_stick_figure(bpy.context.scene, core.Skeleton.template(), "Partner")
            self.dress(armature)
            armature.location, armature.rotation_euler.z = (3.0, -1.0, 0.0), 1.0
            bpy.context.view_layer.objects.active = bpy.data.objects[self.armature_name]
        return str(armature.name)

    def begin(self) -> Iterator[float]:
        """Name the further performer, and press the button."""
        scene = bpy.context.scene
        self.live = importlib.import_module(f"{self.module}.inpose_blender.live.operators")
        scene.inpose.armature = self.rigs[0]
        scene.inpose.pose = "grip"
        scene.inpose_live.port = PORTS[0]
        with self.in_view():
            bpy.ops.inpose.live_add_performer()
        further = scene.inpose_live.performers[-1]
        further.armature, further.port = self.rigs[1], PORTS[1]
        yield from self.look("p1_settings")
        with self.in_view():
            bpy.ops.inpose.live("INVOKE_DEFAULT")
        self.stage = self.live.running_stage()
        self.check(self.stage is not None and len(self.stage.performers) == 2, "Live has begun with two performers")
        yield from self.until(
            "both solvers listen", lambda: all(one.phase != "starting" for one in self.stage.follows), 120.0
        )

    def start_sender(self) -> None:
        """Start the process that plays both performers."""
        python = shutil.which("python3") or sys.executable
        command = [python, str(SENDER), str(PORTS[0]), str(self.recording), "240", str(PORTS[1])]
        self.sender = subprocess.Popen(command)

    def record(self) -> Iterator[float]:
        """Record both into takes, and see the middle between them stay."""
        for number in range(1, TAKES + 1):
            with self.in_view():
                bpy.ops.inpose.live_record()
            yield from self.until(f"take {number} of both is recorded", lambda: self.stage.records)
            began, middles = time.monotonic(), []
            while time.monotonic() - began < TAKE_S:
                yield 0.1
                middles.append(self.middle())
            self.seen[f"live_{number}_m"] = self.spread(middles)
            yield from self.look(f"p2_live_{number}")
            with self.in_view():
                bpy.ops.inpose.live_record()
            yield from self.until(f"take {number} has ended", lambda: not self.stage.records)
        self.check(self.seen["live_1_m"] < 0.3, "they stand to each other, as late as the poses of each are")

    def end(self) -> Iterator[float]:
        """Stop, and see four takes solved and baked."""
        with self.in_view():
            bpy.ops.inpose.live_stop()
        self.sender.terminate()
        yield from self.until("the session is over", lambda: self.live.running_stage() is None)
        yield from self.until("the takes are being solved", lambda: self.solving)
        yield from self.wait("the takes are solved and baked")
        state = importlib.import_module(f"{self.module}.inpose_blender.take_list.state")
        entries = bpy.context.scene.inpose_takes.entries
        found = [(entry.character.name, state.state_of(entry)) for entry in entries]
        self.check(found == [(name, "baked") for name in self.names] * TAKES, f"each is baked: {found}")
        self.check_together("baked", self.common_frames([rig.animation_data.action.frame_range for rig in self.rigs]))
        yield from self.look("p3_baked")

    def bake_rows(self) -> Iterator[float]:
        """Bake all onto NLA strips, in one room."""
        bake = bpy.context.scene.inpose_bake
        bake.start_at, bake.start_with, bake.set_frame_range = "character", self.names[0], True
        bpy.context.scene.inpose_takes.gap = 5
        with self.in_view():
            bpy.ops.ed.undo_push(message="Before the rows")
            bpy.ops.inpose.bake_takes("INVOKE_DEFAULT", onto="NLA")
        yield from self.wait_for_a_result()
        rows = [self.strips(rig) for rig in self.rigs]
        starts = [[strip.frame_start for strip in row] for row in rows]
        self.check(len(starts[0]) == TAKES and starts[0] == starts[1], f"the takes begin together: {starts}")
        for number, both in enumerate(zip(*rows, strict=True), start=1):
            frames = self.common_frames([(strip.frame_start, strip.frame_end) for strip in both])
            self.check_together(f"row_{number}", frames)
            yield from self.look(f"p4_row_{number}", frames[len(frames) // 2])

    def undo(self) -> Iterator[float]:
        """Take the rows back in one step."""
        with self.in_view():
            bpy.ops.ed.undo_push(message="Looked at the rows")
            bpy.ops.ed.undo()
            bpy.ops.ed.undo()
        yield 1.0
        self.check(not any(self.strips(rig) for rig in self.rigs), "undo takes both rows back in one step")

    def check_together(self, name: str, frames: Sequence[int]) -> None:
        """See that the middle between both stays over frames of the scene."""
        middles = []
        for frame in frames:
            bpy.context.scene.frame_set(frame)
            middles.append(self.middle())
        self.seen[f"{name}_m"] = self.spread(middles)
        self.check(self.seen[f"{name}_m"] < APART_M, f"{name}: the middle stays within {self.seen[f'{name}_m']} m")

    def middle(self) -> Any:
        """Return the middle between the hips of both, on the floor."""
        bpy.context.view_layer.update()
        hips = [rig.matrix_world @ rig.pose.bones["pelvis"].matrix.translation for rig in self.rigs]
        return np.array([(hips[0][axis] + hips[1][axis]) / 2 for axis in (0, 1)])

    @staticmethod
    def spread(middles: Sequence[Any]) -> float:
        """Return how far 95 % of places are from their median, in metres."""
        off = np.linalg.norm(np.array(middles) - np.median(middles, axis=0), axis=1)
        return round(float(np.quantile(off, 0.95)), 4)

    @staticmethod
    def common_frames(ranges: Sequence[Sequence[float]]) -> list[int]:
        """Return frames that are in all ranges."""
        return list(range(round(max(one[0] for one in ranges)), round(min(one[1] for one in ranges)) + 1, 4))

    @staticmethod
    def strips(rig: Any) -> list[Any]:
        """Return the strips that play, in the order of time."""
        found = [strip for track in rig.animation_data.nla_tracks if not track.mute for strip in track.strips]
        return sorted(found, key=lambda strip: strip.frame_start)

    def look(self, name: str, frame: int | None = None) -> Iterator[float]:
        """Look at both from the side."""
        if frame is not None:
            bpy.context.scene.frame_set(frame)
        with self.in_view():
            bpy.ops.object.select_all(action="DESELECT")
            for rig in self.rigs:
                rig.select_set(True)
                for child in rig.children:
                    child.select_set(True)
            bpy.ops.view3d.view_axis(type="FRONT")
            bpy.ops.view3d.view_orbit(angle=0.9, type="ORBITRIGHT")
            bpy.ops.view3d.view_orbit(angle=0.25, type="ORBITUP")
            bpy.ops.view3d.view_selected()
        yield 1.5
        self.picture(name)

    def until(self, what: str, holds: Any, longest_s: float = 90.0) -> Iterator[float]:
        """Wait until something holds."""
        began = time.monotonic()
        while not holds():
            self.check(time.monotonic() - began < longest_s, what, quiet=True)
            yield drive.TICK_S
        self.check(True, what)


if __name__ == "__main__":
    drive.main(Pair)
