"""Headers, definitions and statistics of verified files in a neutral form: no DBN, no versions, no sentinels.

The shapes are those of `schemas/vendor_shapes.py`.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from gex_assets.errors import BadFileError
from gex_assets.lake.dbn.reader import (
    UNDEF_PRICE,
    UNDEF_STAT_QUANTITY,
    UNDEF_TIMESTAMP,
    Header,
    MappingInterval,
    SymbolMapping,
    read_header,
)
from gex_assets.lake.filesystem import FileSystem
from gex_assets.lake.raw.layout import folder_of, source_of_file
from gex_assets.lake.raw.merge import verified_blocks
from gex_assets.lake.raw.sidecars import read_symbology
from gex_assets.schemas.table import CATEGORY
from gex_assets.schemas.vendor_shapes import DEFINITIONS, MAPPED_SYMBOLS, STATISTICS

__all__ = ["definitions", "mapped_symbols", "statistics"]

_PRICE_SCALE: Final = 1e9
_ID_DIGITS: Final = 20
"""No id has more digits, and Python refuses to parse thousands of them."""
_READ: Final = ("path", "job_id", "sha256", "sha256_expected")


def mapped_symbols(filesystem: FileSystem, files: pa.Table, *, day: date) -> pa.Table:
    """Return the symbols that the headers of a raw table's files map, one row per symbol and file.

    An interval that covers the day is preferred. A request of several days may map a symbol on other days only. Then the
    nearest interval is returned (the first after the day, else the last before it), and `covers_day` is false. Where a header
    maps nothing, the symbology.json next to the file is used.

    Returns
    -------
    Rows of `vendor_shapes.MAPPED_SYMBOLS`, in the files' order, newest job first.

    Raises
    ------
    BadFileError
        A header maps a symbol to something that is no instrument id.
    """
    columns: dict[str, list[Any]] = {name: [] for name in MAPPED_SYMBOLS.names}
    for row in reversed(files.select(list(_READ)).to_pylist()):
        source, mappings = row["path"], read_header(source_of_file(filesystem, row["path"])).mappings
        if not mappings:
            source = f"{folder_of(row['path'])}/symbology.json"
            mappings = read_symbology(filesystem, source)
        for mapping in mappings:
            interval, covers = _nearest(mapping.intervals, day)
            if interval is None:
                continue
            columns["instrument_id"].append(_instrument_id(filesystem.uri(source), mapping, interval))
            columns["raw_symbol"].append(mapping.raw_symbol)
            columns["covers_day"].append(covers)
            columns["job_id"].append(row["job_id"])
    return pa.table(columns, schema=MAPPED_SYMBOLS)


def _nearest(intervals: tuple[MappingInterval, ...], day: date) -> tuple[MappingInterval | None, bool]:
    named = [interval for interval in intervals if interval.symbol]
    for interval in named:
        if interval.start_date <= day < interval.end_date:
            return interval, True
    after = [interval for interval in named if interval.start_date > day]
    if after:
        return min(after, key=lambda interval: interval.start_date), False
    return max(named, key=lambda interval: interval.end_date, default=None), False


def _instrument_id(name: str, mapping: SymbolMapping, interval: MappingInterval) -> int:
    said = interval.symbol
    if not (said.isascii() and said.isdigit() and len(said) <= _ID_DIGITS and int(said) < 2**32):
        raise BadFileError(f"{name}: Expected an instrument id for {mapping.raw_symbol!r}, was {said[:40]!r}")
    return int(said)


def definitions(filesystem: FileSystem, files: pa.Table, *, block_records: int) -> pa.Table:
    """Return the definition records of a raw table's files, oldest job first, each in its file's order.

    Returns
    -------
    Rows of `vendor_shapes.DEFINITIONS`.

    Raises
    ------
    BadFileError
        A file changed since it was verified.
    """
    parts = [
        _definitions(block)
        for row in files.select(list(_READ)).to_pylist()
        for block in verified_blocks(filesystem, row, block_records=block_records)
    ]
    return pa.concat_tables([DEFINITIONS.empty_table(), *parts])


def _definitions(block: NDArray[np.void]) -> pa.Table:
    legs = "leg_count" in (block.dtype.names or ())
    nothing = np.zeros(len(block), dtype=np.int32)
    underlying = _text(block["underlying"])
    columns: dict[str, Any] = {
        "instrument_id": _contiguous(block["instrument_id"]),
        "ts_recv": _moments(block["ts_recv"]),
        "raw_symbol": _text(block["raw_symbol"]),
        "security_update_action": _text(block["security_update_action"]),
        "cfi": _text(block["cfi"]),
        **{name: _contiguous(block[name]) if legs else nothing for name in DEFINITIONS.names if name.startswith("leg_")},
        "leg_side": _text(block["leg_side"]) if legs else [""] * len(block),
        "underlying": [name or None for name in underlying],
        "ts_expiration": pa.array(_moments(block["expiration"]), mask=block["expiration"] == np.uint64(UNDEF_TIMESTAMP)),
        "strike": _price(block["strike_price"]),
        "multiplier": _price(block["unit_of_measure_qty"]),
    }
    return pa.table({name: pa.array(columns[name], type=DEFINITIONS.field(name).type) for name in DEFINITIONS.names}).cast(
        DEFINITIONS
    )


def statistics(filesystem: FileSystem, files: pa.Table, *, file_date: date, block_records: int) -> Iterator[pa.Table]:
    """Yield the statistics of a raw table's files, oldest job first, with the symbols that each file's header maps.

    Parameters
    ----------
    files : the raw table of statistics of `file_date`.
    file_date : the date on which symbols are mapped.

    Yields
    ------
    Rows of `vendor_shapes.STATISTICS`, one table per block. Undefined prices and quantities are NULL.

    Raises
    ------
    BadFileError
        A file changed since it was verified.
    """
    for row in files.select(list(_READ)).to_pylist():
        header = read_header(source_of_file(filesystem, row["path"]))
        mapped = mapped_symbols(filesystem, files.filter(pc.equal(files["path"], row["path"])), day=file_date)
        mapped = mapped.filter(mapped["covers_day"]).sort_by("instrument_id")
        ids, symbols = mapped["instrument_id"].to_numpy(), mapped["raw_symbol"].combine_chunks()
        for block in verified_blocks(filesystem, row, block_records=block_records):
            yield _statistics(block, header=header, ids=ids, symbols=symbols, file_date=file_date)


def _statistics(
    block: NDArray[np.void], *, header: Header, ids: NDArray[np.uint32], symbols: pa.Array, file_date: date
) -> pa.Table:
    quantity = block["quantity"]
    columns: dict[str, Any] = {
        **{name: _contiguous(block[name]) for name in ("instrument_id", "stat_type", "sequence", "stat_flags", "update_action")},
        **{name: _moments(block[name]) for name in ("ts_recv", "ts_event", "ts_ref")},
        "file_date": pa.repeat(pa.scalar(file_date, pa.date32()), len(block)),
        "raw_symbol": _symbols(block["instrument_id"], ids, symbols),
        "price": _price(block["price"]),
        "quantity": pa.array(quantity.astype(np.int64), mask=quantity == UNDEF_STAT_QUANTITY[header.version]),
    }
    return pa.table({name: columns[name] for name in STATISTICS.names}, schema=STATISTICS)


def _symbols(instrument_ids: NDArray[np.uint32], ids: NDArray[np.uint32], symbols: pa.Array) -> pa.DictionaryArray:
    """Symbol of each instrument id, NULL where the header does not map it; `ids` in ascending order."""
    at = np.searchsorted(ids, instrument_ids)
    known = np.zeros(len(instrument_ids), dtype=np.bool_)
    known[at < len(ids)] = ids[at[at < len(ids)]] == instrument_ids[at < len(ids)]
    return pa.DictionaryArray.from_arrays(pa.array(at.astype(np.int32), mask=~known), symbols).cast(CATEGORY)


def _contiguous(values: NDArray[Any]) -> NDArray[Any]:
    return np.ascontiguousarray(values)


def _moments(values: NDArray[np.uint64]) -> NDArray[np.int64]:
    """UNIX ns as int64; the vendor's "undefined" becomes -1."""
    return values.astype(np.int64)


def _price(values: NDArray[np.int64]) -> pa.Array:
    return pa.array(values / _PRICE_SCALE, mask=values == UNDEF_PRICE)


def _text(values: NDArray[np.bytes_]) -> list[str]:
    """Fixed-width text up to its first NUL."""
    return [value.split(b"\0", 1)[0].decode("latin-1") for value in values.tolist()]
