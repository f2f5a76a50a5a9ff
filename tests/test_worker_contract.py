# SPDX-License-Identifier: Apache-2.0
"""Hold the real worker and its stand-in to one contract: what the add-on's tests are told by the one the other says.

The add-on's own client asks, so that both ends of the pipe are held.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from inpose_blender.options import PROTOCOL, InfoRequest, SolveRequest
from inpose_blender.runtime.solver_process import SolverProcess
from inpose_core.body.motion import Motion
from inpose_core.body.skeleton import Skeleton
from inpose_core.pins import Pin, PinKey, PinSet, pins_to_json
from inpose_core.recording.formats.sensors_file import load_sensors
from inpose_core.recording.tables.csv_format import write_csv
from tests.core.recording.live.test_vmc import free_port
from tests.core.synthetic import joint_recording, smooth_motion

REPOSITORY = Path(__file__).resolve().parents[1]
FAKE = REPOSITORY / "tests" / "blender" / "fake_worker.py"
COMMANDS = {"real": (sys.executable, "-m", "inpose_core.worker"), "fake": (sys.executable, str(FAKE))}
LIMIT_S = 60.0

Message = dict[str, Any]

SOLVED = {"motion": str, "frames": int, "fps": float, "start_s": float, "mean_hand_error_m": float,
          "stature_m": float, "scale": float, "seat_height_m": float, "notes": list, "findings": list}  # fmt: skip
DESCRIBED = {"format": str, "headset": str, "duration_s": float, "frames": int, "mean_rate_hz": float, "gaps": dict,
             "trackers": dict, "fingers": dict, "buttons": list,
             "unit": str, "pose": str, "stature_estimate_m": float, "notes": list, "guesses": list, "findings": list,
             "calibration": dict, "cleaning": dict, "calibration_pose": dict, "unmeasured": dict, "trim_s": list,
             "left_out_s": list, "proposed_trim_s": list}  # fmt: skip
LIVE = {"phase": str, "seconds_left": float, "is_measured": bool, "trouble": str, "notes": list, "scale": float,
        "middle_m": list, "url": str, "other_urls": list, "connected": bool, "takes": list,
        "recording": bool}  # fmt: skip
MAY_BE_UNKNOWN = {"pose", "stature_estimate_m", "cleaning", "calibration_pose", "trim_s", "proposed_trim_s"}


@pytest.fixture(scope="module", params=COMMANDS)
def kind(request: pytest.FixtureRequest) -> str:
    if request.param == "real":
        pytest.importorskip("torch")
    return str(request.param)


@pytest.fixture(scope="module")
def start(kind: str) -> Iterator[Callable[..., SolverProcess]]:
    """Return a function that starts a worker and waits for its first word."""
    started = []

    def begin(**variables: str) -> SolverProcess:
        environment = {**os.environ, "PYTHONPATH": str(REPOSITORY), "OMP_NUM_THREADS": "1", **variables}
        process = SolverProcess(COMMANDS[kind], environment)
        started.append(process)
        _wait(lambda: process.ready or process.failure, process)
        return process

    yield begin
    for process in started:
        process.stop()


@pytest.fixture(scope="module")
def worker(start: Callable[..., SolverProcess]) -> SolverProcess:
    """One process for all requests that must leave it alive."""
    return start()


@pytest.fixture(scope="module")
def take(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("recording") / "take é.csv"
    write_csv(joint_recording(smooth_motion(61)), path)
    return path


def _wait(found: Callable[[], Any], process: SolverProcess) -> Any:
    end = time.monotonic() + LIMIT_S
    while time.monotonic() < end:
        process.look()
        if answer := found():
            return answer
        time.sleep(0.01)
    raise AssertionError(f"no answer; the log says: {process.log_tail}")


def answer(process: SolverProcess, identity: int) -> tuple[Message, list[Message]]:
    """Return the last reply to a request, and the progress before it."""
    came: list[Message] = []

    def last() -> Message | None:
        came.extend(process.take(identity))
        return came[-1] if came and came[-1]["event"] != "progress" else None

    return _wait(last, process), came[:-1]


def ask(process: SolverProcess, method: str, **params: object) -> tuple[Message, list[Message]]:
    return answer(process, process.request(method, params))


def expect_shape(found: Message, shape: dict[str, type], unknown: set[str]) -> None:
    """Check that a JSON object has these keys and no others, each of its kind."""
    assert set(found) == set(shape)
    for name, its in shape.items():
        if name in unknown and found[name] is None:
            continue
        assert isinstance(found[name], (int, float) if its is float else its), name


def test_it_says_what_it_is(worker: SolverProcess) -> None:
    said = worker.ready
    assert said is not None
    assert said["protocol"] == PROTOCOL
    for name in ("version", "python", "library", "library_version", "device", "device_name"):
        assert isinstance(said[name], str), name
        assert said[name], name
    assert isinstance(said["memory_bytes"], int)
    named = {"version", "python", "library", "library_version", "device", "device_name"}
    assert set(said) == {"event", "protocol", "memory_bytes", *named}


def test_a_python_that_cannot_solve_says_so_before_anything_is_asked(
    start: Callable[..., SolverProcess], kind: str, tmp_path: Path
) -> None:
    for name in ("numpy", "torch"):
        (tmp_path / f"{name}.py").write_text("raise ImportError('broken')\n")
    broken = {"PYTHONPATH": os.pathsep.join((str(tmp_path), str(REPOSITORY)))}
    process = start(**broken) if kind == "real" else start(FAKE_WORKER="no_torch no_numpy")
    assert process.ready is None
    said = process.failure
    assert said is not None
    assert (said["event"], said["kind"]) == ("error", "WorkerError")
    assert all(isinstance(said[name], str) for name in ("message", "hint", "details"))
    assert said["message"]


def test_a_solve_tells_its_progress_and_leaves_its_files(worker: SolverProcess, take: Path, tmp_path: Path) -> None:
    body = Skeleton.template(1.6)
    output, sensors = tmp_path / "out.npz", tmp_path / "out.sensors.npz"
    reply, progress = ask(
        worker,
        "solve",
        recording=str(take),
        offsets_m=body.offsets_m.tolist(),
        output=str(output),
        sensors_output=str(sensors),
    )
    assert reply["event"] == "result", reply
    expect_shape(reply["result"], SOLVED, {"mean_hand_error_m", "seat_height_m"})
    assert all(isinstance(note, str) for note in reply["result"]["notes"])
    fractions = [message["fraction"] for message in progress]
    assert fractions == sorted(fractions)
    assert fractions
    assert 0 <= fractions[0] <= fractions[-1] <= 1
    assert all(isinstance(message["text"], str) for message in progress)
    assert Path(reply["result"]["motion"]) == output
    motion = Motion.load_npz(output)
    assert (len(motion), motion.fps) == (reply["result"]["frames"], reply["result"]["fps"])
    np.testing.assert_allclose(motion.skeleton.offsets_m, body.offsets_m, atol=1e-6)
    assert motion.confidence is not None
    assert len(load_sensors(sensors).positions_m) == len(motion)


def test_a_take_is_solved_again_with_pins(worker: SolverProcess, take: Path, tmp_path: Path) -> None:
    motion, sensors, output = (tmp_path / name for name in ("out.npz", "out.sensors.npz", "again.npz"))
    ask(worker, "solve", recording=str(take), output=str(motion), sensors_output=str(sensors))
    pin = Pin("left_ankle", 0.5, 0.5, (PinKey(0.5, (0.2, 0.2, 0.2)),), ease_s=0.1)
    reply, progress = ask(
        worker,
        "solve_again",
        recording=str(sensors),
        motion=str(motion),
        output=str(output),
        pins=pins_to_json(PinSet((pin,))),
    )
    assert reply["event"] == "result", reply
    expect_shape(reply["result"], {"motion": str, "stretches": list, "notes": list}, set())
    assert progress
    ((start, stop),) = reply["result"]["stretches"]
    assert 0 <= start < 30 < stop <= 61
    before, after = Motion.load_npz(motion), Motion.load_npz(output)
    assert len(before) == len(after)
    assert not np.allclose(before.root_translation_m[30], after.root_translation_m[30], atol=1e-4)


def test_a_pin_that_makes_no_sense_is_an_error_of_the_pins(worker: SolverProcess, take: Path, tmp_path: Path) -> None:
    motion, sensors = tmp_path / "out.npz", tmp_path / "out.sensors.npz"
    ask(worker, "solve", recording=str(take), output=str(motion), sensors_output=str(sensors))
    wrong = {"format": "inpose pins", "version": 1, "pins": [{"joint": "tail", "start_s": 1}]}
    reply, _ = ask(
        worker, "solve_again", recording=str(sensors), motion=str(motion), output=str(tmp_path / "a.npz"), pins=wrong
    )
    assert (reply["event"], reply["kind"]) == ("error", "PinError")
    assert not (tmp_path / "a.npz").exists()


def test_a_description_has_the_facts_that_the_panel_draws(worker: SolverProcess, take: Path, tmp_path: Path) -> None:
    reply, _ = ask(worker, "info", recording=str(take), output=str(tmp_path / "recording.npz"))
    assert reply["event"] == "result", reply
    expect_shape(reply["result"], DESCRIBED, MAY_BE_UNKNOWN)
    assert set(reply["result"]["gaps"]) == {"head", "left", "right"}
    for gaps in reply["result"]["gaps"].values():
        expect_shape(gaps, {"count": int, "longest_s": float, "measured_fraction": float}, set())
    for guess in reply["result"]["guesses"]:
        expect_shape(guess, dict.fromkeys(("name", "value", "source", "evidence", "doubt"), str), set())
    assert set(reply["result"]["unmeasured"]) == {"head", "left", "right"}
    for stretch in reply["result"]["unmeasured"]["left"]:
        expect_shape(stretch, {"start_s": float, "stop_s": float, "state": str}, set())
    assert load_sensors(tmp_path / "recording.npz").measured.shape[1] == 3


@pytest.mark.parametrize("method", ["solve", "info"])
def test_an_empty_recording_is_an_error_of_the_recording(worker: SolverProcess, method: str, tmp_path: Path) -> None:
    empty = tmp_path / "empty.bsor"
    empty.write_bytes(b"")
    reply, _ = ask(worker, method, recording=str(empty), output=str(tmp_path / "out.npz"))
    assert (reply["event"], reply["kind"]) == ("error", "RecordingError")
    assert all(isinstance(reply[name], str) for name in ("message", "hint", "details"))
    assert reply["message"]
    assert reply["hint"]
    assert not (tmp_path / "out.npz").exists()


def test_a_place_that_cannot_be_written_is_an_error_of_the_output(
    worker: SolverProcess, take: Path, tmp_path: Path
) -> None:
    reply, _ = ask(worker, "solve", recording=str(take), output=str(tmp_path / "nowhere" / "out.npz"))
    assert (reply["event"], reply["kind"]) == ("error", "OutputError")


@pytest.mark.parametrize("method", ["solve", "info"])
def test_a_missing_recording_is_an_error_of_the_recording(worker: SolverProcess, method: str, tmp_path: Path) -> None:
    reply, _ = ask(worker, method, recording=str(tmp_path / "none.csv"), output=str(tmp_path / "out.npz"))
    assert (reply["event"], reply["kind"]) == ("error", "RecordingError")
    assert "none.csv" in reply["message"]


@pytest.mark.parametrize(
    ("method", "wrong", "kind_of_error"),
    [
        ("solve", {"colour": "red"}, "WorkerError"),
        ("info", {"colour": "red"}, "WorkerError"),
        ("solve", {"recording": None}, "WorkerError"),
        ("solve", {"calibration": {"stature_m": 17.0}}, "CalibrationError"),
        ("solve", {"solve": {"steps": 0}}, "InPoseError"),
        ("info", {"reading": {"axes": "XYZ"}}, "RecordingError"),
    ],
)
def test_what_does_not_fit_is_refused_and_the_worker_lives(
    worker: SolverProcess, take: Path, tmp_path: Path, method: str, wrong: Message, kind_of_error: str
) -> None:
    output = tmp_path / "out.npz"
    reply, _ = ask(worker, method, **{"recording": str(take), "output": str(output), **wrong})
    assert (reply["event"], reply["kind"]) == ("error", kind_of_error)
    assert reply["message"]
    assert worker.alive
    assert not output.exists()


def test_a_live_session_tells_its_state_and_obeys(worker: SolverProcess, tmp_path: Path) -> None:
    identity = worker.request("live", {"folder": str(tmp_path), "port": free_port()})
    state = _wait(lambda: worker.newest(identity), worker)
    assert {key for key in state if key not in LIVE} == {"id", "event", "pose", "behind_s", "heard_s"}
    expect_shape({key: state[key] for key in LIVE}, LIVE, set())
    worker.tell(identity, "record", path=str(tmp_path / "take.csv"))
    _wait(lambda: (told := worker.newest(identity)) is not None and told["recording"], worker)
    worker.tell(identity, "stop")
    reply, _ = answer(worker, identity)
    expect_shape(reply["result"], LIVE, set())
    assert (tmp_path / "take.csv").is_file()
    (take,) = reply["result"]["takes"]
    expect_shape(take, {"path": str, "lines": int, "ended": bool, "calibration": str}, {"calibration"})
    assert take["ended"]


def test_it_answers_a_ping(worker: SolverProcess) -> None:
    heard, worked = worker.heard, worker.worked
    worker.ping()
    _wait(lambda: worker.heard > heard, worker)
    assert worker.worked == worked, "a sign of life is no work"


def test_cancelling_what_is_not_there_does_nothing(worker: SolverProcess, take: Path) -> None:
    worker.cancel(10_000)
    reply, _ = ask(worker, "info", recording=str(take))
    assert reply["event"] == "result"


def test_each_request_of_the_add_on_has_an_answer(worker: SolverProcess, take: Path, tmp_path: Path) -> None:
    """Both ends know the same requests: what one of them cannot be asked is missing in no other place."""
    for request in (InfoRequest(take), SolveRequest(take, tmp_path / "out.npz")):
        reply, _ = ask(worker, request.method, **request.to_json())
        assert reply["event"] == "result", reply


def test_an_unknown_request_is_refused_and_the_worker_lives(worker: SolverProcess) -> None:
    reply, _ = ask(worker, "sing", recording="a song")
    assert (reply["event"], reply["kind"]) == ("error", "WorkerError")
    assert "sing" in reply["message"]
    assert worker.alive


def test_a_cancelled_solve_ends_in_its_own_error(start: Callable[..., SolverProcess], tmp_path: Path) -> None:
    process = start(FAKE_WORKER="slow")
    long = tmp_path / "long.csv"
    write_csv(joint_recording(smooth_motion(2400)), long)
    identity = process.request("solve", {"recording": str(long), "output": str(tmp_path / "out.npz")})
    process.cancel(identity)
    reply, _ = answer(process, identity)
    assert (reply["event"], reply["kind"]) == ("error", "CancelledError")
    assert not (tmp_path / "out.npz").exists()


def test_a_description_comes_while_another_is_solved(
    start: Callable[..., SolverProcess], take: Path, tmp_path: Path
) -> None:
    process = start(FAKE_WORKER="slow")
    long = tmp_path / "long.csv"
    write_csv(joint_recording(smooth_motion(2400)), long)
    solving = process.request("solve", {"recording": str(long), "output": str(tmp_path / "out.npz")})
    reply, _ = ask(process, "info", recording=str(take))
    assert reply["event"] == "result", reply
    assert all(message["event"] == "progress" for message in process.take(solving))


def test_it_ends_when_it_is_told_to(start: Callable[..., SolverProcess]) -> None:
    process = start()
    process.stop(grace_s=30.0)
    assert process._process.returncode == 0


def test_it_ends_when_nobody_is_left_to_ask(start: Callable[..., SolverProcess]) -> None:
    process = start()
    assert process._process.stdin is not None
    process._process.stdin.close()
    process._process.wait(LIMIT_S)
    assert not process.alive
