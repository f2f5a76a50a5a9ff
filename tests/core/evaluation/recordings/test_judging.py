# SPDX-License-Identifier: Apache-2.0
"""A case is right, told, misled or silent by its motion and by what is said, with device and time."""

from dataclasses import replace

import numpy as np
import pytest

from inpose_core.evaluation.recordings.comparison import Errors
from inpose_core.evaluation.recordings.defects import DEFECTS, Damaged, Limits
from inpose_core.evaluation.recordings.defects.defect import Damage
from inpose_core.evaluation.recordings.judging import judge, judge_refusal
from inpose_core.recording.findings import Finding, FindingAction, FindingKind
from tests.core.evaluation.recordings.scenes import scene

SCENE = scene()
FRAMES = len(SCENE.take.truth)
SPAN = Damage(frozenset({"frozen"}), 1, 6.0, 9.0)


def errors(outside_m: float = 0.0, inside_m: float = 0.0, solved: slice = slice(None)) -> Errors:
    place_m = np.full((FRAMES, 4), outside_m)
    place_m[360:540, 1] = inside_m
    known = np.zeros(FRAMES, dtype=bool)
    known[solved] = True
    nothing = np.zeros((FRAMES, 4))
    return Errors(known, place_m, nothing[:, :3], nothing, nothing[:, 0], 60.0, 0.0)


def finding(
    kind: FindingKind = "frozen",
    device: int | None = 1,
    start_s: float | None = 6.0,
    stop_s: float | None = 9.0,
    action: FindingAction = "left_to_solver",
) -> Finding:
    return Finding(kind, "It is so.", action, device, start_s, stop_s)


def outcome(found: Errors, *findings: Finding, damage: Damage = SPAN, kind: str = "frozen") -> str:
    damaged = Damaged(SCENE.take, SCENE.logger, (damage,))
    return judge(DEFECTS[kind], damaged, found, errors(), findings).outcome


def test_a_right_motion_is_right_with_or_without_a_finding() -> None:
    assert outcome(errors(0.02, 0.05)) == "right"
    assert outcome(errors(), finding()) == "right"


def test_a_wrong_stretch_is_silent_unless_a_fitting_finding_says_where() -> None:
    assert outcome(errors(0.0, 0.3)) == "silent"
    assert outcome(errors(0.0, 0.3), finding()) == "told"
    assert outcome(errors(0.0, 0.3), finding(start_s=8.5, stop_s=12.0)) == "misled"
    assert outcome(errors(0.0, 0.3), finding(start_s=1.0, stop_s=12.0)) == "misled"
    assert outcome(errors(0.0, 0.3), finding(device=2)) == "misled"
    assert outcome(errors(0.0, 0.3), finding("spikes")) == "misled"
    assert outcome(errors(0.0, 0.3), finding(start_s=None, stop_s=None)) == "misled"


def test_several_findings_cover_a_stretch_together() -> None:
    parts = finding(stop_s=7.2), finding(start_s=7.6)
    assert outcome(errors(0.0, 0.3), *parts) == "told"


def test_a_mended_stretch_must_not_spoil_the_rest() -> None:
    assert outcome(errors(0.2), finding()) == "misled"
    assert outcome(errors(0.2), finding(action="told")) == "told"


def test_what_spoils_the_whole_take_is_told_without_a_span() -> None:
    whole = Damage(frozenset({"floor_wrong"}))
    said = finding("floor_wrong", None, None, None, "told")
    assert outcome(errors(0.2), said, damage=whole, kind="floor_wrong") == "told"
    assert outcome(errors(0.2), replace(said, action="repaired"), damage=whole, kind="floor_wrong") == "misled"
    assert outcome(errors(0.2), damage=whole, kind="floor_wrong") == "silent"


def test_what_only_informs_does_not_mislead() -> None:
    assert outcome(errors(0.0, 0.3), finding("calibration_pose", None)) == "silent"


def test_a_part_that_is_left_out_must_be_told() -> None:
    whole = Damage(frozenset({"several_takes"}))
    half = errors(solved=slice(0, FRAMES // 2))
    assert outcome(half, damage=whole, kind="two_sessions") == "silent"
    assert (
        outcome(half, finding("several_takes", None, None, None, "told"), damage=whole, kind="two_sessions") == "told"
    )


def test_a_clean_take_is_misled_by_a_false_alarm() -> None:
    clean = Damaged(SCENE.take, SCENE.logger, ())
    defect = DEFECTS["clean_posed"]
    assert judge(defect, clean, errors(), None, ()).outcome == "right"
    assert judge(defect, clean, errors(), None, (finding(),)).outcome == "misled"
    assert judge(defect, clean, errors(0.5), None, ()).outcome == "silent"


def test_a_refusal_tells_only_what_is_wrong() -> None:
    assert judge_refusal(DEFECTS["log_mistyped"], "The column is not known.").outcome == "told"
    assert judge_refusal(DEFECTS["frozen"], "The column is not known.").outcome == "misled"


@pytest.mark.parametrize("kind", sorted(DEFECTS))
def test_limits_are_bounds_that_can_be_met(kind: str) -> None:
    limits = DEFECTS[kind].limits
    assert isinstance(limits, Limits)
    assert 0.01 < limits.place_m < 0.2
    assert 1.0 < limits.turn_deg < 60.0
