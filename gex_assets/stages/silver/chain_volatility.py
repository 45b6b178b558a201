"""From the quotes of one expiration to volatility and greeks: which quotes may be used, and why a strike has no volatility.

The rule which volatility gamma gets is `analytics.gamma_volatility`; weights and exposures are added in `gex_chain`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from gex_assets.analytics.gamma_volatility import GammaVolatility, Quotes, gamma_volatility, out_of_the_money_is_call
from gex_assets.kernels.pricing.black76 import IvStatus, chain_greeks
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

    Only `ok` books are used. The status is the midpoint's: of the side used, of the out-of-the-money side where none could be
    used. Books that are unseen, empty, crossed or suspect have no quote. Without a forward there is no out-of-the-money side and
    the status is BAD_INPUT. The age is that of the quotes used, the younger of two.

    Parameters
    ----------
    grid, ladder : quotes and one expiration.
    windows : (w,) rows of the grid.
    listed : calls', puts' (w, S) whether the option is listed by the window's end.
    F : (w,) forward; NaN where there is none. [index points]
    T : (w,) time to expiration. [years]
    rate : continuously compounded. [1/year]
    """
    calls, puts = _side(grid, ladder.call, windows, listed[0]), _side(grid, ladder.put, windows, listed[1])
    found = gamma_volatility(call=calls.quotes, put=puts.quotes, F=F, K=ladder.strikes, T=T, r=rate, listed=listed[0] | listed[1])
    is_call = out_of_the_money_is_call(F=F, K=ladder.strikes)
    state = np.where(is_call, calls.state, puts.state)
    usable = (state == STATE["ok"]) & ~np.isnan(F)[:, None]
    status = _status(found, state, F)
    total_vol = found.used * np.sqrt(T)[:, None]
    greeks = chain_greeks(F=F[:, None], K=ladder.strikes, T=T[:, None], total_vol=total_vol, r=rate)
    return Volatility(
        columns={
            "iv_bid": found.bid,
            "iv_mid": found.mid,
            "iv_ask": found.ask,
            "iv_fit": found.fit,
            "iv_filled": (found.fit > 0.0) & (status != IvStatus.OK),
            "total_vol": total_vol,
            **greeks._asdict(),
        },
        status=status,
        quote_age_ns=_age(
            found,
            own=np.where(usable, np.where(is_call, calls.age, puts.age), UNKNOWN_INT),
            other=np.where(is_call, puts.age, calls.age),
        ),
    )


class _Side(NamedTuple):
    """Calls or puts, (w, S) each: state of the book, usable quotes, and age of the last change [ns]."""

    state: NDArray[np.uint8]
    quotes: Quotes
    age: Int


def _side(grid: QuoteGrid, positions: Int, windows: Int, listed: Bool) -> _Side:
    """One right; state unseen where it is not listed, prices NaN unless the book is `ok`."""
    state = np.where(listed, grid.at("book_state", positions, windows=windows), STATE["unseen"]).astype(np.uint8)
    usable = state == STATE["ok"]
    bid, ask = (np.where(usable, grid.at(name, positions, windows=windows), np.nan) for name in ("bid_price", "ask_price"))
    return _Side(state, Quotes(bid, ask), grid.at("quote_age_ns", positions, windows=windows))


def _status(found: GammaVolatility, state: NDArray[np.uint8], F: Float) -> NDArray[np.uint8]:
    """The midpoint's status where a book could be used, else what the book's state says."""
    codes = np.array([_STATUS_OF_STATE[name] for name in STATE], dtype=np.uint8)
    status = np.where((state == STATE["ok"]) | found.joined, found.status, codes[state]).astype(np.uint8)
    status[np.isnan(F)] = IvStatus.BAD_INPUT
    return status


def _age(found: GammaVolatility, *, own: Int, other: Int) -> Int:
    """The age of the side used, in place in `own`; of two sides the younger whose age is known."""
    cells = np.nonzero(found.joined)
    present, added = own[cells], other[cells]
    known = (present != UNKNOWN_INT) & (added != UNKNOWN_INT)
    of_both = np.where(known, np.minimum(present, added), np.maximum(present, added))
    own[cells] = np.where(found.own[cells], of_both, added)
    return own
