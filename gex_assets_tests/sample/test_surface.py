from __future__ import annotations

import math

import numpy as np
import pytest

from gex_assets.sample.ladders import KNOWN, ranges
from gex_assets.sample.surface import RATE, at_the_money, carry, fair_prices, sigma, years

F = 6940.0
STRIKES = np.array(ranges(KNOWN["ES", 2026, 3]), float)


def price_by_hand(F: float, K: float, T: float, volatility: float, *, is_call: bool) -> float:
    total = volatility * math.sqrt(T)
    d_plus = math.log(F / K) / total + total / 2
    phi = [0.5 * math.erfc(-value / math.sqrt(2)) for value in (d_plus, d_plus - total)]
    call = math.exp(-RATE * T) * (F * phi[0] - K * phi[1])
    return call if is_call else call - math.exp(-RATE * T) * (F - K)


@pytest.mark.parametrize("T", [1 / 365, 10 / 365, 0.2, 0.45])
def test_prices_are_black_76_on_the_surface(T: float) -> None:
    atm = float(at_the_money(F=F, T=T, drift=0.0, reference=F))
    calls, puts = fair_prices(F=F, K=STRIKES, T=T, atm=atm)
    volatility = sigma(F=F, K=STRIKES, T=T, atm=atm)
    for k in range(0, len(STRIKES), 9):
        assert calls[k] == pytest.approx(price_by_hand(F, STRIKES[k], T, volatility[k], is_call=True), abs=1e-6)
        assert puts[k] == pytest.approx(price_by_hand(F, STRIKES[k], T, volatility[k], is_call=False), abs=1e-6)


@pytest.mark.parametrize("T", [1 / 365, 10 / 365, 0.2, 0.45])
def test_the_surface_leaves_no_arbitrage(T: float) -> None:
    atm = float(at_the_money(F=F, T=T, drift=0.0, reference=F))
    calls, puts = fair_prices(F=F, K=STRIKES, T=T, atm=atm)
    assert np.all(np.diff(calls) <= 1e-9)
    assert np.all(np.diff(puts) >= -1e-9)
    slopes = np.diff(calls) / np.diff(STRIKES)
    assert np.all(np.diff(slopes) >= -1e-9)
    assert np.all(calls >= np.maximum(np.exp(-RATE * T) * (F - STRIKES), 0) - 1e-9)


def test_the_surface_is_skewed_and_has_a_term_structure() -> None:
    T = 0.2
    atm = float(at_the_money(F=F, T=T, drift=0.0, reference=F))
    low, middle, high = sigma(F=F, K=np.array([0.93 * F, F, 1.07 * F]), T=T, atm=atm)
    assert low > middle > 0
    assert low - middle > 2 * abs(high - middle) or high < low
    assert middle == pytest.approx(atm, rel=1e-12)
    terms = at_the_money(F=F, T=np.array([0.02, 0.2, 0.45]), drift=0.0, reference=F)
    assert np.all(np.diff(terms) > 0)


def test_volatility_falls_when_the_price_rises() -> None:
    assert at_the_money(F=1.01 * F, T=0.2, drift=0.0, reference=F) < at_the_money(F=F, T=0.2, drift=0.0, reference=F)


def test_an_expired_option_has_no_volatility() -> None:
    assert np.isnan(sigma(F=F, K=7000.0, T=0.0, atm=0.14))
    assert years(ts_ns=10, ts_expiration=5) == 0


def test_carry_grows_with_time() -> None:
    assert carry(T=0.45) > carry(T=0.2) > 1
