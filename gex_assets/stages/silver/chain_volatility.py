"""From the quotes of one expiration to volatility and greeks: which quotes may be used, and why a strike has no volatility.

The rule which volatility gamma gets is `analytics.gamma_volatility`; weights and exposures are added in `gex_chain`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from gex_assets.analytics.gamma_errors import gamma_error, gamma_response
from gex_assets.analytics.gamma_volatility import GammaVolatility, Quotes, gamma_volatility, out_of_the_money_is_call
from gex_assets.kernels.exposure.smile_errors import smile_errors
from gex_assets.kernels.pricing.black76 import ChainGreeks, IvStatus, chain_greeks
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
    `mids` are the midpoints of calls and of puts whose books are `ok`. [index points]
    """

    columns: dict[str, NDArray[Any]]
    status: NDArray[np.uint8]
    quote_age_ns: Int
    mids: tuple[Float, Float]


def volatility(
    grid: QuoteGrid,
    ladder: Ladder,
    *,
    windows: Int,
    listed: tuple[Bool, Bool],
    F: Float,
    forward_error: Float,
    T: Float,
    rate: float,
) -> Volatility:
    """Volatility of every strike, the greeks at gamma's volatility and gamma's standard error.

    Only `ok` books are used. The status is the midpoint's: of the side used, of the out-of-the-money side where none could be
    used. Books that are unseen, empty, crossed or suspect have no quote. Without a forward there is no out-of-the-money side and
    the status is BAD_INPUT. The age is that of the quotes used, the younger of two.

    Parameters
    ----------
    grid, ladder : quotes and one expiration.
    windows : (w,) rows of the grid.
    listed : calls', puts' (w, S) whether the option is listed by the window's end.
    F, forward_error : (w,) forward and its standard error; NaN where there is none. [index points]
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
            "gamma_se": _gamma_error(
                found, greeks, total_vol, F=F, forward_error=forward_error, K=ladder.strikes, T=T, there=listed[0] | listed[1]
            ),
        },
        status=status,
        quote_age_ns=_age(
            found,
            own=np.where(usable, np.where(is_call, calls.age, puts.age), UNKNOWN_INT),
            other=np.where(is_call, puts.age, calls.age),
        ),
        mids=(_mid(calls.quotes), _mid(puts.quotes)),
    )


def _mid(quotes: Quotes) -> Float:
    return (quotes.bid + quotes.ask) / 2.0


def _gamma_error(
    found: GammaVolatility,
    greeks: ChainGreeks,
    total_vol: Float,
    *,
    F: Float,
    forward_error: Float,
    K: Float,
    T: Float,
    there: Bool,
) -> Float:
    """(w, S) standard error of gamma. A window's listed strikes, those that are `there`, are a group of the smile's errors."""

    def flat(values: Float) -> Float:
        return np.asarray(np.broadcast_to(values, there.shape)[there], dtype=np.float64)

    forward, years, strike, vol = flat(F[:, None]), flat(T[:, None]), flat(K), flat(total_vol)
    smiles = smile_errors(
        first=np.concatenate([[0], np.cumsum(there.sum(axis=1))]),
        strike=strike,
        F=forward,
        T=years,
        total_vol=vol,
        gamma=flat(greeks.gamma),
        call_delta=flat(greeks.call_delta),
        put_delta=flat(greeks.put_delta),
        iv_bid=flat(found.bid),
        iv_mid=flat(found.mid),
        iv_ask=flat(found.ask),
        iv_fit=flat(found.fit),
    )
    error = np.full(there.shape, np.nan)
    error[there] = gamma_error(
        gamma=flat(greeks.gamma),
        F=forward,
        response=gamma_response(F=forward, K=strike, T=years, total_vol=vol),
        smiles=smiles,
        forward_error=flat(forward_error[:, None]),
    )
    return error


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
