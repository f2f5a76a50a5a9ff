# SPDX-License-Identifier: Apache-2.0
"""Say what is wrong with a recording: one finding per defect, with its kind, its time span and one sentence.

Every stage that looks at a recording (reading, interpretation, cleaning, calibration) adds its findings with
`with_findings`. The sentence is also a note of the recording; kind, device and span are for scripts, the timeline in
the panel, and the benchmark that counts which defects are told.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from typing import Final, Literal, get_args

FindingKind = Literal[
    # what a file's numbers mean
    "axes",
    "left_and_right",
    "unit",
    "hands_in_head_frame",
    "hand_poses",
    "inverse_poses",
    # the file and its clock
    "several_takes",
    "several_players",
    "clock",
    "damaged",
    # one device
    "no_pose",
    "frozen",
    "position_stuck",
    "rotation_stuck",
    "at_head",
    "parked",
    "at_origin",
    "out_of_reach",
    "never_tracked",
    "spikes",
    "another_device",
    "another_offset",
    "not_worn",
    "strap_slips",
    # the room
    "recentred",
    "headset_jumped",
    "swapped_hands",
    "floor_drifts",
    "floor_lost",
    "floor_wrong",
    "room_tilted",
    # the performer
    "stature",
    "seated",
    "posture_unsure",
    "wrists_bent",
    "calibration_pose",
]
FINDING_KINDS: Final[tuple[FindingKind, ...]] = get_args(FindingKind)

FindingAction = Literal["repaired", "left_to_solver", "told"]
"""What InPose did: mended the numbers, took them out so that the solver computes the device there, or only said so."""


@dataclass(frozen=True)
class Finding:
    """Hold one defect of a recording, and what was done about it."""

    kind: FindingKind
    sentence: str
    """For the user: what is wrong, when, and what was done or what to do."""
    action: FindingAction = "told"
    device: int | None = None
    """0 head, 1 left hand, 2 right hand; None: the whole recording."""
    start_s: float | None = None
    """Beginning of the span in the recording's time; None: all of it."""
    stop_s: float | None = None
    template: str = field(default="", repr=False)
    """The sentence with ``{start_s}`` and ``{stop_s}`` in place of its times, where it names some."""

    @classmethod
    def timed(cls, kind: FindingKind, template: str, action: FindingAction, start_s: float, stop_s: float) -> Finding:
        """Return a finding of the whole recording whose sentence names its times: ``"At {start_s} s, ..."``."""
        sentence = template.format(start_s=f"{start_s:.1f}", stop_s=f"{stop_s:.1f}")
        return cls(kind, sentence, action, None, start_s, stop_s, template)

    def since(self, zero_s: float) -> Finding:
        """Return the finding in the time of a recording that begins so much later."""
        if self.start_s is None or self.stop_s is None:
            return self
        start_s, stop_s = self.start_s - zero_s, self.stop_s - zero_s
        if self.template:
            return Finding.timed(self.kind, self.template, self.action, start_s, stop_s)
        return replace(self, start_s=start_s, stop_s=stop_s)

    def to_dict(self) -> dict[str, object]:
        """Return plain values for JSON, seconds rounded to milliseconds."""
        document = asdict(self)
        del document["template"]
        for name in ("start_s", "stop_s"):
            if document[name] is not None:
                document[name] = round(document[name], 3)
        return document
