"""The futures' prices by window, looked up in rows of `silver_future_quotes`: midpoint, volume-weighted price, last trade."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

__all__ = ["FUTURE_COLUMNS", "FUTURE_PRICES", "FuturePrices", "future_prices"]

Float = NDArray[np.float64]

FUTURE_COLUMNS: Final = (
    *("ts_window_end", "instrument_id", "symbol"),
    *("book_state", "bid_price", "ask_price", "vwap", "last_trade_price"),
)
"""Columns of `silver_future_quotes` that have the prices."""

FUTURE_PRICES: Final = ("future_mid", "future_vwap", "future_last")
"""Names of the prices, as `silver_forward` has them."""


@dataclass(frozen=True, slots=True)
class FuturePrices:
    """Prices of each future: symbol -> (ascending ends of its windows, name of the price -> values [index points])."""

    by_symbol: dict[str, tuple[NDArray[np.int64], dict[str, Float]]]

    def at(self, symbol: str, ends: NDArray[np.int64]) -> dict[str, Float]:
        """`future_mid`, `future_vwap` and `future_last` (W,) at these windows; NaN where the future has no row or no price."""
        if symbol not in self.by_symbol:
            return {name: np.full(ends.size, np.nan) for name in FUTURE_PRICES}
        own_ends, prices = self.by_symbol[symbol]
        place = np.minimum(np.searchsorted(own_ends, ends), own_ends.size - 1)
        there = own_ends[place] == ends
        return {name: np.where(there, values[place], np.nan) for name, values in prices.items()}


def future_prices(future_quotes: pa.Table | None, *, tally: Counter[str]) -> FuturePrices:
    """Arrange rows of `silver_future_quotes` by symbol: those of a block of windows, or of a day.

    The midpoint exists only where the book is `ok`. Where two instruments carry one symbol the row of the lower
    instrument_id is used; the others are counted in `tally` as `future_quoted_twice`.

    Parameters
    ----------
    future_quotes : rows in any order (at least `FUTURE_COLUMNS`), or None without futures.
    """
    by_symbol: dict[str, tuple[NDArray[np.int64], dict[str, Float]]] = {}
    if future_quotes is None or future_quotes.num_rows == 0:
        return FuturePrices(by_symbol)
    ends, ids = (future_quotes.column(name).to_numpy() for name in ("ts_window_end", "instrument_id"))
    ok = pc.equal(future_quotes.column("book_state").cast(pa.string()), "ok").to_numpy()
    mid = (future_quotes.column("bid_price").to_numpy() + future_quotes.column("ask_price").to_numpy()) / 2
    prices = {
        "future_mid": np.where(ok, mid, np.nan),
        "future_vwap": future_quotes.column("vwap").to_numpy(),
        "future_last": future_quotes.column("last_trade_price").to_numpy(),
    }
    texts = future_quotes.column("symbol").cast(pa.string())
    symbols = pc.unique(texts)
    codes = pc.index_in(texts, symbols).to_numpy()
    by_time = np.lexsort((ids, ends))
    for code, symbol in enumerate(symbols.to_pylist()):
        own = by_time[codes[by_time] == code]
        own_ends, first = np.unique(ends[own], return_index=True)
        tally["future_quoted_twice"] += own.size - own_ends.size
        by_symbol[symbol] = (own_ends, {name: values[own[first]] for name, values in prices.items()})
    return FuturePrices(by_symbol)
