# SPDX-License-Identifier: Apache-2.0
"""Change inputs so that readers get as far as possible before they meet what is wrong."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Sequence

import numpy as np

from tests.core.recording.fuzzing import DAMAGES

_LARGEST = 400_000
_NUMBER = re.compile(rb"-?\d+(?:\.\d+)?(?:e-?\d+)?")
_WORD = re.compile(rb'"[^"\n]{0,40}"|[A-Za-z_]+')
_NUMBERS = (
    *(b"0", b"-1", b"99", b"0.001", b"1e308", b"-1e-308", b"1e999", b"2147483648", b"1" * 25, b"9" * 400),
    *(b"nan", b"inf", b"NaN", b"-Infinity", b"true", b"null", b"[]", b"{}", b'""', b""),
)
_INTEGERS = (0, 1, -1, -4, 0x7FFFFFFF, -0x80000000, 0xFFFF, 0x10000000, 3)
_FLOATS = (float("nan"), float("inf"), -1e38, 1e-45, 0.0, 1e9)


def mutate(data: bytes, others: Sequence[bytes], random: np.random.Generator) -> bytes:
    """Return the input with one to four changes; ``others`` lend it parts."""
    for _ in range(int(random.choice([1, 1, 2, 4]))):
        if len(data) < 8:
            return data + bytes(random.integers(0, 256, 16, np.uint8))
        data = _once(data, others, random)[:_LARGEST]
    return data


def _once(data: bytes, others: Sequence[bytes], random: np.random.Generator) -> bytes:
    if data.startswith(b"PK\x03\x04") and random.random() < 0.7:
        return _inside_archive(data, others, random)
    kind = int(random.integers(8))
    if kind < 2:
        return _word_replaced(data, random)
    if kind < 4:
        return _word_written(data, random)
    if kind == 4:
        other = others[int(random.integers(len(others)))]
        a, b = int(random.integers(len(data))), int(random.integers(len(other) + 1))
        return data[:a] + other[b:]
    if kind == 5:
        a, b = sorted(int(x) for x in random.integers(0, len(data), 2))
        return data[:a] + data[b:]
    return DAMAGES[int(random.integers(len(DAMAGES)))](data, random)


def _word_replaced(data: bytes, random: np.random.Generator) -> bytes:
    """Put another number, or another word of the text, in place of one."""
    pattern = _NUMBER if random.random() < 0.7 else _WORD
    start = int(random.integers(len(data)))
    found = pattern.search(data, start) or pattern.search(data)
    if found is None:
        return _word_written(data, random)
    new = _NUMBERS[int(random.integers(len(_NUMBERS)))]
    if pattern is _WORD and random.random() < 0.7:
        other = _WORD.search(data, int(random.integers(len(data))))
        new = other[0] if other else new
    if random.random() < 0.1:
        return data.replace(found[0], new)
    return data[: found.start()] + new + data[found.end() :]


def _word_written(data: bytes, random: np.random.Generator) -> bytes:
    """Write a number as machines keep it over some bytes."""
    place = int(random.integers(0, min(len(data), int(random.choice([64, 512, len(data)]))) - 3))
    if random.random() < 0.6:
        number = int(random.choice(_INTEGERS)) & 0xFFFFFFFF
        packed = number.to_bytes(4, "big" if random.random() < 0.3 else "little")
    else:
        packed = np.array(random.choice(_FLOATS), ">f4" if random.random() < 0.3 else "<f4").tobytes()
    return data[:place] + packed + data[place + 4 :]


def _inside_archive(data: bytes, others: Sequence[bytes], random: np.random.Generator) -> bytes:
    """Change one member of an archive and pack it again, so that its checksum is right."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = {name: archive.read(name) for name in archive.namelist()}
    except Exception:  # a damaged archive stays one
        return DAMAGES[1](data, random)
    if not members:
        return data
    name = list(members)[int(random.integers(len(members)))]
    chance = random.random()
    if chance < 0.1:
        del members[name]
    elif chance < 0.2:
        members[name] = members[list(members)[int(random.integers(len(members)))]]
    elif chance < 0.5:
        head, body = members[name][:128], members[name][128:]
        members[name] = _word_replaced(head, random) + body
    else:
        members[name] = _once(members[name].ljust(8, b"\0"), [*members.values(), *others], random)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for member, content in members.items():
            archive.writestr(member, content)
    return packed.getvalue()
