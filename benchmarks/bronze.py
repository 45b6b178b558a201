"""Tasks over stored order records: the vendor's way to Parquet, plain Parquet in the file's order, and what bronze stored."""

from __future__ import annotations

from pathlib import Path
from time import perf_counter, process_time
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks import ours

__all__ = ["same_records", "unsorted_parquet", "vendor_parquet"]

FIELDS: Final = ("ts_recv", "ts_event", "instrument_id", "order_id", "action", "side", "price", "size", "flags", "sequence")
GROUP: Final = 1 << 20


def vendor_parquet(*, file: str, into: str) -> dict[str, Any]:
    """The vendor's client: `DBNStore.to_parquet` as it is documented."""
    import databento

    Path(into).parent.mkdir(parents=True, exist_ok=True)
    started, clock = process_time(), perf_counter()
    databento.DBNStore.from_file(file).to_parquet(into)
    took = {"cpu": process_time() - started, "wall": perf_counter() - clock}
    return took | {"records": pq.ParquetFile(into).metadata.num_rows, "bytes": Path(into).stat().st_size}


def unsorted_parquet(*, file: str, into: str) -> dict[str, Any]:
    """The fields in the file's order, pyarrow's defaults, a million rows a group: what queries are held against."""
    started, clock = process_time(), perf_counter()
    rows = 0
    writer: pq.ParquetWriter | None = None
    held: list[np.ndarray[Any, Any]] = []
    Path(into).parent.mkdir(parents=True, exist_ok=True)
    for block in ours.blocks(Path(file)):
        held.append(block)
        if sum(map(len, held)) >= GROUP:
            writer, rows, held = _append(writer, into, held), rows + sum(map(len, held)), []
    writer, rows = _append(writer, into, held), rows + sum(map(len, held))
    writer.close()
    return {"cpu": process_time() - started, "wall": perf_counter() - clock, "records": rows, "bytes": Path(into).stat().st_size}


def _append(writer: pq.ParquetWriter | None, into: str, held: list[np.ndarray[Any, Any]]) -> pq.ParquetWriter:
    columns: dict[str, pa.Array] = {}
    for name in FIELDS:
        values = np.concatenate([block[name] for block in held] or [ours.no_records()[name]])
        if values.dtype.kind == "S":
            letters, codes = np.unique(values, return_inverse=True)
            columns[name] = pa.DictionaryArray.from_arrays(codes.astype(np.int8), pa.array([one.decode() for one in letters]))
        else:
            columns[name] = pa.array(values.astype(np.int64) if name.startswith("ts_") else values)
    table = pa.table(
        {name: column.cast(pa.string()) if name in {"action", "side"} else column for name, column in columns.items()}
    )
    writer = writer or pq.ParquetWriter(into, table.schema, compression="zstd", compression_level=1)
    writer.write_table(table)
    return writer


def same_records(*, file: str, bronze: str) -> dict[str, Any]:
    """Whether bronze holds every record of its instruments, in every field, at the position it had in the file."""
    stored = pq.ParquetFile(bronze)
    columns = ["record_index", *FIELDS]
    groups = [stored.read_row_group(at, columns=columns) for at in range(stored.num_row_groups)]
    order = np.argsort(np.concatenate([group["record_index"].to_numpy() for group in groups]), kind="stable")
    kept = np.concatenate([group["record_index"].to_numpy() for group in groups])[order]
    whole = {name: np.concatenate([_numbers(group[name]) for group in groups])[order] for name in FIELDS}
    ids = np.unique(whole["instrument_id"])
    at = differences = expected = first = 0
    for block in ours.blocks(Path(file)):
        mine = block[np.isin(block["instrument_id"], ids)]
        expected += len(mine)
        until = at + len(mine)
        differences += int(np.count_nonzero(kept[at:until] != first + np.flatnonzero(np.isin(block["instrument_id"], ids))))
        for name in FIELDS:
            raw = mine[name].view(np.uint8) if mine[name].dtype.kind == "S" else mine[name]
            differences += int(np.count_nonzero(whole[name][at:until].astype(np.int64) != raw.astype(np.int64)))
        at, first = until, first + len(block)
    return {"cpu": 0.0, "wall": 0.0, "rows": len(kept), "expected": expected, "differences": differences}


def _numbers(column: pa.ChunkedArray) -> np.ndarray[Any, Any]:
    if not pa.types.is_dictionary(column.type):
        plain: np.ndarray[Any, Any] = column.to_numpy()
        return plain
    parts = []
    for chunk in column.chunks:
        letters = np.array([ord(letter) for letter in chunk.dictionary.to_pylist()], np.uint8)
        parts.append(letters[chunk.indices.to_numpy()])
    return np.concatenate(parts)
