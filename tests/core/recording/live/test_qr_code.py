# SPDX-License-Identifier: Apache-2.0
"""Compare QR codes with codes of another program, and read them back; tests/web reads them with a decoder."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inpose_core.arrays import BoolArray
from inpose_core.recording.live import qr_code as qr
from inpose_core.recording.live.qr_code import LONGEST_TEXT, qr_code, with_quiet_zone

URL = "https://192.168.178.23:8443/q3Zr-0_Xb1Yk/"
# Of the Python package qrcode 8.2, for level M and the mask that it has in common with ours.
CODE_OF_URL = """
#######..####...##.#..#######
#.....#..##.##.#.##.#.#.....#
#.###.#.#..#...#..##..#.###.#
#.###.#.#.####..###.#.#.###.#
#.###.#.##.##.####.#..#.###.#
#.....#.####...##.#...#.....#
#######.#.#.#.#.#.#.#.#######
........#...#.#.#.##.........
#.#####..#.##.#.###.#.#####..
..#.##.#..#######..#..#.#...#
..###.#.##.##..#.....#.......
#.####.##.#.#.##..###..#.#.#.
####.##.....########.#...##..
.#.#......#.##.....#..#.#...#
..#..####.####.##........##..
..#.##...#.#..###.#..##.#..#.
..##..##...###...#####.#.##..
##..#.....####.....#..#.#.#.#
#.#...##.#.#####.##.#####.#..
#....#.#.#.##.#....###.....#.
#..##.#.#.#.#..####.#####.###
........#.#.##..#####...#####
#######.....####.#.##.#.###..
#.....#.###.##......#...#....
#.###.#.#.....#.##..#####.###
#.###.#.##..#..##..#.#.#.####
#.###.#.##.######.#..##.####.
#.....#............##.###..#.
#######.###.#######..##.###..
"""
LONG_URL = "https://[2001:db8:85a3:8d3:1319:8a2e:370:7348]:65535/q3Zr-0_Xb1Yk/"
CODE_OF_LONG_URL = (
    "fe5a8423fc13e97ed06eb8a146bb7541c385dbaf3df2aec178a24907faaaaaafe012acd300be2095b3e2aa897723a2b3fc0477c3de7e08"
    "1165dd9531a6d119f68a2a148bdf270d0234f153683fabbb4b5c0f41aad60214c7a2b50b0293b08e94aa04082bf2292ced307721b0ecf2"
    "b206f794ffacc6fb7ae32b97fd06df016e7d068b643f95fa807109d46bf9eea92ab05810131ababf2e5fbdd56c21946ea79a0d1f04410d"
    "559fedae8f6b80"
)


def test_the_code_of_an_address_is_that_of_another_program() -> None:
    wanted = np.array([[module == "#" for module in row] for row in CODE_OF_URL.split()])
    assert (qr_code(URL) == wanted).all()


def test_a_code_of_several_blocks_is_that_of_another_program() -> None:
    code = qr_code(LONG_URL)
    assert len(code) == 37
    assert np.packbits(code).tobytes().hex() == CODE_OF_LONG_URL


def read_back(code: BoolArray) -> str:
    """Read a code without errors: the mask from the format, then the bytes of the blocks that take turns."""
    version = qr._VERSIONS[(len(code) - 21) // 4]
    _, is_fixed = qr._fixed_patterns(version)
    format_bits = code[8, len(code) - 1 - np.arange(8)].tolist() + code[len(code) - 7 + np.arange(7), 8].tolist()
    number = sum(bit << index for index, bit in enumerate(format_bits)) ^ 0b101010000010010
    assert number >> 13 == 0, "level M"
    rows, columns = qr._way(is_fixed)
    bits = code[rows, columns] ^ (qr._MASKS[number >> 10 & 7](rows, columns) == 0)
    words = np.packbits(bits[: len(bits) // 8 * 8])
    blocks = words[: version.data_bytes].reshape(-1, version.blocks).T.ravel()
    stream = "".join(f"{word:08b}" for word in blocks)
    count = int(stream[4:12], 2)
    return bytes(int(stream[12 + 8 * index : 20 + 8 * index], 2) for index in range(count)).decode()


@given(st.text(st.characters(codec="ascii"), min_size=1, max_size=LONGEST_TEXT))
@settings(max_examples=25, deadline=None)
def test_a_code_holds_its_text(text: str) -> None:
    assert read_back(qr_code(text)) == text


@given(st.lists(st.integers(0, 255), min_size=1, max_size=44), st.sampled_from([10, 16, 18, 24, 26]))
@settings(max_examples=50, deadline=None)
def test_the_check_bytes_make_every_root_vanish(block: list[int], count: int) -> None:
    whole = [*block, *qr._check_bytes(block, count)]
    for exponent in range(count):
        value = 0
        for each in whole:
            value = qr._product(value, qr._POWERS[exponent]) ^ each
        assert value == 0


def test_a_text_that_is_too_long_is_refused() -> None:
    assert qr_code("x" * LONGEST_TEXT).shape == (41, 41)
    with pytest.raises(ValueError, match="107"):
        qr_code("x" * (LONGEST_TEXT + 1))


def test_the_quiet_zone_is_light_on_each_side() -> None:
    bordered = with_quiet_zone(qr_code(URL))
    assert bordered.shape == (37, 37)
    assert not bordered[:4].any()
    assert not bordered[:, -4:].any()
