"""From quotes to volatility and greeks, one expiration at a time: which side speaks at a strike, and which volatility gamma gets.

The formulas are in `kernels.black76` and `kernels.smile`; weights and exposures are added in `gex_chain`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from gex_assets.kernels.pricing.black76 import IvStatus, chain_greeks, implied_volatility
from gex_assets.kernels.pricing.smile import LARGEST_Z, fit_smile
from gex_assets.stages.ladders import Ladder
from gex_assets.stages.quote_grid import STATE, UNKNOWN_INT, QuoteGrid

__all__ = ["Volatility", "volatility"]

Float = NDArray[np.float64]
Int = NDArray[np.int64]
Bool = NDArray[np.bool_]

_STATUS_OF_STATE: Final = {
    "expired": IvStatus.EXPIRED,
    "unseen": IvStatus.NO_QUOTE,
    "suspect": IvStatus.NO_QUOTE,
    "empty": IvStatus.NO_QUOTE,
    "one_sided": IvStatus.ONE_SIDED,
    "crossed": IvStatus.NO_QUOTE,
    "ok": IvStatus.OK,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Volatility:
    """Volatility and greeks of one expiration: every array (w, S), NaN (age: -1) where there is no answer.

    `columns` are those of `silver_gex_chain` under their own names; `status` has the codes of `IvStatus`.
    """

    columns: dict[str, NDArray[Any]]
    status: NDArray[np.uint8]
    quote_age_ns: Int


def volatility(
    grid: QuoteGrid, ladder: Ladder, *, windows: Int, listed: tuple[Bool, Bool], F: Float, T: Float, rate: float
) -> Volatility:
    """Volatility of every strike and the greeks at gamma's volatility.

    The out-of-the-money side speaks: puts at strikes <= F, calls above. At the two listed strikes around F the volatilities
    of both rights are averaged where both have a midpoint's, else those of the one there is (an average with a missing bid's or
    ask's volatility is missing). Only `ok` books are used. The status is the
    midpoint's: of the side used, of the out-of-the-money side where none could be used; books that are unseen, empty,
    crossed or suspect have no quote. Without a forward it is BAD_INPUT, as there is no out-of-the-money side.

    Parameters
    ----------
    grid, ladder : quotes and one expiration.
    windows : (w,) rows of the grid.
    listed : calls', puts' (w, S) whether the option is listed by the window's end.
    F : (w,) forward; NaN where there is none. [index points]
    T : (w,) time to expiration. [years]
    rate : continuously compounded. [1/year]
    """
    is_call = ladder.strikes[None, :] > F[:, None]
    known = ~np.isnan(F)
    sides = [_side(grid, positions, windows, seen) for positions, seen in zip((ladder.call, ladder.put), listed, strict=True)]
    own = [np.where(is_call, call, put) for call, put in zip(*sides, strict=True)]
    other = [np.where(is_call, put, call) for call, put in zip(*sides, strict=True)]

    forwards, years = F[:, None], T[:, None]
    sigma, status = implied_volatility(price=_prices(own), F=forwards, K=ladder.strikes, T=years, r=rate, is_call=is_call)
    state = own[0]
    usable = state == STATE["ok"]
    codes = np.array([_STATUS_OF_STATE[name] for name in STATE], dtype=np.uint8)
    status = np.where(usable, status[1], codes[state]).astype(np.uint8)
    status[~known] = IvStatus.BAD_INPUT
    sigma = np.where(status == IvStatus.OK, sigma, np.nan)
    age = np.where(usable & known[:, None], own[3], UNKNOWN_INT)

    around, there = _around(ladder.strikes, listed[0] | listed[1], F)
    near = [np.take_along_axis(values, around, axis=1) for values in other]
    near_sigma, near_status = implied_volatility(
        price=_prices(near),
        F=forwards,
        K=ladder.strikes[around],
        T=years,
        r=rate,
        is_call=~np.take_along_axis(is_call, around, axis=1),
    )
    _mix(sigma, status, age, around=around, usable=there & (near[0] == STATE["ok"]), near=(near_sigma, near_status[1], near[3]))

    iv_fit, z, accepted = fit_smile(F=F, K=ladder.strikes, T=T, iv_bid=sigma[0], iv_mid=sigma[1], iv_ask=sigma[2])
    iv_fit = np.where(accepted[:, None], iv_fit, np.nan)
    from_fit = (np.abs(z) <= LARGEST_Z) & (iv_fit > 0.0)
    used = np.where(from_fit, iv_fit, sigma[1])
    total_vol = used * np.sqrt(years)
    found = chain_greeks(F=forwards, K=ladder.strikes, T=years, total_vol=total_vol, r=rate)
    return Volatility(
        columns={
            "iv_bid": sigma[0],
            "iv_mid": sigma[1],
            "iv_ask": sigma[2],
            "iv_fit": iv_fit,
            "iv_filled": from_fit & (status != IvStatus.OK),
            "total_vol": total_vol,
            **found._asdict(),
        },
        status=status,
        quote_age_ns=age,
    )


def _side(grid: QuoteGrid, positions: Int, windows: Int, listed: Bool) -> tuple[NDArray[np.uint8], Float, Float, Int]:
    """State, bid, ask and age of one right; prices NaN and state unseen where nothing may be used."""
    state = np.where(listed, grid.at("book_state", positions, windows=windows), STATE["unseen"]).astype(np.uint8)
    usable = state == STATE["ok"]
    bid, ask = (np.where(usable, grid.at(name, positions, windows=windows), np.nan) for name in ("bid_price", "ask_price"))
    return state, bid, ask, grid.at("quote_age_ns", positions, windows=windows)


def _prices(side: list[NDArray[Any]]) -> Float:
    """(3, …) bid, midpoint and ask."""
    _, bid, ask, _ = side
    return np.stack([bid, (bid + ask) / 2, ask])


def _around(strikes: Float, listed: Bool, F: Float) -> tuple[Int, Bool]:
    """Positions (w, 2) of the listed strikes next to F, at or below and above, and whether there is one."""
    place = np.arange(strikes.size)
    below = np.where(listed & (strikes <= F[:, None]), place, -1).max(axis=1)
    above = np.where(listed & (strikes > F[:, None]), place, strikes.size).min(axis=1)
    around = np.stack([below, above], axis=1)
    there = (around >= 0) & (around < strikes.size)
    return np.where(there, around, 0), there


def _mix(
    sigma: Float,
    status: NDArray[np.uint8],
    age: Int,
    *,
    around: Int,
    usable: Bool,
    near: tuple[Float, NDArray[np.uint8], Int],
) -> None:
    """At the strikes around F take the other right in, in place."""
    near_sigma, near_status, near_age = near
    windows = np.arange(around.shape[0])
    for column in range(around.shape[1]):
        good = usable[:, column] & (near_status[:, column] == IvStatus.OK)
        cell = (windows[good], around[good, column])
        alone = status[cell] != IvStatus.OK
        joined = near_sigma[:, good, column]
        present = sigma[(slice(None), *cell)]
        sigma[(slice(None), *cell)] = np.where(alone, joined, (present + joined) / 2)
        added_age, present_age = near_age[good, column], age[cell]
        known = (added_age != UNKNOWN_INT) & (present_age != UNKNOWN_INT)
        age[cell] = np.where(
            alone, added_age, np.where(known, np.minimum(added_age, present_age), np.maximum(added_age, present_age))
        )
        status[cell] = IvStatus.OK
