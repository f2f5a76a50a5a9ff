# SPDX-License-Identifier: Apache-2.0
import platform
import subprocess
import sys

import pytest

_COUNT_PAGES = """
import resource, sys
import numpy as np
from inpose_core.numerics.memory import keep_freed_memory
if sys.argv[1] == "keep":
    keep_freed_memory()
def faults_of(rounds):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(rounds):
        a = np.ones(500_000, np.float32)
        b = a * 2
        c = b * a
        del a, b, c
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before
faults_of(3)
print(faults_of(20))
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="other C libraries have other rules")
def test_freed_arrays_are_taken_again_instead_of_new_pages() -> None:
    kept, given_back = (
        int(subprocess.run([sys.executable, "-c", _COUNT_PAGES, how], check=True, capture_output=True).stdout)
        for how in ("keep", "leave")
    )
    # An array is 500 pages.
    assert kept < 100 < given_back
