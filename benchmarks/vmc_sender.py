# SPDX-License-Identifier: Apache-2.0
"""Send a recording by VMC as a tracking application does.

``python benchmarks/vmc_sender.py PORT RECORDING [SECONDS [PORT_OF_ANOTHER]]``. The other performer does the same at the
same time, two metres in front of the first one and with the face to them. After its end the recording goes back to its
beginning, so that nothing jumps. For the window's tests and for the benchmark of Live.
"""

from __future__ import annotations

import itertools
import socket
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from inpose_core.body.quaternions import multiply_quaternions
from inpose_core.live.vmc_output import message
from inpose_core.recording import Recording, load_recording

_KINDS = (("Hmd", "head"), ("Con", "left"), ("Con", "right"))
IN_FRONT_M = 2.0
_BUNDLE = b"#bundle\0" + bytes(7) + b"\x01"


def datagrams(recording: Recording) -> list[bytes]:
    """Return a datagram for each moment; Unity's axes are ours, mirrored along Z."""
    found = []
    for places, turns in zip(recording.positions_m.tolist(), recording.rotations_wxyz.tolist(), strict=True):
        bundle = _BUNDLE
        for (kind, serial), (x, y, z), (w, qx, qy, qz) in zip(_KINDS, places, turns, strict=True):
            each = message(f"/VMC/Ext/{kind}/Pos", serial, x, y, -z, -qx, -qy, qz, w)
            bundle += len(each).to_bytes(4, "big") + each
        found.append(bundle)
    return found


def facing(recording: Recording, in_front_m: float = IN_FRONT_M) -> Recording:
    """Return the recording of another performer, turned half round and some metres along Z."""
    half_round, place_m = np.array((0.0, 0.0, 1.0, 0.0)), np.array((0.0, 0.0, in_front_m))
    return replace(
        recording,
        positions_m=recording.positions_m * (-1.0, 1.0, -1.0) + place_m,
        rotations_wxyz=multiply_quaternions(half_round, recording.rotations_wxyz),
    )


def to_and_fro(packets: list[bytes]) -> Iterator[bytes]:
    """Yield them forwards and backwards for ever."""
    return itertools.cycle([*packets, *packets[-2:0:-1]])


def send(streams: Mapping[int, Iterator[bytes]], rate_hz: float, seconds: float) -> None:
    """Send to ports at a rate for a time."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
        began_s = time.monotonic()
        for number in range(round(seconds * rate_hz)):
            time.sleep(max(0.0, began_s + number / rate_hz - time.monotonic()))
            for port, packets in streams.items():
                out.sendto(next(packets), ("127.0.0.1", port))


class CountingSender(threading.Thread):
    """Send forwards and backwards until `stop`, and count.

    Args:
        port: of this computer.
        packets: what is sent.
        rate_hz: packets a second.
    """

    def __init__(self, port: int, packets: list[bytes], rate_hz: float) -> None:
        super().__init__(name="VMC sender", daemon=True)
        self.sent = 0
        self._port, self._packets, self._rate_hz = port, packets, rate_hz
        self._ends = threading.Event()

    def run(self) -> None:
        """Send."""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
            began_s = time.monotonic()
            for packet in to_and_fro(self._packets):
                if self._ends.wait(max(0.0, began_s + self.sent / self._rate_hz - time.monotonic())):
                    return
                out.sendto(packet, ("127.0.0.1", self._port))
                self.sent += 1

    def stop(self) -> None:
        """Send nothing more."""
        self._ends.set()
        self.join()


def main() -> None:
    """Send the recording."""
    recording = load_recording(Path(sys.argv[2]))
    rate_hz = (len(recording) - 1) / recording.duration_s
    seconds = float(sys.argv[3]) if len(sys.argv) > 3 else recording.duration_s
    performers = dict(zip(map(int, (sys.argv[1], *sys.argv[4:])), (recording, facing(recording)), strict=False))
    send({port: to_and_fro(datagrams(performer)) for port, performer in performers.items()}, rate_hz, seconds)


if __name__ == "__main__":
    main()
