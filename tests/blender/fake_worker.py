# SPDX-License-Identifier: Apache-2.0
"""Speak the solver's protocol without solving: what it does wrong is said by the environment variable FAKE_WORKER."""

from __future__ import annotations

import json
import os
import queue
import signal
import sys
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import numpy as np

from inpose_core import __version__
from inpose_core.body.motion import Motion
from inpose_core.body.skeleton import JOINT_COUNT, SENSOR_JOINTS, Skeleton
from inpose_core.errors import CancelledError, InPoseError, RecordingError
from inpose_core.pins import PinSet, pins_from_json
from inpose_core.recording.formats.sensors_file import load_sensors, save_sensors
from inpose_core.recording.types import Sensors
from inpose_core.requests import PROTOCOL, InfoRequest, LiveRequest, SolveAgainRequest, SolveRequest

FAULTS = set(os.environ.get("FAKE_WORKER", "").split())
FRAMES = int(os.environ.get("FAKE_FRAMES", "61"))
FINDING = {"kind": "frozen", "sentence": "Fake.", "action": "told", "device": 1, "start_s": 0.1, "stop_s": 0.3}
cancelled: set[int] = set()
told: dict[int, queue.SimpleQueue[dict]] = {}


def write(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def say(**message: object) -> None:
    write(json.dumps(message))


def refuse(request_id: int, kind: str, message: str, hint: str) -> None:
    say(id=request_id, event="error", kind=kind, message=message, hint=hint, details="")


def talk_nonsense(request_id: int) -> None:
    if "nested" in FAULTS:
        write('{"event": ' + "[" * 100_000 + "]" * 100_000 + "}")
        write('{"event": "progress", "id": [1], "fraction": 0.5}')
    if "endless" in FAULTS:
        for _ in range(300):
            sys.stdout.write("x" * 1_000_000)
        write("")
    if "garbage" in FAULTS:
        write("Warning: some library prints here")
        write('{"id": 1, "event"')
        write('["a list"]')
        say(id=999, event="result", result={})
    if "nonsense" in FAULTS:
        say(id=request_id, event="progress", fraction="a quarter")


def solve(request_id: int, params: dict) -> None:
    SolveRequest.from_json(params)
    if "die" in FAULTS:
        sys.stderr.write("Traceback: out of memory\n")
        sys.stderr.flush()
        os._exit(9)
    if "stops" in FAULTS or ("stops_once" in FAULTS and not Path(os.environ["FAKE_MARK"]).exists()):
        if "stops_once" in FAULTS:
            Path(os.environ["FAKE_MARK"]).touch()
        os.kill(os.getpid(), signal.SIGSTOP)
    talk_nonsense(request_id)
    require_recording(params)
    if "deaf" in FAULTS:
        time.sleep(60)
    steps = 1000 if "slower" in FAULTS else 40 if "slow" in FAULTS else 4
    for step in range(steps):
        say(id=request_id, event="progress", fraction=step / steps, text="Solving")
        time.sleep(0.02)
        if request_id in cancelled:
            raise CancelledError
    skeleton = Skeleton(np.array(params["offsets_m"])) if params.get("offsets_m") else Skeleton.template()
    wxyz = np.zeros((FRAMES, JOINT_COUNT, 4))
    wxyz[..., 0] = 1.0
    root_m = np.linspace((0, 0.9, 0), (0, 0.9, 1), FRAMES)
    confidence = np.where((np.arange(FRAMES) >= 20) & (np.arange(FRAMES) < 40), 0.1, 1.0)
    stands = np.zeros((FRAMES, 2), np.bool_)
    if "stands" in FAULTS:  # the left foot stands for half a second
        stands[15:45, 0] = True
    motion = Motion(wxyz, root_m, skeleton, 60.0, confidence=confidence, foot_stands=stands)
    motion.save_npz(Path(params["output"]))
    if params.get("sensors_output"):
        joints = list(SENSOR_JOINTS)
        sensors = Sensors(motion.joint_positions_m[:, joints], wxyz[:, joints], np.ones((FRAMES, 3), np.bool_))
        save_sensors(sensors, Path(params["sensors_output"]))
    result = {"motion": params["output"], "frames": FRAMES, "fps": 60.0, "mean_hand_error_m": 0.004, "notes": ["Fake."]}
    result |= {"stature_m": skeleton.stature_m, "scale": 1.0, "seat_height_m": None}
    result |= {"findings": [FINDING], "start_s": 0.0}
    say(id=request_id, event="result", result=result)


def solve_again(request_id: int, params: dict) -> None:
    """Shift the motion by what the first pin asks, in the frames of the pins."""
    SolveAgainRequest.from_json(params)
    require_recording(params)
    pins = pins_from_json(params["pins"]) if params.get("pins") else PinSet()
    before = pins_from_json(params["before"]) if params.get("before") else PinSet()
    motion = Motion.load_npz(Path(params["motion"]))
    say(id=request_id, event="progress", fraction=0.5, text="Solving")
    stretches = []
    for start_s, stop_s in pins.changes_from(before):
        start, stop = max(0, round(start_s * 60)), min(len(motion), round(stop_s * 60) + 1)
        motion.root_translation_m[start:stop, 1] += 0.1
        if "sidesteps" in FAULTS:  # and aside, as a pinned foot takes the body with it
            motion.root_translation_m[start:stop, 0] += 0.2
        stretches.append([start, stop])
    motion.save_npz(Path(params["output"]))
    if params.get("sensors_output"):
        save_sensors(load_sensors(Path(params["recording"])), Path(params["sensors_output"]))
    notes = ["Missed."] if "missed" in FAULTS else []
    say(id=request_id, event="result", result={"motion": params["output"], "stretches": stretches, "notes": notes})


def info(request_id: int, params: dict) -> None:
    InfoRequest.from_json(params)
    require_recording(params)
    positions_m = np.tile([[0, 1.7, 0], [0.3, 1.2, 0], [-0.3, 1.2, 0]], (FRAMES, 1, 1)).astype(float)
    positions_m[..., 2] -= np.linspace(0, 1, FRAMES)[:, None]
    measured = np.ones((FRAMES, 3), np.bool_)
    measured[20:30, 1] = False
    wxyz = np.zeros((FRAMES, 3, 4))
    wxyz[..., 0] = 1.0
    if params.get("output"):
        save_sensors(Sensors(positions_m, wxyz, measured), Path(params["output"]))
    lost = {"count": 1, "longest_s": 0.17, "measured_fraction": 0.83}
    whole = {"count": 0, "longest_s": 0.0, "measured_fraction": 1.0}
    facts = {"format": "BSOR", "headset": "Quest 3", "duration_s": 1.0, "frames": 91, "mean_rate_hz": 90.0, "unit": "m"}
    facts |= {"findings": [FINDING], "trackers": {}, "fingers": {}, "buttons": []}
    facts |= {"gaps": {"head": whole, "left": lost, "right": whole}, "pose": "saber", "stature_estimate_m": 1.78}
    guess = {"name": "unit", "value": "cm", "source": "guessed", "evidence": "the head is 170 up", "doubt": ""}
    doubted = {"name": "axes", "value": "RUF", "source": "guessed", "evidence": "he walks so", "doubt": "Or not."}
    facts |= {"guesses": [guess, doubted], "cleaning": None, "calibration_pose": None}
    lost = {"start_s": 0.32, "stop_s": 0.5, "state": "bridged"}
    facts |= {"unmeasured": {"head": [], "left": [lost], "right": []}, "trim_s": None, "left_out_s": []}
    facts |= {"proposed_trim_s": [0.25, 0.9] if "desk" in FAULTS else None}
    facts |= {"calibration": calibration(params)}
    say(id=request_id, event="result", result={**facts, "notes": ["Or not.", "A fake note."]})


def calibration(params: dict) -> dict:
    given = params.get("calibration", {}).get("stature_m")
    found = {"stature_m": given or 1.78, "stature_deviation_m": None if given else 0.04, "posture": "standing"}
    found |= {"lift_m": 0.0, "lift_deviation_m": 0.02, "seat_height_m": None, "hands": "presets"}
    found |= {"head_joint_height_m": 1.62, "wrist_span_m": 1.4, "findings": [], "notes": [], "problem": None}
    found |= {"offsets": [{"position_m": [0, 0, 0], "wxyz": [1, 0, 0, 0]}] * 3}
    if "floor" in FAULTS:
        sentence = "The floor of this recording is too high."
        wrong = {"kind": "floor_wrong", "sentence": sentence, "action": "told", "device": None}
        found |= {"lift_m": 0.33, "findings": [{**wrong, "start_s": None, "stop_s": None}]}
    if "eyes" in FAULTS:
        problem = {"message": "Heights count from the eyes.", "hint": "Set the performer's height."}
        found |= {"stature_m": None, "posture": None, "offsets": [], "problem": problem}
        found |= {"head_joint_height_m": None, "wrist_span_m": None}
    return found


def live(request_id: int, params: dict) -> None:
    """Be measured at once, and turn the pelvis a little further in each pose."""
    request = LiveRequest.from_json(params)
    if "port" in FAULTS:
        raise RecordingError(f"InPose cannot listen to port {request.port}.", "Choose another port.")
    state = {"phase": "ready", "seconds_left": 0.0, "is_measured": True, "trouble": "", "notes": ["Fake."]}
    state |= {
        "scale": 1.0,
        "middle_m": (0.0, 0.0, 0.0),
        "url": "",
        "other_urls": [],
        "connected": False,
        "takes": [],
        "recording": False,
    }
    heard: queue.SimpleQueue[dict] = queue.SimpleQueue()
    told[request_id] = heard
    file, step = None, 0
    while request_id not in cancelled:
        step += 1
        if "dies_live" in FAULTS and step == 20:
            os._exit(9)
        said = heard.get() if not heard.empty() else {"say": ""}
        if said["say"] == "record":
            file = Path(said["path"])
            file.write_text("poses")
            state["takes"] = [{"path": str(file), "lines": 9, "ended": False, "calibration": None}]
            state["recording"] = True
        elif said["say"] in ("end_take", "stop"):
            state["takes"] = [{**take, "ended": True} for take in state["takes"]]
            state["recording"] = False
        elif said["say"] == "calibrate":
            state["notes"] = ["Measured again."]
        if said["say"] == "stop":
            say(id=request_id, event="result", result=state)
            return
        wxyz = np.zeros((JOINT_COUNT, 4))
        wxyz[:, 0], wxyz[0, 2] = 1.0, 0.001 * step
        pose = {"time_s": step / 60, "rotations_wxyz": wxyz.tolist(), "root_m": [1.0, 0.9, 0.5]}
        say(id=request_id, event="live", **state, pose=pose, behind_s=0.01, heard_s=time.monotonic() - 0.01)
        time.sleep(0.01)
    raise CancelledError


def require_recording(params: dict) -> None:
    path = Path(params["recording"])
    if not path.is_file():
        raise RecordingError(f"{path.name} does not exist.", "Choose a recording file.")
    if not path.read_bytes():
        raise RecordingError("The file is empty.", "Record again.")


def answer(request: dict) -> None:
    """Do what is asked; the real worker, too, refuses what is not in a request, in the words of the request's class."""
    try:
        METHODS[request["method"]](request["id"], request["params"])
    except InPoseError as error:
        refuse(request["id"], type(error).__name__, error.message, error.hint)


METHODS = {"solve": solve, "solve_again": solve_again, "info": info, "live": live}


def main() -> None:
    if "no_numpy" in FAULTS:
        say(event="error", kind="WorkerError", message="NumPy is missing.", hint="", details="")
        return
    if "crash" in FAULTS:
        raise ImportError("No module named numpy")
    if "full_disk" in FAULTS:
        import resource  # noqa: PLC0415  (POSIX only)

        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (1024, 1024))
    ready = {
        "version": "9" if "updated" in FAULTS else __version__,
        "python": "3",
        "library": "numpy",
        "library_version": "0",
        "device": "cpu",
    }
    ready |= {"device_name": "fake", "memory_bytes": 2**30}
    say(event="ready", protocol=PROTOCOL + ("future" in FAULTS), **ready)
    for line in sys.stdin:
        request = json.loads(line)
        if request["method"] == "shutdown":
            return
        if request["method"] == "ping":
            say(id=request["id"], event="pong")
        elif request["method"] == "cancel":
            cancelled.add(request["params"]["id"])
        elif request["method"] == "tell":
            told[request["params"]["id"]].put(request["params"])
        elif request["method"] in METHODS:
            threading.Thread(target=answer, args=(request,), daemon=True).start()
        else:
            refuse(request["id"], "WorkerError", f'The solver does not know the request "{request["method"]}".', "")


main()
