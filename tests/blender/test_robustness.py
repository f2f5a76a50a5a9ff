# SPDX-License-Identifier: GPL-3.0-or-later
"""Break what can break while solving: the scene stays as it was, the message helps, and nothing is left running."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import bpy
import pytest
from rigs import build_rig, map_and_measure, needs_bpy_wheel, random_motion, scene_facts

from inpose_blender import addon
from inpose_blender.bake.job import BakeJob
from inpose_blender.bake.options import BakeOptions
from inpose_blender.core import InPoseError, OutputError, Skeleton, WorkerError
from inpose_blender.recording.job import RecordingJob, RecordingQuestion
from inpose_blender.rig.prepare import prepare_rig
from inpose_blender.runtime import worker_job
from inpose_blender.runtime.interpreter import candidate_interpreters
from inpose_blender.runtime.worker_job import stop_warm_process
from inpose_blender.solve import job as job_module
from inpose_blender.solve.job import SolveJob
from inpose_blender.solve.queue import QUEUE, SolveQueue
from inpose_blender.takes.take import SolvedTake, load_take
from inpose_blender.ui.modal import ModalBake

HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parents[1]
posix_only = pytest.mark.skipif(os.name != "posix", reason="uses POSIX signals and permissions")


@pytest.fixture
def running(fake_worker, take, results):
    """Return a job in the middle of its solve."""

    def start(faults: str = "slow", folder: Path | None = results) -> SolveJob:
        fake_worker(faults)
        job = SolveJob(take, Skeleton.template(), candidate_interpreters(), keep_in=folder)
        until = time.monotonic() + 20
        while job.fraction == 0 and time.monotonic() < until:
            job.step()
            time.sleep(0.01)
        assert not job.done
        return job

    return start


def pid_of_solver() -> int:
    return worker_job._WARM.process._process.pid


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    with contextlib.suppress(OSError):  # a zombie that nobody has waited for yet runs no more
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return True


def gone_within(pid: int, seconds: float) -> bool:
    until = time.monotonic() + seconds
    while is_running(pid) and time.monotonic() < until:
        time.sleep(0.02)
    return not is_running(pid)


@posix_only
def test_the_solver_is_killed_in_the_middle(registered, rng, take, fake_worker, results):
    rig = build_rig(rng)
    bpy.context.scene.inpose.recording = str(take)
    fake_worker("slower")
    facts = scene_facts(rig)
    killer = threading.Thread(
        target=lambda: (wait_for_solver(), time.sleep(0.3), os.kill(pid_of_solver(), signal.SIGKILL))
    )
    killer.start()
    with pytest.raises(RuntimeError, match=r"ended unexpectedly.*Try again"):
        bpy.ops.inpose.solve_full_body()
    killer.join()
    assert scene_facts(rig) == facts
    assert not rig.inpose_take.file
    assert list(results.iterdir()) == []
    fake_worker("")
    assert bpy.ops.inpose.solve_full_body() == {"FINISHED"}


def wait_for_solver() -> None:
    while not (worker_job._WARM.process and worker_job._WARM.process.ready):
        time.sleep(0.01)


def test_the_results_folder_is_deleted_in_the_middle(running, results):
    job = running()
    shutil.rmtree(results)
    job.wait()
    with pytest.raises(OutputError, match="cannot be written") as caught:
        job.outcome  # noqa: B018
    assert caught.value.hint


def test_the_temporary_folder_is_deleted_in_the_middle(running):
    job = running(folder=None)
    shutil.rmtree(job.folder)
    job.wait()
    with pytest.raises(OutputError, match="cannot be written"):
        job.outcome  # noqa: B018


def test_a_result_that_vanishes_before_it_is_read(running, monkeypatch):
    job = running()
    monkeypatch.setattr(job_module, "load_take", lambda path: path.unlink() or load_take(path))
    job.wait()
    with pytest.raises(InPoseError, match="does not exist"):
        job.outcome  # noqa: B018


@posix_only
@needs_bpy_wheel
@pytest.mark.parametrize("end", ["exit", "kill"])
def test_blender_is_closed_in_the_middle(tmp_path, take, end):
    """The solver of a Blender that ends, or is killed, ends by itself."""
    script = f"""
import sys, time
sys.path[:0] = [{str(REPOSITORY)!r}, {str(HERE)!r}]
import bpy
from inpose_blender.runtime import interpreter
from inpose_blender.runtime import worker_job
from inpose_blender.solve.job import SolveJob
from inpose_blender.core import Skeleton
interpreter.WORKER_ARGUMENTS = ({str(HERE / "fake_worker.py")!r},)
from pathlib import Path
job = SolveJob(Path({str(take)!r}), Skeleton.template(),
                         interpreter.candidate_interpreters())
while job.fraction == 0:
    job.step()
    time.sleep(0.01)
print(worker_job._WARM.process._process.pid, job.folder, flush=True)
if {end!r} == "kill":
    time.sleep(60)
"""
    environment = {**os.environ, "FAKE_WORKER": "slower", "TMPDIR": str(tmp_path)}
    blender = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True, env=environment)
    try:
        pid, folder = blender.stdout.readline().split()
        if end == "kill":
            blender.kill()
        blender.wait(20)
        assert gone_within(int(pid), 5)
        if end == "exit":
            assert not Path(folder).exists()
    finally:
        blender.kill()
        blender.wait()
        blender.stdout.close()


def test_the_add_on_is_disabled_in_the_middle(fake_worker, take, results, running):
    addon.register()
    try:
        job = running("slower")
        pid = pid_of_solver()
        QUEUE.add("take", job)
    finally:
        addon.unregister()
    assert not len(QUEUE)
    assert gone_within(pid, 3)
    job.wait()
    with pytest.raises(InPoseError):
        job.outcome  # noqa: B018
    addon.register()
    addon.unregister()


@posix_only
def test_a_full_disk(registered, rng, take, fake_worker, results, monkeypatch):
    """The worker cannot write: here because it may not write files of more than a kilobyte, as ulimit -f does."""
    rig = build_rig(rng)
    bpy.context.scene.inpose.recording = str(take)
    fake_worker("full_disk")
    facts = scene_facts(rig)
    with pytest.raises(RuntimeError, match=r"cannot be written.*Free some space"):
        bpy.ops.inpose.solve_full_body()
    assert scene_facts(rig) == facts
    assert list(results.iterdir()) == []


def test_a_bake_that_is_given_up_half_way_leaves_nothing(rng, registered):
    rig = build_rig(rng)
    facts = scene_facts(rig)
    motion = random_motion(rng, map_and_measure(rig)[1].skeleton, frames=6000)
    job = BakeJob(
        prepare_rig(rig, bpy.context.scene),
        bpy.context.scene,
        lambda: SolvedTake(motion),
        BakeOptions(),
        "x",
        replace_own=False,
    )
    while not bpy.data.actions:
        job.step()
    assert not job.done
    job.cancel()
    assert scene_facts(rig) == facts
    with pytest.raises(InPoseError, match="interrupted"):
        job.result  # noqa: B018


class RunningBake(ModalBake):
    """What a baking operator does while Blender goes on."""

    def __init__(self, bake: BakeJob) -> None:
        self._bake = bake
        self.begin_modal(bpy.context, 0.1)

    @property
    def has_timer(self) -> bool:
        return self._timer is not None

    def cancel(self, context: bpy.types.Context) -> None:
        self.abandon(context)


def test_a_bake_is_taken_back_when_the_add_on_is_disabled(rng, results):
    """Blender then calls neither `modal` nor `cancel` of an operator that runs."""
    addon.register()
    try:
        rig, scene = build_rig(rng), bpy.context.scene
        motion = random_motion(rng, map_and_measure(rig)[1].skeleton, frames=6000)
        job = BakeJob(prepare_rig(rig, scene), scene, lambda: SolvedTake(motion), BakeOptions(), "x", replace_own=False)
        running = RunningBake(job)
        while not bpy.data.actions:
            job.step()
        assert running.has_timer
    finally:
        addon.unregister()
    assert job.done
    assert not bpy.data.actions
    assert not running.has_timer


def test_what_is_renamed_during_a_bake_is_found(rng, registered):
    """And what takes its name is not."""
    rig, scene = build_rig(rng), bpy.data.scenes.new("Shot")
    scene.collection.objects.link(rig)
    motion = random_motion(rng, map_and_measure(rig)[1].skeleton, frames=2000)
    job = BakeJob(prepare_rig(rig, scene), scene, lambda: SolvedTake(motion), BakeOptions(), "x", replace_own=False)
    job.step()
    rig.name, scene.name = "Hero", "Shot 2"
    other = build_rig(rng)
    other.name = "Rig"
    while not bpy.data.actions:
        job.step()
    rig.name = "Heroine"
    assert job.run().action_name == "x"
    assert rig.animation_data.action.name == "x"
    assert other.animation_data is None


@pytest.mark.parametrize("what", ["armature", "scene", "action"])
def test_what_is_deleted_during_a_bake_is_told(rng, registered, what):
    rig = build_rig(rng)
    scene = bpy.data.scenes.new("Other") if what == "scene" else bpy.context.scene
    motion = random_motion(rng, map_and_measure(rig)[1].skeleton, frames=6000)
    job = BakeJob(prepare_rig(rig, scene), scene, lambda: SolvedTake(motion), BakeOptions(), "x", replace_own=False)
    job.step()
    while what == "action" and not bpy.data.actions:
        job.step()
    if what == "armature":
        bpy.data.objects.remove(rig)
    elif what == "scene":
        bpy.data.scenes.remove(scene)
    else:
        bpy.data.actions.remove(bpy.data.actions[0])
    with pytest.raises(InPoseError):
        job.run()
    assert not bpy.data.actions


def test_several_jobs_share_the_process(fake_worker, take):
    """Each gets its own answers, whoever asks first."""
    fake_worker("slow")
    jobs = [SolveJob(take, Skeleton.template(), candidate_interpreters()) for _ in range(2)]
    jobs.append(RecordingJob(RecordingQuestion(take), candidate_interpreters()))
    until = time.monotonic() + 30
    while not all(job.done for job in jobs) and time.monotonic() < until:
        for job in jobs:
            job.step()
        time.sleep(0.01)
    assert len(jobs[0].outcome.take.motion) == len(jobs[1].outcome.take.motion) == 61
    assert jobs[2].outcome.info["headset"] == "Quest 3"
    assert worker_job._WARM.process is not None


def test_all_jobs_learn_that_the_solver_cannot_start(fake_worker, take):
    fake_worker("no_numpy")
    jobs = [SolveJob(take, Skeleton.template(), candidate_interpreters()) for _ in range(2)]
    while not all(job.done for job in jobs):
        for job in jobs:
            job.step()
        time.sleep(0.01)
    for job in jobs:
        with pytest.raises(WorkerError, match="could not be started"):
            job.outcome  # noqa: B018


def test_the_queue_works_on_one_after_another():
    class Job:
        fraction, text, cancelled = 0.0, "", False

        def cancel(self):
            self.cancelled = True

    queue, jobs = SolveQueue(), [Job(), Job(), Job()]
    first, second, third = (queue.add(str(place), job) for place, job in enumerate(jobs))
    assert [queue.is_at_head(solve) for solve in (first, second, third)] == [True, False, False]
    queue.cancel(1)
    queue.cancel(7)
    assert [job.cancelled for job in jobs] == [False, True, False]
    queue.remove(second)
    queue.remove(first)
    assert queue.is_at_head(third)
    queue.clear()
    assert jobs[2].cancelled
    assert not queue.solves


@pytest.fixture(autouse=True)
def _no_solver_is_left():
    yield
    stop_warm_process()
    assert worker_job._WARM.process is None
