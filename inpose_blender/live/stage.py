# SPDX-License-Identifier: GPL-3.0-or-later
"""Hold the performers of one live session: advance them, record them, and give everything back at the end."""

from __future__ import annotations

import itertools
import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import bpy

from ..errors import InPoseError
from ..remembered import remember
from .job import Follow, RecordedTake
from .performer import Performer
from .xr_source import first_lines, moment_line, xr_session

_TAKE: Final[str] = "take"
_COUNTS_EVERY_S: Final[float] = 0.5
"""How often the panel shows how many poses a take has."""


@dataclass(frozen=True)
class FinishedTake:
    """Hold a take to solve and to bake."""

    take: RecordedTake
    armature: str
    """Name of the armature object of its performer."""
    number: int
    """Which take of the session it is; those of several performers that were recorded together have the same one."""
    starts_with: str
    """Name of the armature object of the first performer, whose room this one shares; empty for the first one."""


class Stage:
    """Run a live session from construction to `end`.

    Args:
        performers: the first one places the room; all follow their streams already.
        scene: their scene.
        folder: for the takes.
        uses_xr: head and controllers of Blender's own VR session are handed to the first performer.
        redraw: called when the panels should show something new.
    """

    def __init__(
        self,
        performers: Sequence[Performer],
        scene: Any,
        folder: Path,
        *,
        uses_xr: bool = False,
        redraw: Callable[[], object] = lambda: None,
    ) -> None:
        self.performers = tuple(performers)
        self.folder = folder
        self.error: InPoseError | None = None
        """Why the session has ended by itself."""
        self.ends = False
        """It gives nothing to see any more, and waits for the ends of the takes."""
        self._scene, self._redraw, self._uses_xr = remember(scene), redraw, uses_xr
        self._keyed_by_itself = False
        self._xr_began_s: float | None = None
        self._told: object = None
        self._paused = False
        self.number = secrets.randbits(31) or 1
        """Marks the scene while the rigs show performers."""
        self._hold_scene()

    @property
    def scene(self) -> Any:
        """Return the scene of the session; None if it was deleted."""
        return self._scene.find(bpy.data.scenes)

    @property
    def done(self) -> bool:
        """Return whether all has ended."""
        return self.ends and all(performer.job is None or performer.job.done for performer in self.performers)

    @property
    def follows(self) -> tuple[Follow, ...]:
        """Return how each performer is followed."""
        return tuple(performer.job.follow for performer in self.performers if performer.job is not None)

    @property
    def records(self) -> bool:
        """Return whether a take is under way."""
        return any(follow.recording for follow in self.follows)

    @property
    def takes(self) -> tuple[FinishedTake, ...]:
        """Return the takes so far in the order of their recording; of each, the first performer's comes first."""
        first = self.performers[0]
        found = [
            FinishedTake(take, performer.rig.object_name, number, "" if performer is first else first.rig.object_name)
            for performer, follow in zip(self.performers, self.follows, strict=True)
            for number, take in enumerate(follow.takes)
            if take.frames
        ]
        return tuple(sorted(found, key=lambda each: each.number))

    def tick(self) -> None:
        """Show what has arrived; takes a few milliseconds. An error ends the session."""
        for performer in self.performers:
            if performer.job is not None:
                performer.job.step()
        if not self.ends:
            try:
                self._advance()
            except InPoseError as error:
                self.error = error
                self.stop()
        # The number of poses of a take grows with each packet, and drawing the panel costs as much as the character.
        counted = int(time.monotonic() / _COUNTS_EVERY_S) if self.records else 0
        told = (
            *(self.ends, counted),
            *(
                (f.phase, round(f.seconds_left), f.trouble, len(f.takes), f.recording, f.connected)
                for f in self.follows
            ),
        )
        if told != self._told:
            self._told = told
            self._redraw()

    def show_again(self) -> None:
        """Show the last poses once more, after something else has set the bones."""
        if not self.ends and not self._paused:
            for performer in self.performers:
                performer.show_again()

    def pause(self) -> None:
        """Give the rigs their own poses, until `go_on`: somebody saves or renders them."""
        self._paused = True
        self.give_back()

    def go_on(self) -> None:
        """Show the performers again after `pause`."""
        self._paused = False
        self._hold_scene()
        self.show_again()

    def calibrate(self) -> None:
        """Measure all performers once more."""
        for performer in self.performers:
            if performer.job is not None:
                performer.job.tell("calibrate")

    def record(self) -> None:
        """Begin a take of all performers."""
        paths = next(filter(None, map(self._take_paths, itertools.count(1))))
        for performer, path in zip(self.performers, paths, strict=True):
            if performer.job is not None:
                performer.job.tell("record", path=str(path))

    def end_take(self) -> None:
        """End the take."""
        for performer in self.performers:
            if performer.job is not None:
                performer.job.tell("end_take")

    def stop(self) -> None:
        """Give the rigs their own poses, and ask for the ends of the takes; go on with `tick` until `done`."""
        if not self.ends:
            self.ends = True
            self.give_back()
            for performer in self.performers:
                performer.forget_pose()
                if performer.job is not None:
                    performer.job.stop()

    def close(self) -> None:
        """End the processes of a session that is done."""
        for performer in self.performers:
            if performer.job is not None:
                performer.job.end_process()

    def drop(self) -> None:
        """End everything before returning, because Blender opens another file or quits; the takes are complete."""
        self.stop()
        for performer in self.performers:
            if performer.job is not None:
                performer.job.stop_now()

    def _advance(self) -> None:
        if not self._paused:
            self._hold_scene()
        if self._uses_xr:
            self._feed_xr()
        for performer in self.performers:
            job = performer.job
            if job is None:
                continue
            if job.done:
                _ = job.outcome  # raises what went wrong
                raise InPoseError("The live solver has ended.", "Start Live again.")
            pose = job.take_pose()
            if pose is not None and not self._paused:
                performer.show(pose, self.performers[0])
            elif pose is None:
                _ = performer.rig.armature_object  # raises if it was deleted

    def _feed_xr(self) -> None:
        """Hand over this moment of Blender's VR session."""
        session, job = xr_session(bpy.context), self.performers[0].job
        if session is None or job is None:
            return
        lines = []
        if self._xr_began_s is None:
            if job.follow.phase == "starting":
                return
            self._xr_began_s = time.monotonic()
            lines = first_lines()
        job.tell("feed", lines=[*lines, moment_line(bpy.context, session, time.monotonic() - self._xr_began_s)])

    def _take_paths(self, number: int) -> tuple[Path, ...] | None:
        """Return the files of a take, or None if there is one of them."""
        suffix = ".jsonl" if self._uses_xr else ".csv"
        several = len(self.performers) > 1
        paths = tuple(
            self.folder / f"{_TAKE}_{number:03}{'_' + _file_name(performer.name) if several else ''}{suffix}"
            for performer in self.performers
        )
        return None if any(path.exists() for path in paths) else paths

    def give_back(self) -> None:
        """Give the rigs their own poses, and the scene Auto Keying."""
        for performer in self.performers:
            performer.give_back()
        scene = self.scene
        if scene is None:
            return
        scene.inpose_live.stage = 0
        if self._keyed_by_itself:
            scene.tool_settings.use_keyframe_insert_auto = True

    def _hold_scene(self) -> None:
        """Mark the scene, and switch off Auto Keying: it would key the live pose into the user's action."""
        scene = self.scene
        if scene is None:
            return
        if scene.inpose_live.stage != self.number:
            scene.inpose_live.stage = self.number
        if scene.tool_settings.use_keyframe_insert_auto:
            self._keyed_by_itself = True
            scene.tool_settings.use_keyframe_insert_auto = False


def _file_name(name: str) -> str:
    return "".join(letter if letter.isalnum() or letter in "-_ " else "_" for letter in name)[:60]
