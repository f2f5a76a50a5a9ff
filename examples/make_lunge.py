# SPDX-License-Identifier: Apache-2.0
"""Write the recording of a lunge again: ``python examples/make_lunge.py``."""

from pathlib import Path

from inpose_core.demo.lunge import write_lunge

if __name__ == "__main__":
    write_lunge(Path(__file__).with_name("lunge.csv"))
