# SPDX-License-Identifier: Apache-2.0
"""Write motion as BVH, and read BVH files of any hierarchy.

BVH (Biovision Hierarchy): a tree of joints with rest offsets, then one line of channel values per frame; rotations are
intrinsic Euler angles in degrees, applied in the order of the channels.
"""

from __future__ import annotations

import io
from array import array
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice
from pathlib import Path
from typing import IO, Final

import numpy as np

from ..arrays import FloatArray
from ..body.euler import euler_to_quaternion, quaternion_to_euler
from ..body.motion import Motion
from ..body.quaternions import continuous_signs, multiply_quaternions
from ..body.skeleton import JOINT_NAMES, PARENTS
from ..errors import InPoseError
from ..system.output import write_output
from ..system.safe_files import open_file

CENTIMETRES_PER_METRE: Final[float] = 100.0

_ROTATION_ORDER: Final[str] = "ZXY"
"""Order of the written channels; its singular pose (90 degrees of pitch) is rarer in arms than such yaw or roll."""

_END_SITE_RATIOS: Final[dict[str, tuple[float, float, float]]] = {
    # Over stature: the crown above the head joint, the toe tips, the middle finger tips.
    "head": (0.0, 0.12, 0.0),
    "left_foot": (0.0, 0.0, 0.04),
    "right_foot": (0.0, 0.0, 0.04),
    "left_wrist": (0.106, 0.0, 0.0),
    "right_wrist": (-0.106, 0.0, 0.0),
}
_CHANNELS: Final[frozenset[str]] = frozenset(axis + kind for axis in "xyz" for kind in ("position", "rotation"))
_MOST_JOINTS: Final[int] = 10_000
_MOST_POSES: Final[int] = 8_000_000
"""Joints times frames: half an hour of 60 joints at 75 Hz."""
_LONGEST_LINE: Final[int] = 1 << 20
_LONGEST_NUMBER: Final[int] = 1000
_LONGEST_HIERARCHY: Final[int] = 4 << 20
_SHORTEST_FRAME_S: Final[float] = 1e-5
_LONGEST_FRAME_S: Final[float] = 1.0


@dataclass(frozen=True)
class BvhAnimation:
    """Hold a BVH file's own data: any joints, in the file's unit and axes."""

    joint_names: tuple[str, ...]
    parents: tuple[int, ...]
    """-1 for a root; a joint comes after its parent."""
    offsets: FloatArray
    """(J, 3) rest offset from the parent."""
    end_offsets: dict[str, FloatArray]
    """(3,) offset of the end site below a joint, if it has one."""
    local_rotations_wxyz: FloatArray
    """(F, J, 4) joint relative to its parent."""
    root_positions: FloatArray
    """(F, 3) position channels of the first root, or its offset if it has none."""
    fps: float
    positions: Mapping[str, FloatArray] = field(default_factory=dict)
    """(F, 3) position channels of further joints by their name: the place in the parent, with the offset. Readers of
    BVH files may ignore them, as `load_bvh` does."""

    def __len__(self) -> int:
        return len(self.root_positions)

    @property
    def global_rotations_wxyz(self) -> FloatArray:
        """Return joint to world rotations, (F, J, 4), sign continuous in time."""
        rotations = self.local_rotations_wxyz.copy()
        for joint, parent in enumerate(self.parents):
            if parent >= 0:
                rotations[:, joint] = multiply_quaternions(rotations[:, parent], rotations[:, joint])
        return continuous_signs(rotations)


def save_bvh(motion: Motion, path: Path) -> None:
    """Write a motion with 22 joints in CENTIMETRES (as animation packages expect), Y up, facing +Z.

    The rest pose is the T-pose. The root has position and rotation channels, the other joints rotations, all in the
    order Z, X, Y. Head, feet and wrists end in end sites of average proportions.

    Raises:
        OutputError: the file cannot be written; an existing file is then left as it was.
    """
    stature_cm = motion.skeleton.stature_m * CENTIMETRES_PER_METRE
    animation = BvhAnimation(
        JOINT_NAMES,
        PARENTS,
        motion.skeleton.offsets_m * CENTIMETRES_PER_METRE,
        {name: np.array(ratios) * stature_cm for name, ratios in _END_SITE_RATIOS.items()},
        motion.local_rotations_wxyz,
        motion.root_translation_m * CENTIMETRES_PER_METRE,
        motion.fps,
    )
    save_bvh_animation(animation, path)


def save_bvh_animation(animation: BvhAnimation, path: Path) -> None:
    """Write an animation of one root in its own unit and axes; a joint without children needs an end offset.

    The root has position channels, and so have the joints of ``positions``.

    Raises:
        OutputError: the file cannot be written; an existing file is then left as it was.
    """
    order = _depth_first(animation.parents, animation.parents.index(-1))
    lines = ["HIERARCHY", *_hierarchy_lines(animation, order[0], "")]
    lines += ["MOTION", f"Frames: {len(animation)}", f"Frame Time: {1.0 / animation.fps:.9f}"]

    columns = [animation.root_positions]
    for joint in order:
        if (places := animation.positions.get(animation.joint_names[joint])) is not None:
            columns.append(places)
        angles = quaternion_to_euler(animation.local_rotations_wxyz[:, joint], _ROTATION_ORDER)
        # Whole turns are added so that curves have no jumps of 360 degrees, which would be visible between frames.
        columns.append(np.degrees(np.unwrap(angles, axis=0)))
    values = np.concatenate(columns, axis=1)
    row = " ".join(["%.6f"] * values.shape[1])
    head = "\n".join(lines) + "\n"
    rows = (row % tuple(frame) + "\n" for frame in values.tolist())
    write_output(path, (text.encode() for text in chain((head,), rows)))


def load_bvh(path: Path) -> BvhAnimation:
    """Read a BVH file of any hierarchy, channel order and unit.

    Position channels of joints other than the first root are ignored: a body's bones keep their length.

    Raises:
        InPoseError: the file is missing, not BVH, or its frames do not fit its channels.
    """
    path = Path(path)
    try:
        with open_file(path) as file:
            return _read_bvh(io.TextIOWrapper(file, encoding="utf-8", errors="replace"), path.name)
    except OSError as error:
        raise InPoseError(f"{path} cannot be read ({error.strerror}).", "Check the path.") from error
    except (ValueError, KeyError, IndexError, StopIteration, OverflowError) as error:
        detail = f" ({error})" if str(error) else ""
        raise InPoseError(f"{path.name} is a damaged BVH file{detail}.", "Export it again.") from error


def _read_bvh(file: IO[str], name: str) -> BvhAnimation:
    head = found = after = ""
    for line in iter(lambda: file.readline(_LONGEST_LINE), ""):
        before, found, after = line.partition("MOTION")
        head += before
        if found:
            break
        if len(head) > _LONGEST_HIERARCHY:
            raise ValueError("the hierarchy is too long")
    if not found or "HIERARCHY" not in head[:256]:
        raise InPoseError(f"{name} is not a BVH file.", "It must contain a HIERARCHY and a MOTION section.")
    joints = _parse_hierarchy(iter(head.split()))
    fps, values = _parse_motion(file, after, len(joints), sum(len(joint.channels) for joint in joints))
    return _animation(joints, fps, values)


def _children(parents: Sequence[int], joint: int) -> list[int]:
    return [child for child, parent in enumerate(parents) if parent == joint]


def _depth_first(parents: Sequence[int], joint: int) -> tuple[int, ...]:
    """Return a joint and all joints below it in the order of the hierarchy's lines, which is the channel order."""
    return (joint, *(below for child in _children(parents, joint) for below in _depth_first(parents, child)))


def _hierarchy_lines(animation: BvhAnimation, joint: int, indent: str) -> Iterator[str]:
    """Yield the lines of a joint and of all joints below it."""
    name, is_root = animation.joint_names[joint], animation.parents[joint] < 0
    rotations = " ".join(f"{axis}rotation" for axis in _ROTATION_ORDER)
    yield f"{indent}{'ROOT' if is_root else 'JOINT'} {name}"
    yield f"{indent}{{"
    yield f"{indent}\tOFFSET {_three_texts(animation.offsets[joint])}"
    moves = is_root or name in animation.positions
    yield f"{indent}\tCHANNELS " + (f"6 Xposition Yposition Zposition {rotations}" if moves else f"3 {rotations}")
    children = _children(animation.parents, joint)
    for child in children:
        yield from _hierarchy_lines(animation, child, indent + "\t")
    if not children:
        yield f"{indent}\tEnd Site"
        yield f"{indent}\t{{"
        yield f"{indent}\t\tOFFSET {_three_texts(animation.end_offsets[name])}"
        yield f"{indent}\t}}"
    yield f"{indent}}}"


def _three_texts(values: FloatArray) -> str:
    return " ".join(f"{value:.6f}" for value in values)


@dataclass
class _BvhJoint:
    """Hold one joint while the hierarchy is being read."""

    name: str
    parent: int
    offset: tuple[float, ...] = (0.0, 0.0, 0.0)
    channels: tuple[str, ...] = ()
    end_offset: tuple[float, ...] | None = None


def _parse_hierarchy(tokens: Iterator[str]) -> list[_BvhJoint]:
    joints: list[_BvhJoint] = []
    path: list[int] = []  # the joints whose braces are open
    for token in tokens:
        if token in ("ROOT", "JOINT"):
            name = " ".join(iter(lambda: next(tokens), "{"))  # names with spaces exist
            joints.append(_BvhJoint(name, path[-1] if path else -1))
            path.append(len(joints) - 1)
        elif token == "End":
            joints[path[-1]].end_offset = _parse_end_site(tokens)
        elif token == "}":
            path.pop()
        elif token == "OFFSET":
            joints[path[-1]].offset = _three_numbers(tokens)
        elif token == "CHANNELS":
            count = int(next(tokens))
            channels = tuple(islice(tokens, count))
            joints[path[-1]].channels = tuple(channel.lower() for channel in channels)
            if len(channels) != count or not _CHANNELS.issuperset(joints[path[-1]].channels):
                raise ValueError(f"unknown channels {' '.join(channels)[:60]}")
        elif token != "HIERARCHY":
            raise ValueError(f"unexpected {token[:20]!r}")
    if not joints or path or len(joints) > _MOST_JOINTS:
        raise ValueError("the hierarchy is not closed")
    if not np.isfinite([joint.offset for joint in joints]).all():
        raise ValueError("an offset is not finite")
    return joints


def _parse_end_site(tokens: Iterator[str]) -> tuple[float, ...] | None:
    offset = None
    for token in iter(lambda: next(tokens), "}"):
        if token == "OFFSET":
            offset = _three_numbers(tokens)
    return offset


def _three_numbers(tokens: Iterator[str]) -> tuple[float, ...]:
    return float(next(tokens)), float(next(tokens)), float(next(tokens))


def _parse_motion(file: IO[str], line: str, joint_count: int, channel_count: int) -> tuple[float, FloatArray]:
    """Return the rate and the values, (F, C), of the section after the word MOTION."""
    frame_time_s = 0.0
    for _ in range(10):
        key, _, value = line.partition(":")
        if key.strip().lower() == "frame time":
            frame_time_s = float(value)
            break
        line = file.readline(_LONGEST_LINE)
    if not _SHORTEST_FRAME_S < frame_time_s <= _LONGEST_FRAME_S:
        raise ValueError("no frame time" if frame_time_s <= 0 else f"a frame time of {frame_time_s:g} s")
    if channel_count < 1:
        raise ValueError("no channels")
    most = channel_count * (_MOST_POSES // joint_count)
    packed = array("d")
    rest = ""
    while chunk := file.read(_LONGEST_LINE):
        words = (rest + chunk).split()
        rest = words.pop() if words and not chunk[-1].isspace() else ""
        packed.extend(map(float, words))
        if len(packed) > most:
            raise ValueError(f"more than {most // channel_count} frames of {joint_count} joints: cut it into parts")
        if len(rest) > _LONGEST_NUMBER:
            raise ValueError("no numbers")
    packed.extend(map(float, rest.split()))
    values = np.frombuffer(packed)
    if values.size % channel_count:
        raise ValueError(f"{values.size} values for {channel_count} channels")
    if values.size == 0 or not np.isfinite(values).all():
        raise ValueError("no frames, or values that are not finite")
    # The declared number of frames is often wrong in files that were cut by hand; the values are right.
    return _fps(frame_time_s), values.reshape(-1, channel_count)


def _fps(frame_time_s: float) -> float:
    """Return the rate, rounded: with few digits, 1/60 s reads as 59.9999 frames per second."""
    fps = 1.0 / frame_time_s
    whole = round(fps)
    return float(whole) if abs(fps - whole) < 1e-4 * fps else fps


def _animation(joints: list[_BvhJoint], fps: float, values: FloatArray) -> BvhAnimation:
    rotations = np.zeros((len(values), len(joints), 4))
    rotations[..., 0] = 1.0
    offsets = np.array([joint.offset for joint in joints])
    root_positions = np.repeat(offsets[:1], len(values), axis=0)
    column = 0
    for index, joint in enumerate(joints):
        order = ""
        columns: list[int] = []
        for channel in joint.channels:
            if channel.endswith("rotation"):
                order += channel[0].upper()
                columns.append(column)
            elif index == 0:
                root_positions[:, "xyz".index(channel[0])] = values[:, column]
            column += 1
        if order:
            rotations[:, index] = euler_to_quaternion(np.radians(values[:, columns]), order)
    return BvhAnimation(
        joint_names=tuple(joint.name for joint in joints),
        parents=tuple(joint.parent for joint in joints),
        offsets=offsets,
        end_offsets={joint.name: np.array(joint.end_offset) for joint in joints if joint.end_offset is not None},
        local_rotations_wxyz=continuous_signs(rotations),
        root_positions=root_positions,
        fps=fps,
    )
