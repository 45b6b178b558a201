"""Rows of `silver_gex_chain` as arrays by window, for the levels and the profile, and the ranges of rows that scopes select."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date, timedelta
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from gex_assets.analytics.chain_levels import ChainRows, Scope
from gex_assets.analytics.strike_axis import strike_axis
from gex_assets.conventions import QUOTED_WITHIN_NS
from gex_assets.market.expirations import chicago_date
from gex_assets.stages.categories import codes_of
from gex_assets.stages.silver.level_windows import LevelWindows

__all__ = ["GREEKS", "VOLATILITIES", "WEIGHT_COLUMNS", "chain_rows", "in_windows", "on_one_axis", "scopes_of"]

Float = NDArray[np.float64]
Int = NDArray[np.int64]
Bool = NDArray[np.bool_]

VOLATILITIES: Final = ("iv_bid", "iv_mid", "iv_ask", "iv_fit")
"""Columns of `silver_gex_chain` that say how wide quotes are, and where the smile's volatility is gamma's."""

GREEKS: Final = ("gamma", "total_vol", "vanna", "call_delta", "put_delta", "call_charm", "put_charm")
_WEIGHTS: Final = ("open_interest", "resting_size", "flow_inventory", "volume", "oi_plus_flow")
WEIGHT_COLUMNS: Final = tuple(f"{right}_{weight}" for weight in _WEIGHTS for right in ("call", "put"))
"""Columns of `silver_gex_chain` with numbers of contracts."""

_EPOCH: Final = date(1970, 1, 1)
_FAR: Final = 1 << 20
"""More days than any date is from the epoch, so that window · _FAR + date rises from row to row."""


def in_windows(chain: pa.Table, ends: Int, *, tally: Counter[str]) -> tuple[pa.Table, Int]:
    """Rows of these windows, and each row's window; other rows are counted as `chain_rows_without_window`."""
    row_ends = chain["ts_window_end"].to_numpy()
    at = np.searchsorted(ends, row_ends)
    known = at < ends.size
    known[known] = ends[at[known]] == row_ends[known]
    if not known.all():
        tally["chain_rows_without_window"] += int(np.count_nonzero(~known))
        chain, at = chain.filter(pa.array(known)), at[known]
    return chain, at


def chain_rows(chain: pa.Table, at: Int, windows: int) -> tuple[ChainRows, NDArray[np.int32]]:
    """The chain's arrays, and each row's date of expiration in Chicago, in days since 1970-01-01.

    Parameters
    ----------
    chain : rows by window, expiration and strike. Greeks, volatilities and the age of quotes are NaN where it has no such column.
    at : (n,) each row's window.
    windows : how many there are.
    """
    there = set(chain.column_names)
    nothing = np.full(chain.num_rows, np.nan)

    def column(name: str) -> Float:
        # A copy: Arrow's own memory may not be written, and kernels would be compiled once more for arrays of that kind.
        return np.array(chain[name].to_numpy(), dtype=np.float64) if name in there else nothing

    strikes, place = np.unique(chain["strike"].to_numpy(), return_inverse=True)
    expirations, expiration = np.unique(chain["ts_expiration"].to_numpy(), return_inverse=True)
    days = np.array([(chicago_date(int(ts)) - _EPOCH).days for ts in expirations], dtype=np.int32)
    years = column("years")
    root = np.sqrt(years)
    forward = column("forward")
    rows = ChainRows(
        first=np.searchsorted(at, np.arange(windows + 1)),
        strikes=strikes,
        place=place,
        expiration=expiration,
        forward=forward,
        price=forward,
        years=years,
        multiplier=column("multiplier"),
        total_vol_bid=column("iv_bid") * root,
        total_vol_ask=column("iv_ask") * root,
        quoted=column("quote_age_ns") <= QUOTED_WITHIN_NS,
        weights={weight: (column(f"call_{weight}"), column(f"put_{weight}")) for weight in _WEIGHTS},
        gamma=column("gamma"),
        total_vol=column("total_vol"),
        vanna=column("vanna"),
        call_delta=column("call_delta"),
        put_delta=column("put_delta"),
        call_charm=column("call_charm"),
        put_charm=column("put_charm"),
    )
    return rows, days[expiration]


def on_one_axis(rows: ChainRows, chain: pa.Table, day: LevelWindows) -> ChainRows:
    """The same rows with their strikes on the axis of each window's front.

    Parameters
    ----------
    rows : of the windows of `day`, as `chain_rows` made them of `chain`.
    chain : with the column `underlying`. A future that `day` does not know has no place on the axis.
    """
    axis = strike_axis(
        first=rows.first,
        strike=rows.strikes[rows.place],
        forward=rows.forward,
        future=codes_of(chain["underlying"], day.underlyings),
        front=day.underlying.astype(np.int64),
        front_forward=day.forward,
    )
    return replace(rows, axis=axis)


def scopes_of(rows: ChainRows, dates: NDArray[np.int32], *, session_date: NDArray[np.int32]) -> dict[str, tuple[Scope, Bool]]:
    """Scope -> (its rows, windows that have a row of the table for it).

    `selected` and `0dte` have one in every window, `exp:YYYY-MM-DD` where the chain has rows of that date. Within a window rows
    come by expiration and so by date.

    Parameters
    ----------
    rows : of W windows.
    dates : (n,) each row's date of expiration in Chicago. [days since 1970-01-01]
    session_date : (W,) the windows' session date. [days since 1970-01-01]
    """
    windows = np.arange(session_date.size)
    always = np.ones(windows.size, dtype=np.bool_)
    place = np.repeat(windows, np.diff(rows.first)) * _FAR + dates

    def of_date(dates: NDArray[np.int32] | int) -> Scope:
        wanted = windows * _FAR + dates
        return Scope(np.searchsorted(place, wanted, side="left"), np.searchsorted(place, wanted, side="right"))

    scopes = {"selected": (rows.whole, always), "0dte": (of_date(session_date), always)}
    for days in np.unique(dates).tolist():
        scope = of_date(days)
        scopes[f"exp:{_EPOCH + timedelta(days=days)}"] = (scope, scope.stop > scope.first)
    return scopes
