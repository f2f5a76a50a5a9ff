# SPDX-License-Identifier: GPL-3.0-or-later
"""A few disturbances of each kind that hurts most; `make chaos` goes on for ten minutes."""

from __future__ import annotations

import random
import sys

import pytest

from tests.chaos.commands import COMMANDS
from tests.chaos.events import EVENTS
from tests.chaos.trial import run_trial

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks for processes as Linux lists them")


@pytest.mark.parametrize("name", ["killed", "asked to end"])
def test_a_disturbed_batch_leaves_what_it_must(name: str) -> None:
    (event,) = (each for each in EVENTS if each.name == name)
    assert run_trial(COMMANDS[0], event, random.Random(1)) == []


@pytest.mark.slow
@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.name)
@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_every_disturbance_of_every_command(command, event) -> None:
    assert run_trial(command, event, random.Random(2)) == []
