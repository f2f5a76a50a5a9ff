# SPDX-License-Identifier: Apache-2.0
"""Follow a performer whose lines are fed in: the T-pose, the poses, the takes, and what is told of a bad stream."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from inpose_core import CalibrationSettings, Recording, Skeleton, load_prior, load_recording
from inpose_core.calibration.storage import save_calibration
from inpose_core.errors import InPoseError, OutputError
from inpose_core.live import LivePose
from inpose_core.live.devices import LiveDevices
from inpose_core.live.performance import LivePerformance, LivePlan, LiveState
from inpose_core.live.stream_file import StreamFile
from inpose_core.live.streams.fed import FedStream
from inpose_core.live.streams.page_lines import PagePause, PageReader
from inpose_core.live.streams.senders import HeadSenders
from inpose_core.live.streams.stream import StreamNews
from inpose_core.live.streams.vmc import VmcStream
from inpose_core.live.troubles import StreamWatch
from inpose_core.options.live import LiveOptions
from inpose_core.recording.live.vmc import CaptureSettings
from tests.core.live.streams import EXAMPLE
from tests.core.recording.live.test_vmc import datagrams, free_port
from tests.core.recording.recorder_takes import take_lines

HEAD = b"/VMC/Ext/Hmd/Pos"


@pytest.fixture(scope="module")
def person() -> Recording:
    whole = load_recording(EXAMPLE)
    keep = whole.times_s < 4.0
    parts = {name: getattr(whole, name)[keep] for name in ("times_s", "positions_m", "rotations_wxyz", "measured")}
    return dataclasses.replace(whole, **parts)


@pytest.fixture(scope="module")
def lines(person: Recording) -> list[str]:
    return take_lines(person)


@pytest.fixture
def stream() -> FedStream:
    return FedStream()


@pytest.fixture
def performance(stream: FedStream) -> Iterator[LivePerformance]:
    plan = LivePlan(
        Skeleton.template(1.7), CalibrationSettings(pose="grip"), options=LiveOptions(0.0, countdown_s=0.2, hold_s=1.0)
    )
    made = LivePerformance(stream, plan, load_prior())
    yield made
    made.close()


def follow(
    performance: LivePerformance, feed: Callable[[], object], until: Callable[[LiveState], bool], limit_s: float = 30.0
) -> list[LivePose]:
    """Feed and step until the state is as wanted; return the poses that came."""
    poses, end_s = [], time.monotonic() + limit_s
    while not until(performance.state()):
        assert time.monotonic() < end_s, performance.state()
        feed()
        pose = performance.step(0.01)
        if pose is not None:
            poses.append(pose)
    return poses


class Feeder:
    """Feed the frames of a take by the clock, from its beginning to its end."""

    def __init__(self, stream: FedStream, lines: list[str], person: Recording) -> None:
        self._stream, self._person = stream, person
        self._frames = [line for line in lines if line.startswith("[")]
        stream.feed([line for line in lines if "input" in line])
        self._began_s, self._sent = time.monotonic(), 0

    def __call__(self) -> None:
        due = int(np.searchsorted(self._person.times_s, time.monotonic() - self._began_s))
        self._stream.feed(self._frames[self._sent : due])
        self._sent = max(self._sent, due)


def test_from_the_t_pose_to_a_take(
    performance: LivePerformance, stream: FedStream, lines: list[str], person: Recording, tmp_path: Path
) -> None:
    assert performance.state().phase == "waiting"
    feed = Feeder(stream, lines, person)
    follow(performance, feed, lambda state: state.phase == "counting")
    follow(performance, feed, lambda state: state.phase == "holding")
    assert performance.state().seconds_left <= 1.0
    follow(performance, feed, lambda state: state.is_measured)
    path = tmp_path / "take_001.jsonl"
    performance.record(path)
    with pytest.raises(InPoseError, match="is being recorded"):
        performance.record(tmp_path / "other.jsonl")
    poses = follow(performance, feed, lambda state: bool(state.takes) and state.takes[0].lines > 60)
    on_disk = path.read_text().splitlines()
    assert len([line for line in on_disk if line.startswith("[")]) == performance.state().takes[0].lines, "at once"
    heads_m = [pose.joints_m(Skeleton.template(1.7))[15, 1] for pose in poses]
    assert 1.3 < np.median(heads_m) < 1.8
    performance.end_take()
    state = performance.state()
    assert state.takes[0].ended
    assert state.takes[0].calibration is not None
    assert len(load_recording(path)) == state.takes[0].lines


def test_a_take_that_was_cut_off_opens(
    performance: LivePerformance, stream: FedStream, lines: list[str], person: Recording, tmp_path: Path
) -> None:
    """Nothing was closed: as if the process had been killed."""
    feed = Feeder(stream, lines, person)
    performance.record(tmp_path / "take.jsonl")
    time.sleep(1.0)
    feed()
    copy = tmp_path / "copy.jsonl"
    copy.write_bytes((tmp_path / "take.jsonl").read_bytes())
    assert len(load_recording(copy)) == performance.state().takes[0].lines >= 40


def test_a_performer_without_hands_is_told_and_may_try_again(
    performance: LivePerformance, stream: FedStream, lines: list[str], person: Recording
) -> None:
    broken = dataclasses.replace(person, positions_m=person.positions_m * 0.0 + (0.0, 0.01, 0.0))
    feed = Feeder(stream, take_lines(broken), broken)
    follow(performance, feed, lambda state: state.phase == "ready")
    state = performance.state()
    assert not state.is_measured
    assert state.trouble
    performance.calibrate()
    good = Feeder(stream, lines, person)
    follow(performance, good, lambda state: state.is_measured)


def test_calibrate_measures_in_spite_of_a_calibration_file(
    stream: FedStream, lines: list[str], person: Recording, tmp_path: Path
) -> None:
    """The file is of somebody taller: who clicks *Calibrate* is measured."""
    measured = LiveDevices.of(person, Skeleton.template(1.7), CalibrationSettings(pose="grip"), load_prior()).performer
    file = tmp_path / "tall.json"
    taller = {name: 1.2 * getattr(measured, name) for name in ("stature_m", "head_joint_height_m")}
    save_calibration(dataclasses.replace(measured, **taller), file)
    plan = LivePlan(
        Skeleton.template(1.7),
        CalibrationSettings(pose="grip", calibration_file=file),
        options=LiveOptions(0.0, countdown_s=0.2, hold_s=1.0),
    )
    performance = LivePerformance(stream, plan, load_prior())
    try:
        feed = Feeder(stream, lines, person)
        follow(performance, feed, lambda state: state.is_measured)
        by_file = performance.state().scale
        performance.calibrate()
        feed = Feeder(stream, lines, person)
        follow(performance, feed, lambda state: state.phase == "counting")
        follow(performance, feed, lambda state: state.phase == "ready")
        assert performance.state().scale == pytest.approx(1.2 * by_file, rel=0.05)
    finally:
        performance.close()


def test_takes_of_the_headset_without_a_t_pose_get_the_calibration(
    performance: LivePerformance,
    stream: FedStream,
    lines: list[str],
    person: Recording,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with_pose, ended, is_open = (tmp_path / f"take_{number}.jsonl" for number in range(3))
    for path in (with_pose, ended, is_open):
        path.write_text("\n".join(lines))
    with_pose.write_text("\n".join((*lines, '{"event":"t_pose","at":900,"from":0}')))
    takes = ((with_pose, True, 9), (ended, True, 9), (is_open, False, 9))
    monkeypatch.setattr(stream, "news", lambda: StreamNews(takes=takes))
    follow(performance, Feeder(stream, lines, person), lambda state: state.is_measured)
    performance.step(0.0)
    assert [take.calibration is not None for take in performance.state().takes] == [False, True, False]
    assert [take.calibration is not None for take in performance.close().takes] == [False, True, True]


def test_no_file_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "take.csv").write_text("mine")
    with pytest.raises(OutputError, match="exists"):
        StreamFile(tmp_path / "take.csv", ["head"])
    assert (tmp_path / "take.csv").read_text() == "mine"


def test_lines_of_the_page_are_read_as_its_files_are(lines: list[str], person: Recording, tmp_path: Path) -> None:
    reader = PageReader()
    arrived_s = [100.0 + float(line[1:].partition(",")[0]) / 1000 if line.startswith("[") else 100.0 for line in lines]
    moments = [moment for line, at_s in zip(lines, arrived_s, strict=True) for moment in reader.read([line], at_s)]
    file = tmp_path / "take.jsonl"
    file.write_text("\n".join(lines))
    read = load_recording(file)
    np.testing.assert_allclose([each.positions_m for each in moments], read.positions_m, atol=1e-9)
    assert np.abs(np.sum([each.rotations_wxyz for each in moments] * read.rotations_wxyz, axis=-1)).min() > 1 - 1e-9
    times_s = np.array([each.time_s for each in moments])
    np.testing.assert_allclose(times_s - times_s[0], read.times_s - read.times_s[0], atol=1e-3)


def test_rows_of_a_sender_are_read_as_its_files_are(person: Recording, tmp_path: Path) -> None:
    stream = VmcStream(CaptureSettings(port=free_port()))
    rows = [row for number, each in enumerate(datagrams(person)) for row in stream._decoder.rows(each, number / 72)]
    stream.close()
    file = tmp_path / "take.csv"
    file.write_text("\n".join([*stream.head_lines(), *rows]))
    read = load_recording(file)
    reader = stream.new_reader()
    assert reader.read(rows, 0.0) == []
    assert reader.has_devices
    reader.identify(rows, read)
    moments = reader.read(rows, 0.0)
    # A moment begins with its head: the hands are those of the moment before.
    heads_m = np.array([each.positions_m[0] for each in moments])
    np.testing.assert_allclose(heads_m, read.positions_m[: len(heads_m), 0], atol=1e-6)
    np.testing.assert_allclose(moments[10].positions_m[1], read.positions_m[9, 1], atol=1e-5)


def test_of_two_senders_the_first_is_heard() -> None:
    senders = HeadSenders()
    first, second = ("127.0.0.1", 5000), ("127.0.0.1", 6000)
    for step in range(60):
        assert senders.accepts(HEAD, first, step / 60)
        assert not senders.accepts(HEAD, second, step / 60)
    assert senders.accepts(b"/VMC/Ext/Tra/Pos", ("127.0.0.1", 7000), 1.0), "trackers may come from another program"
    assert senders.refused == 60
    assert senders.accepts(HEAD, second, 3.0), "the first one is silent"


def test_a_sender_with_a_port_for_each_datagram_is_one_sender() -> None:
    senders = HeadSenders()
    accepted = [senders.accepts(HEAD, ("127.0.0.1", 20_000 + step), step / 60) for step in range(600)]
    assert np.mean(accepted) > 0.95


@dataclasses.dataclass
class Told:
    """Stand in for a stream of which news are told."""

    told: StreamNews = dataclasses.field(default_factory=StreamNews)
    name: str = "port 1"
    silence_hint: str = "Switch it on."

    def news(self) -> StreamNews:
        return self.told


@pytest.mark.parametrize(
    ("news", "words"),
    [
        (StreamNews(refused_senders=3), "Two programs"),
        (StreamNews(damaged=1), "not numbers"),
        (StreamNews(clock_jumps=1), "clock"),
    ],
)
def test_what_a_sender_does_wrong_is_said_for_a_while(news: StreamNews, words: str) -> None:
    stream = Told()
    watch = StreamWatch(stream, 0.0)  # type: ignore[arg-type]
    watch.heard(np.zeros(3), 1.0)
    assert watch.sentence(1.0) == ""
    stream.told = news
    assert words in watch.sentence(1.1)
    watch.heard(np.ones(3), 9.0)
    assert watch.sentence(9.0) == ""


PAGE = StreamNews(url="https://192.168.0.7:8443/token/", connected=True)


def test_what_happens_to_a_headset_is_said() -> None:
    stream = Told(PAGE, name="the headset")
    watch = StreamWatch(stream, 0.0)  # type: ignore[arg-type]
    watch.heard(np.zeros(3), 1.0)
    assert watch.sentence(1.5) == ""
    assert "until the headset sends again" in watch.sentence(3.0)
    for told, words in (
        (dataclasses.replace(PAGE, pause="hidden"), "asleep"),
        (dataclasses.replace(PAGE, pause="ended"), "VR has ended"),
        (dataclasses.replace(PAGE, connected=False), "its page is closed, or the network is lost"),
    ):
        stream.told = told
        assert words in watch.sentence(3.0)
    stream.told = dataclasses.replace(PAGE, refused_senders=1)
    watch.heard(np.ones(3), 3.1)
    assert "Another headset" in watch.sentence(3.1)


def test_lines_that_wait_are_no_silence() -> None:
    watch = StreamWatch(Told(), 0.0)  # type: ignore[arg-type]
    watch.heard(np.zeros(3), 1.0)
    watch.arrived(9.5)
    assert watch.sentence(10.0).startswith("This computer is too busy: the character is 8 s late.")
    watch.arrived(9.5)
    assert "for 3 s" in watch.sentence(12.5)


def test_a_page_says_why_it_sends_no_moments() -> None:
    pause = PagePause()
    for lines, expected in (
        (["[0,[0,0,16000,0,0,0,0,100000],0,0]", '{"event":"hidden","at":3}'], "hidden"),
        (['{"event":"visible","at":5}'], ""),
        (['{"event":"end","at":9,"frames":3}', '{"event":"vr_ended","at":0}'], "ended"),
        (['{"stream":1,"reference_space":"local-floor"}', "[0,[0,0,16000,0,0,0,0,100000],0,0]"], ""),
        (['{"event":"hidden'], ""),
    ):
        pause.note(lines)
        assert pause.now == expected


def test_silence_sleep_and_lost_hands_are_said() -> None:
    stream = Told()
    watch = StreamWatch(stream, 0.0)  # type: ignore[arg-type]
    assert watch.sentence(1.0) == ""
    assert watch.sentence(5.0) == "Nothing arrives from port 1. Switch it on."
    stream.told = StreamNews(only_bones=True)
    assert "bones" in watch.sentence(5.0)
    for step in range(60 * 8):
        now_s = 6.0 + step / 60
        watch.heard(np.array((0.0, min(step, 100), 0.0)), now_s)
        watch.tracked(np.array((True, True, step < 60)), now_s)
    assert "asleep" in watch.sentence(now_s)
    watch.heard(np.ones(3), now_s + 0.1)
    assert watch.sentence(now_s + 0.1) == "The right hand is not tracked."
    assert "for 5 s" in watch.sentence(now_s + 5.1)


def test_who_reads_slower_than_lines_arrive_still_steps(
    performance: LivePerformance, stream: FedStream, lines: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    read, count = performance._reader.read, 0

    def slow_read(arrived: list[str], arrived_s: float) -> object:
        nonlocal count
        count += 1
        assert count < 50, "a step ends, whatever arrives meanwhile"
        stream.feed(lines[count + 1 : count + 2])
        return read(arrived, arrived_s)

    monkeypatch.setattr(performance._reader, "read", slow_read)
    stream.feed(lines[:2])
    performance.step(0.1)
    assert count == 1
    performance.step(0.1)
    assert count == 2
