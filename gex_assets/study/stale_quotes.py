"""Stale quotes: a day's option quotes, a share of them replaced by the same book's earlier ones."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

__all__ = ["with_stale_quotes"]


def with_stale_quotes(quotes: pa.Table, *, ends: NDArray[np.int64], share: float, lag_ns: int, seed: int) -> pa.Table:
    """Replace a share of the quotes by earlier ones; each quote of each window is drawn independently.

    A quote is replaced only where its book is `ok` and was `ok` then; all others stay as they are.

    Parameters
    ----------
    quotes : rows of `silver_option_quotes`: ts_window_end, instrument_id, book_state, bid_price, ask_price and any others.
    ends : windows wanted, ascending. [UNIX ns UTC]
    share : of the quotes. [1]
    lag_ns : age of the quotes that replace others. [ns]
    seed : decides which quotes are replaced.

    Returns
    -------
    The rows of those windows for which the window `lag_ns` earlier has rows too, in their order.
    """
    row_ends = quotes.column("ts_window_end").to_numpy()
    ids = quotes.column("instrument_id").to_numpy()
    known_ids, across = np.unique(ids, return_inverse=True)
    known_ends, down = np.unique(row_ends, return_inverse=True)
    place = np.full((known_ends.size, known_ids.size), -1, dtype=np.int64)
    place[down, across] = np.arange(ids.size)

    wanted = np.flatnonzero(np.isin(row_ends, ends) & np.isin(row_ends - lag_ns, known_ends))
    chosen = quotes.take(pa.array(wanted))
    before = place[np.searchsorted(known_ends, row_ends[wanted] - lag_ns), across[wanted]]
    is_ok = np.array(quotes.column("book_state").cast(pa.string()).to_pylist(), dtype=object) == "ok"
    drawn = np.random.default_rng(seed).random(wanted.size) < share
    stale = drawn & (before >= 0) & is_ok[wanted] & is_ok[before]
    source = np.where(stale, before, wanted)
    for name in ("bid_price", "ask_price"):
        column = chosen.schema.get_field_index(name)
        chosen = chosen.set_column(column, name, quotes.column(name).take(pa.array(source)))
    return chosen
