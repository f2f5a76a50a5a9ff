# SPDX-License-Identifier: Apache-2.0
"""The public names are there, and an editor or a console that completes them finds them."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module

import pytest


@pytest.mark.parametrize("package", ["inpose_core", "inpose_core.recording"])
def test_public_names_exist_and_are_listed_before_they_are_loaded(package: str) -> None:
    module = import_module(package)
    assert all(hasattr(module, name) for name in module.__all__)
    looks = f"import {package} as m, sys; print(set(m.__all__) <= set(dir(m)), 'numpy' in sys.modules)"
    told = subprocess.run([sys.executable, "-c", looks], capture_output=True, text=True, check=True).stdout
    assert told.split() == ["True", "False"]
    with pytest.raises(AttributeError, match="no_such_name"):
        module.no_such_name  # noqa: B018 (the access is the test)
