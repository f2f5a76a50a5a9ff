# SPDX-License-Identifier: GPL-3.0-or-later
"""Disturb running commands: kill, stop, fill and starve at random: ``python -m tests.chaos --seconds 600``.

The commands are a batch of takes (`inpose batch`) and a headless bake (`headless.py`, where bpy is). Prints how many
events there were of each kind, and every fault; the exit code is 0 only without faults.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from collections import Counter

from tests.chaos.commands import COMMANDS
from tests.chaos.events import EVENTS
from tests.chaos.trial import run_trial


def main() -> int:
    """Run trials until the time is up."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    draws, until_s = random.Random(options.seed), time.monotonic() + options.seconds
    counted: Counter[str] = Counter()
    faults: list[str] = []
    while time.monotonic() < until_s:
        command, event = draws.choice(COMMANDS), draws.choice(EVENTS)
        found = run_trial(command, event, draws)
        counted[f"{command.name}: {event.name}"] += 1
        faults += [f"{command.name}: {event.name}: {fault}" for fault in found]
        for fault in found:
            print(f"{command.name}: {event.name}: {fault}", file=sys.stderr, flush=True)
    print(json.dumps({"events": sum(counted.values()), "of each kind": dict(counted), "faults": faults}, indent=1))
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
