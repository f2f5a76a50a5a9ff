# SPDX-License-Identifier: Apache-2.0
"""Damage recordings in thirty ways each and read them, in a process whose time and memory are measured.

Run as ``python -m tests.core.recording.fuzzing FOLDER VARIANTS``: reads every file of the folder, damaged, and
prints what happened as JSON. A crash of this process is a failure of the test that started it.
"""

from __future__ import annotations

import json
import os
import signal
import struct
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

from inpose_core.errors import RecordingError
from inpose_core.recording import Recording, load_recording

LONGEST_S = 2.0
_GIVE_UP_S = 60
_MEMORY_BYTES = 3 * 2**30
"""Of addresses, most of which libraries only reserve: what is really used is measured by the caller."""


def truncated(data: bytes, random: np.random.Generator) -> bytes:
    """Cut the end off."""
    return data[: int(random.integers(1, len(data)))]


def bits_flipped(data: bytes, random: np.random.Generator) -> bytes:
    """Flip one bit, or many."""
    damaged = bytearray(data)
    for place in random.integers(0, len(data), int(random.choice([1, 8, 200]))):
        damaged[place] ^= 1 << int(random.integers(8))
    return bytes(damaged)


def parts_exchanged(data: bytes, random: np.random.Generator) -> bytes:
    """Exchange columns of a table, two parts of anything else."""
    lines = data.split(b"\n")
    if data[:1].isalpha() and lines[0].count(b",") > 2:
        order = random.permutation(lines[0].count(b",") + 1)
        if random.random() < 0.5:  # the header alone: every number under a wrong name
            cells = lines[0].split(b",")
            return b"\n".join([b",".join(cells[i] for i in order), *lines[1:]])
        rows = [line.split(b",") for line in lines]
        return b"\n".join(b",".join(row[i] for i in order if i < len(row)) for row in rows)
    a, b, c = sorted(int(x) for x in random.integers(1, len(data), 3))
    return data[:a] + data[b:c] + data[a:b] + data[c:]


def huge_numbers(data: bytes, random: np.random.Generator) -> bytes:
    """Put the largest numbers where counts may stand: at the beginning, and anywhere."""
    if data[:1] in b"{[" or (data[:1].isalpha() and b"," in data[:100]):
        digits = [i for i in random.integers(0, len(data), 4000) if data[i : i + 1].isdigit()][:20]
        number = (b"9" * 30, b"1e308", b"-1e999", b"9" * 5000)[int(random.integers(4))]
        for place in sorted(digits, reverse=True):
            data = data[:place] + number + data[place:]
        return data
    damaged = bytearray(data)
    for _ in range(3):
        place = int(random.integers(0, min(len(data), int(random.choice([64, 4096, len(data)]))) - 3))
        damaged[place : place + 4] = struct.pack("<I", int(random.choice([0x7FFFFFFF, 0xFFFFFFFF, 0x10000000])))
    return bytes(damaged)


def deeply_nested(data: bytes, random: np.random.Generator) -> bytes:
    """Nest what the format nests a hundred thousand times."""
    depth = int(random.choice([500, 100_000]))
    if data.startswith(b"HIERARCHY"):
        return data.replace(b"JOINT", b"JOINT a { OFFSET 0 0 0 CHANNELS 0 " * min(depth, 20_000) + b"JOINT", 1)
    if data[:1] in b"{[":
        place = data.find(b"[", int(random.integers(0, len(data) // 2))) + 1
        return data[:place] + b"[" * depth + data[place:]
    if data[4:5] in b"\x02\x03":  # BSON: documents that are each other's first element
        inner = b"\x05\0\0\0\0"
        for _ in range(min(depth, 3000)):
            inner = struct.pack("<i", len(inner) + 8) + b"\x03a\0" + inner + b"\0"
        return inner
    return data[:16] + b'"(' * depth + data[16:]


def parts_repeated(data: bytes, random: np.random.Generator) -> bytes:
    """Repeat a part, or overwrite one with zeros."""
    a, b = sorted(int(x) for x in random.integers(1, len(data), 2))
    if random.random() < 0.5:
        return data[:b] + data[a:b] + data[b:]
    return data[:a] + bytes(b - a) + data[b:]


DAMAGES: tuple[Callable[[bytes, np.random.Generator], bytes], ...] = (
    truncated,
    bits_flipped,
    parts_exchanged,
    huge_numbers,
    deeply_nested,
    parts_repeated,
)


def read_damaged(folder: Path, variants: int) -> list[dict[str, object]]:
    """Return what happened to each variant of each file."""
    results: list[dict[str, object]] = []
    with tempfile.TemporaryDirectory() as temporary:
        for path in sorted(folder.iterdir()):
            data = path.read_bytes()
            for seed in range(variants):
                damage = DAMAGES[seed % len(DAMAGES)]
                damaged = Path(temporary) / path.name
                damaged.write_bytes(damage(data, np.random.default_rng(seed)))
                outcome, text, seconds = _measured(damaged)
                if seconds > LONGEST_S:  # once more: a crowded machine makes even processor time longer
                    seconds = min(seconds, _measured(damaged)[2])
                results.append(
                    {
                        "file": path.name,
                        "damage": damage.__name__,
                        "seed": seed,
                        "outcome": outcome,
                        "seconds": seconds,
                        "text": text,
                    }
                )
    return results


def _measured(path: Path) -> tuple[str, str, float]:
    """Return what happened, what was said, and the seconds of work."""
    began = _cpu_s()
    signal.alarm(_GIVE_UP_S)
    outcome, text = _outcome(path)
    signal.alarm(0)
    return outcome, text, _cpu_s() - began


def _cpu_s() -> float:
    """Return the time that this process and those that it started have worked: other load does not count."""
    return sum(os.times()[:4])


def _outcome(path: Path) -> tuple[str, str]:
    try:
        recording = load_recording(path)
    except RecordingError as error:
        return ("refused" if error.message and error.hint else "no hint"), str(error)
    except MemoryError:
        return "out of memory", ""
    except Exception as error:  # what must not happen, named
        return f"{type(error).__name__}: {error}"[:300], ""
    return ("read" if is_sane(recording) else "insane"), repr(recording.notes) + repr(recording.guesses)


def is_sane(recording: Recording) -> bool:
    """Tell whether a recording is one: finite, in order, unit quaternions, a head."""
    return bool(
        len(recording) >= 2
        and np.isfinite(recording.positions_m).all()
        and (np.abs(recording.positions_m) <= 1000).all()
        and np.allclose(np.linalg.norm(recording.rotations_wxyz, axis=-1), 1, atol=1e-6)
        and (np.diff(recording.times_s) > 0).all()
        and recording.measured[:, 0].any()
    )


if __name__ == "__main__":
    import resource

    import inpose_core.motion_files.amass
    import inpose_core.motion_files.bvh_motion  # noqa: F401 (loading scipy is not reading a file)

    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES, _MEMORY_BYTES))
    found = read_damaged(Path(sys.argv[1]), int(sys.argv[2]))
    # The kernel's own peak of this process: what getrusage tells begins with the size of the process that started it.
    status = Path("/proc/self/status").read_text(encoding="ascii")
    peak_kib = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM"))
    of_children = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    json.dump({"results": found, "megabytes": max(peak_kib, of_children) / 1024}, sys.stdout)
