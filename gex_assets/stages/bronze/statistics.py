"""`bronze_option_statistics`: what the venue published of the day's outrights, from this day's files and earlier ones."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from gex_assets.schemas.bronze_option_statistics import BRONZE_OPTION_STATISTICS
from gex_assets.schemas.vendor_shapes import StatType, StatUpdateAction

__all__ = ["option_statistics"]


def option_statistics(statistics: Iterable[pa.Table], *, instruments: pa.Table, tally: Counter[str]) -> pa.Table:
    """Make the day's table of statistics.

    An instrument of an earlier file is the one of the day with the same symbol, because ids are reused from day to day. A record
    that withdraws a value is a row too (`is_deleted`): windows before it still use the value.

    Parameters
    ----------
    statistics : rows of `vendor_shapes.STATISTICS`, of earlier files first.
    instruments : `bronze_option_instruments` of the day.
    tally : counts `records`; of them the rows left out as `other_statistic`, `unmapped_statistic` (not mapped by its file's
        header), `undated_statistic` (without ts_recv), `other_instrument` (no outright of the day) and `repeated_statistic` (of
        one key the last is kept, by file date, sequence and position); and of the rows kept `deleted_statistic` and
        `negative_quantity`.

    Returns
    -------
    Rows of `BRONZE_OPTION_STATISTICS`, in order of its key. Undefined prices and quantities are NULL, negative quantities too.
    """
    symbols = instruments["raw_symbol"].combine_chunks().cast(pa.string())
    parts = [_kept(table, symbols, instruments["instrument_id"].combine_chunks(), tally) for table in statistics]
    schema = BRONZE_OPTION_STATISTICS.arrow_schema()
    rows = pa.concat_tables([schema.empty_table(), *parts])
    order = pa.array(np.arange(rows.num_rows))
    keys = [*BRONZE_OPTION_STATISTICS.key, "file_date", "sequence", "place"]
    rows = rows.append_column("place", order).sort_by([(name, "ascending") for name in keys]).drop_columns(["place"])
    last = _last_of_each(rows, BRONZE_OPTION_STATISTICS.key)
    if repeated := int(np.count_nonzero(~last)):
        tally["repeated_statistic"] += repeated
    return rows.filter(pa.array(last)).combine_chunks().cast(schema)


def _kept(table: pa.Table, symbols: pa.Array, ids: pa.Array, tally: Counter[str]) -> pa.Table:
    tally["records"] += table.num_rows
    asked = pc.is_in(table["stat_type"], pa.array(list(StatType), pa.uint16()))
    table = _filtered(table, asked, "other_statistic", tally)
    table = _filtered(table, pc.is_valid(table["raw_symbol"]), "unmapped_statistic", tally)
    table = _filtered(table, pc.greater_equal(pc.add(table["ts_recv"], table["ts_recv_behind"]), 0), "undated_statistic", tally)
    at = pc.index_in(table["raw_symbol"].cast(pa.string()), symbols)
    table = table.set_column(0, "instrument_id", ids.take(at.combine_chunks()))
    table = _filtered(table, pc.is_valid(table["instrument_id"]), "other_instrument", tally)
    table = table.append_column("is_deleted", pc.equal(table["update_action"], StatUpdateAction.DELETE.value))
    tally["deleted_statistic"] += pc.sum(table["is_deleted"]).as_py() or 0
    is_negative = pc.fill_null(pc.less(table["quantity"], 0), fill_value=False)
    tally["negative_quantity"] += pc.sum(is_negative).as_py() or 0
    quantity = pc.if_else(is_negative, pa.scalar(None, pa.int64()), table["quantity"])
    table = table.set_column(table.column_names.index("quantity"), "quantity", quantity)
    schema = BRONZE_OPTION_STATISTICS.arrow_schema()
    return pa.table({name: table[name] for name in schema.names}, schema=schema)


def _filtered(table: pa.Table, mask: pa.ChunkedArray, reason: str, tally: Counter[str]) -> pa.Table:
    kept = table.filter(mask)
    if dropped := table.num_rows - kept.num_rows:
        tally[reason] += dropped
    return kept


def _last_of_each(rows: pa.Table, key: tuple[str, ...]) -> np.ndarray:
    """Whether a row is the last of its key, in rows sorted by it."""
    last = np.ones(rows.num_rows, dtype=np.bool_)
    if rows.num_rows:
        columns = [rows[name].to_numpy() for name in key]
        last[:-1] = np.any([column[1:] != column[:-1] for column in columns], axis=0)
    return last
