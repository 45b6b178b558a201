"""The mid of a future at given moments, from its best prices as they pass by."""

from __future__ import annotations

from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

__all__ = ["BEST_PRICE_COLUMNS", "MidsAtMoments"]

Float = NDArray[np.float64]
Int = NDArray[np.int64]

BEST_PRICE_COLUMNS: Final = ("ts_recv", "symbol", "bid_price", "ask_price")
"""Columns of `silver_future_bbo` that mids need."""


class MidsAtMoments:
    """Mids at moments of n questions: each the last known at or before its moment.

    Parameters
    ----------
    symbols : (n,) the future that each question is about.
    moments : (k, n) moments, k for each question; one before all best prices has no answer. [UNIX ns UTC]

    Attributes
    ----------
    mids : (k, n) half the sum of best bid and best ask; NaN where one is missing, where they are crossed, and before the
        future's first best prices. [index points]
    """

    def __init__(self, *, symbols: NDArray[np.object_], moments: Int) -> None:
        self._of_symbol = {symbol: np.flatnonzero(symbols == symbol) for symbol in sorted(set(symbols))}
        self._moments = moments
        self.mids: Float = np.full(moments.shape, np.nan)

    def see(self, best_prices: pa.Table) -> None:
        """Take the next rows of `silver_future_bbo` into account (at least `BEST_PRICE_COLUMNS`)."""
        names = best_prices["symbol"].cast(pa.string())
        ts = best_prices["ts_recv"].to_numpy()
        bid, ask = (best_prices[name].to_numpy() for name in ("bid_price", "ask_price"))
        mids = np.where(bid < ask, (bid + ask) / 2, np.nan)
        for symbol, questions in self._of_symbol.items():
            own = pc.equal(names, symbol).to_numpy()
            place = np.searchsorted(ts[own], self._moments[:, questions], side="right") - 1
            known = place >= 0
            found = self.mids[:, questions]
            found[known] = mids[own][place[known]]
            self.mids[:, questions] = found
