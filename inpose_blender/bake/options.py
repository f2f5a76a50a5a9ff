# SPDX-License-Identifier: GPL-3.0-or-later
"""The options of a bake: how the solved motion becomes keyframes. Neither bpy nor numpy here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ..errors import RigError
from ..fingers.moved import FingerMode
from ..layers.options import LayerOptions
from ..layers.settings import LayerSettings
from ..options import Choice, Custom, OptionTable, option
from .adjust_settings import AdjustSettings
from .settings import BakeSettings, ControlMode, KeyTolerance
from .start import BakeStart

KeyRate = Literal["scene", "solver"]
WayCarrier = Literal["hips", "root", "none", "object"]
FirstFrame = Literal["scene", "current"]
StartPlace = Literal["recorded", "rig", "cursor", "character"]
Facing = Literal["recorded", "rig"]


@dataclass(frozen=True)
class BakeOptions(OptionTable):
    """Say how the solved motion becomes keyframes.

    Raises:
        RigError: a value does not fit.
    """

    title = "Bake"
    sentence = "How the solved motion becomes keyframes: the options under Adjust and Bake in the panel."
    error = RigError

    first_frame: FirstFrame | int = option(
        "scene",
        "First frame of the baked motion",
        label="First frame",
        choices=(
            Choice(
                "scene", "Scene start", "The first frame of the scene's frame range: 1001 in a shot from 1001 to 1100"
            ),
            Choice(
                "current",
                "Current frame",
                "The current frame of the timeline. Baking again keeps that frame until you choose this again",
            ),
        ),
        custom=Custom(
            "Frame",
            "Number of the first frame of the baked motion",
            "Custom",
            "A frame that you set",
            1,
            "first_frame",
        ),
        stored_as="first_frame_at",
    )
    key_rate: KeyRate | float = option(
        "scene",
        "Frames that get keys",
        label="Key rate",
        choices=(
            Choice("scene", "Every frame", "One key on each frame of the scene"),
            Choice("solver", "As solved", "60 keys per second; some of them are between the frames of the scene"),
        ),
        custom=Custom(
            "Keys per second",
            "Number of keys per second",
            "Custom",
            "A number of keys per second that you set, for example 12 for animation on twos",
            12.0,
            "key_fps",
            1.0,
            240.0,
        ),
    )
    controls: ControlMode = option(
        "fk",
        "Controls of arms and legs that get keyframes. Where a rig has no IK, FK is baked",
        label="Controls",
        choices=(
            Choice("fk", "FK", "The bones or FK controls that turn the joints"),
            Choice("ik", "IK", "Targets and poles: the hands and feet stay where they are when the body is changed"),
            Choice("both", "FK and IK", "Both, with the rig switched to IK. Switch it to FK whenever you like"),
        ),
    )
    way: WayCarrier = option(
        "hips",
        "What gets the root motion",
        label="Root motion",
        choices=(
            Choice("hips", "Hips", "The hips bone moves, as on most rigs"),
            Choice("root", "Root bone", "The root bone above the hips moves and turns, as game engines need it"),
            Choice("none", "In place", "No root motion: the body stays at its starting point"),
            Choice("object", "Object", "The armature object moves and turns, and the bones move around it"),
        ),
        flag="root-motion",
        old_flags=("way",),
    )
    start_at: StartPlace = option(
        "recorded",
        "Place at which the character starts",
        label="Start at",
        choices=(
            Choice("recorded", "As recorded", "The middle of the recorded room is at the origin of the rig"),
            Choice("rig", "At the rig", "The character starts at the origin of the rig"),
            Choice(
                "cursor",
                "At the 3D cursor",
                "The character starts at the 3D cursor, with the floor at its height. Baking again keeps that place "
                "until you choose this again",
            ),
            Choice(
                "character",
                "With a character",
                "Both characters stand to each other as the performers did: for two recordings of one room",
            ),
        ),
    )
    facing: Facing = option(
        "recorded",
        "Direction in which the character starts",
        label="Facing",
        choices=(
            Choice("recorded", "As recorded", "The front of the recorded room is the front of the rig"),
            Choice(
                "rig",
                "Front of the rig",
                "The character starts in the direction in which the rig faces in its rest pose",
            ),
        ),
    )
    start_with: str = option(
        "",
        "Armature of the character that was recorded in the same room, and is baked already; empty: the only other one",
        label="Start with",
    )
    speed: float = option(
        1.0,
        "Play the motion faster or slower: 2 is twice as fast. The keys stay on whole frames",
        label="Speed",
        minimum=0.1,
        maximum=10.0,
        soft_maximum=3.0,
    )
    way_scale: float = option(
        1.0,
        "Scale the path over the ground, for longer or shorter steps. Planted feet stay planted as far as the legs "
        "reach",
        label="Root motion scale",
        flag="root-motion-scale",
        minimum=0.1,
        maximum=10.0,
        soft_maximum=2.0,
    )
    smoothing_s: float = option(
        0.0,
        "Smooth the motion over this time, against jitter. Hand lock and foot lock still hold hands and feet in place",
        label="Smoothing",
        minimum=0.0,
        maximum=2.0,
        soft_maximum=0.3,
        unit="s",
    )
    hand_lock: float = option(
        1.0,
        "How exactly the wrists follow the recorded hands: 0 is as solved, 1 is exact",
        label="Hand lock",
        minimum=0.0,
        maximum=1.0,
        unit="share",
    )
    foot_lock: float = option(
        1.0,
        "Reduce foot sliding in the bake: 0 is off, 1 holds planted feet in place",
        label="Foot lock",
        minimum=0.0,
        maximum=1.0,
        unit="share",
    )
    fingers: FingerMode = option(
        "recorded",
        "What moves the fingers of the character",
        label="Fingers",
        choices=(
            Choice(
                "recorded",
                "As recorded",
                "The tracked fingers or the buttons of the controllers, if the recording has them. Else a relaxed hand",
            ),
            Choice("relaxed", "Relaxed", "Both hands are relaxed in the whole motion"),
            Choice("off", "Off", "The bake does not change the fingers"),
        ),
    )
    relaxed_curl: float = option(
        1.0,
        "How far the fingers of a hand that is not tracked are curled: 0 is flat, 1 is a relaxed hand",
        label="Relaxed curl",
        minimum=0.0,
        maximum=2.0,
        soft_maximum=1.0,
        unit="share",
    )
    key_step: int = option(
        1,
        "Hold each pose for this many frames: 2 is animation on twos. Frames count from the scene's first frame",
        label="Key step",
        minimum=1,
        maximum=8,
        unit="frames",
    )
    fewer_keys: bool = option(
        False,
        "Remove keys as long as hands, feet, head and pelvis stay in place. The remaining keys get smooth handles",
        label="Fewer keys",
    )
    key_distance_mm: float = option(
        2.0,
        "Fewer keys: how far hands, feet, head and pelvis may be off between keys",
        label="Key distance",
        minimum=0.1,
        maximum=100.0,
        soft_maximum=10.0,
        unit="mm",
    )
    key_angle_deg: float = option(
        0.5,
        "Fewer keys: how far hands, feet, head and pelvis may be turned between keys",
        label="Key angle",
        minimum=0.05,
        maximum=20.0,
        soft_maximum=5.0,
        unit="deg",
    )
    key_tolerance_deg: float = option(
        0.0,
        "Remove keys, but change no bone by more than this angle. 0 keeps all keys; with Fewer keys, 0 is no limit",
        label="Key tolerance",
        minimum=0.0,
        maximum=10.0,
        soft_maximum=1.0,
        unit="deg",
    )
    to_nla_track: bool = option(
        False,
        "Put the new action into an NLA track instead of making it the active action",
        label="NLA track",
        flag="nla-track",
    )
    markers: bool = option(
        False,
        "Mark in the timeline where feet land and leave, and where the take begins and ends. Baking again replaces "
        "these markers. Other markers stay, also those that you have moved or renamed",
        label="Timeline markers",
        flag="timeline-markers",
    )
    extend_range: bool = option(
        False,
        "Move the end of the scene's frame range to the end of the motion, if the motion ends later",
        label="Extend frame range",
        flag="extend-frame-range",
    )
    set_frame_range: bool = option(
        False,
        "Set the frame range of the scene to the length of the motion",
        label="Set frame range",
    )

    layers: LayerOptions = LayerOptions()
    """Over what the bake is laid; a table of its own."""
    start: BakeStart = BakeStart()
    """Where the current frame and the 3D cursor are; chosen by no option of its own."""

    @property
    def adjustments(self) -> AdjustSettings:
        """Return what is changed about the motion before it is baked."""
        return AdjustSettings(self.smoothing_s, self.hand_lock, self.foot_lock, in_place=self.way == "none")

    @property
    def no_pins(self) -> str:
        """Return why places in the scene are not those of the recording; empty if they are."""
        if self.layers.is_part:
            return "part"
        if self.way == "none":
            return "in_place"
        return "scaled" if self.way_scale != 1.0 else ""

    @property
    def control_mode(self) -> ControlMode:
        """Return which controls get keys: targets of IK would leave a body behind that another animation places."""
        return "fk" if self.layers.is_part else self.controls

    def frame_in(self, scene_start: int, current: int) -> int:
        """Return the first frame of the motion in a scene whose range starts and whose timeline stands there."""
        if isinstance(self.first_frame, int):
            return self.first_frame
        return scene_start if self.first_frame == "scene" else current

    def range_after(self, scene_range: tuple[int, int], motion_range: tuple[int, int]) -> tuple[int, int]:
        """Return the scene's first and last frame after the bake."""
        if self.set_frame_range:
            return motion_range
        return (scene_range[0], max(scene_range[1], motion_range[1])) if self.extend_range else scene_range

    def bake_settings(
        self,
        action_name: str,
        motion_fps: float,
        first_frame: int,
        *,
        replace_own: bool,
        layer: LayerSettings | None = None,
    ) -> BakeSettings:
        """Return how the motion becomes an action."""
        by_name = {"scene": None, "solver": motion_fps}
        rate = by_name[self.key_rate] if isinstance(self.key_rate, str) else self.key_rate
        return BakeSettings(
            action_name,
            first_frame,
            fps=rate if self.key_step == 1 else None,  # held poses are on whole frames
            root_motion=self.way == "root",
            object_motion=self.way == "object",
            key_tolerance_deg=self.key_tolerance_deg,
            fewer_keys=KeyTolerance(self.key_distance_mm, self.key_angle_deg, self.key_tolerance_deg)
            if self.fewer_keys
            else None,
            hold_feet=self.fewer_keys and self.key_step == 1,
            key_step=self.key_step,
            to_nla_track=self.to_nla_track,
            controls=self.control_mode,
            fingers=self.fingers,
            relaxed_curl=self.relaxed_curl,
            layer=layer,
            replace_own=replace_own,
        )
