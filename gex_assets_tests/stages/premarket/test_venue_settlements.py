"""Settlements by the venue's own rule: rounded to large steps, at another rate, with early exercise in the money."""

from __future__ import annotations

from datetime import date

import databento
import numpy as np
import pytest

from gex_assets.market.expirations import expiration_ns
from gex_assets.stages.premarket.settlement_chain import SettlementChain
from gex_assets_tests.shared_data import shared_data
from gex_assets_tests.stages.made_up_day import black76
from gex_assets_tests.stages.premarket.made_up_settlements import ODTE, QUARTERLY, SESSION, SETTLED, YEAR, F, gamma, smile
from gex_assets_tests.stages.premarket.priced_evenings import chain_of, column
from gex_assets_tests.stages.premarket.venue_settlements import american, rounded, venue_evening

MONTH = expiration_ns(date(2026, 2, 6), "pm")
JUNE = expiration_ns(date(2026, 6, 19), "am")
DECEMBER = expiration_ns(date(2026, 12, 18), "am")
CASES = {
    "0DTE": (ODTE, False, 0.1),
    "a month": (MONTH, False, 0.2),
    "a quarterly": (QUARTERLY, True, 0.1),
    "June": (JUNE, True, 0.1),
    "December": (DECEMBER, True, 0.1),
}
"""Expiration, whether it is American, and how far the forward may be off [index points]."""

each_case = pytest.mark.parametrize(("expires", "is_american", "forward_within"), CASES.values(), ids=CASES)


def strikes_of(expires: int) -> list[float]:
    deviation = 0.15 * F * np.sqrt((expires - SETTLED) / YEAR)
    step = 25 if deviation > 200 else 5
    count = int(4 * deviation / step) + 6
    return [6_900.0 + step * number for number in range(-count, count + 1)]


def priced(expires: int, *, is_american: bool) -> SettlementChain:
    return chain_of(venue_evening(expires, strikes_of(expires), is_american=is_american))


@each_case
def test_near_settlements_are_priced_again(expires: int, is_american: bool, forward_within: float) -> None:
    chain = priced(expires, is_american=is_american)
    misses = chain.misses[~np.isnan(chain.misses)]
    assert misses.size > 40
    assert np.mean(np.abs(misses) <= 1.0) >= 0.99
    assert abs(chain.forward[0] - F) < forward_within + 0.05
    assert chain.forward_error[0] < 1.0


@each_case
def test_gamma_is_the_true_one_within_what_rounding_and_the_rate_hide(
    expires: int, is_american: bool, forward_within: float
) -> None:
    chain = priced(expires, is_american=is_american)
    strike, found = column(chain, "strike"), column(chain, "gamma")
    years, left = (expires - SETTLED) / YEAR, (expires - SESSION.open_ns) / YEAR
    near = np.abs(np.log(strike / F)) <= 2 * 0.15 * np.sqrt(years)
    true = np.array([gamma(forward=F, strike=one, years=left, sigma=smile(one, years)) for one in strike])
    assert np.max(np.abs(found / true - 1.0)[near]) < 0.025


@pytest.mark.parametrize("by", [-3.0, 1.5, 12.0])
def test_a_settlement_that_nothing_explains_is_a_miss(by: float) -> None:
    evening = venue_evening(QUARTERLY, strikes_of(QUARTERLY), is_american=True)
    number = next(one["instrument_id"] for one in evening.instruments if (one["strike"], one["right"]) == (6_800.0, "C"))
    evening.said_of(number, 3)["price"] += by
    chain = chain_of(evening)
    place = int(np.flatnonzero(column(chain, "strike") == 6_800.0)[0])
    assert abs(chain.misses[0, place]) > 1.0
    assert np.sign(chain.misses[0, place]) == -np.sign(by)


def test_settlements_of_two_moments_are_not_priced_again() -> None:
    """Calls of a future five points higher than that of the puts: parity gives one forward, and neither side fits."""
    evening = venue_evening(QUARTERLY, strikes_of(QUARTERLY), is_american=True)
    later = {one["instrument_id"] for one in evening.instruments if one["right"] == "C" and one["strike"] % 50 == 0}
    for one in evening.statistics:
        if one["instrument_id"] in later and one["stat_type"] == 3:
            one["price"] += 5.0
    misses = chain_of(evening).misses
    assert np.mean(np.abs(misses[~np.isnan(misses)]) <= 1.0) < 0.95


def test_an_american_option_is_worth_at_least_its_intrinsic_value_and_a_european_one() -> None:
    for strike in (5_500.0, 6_500.0, 6_900.0, 7_300.0, 8_500.0):
        for is_call in (True, False):
            whole = american(forward=F, strike=strike, years=0.5, sigma=0.15, rate=0.04, is_call=is_call)
            least = black76(F=F, K=strike, T=0.5, sigma=0.15, r=0.04, is_call=is_call)
            intrinsic = max(F - strike if is_call else strike - F, 0.0)
            assert max(intrinsic, least) <= whole + 1e-9
            assert whole <= least * np.exp(0.02) + 1e-6  # what it would be worth without waiting for the money


def test_the_american_price_is_the_published_one() -> None:
    """Barone-Adesi and Whaley (1987), table 1: options on futures, strike 100, rate 0.08, three months, volatility 0.2."""
    calls = [american(forward=f, strike=100.0, years=0.25, sigma=0.2, rate=0.08, is_call=True) for f in (80, 90, 100, 110, 120)]
    assert calls == pytest.approx([0.04, 0.70, 3.93, 10.81, 20.02], abs=0.011)


def test_real_reference_prices_have_the_large_step() -> None:
    """The only prices of the venue itself that lie here: those of four real options, from their definitions."""
    names = ("es_options_definition_2024-05", "definition-glbx-es-opt")
    stores = [databento.DBNStore.from_file(shared_data(f"dbn/{name}.dbn.zst")) for name in names]
    found = [int(one) / 1e9 for store in stores for one in store.to_ndarray()["trading_reference_price"]]
    assert len(found) == 4
    assert [rounded(one) for one in found] == found
