# SPDX-License-Identifier: Apache-2.0
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from inpose_core.numerics import blas_threads, threads
from inpose_core.numerics.blas_threads import blas_thread_count, one_blas_thread
from inpose_core.numerics.threads import map_parts, usable_cores


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


def test_threads_that_cannot_start_are_done_without(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    assert map_parts(lambda part: part + 1, range(5), threads=4) == [1, 2, 3, 4, 5]


def test_a_blas_that_can_be_told_keeps_to_one_thread_meanwhile() -> None:
    before = blas_thread_count()
    if before is None:
        # numpy without a BLAS, or with one that cannot be told: the block must do nothing.
        with one_blas_thread():
            assert blas_thread_count() is None
        return
    with one_blas_thread():
        with one_blas_thread():
            assert blas_thread_count() == 1
        assert blas_thread_count() == 1
    assert blas_thread_count() == before
    with pytest.raises(ValueError, match="given up"), one_blas_thread():
        raise ValueError("given up")
    assert blas_thread_count() == before
    assert map_parts(lambda _: blas_thread_count(), range(4), threads=2) == [1] * 4


def test_the_blas_gets_back_the_threads_it_had() -> None:
    if blas_thread_count() is None:
        return
    blas = blas_threads._blas_threads()
    assert blas is not None
    before = blas.get()
    try:
        blas.set(2)
        with one_blas_thread():
            assert blas.get() == 1
        assert blas.get() == 2
    finally:
        blas.set(before)


@pytest.mark.parametrize(
    ("text", "cores"), [("150000 100000\n", 2), ("max 100000\n", 64), ("50000 100000\n", 1), ("nonsense", 64)]
)
def test_a_containers_limit_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, cores: int) -> None:
    limit = tmp_path / "cpu.max"
    limit.write_text(text)
    monkeypatch.setattr(threads, "_CGROUP_LIMIT", limit)
    assert threads._container_cores(64) == cores
    assert 1 <= usable_cores() <= max(cores, 1)
