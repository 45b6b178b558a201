"""Order records made up for the stages that read orders: as tables, and cut into stretches."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np
import pyarrow as pa

from gex_assets_tests.kernels.order_book.runs import Claimed
from gex_assets_tests.twins.dict_book import Record

SYMBOLS = {3: "ESH6", 70: "ESM6", 5: "ESU6"}


def orders(records: Sequence[Record], *, symbols: bool = False, categories: bool = True) -> pa.Table:
    def letters(values: list[str]) -> pa.Array:
        column = pa.array(values, pa.string())
        return column.dictionary_encode().cast(pa.dictionary(pa.int32(), pa.string())) if categories else column

    columns = list(zip(*records, strict=True)) or [[]] * len(Record._fields)
    by_name = dict(zip(Record._fields, map(list, columns), strict=True))
    types = {
        "ts_recv": pa.int64(),
        "instrument_id": pa.uint32(),
        "order_id": pa.uint64(),
        "price": pa.int64(),
        "size": pa.uint32(),
    }
    table = {name: pa.array(by_name[name], kind) for name, kind in types.items()}
    # The clock of these records alone: what a larger stream adds to it is tried in test_a_larger_streams_clock_rules.
    moments = np.array(by_name["ts_recv"], np.int64)
    table["ts_recv_behind"] = pa.array(np.maximum.accumulate(moments) - moments if len(moments) else moments, pa.int64())
    table |= {"flags": pa.array(by_name["flags"], pa.uint8())}
    table |= {name: letters(by_name[name]) for name in ("action", "side")}
    if symbols:
        table["symbol"] = letters([SYMBOLS[instrument] for instrument in by_name["instrument_id"]])
    return pa.table(table)


def claimed(claims: Claimed) -> pa.Table:
    """Stretches as rows of `schemas.vendor_shapes.CLAIMED`."""
    rows = [(key, *stretch) for key, stretches in claims.items() for stretch in stretches]
    ids, starts, ends, complete = list(zip(*rows, strict=True)) or [()] * 4
    return pa.table(
        {
            "instrument_id": pa.array(ids, pa.uint32()),
            **{
                name: pa.array(moments, pa.int64())
                for name, moments in (("ts_start", starts), ("ts_end", ends), ("ts_complete", complete))
            },
        }
    )


def cut(table: pa.Table, places: Sequence[int]) -> Iterator[pa.Table]:
    for first, last in pairwise([0, *places, table.num_rows]):
        yield table.slice(first, last - first)
