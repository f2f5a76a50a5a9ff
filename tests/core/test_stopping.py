# SPDX-License-Identifier: Apache-2.0
"""Whoever ends a process, and however: it is gone within a second or two, and nothing of it stays."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from inpose_core.recording.tables.csv_format import write_csv
from inpose_core.system.output import write_output
from inpose_core.system.process import STOPPED_CODE, StoppedError, signals_wait, stop_by_unwinding
from tests.core.synthetic import joint_recording, smooth_motion

REPOSITORY = Path(__file__).parents[2]
pytestmark = pytest.mark.skipif(os.name != "posix", reason="Windows ends processes without asking them")


@pytest.fixture
def long_take(tmp_path: Path) -> Path:
    """Return a recording of a quarter of an hour, which takes many seconds to solve."""
    path = tmp_path / "take.csv"
    write_csv(joint_recording(smooth_motion(54_000)), path)
    return path


def environment(temporary: Path) -> dict[str, str]:
    temporary.mkdir()
    return {**os.environ, "PYTHONPATH": str(REPOSITORY), "TMPDIR": str(temporary), "OMP_NUM_THREADS": "1"}


def test_a_stopped_command_leaves_nothing(long_take: Path, tmp_path: Path) -> None:
    output = tmp_path / "out"
    output.mkdir()
    command = [sys.executable, "-m", "inpose_core.cli", "solve", str(long_take), "--hand-poses", "joint", "--quiet"]
    solving = subprocess.Popen(
        [*command, "-o", str(output / "take.npz")],
        env=environment(tmp_path / "temporary"),
        stderr=subprocess.PIPE,
        text=True,
    )
    time.sleep(4.0)
    assert solving.poll() is None, "it was over before it could be stopped"
    solving.terminate()
    _, said = solving.communicate(timeout=20)
    assert (solving.returncode, said) == (STOPPED_CODE, "inpose: Stopped. Nothing was written.\n")
    assert not list(output.iterdir())
    assert not list((tmp_path / "temporary").iterdir())


@pytest.mark.parametrize("moment", ["starting", "idle", "solving"])
def test_a_worker_ends_within_a_second_of_its_parent(long_take: Path, tmp_path: Path, moment: str) -> None:
    folder = environment(tmp_path / "temporary")
    worker = subprocess.Popen(
        [sys.executable, "-m", "inpose_core.worker"],
        env=folder,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    assert worker.stdin
    assert worker.stdout
    scratch = tmp_path / "temporary" / "inpose-0123"
    other = tmp_path / "temporary" / "other"
    for made in (scratch, other):
        made.mkdir()
        (made / "half.npz").write_bytes(b"half")
    for named in (scratch, other, tmp_path / "temporary" / "inpose-0123" / ".."):
        params = {
            "recording": str(long_take),
            "calibration": {"pose": "joint"},
            "output": str(scratch / "x.npz"),
            "scratch": str(named),
        }
        request = {"id": 1, "method": "solve" if named == other else "nothing", "params": params}
        worker.stdin.write(json.dumps(request).encode() + b"\n")
    worker.stdin.flush()
    if moment != "starting":
        assert json.loads(worker.stdout.readline())["event"] == "ready"
    else:
        time.sleep(0.5)
    while moment == "solving" and json.loads(worker.stdout.readline())["event"] != "progress":
        pass
    died = time.monotonic()
    worker.stdin.close()
    worker.stdout.close()
    worker.wait(20)
    assert time.monotonic() - died < 10.0  # a second, on a machine that has nothing else to do
    assert [path.name for path in (tmp_path / "temporary").iterdir()] == ["other"]


def test_a_shut_down_worker_leaves_the_others_folder_alone(tmp_path: Path) -> None:
    variables = environment(tmp_path / "temporary")
    scratch = tmp_path / "temporary" / "inpose-0123"
    scratch.mkdir()
    requests = [{"id": 1, "method": "nothing", "params": {"scratch": str(scratch)}}, {"method": "shutdown"}]
    done = subprocess.run(
        [sys.executable, "-m", "inpose_core.worker"],
        input="\n".join(json.dumps(request) for request in requests),
        env=variables,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0
    assert scratch.is_dir()


@pytest.fixture(autouse=True)
def _usual_signals() -> Iterator[None]:
    """Have the handlers of a process in a terminal: a shell lets what it starts in the background ignore some."""
    usual = {signal.SIGTERM: signal.SIG_DFL, signal.SIGHUP: signal.SIG_DFL, signal.SIGINT: signal.default_int_handler}
    before = {number: signal.signal(number, handler) for number, handler in usual.items()}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_in_the_midst_of_a_write_removes_the_half_file(tmp_path: Path, number: signal.Signals) -> None:
    path = tmp_path / "take.npz"
    path.write_bytes(b"the good file")

    def parts():
        yield b"half"
        signal.raise_signal(number)
        yield b"the rest"

    with pytest.raises(StoppedError), stop_by_unwinding():
        write_output(path, parts())
    assert path.read_bytes() == b"the good file"
    assert list(tmp_path.iterdir()) == [path]
    assert signal.getsignal(number) is signal.SIG_DFL


def test_a_second_signal_does_not_interrupt_the_cleaning() -> None:
    cleaned = []

    def stopped_twice() -> None:
        try:
            signal.raise_signal(signal.SIGTERM)
        finally:
            signal.raise_signal(signal.SIGTERM)
            cleaned.append(True)

    with pytest.raises(StoppedError), stop_by_unwinding():
        stopped_twice()
    assert cleaned


@pytest.mark.parametrize(("number", "raised"), [(signal.SIGTERM, StoppedError), (signal.SIGINT, KeyboardInterrupt)])
def test_a_signal_waits_for_what_must_not_be_interrupted(number: signal.Signals, raised: type[BaseException]) -> None:
    done = []

    def work() -> None:
        with signals_wait():
            signal.raise_signal(number)
            done.append("the work")
        done.append("more")

    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(raised), stop_by_unwinding():
        work()
    assert done == ["the work"]
    assert signal.getsignal(signal.SIGINT) is before


@pytest.mark.parametrize("delay_s", [0.2, 0.9, 1.1, 1.3, 1.5])
def test_ctrl_c_in_a_terminal_ends_a_batch_without_a_traceback(tmp_path: Path, delay_s: float) -> None:
    """A terminal sends it to the processes of the batch, too, which may still be loading."""
    write_csv(joint_recording(smooth_motion(3600)), tmp_path / "take.csv")
    command = [sys.executable, "-m", "inpose_core.cli", "batch", str(tmp_path / "take.csv"), "-o", str(tmp_path)]
    batch = subprocess.Popen(
        command,
        env=environment(tmp_path / "temporary"),
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=_heed_ctrl_c,  # noqa: PLW1509 (no threads here)
    )
    time.sleep(delay_s)
    os.killpg(batch.pid, signal.SIGINT)
    _, said = batch.communicate(timeout=30)
    assert "Traceback" not in said
    assert not [path.name for path in tmp_path.iterdir() if path.name.startswith(".")]


def _heed_ctrl_c() -> None:
    """What runs in the background of a shell ignores it, and so would all that it starts."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


def test_what_is_ignored_stays_ignored() -> None:
    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # nohup
    try:
        with stop_by_unwinding():
            signal.raise_signal(signal.SIGHUP)
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, signal.SIG_DFL)


def test_what_a_killed_process_left_is_removed_by_the_next(tmp_path: Path) -> None:
    path = tmp_path / "take.npz"
    old, young, foreign = (tmp_path / f".take-inpose-{name}.npz" for name in ("0a", "0b", "0c"))
    foreign = foreign.with_name(".take-0c.npz")
    for left in (old, young, foreign):
        left.write_bytes(b"half")
    for left in (old, foreign):
        os.utime(left, (time.time() - 7200,) * 2)
    write_output(path, [b"new"])
    assert sorted(tmp_path.iterdir()) == sorted([path, young, foreign])


def test_what_a_killed_process_left_goes_with_the_next_write_of_the_same_output(tmp_path: Path) -> None:
    script = (
        "import os, signal, sys; from pathlib import Path; from inpose_core.system.output import atomic_output\n"
        "with atomic_output(Path(sys.argv[1]), lambda _: '') as half:\n"
        "    half.write_bytes(b'half'); os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    output = tmp_path / "take.npz"
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    killed = subprocess.run([sys.executable, "-c", script, str(output)], env=environment, timeout=60, check=False)
    assert killed.returncode == -signal.SIGKILL
    (half,) = tmp_path.iterdir()
    # Another computer's process may have the same number, and ours is alive.
    number = half.name.split("-")[3]
    foreign = half.with_name(half.name.replace(half.name.split("-")[2], "abcdef"))
    alive = half.with_name(half.name.replace(f"-{number}-", f"-{os.getpid():x}-"))
    for other in (foreign, alive):
        other.write_bytes(b"half")
    write_output(output, [b"whole"])
    assert sorted(tmp_path.iterdir()) == sorted((foreign, alive, output))
