"""Settlements made as the venue says that it makes them, for want of a real file that may lie here.

CME Group, "Daily option settlement procedures": out of the money by volatility; in the money = the other right's settlement +
intrinsic value - cost of carry, rounded to a tick of the future, + early risk. American options by Whaley's model, European ones
by Black's (CME Group, "Upcoming changes to E-mini S&P 500 options settlement", 2022). Steps of prices are 0.25 points above a
premium of 5, else 0.05 (CME Group, contract specifications of E-mini S&P 500 options).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from gex_assets_tests.stages.made_up_day import black76, instrument
from gex_assets_tests.stages.premarket.made_up_settlements import SETTLED, YEAR, Evening, F, smile, statistic

__all__ = ["VENUE_RATE", "american", "venue_evening"]

VENUE_RATE = 0.043
"""The venue's own curve is not our setting: ours is 4 %. [1/year]"""
_CARRY_STEP = 0.25


def american(*, forward: float, strike: float, years: float, sigma: float, rate: float, is_call: bool) -> float:
    """Price of an American option on a future by the quadratic approximation.

    G. Barone-Adesi, R. Whaley, "Efficient analytic approximation of American option values", J. Finance 42 (1987) 301-320, with a
    cost of carry of zero.
    """
    sign = 1.0 if is_call else -1.0
    discount = math.exp(-rate * years)
    root = math.sqrt(1.0 + 8.0 * rate / (sigma * sigma * (1.0 - discount)))
    q = (1.0 + sign * root) / 2.0

    def european(at: float) -> float:
        return float(black76(F=at, K=strike, T=years, sigma=sigma, r=rate, is_call=is_call))

    def held(at: float) -> float:
        """Share of the premium's slope that waiting keeps: 1 - e^{-rT} N(+-d+)."""
        d_plus = (math.log(at / strike) + sigma * sigma * years / 2.0) / (sigma * math.sqrt(years))
        return 1.0 - discount * 0.5 * math.erfc(-sign * d_plus / math.sqrt(2.0))

    low, high = (strike, 20.0 * strike) if is_call else (strike / 20.0, strike)
    for _ in range(200):
        middle = (low + high) / 2.0
        is_waiting = sign * (middle - strike) < european(middle) + sign * held(middle) * middle / q
        low, high = (middle, high) if is_waiting == is_call else (low, middle)
    critical = (low + high) / 2.0
    if sign * (forward - critical) >= 0.0:
        return sign * (forward - strike)
    return european(forward) + sign * held(critical) * critical / q * float((forward / critical) ** q)


def rounded(premium: float) -> float:
    step = 0.25 if premium > 5.0 else 0.05
    return round(premium / step) * step


def settled(*, strike: float, years: float, is_american: bool) -> dict[str, float]:
    """Right -> settlement, by the venue's rule."""
    sigma = smile(strike, years)

    def model(is_call: bool) -> tuple[float, float]:
        fair = black76(F=F, K=strike, T=years, sigma=sigma, r=VENUE_RATE, is_call=is_call)
        if not is_american:
            return fair, 0.0
        whole = american(forward=F, strike=strike, years=years, sigma=sigma, rate=VENUE_RATE, is_call=is_call)
        return whole, whole - fair

    out_is_call = strike >= F
    out, premium_out = model(out_is_call)
    _, premium_in = model(not out_is_call)
    intrinsic = abs(F - strike)
    carry = round(intrinsic * (1.0 - math.exp(-VENUE_RATE * years)) / _CARRY_STEP) * _CARRY_STEP
    of_out = rounded(out)
    of_in = rounded(of_out + intrinsic - carry + premium_in - premium_out)
    return {"C": of_out, "P": of_in} if out_is_call else {"P": of_out, "C": of_in}


def venue_evening(ts_expiration: int, strikes: Sequence[float], *, is_american: bool) -> Evening:
    """One expiration, settled by the venue's rule."""
    made, number, years = Evening(), 0, (ts_expiration - SETTLED) / YEAR
    for strike in strikes:
        both = settled(strike=strike, years=years, is_american=is_american)
        for right in ("C", "P"):
            number += 1
            made.instruments.append(
                instrument(number, strike=strike, right=right, ts_expiration=ts_expiration, underlying="ESH6")
            )
            made.statistics.append(statistic(number, price=both[right], raw_symbol=str(number)))
            made.statistics.append(statistic(number, quantity=100 + number))
    return made
