# SPDX-License-Identifier: GPL-3.0-or-later
"""Measure the clean-up tools: ``python benchmarks/cleanup.py --recordings FILE...``.

The example and further recordings are solved, and each tool is used on whole takes. `arms.py` measures arms against
meshes. Prints Markdown.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np

from inpose_core.arrays import FloatArray, runs
from inpose_core.body.motion import Motion
from inpose_core.body.quaternions import multiply_quaternions, rotvec_to_quaternion
from inpose_core.body.skeleton import ANKLE_JOINTS, LEG_CHAINS, TOE_JOINTS, WRIST_JOINTS
from inpose_core.editing.applying import apply_edits
from inpose_core.editing.arm_spreading import arm_depths_m
from inpose_core.editing.body_shape import usual_shape
from inpose_core.editing.edit import Edit, EditList
from inpose_core.editing.ground import GroundMap
from inpose_core.editing.meeting import around_head_of, planted_feet, with_ankles_at
from inpose_core.editing.soles import sole_places_m
from inpose_core.editing.wrist_bending import beyond_anatomy
from inpose_core.recording.sensors import Sensors
from inpose_core.recording_to_motion import SolvePlan, solve_recording

EXAMPLE: Final[Path] = Path(__file__).parent.parent / "examples" / "walk_wave_crouch.csv"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--recordings", type=Path, nargs="*", default=[], help="further recordings")
    given = parser.parse_args()
    print("| recording | tool | its own figure | hands off mm | toes slide mm | knees pop deg | jitter m/s2 |")
    print("|---|---|---|---|---|---|---|")
    for recording in (EXAMPLE, *given.recordings):
        solved = solve_recording(SolvePlan(recording))
        for row in _rows(solved.motion, solved.calibrated.sensors):
            print(f"| {recording.stem} | {row}", flush=True)


def _rows(motion: Motion, sensors: Sensors) -> list[str]:
    """Return the lines of one take, without the name."""
    low, shaken = _too_low(motion), _shaken(motion)
    bumps, stairs = _bumps(), _stairs()
    shape = usual_shape(motion.skeleton)
    tools: list[tuple[str, Motion, Edit, Callable[[Motion], str]]] = [
        ("Smooth 0.1 s, body shaken", shaken, Edit("smooth", amount=0.1), lambda _: ""),
        ("Smooth 0.1 s", motion, Edit("smooth", amount=0.1), lambda _: ""),
        ("Exaggerate 2", motion, Edit("exaggerate", amount=2.0), lambda one: f"way of hands {_way_m(one):.1f} m"),
        ("Straighten knees 1, 8 cm too low", low, Edit("straighten_knees", amount=1.0), _bend_text),
        ("Feet to the ground, bumps", motion, Edit("ground", ground=bumps), lambda one: _soles_text(one, bumps)),
        ("Feet to the ground, stairs", motion, Edit("ground", ground=stairs), lambda one: _soles_text(one, stairs)),
        (
            "Unbend wrists",
            motion,
            Edit("unbend_wrists"),
            lambda one: f"beyond range {100 * beyond_anatomy(one).mean():.0f} % of frames",
        ),
        (
            "Arms out of the body",
            motion,
            Edit("spread_arms"),
            lambda one: f"inside {100 * (arm_depths_m(one, shape) > 0.01).any(axis=1).mean():.0f} % of frames",
        ),
    ]
    rows = []
    for name, before, edit, figure in tools:
        after = apply_edits(before, sensors, EditList((edit,)), shape).motion
        own = [figure(one) for one in (before, after)]
        figures = zip(_figures(before, sensors), _figures(after, sensors), strict=True)
        cells = [name, " to ".join(own) if own[0] else "", *(f"{was} to {now}" for was, now in figures)]
        rows.append(" | ".join(cells) + " |")
    return rows


def _figures(motion: Motion, sensors: Sensors) -> tuple[str, str, str, str]:
    count = min(len(motion), len(sensors))
    wrists_m = motion.joint_positions_m[:count, list(WRIST_JOINTS)]
    off_m = np.linalg.norm(wrists_m - sensors.positions_m[:count, 1:3], axis=-1)[sensors.measured[:count, 1:3]]
    acceleration = np.diff(motion.joint_positions_m, 2, axis=0) * motion.fps**2
    jitter = float(np.sqrt((acceleration**2).sum(axis=-1).mean()))
    pops_deg = np.abs(np.diff(_bends_deg(motion), 2, axis=0)).max()
    return f"{1000 * off_m.mean():.1f}", f"{1000 * _slide_m(motion):.1f}", f"{pops_deg:.1f}", f"{jitter:.1f}"


def _slide_m(motion: Motion) -> float:
    """Return how far a planted toe goes from where it lands, over the ground, at most."""
    stands, farthest = planted_feet(motion), 0.0
    for side, toe in enumerate(TOE_JOINTS):
        toe_m = motion.joint_positions_m[:, toe][:, [0, 2]]
        for first, end in runs(stands[:, side]):
            farthest = max(farthest, float(np.linalg.norm(toe_m[first:end] - toe_m[first], axis=1).max()))
    return farthest


def _bends_deg(motion: Motion) -> FloatArray:
    places_m, bends = motion.joint_positions_m, []
    for hip, knee, ankle in LEG_CHAINS:
        upper, lower = places_m[:, knee] - places_m[:, hip], places_m[:, ankle] - places_m[:, knee]
        cosine = (upper * lower).sum(-1) / np.linalg.norm(upper, axis=-1) / np.linalg.norm(lower, axis=-1)
        bends.append(np.degrees(np.arccos(np.clip(cosine, -1.0, 1.0))))
    return np.stack(bends, axis=1)


def _bend_text(motion: Motion) -> str:
    return f"standing knees {np.median(_bends_deg(motion)[planted_feet(motion)]):.0f} deg"


def _soles_text(motion: Motion, ground: GroundMap) -> str:
    """Return how far planted soles are from the ground, and how deep swinging ones are in it."""
    stands, off_m, deep_m = planted_feet(motion), 0.0, 0.0
    for side in (0, 1):
        places_m = sole_places_m(motion, side)
        gap_m = (places_m[..., 1] - ground.heights_m(places_m)).min(axis=1)
        off_m = max(off_m, float(np.abs(gap_m[stands[:, side]]).max(initial=0.0)))
        deep_m = max(deep_m, float((-gap_m[~stands[:, side]]).max(initial=0.0)))
    return f"soles off {1000 * off_m:.1f} mm, swinging {1000 * deep_m:.0f} mm deep"


def _way_m(motion: Motion) -> float:
    wrists_m = motion.joint_positions_m[:, list(WRIST_JOINTS)] - motion.root_translation_m[:, None]
    return float(np.linalg.norm(np.diff(wrists_m, axis=0), axis=-1).sum(axis=0).mean())


def _shaken(motion: Motion) -> Motion:
    """Return a motion whose body trembles while head, hands and planted feet stay."""
    turns = np.random.default_rng(0).normal(scale=0.02, size=(*motion.rotations_wxyz.shape[:2], 3))
    turns[:, [*ANKLE_JOINTS, *TOE_JOINTS]] = 0.0
    trembling = replace(motion, rotations_wxyz=multiply_quaternions(rotvec_to_quaternion(turns), motion.rotations_wxyz))
    return around_head_of(trembling, motion, motion.joint_positions_m[:, list(ANKLE_JOINTS)])


def _too_low(motion: Motion) -> Motion:
    lower = replace(motion, root_translation_m=motion.root_translation_m - np.array((0.0, 0.08, 0.0)))
    return with_ankles_at(lower, motion.joint_positions_m[:, list(ANKLE_JOINTS)], motion)


def _bumps() -> GroundMap:
    x, z = np.meshgrid(np.arange(-20, 20, 0.05), np.arange(-20, 20, 0.05), indexing="ij")
    heights_m = 0.1 + 0.06 * np.sin(2 * x) * np.cos(1.7 * z) + 0.05 * np.sin(5 * x + 1) * np.sin(4 * z)
    return GroundMap((-20.0, -20.0), 0.05, heights_m)


def _stairs() -> GroundMap:
    z = np.arange(-20, 20, 0.02)
    return GroundMap((-20.0, -20.0), 0.02, np.tile(0.15 * np.floor(z / 0.4), (2000, 1)))


if __name__ == "__main__":
    main()
