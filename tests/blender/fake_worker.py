# SPDX-License-Identifier: Apache-2.0
"""Speak the solver's protocol without solving: what it does wrong is said by the environment variable FAKE_WORKER."""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from pathlib import Path

import numpy as np

from inpose_core.motion import Motion
from inpose_core.skeleton import JOINT_COUNT, Skeleton

FAULTS = set(os.environ.get("FAKE_WORKER", "").split())
FRAMES = 61
cancelled: set[int] = set()


def write(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def say(**message: object) -> None:
    write(json.dumps(message))


def solve(request_id: int, params: dict) -> None:
    if "die" in FAULTS:
        sys.stderr.write("Traceback: out of memory\n")
        sys.stderr.flush()
        os._exit(9)
    if "garbage" in FAULTS:
        write("Warning: some library prints here")
        write('{"id": 1, "event"')
        write('["a list"]')
        say(id=999, event="result", result={})
    if "nonsense" in FAULTS:
        say(id=request_id, event="progress", fraction="a quarter")
    if not Path(params["recording"]).read_bytes():
        say(id=request_id, event="error", kind="RecordingError", message="The file is empty.", hint="Record again.")
        return
    if "deaf" in FAULTS:
        time.sleep(60)
    steps = 1000 if "slower" in FAULTS else 100 if "slow" in FAULTS else 4
    for step in range(steps):
        say(id=request_id, event="progress", fraction=step / steps, text="Solving")
        time.sleep(0.02)
        if request_id in cancelled:
            say(id=request_id, event="error", kind="CancelledError", message="Cancelled.", hint="", details="")
            return
    skeleton = Skeleton(np.array(params["offsets_m"]))
    wxyz = np.zeros((FRAMES, JOINT_COUNT, 4))
    wxyz[..., 0] = 1.0
    root_m = np.linspace((0, 0.9, 0), (0, 0.9, 1), FRAMES)
    Motion(wxyz, root_m, skeleton, 60.0).save_npz(Path(params["output"]))
    result = {"motion": params["output"], "frames": FRAMES, "fps": 60.0, "mean_hand_error_m": 0.004, "notes": ["Fake."]}
    say(id=request_id, event="result", result=result)


def main() -> None:
    if "no_torch" in FAULTS:
        say(event="error", kind="WorkerError", message="PyTorch is missing.", hint="", details="")
        return
    if "crash" in FAULTS:
        raise ImportError("No module named torch")
    say(event="ready", protocol=2 if "future" in FAULTS else 1, version="0", python="3", torch="0", device="cpu")
    for line in sys.stdin:
        request = json.loads(line)
        if request["method"] == "shutdown":
            return
        if request["method"] == "cancel":
            cancelled.add(request["params"]["id"])
        else:
            threading.Thread(target=solve, args=(request["id"], request["params"]), daemon=True).start()


main()
