# SPDX-License-Identifier: Apache-2.0
"""The worker as the add-on runs it: a process of its own, spoken to through its pipes."""

import contextlib
import io
import json
import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from inpose_core import __version__
from inpose_core.body.motion import Motion
from inpose_core.body.skeleton import WRIST_JOINTS, Skeleton
from inpose_core.errors import RecordingError
from inpose_core.options.solve import SolveSettings
from inpose_core.prior.checkpoint import load_prior
from inpose_core.recording.formats.sensors_file import load_sensors
from inpose_core.recording.tables.csv_format import write_csv
from inpose_core.requests import PROTOCOL
from inpose_core.system.process import STOPPED_CODE
from inpose_core.worker import Worker
from tests.core.calibration.test_calibration_pose import held
from tests.core.synthetic import joint_recording, smooth_motion

REPOSITORY = Path(__file__).parents[2]
TIMEOUT_S = 60.0
"""For what takes a second on an idle machine."""


class WorkerProcess:
    """Start a worker, and read what it says with a timeout everywhere."""

    def __init__(self, modules: Path | None = None) -> None:
        path = os.pathsep.join(str(folder) for folder in (modules, REPOSITORY) if folder is not None)
        self.process = subprocess.Popen(
            [sys.executable, "-m", "inpose_core.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": path, "OMP_NUM_THREADS": "1"},
        )
        self.lines: list[bytes] = []
        self.log: list[bytes] = []
        self._arrived: queue.Queue[bytes | None] = queue.Queue()
        self._threads = [
            threading.Thread(target=self._read_stdout, daemon=True),
            threading.Thread(target=self._read_stderr, daemon=True),
        ]
        for thread in self._threads:
            thread.start()

    def _read_stdout(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line)
            self._arrived.put(line)
        self._arrived.put(None)

    def _read_stderr(self) -> None:
        assert self.process.stderr is not None
        self.log.extend(self.process.stderr)

    def next_message(self) -> dict[str, Any]:
        """Return the next line; the test fails if it is not JSON, or never comes."""
        line = self._arrived.get(timeout=TIMEOUT_S)
        assert line is not None, f"the worker ended: {b''.join(self.log[-20:]).decode()}"
        message = json.loads(line)
        assert isinstance(message, dict)
        return message

    def send(self, message: object) -> None:
        self.send_line(json.dumps(message).encode())

    def send_line(self, line: bytes) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(line + b"\n")
        self.process.stdin.flush()

    def ask(self, identity: object, method: str, **params: object) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        """Send a request; return its last reply and the progress before it."""
        self.send({"id": identity, "method": method, "params": params})
        return self.answer(identity)

    def answer(self, identity: object) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        progress = []
        while True:
            message = self.next_message()
            assert message["id"] == identity
            if message["event"] != "progress":
                return message, progress
            progress.append(message)

    def wait(self) -> int:
        """Return the exit code; the process must end by itself."""
        code = self.process.wait(timeout=TIMEOUT_S)
        for thread in self._threads:
            thread.join(timeout=TIMEOUT_S)
        return code

    def kill(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(timeout=TIMEOUT_S)
        for thread in self._threads:
            thread.join(timeout=TIMEOUT_S)
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            if stream is not None:
                with contextlib.suppress(BrokenPipeError):
                    stream.close()


@pytest.fixture(scope="module")
def shared() -> Iterator[WorkerProcess]:
    """One process for all requests that must leave it alive, so that each test also proves that the last one did."""
    worker = WorkerProcess()
    ready = worker.next_message()
    assert ready["event"] == "ready"
    assert ready["protocol"] == PROTOCOL
    assert ready["version"] == __version__
    assert ready["python"].startswith(f"{sys.version_info.major}.{sys.version_info.minor}.")
    assert (ready["library"], ready["library_version"]) == ("numpy", np.__version__)
    assert ready["device"] in ("cpu", "cuda", "mps")
    assert ready["device_name"]
    assert ready["memory_bytes"] > 2**28
    yield worker
    worker.kill()


@pytest.fixture
def worker(shared: WorkerProcess) -> WorkerProcess:
    assert shared.process.poll() is None, "a request before this one ended the worker"
    return shared


@pytest.fixture(scope="module")
def take(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("recording") / "take é.csv"
    write_csv(joint_recording(smooth_motion(90)), path)
    return path


@pytest.fixture(scope="module")
def long_take(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("recording") / "long.csv"
    write_csv(joint_recording(smooth_motion(1200)), path)
    return path


def expect_error(reply: dict[str, Any], kind: str, words: str) -> None:
    assert reply["event"] == "error", reply
    assert reply["kind"] == kind, reply
    assert words in reply["message"], reply
    assert {"hint", "details"} <= set(reply)
    assert "Traceback" not in reply["message"] + reply["hint"]


def test_solve_writes_the_motion_of_the_given_body_and_tells_its_progress(
    worker: WorkerProcess, take: Path, tmp_path: Path
) -> None:
    output = tmp_path / "out.npz"
    body = Skeleton.template()
    reply, progress = worker.ask(
        7,
        "solve",
        recording=str(take),
        offsets_m=body.offsets_m.tolist(),
        reading=None,
        calibration={"stature_m": None, "pose": "joint"},
        solve={"device": "cpu", "guidance": None, "seed": 0},
        output=str(output),
    )
    assert reply["event"] == "result", reply
    result = reply["result"]
    assert result["motion"] == str(output)
    assert (result["frames"], result["fps"]) == (90, 60.0)
    assert result["mean_hand_error_m"] < 0.01
    assert result["stature_m"] == pytest.approx(body.stature_m)
    assert isinstance(result["notes"], list)
    fractions = [message["fraction"] for message in progress]
    assert fractions == sorted(fractions)
    assert len(fractions) == SolveSettings().denoising_steps
    assert 0 <= fractions[0] < fractions[-1] <= 1
    assert all(message["text"] for message in progress)
    motion = Motion.load_npz(output)
    assert len(motion) == 90
    np.testing.assert_allclose(motion.skeleton.offsets_m, body.offsets_m, atol=1e-6)
    assert list(tmp_path.iterdir()) == [output]


def test_the_same_request_gives_the_same_motion_and_a_seed_another(
    worker: WorkerProcess, take: Path, tmp_path: Path
) -> None:
    rotations = []
    for identity, seed in ((21, 0), (22, 0), (23, 5)):
        output = tmp_path / f"{identity}.npz"
        reply, _ = worker.ask(
            identity,
            "solve",
            recording=str(take),
            output=str(output),
            calibration={"pose": "joint"},
            solve={"variation": 1.0, "seed": seed},
        )
        assert reply["event"] == "result", reply
        rotations.append(Motion.load_npz(output).rotations_wxyz)
    np.testing.assert_array_equal(rotations[0], rotations[1])
    assert not np.allclose(rotations[0], rotations[2], atol=1e-3)


def test_info_describes_the_recording(worker: WorkerProcess, take: Path) -> None:
    reply, progress = worker.ask("info-1", "info", recording=str(take))
    assert reply["event"] == "result"
    assert progress == []
    assert reply["result"]["format"] == "CSV"
    assert reply["result"]["frames"] == 90
    assert set(reply["result"]["gaps"]) == {"head", "left", "right"}
    guesses = {guess["name"]: guess for guess in reply["result"]["guesses"]}
    assert guesses["axes"] == {
        "name": "axes",
        "value": "RUB",
        "source": "file",
        "evidence": "InPose's own CSV",
        "doubt": "",
    }


def test_info_reads_as_it_is_told(worker: WorkerProcess, take: Path) -> None:
    reply, _ = worker.ask("info-2", "info", recording=str(take), reading={"axes": "unity", "unit": "mm"})
    given = {guess["name"]: guess["value"] for guess in reply["result"]["guesses"] if guess["source"] == "given"}
    assert given == {"axes": "RUF", "unit": "mm"}
    for reading, words in (({"axes": "up"}, "does not name axes"), ({"axis": "unity"}, "no read as option")):
        reply, _ = worker.ask("info-3", "info", recording=str(take), reading=reading)
        assert reply["event"] == "error"
        assert words in reply["message"]


def test_a_performer_is_calibrated_and_the_file_used(worker: WorkerProcess, tmp_path: Path) -> None:
    posed, performer = tmp_path / "posed.csv", tmp_path / "performer.json"
    write_csv(held(seconds=1.5, start_s=1.5), posed)
    reply, _ = worker.ask(61, "calibrate", recording=str(posed), calibration={"pose": "grip"}, output=str(performer))
    assert reply["event"] == "result", reply
    assert reply["result"]["source"] == "t_pose"
    assert reply["result"]["stature_m"] == pytest.approx(1.75, abs=0.02)
    assert reply["result"]["calibration"] == str(performer)
    assert performer.is_file()
    solve = {
        "recording": str(posed),
        "offsets_m": Skeleton.template(3.5).offsets_m.tolist(),
        "solve": {"device": "cpu", "steps": 1},
    }
    for identity, scale, expected in ((62, "keep", 1.0), (63, 0.25, 0.25), (64, None, 2.0)):
        output = tmp_path / f"{identity}.npz"
        reply, _ = worker.ask(
            identity,
            "solve",
            **solve,
            calibration={"calibration_file": str(performer), "scale": scale},
            output=str(output),
        )
        assert reply["event"] == "result", reply
        assert reply["result"]["scale"] == pytest.approx(expected, rel=0.03)
    for identity, wrong in ((65, {"scale": "twice"}), (66, {"calibration_pose": "yoga"}), (67, {"body": "mine"})):
        reply, _ = worker.ask(identity, "solve", **solve, calibration=wrong, output=str(tmp_path / "wrong.npz"))
        expect_error(reply, "CalibrationError", "cannot be")


def test_a_running_solve_is_cancelled_and_leaves_no_file(
    worker: WorkerProcess, long_take: Path, take: Path, tmp_path: Path
) -> None:
    output = tmp_path / "out.npz"
    params = {
        "recording": str(long_take),
        "calibration": {"pose": "joint"},
        "solve": {"steps": 1000},
        "output": str(output),
    }
    worker.send({"id": 31, "method": "solve", "params": params})
    assert worker.next_message()["event"] == "progress"
    worker.send({"id": None, "method": "cancel", "params": {"id": 31}})
    reply, progress = worker.answer(31)
    expect_error(reply, "CancelledError", "Cancelled")
    assert len(progress) < 900
    assert list(tmp_path.iterdir()) == []
    reply, _ = worker.ask(32, "solve", recording=str(take), calibration={"pose": "joint"}, output=str(output))
    assert reply["event"] == "result"


def test_a_waiting_request_is_cancelled_alone(
    worker: WorkerProcess, long_take: Path, take: Path, tmp_path: Path
) -> None:
    params = {
        "recording": str(long_take),
        "calibration": {"pose": "joint"},
        "solve": {"steps": 5},
        "output": str(tmp_path / "first.npz"),
    }
    worker.send({"id": 41, "method": "solve", "params": params})
    worker.send({"id": 42, "method": "solve", "params": {**params, "output": str(tmp_path / "second.npz")}})
    worker.send(
        {
            "id": 43,
            "method": "solve",
            "params": {**params, "solve": {"steps": 1}, "output": str(tmp_path / "third.npz")},
        }
    )
    worker.send({"method": "cancel", "params": {"id": 42}})
    assert worker.answer(41)[0]["event"] == "result"
    expect_error(worker.answer(42)[0], "CancelledError", "Cancelled")
    assert worker.answer(43)[0]["event"] == "result"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["first.npz", "third.npz"]


def test_a_recording_is_described_while_another_is_solved(
    worker: WorkerProcess, long_take: Path, take: Path, tmp_path: Path
) -> None:
    params = {
        "recording": str(long_take),
        "calibration": {"pose": "joint"},
        "solve": {"steps": 1000},
        "output": str(tmp_path / "out.npz"),
    }
    worker.send({"id": 46, "method": "solve", "params": params})
    assert worker.next_message()["event"] == "progress"
    preview = tmp_path / "preview.npz"
    worker.send({"id": 47, "method": "info", "params": {"recording": str(take), "output": str(preview)}})
    while (message := worker.next_message())["id"] == 46:
        assert message["event"] == "progress"
    assert message["event"] == "result"
    worker.send({"method": "cancel", "params": {"id": 46}})
    expect_error(worker.answer(46)[0], "CancelledError", "Cancelled")
    head = load_sensors(preview)
    assert head.positions_m.shape == (90, 3, 3)
    assert head.fps == 60.0


def test_a_sign_of_life_is_given_while_another_request_is_solved(
    worker: WorkerProcess, long_take: Path, tmp_path: Path
) -> None:
    params = {
        "recording": str(long_take),
        "calibration": {"pose": "joint"},
        "solve": {"steps": 1000},
        "output": str(tmp_path / "out.npz"),
    }
    worker.send({"id": 61, "method": "solve", "params": params})
    assert worker.next_message()["event"] == "progress"
    worker.send({"id": 62, "method": "ping"})
    while (message := worker.next_message())["id"] == 61:
        assert message["event"] == "progress"
    assert message == {"id": 62, "event": "pong"}
    worker.send({"method": "cancel", "params": {"id": 61}})
    expect_error(worker.answer(61)[0], "CancelledError", "Cancelled")


def test_a_long_request_is_answered(worker: WorkerProcess) -> None:
    """Pins with a key in every frame make a request of megabytes."""
    reply, _ = worker.ask(63, "nothing", pins="x" * 1_500_000)
    assert reply["id"] == 63


def test_the_recording_as_calibrated_is_handed_over(worker: WorkerProcess, take: Path, tmp_path: Path) -> None:
    names = {"output": str(tmp_path / "out.npz"), "sensors_output": str(tmp_path / "sensors.npz")}
    reply, _ = worker.ask(48, "solve", recording=str(take), calibration={"pose": "joint"}, **names)
    assert reply["event"] == "result"
    wrists_m = Motion.load_npz(tmp_path / "out.npz").joint_positions_m[:, list(WRIST_JOINTS)]
    sensors = load_sensors(tmp_path / "sensors.npz")
    assert np.abs(sensors.positions_m[:, 1:] - wrists_m).max() < 0.05
    (tmp_path / "sensors.npz").write_bytes(b"PK nonsense")
    with pytest.raises(RecordingError, match="no head and hands"):
        load_sensors(tmp_path / "sensors.npz")


def test_a_cancel_that_comes_too_late_stops_nothing_else(worker: WorkerProcess, take: Path) -> None:
    worker.ask(51, "info", recording=str(take))
    worker.send({"method": "cancel", "params": {"id": 51}})
    worker.send({"method": "cancel", "params": {"id": "nobody"}})
    for identity in (51, 52):
        assert worker.ask(identity, "info", recording=str(take))[0]["event"] == "result"


@pytest.mark.parametrize(
    "line",
    [
        b"garbage",
        b"",
        b"[1, 2]",
        b"3",
        b'"method"',
        b"null",
        b'{"id": 1}',
        b'{"id": [1], "method": "info"}',
        b'{"id": 1, "method": {"a": 1}}',
        b'{"id": 1, "method": "info", "params": [1]}',
        b'{"method": "cancel", "params": {"id": [1]}}',
        b'{"id": 1, "method": "info", "params": "take.csv"}',
        b"\xff\xfe{}",
        b"[" * 100_000,
    ],
)
def test_a_line_that_is_no_request_is_told_and_the_next_one_is_answered(
    worker: WorkerProcess, take: Path, line: bytes
) -> None:
    worker.send_line(line)
    message = worker.next_message()
    assert "id" not in message
    expect_error(message, "WorkerError", "cannot read")
    assert len(message["hint"]) <= 200
    assert worker.ask(61, "info", recording=str(take))[0]["event"] == "result"


def test_an_unknown_method_is_told(worker: WorkerProcess) -> None:
    expect_error(worker.ask(71, "teleport")[0], "WorkerError", "teleport")


def test_missing_and_null_params_are_told(worker: WorkerProcess, take: Path, tmp_path: Path) -> None:
    worker.send({"id": 72, "method": "solve", "params": None})
    expect_error(worker.answer(72)[0], "WorkerError", "recording")
    worker.send({"id": 73, "method": "info"})
    expect_error(worker.answer(73)[0], "WorkerError", "recording")
    expect_error(
        worker.ask(74, "solve", recording=str(take), calibration={"pose": "joint"})[0], "WorkerError", "output"
    )
    expect_error(worker.ask(75, "solve", recording=[1], output=str(tmp_path / "o.npz"))[0], "WorkerError", "recording")


@pytest.mark.parametrize(
    ("change", "kind", "words"),
    [
        ({"recording": "nowhere.csv"}, "RecordingError", "nowhere.csv"),
        ({"offsets_m": [[0, 0, 0]] * 22}, "SkeletonError", "head of this skeleton"),
        ({"offsets_m": [[0, 0]] * 22}, "SkeletonError", "22 joint offsets"),
        ({"offsets_m": [[0, "a", 0]] * 22}, "WorkerError", "offsets_m"),
        ({"offsets_m": 3}, "WorkerError", "offsets_m"),
        ({"solve": {"guidance": "telepathy"}}, "InPoseError", "telepathy"),
        ({"solve": {"steps": 0}}, "InPoseError", "Steps cannot be 0"),
        ({"solve": {"quality": "superb"}}, "InPoseError", "superb"),
        ({"solve": {"foot_planting": 7}}, "InPoseError", "Foot planting cannot be 7"),
        ({"solve": {"steps": "many"}}, "InPoseError", 'Steps cannot be "many"'),
        ({"solve": {"device": "tpu"}}, "InPoseError", "tpu"),
        ({"solve": {"stepz": 3}}, "InPoseError", 'no solve option "stepz"'),
        ({"solve": [3]}, "InPoseError", "not a JSON object"),
        ({"steps": 3}, "WorkerError", 'no parameter "steps"'),
        ({"calibration": {"stature_m": 17.5, "pose": "joint"}}, "CalibrationError", "17.5"),
        ({"output": "nowhere/out.npz"}, "OutputError", "cannot be written"),
    ],
)
def test_what_is_wrong_with_a_solve_is_told_in_the_users_words(
    worker: WorkerProcess, take: Path, tmp_path: Path, change: dict[str, Any], kind: str, words: str
) -> None:
    joints = {"calibration": {"pose": "joint"}}
    params = {"recording": str(take), **joints, "output": str(tmp_path / "out.npz"), **change}
    reply, _ = worker.ask(81, "solve", **params)
    expect_error(reply, kind, words)
    assert reply["details"] == ""
    assert list(tmp_path.iterdir()) == []


# Processes that end.


def test_shutdown_ends_the_process_and_what_libraries_print_never_reaches_the_protocol(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(
        "import os, sys, threading, time\n"
        "def print_like_a_library():\n"
        "    while 'numpy' not in sys.modules:\n"
        "        time.sleep(0.001)\n"
        "    print('noise from Python', flush=True)\n"
        "    os.write(1, b'noise from C\\n')\n"
        "threading.Thread(target=print_like_a_library, daemon=True).start()\n"
    )
    worker = WorkerProcess(modules=tmp_path)
    try:
        assert worker.next_message()["event"] == "ready"
        began = time.monotonic()
        worker.send({"id": 1, "method": "shutdown"})
        assert worker.wait() == 0
        assert time.monotonic() - began < 10
        assert len(worker.lines) == 1
        assert b"noise from Python" in b"".join(worker.log)
        assert b"noise from C" in b"".join(worker.log)
    finally:
        worker.kill()


def test_missing_weights_are_told(take: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(load_prior, "__defaults__", (tmp_path / "prior.safetensors", None))
    (requests_end, add_on_end), replies = os.pipe(), io.StringIO()
    request = {"id": 1, "method": "solve", "params": {"recording": str(take), "output": str(tmp_path / "out.npz")}}
    with open(requests_end, encoding="utf-8") as requests, open(add_on_end, "w", encoding="utf-8") as add_on:  # noqa: PTH123 (handles)
        add_on.write(json.dumps(request) + "\n")
        add_on.flush()
        serving = threading.Thread(target=Worker(requests, replies).serve)
        serving.start()
        deadline = time.monotonic() + TIMEOUT_S
        while replies.getvalue().count("\n") < 2 and time.monotonic() < deadline:
            time.sleep(0.01)
        add_on.close()
        serving.join(timeout=TIMEOUT_S)
    ready, reply = (json.loads(line) for line in replies.getvalue().splitlines())
    assert ready["event"] == "ready"
    expect_error(reply, "WeightsError", "missing")
    assert "inpose train" in reply["hint"]


def test_the_end_of_stdin_stops_a_running_solve_and_ends_the_process(long_take: Path, tmp_path: Path) -> None:
    worker = WorkerProcess()
    try:
        assert worker.next_message()["event"] == "ready"
        params = {
            "recording": str(long_take),
            "calibration": {"pose": "joint"},
            "solve": {"steps": 1000},
            "output": str(tmp_path / "out.npz"),
        }
        worker.send({"id": 1, "method": "solve", "params": params})
        assert worker.next_message()["event"] == "progress"
        assert worker.process.stdin is not None
        began = time.monotonic()
        worker.process.stdin.close()
        code = worker.wait()
        assert time.monotonic() - began < 20
        assert list(tmp_path.iterdir()) == []
        # On a machine that is busy with other things, a step of the solve takes longer than the worker waits for it.
        assert code in {0, STOPPED_CODE}
        if code == 0:
            expect_error(json.loads(worker.lines[-1]), "CancelledError", "Cancelled")
    finally:
        worker.kill()


@pytest.mark.parametrize(
    ("module", "code", "words"),
    [
        ("numpy", "raise ModuleNotFoundError(\"No module named 'numpy'\", name='numpy')", "has no numpy"),
        ("numpy", "raise ImportError('libopenblas.so.0: cannot open shared object file')", "libopenblas.so.0"),
        ("numpy", "raise OSError('[WinError 126] openblas.dll')", "openblas.dll"),
    ],
)
def test_a_python_without_the_packages_says_so_and_exits(tmp_path: Path, module: str, code: str, words: str) -> None:
    (tmp_path / f"{module}.py").write_text(code + "\n")
    worker = WorkerProcess(modules=tmp_path)
    try:
        message = worker.next_message()
        expect_error(message, "WorkerError", words)
        assert sys.executable in message["message"]
        assert "pip install numpy" in message["hint"]
        assert worker.wait() == 1
        assert len(worker.lines) == 1
        assert b"Traceback" not in b"".join(worker.log)
    finally:
        worker.kill()
