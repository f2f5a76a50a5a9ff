# SPDX-License-Identifier: Apache-2.0
import importlib
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from inpose_core.numerics import blas_threads, threads
from inpose_core.numerics.blas_threads import blas_limit, one_blas_thread
from inpose_core.numerics.thread_limit import ThreadLimit
from inpose_core.numerics.threads import alone, map_parts, usable_cores


@pytest.mark.parametrize("count", [1, 2, 5, None])
@pytest.mark.parametrize("parts", [0, 1, 2, 23])
def test_what_is_made_comes_in_order(count: int | None, parts: int) -> None:
    def square(part: int) -> int:
        time.sleep(0.002 * (part % 3))
        return part * part

    assert map_parts(square, range(parts), count) == [part * part for part in range(parts)]


def test_parts_are_worked_on_at_once() -> None:
    together = threading.Barrier(3, timeout=20)
    map_parts(lambda _: together.wait(), range(3), threads=3)


def test_the_numbers_are_the_same_whatever_the_number_of_threads() -> None:
    weight = np.random.default_rng(0).standard_normal((300, 288), dtype=np.float32)
    parts = [np.random.default_rng(seed).standard_normal((64, 288), dtype=np.float32) for seed in range(20)]
    alone, shared = (map_parts(lambda x: x @ weight.T, parts, count) for count in (1, 4))
    np.testing.assert_array_equal(alone, shared)


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit])
def test_an_exception_comes_through_and_leaves_the_rest_undone(error: type[BaseException]) -> None:
    begun = []

    def fail(part: int) -> None:
        begun.append(part)
        if part == 3:
            raise error("part 3")
        time.sleep(0.01)

    running = threading.active_count()
    with pytest.raises(error, match="part 3"):
        map_parts(fail, range(1000), threads=2)
    assert len(begun) < 10
    assert threading.active_count() == running


def test_of_several_exceptions_the_first_parts_is_raised() -> None:
    together = threading.Barrier(2, timeout=20)

    def fail(part: int) -> None:
        together.wait()
        time.sleep(0.05 * (1 - part))
        raise ValueError(f"part {part}")

    with pytest.raises(ValueError, match="part 0"):
        map_parts(fail, range(2), threads=2)


def test_a_part_that_is_shared_in_turn_takes_no_more_threads() -> None:
    def names(_: int) -> set[str]:
        return set(map_parts(lambda _: threading.current_thread().name, range(8), threads=4))

    assert all(len(used) == 1 for used in map_parts(names, range(4), threads=2))


def test_a_process_that_computes_alone_takes_one_thread_until_it_ends() -> None:
    with alone():
        assert set(map_parts(lambda _: threading.get_ident(), range(8), 4)) == {threading.get_ident()}
    barrier = threading.Barrier(2, timeout=5)
    assert len(set(map_parts(lambda _: (barrier.wait(), threading.get_ident())[1], range(2), 2))) == 2


def test_threads_that_cannot_start_are_done_without(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    assert map_parts(lambda part: part + 1, range(5), threads=4) == [1, 2, 3, 4, 5]


def test_ctrl_c_while_threads_start_leaves_none_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    start, started, done = threading.Thread.start, [], []

    def interrupted(self: threading.Thread) -> None:
        start(self)
        started.append(self)
        if len(started) == 2:
            raise KeyboardInterrupt

    def slow(part: int) -> None:
        time.sleep(0.02)
        done.append(part)

    monkeypatch.setattr(threading.Thread, "start", interrupted)
    with pytest.raises(KeyboardInterrupt):
        map_parts(slow, range(100), threads=4)
    assert len(done) < 10
    assert not any(thread.is_alive() for thread in started)


def test_two_callers_at_once_get_their_own_parts() -> None:
    def call(caller: int) -> list[int]:
        return map_parts(lambda part: 100 * caller + part, range(50), threads=3)

    made: dict[int, list[int]] = {}
    callers = [threading.Thread(target=lambda k=k: made.update({k: call(k)})) for k in range(4)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    assert made == {k: [100 * k + part for part in range(50)] for k in range(4)}


def test_a_blas_that_can_be_told_keeps_to_one_thread_meanwhile() -> None:
    limit = blas_limit()
    if limit is None:
        # numpy without a BLAS, or with one that cannot be told: the block must do nothing.
        with one_blas_thread():
            return
    before = limit.get()
    try:
        limit.set(2)
        with one_blas_thread():
            assert limit.get() == 1
        assert limit.get() == 2
        assert map_parts(lambda _: limit.get(), range(4), threads=2) == [1] * 4
        # One part alone is no exception: the numbers must not depend on the cores.
        assert map_parts(lambda _: limit.get(), range(1)) == [1]
    finally:
        limit.set(before)


def test_on_windows_the_blas_is_found_beside_numpy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """There a name is looked up in one library alone, and not in those that it needs."""
    libraries = tmp_path / "numpy.libs"
    libraries.mkdir()
    for name in ("libscipy_openblas64_-860d95b1.dll", "msvcp140-23ebcc0b.dll"):
        (libraries / name).touch()
    monkeypatch.setattr(blas_threads.sys, "platform", "win32")
    monkeypatch.setattr(np, "__file__", str(tmp_path / "numpy" / "__init__.py"))
    assert [path.name for path in blas_threads._libraries()] == ["libscipy_openblas64_-860d95b1.dll"]


def test_the_last_to_leave_a_limit_gives_back_the_threads_that_there_were() -> None:
    counts = [6]
    limit = ThreadLimit(lambda: counts[-1], counts.append)
    with limit.one_thread():
        with pytest.raises(ValueError, match="given up"), limit.one_thread():
            raise ValueError("given up")
        assert counts == [6, 1]
    assert counts == [6, 1, 6]


def test_torch_shares_parts_with_one_thread_each_and_in_the_mode_of_the_caller() -> None:
    torch = pytest.importorskip("torch")
    torch_threads = importlib.import_module("inpose_core.numerics.torch_threads")

    def state(part: int) -> tuple[int, bool, int]:
        return part, torch.is_grad_enabled(), torch.get_num_threads()

    before = torch.get_num_threads()
    try:
        torch.set_num_threads(2)
        with torch.no_grad():
            assert torch_threads.map_parts(state, range(6)) == [(part, False, 1) for part in range(6)]
        assert torch_threads.map_parts(state, range(6)) == [(part, True, 1) for part in range(6)]
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)


@pytest.mark.parametrize(
    ("text", "cores"), [("150000 100000\n", 2), ("max 100000\n", 64), ("50000 100000\n", 1), ("nonsense", 64)]
)
def test_a_containers_limit_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, cores: int) -> None:
    limit = tmp_path / "cpu.max"
    limit.write_text(text)
    monkeypatch.setattr(threads, "_CGROUP_LIMIT", limit)
    assert threads._container_cores(64) == cores
    assert 1 <= usable_cores() <= max(cores, 1)
