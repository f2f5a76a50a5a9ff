# SPDX-License-Identifier: Apache-2.0
"""What is particular to Windows and macOS, with stand-ins for what those systems do."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from inpose_core.errors import OutputError
from inpose_core.solver.machine import device_name
from inpose_core.system import held_files, programs
from inpose_core.system.output import output_error, write_output
from inpose_core.system.programs import find_program, without_python_variables
from inpose_core.system.safe_files import open_file, read_bytes


def windows_says(number: int) -> PermissionError:
    """Return an error as Windows raises it."""
    error = PermissionError(13, "The process cannot access the file")
    error.winerror = number  # type: ignore[attr-defined]
    return error


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> Callable[[str, int, int], list[int]]:
    """Let a method of paths fail some times, as while a virus scanner looks at the file; return its calls."""
    monkeypatch.setattr(held_files, "_PAUSE_S", 0.001)

    def hold(method: str, number: int, times: int) -> list[int]:
        real, calls = getattr(Path, method), [0]

        def fail_first(self: Path, *arguments: object, **options: object) -> object:
            calls[0] += 1
            if calls[0] <= times:
                raise windows_says(number)
            return real(self, *arguments, **options)

        monkeypatch.setattr(Path, method, fail_first)
        return calls

    return hold


@pytest.mark.parametrize("number", [5, 32, 33])
def test_a_scanner_may_look_at_a_new_file_first(
    tmp_path: Path, held: Callable[[str, int, int], list[int]], number: int
) -> None:
    calls = held("replace", number, 3)
    write_output(tmp_path / "take.npz", [b"new"])
    assert calls == [4]
    assert [path.name for path in tmp_path.iterdir()] == ["take.npz"]


def test_what_stays_held_is_an_error_and_the_old_file_stays(
    tmp_path: Path, held: Callable[[str, int, int], list[int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "take.npz").write_bytes(b"old")
    monkeypatch.setattr(held_files, "_LONGEST_S", 0.02)
    held("replace", 32, 10**6)
    with pytest.raises(OutputError, match="cannot access the file"):
        write_output(tmp_path / "take.npz", [b"new"])
    assert (tmp_path / "take.npz").read_bytes() == b"old"
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize("number", [None, 2, 112])
def test_other_errors_are_told_at_once(number: int | None) -> None:
    calls = []

    def fail() -> None:
        calls.append(1)
        raise OSError(13, "no") if number is None else windows_says(number)

    with pytest.raises(OSError, match=r"no|cannot access"):
        held_files.once_free(fail)
    assert len(calls) == 1


def test_a_path_that_is_too_long_is_called_so() -> None:
    long = Path("C:/", *["a very long folder name"] * 12, "take.npz")
    for number in (3, 206):
        assert "no path so long" in output_error(long, windows_says(number)).message
    assert "no path so long" not in output_error(Path("take.npz"), windows_says(3)).message
    assert "no path so long" not in output_error(long, windows_says(5)).message


def test_a_folder_is_called_so_where_folders_cannot_be_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(IsADirectoryError, match="it is a folder"):
        open_file(tmp_path)
    with pytest.raises(PermissionError):
        open_file(tmp_path / "file")


def test_a_recording_that_is_held_for_a_moment_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "take.csv").write_bytes(b"time")
    real, calls = os.open, [0]

    def hold(*arguments: object) -> int:
        calls[0] += 1
        if calls[0] < 3:
            raise windows_says(32)
        return real(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(os, "open", hold)
    assert read_bytes(tmp_path / "take.csv", 100) == b"time"


def test_a_link_that_has_no_file_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Windows' store puts such python.exe on the search path; to look at one is an error of its own."""
    there = tmp_path / "there"
    there.mkdir()
    (there / "py").write_text("")
    (there / "py").chmod(0o755)
    real = Path.is_file

    def look(self: Path) -> bool:
        if "store" in self.parts:
            raise windows_says(1920)
        return real(self)

    monkeypatch.setattr(Path, "is_file", look)
    monkeypatch.setenv("PATH", os.pathsep.join((str(tmp_path / "store"), str(there))))
    assert find_program("py", "") == str(there / "py")


def test_a_python_of_macos_is_not_told_that_it_is_another() -> None:
    kept = without_python_variables([("__PYVENV_LAUNCHER__", "x"), ("PythonHome", "x"), ("PATH", "y"), ("TEMP", "z")])
    assert kept == {"PATH": "y", "TEMP": "z"}


def test_the_processor_is_named_without_asking_windows_service(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROCESSOR_IDENTIFIER", "AMD64 Family 25")
    monkeypatch.setattr("platform.processor", lambda: pytest.fail("this may take seconds"))
    assert device_name("cpu") == "AMD64 Family 25"


def test_no_program_opens_a_console() -> None:
    """Every place that starts a program says so."""
    core = Path(programs.__file__).parents[1]
    starts = ("subprocess.run(", "subprocess.Popen(")
    for file in (*core.rglob("*.py"), *core.with_name("inpose_blender").rglob("*.py")):
        text = file.read_text(encoding="utf-8")
        if any(start in text for start in starts) and not {"evaluation", "training"} & set(file.parts):
            assert "creationflags=NO_WINDOW" in text, file
