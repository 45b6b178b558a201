"""One volatility for every strike of a chain, and one forward for every expiration, that everything else is computed with.

By put-call parity a call and a put of one strike have one volatility. It is that of the out-of-the-money side: the put's at or
below the forward, the call's above, the mean of both at the two strikes next to it. Where that side has none, the other side's
counts. Quotes give forward and volatilities as in `silver_gex_chain`. Published volatilities stand where quotes give none.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gex_assets.analytics.gamma_volatility import Quotes, gamma_volatility
from gex_assets.chain.pricing.strike_ladder import StrikeLadder
from gex_assets.kernels.pricing.filled_gaps import neighbours
from gex_assets.kernels.pricing.parity_forward import parity_forward

__all__ = ["Forwards", "LadderQuotes", "StrikeVolatility", "forwards", "ladder_quotes", "one_of_both", "strike_volatility"]

Float = NDArray[np.float64]
Int = NDArray[np.int64]
Bool = NDArray[np.bool_]


class LadderQuotes(NamedTuple):
    """(L,) two-sided quotes by strike, NaN where there is none [index points]."""

    call: Quotes
    put: Quotes


class Forwards(NamedTuple):
    """(E,) forward of each expiration, twice its standard error, and the pairs behind it: 0 where it is the spot price."""

    forward: Float
    se: Float
    pairs: Int

    @property
    def by_quotes(self) -> Bool:
        """(E,) whether quotes give the forward."""
        return self.pairs > 0


class StrikeVolatility(NamedTuple):
    """(L,) total volatility σ√T of every strike [1]; NaN where there is none.

    Attributes
    ----------
    used : what gamma is computed with.
    bid, ask : implied by the bid and by the ask, where `used` is implied by quotes.
    repriced : what the chain is re-priced with: `used`, and where there is none that of the nearest strikes of the expiration.
        What is worth less than a tick here may have the largest gamma at another price.
    by_quotes : whether `used` is implied by quotes.
    """

    used: Float
    bid: Float
    ask: Float
    repriced: Float
    by_quotes: Bool


def ladder_quotes(ladder: StrikeLadder, *, bid: Float, ask: Float) -> LadderQuotes:
    """Quotes by strike of those options that have a bid and an ask that is not below it.

    Parameters
    ----------
    bid, ask : (n,) of the options; NaN or 0 where there is none. [index points]
    """
    two_sided = (bid > 0.0) & (ask >= bid)
    sides = [ladder.sides(np.where(two_sided, values, np.nan)) for values in (bid, ask)]
    return LadderQuotes(*(Quotes(sides[0][right], sides[1][right]) for right in (0, 1)))


def forwards(ladder: StrikeLadder, quotes: LadderQuotes | None, *, years: Float, spot: float, rate: float) -> Forwards:
    """Parity forward of each expiration; the spot price where quotes give none.

    Parameters
    ----------
    quotes : of the same ladder; None without any.
    years : (E,) time to expiration; NaN where not known. [years]
    spot : [index points]
    rate : continuously compounded. [1/year]
    """
    found = Forwards(np.full(years.size, spot), np.full(years.size, np.nan), np.zeros(years.size, dtype=np.int64))
    if quotes is None:
        return found
    sides = (*quotes.call, *quotes.put)
    for at, part in enumerate(ladder.slices):
        call_bid, call_ask, put_bid, put_ask = (side[None, part] for side in sides)
        one = parity_forward(
            strikes=ladder.strike[part],
            call_bid=call_bid,
            call_ask=call_ask,
            put_bid=put_bid,
            put_ask=put_ask,
            discount=np.exp(-rate * years[at : at + 1]),
        )
        if one.forward[0] > 0.0:
            found.forward[at], found.se[at], found.pairs[at] = one.forward[0], one.se[0], one.n_used[0]
    return found


def one_of_both(ladder: StrikeLadder, values: Float, *, forward: Float) -> Float:
    """(L,) one value for every strike out of those of its call and its put, by the rule of the out-of-the-money side.

    Parameters
    ----------
    values : (n,) of the options, NaN where missing: volatilities, for example.
    forward : (E,) [index points]
    """
    call, put = ladder.sides(values)
    size = np.diff(ladder.first)
    above = ladder.strike > np.repeat(forward, size)
    own, other = np.where(above, call, put), np.where(above, put, call)
    found = np.where(np.isnan(own), other, own)
    for at, part in enumerate(ladder.slices):
        below = part.start + int(np.searchsorted(ladder.strike[part], forward[at], side="right")) - 1
        for near in (below, below + 1):
            if part.start <= near < part.stop and not np.isnan(call[near] + put[near]):
                found[near] = (call[near] + put[near]) / 2.0
    return found


def strike_volatility(
    ladder: StrikeLadder,
    *,
    quotes: LadderQuotes | None,
    published: Float | None,
    forward: Float,
    years: Float,
    rate: float,
    quotes_first: Bool,
) -> StrikeVolatility:
    """Volatility of every strike.

    Parameters
    ----------
    quotes : of the same ladder; None where quotes are not to be used.
    published : (n,) volatilities of the options; None where they are not to be used. [1/sqrt(year)]
    forward, years : (E,) [index points, years]
    rate : continuously compounded. [1/year]
    quotes_first : (E,) whether quotes go before published volatilities; if not, they stand where nothing is published.
    """
    root = np.sqrt(np.repeat(years, np.diff(ladder.first)))
    nothing = np.full(ladder.strike.size, np.nan)
    implied = nothing, nothing, nothing
    if quotes is not None:
        implied = _of_quotes(ladder, quotes, forward=forward, years=years, rate=rate)
    if quotes is None and (published is None or np.isnan(published).all()):
        return StrikeVolatility(nothing, nothing, nothing, nothing, np.zeros(nothing.size, dtype=np.bool_))
    told = nothing if published is None else one_of_both(ladder, published, forward=forward)
    first = np.repeat(quotes_first, np.diff(ladder.first))
    by_quotes = ~np.isnan(implied[0]) & (first | np.isnan(told))
    used = np.where(by_quotes, implied[0], told) * root
    bid, ask = (np.where(by_quotes, values, np.nan) * root for values in implied[1:])
    gaps = neighbours(first=ladder.first, strike=ladder.strike, known=used > 0.0)
    return StrikeVolatility(used, bid, ask, gaps.fill(used), by_quotes)


def _of_quotes(
    ladder: StrikeLadder, quotes: LadderQuotes, *, forward: Float, years: Float, rate: float
) -> tuple[Float, Float, Float]:
    """(L,) each: gamma's volatility, and those implied by the bid and by the ask."""
    found = tuple(np.full(ladder.strike.size, np.nan) for _ in range(3))
    for at, part in enumerate(ladder.slices):
        call, put = (Quotes(*(side[None, part] for side in right)) for right in quotes)
        sigma = gamma_volatility(call=call, put=put, F=forward[at : at + 1], K=ladder.strike[part], T=years[at : at + 1], r=rate)
        for out, values in zip(found, (sigma.used, sigma.bid, sigma.ask), strict=True):
            out[part] = values[0]
    return found[0], found[1], found[2]
