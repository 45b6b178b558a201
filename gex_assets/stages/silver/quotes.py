"""From order records to `silver_option_quotes` and `silver_future_quotes`: the book at each window's end and the flow within.

Records become arrays for the order books; the books' rows become Arrow tables, one per row group of whole windows. The rules of a
book are in `kernels.order_book`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from gex_assets.kernels.order_book.books import MISSING, BookRows, OrderBooks, Records
from gex_assets.schemas.book_columns import BOOK_STATES
from gex_assets.schemas.silver_quotes import SILVER_FUTURE_QUOTES, SILVER_OPTION_QUOTES
from gex_assets.schemas.table import Table
from gex_assets.stages.windows import WINDOWS_PER_GROUP, Windows, windows_per_group

__all__ = ["ORDER_COLUMNS", "future_quotes", "list_futures", "option_quotes", "order_records"]

ORDER_COLUMNS: Final = ("ts_recv", "ts_recv_behind", "instrument_id", "order_id", "action", "side", "price", "size", "flags")
"""Columns of the order records that the books need; futures need `symbol` too."""

_STATES: Final = pa.array(BOOK_STATES)


def option_quotes(
    stretches: Iterable[pa.Table], *, instruments: pa.Table, windows: Windows, tally: Counter[str]
) -> Iterator[pa.Table]:
    """Quotes of the selected options.

    Parameters
    ----------
    stretches : `bronze_option_mbo` in the file's order, cut anywhere; at least `ORDER_COLUMNS`. Records of other instruments
        only advance the clock.
    instruments : `bronze_option_instruments`. An instrument has rows from the first window that ends after its `ts_listed`, and
        none where that is NULL.
    windows : of the day.
    tally : counts records by kind (`kernels.order_book.books.OrderBooks.counts`), `rows`, `crossed_rows`, and the orders that
        rest after the last record as `resting_orders`.

    Yields
    ------
    One table per row group (`Windows.groups`) that has rows, with exactly the schema of `silver_option_quotes`, sorted by
    ts_window_end and instrument_id.
    """
    used = instruments.filter(pc.and_(instruments["selected"], pc.is_valid(instruments["ts_listed"])))
    used = used.sort_by("instrument_id")
    books = OrderBooks(window_ends=windows.ends, windows_per_group=windows_per_group(used.num_rows))
    books.list_instruments(
        instrument_ids=used["instrument_id"].to_numpy(),
        listed=used["ts_listed"].to_numpy(),
        expiration=used["ts_expiration"].to_numpy(),
    )
    for stretch in stretches:
        for records in order_records(stretch):
            for rows in books.apply(records):
                yield from _table(SILVER_OPTION_QUOTES, rows, windows, tally)
    for rows in books.finish():
        yield from _table(SILVER_OPTION_QUOTES, rows, windows, tally)
    tally.update(books.counts)
    tally["resting_orders"] = books.resting_orders


def future_quotes(stretches: Iterable[pa.Table], *, windows: Windows, tally: Counter[str]) -> Iterator[pa.Table]:
    """Quotes of all outright futures.

    Parameters
    ----------
    stretches : `bronze_future_mbo` in the file's order, cut anywhere; at least `ORDER_COLUMNS` and `symbol`.
    windows, tally : as for `option_quotes`.

    Yields
    ------
    As `option_quotes`, with the schema of `silver_future_quotes`. A future has rows from the window of its first record.
    """
    books = OrderBooks(window_ends=windows.ends, windows_per_group=WINDOWS_PER_GROUP)
    symbols: dict[int, str] = {}
    for stretch in stretches:
        list_futures(books, stretch, symbols)
        for records in order_records(stretch):
            for rows in books.apply(records):
                yield from _table(SILVER_FUTURE_QUOTES, rows, windows, tally, symbols)
    for rows in books.finish():
        yield from _table(SILVER_FUTURE_QUOTES, rows, windows, tally, symbols)
    tally.update(books.counts)
    tally["resting_orders"] = books.resting_orders


def list_futures(books: OrderBooks, stretch: pa.Table, symbols: dict[int, str]) -> None:
    """List futures that are new in this stretch; their rows still begin with their first record."""
    ids = stretch["instrument_id"]
    new = sorted(set(pc.unique(ids).to_pylist()) - symbols.keys())
    if new:
        symbols |= {instrument_id: stretch["symbol"][pc.index(ids, instrument_id).as_py()].as_py() for instrument_id in new}
        books.list_instruments(instrument_ids=np.array(new, np.uint32))


def order_records(stretch: pa.Table) -> Iterator[Records]:
    """The columns of each record batch as arrays, without copies but for the letters."""
    for batch in stretch.select(ORDER_COLUMNS).to_batches():
        yield Records(
            ts_recv=batch.column("ts_recv").to_numpy(),
            behind=batch.column("ts_recv_behind").to_numpy(),
            instrument_id=batch.column("instrument_id").to_numpy(),
            order_id=batch.column("order_id").to_numpy(),
            action=_letters(batch.column("action")),
            side=_letters(batch.column("side")),
            price=batch.column("price").to_numpy(),
            size=batch.column("size").to_numpy(),
            flags=batch.column("flags").to_numpy(),
        )


def _letters(column: pa.Array) -> NDArray[np.uint8]:
    """One-letter strings as their ASCII codes; 0 for anything else."""
    coded = column if isinstance(column, pa.DictionaryArray) else column.dictionary_encode()
    letters = coded.dictionary.to_pylist()
    codes = np.array([ord(letter) if len(letter) == 1 and letter.isascii() else 0 for letter in letters], np.uint8)
    taken: NDArray[np.uint8] = codes[coded.indices.to_numpy()]
    return taken


def _table(
    table: Table, rows: BookRows, windows: Windows, tally: Counter[str], symbols: dict[int, str] | None = None
) -> Iterator[pa.Table]:
    """The rows as a table, if there are any."""
    taken = slice(rows.first, rows.end)
    ids, present, columns = rows.instrument_ids, rows.present, rows.columns
    used = np.flatnonzero(present.any(axis=0))
    used = used[np.argsort(ids[used])]
    if not len(used):
        return
    if not np.array_equal(used, np.arange(len(ids))):
        ids, present = ids[used], present[:, used]
        columns = {name: column[:, used] for name, column in columns.items()}
    keep = None if present.all() else np.flatnonzero(present)

    def flat(plane: NDArray[Any]) -> NDArray[Any]:
        every = plane.reshape(-1)
        return every if keep is None else every[keep]

    def per_window(values: NDArray[Any]) -> NDArray[Any]:
        return flat(np.repeat(values, len(ids)))

    def per_instrument(values: NDArray[Any]) -> NDArray[Any]:
        return flat(np.tile(values, taken.stop - taken.start))

    made: dict[str, pa.Array] = {
        "ts_window_end": pa.array(per_window(windows.ends[taken])),
        "session_date": pa.array(per_window(windows.session_date[taken])),
        "instrument_id": pa.array(per_instrument(ids)),
    }
    if symbols is not None:
        names = [symbols[int(instrument_id)] for instrument_id in ids]
        made["symbol"] = pa.DictionaryArray.from_arrays(per_instrument(np.arange(len(ids), dtype=np.int32)), pa.array(names))
    states = flat(columns["book_state"])
    made["book_state"] = pa.DictionaryArray.from_arrays(states, _STATES)
    tally["rows"] += len(states)
    tally["crossed_rows"] += int(np.count_nonzero(states == BOOK_STATES.index("crossed")))
    schema = table.arrow_schema()
    arrays = [made[field.name] if field.name in made else _column(field, flat(columns[field.name])) for field in schema]
    yield pa.Table.from_arrays(arrays, schema=schema)


def _column(field: pa.Field, values: NDArray[Any]) -> pa.Array:
    if not field.nullable:
        return pa.array(values)
    missing = np.isnan(values) if values.dtype.kind == "f" else values == MISSING
    return pa.array(values, mask=missing)
