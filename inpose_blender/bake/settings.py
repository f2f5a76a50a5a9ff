# SPDX-License-Identifier: GPL-3.0-or-later
"""Hold the settings and the result of a bake. Does not import bpy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from ..character.problems import CharacterCheck
from ..fingers.moved import FingerMode, MovedFingers
from ..layers.settings import LayerSettings
from .start import BakeStart

if TYPE_CHECKING:  # Blender's start must not wait for the core
    from .edits.edited_take import EditedTake

ControlMode = Literal["fk", "ik", "both"]
"""Which controls of a rig get keys."""


@dataclass(frozen=True)
class KeyTolerance:
    """Hold how far the end joints may be off after keys were removed."""

    distance_mm: float
    angle_deg: float
    bone_angle_deg: float = 0.0
    """How far each bone may be off its own rotation; 0 is no limit."""


@dataclass(frozen=True)
class BakeSettings:
    """Say how a motion becomes an action."""

    action_name: str
    first_frame: int = 1
    fps: float | None = None
    """Keys per second; None sets one on each frame of the scene. The speed of the motion does not change."""
    root_motion: bool = False
    """Put root motion on the bone above the hips."""
    object_motion: bool = False
    """Put root motion on the armature object."""
    key_tolerance_deg: float = 0.0
    """Remove keys as long as no bone changes by more than this; 0 keeps all keys."""
    fewer_keys: KeyTolerance | None = None
    """Smooth curves through few keys, as long as the end joints stay within this; None keeps all keys."""
    hold_feet: bool = False
    """Hold the IK controls of feet while the feet stand, where the rig can roll a foot over its ball."""
    key_step: int = 1
    """Held keys on every so many-th frame; 1 is every frame, not held."""
    key_step_from: int = 1
    """The frame from which these frames count."""
    to_nla_track: bool = False
    """Put the new action into a new NLA track instead of making it active."""
    spread: bool = True
    """Bend and twist the bones between the joints, too; False leaves them stiff and the mapped bones exact."""
    controls: ControlMode = "fk"
    fingers: FingerMode = "recorded"
    """What moves the fingers."""
    relaxed_curl: float = 1.0
    """How far a hand that is not tracked is curled; 0 is a flat hand."""
    layer: LayerSettings | None = None
    """Lay the new action over what plays; None makes it the active one, or plays it in an NLA track."""
    replace_own: bool = False
    """Replace the last bake of the same name instead of keeping it, unless somebody has edited it."""


@dataclass(frozen=True)
class BakeResult:
    """Say what was baked."""

    action_name: str
    first_frame: int
    last_frame: int
    kept_action_name: str
    """The action that was active before and now lies in a muted NLA track; empty if there was none."""
    patched: tuple[tuple[float, float], ...] = ()
    """First and last frame of each stretch that was replaced in a copy of an edited action; empty for a whole bake."""
    not_patched: str = ""
    """Why an edited action was not patched, in a sentence; empty if it was, or if there was none."""
    character: CharacterCheck = CharacterCheck()
    """What was found when the baked character was looked at."""
    fingers: MovedFingers = MovedFingers()
    speed: float = 1.0
    """How many seconds of the recording play in one second."""
    frames_per_s: float = 24.0
    """Frames of the scene for each second of the recording."""
    no_pins: str = ""
    """Why places in the scene are not those of the recording, as `pins` says it; empty if they are."""
    notes: tuple[str, ...] = ()
    """What the options have done to the motion."""
    place: str = ""
    """How the room of the motion was placed in the scene, as `bake.placement` writes it."""
    start: BakeStart = BakeStart()
    """Which choice of a start was obeyed."""
    edited: EditedTake | None = None
    """What the clean-up edits have done; None if nothing was edited."""
