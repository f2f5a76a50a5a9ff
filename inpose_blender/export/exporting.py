# SPDX-License-Identifier: GPL-3.0-or-later
"""Export a character: sample its animation, build what an engine needs, write it, and check the file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import bpy
import numpy as np

from ..bake.rig_facts import rig_facts
from ..bake.root_motion import root_motion_bone
from ..bpy_compat import set_gltf_rate
from ..core import FloatArray, OutputError, RigError, atomic_output, output_error, save_bvh_animation, save_vrma
from ..rig.prepare import PreparedRig
from .body import body_motion, joint_bones, with_root_motion
from .building import DataFrame, add_clips, build_armature
from .bvh import bvh_animation
from .checking import FileCheck, check_file
from .clips import find_clips
from .meshes import MeshSource, copied_mesh, mesh_sources
from .notes import ExportNote
from .options import ENGINES, EXPORT_SUFFIXES, GAME_SUFFIXES, ExportOptions
from .sampling import BLENDER_FROM_CORE, GameFrame, SampledClip, sample_clips
from .skeleton import GameSkeleton, game_skeleton, rest_places
from .temporary import kept_poses, lent_names, own_scene
from .writing import check_exporter, write_scene

_USUAL_STATURE_M: Final[float] = 1.7
_FAR_M: Final[float] = 0.5
_STILL_M: Final[float] = 0.01
_STRETCHED: Final[float] = 0.01
_CENTIMETRES: Final[DataFrame] = DataFrame(100.0, y_up=True)
"""FBX counts in centimetres. So no object has a scale, in any engine."""
_METRES: Final[DataFrame] = DataFrame(1.0, y_up=False)
_OTHER_KIND: Final[Mapping[str, str]] = {".fbx": "a glTF file (.glb)", ".glb": "an FBX file (.fbx)"}


@dataclass(frozen=True)
class ExportResult:
    """Say what was exported."""

    path: Path
    clips: tuple[tuple[str, int], ...]
    """Name and number of frames of each."""
    bones: int
    meshes: int
    largest_error_m: float | None
    """Distance of the worst joint of the written file from its place in Blender; None if nothing was compared."""
    notes: tuple[ExportNote, ...]


@dataclass(frozen=True)
class _Character:
    """Hold the sampled character."""

    skeleton: GameSkeleton
    rest: FloatArray
    """(B, 4, 4) bones at rest in the game frame, without scale."""
    lengths_m: FloatArray
    clips: tuple[SampledClip, ...]
    frame: GameFrame
    meshes: tuple[MeshSource, ...]
    clips_found: int
    """A file of one motion contains only the first of them."""


def check_export_name(path: Path) -> None:
    """Check that this Blender can export to a file of this name.

    Raises:
        OutputError: the ending is none of those that InPose writes, or an exporter is switched off.
    """
    suffix = path.suffix.lower()
    if suffix not in EXPORT_SUFFIXES:
        raise OutputError(f'"{path.name}" is no file that InPose exports.', f"Choose {', '.join(EXPORT_SUFFIXES)}.")
    if suffix in GAME_SUFFIXES:
        check_exporter(suffix)


def export_character(
    context: bpy.types.Context, rig: PreparedRig, scene: Any, path: Path, options: ExportOptions
) -> ExportResult:
    """Export a character to a .fbx, .glb, .bvh or .vrma file. The scene stays as it is.

    Raises:
        InPoseError: the character has no animation, or the file cannot be written or is wrong; an older file of this
            name is then left as it was.
    """
    check_export_name(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise output_error(path, error) from error
    with kept_poses(context):
        character = _sampled(rig, scene, options, path.suffix.lower())
        notes = list(_notes(rig.armature_object, character, options, path.suffix.lower()))
        largest_error_m, more = _write(context, rig, scene, path, character)
    clips = tuple((sampled.clip.name, len(sampled.clip)) for sampled in character.clips)
    return ExportResult(
        path, clips, len(character.skeleton.bones), len(character.meshes), largest_error_m, (*notes, *more)
    )


def _write(
    context: bpy.types.Context, rig: PreparedRig, scene: Any, path: Path, character: _Character
) -> tuple[float | None, tuple[ExportNote, ...]]:
    """Write the file that its name asks for. Return the error of the worst joint, if it was compared, and notes."""
    suffix = path.suffix.lower()
    if suffix in GAME_SUFFIXES:
        return _write_game_file(context, rig, scene, path, character)
    if suffix == ".bvh":
        animation = bvh_animation(character.skeleton, character.rest, character.lengths_m, character.clips[0])
        save_bvh_animation(animation.value, path)
        return None, animation.notes
    joints = joint_bones(character.skeleton, rig.mapping, rig.object_name)
    save_vrma(body_motion(character.clips[0], character.rest, joints, rig.measure), path)
    return None, ()


def _sampled(rig: PreparedRig, scene: Any, options: ExportOptions, suffix: str) -> _Character:
    armature_object = rig.armature_object
    found = find_clips(armature_object, scene, options.clips)
    is_game = suffix in GAME_SUFFIXES
    clips = found if is_game else found[:1]
    meshes = mesh_sources(armature_object, scene) if options.mesh and is_game else ()
    frame = GameFrame.of(armature_object, rig.measure)
    to_armature = np.linalg.inv(frame.rest)
    up = to_armature[:3, 2] / np.linalg.norm(to_armature[:3, 2])
    wants_root = options.root_motion == "root" and is_game
    skeleton = game_skeleton(
        rest_places(armature_object.data),
        float(to_armature[:3, 3] @ up),
        up,
        whole=_whole_carrier(rig, scene),
        carriers={source.bone for source in meshes if source.bone},
        root=wants_root,
    )
    rest, lengths_m = _rest(armature_object, skeleton, frame, up_root=ENGINES[options.engine].root_points_up)
    sampled = sample_clips(armature_object, scene, clips, skeleton, rest, frame)
    if wants_root:
        joints = joint_bones(skeleton, rig.mapping, rig.object_name)
        sampled = tuple(
            with_root_motion(clip, skeleton, rest, body_motion(clip, rest, joints, rig.measure)) for clip in sampled
        )
    return _Character(skeleton, rest, lengths_m, sampled, frame, meshes, len(found))


def _whole_carrier(rig: PreparedRig, scene: Any) -> str:
    """Return the bone above the hips that carries the whole rig; empty if there is none."""
    try:
        facts = rig_facts(rig.armature_object, scene=scene, mapping=rig.mapping)
        return root_motion_bone(facts.tree, rig.mapping, facts.root_bone)
    except RigError:
        return ""


def _rest(
    armature_object: Any, skeleton: GameSkeleton, frame: GameFrame, *, up_root: bool
) -> tuple[FloatArray, FloatArray]:
    """Return the bones at rest in the game frame, (B, 4, 4) without scale, and their lengths."""
    bones = armature_object.data.bones
    scale = float(np.cbrt(abs(np.linalg.det(frame.rest[:3, :3]))))
    rest = np.tile(np.eye(4), (len(skeleton.bones), 1, 1))
    lengths_m = np.full(len(skeleton.bones), 0.1)
    for place, bone in enumerate(skeleton.bones):
        if bone.is_new:
            rest[place, :3, :3] = BLENDER_FROM_CORE if up_root else np.eye(3)
            continue
        matrix = frame.rest @ np.array(bones[bone.name].matrix_local, dtype=np.float64)
        rest[place, :3, :3] = matrix[:3, :3] / scale
        rest[place, :3, 3] = matrix[:3, 3]
        lengths_m[place] = bones[bone.name].length * scale
    return rest, lengths_m


def _write_game_file(
    context: bpy.types.Context, rig: PreparedRig, scene: Any, path: Path, character: _Character
) -> tuple[float, tuple[ExportNote, ...]]:
    data = _CENTIMETRES if path.suffix.lower() == ".fbx" else _METRES
    armature_object = rig.armature_object
    size = rig.measure.skeleton.stature_m / _USUAL_STATURE_M
    checks: list[FileCheck] = []

    def find_fault(temporary: Path) -> str:
        checks.append(check_file(temporary, character.skeleton, character.clips, size))
        if checks[-1].fault and not checks[-1].is_damaged:
            raise OutputError(
                f"{path} was not written, because it would be wrong: {checks[-1].fault}.",
                f"Switch off add-ons that change Blender's exports, or export {_OTHER_KIND[path.suffix.lower()]}.",
            )
        return checks[-1].fault

    with atomic_output(path, find_fault) as temporary, own_scene(context, scene) as own:
        if data is _METRES:
            set_gltf_rate(own, character.clips[0].fps)
        own.unit_settings.system, own.unit_settings.scale_length = "METRIC", 1.0 / data.units_per_metre
        game_armature = build_armature(context, own, character.skeleton, character.rest, character.lengths_m, data)
        copies, notes = [], []
        for source in character.meshes:
            copy, left_out = copied_mesh(
                source, armature_object, game_armature, own, data.matrix @ character.frame.rest
            )
            copies += [(source.mesh_object, copy), (source.mesh_object.data, copy.data)]
            if left_out:
                values = (("mesh", source.mesh_object.name), ("names", ", ".join(left_out)))
                notes.append(ExportNote("modifiers", values))
        add_clips(game_armature, character.skeleton, character.clips, data)
        own.frame_start, own.frame_end = 0, max(len(sampled.clip) for sampled in character.clips) - 1
        with lent_names(_once(copies)):
            write_scene(temporary)
    return checks[-1].largest_error_m, tuple(notes)


def _once(pairs: list[tuple[Any, Any]]) -> list[tuple[Any, Any]]:
    """Return the pairs whose original comes for the first time: several objects may share a mesh."""
    return list({original: (original, copy) for original, copy in reversed(pairs)}.values())


def _notes(armature_object: Any, character: _Character, options: ExportOptions, suffix: str) -> Iterator[ExportNote]:
    """Yield what the file cannot contain."""
    skeleton, clips = character.skeleton, character.clips
    if suffix not in GAME_SUFFIXES:
        if character.clips_found > 1:
            yield ExportNote("one_clip", (("clip", clips[0].clip.name),))
        return
    travel_m = max(float(np.ptp(sampled.heads_m[:, :, :2].mean(axis=1), axis=0).max()) for sampled in clips)
    if options.engine == "unreal" and options.root_motion == "keep" and travel_m > _FAR_M:
        if not skeleton.root:
            yield ExportNote("no_root")
        else:
            root = skeleton.names.index(skeleton.root)
            if max(float(np.ptp(sampled.heads_m[:, root], axis=0).max()) for sampled in clips) < _STILL_M:
                yield ExportNote("still_root", (("bone", skeleton.root),))
    stretch, bone = max(sampled.largest_stretch for sampled in clips)
    if stretch > _STRETCHED:
        yield ExportNote("stretch", (("bone", bone), ("percent", f"{100 * stretch:.0f}")))
    bendy = [name for name in skeleton.names if name in armature_object.data.bones]
    bendy = [name for name in bendy if armature_object.data.bones[name].bbone_segments > 1]
    if bendy and character.meshes:
        yield ExportNote("bendy", (("bone", bendy[0]),))
    if options.engine == "godot" and suffix == ".glb" and not character.meshes:
        yield ExportNote("no_skin")
