# SPDX-License-Identifier: Apache-2.0
"""Measure the recorder page in Chromium with an emulated headset: ``python benchmarks/recorder_page.py``.

Two things: whether the page loses frames at 72, 90 and 120 Hz, by the clock (on a quiet machine: Chromium draws without
a graphics card); and how large a long take of tracked hands and of controllers is, and how much memory the page then
has. The long take passes as fast as the page works. It is really recorded: the file is the one that the computer
received. Needs Node.js, Chromium, and ``npm install`` in web/tests.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from inpose_core import load_recording
from inpose_core.recording.live.headset import HeadsetRecorder, PageSettings

TESTS: Final[Path] = Path(__file__).resolve().parents[1] / "web" / "tests"
RATES_HZ: Final[tuple[int, ...]] = (72, 90, 120)
_LONG_TAKE_HZ: Final[int] = 90
_ARRIVAL_S: Final[float] = 30.0


@dataclass(frozen=True)
class PageFigures:
    """Hold what one take of the page costs."""

    frames: int
    lost: int
    """Frames that were not done when the next one was due; 0 where the take did not pass by the clock."""
    recorded: int
    """Frames in the file that the computer received."""
    frame_ms: tuple[float, float, float]
    """Median, 99 % and 99.9 % of the time that the page and the emulated headset work for a frame."""
    worked_ms: float
    """Processor time of the page's thread for a frame, with all that it does besides: what other programs do while this
    is measured does not count."""
    memory_mb: tuple[float, ...]
    """What the page holds before the take, in its middle (if it does not pass by the clock), and after it."""
    file_mb: float
    seconds: float
    """Length of the recording as it is read from the file."""

    def __str__(self) -> str:
        memory = " -> ".join(f"{each:.1f}" for each in self.memory_mb)
        return (
            f"{self.recorded} frames ({self.seconds:.0f} s), {self.lost} lost, {self.frame_ms[0]:.1f} ms for a frame "
            f"({self.frame_ms[1]:.1f} at 99 %), {self.worked_ms:.1f} ms of the processor, file {self.file_mb:.1f} MB, "
            f"memory {memory} MB"
        )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=20.0, help="length of the long takes")
    parser.add_argument("--seconds", type=float, default=20.0, help="length of the takes by the clock")
    options = parser.parse_args()
    for rate in RATES_HZ:
        print(f"{rate} Hz: {measure_page(rate, options.seconds)}", flush=True)
    for hands in (False, True):
        figures = measure_page(_LONG_TAKE_HZ, 60 * options.minutes, hands=hands, by_the_clock=False)
        print(f"{options.minutes:g} minutes, {'hands' if hands else 'controllers'}: {figures}", flush=True)


def measure_page(rate_hz: int, seconds: float, *, hands: bool = False, by_the_clock: bool = True) -> PageFigures:
    """Record one take with the page."""
    with tempfile.TemporaryDirectory(prefix="inpose-page-") as folder:
        recorder = HeadsetRecorder(Path(folder), PageSettings(port=0))
        recorder.start()
        try:
            found = _driven(recorder.urls[0], rate_hz, seconds, hands=hands, by_the_clock=by_the_clock)
            began_s = time.monotonic()
            while not recorder.takes[0].ended and time.monotonic() - began_s < _ARRIVAL_S:
                time.sleep(0.05)
        finally:
            recorder.stop()
        (take,) = recorder.takes
        return PageFigures(
            found["frames"],
            found["lost"],
            take.frames,
            tuple(found["frame_ms"]),
            found["worked_ms"],
            tuple(found["memory_mb"]),
            take.path.stat().st_size / 1e6,
            load_recording(take.path).duration_s,
        )


def _driven(url: str, rate_hz: int, seconds: float, *, hands: bool, by_the_clock: bool) -> dict[str, Any]:
    options = [*(["--hands"] if hands else []), *([] if by_the_clock else ["--fast"])]
    done = subprocess.run(
        ["node", "measure_page.js", url, str(rate_hz), str(round(seconds)), *options],
        cwd=TESTS,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(done.stderr)
    found = json.loads(done.stdout)
    if found["errors"]:
        raise SystemExit("\n".join(found["errors"]))
    return found


if __name__ == "__main__":
    main()
