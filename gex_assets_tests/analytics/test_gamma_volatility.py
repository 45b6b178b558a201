"""Which volatility gamma gets: the rule strike by strike, and the table and the calculator under the same quotes."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from gex_assets.analytics.gamma_volatility import GammaVolatility, Quotes, gamma_volatility
from gex_assets.chain.pricing.priced_chain import price_chain
from gex_assets.chain.reading import Options, Warnings
from gex_assets.kernels.pricing.black76 import IvStatus
from gex_assets.stages.silver.gex_chain import gex_chain
from gex_assets_tests.stages.made_up_day import DAY, MIDNIGHT, RATE, WINDOW, MadeUpDay, black76, forward_table, instrument, quote

Float = NDArray[np.float64]

T = 10 / 365
CALL_VOL, PUT_VOL = 0.20, 0.12
FEW = np.array([5_900.0, 5_950.0, 6_000.0, 6_050.0])
"""Too few strikes for a smile: gamma's volatility is a quote's own."""
MANY = np.arange(5_700.0, 6_301.0, 25.0)


def quotes_of(strikes: Float, F: Float, *, is_call: bool, half: float = 0.1) -> Quotes:
    """Quotes around one volatility of calls and another of puts, (windows, strikes)."""
    sigma = CALL_VOL if is_call else PUT_VOL
    fair = np.array([[black76(F=f, K=k, T=T, sigma=sigma, r=RATE, is_call=is_call) for k in strikes] for f in F])
    return Quotes(fair - half, fair + half)


def found_at(
    *forwards: float, strikes: Float = FEW, no_calls: Any = (), no_puts: Any = (), half: float = 0.1, **given: Any
) -> tuple[GammaVolatility, Float]:
    F = np.array(forwards)
    at = np.where(np.isnan(F), 6_000.0, F)
    call, put = (quotes_of(strikes, at, is_call=is_call, half=half) for is_call in (True, False))
    for quotes, missing in ((call, no_calls), (put, no_puts)):
        for side in quotes:
            side[:, np.isin(strikes, missing)] = np.nan
    found = gamma_volatility(call=call, put=put, F=F, K=strikes, T=np.full(F.size, T), r=RATE, **given)
    return found, found.used


BOTH = (CALL_VOL + PUT_VOL) / 2


@pytest.mark.parametrize(
    ("F", "expected"),
    [
        (5_970.0, [PUT_VOL, BOTH, BOTH, CALL_VOL]),
        (6_000.0, [PUT_VOL, PUT_VOL, BOTH, BOTH]),
        (5_999.99, [PUT_VOL, BOTH, BOTH, CALL_VOL]),
        (6_050.0, [PUT_VOL, PUT_VOL, PUT_VOL, BOTH]),
        (6_060.0, [PUT_VOL, PUT_VOL, PUT_VOL, BOTH]),
        (5_900.0, [BOTH, BOTH, CALL_VOL, CALL_VOL]),
        (5_890.0, [BOTH, CALL_VOL, CALL_VOL, CALL_VOL]),
    ],
    ids=["between", "at a strike", "just below a strike", "at the last", "above every", "at the first", "below every"],
)
def test_the_out_of_the_money_side_and_both_at_the_two_strikes_around(F: float, expected: list[float]) -> None:
    found, used = found_at(F)
    assert used[0] == pytest.approx(expected, abs=1e-9)
    assert (found.status == IvStatus.OK).all()
    assert found.own.all()
    assert found.joined[0].tolist() == [value == BOTH for value in expected]
    # volatility is nearly straight in the price over so narrow a quote
    assert (found.bid + found.ask)[0] / 2 == pytest.approx(expected, abs=2e-3)


def test_one_strike_alone_is_its_own_neighbour() -> None:
    for F in (5_990.0, 6_000.0, 6_010.0):
        _, used = found_at(F, strikes=np.array([6_000.0]))
        assert used == pytest.approx(BOTH, abs=1e-9)


def test_next_to_the_forward_one_side_is_enough() -> None:
    found, used = found_at(5_970.0, no_calls=[5_950.0, 6_000.0])
    assert used[0] == pytest.approx([PUT_VOL, PUT_VOL, PUT_VOL, CALL_VOL], abs=1e-9)
    assert found.own[0].tolist() == [True, True, False, True]
    assert found.joined[0].tolist() == [False, False, True, False]
    assert (found.status == IvStatus.OK).all()


def test_away_from_the_forward_the_other_side_does_not_stand_in() -> None:
    found, used = found_at(5_970.0, no_puts=[5_900.0], no_calls=[6_050.0])
    assert np.isnan(used[0]).tolist() == [True, False, False, True]
    assert (found.status[0] == IvStatus.OK).tolist() == [False, True, True, False]


def test_only_listed_strikes_are_next_to_the_forward() -> None:
    listed = np.array([[True, False, True, True]])
    found, used = found_at(5_970.0, listed=listed)
    assert found.joined[0].tolist() == [True, False, True, False]
    assert used[0] == pytest.approx([BOTH, PUT_VOL, BOTH, CALL_VOL], abs=1e-9)
    nobody, _ = found_at(5_970.0, listed=np.zeros((1, 4), dtype=np.bool_))
    assert not nobody.joined.any()


def test_a_mean_with_a_missing_bids_volatility_is_missing_there_alone() -> None:
    F = np.array([5_975.0])
    call, put = (quotes_of(FEW, F, is_call=is_call) for is_call in (True, False))
    # the in-the-money call at 5,950 with a bid below its intrinsic value, around the same midpoint
    moved = call.bid[0, 1] - 20.0
    call.bid[0, 1] -= moved
    call.ask[0, 1] += moved
    found = gamma_volatility(call=call, put=put, F=F, K=FEW, T=np.array([T]), r=RATE)
    assert np.isnan(found.bid[0]).tolist() == [False, True, False, False]
    assert found.mid[0, 1] == pytest.approx(BOTH, abs=1e-9)
    assert found.ask[0, 1] > found.mid[0, 1]


def test_the_smile_wins_where_there_is_one() -> None:
    found, used = found_at(6_010.0, strikes=MANY, no_calls=[6_100.0], no_puts=[6_100.0], half=20.0)
    assert not np.isnan(found.fit).any()
    np.testing.assert_array_equal(used, found.fit)
    hole = MANY == 6_100.0
    assert np.isnan(found.mid[0, hole]).all()
    assert found.status[0, hole] != IvStatus.OK
    assert used[0, hole] == pytest.approx(CALL_VOL, abs=0.03)


def test_windows_do_not_know_each_other_and_one_without_a_forward_has_no_answer() -> None:
    forwards = (5_970.0, np.nan, 6_060.0, 5_890.0)
    together, _ = found_at(*forwards)
    assert np.isnan(together.used[1]).all()
    assert (together.status[1] == IvStatus.BAD_INPUT).all()
    assert not (together.own[1] | together.joined[1]).any()
    for window, F in enumerate(forwards):
        alone, _ = found_at(F)
        for ours, own in zip(together, alone, strict=True):
            np.testing.assert_array_equal(ours[window], own[0])


@pytest.mark.parametrize("strikes", [MANY, FEW], ids=["smile", "own volatilities"])
@pytest.mark.parametrize("F", [6_010.0, 6_000.0, 6_500.0, 5_500.0], ids=["between", "at a strike", "above every", "below every"])
def test_the_table_and_the_calculator_give_the_same_quotes_the_same_gamma(strikes: Float, F: float) -> None:
    dice = np.random.default_rng(5)
    end, expiration = MIDNIGHT + WINDOW, MIDNIGHT + WINDOW + 10 * DAY
    day = MadeUpDay(ends=[end])
    for number, (strike, right) in enumerate((strike, right) for strike in strikes.tolist() for right in "CP"):
        day.instruments.append(instrument(number, strike=strike, right=right, ts_expiration=expiration, underlying="ESH6"))
        fair = black76(F=F, K=strike, T=T, sigma=0.15 + 0.02 * dice.random(), r=RATE, is_call=right == "C")
        if dice.random() < 0.1:
            day.quotes.append(quote(number, end, state="empty"))
        else:
            day.quotes.append(quote(number, end, bid=0.9 * fair + 0.01, ask=1.1 * fair + 0.02))
    columns = [
        (option["strike"], option["right"] == "C", book["bid_price"], book["ask_price"])
        for option, book in zip(day.instruments, day.quotes, strict=True)
    ]
    strike, is_call, bid, ask = (
        np.array(values, dtype=kind) for values, kind in zip(zip(*columns, strict=True), "d?dd", strict=True)
    )
    options = Options(
        strike=strike,
        is_call=is_call,
        entry=None,
        ts_expiration=np.full(strike.size, expiration),
        numbers={"bid": bid.astype(float), "ask": ask.astype(float), "open_interest": np.ones(strike.size)},
    )
    priced = price_chain(options, spot=F, multiplier=50.0, as_of_ns=end, rate=RATE, warnings=Warnings()).rows
    inputs = day.inputs
    (chain,) = gex_chain(
        day.groups(),
        instruments=inputs["instruments"],
        forward=[forward_table([{"ts_window_end": end, "ts_expiration": expiration, "forward": float(priced.forward[0])}])],
        statistics=inputs["statistics"],
        trades=inputs["trades"],
        product="ES",
        rate=RATE,
        open_ratio=0.5,
        expirations="front",
        tally=Counter(),
    )
    of_table = {name: chain[name].to_numpy() for name in ("strike", "gamma", "iv_bid", "iv_ask", "years")}
    place = np.searchsorted(of_table["strike"], strikes[priced.place])
    assert (~np.isnan(of_table["gamma"])).sum() > 1
    np.testing.assert_array_equal(priced.gamma, of_table["gamma"][place])
    for ours, name in ((priced.total_vol_bid, "iv_bid"), (priced.total_vol_ask, "iv_ask")):
        np.testing.assert_array_equal(ours, (of_table[name] * np.sqrt(of_table["years"]))[place])
