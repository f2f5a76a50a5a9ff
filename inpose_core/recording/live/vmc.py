# SPDX-License-Identifier: Apache-2.0
"""Record live device poses that an application sends by the VMC protocol, or as OSC trackers (OSC over UDP).

`vmc_decoder` describes the messages. Each pose is written at once into a file beside the output, one row per device.
At the end the file is read like any recording and written as the project's CSV. If the program is killed, the file
remains and can be read. A recording cannot be made again, so no file is ever replaced.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

from ...errors import InPoseError, OutputError, RecordingError
from ...options.ports import VMC_PORT
from ..conventions import ReadOptions
from ..registry import load_recording, load_session
from ..tables.csv_format import write_csv
from ..types import Recording
from .vmc_decoder import CAPTURE_HEADER, CaptureState, VmcDecoder

_LONGEST_DATAGRAM: Final[int] = 65536
_LOOK_UP_S: Final[float] = 0.2
_FLUSH_S: Final[float] = 1.0
_OWN_ADDRESSES: Final[tuple[str, ...]] = ("127.", "localhost", "::1")
"""Beginnings of addresses that no other computer reaches."""


@dataclass(frozen=True)
class CaptureSettings:
    """Choose where to listen and for how long."""

    port: int = VMC_PORT
    address: str = "127.0.0.1"
    """This machine's address; "0.0.0.0" listens to other machines, too."""
    seconds: float | None = None
    """None: listen until stopped."""


def capture_vmc(
    output: Path,
    settings: CaptureSettings | None = None,
    options: ReadOptions | None = None,
    on_progress: Callable[[CaptureState], bool] | None = None,
) -> Recording:
    """Record until the time is over, the callback returns False, or Ctrl-C; then write ``output``.

    The file holds all poses that were sent. The result is the same as from `load_recording`: the longest take if there
    are several.

    Args:
        output: the CSV to write. No file is ever replaced, nor is what an interrupted recording has left beside it.
        settings: where to listen, and how long.
        options: as for reading any file; set ``swap_hands`` if geometry is wrong.
        on_progress: called about five times a second.

    Raises:
        OutputError: the output exists or cannot be written, or the disk is full; poses that arrived before are kept.
        RecordingError: the port is taken, or no head and hand arrived.
    """
    settings = settings or CaptureSettings()
    output = Path(output)
    live = output.with_name(f"{output.stem}.live.csv")
    _require_free(output)
    try:
        state = _capture(live, settings, on_progress)
    except OSError as error:
        raise OutputError(
            f"InPose cannot continue to write {live} ({error.strerror}).",
            "Free some space. The file contains everything received before.",
        ) from error
    if not state.rows:
        live.unlink(missing_ok=True)
        raise _nothing_arrived(settings, state)
    try:
        session = load_session(live, options)
        _require_free(output)  # another recording may have ended meanwhile
        write_csv(session, output)
        recording = load_recording(live, options)
    except InPoseError as error:
        raise RecordingError(f"{error.message} Everything received is in {live.name}.", error.hint) from error
    live.unlink(missing_ok=True)
    return recording


def _capture(live: Path, settings: CaptureSettings, on_progress: Callable[[CaptureState], bool] | None) -> CaptureState:
    decoder = VmcDecoder()
    with listen(settings) as receiver, _open(live) as file:
        file.write(CAPTURE_HEADER + "\n")
        began_s = flushed_s = told_s = time.monotonic()
        try:
            while settings.seconds is None or time.monotonic() - began_s < settings.seconds:
                try:
                    datagram, sender = receiver.recvfrom(_LONGEST_DATAGRAM)
                except TimeoutError:
                    datagram, sender = b"", None
                now_s = time.monotonic()
                decoder.state.seconds = now_s - began_s
                if datagram:
                    rows = decoder.rows(datagram, decoder.state.seconds, sender)
                    file.writelines(row + "\n" for row in rows)
                if now_s - flushed_s > _FLUSH_S:
                    file.flush()
                    flushed_s = now_s
                if on_progress is not None and now_s - told_s > _LOOK_UP_S:
                    told_s = now_s
                    if not on_progress(decoder.state):
                        break
        except KeyboardInterrupt:
            pass  # Ctrl-C is the normal way to end a recording
    return decoder.state


def listen(settings: CaptureSettings) -> socket.socket:
    """Return a socket that receives datagrams, and stops waiting for one after a moment.

    Raises:
        RecordingError: the port is taken.
    """
    receiver = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        receiver.bind((settings.address, settings.port))
    except (OSError, OverflowError) as error:
        receiver.close()
        reason = getattr(error, "strerror", None) or "no such port"
        raise RecordingError(
            f"InPose cannot listen to {settings.address} port {settings.port} ({reason}).",
            "Close the other receiver, or choose another port here and in the sending application.",
        ) from error
    receiver.settimeout(_LOOK_UP_S)
    return receiver


def _require_free(output: Path) -> None:
    if output.exists():
        raise OutputError(f"{output} exists already.", "Choose another name. InPose never replaces a recording.")


def _open(live: Path) -> IO[str]:
    try:
        return live.open("x", encoding="utf-8")
    except FileExistsError as error:
        raise OutputError(
            f"{live} exists already: another recording writes it, or was interrupted and left it.",
            "It can be solved like any recording. Rename it, or choose another name for the new recording.",
        ) from error
    except OSError as error:
        raise OutputError(f"{live} cannot be written ({error.strerror}).", "Choose another folder.") from error


def sending_hint(settings: CaptureSettings) -> str:
    """Return what to do if nothing arrives."""
    hears_others = not settings.address.startswith(_OWN_ADDRESSES)
    others = (
        "Let the firewall of this computer pass it."
        if hears_others
        else "If the application runs on another computer or in the headset, switch on From other computers "
        "(--listen 0.0.0.0)."
    )
    return (
        "Switch on VMC or OSC sending of devices in the application, with the address of this computer and port "
        f"{settings.port}. {others}"
    )


def _nothing_arrived(settings: CaptureSettings, state: CaptureState) -> RecordingError:
    if state.only_bones:
        return RecordingError(
            "The application sends an avatar's bones and no devices.",
            "Switch on the sending of devices (HMD, controllers, trackers) in its VMC or OSC settings.",
        )
    what = "no poses of devices" if state.datagrams else "nothing"
    return RecordingError(f"On port {settings.port} {what} arrived.", sending_hint(settings))
