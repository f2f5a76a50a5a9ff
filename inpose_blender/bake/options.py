# SPDX-License-Identifier: GPL-3.0-or-later
"""Say once what can be chosen about a bake: the panel and the command line offer the same. No bpy here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from .adjust_settings import AdjustSettings
from .settings import BakeSettings

KeyRate = Literal["scene", "solver", "custom"]
WayCarrier = Literal["hips", "root", "none"]
KEY_RATES: Final[tuple[KeyRate, ...]] = ("scene", "solver", "custom")
WAY_CARRIERS: Final[tuple[WayCarrier, ...]] = ("hips", "root", "none")


@dataclass(frozen=True)
class BakeOptions:
    """Hold the user's choices; the names are those of the panel's properties, and of the command line's options."""

    first_frame: int = 1
    key_rate: KeyRate = "scene"
    """Keys on each frame of the scene, at the solver's 60 Hz between frames, or at `key_fps`."""
    key_fps: float = 12.0
    way: WayCarrier = "hips"
    """What carries the body over the ground: the hips, a root bone above them, or nothing: in place."""
    smoothing_s: float = 0.0
    hand_lock: float = 1.0
    foot_lock: float = 1.0
    key_tolerance_deg: float = 0.0
    to_nla_track: bool = False
    set_frame_range: bool = False
    """Let the scene begin and end with the motion."""

    @property
    def adjustments(self) -> AdjustSettings:
        """Return what is changed about the motion before it is baked."""
        return AdjustSettings(self.smoothing_s, self.hand_lock, self.foot_lock, in_place=self.way == "none")

    def bake_settings(self, action_name: str, motion_fps: float, *, replace_own: bool) -> BakeSettings:
        """Return how the motion becomes an action."""
        return BakeSettings(
            action_name,
            self.first_frame,
            fps={"scene": None, "solver": motion_fps, "custom": self.key_fps}[self.key_rate],
            root_motion=self.way == "root",
            key_tolerance_deg=self.key_tolerance_deg,
            to_nla_track=self.to_nla_track,
            replace_own=replace_own,
        )
