# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

from inpose_core.numerics import products


@pytest.fixture(params=[True, False], ids=["operator", "einsum"])
def fast_operator(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> bool:
    monkeypatch.setattr(products, "multiplies_fast", lambda: request.param)
    return bool(request.param)


@pytest.mark.parametrize("shape", [(288,), (7, 288), (5, 32, 288), (0, 32, 288)])
def test_linear_is_the_product_and_the_bias_either_way(fast_operator: bool, shape: tuple[int, ...]) -> None:
    random = np.random.default_rng(0)
    x = random.standard_normal(shape, dtype=np.float32)
    weight, bias = random.standard_normal((40, 288), dtype=np.float32), random.standard_normal(40, dtype=np.float32)
    kept = x.copy()
    product = products.linear(x, weight, bias)
    exact = x.astype(np.float64) @ weight.astype(np.float64).T + bias
    assert product.dtype == np.float32
    assert product.shape == (*shape[:-1], 40)
    np.testing.assert_allclose(product, exact, atol=5e-5)
    np.testing.assert_array_equal(x, kept)
    np.testing.assert_allclose(products.linear(x, weight), exact - bias, atol=5e-5)


def test_linear_takes_what_does_not_lie_in_one_piece(fast_operator: bool) -> None:
    x = np.random.default_rng(1).standard_normal((6, 288, 4), dtype=np.float32).swapaxes(1, 2)[:, ::2]
    weight = np.random.default_rng(2).standard_normal((10, 288), dtype=np.float32)
    exact = x.astype(np.float64) @ weight.astype(np.float64).T
    np.testing.assert_allclose(products.linear(x, weight), exact, atol=5e-5)


def test_the_faster_way_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    """The clock is a stand-in: each round reads it before, between and after the two ways."""

    def probe(seconds: list[tuple[float, float]]) -> bool:
        now, times = 0.0, []
        for by_operator, by_rows in seconds:
            times += [now, now + by_operator, now + by_operator + by_rows]
            now = times[-1]
        monkeypatch.setattr(products, "perf_counter", iter(times).__next__)
        products.multiplies_fast.cache_clear()
        return products.multiplies_fast()

    try:
        assert probe([(1.0, 5.0), (1.0, 5.0), (1.0, 5.0)])
        assert not probe([(5.0, 1.0), (5.0, 1.0), (5.0, 1.0)])
        # Another process had the core in two rounds of three, of either.
        assert probe([(90.0, 5.0), (1.0, 5.0), (80.0, 5.0)])
        assert not probe([(5.0, 90.0), (5.0, 80.0), (5.0, 1.0)])
    finally:
        products.multiplies_fast.cache_clear()


def test_the_way_taken_is_no_slower_than_the_other() -> None:
    """Where the probe had chosen wrongly, the way it took would be several times as slow."""
    x, weight = np.ones((512, 288), np.float32), np.ones((288, 288), np.float32)
    taken = min(_seconds(lambda: products.linear(x, weight)) for _ in range(7))
    others = [lambda: x @ weight.T, lambda: np.einsum("ij,kj->ik", x, weight)]
    fastest = min(min(_seconds(way) for _ in range(7)) for way in others)
    assert taken < 2.5 * fastest


def _seconds(call: object) -> float:
    start = products.perf_counter()
    call()  # type: ignore[operator]
    return products.perf_counter() - start
