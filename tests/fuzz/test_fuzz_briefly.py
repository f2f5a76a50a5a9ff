# SPDX-License-Identifier: Apache-2.0
"""Fuzz every reader for a moment: `make fuzz` does it for ten minutes."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.fuzz.corpus import make_corpus
from tests.fuzz.fuzz import fuzz
from tests.fuzz.targets import TARGETS

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="measures memory as Linux does")


def test_the_corpus_has_inputs_for_every_reader() -> None:
    corpus = make_corpus()
    assert corpus.keys() == TARGETS.keys()
    assert all(corpus.values())


@pytest.mark.timeout(280)
def test_a_thousand_changed_inputs_are_read_or_refused(tmp_path: Path) -> None:
    report = fuzz(240, seed=1, findings=tmp_path, most_inputs=1000)
    assert report.findings == []
    assert report.inputs >= 1000
    assert min(report.read, report.refused) > 50, "changes that always or never matter test nothing"
    assert report.answers > 40


def test_what_breaks_a_reader_is_found_and_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from tests.fuzz import fuzz as module  # noqa: PLC0415 (its names are replaced)

    inputs = tmp_path / "inputs"
    inputs.mkdir()
    child = module._Child(inputs, 0)

    def break_down(path: Path) -> None:
        raise KeyError(path.name)

    child.targets = {**child.targets, "osc": (break_down, "packet.bin")}
    child.read("osc", b"what breaks it")
    assert len(child.report.findings) == 1
    [kept] = (tmp_path / "findings").glob("*.bin")
    assert kept.read_bytes() == b"what breaks it"
    assert "KeyError" in kept.with_suffix(".txt").read_text()
    monkeypatch.setattr(module, "MOST_MEGABYTES", 1.0)
    child.read("skeleton", b"{}")
    assert "MB" in child.report.findings[1]
