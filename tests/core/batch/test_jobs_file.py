# SPDX-License-Identifier: Apache-2.0
import json
from pathlib import Path

import pytest

from inpose_core.batch.jobs import Job, check_jobs
from inpose_core.batch.jobs_file import ForAllJobs, read_jobs
from inpose_core.errors import InPoseError, OutputError


@pytest.fixture
def takes(tmp_path: Path) -> Path:
    folder = tmp_path / "takes"
    folder.mkdir()
    for name in ("b.csv", "a.csv", "notes.docx"):
        (folder / name).write_text("nothing")
    return folder


def _write(folder: Path, text: str, name: str = "jobs.toml") -> Path:
    path = folder / name
    path.write_text(text)
    return path


def test_a_file_gives_jobs_with_the_options_of_all_and_their_own(takes: Path, tmp_path: Path) -> None:
    path = _write(
        tmp_path,
        """
        [options]
        performer-height = 1.8
        steps = 4

        [[jobs]]
        recordings = "takes"
        output = "solved"

        [[jobs]]
        recordings = ["takes/a.csv"]
        output = "one/first.bvh"
        format = "bvh"
        [jobs.options]
        performer_height = 1.6
        hand-poses = "raw"
        """,
    )
    first, second, third = read_jobs(path)
    assert [job.recording.name for job in (first, second)] == ["a.csv", "b.csv"]
    assert first.output == tmp_path / "solved" / "a.npz"
    assert (first.calibration.stature_m, first.solve.steps, first.calibration.pose) == (1.8, 4, None)
    assert third.output == tmp_path / "one" / "first.bvh"
    assert (third.calibration.stature_m, third.solve.steps, third.calibration.pose) == (1.6, 4, "raw")
    check_jobs((first, second, third))
    assert third.output.parent.is_dir()


def test_json_says_the_same_as_toml(takes: Path, tmp_path: Path) -> None:
    document = {"options": {"steps": 3}, "jobs": [{"recordings": "takes/*.csv", "output": "out"}]}
    toml = _write(tmp_path, '[options]\nsteps = 3\n[[jobs]]\nrecordings = "takes/*.csv"\noutput = "out"\n')
    assert read_jobs(_write(tmp_path, json.dumps(document), "jobs.json")) == read_jobs(toml)


def test_the_command_line_replaces_the_options_of_all_jobs_but_not_a_job_s_own(takes: Path, tmp_path: Path) -> None:
    path = _write(
        tmp_path,
        """
        [options]
        quality = "draft"
        performer-height = 1.8
        columns = "all.json"

        [[jobs]]
        recordings = "takes/a.csv"
        output = "solved"

        [[jobs]]
        recordings = "takes/b.csv"
        output = "solved"
        skeleton = "b.json"
        format = "vrma"
        options = { performer-height = 1.6, columns = "time=t, head_p=Head{XYZ}" }
        """,
    )
    given = ForAllJobs({"quality": "high", "stature_m": 1.55, "trim_start_s": 5.0}, Path("mine.json"), "bvh")
    first, second = read_jobs(path, given)
    assert (first.solve.quality, first.calibration.stature_m, first.reading.trim_start_s) == ("high", 1.55, 5.0)
    assert (second.solve.quality, second.calibration.stature_m, second.reading.trim_start_s) == ("high", 1.6, 5.0)
    assert (first.skeleton, first.output.name) == (Path("mine.json"), "a.bvh")
    assert (second.skeleton, second.output.name) == (tmp_path / "b.json", "b.vrma")
    # A file counts from the jobs file's folder; columns that are written out are no file.
    assert first.reading.columns_file == tmp_path / "all.json"
    assert second.reading.columns == "time=t, head_p=Head{XYZ}"
    relative = read_jobs(path, ForAllJobs({"columns": "here.json"}))
    assert relative[0].reading.columns_file == Path("here.json")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("jobs = 3", "no list of jobs"),
        ("", "no list of jobs"),
        ("[[jobs]", "not a jobs file"),
        ('[[jobs]]\nrecordings = "takes"', "no output"),
        ('[[jobs]]\nrecordings = "takes"\noutput = "o"\nskelton = "x"', 'no key of a job "skelton".*skeleton'),
        ('[options]\nstep = 3\n[[jobs]]\nrecordings = "takes"\noutput = "o"', 'no option "step".*steps'),
        ('[options]\nsteps = 0\n[[jobs]]\nrecordings = "takes"\noutput = "o"', "[Ss]teps cannot be 0"),
        ('[[jobs]]\nrecordings = "takes"\noutput = "o"\nformat = "fbx"', "fbx"),
        ('[[jobs]]\nrecordings = "takes"\noutput = "o.npz"', "one file"),
        ('[[jobs]]\nrecordings = "takes/*.bsor"\noutput = "o"', "no recording"),
    ],
)
def test_a_wrong_file_is_refused_with_a_sentence(takes: Path, tmp_path: Path, text: str, words: str) -> None:
    assert takes.is_dir()
    with pytest.raises(InPoseError, match=words):
        read_jobs(_write(tmp_path, text))


def test_a_missing_or_binary_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InPoseError, match="cannot be read"):
        read_jobs(tmp_path / "none.toml")
    (tmp_path / "jobs.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InPoseError, match="not a jobs file"):
        read_jobs(tmp_path / "jobs.toml")


def test_what_can_be_known_to_fail_is_refused_before_anything_starts(takes: Path, tmp_path: Path) -> None:
    job = Job(takes / "a.csv", tmp_path / "a.npz")
    with pytest.raises(InPoseError, match="nothing to solve"):
        check_jobs([])
    with pytest.raises(InPoseError, match="recording is missing"):
        check_jobs([Job(takes / "c.csv", tmp_path / "c.npz")])
    with pytest.raises(InPoseError, match="skeleton is missing"):
        check_jobs([Job(job.recording, job.output, tmp_path / "none.json")])
    with pytest.raises(OutputError, match="same file"):
        check_jobs([job, Job(takes / "b.csv", tmp_path / "A.npz")])
    with pytest.raises(OutputError, match="neither"):
        check_jobs([Job(job.recording, tmp_path / "a.fbx")])
    (takes / "c.npz").write_text("nothing")
    with pytest.raises(OutputError, match="is a recording"):
        check_jobs([Job(takes / "c.npz", takes / "c.npz")])
    with pytest.raises(OutputError, match="cannot be made"):
        check_jobs([Job(job.recording, takes / "a.csv" / "x.npz")])
