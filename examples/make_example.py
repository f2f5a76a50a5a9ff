# SPDX-License-Identifier: Apache-2.0
"""Write the example recording again: ``python examples/make_example.py``."""

from pathlib import Path

from inpose_core.demo.example import write_example

if __name__ == "__main__":
    write_example(Path(__file__).with_name("walk_wave_crouch.csv"))
