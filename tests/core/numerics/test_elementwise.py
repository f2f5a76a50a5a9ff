# SPDX-License-Identifier: Apache-2.0
import math

import numpy as np
import pytest
from numpy.typing import NDArray

from inpose_core.numerics import elementwise

Floats = NDArray[np.float32]


def _normal(*shape: int, scale: float = 1.0, seed: int = 0) -> Floats:
    return scale * np.random.default_rng(seed).standard_normal(shape, dtype=np.float32)


def test_layer_norm_has_mean_0_and_variance_1() -> None:
    x = _normal(3, 32, 288, scale=3.0) + 5.0
    normed = elementwise.layer_norm(x)
    assert normed.dtype == np.float32
    np.testing.assert_allclose(normed.mean(axis=-1), 0.0, atol=1e-6)
    np.testing.assert_allclose(normed.var(axis=-1), 1.0, atol=1e-5)


def test_layer_norm_scales_and_shifts_and_leaves_its_argument_alone() -> None:
    x, scale, shift = _normal(3, 32, 288), _normal(3, 1, 288, seed=1), _normal(3, 1, 288, seed=2)
    kept = x.copy()
    np.testing.assert_allclose(
        elementwise.layer_norm(x, scale, shift), elementwise.layer_norm(x) * scale + shift, atol=1e-6
    )
    np.testing.assert_array_equal(x, kept)


def test_gelu_errs_by_less_than_a_millionth() -> None:
    x = np.linspace(-12, 12, 100_001, dtype=np.float32)
    wide = x.astype(np.float64)
    exact = 0.5 * wide * (1 + np.tanh(math.sqrt(2 / math.pi) * (wide + 0.044715 * wide**3)))
    assert np.abs(elementwise.gelu(x) - exact).max() < 1e-6
    np.testing.assert_array_equal(elementwise.gelu(np.array([-1e4, 1e4], np.float32)), [0.0, 1e4])


@pytest.mark.parametrize("axis", [-1, -2, 0])
@pytest.mark.parametrize("scale", [0.0, 1.0, 20.0, 1e4])
def test_softmax_is_that_of_float64_however_large_the_scores(scale: float, axis: int) -> None:
    x = _normal(4, 6, 32, 32, scale=scale)
    grown = np.exp(x.astype(np.float64) - x.max(axis=axis, keepdims=True))
    weights = elementwise.softmax(x, axis)
    assert weights.dtype == np.float32
    np.testing.assert_allclose(weights, grown / grown.sum(axis=axis, keepdims=True), atol=3e-7)


def test_softmax_takes_rows_far_from_each_other_and_none() -> None:
    x = np.array([[-500.0, -501.0], [500.0, 501.0], [-np.inf, 0.0]], np.float32)
    share = 1 / (1 + math.e)
    np.testing.assert_allclose(elementwise.softmax(x), [[1 - share, share], [share, 1 - share], [0.0, 1.0]], atol=1e-6)
    assert elementwise.softmax(np.empty((0, 4), np.float32)).shape == (0, 4)


def test_attention_and_rotation_are_those_of_torch() -> None:
    torch = pytest.importorskip("torch")
    qkv = _normal(5, 32, 3, 6, 48)
    query, key, value = qkv.transpose(2, 0, 3, 1, 4)
    attended = elementwise.attention(query, key, value)
    expected = torch.nn.functional.scaled_dot_product_attention(*(torch.tensor(part) for part in (query, key, value)))
    np.testing.assert_allclose(attended, expected.numpy(), atol=1e-6)
    # Joining the heads again is a view.
    assert attended.swapaxes(1, 2).reshape(5, 32, -1).base is not None


def test_rotation_turns_pairs() -> None:
    x = _normal(5, 6, 32, 48)
    angles = np.random.default_rng(1).uniform(-9, 9, (32, 24))
    turned = elementwise.rotate_pairs(x, np.cos(angles), np.sin(angles))
    even, odd = x[..., 0::2], x[..., 1::2]
    np.testing.assert_allclose(turned[..., 0::2], even * np.cos(angles) - odd * np.sin(angles), atol=1e-6)
    np.testing.assert_allclose(turned[..., 1::2], even * np.sin(angles) + odd * np.cos(angles), atol=1e-6)
    assert turned.dtype == np.float32


def test_layers_are_those_of_torch() -> None:
    torch = pytest.importorskip("torch")
    functional = torch.nn.functional
    x = _normal(5, 32, 288, scale=2.0)
    tensor = torch.tensor(x)
    for ours, theirs in (
        (elementwise.layer_norm(x), functional.layer_norm(tensor, (288,))),
        (elementwise.gelu(x), functional.gelu(tensor, approximate="tanh")),
        (elementwise.softmax(x), torch.softmax(tensor, dim=-1)),
    ):
        assert np.abs(ours - theirs.numpy()).max() < 2e-6
