"""Every option's volatility and gamma as its settlement price implies them, at the moment the next session opens.

A settlement is a price that the venue rounded to a tick. So it takes the place of a quote that is one tick wide. Forward and
volatility follow by the same kernels as from quotes, with one difference. Where a settlement implies a volatility, that one is
gamma's and not the smile's: the venue has smoothed its prices already, and a smile through quotes is too coarse for a tick. The
smile fills strikes whose settlement implies none.

The venue settles options out of the money by its volatilities. In the money they get the other right's price, plus the intrinsic
value, less a cost of carry that is rounded to a tick of the future, plus what early exercise is worth (CME Group, "Daily option
settlement procedures"; American options by Whaley's model: CME Group, "Upcoming changes to E-mini S&P 500 options settlement",
2022). So volatility comes from out of the money, the forward from pairs near it, and what is in the money has more room.
"""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from typing import Any, Final, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from gex_assets.analytics.gamma_volatility import Quotes, gamma_volatility
from gex_assets.kernels.pricing.black76 import chain_greeks, price
from gex_assets.kernels.pricing.parity_forward import FEWEST_USED, STORED_ERRORS, ParityForward, parity_forward
from gex_assets.market.expirations import settlement_ns
from gex_assets.stages.ladders import Ladder, Ladders
from gex_assets.stages.premarket.settled import Settled
from gex_assets.time_units import YEAR_NS

__all__ = ["WIDEST_REPRICED", "SettlementChain", "settlement_chain"]

Float = NDArray[np.float64]

WIDEST_REPRICED: Final = 2.0
"""Options farther from the forward than so many standard deviations are not priced again: their settlements are ticks."""

_MOST_CARRY: Final = 1.0
"""A pair farther from the money than this cost of carry is no pair for the forward: early exercise and the venue's own rate break
its parity. [index points]"""

_FEWEST_PAIRS: Final = 31
"""So many pairs nearest the money count in any case: fewer leave too much of the rounding."""

_CARRY_TICKS: Final = 5.0
"""Room in the money: the venue rounds carry and early exercise to ticks of the future, five of its options' at most. [ticks]"""

_RATE_SHARE: Final = 0.25
"""Room in the money: the venue's rate may be above ours by this share of it. [1]"""

_EPOCH: Final = date(1970, 1, 1)


class SettlementChain(NamedTuple):
    """The strikes of all expirations that outlive the session's opening.

    Attributes
    ----------
    rows : by expiration and strike, with the columns of `silver_gex_chain` that levels are made of; weights are open interest.
    underlyings : symbols of their futures, ascending.
    forward : (n,) the row's expiration's, as in `rows`; NaN where there is none. [index points]
    forward_error : (n,) its standard error. [index points]
    misses : (2, n) how far calls and puts, priced again with gamma's volatility, lie from their settlements, beyond what the
        venue's rounding, its rate and early exercise explain in the money; NaN farther than `WIDEST_REPRICED` from the forward,
        and where either price is not known. [ticks]
    worthless : (n,) strikes without a volatility because an option settled at nothing.
    trade_date : the settlements' date; None where there is none.
    positions : (2, n) of calls and puts among the options; -1 where the strike has no such option.
    settlements : (2, n) prices of calls and puts, 0 where one settled at nothing; NaN without one of that date. [index points]
    """

    rows: pa.Table
    underlyings: tuple[str, ...]
    forward: Float
    forward_error: Float
    misses: Float
    worthless: NDArray[np.bool_]
    trade_date: date | None
    positions: NDArray[np.int64]
    settlements: Float


def settlement_chain(
    ladders: Ladders,
    found: Settled,
    *,
    ts_open: int,
    rate: float,
    tick: float,
    tally: Counter[str],
) -> SettlementChain:
    """Price every expiration.

    Settlements of an earlier date than the latest one describe another market: they are left out.

    Parameters
    ----------
    ladders : of all expirations.
    found : of `ladders.instrument_ids`.
    ts_open : when the session opens. Time to expiration counts from then; volatility, from when the venue settled. [UNIX ns UTC]
    rate : continuously compounded. [1/year]
    tick : least step of an option's price. [index points]
    tally : counts `settled_earlier`, `settled_at_nothing` (not above zero) and `expiration_without_forward`.
    """
    prices, dates = found.price.value, found.price.trade_date
    latest = int(dates.max(initial=-1))
    earlier = ~np.isnan(prices) & (dates != latest)
    nothing = ~np.isnan(prices) & ~earlier & (prices <= 0.0)
    tally["settled_earlier"] += int(np.count_nonzero(earlier))
    tally["settled_at_nothing"] += int(np.count_nonzero(nothing))
    usable = np.where(earlier | nothing, np.nan, prices)
    trade_date = None if latest < 0 else _EPOCH + timedelta(days=latest)
    prices = np.where(earlier, np.nan, prices)
    ts_settled = ts_open if trade_date is None else settlement_ns(trade_date)
    parts: list[dict[str, NDArray[Any]]] = []
    for ladder in ladders.by_expiration:
        if ladder.ts_expiration > ts_open:
            part = _priced(ladder, usable, ts_settled=ts_settled, ts_open=ts_open, rate=rate, tick=tick)
            tally["expiration_without_forward"] += int(np.isnan(part["forward"][0]))
            part["underlying"] = np.full(ladder.strikes.size, ladders.underlyings.index(ladder.underlying), dtype=np.int32)
            for right, positions in (("call", ladder.call), ("put", ladder.put)):
                part[f"{right}_open_interest"] = _of(found.open_interest.value, positions)
                part[f"{right}_position"] = positions
            lowest = np.fmin(_of(prices, ladder.call), _of(prices, ladder.put))
            part["worthless"] = np.isnan(part["total_vol"]) & (lowest <= 0.0)
            parts.append(part)
    if not parts:
        parts.append({name: np.zeros(0, dtype=kind) for name, kind in _KINDS.items()})
    columns = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    misses, positions = (np.stack([columns.pop(f"{right}_{one}") for right in ("call", "put")]) for one in ("miss", "position"))
    error, worthless = columns.pop("forward_error"), columns.pop("worthless")
    names = pa.array(ladders.underlyings, pa.string())
    columns["underlying"] = pa.DictionaryArray.from_arrays(pa.array(columns["underlying"]), names)
    return SettlementChain(
        rows=pa.table(columns),
        underlyings=ladders.underlyings,
        forward=columns["forward"],
        forward_error=error,
        misses=misses,
        worthless=worthless,
        trade_date=trade_date,
        positions=positions,
        settlements=_of(prices, positions),
    )


def _priced(ladder: Ladder, prices: Float, *, ts_settled: int, ts_open: int, rate: float, tick: float) -> dict[str, NDArray[Any]]:
    """Columns of one expiration, (S,) each."""
    settled, left = ((ladder.ts_expiration - moment) / YEAR_NS for moment in (ts_settled, ts_open))
    K = ladder.strikes
    calls, puts = (_of(prices, positions) for positions in (ladder.call, ladder.put))
    of_calls, of_puts = (Quotes((one - tick / 2)[None, :], (one + tick / 2)[None, :]) for one in (calls, puts))
    parity = parity_forward(
        strikes=K,
        call_bid=of_calls.bid,
        call_ask=of_calls.ask,
        put_bid=of_puts.bid,
        put_ask=of_puts.ask,
        discount=[np.exp(-rate * settled)],
        nearest=_pairs_near_the_money(K, calls - puts, discount=float(np.exp(-rate * settled))),
    )
    F = np.where(parity.n_used >= FEWEST_USED, _consistent(parity), np.nan)
    found = gamma_volatility(call=of_calls, put=of_puts, F=F, K=K, T=np.array([settled]), r=rate)
    mid, fit = found.mid[0], found.fit[0]
    used = np.where(mid > 0.0, mid, fit)
    total_vol = used * np.sqrt(left)
    greeks = chain_greeks(F=F[0], K=K, T=left, total_vol=total_vol, r=rate)
    with np.errstate(divide="ignore", invalid="ignore"):
        near = np.abs(np.log(K / F[0])) <= WIDEST_REPRICED * used * np.sqrt(settled)
    carry = 1.0 - np.exp(-rate * settled)
    misses = {
        f"{right}_miss": np.where(near, _miss(own - fair, inside=sign * (F[0] - K), carry=carry, tick=tick), np.nan)
        for right, own, sign in (("call", calls, 1.0), ("put", puts, -1.0))
        for fair in (price(F=F[0], K=K, T=settled, sigma=used, r=rate, is_call=right == "call"),)
    }
    same = np.ones(K.size)
    return {
        "ts_expiration": np.full(K.size, ladder.ts_expiration, dtype=np.int64),
        "strike": K,
        "multiplier": ladder.multiplier,
        "forward": F[0] * same,
        "forward_error": parity.se[0] / STORED_ERRORS * same,
        "years": left * same,
        "iv_bid": found.bid[0],
        "iv_mid": mid,
        "iv_ask": found.ask[0],
        "iv_fit": np.where(mid > 0.0, np.nan, fit),
        "total_vol": total_vol,
        **greeks._asdict(),
        **misses,
    }


def _pairs_near_the_money(strikes: Float, apart: Float, *, discount: float) -> int:
    """How many pairs, nearest the strike where call and put differ least, count for the forward."""
    if np.all(np.isnan(apart)):
        return _FEWEST_PAIRS
    at = strikes[np.nanargmin(np.abs(apart))]
    return max(_FEWEST_PAIRS, int(np.count_nonzero(np.abs(strikes - at) * (1.0 - discount) <= _MOST_CARRY)))


def _miss(over: Float, *, inside: Float, carry: float, tick: float) -> Float:
    """How far prices lie from settlements beyond what may be in the money, in ticks.

    Parameters
    ----------
    over : settlement less price. [index points]
    inside : how far the option is in the money; negative out of it. [index points]
    carry : 1 - e^{-rT}: early exercise is worth at most this share of it. [1]
    """
    cost = np.maximum(inside, 0.0) * carry
    room = np.where(inside > 0.0, _CARRY_TICKS * tick, 0.0)
    return (np.clip(over, -_RATE_SHARE * cost - room, cost + room) - over) / tick


def _consistent(parity: ParityForward) -> Float:
    """The forwards, moved by as little as makes them agree with every pair, where one forward does.

    Rounding moves a pair by up to one tick. Where strikes are a whole number of ticks apart, also discounted, it moves many pairs
    alike, and their mean by more than its standard error.
    """
    agree = parity.lower <= parity.upper
    return np.where(agree, np.clip(parity.forward, parity.lower, parity.upper), parity.forward)


_KINDS: Final[dict[str, type]] = {
    "ts_expiration": np.int64,
    **dict.fromkeys(
        (
            *("strike", "multiplier", "forward", "forward_error", "years", "iv_bid", "iv_mid", "iv_ask", "iv_fit", "total_vol"),
            *("gamma", "vanna", "call_delta", "put_delta", "call_charm", "put_charm", "call_miss", "put_miss"),
        ),
        np.float64,
    ),
    "underlying": np.int32,
    "worthless": np.bool_,
    "call_open_interest": np.float64,
    "put_open_interest": np.float64,
    "call_position": np.int64,
    "put_position": np.int64,
}
"""Columns of a day without an expiration."""


def _of(values: Float, positions: NDArray[np.int64]) -> Float:
    """Values of the options at these positions; NaN where the strike has none."""
    return np.where(positions >= 0, values[np.maximum(positions, 0)] if values.size else np.nan, np.nan)
