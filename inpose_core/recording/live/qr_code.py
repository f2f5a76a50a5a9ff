# SPDX-License-Identifier: Apache-2.0
"""Write a short text as a QR code (ISO/IEC 18004), so that a headset's camera reads the address of the page.

An address is short, so this is the part of the standard that it needs: bytes, error correction level M (a sixth of the
code may be unreadable), and the versions 1 to 6. A package would be one more thing to install for the animator.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from ...arrays import BoolArray, IndexArray

QUIET_ZONE: Final[int] = 4
"""Light modules that must surround a code, on each side."""
LONGEST_TEXT: Final[int] = 106
"""Bytes that fit into the largest version here."""
_BYTES_MODE: Final[int] = 0b0100
_PADDING: Final[tuple[int, int]] = (0xEC, 0x11)
_FIELD_POLYNOMIAL: Final[int] = 0x11D
_FORMAT_POLYNOMIAL: Final[int] = 0b10100110111
_FORMAT_MASK: Final[int] = 0b101010000010010
_FINDER: Final[int] = 7
_TIMING: Final[int] = 6
"""Row and column of the timing patterns."""
_FINDER_LIKE: Final[tuple[BoolArray, ...]] = tuple(
    np.array([digit == "1" for digit in digits]) for digits in ("10111010000", "00001011101")
)


@dataclass(frozen=True)
class _Version:
    """Hold what the standard says of a version at level M; its blocks are of equal length."""

    number: int
    data_bytes: int
    blocks: int
    check_bytes: int
    """Of each block."""

    @property
    def size(self) -> int:
        return 17 + 4 * self.number

    @property
    def room(self) -> int:
        """Return how many bytes of text fit: mode and length take 12 bits."""
        return self.data_bytes - 2


_VERSIONS: Final[tuple[_Version, ...]] = (
    _Version(1, 16, 1, 10),
    _Version(2, 28, 1, 16),
    _Version(3, 44, 1, 26),
    _Version(4, 64, 2, 18),
    _Version(5, 86, 2, 24),
    _Version(6, 108, 4, 16),
)

_MASKS: Final[tuple[Callable[[IndexArray, IndexArray], IndexArray], ...]] = (
    lambda row, column: (row + column) % 2,
    lambda row, column: row % 2 + 0 * column,
    lambda row, column: column % 3 + 0 * row,
    lambda row, column: (row + column) % 3,
    lambda row, column: (row // 2 + column // 3) % 2,
    lambda row, column: row * column % 2 + row * column % 3,
    lambda row, column: (row * column % 2 + row * column % 3) % 2,
    lambda row, column: ((row + column) % 2 + row * column % 3) % 2,
)
"""A module is turned over where its mask is 0."""


def qr_code(text: str) -> BoolArray:
    """Return the modules of the code of a text, (size, size): True is dark. The quiet zone is not in it.

    Raises:
        ValueError: the text is longer than `LONGEST_TEXT` bytes.
    """
    data = text.encode()
    version = next((each for each in _VERSIONS if len(data) <= each.room), None)
    if version is None:
        raise ValueError(f"a QR code holds {LONGEST_TEXT} bytes here, not {len(data)}")
    modules, is_fixed = _fixed_patterns(version)
    modules[_way(is_fixed)] = _bits_of(_codewords(data, version), int((~is_fixed).sum()))
    return min((_masked(modules, is_fixed, mask) for mask in range(len(_MASKS))), key=_penalty)


def with_quiet_zone(code: BoolArray) -> BoolArray:
    """Return a code with the light border without which no camera finds it."""
    return np.pad(code, QUIET_ZONE)


def _codewords(data: bytes, version: _Version) -> list[int]:
    """Return the bytes of the code: the text in blocks, and what corrects errors in each block."""
    bits = f"{_BYTES_MODE:04b}{len(data):08b}" + "".join(f"{byte:08b}" for byte in data) + "0000"
    words = [int(bits[at : at + 8], 2) for at in range(0, len(bits), 8)]
    words += [_PADDING[index % 2] for index in range(version.data_bytes - len(words))]
    blocks = np.array(words).reshape(version.blocks, -1)
    checks = np.array([_check_bytes(block.tolist(), version.check_bytes) for block in blocks])
    return [*blocks.T.ravel().tolist(), *checks.T.ravel().tolist()]  # the blocks take turns


def _powers() -> tuple[list[int], list[int]]:
    """Return the powers of 2 in the field of 256 elements, and the logarithms of its elements."""
    powers, logarithms, value = [], [0] * 256, 1
    for exponent in range(255):
        powers.append(value)
        logarithms[value] = exponent
        value <<= 1
        if value > 255:
            value ^= _FIELD_POLYNOMIAL
    return powers, logarithms


_POWERS, _LOGARITHMS = _powers()


def _product(one: int, other: int) -> int:
    return _POWERS[(_LOGARITHMS[one] + _LOGARITHMS[other]) % 255] if one and other else 0


def _check_bytes(block: Sequence[int], count: int) -> list[int]:
    """Return the Reed-Solomon bytes of a block: the rest of its division by (x - 1)(x - 2)(x - 4)..."""
    generator = [1]  # the highest power first
    for exponent in range(count):
        lower = [_product(each, _POWERS[exponent]) for each in generator]
        generator = [one ^ other for one, other in zip([*generator, 0], [0, *lower], strict=True)]
    rest = [*block, *[0] * count]
    for index in range(len(block)):
        factor = rest[index]
        for place, each in enumerate(generator):
            rest[index + place] ^= _product(each, factor)
    return rest[len(block) :]


def _bits_of(words: Sequence[int], count: int) -> BoolArray:
    """Return the bits of bytes; the modules that are left over are 0."""
    bits = np.unpackbits(np.array(words, dtype=np.uint8)).astype(bool)
    return np.pad(bits, (0, count - len(bits)))


def _fixed_patterns(version: _Version) -> tuple[BoolArray, BoolArray]:
    """Return the modules with the patterns that every code of a version has, and which modules those are."""
    size = version.size
    modules, is_fixed = np.zeros((2, size, size), dtype=bool)
    modules[_TIMING, ::2] = modules[::2, _TIMING] = True
    is_fixed[_TIMING] = is_fixed[:, _TIMING] = True
    for row, column in ((0, 0), (0, size - _FINDER), (size - _FINDER, 0)):
        around = slice(max(0, row - 1), row + _FINDER + 1), slice(max(0, column - 1), column + _FINDER + 1)
        modules[around], is_fixed[around] = False, True
        modules[row : row + _FINDER, column : column + _FINDER] = _rings(_FINDER)
    for along in (slice(0, 9), slice(size - 8, size)):  # beside the finders: the format, and one dark module
        is_fixed[8, along] = is_fixed[along, 8] = True
    if version.number > 1:
        place = slice(size - 9, size - 4)
        modules[place, place], is_fixed[place, place] = _rings(5), True
    return modules, is_fixed


def _rings(size: int) -> BoolArray:
    """Return a square with a dark border, a light ring, and a dark middle."""
    away = np.abs(np.arange(size) - size // 2)
    return np.maximum(away[:, None], away) != size // 2 - 1


def _way(is_fixed: BoolArray) -> tuple[IndexArray, IndexArray]:
    """Return rows and columns of the other modules, in the order of the bits: up and down in pairs of columns."""
    size = len(is_fixed)
    rights = [right if right > _TIMING else right - 1 for right in range(size - 1, 0, -2)]
    places = [
        (row, column)
        for turn, right in enumerate(rights)
        for row in (range(size) if turn % 2 else range(size - 1, -1, -1))
        for column in (right, right - 1)
        if not is_fixed[row, column]
    ]
    rows, columns = np.array(places).T
    return rows, columns


def _masked(modules: BoolArray, is_fixed: BoolArray, mask: int) -> BoolArray:
    """Return the code under one of the masks, which break up large areas; the format tells which one it is."""
    size = len(modules)
    rows, columns = np.indices((size, size))
    found: BoolArray = modules ^ ((_MASKS[mask](rows, columns) == 0) & ~is_fixed)
    bits = _format_bits(mask)
    found[[*range(6), 7, 8], 8] = bits[:8]
    found[8, [7, *range(5, -1, -1)]] = bits[8:]
    found[8, size - 1 - np.arange(8)] = bits[:8]
    found[size - 7 + np.arange(7), 8] = bits[8:]
    found[size - 8, 8] = True
    return found


def _format_bits(mask: int) -> BoolArray:
    """Return the 15 bits of level M (00) and the mask, the lowest first."""
    rest = mask << 10
    for bit in range(4, -1, -1):
        if rest >> (bit + 10) & 1:
            rest ^= _FORMAT_POLYNOMIAL << bit
    bits = ((mask << 10) | rest) ^ _FORMAT_MASK
    return np.array([bits >> index & 1 for index in range(15)], dtype=bool)


def _penalty(code: BoolArray) -> int:
    """Return how hard a code is to read, as the standard counts it: runs, squares, false finders, unevenness."""
    total = 0
    for lines in (code, code.T):
        for line in lines:
            edges = np.flatnonzero(np.diff(line)) + 1
            lengths = np.diff([0, *edges, len(line)])
            total += int((lengths[lengths >= 5] - 2).sum())
            windows = np.lib.stride_tricks.sliding_window_view(line, len(_FINDER_LIKE[0]))
            total += 40 * sum(int((windows == pattern).all(axis=1).sum()) for pattern in _FINDER_LIKE)
    same = (code[1:] == code[:-1])[:, 1:] & (code[:, 1:] == code[:, :-1])[1:] & (code[1:, :-1] == code[:-1, :-1])
    same &= code[1:, 1:] == code[:-1, 1:]
    return total + 3 * int(same.sum()) + 10 * int(abs(code.mean() - 0.5) / 0.05)
