# SPDX-License-Identifier: GPL-3.0-or-later
"""Make a recording from animated objects or bones of the scene, found by their roles or given by name: head and hands,
and any trackers for hips, chest, elbows, knees and feet.

Tracking Toolkit marks what it records with a custom property ``role_string`` ("head", "left_hand", "right_hand",
"waist", "left_foot" and other places on the body; its names are the user's own) and ``ref_type`` ("tracker" for the
device, "offset" for a copy that the user has moved). Its hands are OpenXR grips, its head is the view of the left eye,
about 32 mm left of the middle.

Whatever is recorded is written as the project's CSV: metres by the scene's unit scale, seconds by its frame rate, Y up.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal

import bpy
import numpy as np

from ..core import (
    DEVICE_NAMES,
    FloatArray,
    Recording,
    RecordingError,
    TrackerTracks,
    continuous_signs,
    matrix_to_quaternion,
    rotate_vector,
    tracker_joint,
    write_csv,
)
from ..core_tables import TRACKER_PLACES
from ..rig.prepare import metres_per_unit
from ..rig.rotation import rotation_of

DeviceAxes = Literal["XR", "OBJECT", "T_POSE"]
"""Direction in which an object or bone faces: along its own -Z, as headsets, controllers and cameras do; along its own
Y, as Blender's objects do; or found from a frame in which the performer stands in a T-pose."""

SCENE_TRACKER_PLACES: Final[tuple[str, ...]] = tuple(place for place in TRACKER_PLACES if not place.endswith("_toe"))
"""Where objects can be trackers: nobody wears one on the toes and on the foot, too."""
ROLES: Final[Mapping[str, str]] = {"head": "head", "left": "left_hand", "right": "right_hand"}
_X_TURNED_OVER: Final[FloatArray] = np.array((-1.0, 1.0, 1.0))
_LEFT_EYE_TO_MIDDLE_M: Final[float] = 0.032
_DEVICES: Final[int] = len(DEVICE_NAMES)
_FEWEST_FRAMES: Final[int] = 2
_SHORTEST_ARM_SPAN_M: Final[float] = 0.2

_OPENXR_FROM_BLENDER: Final[FloatArray] = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, -1.0, 0.0]])
"""Blender's Z is up and its Y to the front; OpenXR's Y is up and its Z to the back."""


@dataclass(frozen=True)
class AnimatedThing:
    """Name an object, or a bone of an armature object."""

    object_name: str
    bone: str = ""

    def __str__(self) -> str:
        return f"{self.object_name}/{self.bone}" if self.bone else self.object_name


@dataclass(frozen=True)
class SceneTracks:
    """Name the objects or bones of head and hands, and the directions in which they face; one hand may be missing."""

    head: AnimatedThing
    left: AnimatedThing | None
    right: AnimatedThing | None
    axes: DeviceAxes = "XR"
    t_pose_frame: int = 1
    """For the axes "T_POSE"."""
    head_is_left_eye: bool = False
    trackers: Mapping[str, AnimatedThing] = field(default_factory=dict)
    """Further objects or bones, by the places on the body that they follow: names of `SCENE_TRACKER_PLACES`."""

    @property
    def devices(self) -> tuple[AnimatedThing | None, ...]:
        """Return head, left and right."""
        return (self.head, self.left, self.right)

    @property
    def things(self) -> tuple[AnimatedThing | None, ...]:
        """Return head, left and right, and then the trackers."""
        return (*self.devices, *self.trackers.values())


@dataclass(frozen=True)
class SceneRecording:
    """Describe the recording that was written."""

    path: Path
    frames: int
    pose: str | None
    """Kind of the hand poses: "grip", "joint", or None if only the user knows it."""


def find_tracks_by_role(scene: Any) -> SceneTracks | None:
    """Return the objects or bones that Tracking Toolkit has marked as head and hands; None without a head and a
    hand."""
    found: dict[str, AnimatedThing] = {}
    for device, role in ROLES.items():
        marked = [(kind == "offset", str(thing), thing) for thing, own, kind in _marked(scene) if own == role]
        if marked:
            found[device] = min(marked, key=lambda entry: entry[:2])[2]
    if "head" not in found or len(found) < 2:
        return None
    return SceneTracks(
        found["head"],
        found.get("left"),
        found.get("right"),
        axes="XR",
        head_is_left_eye=True,
        trackers=find_trackers_by_role(scene),
    )


def find_trackers_by_role(scene: Any) -> dict[str, AnimatedThing]:
    """Return the objects or bones that are marked as trackers on the body; without marks, empties named like a place.

    The marked thing itself counts before a copy that the user has moved. "Left foot" and "left_foot" are the same name.
    """
    places = {tracker_joint(place): place for place in SCENE_TRACKER_PLACES}
    marked: dict[str, list[tuple[bool, str, AnimatedThing]]] = {}
    for thing, role, kind in _marked(scene):
        if (place := places.get(tracker_joint(role))) is not None:
            marked.setdefault(place, []).append((kind == "offset", str(thing), thing))
    if not marked:
        for candidate in scene.objects:
            place = places.get(tracker_joint(candidate.name)) if candidate.type == "EMPTY" else None
            if place is not None:
                marked.setdefault(place, []).append((False, candidate.name, AnimatedThing(candidate.name)))
    found = {place: min(entries, key=lambda entry: entry[:2])[2] for place, entries in marked.items()}
    return {place: found[place] for place in SCENE_TRACKER_PLACES if place in found}


def record_scene(
    scene: Any, tracks: SceneTracks, path: Path, first_frame: int | None = None, last_frame: int | None = None
) -> SceneRecording:
    """Sample the tracks over the frames and write them as CSV; the scene's current frame is the same afterwards.

    Args:
        scene: the scene, which must be the one that is shown.
        tracks: what to sample; constraints, drivers and the NLA are included.
        path: the CSV to write.
        first_frame: default: the scene's.
        last_frame: included; default: the scene's.

    Raises:
        RecordingError: an object or bone does not exist, or nothing moves.
        OutputError: the file cannot be written.
    """
    first = scene.frame_start if first_frame is None else first_frame
    last = scene.frame_end if last_frame is None else last_frame
    if last - first + 1 < _FEWEST_FRAMES:
        raise RecordingError(f"There is no movement in frames {first} to {last}.", "Choose a longer range of frames.")
    before, subframe = scene.frame_current, scene.frame_subframe
    try:
        matrices = np.array([_sample(scene, tracks, frame) for frame in range(first, last + 1)])
        reference = _sample(scene, tracks, tracks.t_pose_frame) if tracks.axes == "T_POSE" else None
    finally:
        scene.frame_set(before, subframe=subframe)
    present = np.array([thing is not None for thing in tracks.things])
    if not np.abs(np.diff(matrices[:, present], axis=0)).max() > 0:
        raise RecordingError(
            f"{', '.join(str(thing) for thing in tracks.things if thing)} do not move from {first} to {last}.",
            "Check the frames and that the animation is not muted.",
        )
    R_blender = _rotations(matrices)
    unit_m = metres_per_unit(scene)
    positions_m = matrices[..., :3, 3] * unit_m @ _OPENXR_FROM_BLENDER.T
    rotations_wxyz = continuous_signs(_device_rotations(R_blender, tracks, reference, unit_m))
    if tracks.head_is_left_eye:
        positions_m[:, 0] += rotate_vector(rotations_wxyz[:, 0], np.array((_LEFT_EYE_TO_MIDDLE_M, 0.0, 0.0)))
    frames = len(matrices)
    pose: Literal["joint", "grip"] | None = (
        "joint" if tracks.axes == "T_POSE" else "grip" if tracks.head_is_left_eye else None
    )
    recording = Recording(
        times_s=np.arange(frames) * scene.render.fps_base / scene.render.fps,
        positions_m=positions_m[:, :_DEVICES],
        rotations_wxyz=rotations_wxyz[:, :_DEVICES],
        measured=np.tile(present[:_DEVICES], (frames, 1)),
        format="scene",
        pose=pose,
        trackers=_tracker_tracks(tracks, positions_m[:, _DEVICES:], rotations_wxyz[:, _DEVICES:]),
    )
    write_csv(recording, path)
    return SceneRecording(path, frames, pose)


def _tracker_tracks(tracks: SceneTracks, positions_m: FloatArray, rotations_wxyz: FloatArray) -> TrackerTracks | None:
    if not tracks.trackers:
        return None
    names = tuple(tracks.trackers)
    return TrackerTracks(
        names=names,
        joints=tuple(tracker_joint(name) for name in names),
        positions_m=positions_m,
        rotations_wxyz=rotations_wxyz,
        measured=np.ones(positions_m.shape[:2], np.bool_),
        turns=(True,) * len(names),
    )


def _marked(scene: Any) -> Iterator[tuple[AnimatedThing, str, str]]:
    """Yield each object or bone that has a role, with the role and its kind."""
    for candidate in scene.objects:
        yield from _role_of(candidate, AnimatedThing(candidate.name))
        for bone in candidate.pose.bones if candidate.type == "ARMATURE" and candidate.pose else ():
            thing = AnimatedThing(candidate.name, bone.name)
            yield from _role_of(bone, thing)
            yield from _role_of(bone.bone, thing)


def _role_of(owner: Any, thing: AnimatedThing) -> Iterator[tuple[AnimatedThing, str, str]]:
    role = owner.get("role_string")
    if isinstance(role, str):
        yield thing, role, str(owner.get("ref_type", "tracker"))


def _sample(scene: Any, tracks: SceneTracks, frame: int) -> list[FloatArray]:
    """Return the world matrices of head, left, right and trackers in a frame; of a missing hand the identity."""
    scene.frame_set(frame)
    depsgraph = bpy.context.evaluated_depsgraph_get()
    return [np.eye(4) if thing is None else _world_matrix(scene, thing, depsgraph) for thing in tracks.things]


def _world_matrix(scene: Any, thing: AnimatedThing, depsgraph: Any) -> FloatArray:
    owner = scene.objects.get(thing.object_name)
    if owner is None:
        raise RecordingError(f'There is no object "{thing.object_name}" in the scene.', "Choose another one.")
    evaluated = owner.evaluated_get(depsgraph)
    if not thing.bone:
        return np.array(evaluated.matrix_world, dtype=np.float64)
    bone = evaluated.pose.bones.get(thing.bone) if evaluated.type == "ARMATURE" else None
    if bone is None:
        raise RecordingError(f'"{thing.object_name}" has no bone "{thing.bone}".', "Choose another bone.")
    return np.array(evaluated.matrix_world @ bone.matrix, dtype=np.float64)


def _rotations(matrices: FloatArray) -> FloatArray:
    """Return the rotations of world matrices, (F, D, 3, 3), whatever the objects' scale.

    Of a mirrored object, one axis is turned over: a rotation cannot mirror. That is the same turn in every frame.
    """
    mirrored = np.linalg.det(matrices[..., :3, :3]) < 0
    unmirrored = matrices[..., :3, :3] * np.where(mirrored[..., None, None], _X_TURNED_OVER, 1.0)
    return np.array([[rotation_of(matrix) for matrix in frame] for frame in unmirrored])


def _device_rotations(
    R_blender: FloatArray, tracks: SceneTracks, reference: list[FloatArray] | None, unit_m: float
) -> FloatArray:
    """Return quaternions (F, D, 4) in OpenXR's world: of devices, or of joints if a T-pose gives the directions."""
    A = _OPENXR_FROM_BLENDER
    if reference is None:
        # A device's own -Z is what looks ahead; a Blender object's is its Y, and so B = A for it.
        B = np.eye(3) if tracks.axes == "XR" else A
        return matrix_to_quaternion(A @ R_blender @ B.T)
    R_heading = _t_pose_heading(reference, tracks, unit_m)
    R_reference = _rotations(np.array(reference)[None])[0]
    return matrix_to_quaternion(A @ R_blender @ np.swapaxes(R_reference, -1, -2) @ A.T @ R_heading)


def _t_pose_heading(reference: list[FloatArray], tracks: SceneTracks, unit_m: float) -> FloatArray:
    """Return the turn about Y of a body in a T-pose: its own X points to the left hand."""
    head, left, right = (matrix[:3, 3] @ _OPENXR_FROM_BLENDER.T for matrix in reference[:_DEVICES])
    to_left = left - right if tracks.left and tracks.right else left - head if tracks.left else head - right
    to_left = to_left * (1.0, 0.0, 1.0)
    length = float(np.linalg.norm(to_left))
    if length * unit_m < _SHORTEST_ARM_SPAN_M:
        raise RecordingError(
            f"In frame {tracks.t_pose_frame} the hands are too close together for a T-pose.",
            "Choose a frame in which the performer holds a T-pose.",
        )
    x = to_left / length
    return np.column_stack((x, (0.0, 1.0, 0.0), np.cross(x, (0.0, 1.0, 0.0))))


assert tuple(ROLES) == DEVICE_NAMES
