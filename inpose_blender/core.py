# SPDX-License-Identifier: GPL-3.0-or-later
"""Import the parts of `inpose_core` that the add-on uses in Blender's process. No other module imports them.

Installed as an extension the core is a sibling package, ``bl_ext.<repository>.inpose.inpose_core``; in tests, in
`headless.py` and with the bpy wheel it is a top-level package. This never imports torch, which only the solver process
uses.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .errors import (
    CORE_FOLDER,
    CalibrationError,
    CancelledError,
    InPoseError,
    OutputError,
    PinError,
    RecordingError,
    RigError,
    WorkerError,
    errors,
)

if TYPE_CHECKING or __package__ == "inpose_blender":
    from inpose_core.arrays import BoolArray, FloatArray, IndexArray, runs
    from inpose_core.body.expected_error import UnsureStretch, unsure_stretches
    from inpose_core.body.hands.angles import global_rotations
    from inpose_core.body.hands.chains import FingerChain, chain_places, find_chains
    from inpose_core.body.hands.joints import FINGERS, PHALANX_COUNT, SIDES, Finger, Side
    from inpose_core.body.hands.rest import HandRest, measure_hand
    from inpose_core.body.hands.shapes import finger_rotations
    from inpose_core.body.hands.tracks import FingerTracks
    from inpose_core.body.motion import Motion
    from inpose_core.body.points import tracker_joint
    from inpose_core.body.quaternions import (
        conjugate_quaternion,
        continuous_signs,
        matrix_to_quaternion,
        multiply_quaternions,
        normalize_quaternion,
        quaternion_to_matrix,
        quaternion_to_rotvec,
        rotate_vector,
        rotation_between,
        rotvec_to_quaternion,
        slerp,
    )
    from inpose_core.body.skeleton import JOINT_COUNT, JOINT_INDEX, JOINT_NAMES, PARENTS, Skeleton
    from inpose_core.editing.applying import apply_edits
    from inpose_core.editing.body_shape import LEG_PARTS, TRUNK_PART, BodyShape, SkinPoints, usual_shape
    from inpose_core.editing.body_surface import BodySurface, surface_of
    from inpose_core.editing.edit import LONGEST_EASE_S, Edit, EditList
    from inpose_core.editing.ground import Ground, LevelGround
    from inpose_core.editing.locks import lock_feet, lock_hands
    from inpose_core.editing.loops import Loop, make_loop
    from inpose_core.editing.mirroring import Mirror, mirror_of, mirrored_motion, mirrored_pins
    from inpose_core.editing.smoothing import smooth_motion
    from inpose_core.editing.steps import scale_steps, sliding_m
    from inpose_core.errors import SkeletonError
    from inpose_core.motion_files.bvh import BvhAnimation, save_bvh_animation
    from inpose_core.motion_files.fbx_clips import read_fbx_clips
    from inpose_core.motion_files.file_clips import FileClip
    from inpose_core.motion_files.gltf_clips import read_gltf_clips
    from inpose_core.motion_files.vrma import save_vrma
    from inpose_core.numerics.filters import gaussian_filter
    from inpose_core.numerics.torch_build import TorchBuild, has_nvidia_driver, is_apple_silicon, torch_build
    from inpose_core.pins import (
        Pin,
        PinKey,
        PinnedSeat,
        PinnedStance,
        PinSet,
        pelvis_above_seat_m,
        pins_to_json,
    )
    from inpose_core.recording.formats.sensors_file import load_sensors, save_sensors
    from inpose_core.recording.live.headset import HeadsetProgress, HeadsetRecorder, PageSettings
    from inpose_core.recording.live.qr_code import qr_code, with_quiet_zone
    from inpose_core.recording.tables.csv_format import write_csv
    from inpose_core.recording.trackers import TrackerTracks
    from inpose_core.recording.types import DEVICE_NAMES, Recording, Sensors
    from inpose_core.system.lines import bounded_lines
    from inpose_core.system.output import atomic_output, output_error, write_output
    from inpose_core.system.process import (
        INTERRUPTED_CODE,
        STOPPED_CODE,
        StoppedError,
        signals_wait,
        stop_by_unwinding,
    )
    from inpose_core.system.programs import NO_WINDOW, find_program, neutral_folder, without_python_variables
    from inpose_core.system.safe_files import open_file, parse_json, read_json
    from inpose_core.system.same_files import refuse_to_replace
else:
    from ..inpose_core.arrays import BoolArray, FloatArray, IndexArray, runs
    from ..inpose_core.body.expected_error import UnsureStretch, unsure_stretches
    from ..inpose_core.body.hands.angles import global_rotations
    from ..inpose_core.body.hands.chains import FingerChain, chain_places, find_chains
    from ..inpose_core.body.hands.joints import FINGERS, PHALANX_COUNT, SIDES, Finger, Side
    from ..inpose_core.body.hands.rest import HandRest, measure_hand
    from ..inpose_core.body.hands.shapes import finger_rotations
    from ..inpose_core.body.hands.tracks import FingerTracks
    from ..inpose_core.body.motion import Motion
    from ..inpose_core.body.points import tracker_joint
    from ..inpose_core.body.quaternions import (
        conjugate_quaternion,
        continuous_signs,
        matrix_to_quaternion,
        multiply_quaternions,
        normalize_quaternion,
        quaternion_to_matrix,
        quaternion_to_rotvec,
        rotate_vector,
        rotation_between,
        rotvec_to_quaternion,
        slerp,
    )
    from ..inpose_core.body.skeleton import JOINT_COUNT, JOINT_INDEX, JOINT_NAMES, PARENTS, Skeleton
    from ..inpose_core.editing.applying import apply_edits
    from ..inpose_core.editing.body_shape import LEG_PARTS, TRUNK_PART, BodyShape, SkinPoints, usual_shape
    from ..inpose_core.editing.body_surface import BodySurface, surface_of
    from ..inpose_core.editing.edit import LONGEST_EASE_S, Edit, EditList
    from ..inpose_core.editing.ground import Ground, LevelGround
    from ..inpose_core.editing.locks import lock_feet, lock_hands
    from ..inpose_core.editing.loops import Loop, make_loop
    from ..inpose_core.editing.mirroring import Mirror, mirror_of, mirrored_motion, mirrored_pins
    from ..inpose_core.editing.smoothing import smooth_motion
    from ..inpose_core.editing.steps import scale_steps, sliding_m
    from ..inpose_core.errors import SkeletonError
    from ..inpose_core.motion_files.bvh import BvhAnimation, save_bvh_animation
    from ..inpose_core.motion_files.fbx_clips import read_fbx_clips
    from ..inpose_core.motion_files.file_clips import FileClip
    from ..inpose_core.motion_files.gltf_clips import read_gltf_clips
    from ..inpose_core.motion_files.vrma import save_vrma
    from ..inpose_core.numerics.filters import gaussian_filter
    from ..inpose_core.numerics.torch_build import TorchBuild, has_nvidia_driver, is_apple_silicon, torch_build
    from ..inpose_core.pins import (
        Pin,
        PinKey,
        PinnedSeat,
        PinnedStance,
        PinSet,
        pelvis_above_seat_m,
        pins_to_json,
    )
    from ..inpose_core.recording.formats.sensors_file import load_sensors, save_sensors
    from ..inpose_core.recording.live.headset import HeadsetProgress, HeadsetRecorder, PageSettings
    from ..inpose_core.recording.live.qr_code import qr_code, with_quiet_zone
    from ..inpose_core.recording.tables.csv_format import write_csv
    from ..inpose_core.recording.trackers import TrackerTracks
    from ..inpose_core.recording.types import DEVICE_NAMES, Recording, Sensors
    from ..inpose_core.system.lines import bounded_lines
    from ..inpose_core.system.output import atomic_output, output_error, write_output
    from ..inpose_core.system.process import (
        INTERRUPTED_CODE,
        STOPPED_CODE,
        StoppedError,
        signals_wait,
        stop_by_unwinding,
    )
    from ..inpose_core.system.programs import NO_WINDOW, find_program, neutral_folder, without_python_variables
    from ..inpose_core.system.safe_files import open_file, parse_json, read_json
    from ..inpose_core.system.same_files import refuse_to_replace

__all__ = [
    "CORE_FOLDER",
    "DEVICE_NAMES",
    "FINGERS",
    "INTERRUPTED_CODE",
    "JOINT_COUNT",
    "JOINT_INDEX",
    "JOINT_NAMES",
    "LEG_PARTS",
    "LONGEST_EASE_S",
    "NO_WINDOW",
    "PARENTS",
    "PHALANX_COUNT",
    "SIDES",
    "STOPPED_CODE",
    "TRUNK_PART",
    "BodyShape",
    "BodySurface",
    "BoolArray",
    "BvhAnimation",
    "CalibrationError",
    "CancelledError",
    "Edit",
    "EditList",
    "FileClip",
    "Finger",
    "FingerChain",
    "FingerTracks",
    "FloatArray",
    "Ground",
    "HandRest",
    "HeadsetProgress",
    "HeadsetRecorder",
    "InPoseError",
    "IndexArray",
    "LevelGround",
    "Loop",
    "Mirror",
    "Motion",
    "OutputError",
    "PageSettings",
    "Pin",
    "PinError",
    "PinKey",
    "PinSet",
    "PinnedSeat",
    "PinnedStance",
    "Recording",
    "RecordingError",
    "RigError",
    "Sensors",
    "Side",
    "Skeleton",
    "SkeletonError",
    "SkinPoints",
    "StoppedError",
    "TorchBuild",
    "TrackerTracks",
    "UnsureStretch",
    "WorkerError",
    "apply_edits",
    "atomic_output",
    "bounded_lines",
    "chain_places",
    "conjugate_quaternion",
    "continuous_signs",
    "errors",
    "find_chains",
    "find_program",
    "finger_rotations",
    "gaussian_filter",
    "global_rotations",
    "has_nvidia_driver",
    "is_apple_silicon",
    "load_sensors",
    "lock_feet",
    "lock_hands",
    "make_loop",
    "matrix_to_quaternion",
    "measure_hand",
    "mirror_of",
    "mirrored_motion",
    "mirrored_pins",
    "multiply_quaternions",
    "neutral_folder",
    "normalize_quaternion",
    "open_file",
    "output_error",
    "parse_json",
    "pelvis_above_seat_m",
    "pins_to_json",
    "qr_code",
    "quaternion_to_matrix",
    "quaternion_to_rotvec",
    "read_fbx_clips",
    "read_gltf_clips",
    "read_json",
    "refuse_to_replace",
    "rotate_vector",
    "rotation_between",
    "rotvec_to_quaternion",
    "runs",
    "save_bvh_animation",
    "save_sensors",
    "save_vrma",
    "scale_steps",
    "signals_wait",
    "slerp",
    "sliding_m",
    "smooth_motion",
    "stop_by_unwinding",
    "surface_of",
    "torch_build",
    "tracker_joint",
    "unsure_stretches",
    "usual_shape",
    "with_quiet_zone",
    "without_python_variables",
    "write_csv",
    "write_output",
]
