# SPDX-License-Identifier: Apache-2.0
"""Read lines whose length nobody can trust."""

from __future__ import annotations

import io

from hypothesis import given
from hypothesis import strategies as st

from inpose_core.system.lines import bounded_lines


@given(st.lists(st.text("ab", max_size=12), max_size=6), st.integers(1, 8))
def test_each_line_comes_once_and_not_longer_than_allowed(lines: list[str], most: int) -> None:
    whole = [f"{line}\n" for line in lines]
    found = list(bounded_lines(io.StringIO("".join(whole)), most))
    assert found == [line[:most] for line in whole]
