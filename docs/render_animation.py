# SPDX-License-Identifier: GPL-3.0-or-later
"""Solve the example, bake it on the mannequin and render it: the animation at the top of the README.

    python docs/render_animation.py [--out docs/images] [--frames FOLDER] [--stills 0.4 0.9]

Needs the bpy and pillow packages, and a Python with InPose's packages (this one, or $INPOSE_PYTHON) for the solve.
Leaves animation.webp and animation.jpg; Cycles renders on the processor, a second or two a frame.
"""

from __future__ import annotations

import argparse
import math
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(Path(__file__).resolve().parent)]

import bpy  # noqa: E402 (the paths come first)
from mannequin import add_mannequin  # noqa: E402
from mathutils import Vector  # noqa: E402
from PIL import Image  # noqa: E402

from inpose_blender.batch import main as solve_and_bake  # noqa: E402
from inpose_core.demo.example import EXAMPLE_STATURE_M  # noqa: E402

FPS = 24
WEBP_QUALITY = 62
CAMERA_SIDE_DEGREES = 38.0
PART = (0.27, 0.78)
"""The share of the example to show: it walks and waves. It begins with a T-pose, and nobody watches for 17 seconds."""


def main() -> int:
    """Make the pictures; return an exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "images")
    parser.add_argument("--frames", type=Path, help="keep the rendered frames in this folder")
    parser.add_argument("--width", type=int, default=512)
    parser.add_argument("--samples", type=int, default=6)
    parser.add_argument("--every", type=int, default=2, help="render each n-th frame of 24 a second")
    parser.add_argument("--part", type=float, nargs=2, default=PART, help="the share of the motion to render")
    parser.add_argument("--still", type=float, default=0.64, help="where in the motion the still picture is taken")
    parser.add_argument("--stills", type=float, nargs="+", help="render only these places of the motion, into --frames")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        scene = solved_scene(Path(folder) / "example.blend")
        set_stage(scene, next(thing for thing in scene.objects if thing.type == "ARMATURE"))
        set_renderer(scene, options.width, options.samples)
        options.out.mkdir(parents=True, exist_ok=True)
        frames = options.frames or Path(folder)
        frames.mkdir(parents=True, exist_ok=True)
        numbers = range(scene.frame_start, scene.frame_end + 1)
        if options.stills:
            for share in options.stills:
                render(scene, numbers[round(share * (len(numbers) - 1))], frames / f"still_{share}.png")
            return 0
        first, last = (round(share * len(numbers)) for share in options.part)
        chosen = numbers[first : last : options.every]
        pictures = [Image.open(render(scene, number, frames / f"{number:04}.png")).convert("RGB") for number in chosen]
        write_animation(pictures, options.out / "animation.webp", 1000 * options.every / FPS)
        scene.render.resolution_percentage = 200
        still = render(scene, numbers[round(options.still * (len(numbers) - 1))], frames / "still.png")
        Image.open(still).convert("RGB").save(options.out / "animation.jpg", quality=85)
    return 0


def solved_scene(blend: Path) -> Any:
    """Solve the example recording for a stick figure, as the add-on's command line does, and open the result."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    arguments = ["--recording", str(ROOT / "examples" / "walk_wave_crouch.csv"), "--output", str(blend)]
    arguments += ["--scene-fps", str(FPS), "--hand-poses", "grip", "--performer-height", str(EXAMPLE_STATURE_M)]
    if code := solve_and_bake(arguments):
        raise SystemExit(code)
    bpy.ops.wm.open_mainfile(filepath=str(blend))
    return bpy.context.scene


def set_stage(scene: Any, figure: Any) -> None:
    """Dress the armature as a mannequin, and add floor, light and camera."""
    for child in list(figure.children):
        bpy.data.objects.remove(child)
    add_mannequin(scene, figure)
    figure.hide_render = True
    way = []
    for number in range(scene.frame_start, scene.frame_end + 1):
        scene.frame_set(number)
        way.append(figure.matrix_world @ figure.pose.bones["pelvis"].head)
    way = smoothed(way)
    add_floor(scene, way[len(way) // 2])
    add_followers(scene, way)


def smoothed(way: list[Vector], half_width: int = 22) -> list[Vector]:
    """Average the way over two seconds, on the floor: a camera is carried more calmly than a body."""
    averaged = []
    for index in range(len(way)):
        near = way[max(0, index - half_width) : index + half_width + 1]
        middle = sum(near, Vector()) / len(near)
        averaged.append(Vector((middle.x, middle.y, 0.0)))
    return averaged


def add_floor(scene: Any, centre: Vector, half_m: float = 40.0) -> None:
    """Lay a pale floor with a line each half metre."""
    tiles = bpy.data.meshes.new("Floor")
    corners = [(-half_m, -half_m, 0), (half_m, -half_m, 0), (half_m, half_m, 0), (-half_m, half_m, 0)]
    tiles.from_pydata(corners, [], [(0, 1, 2, 3)])
    tiles.materials.append(_plain("floor", (0.10, 0.125, 0.165), 0.55))
    lines = bpy.data.meshes.new("Grid")
    vertices, faces = [], []
    for step in range(int(-2 * half_m), int(2 * half_m) + 1):
        place, width = step / 2, 0.010 if step % 2 == 0 else 0.004
        for quad in (
            [(place - width, -half_m), (place + width, -half_m), (place + width, half_m), (place - width, half_m)],
            [(-half_m, place - width), (half_m, place - width), (half_m, place + width), (-half_m, place + width)],
        ):
            faces.append(tuple(range(len(vertices), len(vertices) + 4)))
            vertices += [(x, y, 0.0008) for x, y in quad]
    lines.from_pydata(vertices, [], faces)
    lines.materials.append(_plain("line", (0.28, 0.34, 0.43), 0.8))
    for mesh in (tiles, lines):
        thing = bpy.data.objects.new(mesh.name, mesh)
        thing.location = (round(centre.x), round(centre.y), 0.0)
        scene.collection.objects.link(thing)


def add_followers(scene: Any, way: list[Vector]) -> None:
    """Let camera and lights go along: warm light from the front, a cold rim from behind, a soft sky."""
    carrier = bpy.data.objects.new("Carrier", None)
    scene.collection.objects.link(carrier)
    for frame, place in enumerate(way, start=scene.frame_start):
        carrier.location = place
        carrier.keyframe_insert("location", frame=frame)
    heading = way[-1] - way[0]
    carrier.rotation_euler.z = math.atan2(heading.x, -heading.y) + math.radians(CAMERA_SIDE_DEGREES)
    data = bpy.data.cameras.new("Camera")
    data.lens = 55.0
    camera = _carried(scene, carrier, data, (0.0, -5.4, 1.5), (0.0, 0.0, 0.86))
    scene.camera = camera
    for name, energy, colour, place, size in (
        ("Key", 330.0, (1.0, 0.92, 0.82), (-2.6, -3.0, 3.6), 1.6),
        ("Rim", 380.0, (0.55, 0.72, 1.0), (2.2, 3.0, 3.0), 1.4),
        ("Fill", 110.0, (0.80, 0.90, 1.0), (3.6, -3.2, 1.8), 3.0),
    ):
        light = bpy.data.lights.new(name, "AREA")
        light.energy, light.color, light.size = energy, colour, size
        _carried(scene, carrier, light, place, (0.0, 0.0, 0.9))
    world = bpy.data.worlds.new("Sky")
    world.use_nodes = True
    background = world.node_tree.nodes["Background"]
    background.inputs["Color"].default_value = (0.020, 0.027, 0.040, 1.0)
    background.inputs["Strength"].default_value = 1.0
    scene.world = world
    # What the camera sees of the sky is as dark as the end of the floor, so that there is no horizon.
    nodes, links = world.node_tree.nodes, world.node_tree.links
    seen, mix, rays = (nodes.new(f"ShaderNode{kind}") for kind in ("Background", "MixShader", "LightPath"))
    seen.inputs["Color"].default_value = (0.0016, 0.0022, 0.0034, 1.0)
    links.new(rays.outputs["Is Camera Ray"], mix.inputs[0])
    links.new(background.outputs[0], mix.inputs[1])
    links.new(seen.outputs[0], mix.inputs[2])
    links.new(mix.outputs[0], nodes["World Output"].inputs[0])


def _carried(scene: Any, carrier: Any, data: Any, place: tuple[float, ...], target: tuple[float, ...]) -> Any:
    """Add an object that goes with the carrier and looks at a place beside it."""
    thing = bpy.data.objects.new(data.name, data)
    thing.parent = carrier
    thing.location = place
    thing.rotation_euler = (Vector(target) - Vector(place)).to_track_quat("-Z", "Y").to_euler()
    scene.collection.objects.link(thing)
    return thing


def set_renderer(scene: Any, width: int, samples: int) -> None:
    """Use Cycles on the processor with few samples and a denoiser."""
    scene.render.engine = "CYCLES"
    scene.cycles.device = "CPU"
    scene.cycles.samples = samples
    scene.cycles.use_denoising = True
    scene.cycles.denoising_prefilter = "FAST"  # halves the time of a frame
    scene.cycles.max_bounces = 3
    scene.cycles.seed = 0  # the same grain in each frame flickers less
    scene.render.use_persistent_data = True
    scene.render.resolution_x, scene.render.resolution_y = width, round(width * 9 / 16)
    scene.render.film_transparent = False
    scene.render.image_settings.file_format = "PNG"
    scene.view_settings.view_transform = "AgX"
    scene.view_settings.look = "AgX - Medium High Contrast"
    scene.view_settings.exposure = 0.2


def render(scene: Any, number: int, path: Path) -> Path:
    """Render one frame into a file."""
    scene.frame_set(number)
    scene.render.filepath = str(path)
    bpy.ops.render.render(write_still=True)
    return path


def write_animation(pictures: list[Any], path: Path, frame_ms: float) -> None:
    """Write an animated WebP, which browsers show like a GIF, in a tenth of its size."""
    pictures[0].save(
        path,
        save_all=True,
        append_images=pictures[1:],
        duration=round(frame_ms),
        loop=0,
        quality=WEBP_QUALITY,
        method=6,
    )


def _plain(name: str, colour: tuple[float, float, float], roughness: float) -> Any:
    material = bpy.data.materials.new(name)
    material.use_nodes = True
    shader = material.node_tree.nodes["Principled BSDF"]
    shader.inputs["Base Color"].default_value = (*colour, 1.0)
    shader.inputs["Roughness"].default_value = roughness
    return material


if __name__ == "__main__":
    sys.exit(main())
