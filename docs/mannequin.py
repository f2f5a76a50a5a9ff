# SPDX-License-Identifier: GPL-3.0-or-later
"""Build the character of our pictures: a jointed mannequin of rounded limbs over any armature with the SMPL names."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import bpy
from mathutils import Matrix, Vector

SEGMENTS = 28
RINGS = 8


@dataclass(frozen=True)
class Limb:
    """Describe a rounded cone along a bone: radii at its ends, how flat it is, and how it is moved."""

    bone: str
    start_radius: float
    end_radius: float
    flatness: float = 1.0
    """Depth over width, across the bone."""
    start: float = 0.0
    """Where it begins and ends, as shares of the bone's length."""
    end: float = 1.0
    offset: tuple[float, float, float] = (0.0, 0.0, 0.0)
    """In the armature's axes (X left, -Y front, Z up), in metres."""


@dataclass(frozen=True)
class Ball:
    """Describe an ellipsoid at a bone's head."""

    bone: str
    radii: tuple[float, float, float]
    offset: tuple[float, float, float] = (0.0, 0.0, 0.0)
    material: str = "joint"


def _both_sides(*parts: Limb) -> list[Limb]:
    mirrored = [
        Limb(
            **{
                **part.__dict__,
                "bone": part.bone.replace("left", "right"),
                "offset": (-part.offset[0], *part.offset[1:]),
            }
        )
        for part in parts
    ]
    return [*parts, *mirrored]


LIMBS = [
    Limb("spine1", 0.098, 0.108, 0.72, -0.25, 1.0),
    Limb("spine2", 0.112, 0.128, 0.70, -0.1, 1.1),
    Limb("spine3", 0.142, 0.098, 0.68, -0.35, 0.75),
    Limb("neck", 0.050, 0.046, 1.0, -0.15, 0.9),
    *_both_sides(
        Limb("left_collar", 0.056, 0.060, 0.85, 0.25, 0.95),
        Limb("left_shoulder", 0.056, 0.044, 1.0, 0.05, 0.92),
        Limb("left_elbow", 0.042, 0.031, 1.0, 0.1, 0.92),
        Limb("left_wrist", 0.034, 0.026, 0.55, 0.10, 0.85),
        Limb("left_hip", 0.086, 0.060, 1.0, 0.04, 0.93),
        Limb("left_knee", 0.058, 0.040, 1.0, 0.09, 0.92),
        Limb("left_ankle", 0.042, 0.040, 0.80, 0.10, 1.0, offset=(0.0, 0.015, -0.005)),
        Limb("left_foot", 0.040, 0.030, 0.70, 0.0, 0.75),
    ),
]


def _balls() -> list[Ball]:
    balls = [
        Ball("pelvis", (0.148, 0.105, 0.098), (0.0, 0.0, -0.03), "body"),
        Ball("head", (0.076, 0.098, 0.122), (0.0, -0.022, 0.10), "body"),
        Ball("head", (0.083, 0.052, 0.050), (0.0, -0.098, 0.112), "device"),
    ]
    for side, sign in (("left", 1.0), ("right", -1.0)):
        balls += [
            Ball(f"{side}_shoulder", (0.058, 0.058, 0.058)),
            Ball(f"{side}_elbow", (0.045, 0.045, 0.045)),
            Ball(f"{side}_wrist", (0.030, 0.030, 0.030)),
            Ball(f"{side}_hip", (0.082, 0.082, 0.082)),
            Ball(f"{side}_knee", (0.058, 0.058, 0.058)),
            Ball(f"{side}_ankle", (0.043, 0.043, 0.043)),
            Ball(f"{side}_wrist", (0.034, 0.050, 0.030), (sign * 0.085, -0.030, -0.030), "device"),
        ]
    return balls


def add_mannequin(scene: Any, armature_object: Any, names: Mapping[str, str] | None = None) -> Any:
    """Add a mannequin that the armature moves; its proportions follow the bones.

    Args:
        scene: where to add it.
        armature_object: the rig.
        names: the rig's bone for each SMPL name that its bones do not have.

    Returns:
        The mesh object, with a vertex group for each of these bones.
    """
    own = armature_object.data.bones
    bones = {joint: own[name] for joint, name in (names or {}).items()} or own
    height = max(bone.tail_local.z for bone in own) - min(bone.tail_local.z for bone in own)
    size = height / 1.7
    vertices: list[Vector] = []
    faces: list[tuple[int, ...]] = []
    face_materials: list[int] = []
    groups: dict[str, list[int]] = {}
    names = ["body", "joint", "device"]

    def add(shape: tuple[list[Vector], list[tuple[int, ...]]], bone: str, material: str) -> None:
        first = len(vertices)
        vertices.extend(shape[0])
        faces.extend(tuple(first + corner for corner in face) for face in shape[1])
        face_materials.extend([names.index(material)] * len(shape[1]))
        groups.setdefault(bone, []).extend(range(first, len(vertices)))

    for limb in LIMBS:
        add(_rounded_cone(bones[limb.bone], limb, size), limb.bone, "body")
    for ball in _balls():
        add(_ellipsoid(bones[ball.bone], ball, size), ball.bone, ball.material)
    mesh = bpy.data.meshes.new("Mannequin")
    mesh.from_pydata(vertices, [], faces)
    for name, colour, roughness in (
        ("body", (0.83, 0.80, 0.74), 0.42),
        ("joint", (0.055, 0.065, 0.085), 0.35),
        ("device", (0.90, 0.24, 0.05), 0.30),
    ):
        mesh.materials.append(_material(name, colour, roughness))
    mesh.polygons.foreach_set("material_index", face_materials)
    mesh.polygons.foreach_set("use_smooth", [True] * len(faces))
    mannequin = bpy.data.objects.new("Mannequin", mesh)
    scene.collection.objects.link(mannequin)
    for bone, indices in groups.items():
        mannequin.vertex_groups.new(name=bones[bone].name).add(indices, 1.0, "REPLACE")
    mannequin.parent = armature_object
    mannequin.modifiers.new("Armature", "ARMATURE").object = armature_object
    return mannequin


def _rounded_cone(bone: Any, limb: Limb, size: float) -> tuple[list[Vector], list[tuple[int, ...]]]:
    """Turn a profile of two arcs and the line between them around the bone."""
    along = bone.tail_local - bone.head_local
    length, direction = along.length, along.normalized()
    front = Vector((0.0, -1.0, 0.0))
    if abs(direction.dot(front)) > 0.8:
        front = Vector((0.0, 0.0, 1.0))
    depth = (front - front.dot(direction) * direction).normalized()
    width = direction.cross(depth)
    if limb.bone.endswith("wrist"):  # the palm is flat from above, not from the front
        depth, width = width, depth
    begin = bone.head_local + along * limb.start + Vector(limb.offset) * size
    span = length * (limb.end - limb.start)
    r0, r1 = limb.start_radius * size, limb.end_radius * size
    profile = [(-r0 * math.cos(t), r0 * math.sin(t)) for t in _arc()]
    profile += [(span - r1 * math.cos(math.pi - t), r1 * math.sin(t)) for t in reversed(_arc())]
    return _lathe(profile, begin, direction, width, depth * limb.flatness)


def _ellipsoid(bone: Any, ball: Ball, size: float) -> tuple[list[Vector], list[tuple[int, ...]]]:
    centre = bone.head_local + Vector(ball.offset) * size
    profile = [(-math.cos(t), math.sin(t)) for t in (math.pi * step / (2 * RINGS) for step in range(2 * RINGS + 1))]
    vertices, faces = _lathe(profile, Vector(), Vector((0, 0, 1)), Vector((1, 0, 0)), Vector((0, 1, 0)))
    radii = Matrix.Diagonal(Vector(ball.radii) * size)
    return [centre + radii @ vertex for vertex in vertices], faces


def _arc() -> list[float]:
    return [math.pi / 2 * step / RINGS for step in range(RINGS + 1)]


def _lathe(
    profile: list[tuple[float, float]], origin: Vector, along: Vector, width: Vector, depth: Vector
) -> tuple[list[Vector], list[tuple[int, ...]]]:
    vertices = [
        origin + along * height + radius * (width * math.cos(angle) + depth * math.sin(angle))
        for height, radius in profile
        for angle in (2 * math.pi * step / SEGMENTS for step in range(SEGMENTS))
    ]
    faces: list[tuple[int, ...]] = []
    for ring in range(len(profile) - 1):
        for step in range(SEGMENTS):
            a, b = ring * SEGMENTS + step, ring * SEGMENTS + (step + 1) % SEGMENTS
            faces.append((a, b, b + SEGMENTS, a + SEGMENTS))
    return vertices, faces


def _material(name: str, colour: tuple[float, float, float], roughness: float) -> Any:
    material = bpy.data.materials.new(name)
    material.use_nodes = True
    shader = material.node_tree.nodes["Principled BSDF"]
    shader.inputs["Base Color"].default_value = (*colour, 1.0)
    shader.inputs["Roughness"].default_value = roughness
    material.diffuse_color = (*colour, 1.0)
    return material
