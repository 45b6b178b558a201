"""Headers, definitions and statistics of verified files in a neutral form: no DBN, no versions, no sentinels.

The shapes are those of `schemas/vendor_shapes.py`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from gex_assets.kernels.records.cover import READ, UNMAPPED, Cover, statuses
from gex_assets.lake.dbn.reader import UNDEF_PRICE, UNDEF_STAT_QUANTITY, UNDEF_TIMESTAMP, Header, read_header
from gex_assets.lake.filesystem import FileSystem
from gex_assets.lake.raw.claims import claims_of, cover_among
from gex_assets.lake.raw.layout import source_of_file
from gex_assets.lake.raw.mapped_ids import mapped_on
from gex_assets.lake.raw.merge import running_moments, verified_blocks
from gex_assets.market.symbols import parent_of
from gex_assets.schemas.table import CATEGORY
from gex_assets.schemas.vendor_shapes import DEFINITIONS, MAPPED_SYMBOLS, STATISTICS

__all__ = ["added_by_definitions", "definitions", "mapped_symbols", "statistics"]

_PRICE_SCALE: Final = 1e9
_NO_TIME: Final = np.iinfo(np.int64).min
_READ: Final = ("path", "job_id", "rank", "sha256", "sha256_expected")


def mapped_symbols(filesystem: FileSystem, files: pa.Table, *, day: date) -> pa.Table:
    """Return the symbols that a raw table's files map on the day, one row per symbol, id and file.

    A symbol that only repeats the instrument id, as in a request by ids, names nothing and is left out.

    Returns
    -------
    Rows of `vendor_shapes.MAPPED_SYMBOLS`, the best file first.

    Raises
    ------
    BadFileError
        A file maps a symbol to something that is no instrument id.
    """
    columns: dict[str, list[Any]] = {name: [] for name in MAPPED_SYMBOLS.names}
    for row in sorted(files.select(list(_READ)).to_pylist(), key=lambda row: int(row["rank"])):
        header = read_header(source_of_file(filesystem, row["path"]))
        for instrument_id, raw_symbol in mapped_on(filesystem, row["path"], header, day=day):
            if raw_symbol != str(instrument_id):
                columns["instrument_id"].append(instrument_id)
                columns["raw_symbol"].append(raw_symbol)
                columns["job_id"].append(row["job_id"])
    return pa.table(columns, schema=MAPPED_SYMBOLS)


def definitions(filesystem: FileSystem, files: pa.Table, *, block_records: int) -> pa.Table:
    """Return the definition records of a raw table's files that are read, in order of their moments, then of rank.

    A file is read for the instruments that it maps, and for others whose symbol was asked for.

    Returns
    -------
    Rows of `vendor_shapes.DEFINITIONS`.

    Raises
    ------
    BadFileError
        A file changed since it was verified.
    """
    files = files.sort_by("rank")
    every = [
        pa.concat_tables([DEFINITIONS.empty_table(), *_parts(filesystem, row, block_records=block_records)])
        for row in files.select(list(_READ)).to_pylist()
    ]
    since = {row["path"]: added_by_definitions(filesystem, row, rows) for row, rows in zip(files.to_pylist(), every, strict=True)}
    claims = claims_of(files, since=since)
    read = [rows.filter(_is_read(rows, cover_among(claim, claims))) for rows, claim in zip(every, claims, strict=True)]
    found = pa.concat_tables([DEFINITIONS.empty_table(), *read])
    return found.take(pa.array(np.argsort(found["ts_recv"].to_numpy(), kind="stable")))


def added_by_definitions(filesystem: FileSystem, row: Mapping[str, Any], defined: pa.Table) -> dict[int, int]:
    """Instruments that a file does not map but was asked for, from the moment of the first definition that says so.

    Parameters
    ----------
    row : of a raw table.
    defined : rows of `vendor_shapes.DEFINITIONS`. Their symbol was asked for by name, by id or by its parent; spreads count by
        mapping only.

    Returns
    -------
    Moment by instrument id. [UNIX ns UTC]
    """
    mapped = pa.array(row["claimed_instruments"], pa.uint32())
    others = defined.filter(pc.invert(pc.is_in(defined["instrument_id"], mapped)))
    if not others.num_rows:
        return {}
    symbols = set(read_header(source_of_file(filesystem, row["path"])).symbols)
    found: dict[int, int] = {}
    for instrument_id, raw_symbol, moment in zip(
        *(others[name].to_pylist() for name in ("instrument_id", "raw_symbol", "ts_recv")), strict=True
    ):
        parent = parent_of(raw_symbol)
        if parent is not None and not symbols.isdisjoint((raw_symbol, str(instrument_id), parent)):
            found[instrument_id] = min(moment, found.get(instrument_id, moment))
    return found


def _parts(filesystem: FileSystem, row: Mapping[str, Any], *, block_records: int) -> Iterator[pa.Table]:
    largest = _NO_TIME
    for block in verified_blocks(filesystem, row, block_records=block_records):
        moments = running_moments(block["ts_recv"], largest=largest)
        largest = int(moments[-1])
        yield _definitions(block, moments)


def _is_read(rows: pa.Table, cover: Cover) -> pa.Array:
    found = statuses(instrument_ids=rows["instrument_id"].to_numpy(), moments=rows["ts_recv"].to_numpy(), cover=cover)
    return pa.array(found == READ)


def _definitions(block: NDArray[np.void], moments: NDArray[np.int64]) -> pa.Table:
    legs = "leg_count" in (block.dtype.names or ())
    nothing = np.zeros(len(block), dtype=np.int32)
    underlying = _text(block["underlying"])
    columns: dict[str, Any] = {
        "instrument_id": _contiguous(block["instrument_id"]),
        "ts_recv": moments,
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
    """Yield the statistics of a raw table's files that are read, with the symbols that each file's header maps.

    Records of instruments that no header maps are among them, without a symbol, so that they can be counted.

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
    claims = claims_of(files)
    for row, claim in zip(files.select(list(_READ)).to_pylist(), claims, strict=True):
        header = read_header(source_of_file(filesystem, row["path"]))
        mapped = mapped_symbols(filesystem, files.filter(pc.equal(files["path"], row["path"])), day=file_date)
        mapped = mapped.sort_by("instrument_id")
        ids, symbols = mapped["instrument_id"].to_numpy(), mapped["raw_symbol"].combine_chunks()
        cover, largest = cover_among(claim, claims), _NO_TIME
        for block in verified_blocks(filesystem, row, block_records=block_records):
            moments = running_moments(block["ts_recv"], largest=largest)
            largest = int(moments[-1])
            found = statuses(instrument_ids=block["instrument_id"], moments=moments, cover=cover)
            kept = (found == READ) | (found == UNMAPPED)
            yield _statistics(block[kept], moments[kept], header=header, ids=ids, symbols=symbols, file_date=file_date)


def _statistics(
    block: NDArray[np.void],
    moments: NDArray[np.int64],
    *,
    header: Header,
    ids: NDArray[np.uint32],
    symbols: pa.Array,
    file_date: date,
) -> pa.Table:
    quantity = block["quantity"]
    columns: dict[str, Any] = {
        **{name: _contiguous(block[name]) for name in ("instrument_id", "stat_type", "sequence", "stat_flags", "update_action")},
        **{name: _moments(block[name]) for name in ("ts_recv", "ts_event", "ts_ref")},
        "ts_recv_behind": moments - _moments(block["ts_recv"]),
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
