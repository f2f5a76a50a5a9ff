# SPDX-License-Identifier: Apache-2.0
"""Our ``.npz`` files are read by numpy and by Python's zipfile, and runs of zeros take no room in them."""

from __future__ import annotations

import io
import zipfile
from typing import Any

import numpy as np
import pytest

from inpose_core.system.array_files import npz_parts
from inpose_core.system.safe_files import read_arrays

_NOISE = np.random.default_rng(0).normal(size=(300, 66)).astype(np.float32)
_ARRAYS = {
    "noise": _NOISE,
    "every_second": _NOISE[::2, ::3],
    "columns_first": np.asfortranarray(_NOISE),
    "nothing": np.zeros((0, 2), np.bool_),
    "number": np.float64(60.0),
    "text": np.array("neutral"),
    "names": np.array(["pelvis", "äöü"]),
    "flags": np.arange(7) % 2 == 0,
    "zeros": np.zeros((40, 3, 3)),
}


@pytest.mark.parametrize("name", _ARRAYS)
def test_numpy_reads_each_array_as_it_was(name: str) -> None:
    with np.load(io.BytesIO(b"".join(npz_parts(_ARRAYS))), allow_pickle=False) as read:
        array = np.asarray(_ARRAYS[name])
        assert (read[name].shape, read[name].dtype) == (array.shape, array.dtype)
        np.testing.assert_array_equal(read[name], array)


def test_the_archive_has_right_checksums_and_no_other_members() -> None:
    with zipfile.ZipFile(io.BytesIO(b"".join(npz_parts(_ARRAYS)))) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == [f"{name}.npy" for name in _ARRAYS]


def test_zeros_take_no_room_and_noise_is_stored_as_it_is() -> None:
    padded = np.pad(_NOISE, ((0, 0), (0, 90)))
    size = sum(map(len, npz_parts({"poses": padded})))
    assert size < 1.03 * _NOISE.nbytes
    assert size < sum(map(len, npz_parts({"poses": _NOISE}))) + 1000


def test_the_same_arrays_give_the_same_file() -> None:
    assert b"".join(npz_parts(_ARRAYS)) == b"".join(npz_parts(_ARRAYS))


@pytest.mark.parametrize("name", ["read_array_header_1_0", "read_array"])
def test_a_header_is_parsed_again_if_another_thread_was_in_the_way(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Python 3.11 raises a SystemError then, about the depth of its recursion."""
    packed = b"".join(npz_parts({"noise": _NOISE}))
    real, fails = getattr(np.lib.format, name), iter((True, True, False))

    def parse(*arguments: Any, **named: Any) -> Any:
        if next(fails, False):
            raise SystemError("AST constructor recursion depth mismatch")
        return real(*arguments, **named)

    monkeypatch.setattr(np.lib.format, name, parse)
    np.testing.assert_array_equal(read_arrays(packed, ["noise"], most_bytes=1 << 20)["noise"], _NOISE)
    monkeypatch.setattr(np.lib.format, name, lambda *_, **__: (_ for _ in ()).throw(SystemError("always")))
    with pytest.raises(ValueError, match="damaged"):
        read_arrays(packed, ["noise"], most_bytes=1 << 20)
