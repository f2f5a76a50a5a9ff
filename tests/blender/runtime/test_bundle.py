# SPDX-License-Identifier: GPL-3.0-or-later
"""Unpack a small runtime: as a whole or not at all, once, again after damage; and start an isolated Python with it."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest

from inpose_blender.core import CancelledError, WorkerError
from inpose_blender.runtime import bundle as runtime_module
from inpose_blender.runtime.bundle import Runtime, bundled_runtimes, remove, start_unpacking, stop_unpacking, unpack
from inpose_blender.runtime.interpreter import Interpreter, candidate_interpreters

HERE_TAG = f"cp{sys.version_info[0]}{sys.version_info[1]}"
FILES = {"pkg/__init__.py": "VALUE = 7\n", "pkg/tool": "#!/bin/sh\n", "other.py": "import pkg\n"}


@pytest.fixture
def bundle(tmp_path):
    """Return a function that makes the ``runtime`` folder of a full zip."""

    def make(files=FILES, tag=HERE_TAG) -> Path:
        folder = tmp_path / "zip" / "runtime"
        folder.mkdir(parents=True, exist_ok=True)
        archive = folder / f"pkg-{tag}.whl"
        with zipfile.ZipFile(archive, "w") as opened:
            for name, text in files.items():
                member = zipfile.ZipInfo(name)
                member.external_attr = (0o755 if name.endswith("tool") else 0o644) << 16
                opened.writestr(member, text)
        digest = hashlib.sha256(archive.read_bytes()).hexdigest()
        python = [int(tag[2]), int(tag[3:])]
        entries = [{"file": archive.name, "sha256": digest}]
        size = sum(len(text) for text in files.values())
        index = {"python": python, "unpacked_bytes": size, "archives": entries}
        (folder / f"{tag}.json").write_text(json.dumps(index))
        return folder

    return make


@pytest.fixture
def runtime(bundle, tmp_path) -> Runtime:
    (found,) = bundled_runtimes(tmp_path / "user" / "runtime", bundle())
    return found


def leftovers(runtime: Runtime) -> list[str]:
    return [folder.name for folder in runtime.folder.parent.glob(".unpacking-*")]


def test_a_runtime_is_unpacked_as_a_whole(runtime):
    assert not runtime.ready
    shares: list[float] = []
    unpack(runtime, shares.append)
    assert runtime.ready
    assert not runtime.damaged_files()
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    assert (runtime.folder / "pkg" / "__init__.py").read_text() == FILES["pkg/__init__.py"]
    if os.name == "posix":
        assert os.access(runtime.folder / "pkg" / "tool", os.X_OK)
    assert not leftovers(runtime)


def test_it_is_not_unpacked_twice(runtime):
    unpack(runtime)
    before = (runtime.folder / "other.py").stat().st_mtime_ns
    unpack(runtime)
    assert (runtime.folder / "other.py").stat().st_mtime_ns == before


def test_cancelling_leaves_nothing(runtime):
    with pytest.raises(CancelledError):
        unpack(runtime, is_cancelled=lambda: True)
    assert not runtime.ready
    assert not leftovers(runtime)
    unpack(runtime)
    assert runtime.ready


def test_what_a_killed_blender_left_is_removed_once_it_is_old(runtime):
    half = runtime.folder.parent / f".unpacking-{runtime.folder.name}-1-1"
    fresh = half.with_name(half.name + "2")
    for folder in (half, fresh):
        (folder / "pkg").mkdir(parents=True)
    long_ago = time.time() - 7200
    os.utime(half, (long_ago, long_ago))
    assert not runtime.ready
    unpack(runtime)
    assert leftovers(runtime) == [fresh.name]  # another Blender may be at work there


def test_a_damaged_archive_is_refused(runtime):
    archive, _ = runtime.archives[0]
    archive.write_bytes(archive.read_bytes()[:-1] + b"x")
    with pytest.raises(WorkerError, match="damaged") as caught:
        unpack(runtime)
    assert "install the add-on again" in caught.value.hint
    assert not leftovers(runtime)


def test_a_full_disk_is_told_before_it_is_full(runtime, monkeypatch):
    monkeypatch.setattr(runtime_module.shutil, "disk_usage", lambda _folder: type("Usage", (), {"free": 3}))
    with pytest.raises(WorkerError, match="no space left"):
        unpack(runtime)


def test_damage_is_found_and_mended(runtime):
    unpack(runtime)
    (runtime.folder / "other.py").unlink()
    (runtime.folder / "pkg" / "tool").write_text("")
    assert sorted(runtime.damaged_files()) == ["other.py", "pkg/tool"]
    remove(runtime)
    assert not runtime.ready
    unpack(runtime)
    assert not runtime.damaged_files()


def test_an_update_replaces_the_old_runtime_of_the_same_python_only(runtime, bundle, tmp_path):
    unpack(runtime)
    other = runtime.folder.parent / "cp399-0123456789"
    other.mkdir()
    (updated,) = bundled_runtimes(tmp_path / "user" / "runtime", bundle({"pkg/__init__.py": "VALUE = 8\n"}))
    assert updated.folder != runtime.folder
    unpack(updated)
    assert updated.ready
    assert other.exists()
    assert not runtime.folder.exists()


def test_unpacking_in_the_background_is_shared(runtime):
    first = start_unpacking(runtime)
    assert start_unpacking(runtime) is first
    first.wait()
    assert first.error is None
    assert first.fraction == 1.0
    stop_unpacking()
    assert runtime.ready


def test_a_damaged_index_is_named(bundle, tmp_path):
    folder = bundle()
    (folder / f"{HERE_TAG}.json").write_text("{")
    with pytest.raises(WorkerError, match=HERE_TAG):
        bundled_runtimes(tmp_path, folder)


def test_the_small_zip_has_none(tmp_path):
    assert bundled_runtimes(tmp_path, tmp_path / "missing") == ()


def test_blenders_own_python_comes_first(bundle, tmp_path):
    bundle(tag="cp399")
    runtimes = bundled_runtimes(tmp_path, bundle())
    assert [runtime.python for runtime in runtimes] == [sys.version_info[:2], (3, 99)]
    first, last = candidate_interpreters("", runtimes)
    assert (first.executable, first.runtime) == (sys.executable, runtimes[0])
    assert last.label == "Blender's own Python"


def test_a_runtime_that_no_python_here_can_use_is_left_out(bundle, tmp_path):
    only = bundled_runtimes(tmp_path, bundle(tag="cp399"))
    assert [candidate.label for candidate in candidate_interpreters("", only)] == ["Blender's own Python"]


def test_an_isolated_python_has_the_runtime_and_nothing_else(runtime, monkeypatch, tmp_path):
    unpack(runtime)
    (tmp_path / "pkg.py").write_text("VALUE = 'the user has one of his own'\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    interpreter = Interpreter(sys.executable, "", runtime)
    *start, code, core, packages = interpreter.command
    code = code.replace('runpy.run_module("inpose_core.worker", run_name="__main__", alter_sys=True)', "import pkg")
    code += "print(pkg.VALUE)\ntry:\n    import pytest\nexcept ImportError:\n    print('isolated')\n"
    done = subprocess.run(
        [*start, code, core, packages],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
        env=interpreter.environment,
    )
    assert done.stdout.split() == ["7", "isolated"]


def test_a_solve_unpacks_first(runtime, fake_worker, take, monkeypatch):
    from inpose_blender.core import Skeleton  # noqa: PLC0415
    from inpose_blender.runtime import interpreter  # noqa: PLC0415
    from inpose_blender.solve.job import SolveJob  # noqa: PLC0415

    fake_worker("")
    worker = Path(__file__).parents[1] / "fake_worker.py"
    start = f"import sys, runpy; sys.path[:0] = {sys.path!r}; runpy.run_path({str(worker)!r}, run_name='__main__')"
    monkeypatch.setattr(interpreter, "WORKER_ARGUMENTS", ("-c", start))
    texts = set()
    job = SolveJob(take, Skeleton.template(), candidate_interpreters("", [runtime]))
    while not job.done:
        job.step()
        texts.add(job.text)
        time.sleep(0.001)
    assert job.outcome
    assert runtime.ready
    assert "Unpacking the solver (only the first time)" in texts
