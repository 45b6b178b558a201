r"""Rows of an index chain in a future's units, and rows of both markets as one chain.

With ratio = F/S, the future's price over the index's at one moment, a strike K of the index stands at K · ratio: the future is
there when the index is at K and the ratio holds. In the future's points gamma is gamma/ratio, and a point of the index's
contracts is worth multiplier/ratio. So gamma · multiplier · F² = gamma_index · multiplier_index · S²: the exposure per 1 % stays.
Contracts of the index become so many of the future's, w · multiplier_index / (ratio · multiplier_future), so that every scale of
both has one unit. Times to expiration, volatilities and moneyness stay.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from gex_assets.analytics.chain_levels import ChainRows
from gex_assets.analytics.strike_axis import strike_axis
from gex_assets.chain.pricing.priced_chain import ExpirationSlice, GammaSource, PricedChain

__all__ = ["MarketRows", "in_future_units", "joined", "on_axis"]

Float = NDArray[np.float64]
Int = NDArray[np.int64]
Number = TypeVar("Number", bound=np.generic)

_ROWS: Final = (
    "expiration",
    "forward",
    "price",
    "years",
    "multiplier",
    "gamma",
    "total_vol",
    "total_vol_bid",
    "total_vol_ask",
    "vanna",
    "call_delta",
    "put_delta",
    "call_charm",
    "put_charm",
    "quoted",
)


class MarketRows(NamedTuple):
    """Rows of one or several markets in one window, by expiration and strike, in the units of a future.

    Attributes
    ----------
    rows : n of them; strikes are those that price them, scaled to the future's.
    ts_expiration : (n,) [UNIX ns UTC]
    strike : (n,) as the contract has it. [points of its own underlying]
    underlying : (n,) position in `names` of the future or index that the options are on.
    axis_forward : (n,) price of that underlying to which the front's corresponds. [points of its own]
    names : of the underlyings.
    front, front_forward : the underlying on whose axis strikes stand, and its price. [index points]
    """

    rows: ChainRows
    ts_expiration: Int
    strike: Float
    underlying: Int
    axis_forward: Float
    names: tuple[str, ...]
    front: int
    front_forward: float


def in_future_units(rows: ChainRows, *, ratio: float, multiplier: float) -> ChainRows:
    """An index chain's rows in the units of the future, as the module says.

    Parameters
    ----------
    rows : one window.
    ratio : price of the future over that of the index. [1]
    multiplier : value of a point of the future's options. [USD per point]
    """
    contracts = rows.multiplier / (ratio * multiplier)
    return replace(
        rows,
        strikes=rows.strikes * ratio,
        forward=rows.forward * ratio,
        price=rows.price * ratio,
        multiplier=np.full(rows.multiplier.size, multiplier),
        gamma=rows.gamma / ratio,
        weights={name: (call * contracts, put * contracts) for name, (call, put) in rows.weights.items()},
        axis=None,
    )


def joined(one: MarketRows, other: MarketRows) -> MarketRows:
    """Both markets' rows as one chain; expirations of two markets stay two, also where they are of one moment.

    Parameters
    ----------
    one, other : with the same names and front. Weights that only one has are left out.
    """
    ts = np.concatenate([one.ts_expiration, other.ts_expiration])
    market = np.repeat([0, 1], [one.ts_expiration.size, other.ts_expiration.size])
    order = np.lexsort((np.arange(ts.size), market, ts))

    def both(first: NDArray[Number], second: NDArray[Number]) -> NDArray[Number]:
        return np.concatenate([first, second])[order]

    face = both(one.rows.strikes[one.rows.place], other.rows.strikes[other.rows.place])
    strikes, place = np.unique(face, return_inverse=True)
    columns: dict[str, Any] = {name: both(getattr(one.rows, name), getattr(other.rows, name)) for name in _ROWS}
    is_new = (np.diff(ts[order], prepend=-1) != 0) | (np.diff(market[order], prepend=-1) != 0)
    columns["expiration"] = np.cumsum(is_new) - 1
    shared = [name for name in one.rows.weights if name in other.rows.weights]
    weights = {name: _pair(both, one.rows.weights[name], other.rows.weights[name]) for name in shared}
    rows = ChainRows(first=np.array([0, ts.size]), strikes=strikes, place=place, weights=weights, **columns)
    return one._replace(
        rows=rows,
        ts_expiration=ts[order],
        strike=both(one.strike, other.strike),
        underlying=both(one.underlying, other.underlying),
        axis_forward=both(one.axis_forward, other.axis_forward),
    )


def _pair(both: Callable[[Float, Float], Float], one: tuple[Float, Float], other: tuple[Float, Float]) -> tuple[Float, Float]:
    """Of calls and of puts."""
    return both(one[0], other[0]), both(one[1], other[1])


def on_axis(market: MarketRows) -> PricedChain:
    """The rows with their strikes on the front's axis, and their expirations."""
    rows = market.rows
    axis = strike_axis(
        first=rows.first,
        strike=market.strike,
        forward=market.axis_forward,
        future=market.underlying,
        front=np.array([market.front]),
        front_forward=np.array([market.front_forward]),
    )
    starts = rows.expiration_starts
    at = starts[:-1]
    implied: GammaSource = "implied"
    slices = ExpirationSlice(
        first=starts,
        ts_expiration=market.ts_expiration[at],
        years=rows.years[at],
        forward=rows.forward[at],
        forward_se=np.full(at.size, np.nan),
        pairs=np.zeros(at.size, dtype=np.int64),
        gamma_from=(implied,) * at.size,
    )
    return PricedChain(replace(rows, axis=axis), slices, market.names, np.full(rows.place.size, np.nan))
