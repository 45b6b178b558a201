"""The settlements' chain gives back the smile and the forward that they were made of, and says what it leaves out."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from gex_assets_tests.stages.made_up_day import DAY, MIDNIGHT
from gex_assets_tests.stages.premarket.made_up_settlements import (
    ODTE,
    QUARTERLY,
    SESSION,
    SETTLED,
    TICK,
    YEAR,
    Evening,
    F,
    gamma,
    smile,
    usual,
)
from gex_assets_tests.stages.premarket.priced_evenings import chain_of, column


def test_the_forward_is_the_true_one_within_its_error() -> None:
    chain = chain_of(usual())
    assert np.all(np.abs(chain.forward - F) < 4 * chain.forward_error)
    assert np.all(chain.forward_error < TICK / 4)


def test_volatilities_near_the_money_are_the_smiles_within_what_a_tick_hides() -> None:
    chain = chain_of(usual())
    strike, expires = column(chain, "strike"), column(chain, "ts_expiration")
    for row in range(strike.size):
        T = (int(expires[row]) - SETTLED) / YEAR
        if abs(np.log(strike[row] / F)) > 2 * 0.15 * np.sqrt(T):
            continue
        low, middle, high = (column(chain, name)[row] for name in ("iv_bid", "iv_mid", "iv_ask"))
        assert low < middle < high
        assert abs(smile(strike[row], T) - middle) < 1.2 * (high - low) / 2


def test_gamma_is_that_of_the_opening_with_the_settlements_volatility() -> None:
    chain = chain_of(usual())
    place = int(np.flatnonzero((column(chain, "strike") == 6_900.0) & (column(chain, "ts_expiration") == ODTE))[0])
    left = (ODTE - SESSION.open_ns) / YEAR
    sigma = column(chain, "iv_mid")[place]
    true = gamma(forward=chain.forward[place], strike=6_900.0, years=left, sigma=sigma)
    assert column(chain, "gamma")[place] == pytest.approx(true, rel=1e-9)
    assert column(chain, "years")[place] == left


def test_near_settlements_are_priced_again_within_a_tick() -> None:
    misses = chain_of(usual()).misses
    known = misses[~np.isnan(misses)]
    assert known.size > 100
    assert np.mean(np.abs(known) <= 1.0) >= 0.99


@pytest.mark.parametrize("cents", range(0, 10, 2))
def test_no_settlement_is_missed_where_rounding_moves_many_pairs_alike(cents: int) -> None:
    """Strikes 25 points apart are nearly whole ticks apart when discounted, so one forward's pairs are all rounded one way."""
    forward = F + cents / 100
    chain = chain_of(Evening.of([(QUARTERLY, "ESH6", [6_000.0 + 25 * k for k in range(65)])], forward=lambda _: forward))
    assert np.nanmax(np.abs(chain.misses)) <= 1.0 + 1e-9
    assert abs(chain.forward[0] - forward) < TICK


def test_a_settlement_that_contradicts_parity_is_not() -> None:
    evening = usual()
    for number in range(1, 60, 2):  # calls of the 0DTE, out of the money and in it
        evening.said_of(number, 3)["price"] += 0.4 * (number % 4 - 1)
    misses = chain_of(evening).misses
    assert np.mean(np.abs(misses[~np.isnan(misses)]) <= 1.0) < 0.95


def test_an_option_settled_on_an_earlier_date_is_left_out() -> None:
    evening, tally = usual(), Counter[str]()
    evening.said_of(1, 3)["ts_ref"] = MIDNIGHT - DAY
    chain = chain_of(evening, tally=tally)
    assert tally["settled_earlier"] == 1
    assert np.isnan(chain.misses[0, 0])


def test_a_settlement_of_nothing_is_left_out() -> None:
    evening, tally = usual(), Counter[str]()
    evening.said_of(2, 3)["price"] = 0.0
    chain = chain_of(evening, tally=tally)
    assert tally["settled_at_nothing"] == 1
    assert np.isnan(column(chain, "iv_mid")[0])


def test_a_gap_has_the_smiles_volatility_and_says_so() -> None:
    evening = usual()
    place = 30  # a put of the 0DTE at 6,870, out of the money
    evening.statistics.remove(evening.said_of(place, 3))
    chain = chain_of(evening)
    row = place // 2 - 1
    strike, T = column(chain, "strike")[row], (ODTE - SETTLED) / YEAR
    assert np.isnan(column(chain, "iv_mid")[row])
    assert column(chain, "iv_fit")[row] == pytest.approx(smile(strike, T), rel=0.02)
    assert np.count_nonzero(~np.isnan(column(chain, "iv_fit"))) == 1
    assert column(chain, "gamma")[row] > 0


def test_four_pairs_are_no_forward() -> None:
    evening, tally = Evening.of([(QUARTERLY, "ESH6", [6_850.0, 6_875.0, 6_900.0, 6_925.0])]), Counter[str]()
    chain = chain_of(evening, tally=tally)
    assert np.isnan(chain.forward).all()
    assert np.isnan(column(chain, "gamma")).all()
    assert tally["expiration_without_forward"] == 1


def test_what_expires_before_the_session_opens_has_no_rows() -> None:
    evening = Evening.of([(SESSION.open_ns, "ESH6", [6_900.0]), (QUARTERLY, "ESH6", [6_875.0, 6_900.0])])
    assert set(column(chain_of(evening), "ts_expiration").tolist()) == {QUARTERLY}


def test_a_day_without_settlements_has_no_date() -> None:
    evening = usual()
    evening.statistics = [one for one in evening.statistics if one["stat_type"] != 3]
    chain = chain_of(evening)
    assert chain.trade_date is None
    assert np.isnan(column(chain, "gamma")).all()


def test_no_options_are_no_rows() -> None:
    chain = chain_of(Evening())
    assert chain.rows.num_rows == 0
