# SPDX-License-Identifier: Apache-2.0
import contextlib
import io

import pytest

from inpose_core.commands.progress import ProgressBar


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_each_percent_is_drawn_once_over_the_one_before() -> None:
    with contextlib.redirect_stderr(terminal := Terminal()), ProgressBar("Solving", quiet=False) as bar:
        for fraction in (0.0, 0.501, 0.502, 1.7):
            bar.update(fraction)
    first, *drawn = terminal.getvalue().split("\r")
    assert first == ""
    assert [line.split("] ")[1] for line in drawn] == ["  0 %", " 50 %", "100 %\n"]
    assert len({len(line.rstrip("\n")) for line in drawn}) == 1


def test_an_error_leaves_the_bar_where_it_was() -> None:
    terminal = Terminal()
    with contextlib.redirect_stderr(terminal), pytest.raises(ZeroDivisionError), ProgressBar("Solving", quiet=False):
        raise ZeroDivisionError
    assert terminal.getvalue().endswith("  0 %\n")


@pytest.mark.parametrize(("stream", "quiet"), [(io.StringIO, False), (Terminal, True)])
def test_files_and_the_quiet_see_nothing(stream: type[io.StringIO], quiet: bool) -> None:
    with contextlib.redirect_stderr(seen := stream()), ProgressBar("Solving", quiet=quiet) as bar:
        bar.update(0.5)
    assert seen.getvalue() == ""
