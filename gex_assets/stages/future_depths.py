"""How much rests in the future's book before a level: size by zone at each window's end, from the order records.

`silver_vacuum` keeps ratios, not sizes, so that the books are built once more here, with the same kernel and the same zones.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from gex_assets.kernels.order_book import MISSING, BookRows, OrderBooks
from gex_assets.stages.cross_features import DEPTHS
from gex_assets.stages.quotes import list_futures, order_records
from gex_assets.stages.windows import WINDOWS_PER_GROUP

__all__ = ["future_depths"]

Int = NDArray[np.int64]

_NANO: Final = 1e9


def future_depths(stretches: Iterable[pa.Table], *, ends: Int, symbols: Sequence[str], tick: float) -> Iterator[pa.Table]:
    """Sizes by zone around the mid at each window's start.

    Parameters
    ----------
    stretches : `bronze_future_mbo` in the file's order, cut anywhere; at least `quotes.ORDER_COLUMNS` and `symbol`.
    ends : (W,) ends of the windows of 5 s wanted, ascending. [UNIX ns UTC]
    symbols : the futures wanted; of two instruments with one symbol the lower number is used.
    tick : the future's. [index points]

    Yields
    ------
    Tables with ts_window_end, symbol and `DEPTHS`, in order of time; NULL where the book was not ok at the window's start.
    """
    books = OrderBooks(window_ends=ends, windows_per_group=WINDOWS_PER_GROUP, zone_tick=round(tick * _NANO))
    found: dict[int, str] = {}
    for stretch in stretches:
        wanted = stretch.filter(pc.is_in(stretch["symbol"].cast(pa.string()), pa.array(symbols, type=pa.string())))
        list_futures(books, wanted, found)
        for records in order_records(stretch):
            for rows in books.apply(records):
                yield _table(rows, ends, found)
    for rows in books.finish():
        yield _table(rows, ends, found)


def _table(rows: BookRows, ends: Int, symbols: dict[int, str]) -> pa.Table:
    by_number = np.argsort(rows.instrument_ids).tolist()
    first = {symbols[int(rows.instrument_ids[place])]: place for place in reversed(by_number)}
    names = sorted(first)
    places = [first[name] for name in names]
    known = rows.present[:, places] & (rows.columns["start_bid"][:, places] != MISSING)

    def column(name: str) -> pa.Array:
        values = rows.columns[name][:, places]
        return pa.array(np.where(known & (values != MISSING), values, np.nan).reshape(-1), from_pandas=True)

    own = ends[rows.first : rows.end]
    bid, ask = (np.asarray(rows.columns[name][:, places], np.float64) for name in ("start_bid", "start_ask"))
    sizes = [column(name.replace("_", "_end_")) for name in DEPTHS[1:]]
    return pa.table(
        [
            pa.array(np.repeat(own, len(names))),
            pa.array(names * own.size, type=pa.string()),
            pa.array(np.where(known, (bid + ask) / 2 / _NANO, np.nan).reshape(-1), from_pandas=True),
            *sizes,
        ],
        names=["ts_window_end", "symbol", *DEPTHS],
    )
