from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from gex_assets.chain.pricing.strike_ladder import StrikeLadder
from gex_assets.chain.pricing.volatilities import forwards, ladder_quotes, one_of_both, strike_volatility
from gex_assets.kernels.pricing import black76

NAN = np.nan
STRIKE = np.repeat([90.0, 95.0, 100.0, 105.0, 110.0], 2)
IS_CALL = np.tile([True, False], 5)


def ladder(*, series: Any = None, strike: Any = STRIKE, is_call: Any = IS_CALL) -> StrikeLadder:
    return StrikeLadder.of(
        strike=np.asarray(strike, dtype=float),
        is_call=np.asarray(is_call),
        series=np.zeros(len(strike), dtype=np.int64) if series is None else np.asarray(series),
    )


def test_calls_and_puts_stand_side_by_side() -> None:
    made = ladder(strike=[95, 95, 100, 95, 95, 95], is_call=[True, False, True, True, True, False], series=[0, 0, 0, 1, 1, 1])
    assert made.first.tolist() == [0, 2, 3]
    assert made.strike.tolist() == [95.0, 100.0, 95.0]
    assert made.place.tolist() == [0, 0, 1, 2, 2, 2]
    calls, puts = made.sides(np.array([1.0, 2.0, 3.0, NAN, 5.0, 6.0]))
    assert calls.tolist() == [1.0, 3.0, 5.0], "of two calls the first that is known"
    np.testing.assert_array_equal(puts, [2.0, NAN, 6.0])
    np.testing.assert_array_equal(made.of_other_right(np.array([1.0, 2.0, 3.0, 4.0, 5.0, 6.0])), [2.0, 1.0, NAN, 6.0, 6.0, 4.0])


def test_a_ladder_of_nothing_is_empty() -> None:
    made = ladder(strike=[], is_call=np.array([], dtype=bool))
    assert (made.first.tolist(), made.strike.size, made.slices) == ([0], 0, [])


@pytest.mark.parametrize(
    ("forward", "expected"),
    [
        (101.0, [0.2, 0.22, 0.27, 0.28, 0.3]),
        (100.0, [0.2, 0.22, 0.27, 0.28, 0.3]),
        (99.9, [0.2, 0.25, 0.27, 0.26, 0.3]),
        (89.0, [0.25, 0.28, 0.3, 0.26, 0.3]),
        (111.0, [0.2, 0.22, 0.24, 0.3, 0.3]),
    ],
)
def test_a_strike_has_the_volatility_of_its_out_of_the_money_side_and_the_mean_next_to_the_forward(
    forward: float, expected: list[float]
) -> None:
    """Calls .30 .28 .30 .26 .30, puts .20 .22 .24 .30 and none: the last strike always has the call's."""
    values = np.array([0.30, 0.20, 0.28, 0.22, 0.30, 0.24, 0.26, 0.30, 0.30, NAN])
    assert one_of_both(ladder(), values, forward=np.array([forward])) == pytest.approx(expected)


def test_the_side_that_has_none_takes_the_others() -> None:
    values = np.array([0.3, NAN, NAN, 0.2, 0.31, NAN, NAN, 0.19, NAN, NAN])
    np.testing.assert_allclose(
        one_of_both(ladder(), values, forward=np.array([102.0])), [0.3, 0.2, 0.31, 0.19, NAN], equal_nan=True
    )


def made_quotes(sigma: float, *, forward: float, half: float = 0.001, years: float = 0.1) -> tuple[Any, Any]:
    price = black76.price(F=forward, K=STRIKE, T=years, sigma=sigma, r=0.03, is_call=IS_CALL)
    return price - half, price + half


def test_forward_and_volatility_come_from_quotes_and_gaps_from_what_is_published() -> None:
    bid, ask = made_quotes(0.2, forward=101.0)
    bid[STRIKE == 110.0] = 0.0
    made = ladder()
    quotes = ladder_quotes(made, bid=bid, ask=ask)
    years = np.array([0.1])
    few = forwards(made, quotes, years=years, spot=100.0, rate=0.03)
    assert (few.pairs.tolist(), few.forward.tolist()) == ([0], [100.0]), "four pairs are no forward"
    market: dict[str, Any] = {"forward": np.array([101.0]), "years": years, "rate": 0.03}
    found = strike_volatility(made, quotes=quotes, published=np.full(10, 0.5), quotes_first=np.array([True]), **market)
    assert found.used / np.sqrt(0.1) == pytest.approx([0.2, 0.2, 0.2, 0.2, 0.5], rel=1e-3)
    assert found.by_quotes.tolist() == [True] * 4 + [False]
    assert np.isnan(found.bid).tolist() == [False] * 4 + [True]
    behind = strike_volatility(
        made, quotes=quotes, published=np.where(STRIKE == 95.0, NAN, 0.5), quotes_first=np.array([False]), **market
    )
    assert behind.used / np.sqrt(0.1) == pytest.approx([0.5, 0.2, 0.5, 0.5, 0.5], rel=1e-3)
    alone = strike_volatility(made, quotes=quotes, published=None, quotes_first=np.array([True]), **market)
    np.testing.assert_array_equal(np.isnan(alone.used), [False] * 4 + [True])
    assert alone.repriced[-1] == alone.used[-2]


def test_five_pairs_give_a_forward() -> None:
    bid, ask = made_quotes(0.2, forward=101.0)
    made = ladder()
    found = forwards(made, ladder_quotes(made, bid=bid, ask=ask), years=np.array([0.1]), spot=100.0, rate=0.03)
    assert found.forward == pytest.approx([101.0], abs=1e-6)
    assert found.by_quotes.tolist() == [True]
    none = forwards(made, None, years=np.array([0.1]), spot=100.0, rate=0.03)
    assert (none.forward.tolist(), none.by_quotes.tolist()) == ([100.0], [False])
