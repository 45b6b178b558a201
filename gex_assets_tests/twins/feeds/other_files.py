"""The vendor's files, written without the package: DBN of three versions, definitions, and the sidecars of a batch download.

The package's reader is thus tested on bytes that its writer did not write.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import databento_dbn as dbn
import numpy as np
import zstandard

from gex_assets_tests.twins.feeds.other_feed import UNDEFINED_PRICE, Listing


def merged(*feeds: np.ndarray) -> np.ndarray:
    """Several feeds as one file, each in its own order: by the latest ts_recv so far, then by feed."""
    latest = np.concatenate([np.maximum.accumulate(feed["ts_recv"].astype(np.int64)) for feed in feeds])
    return np.concatenate(feeds)[np.argsort(latest, kind="stable")]


def write_file(
    path: Path,
    records: np.ndarray,
    *,
    version: int,
    schema: str,
    parents: Sequence[str],
    listings: Sequence[Listing],
    day: date,
    start: int,
    end: int,
) -> Path:
    """A delivered file: the header in a frame of its own, then the records."""
    metadata = dbn.Metadata(
        dataset="GLBX.MDP3",
        start=start,
        end=end,
        stype_in=dbn.SType.PARENT,
        stype_out=dbn.SType.INSTRUMENT_ID,
        schema=dbn.Schema.from_str(schema),
        symbols=list(parents),
        mappings=[_Mapping(one.raw_symbol, [_Interval(day, str(one.instrument_id))]) for one in listings if one.mapped],
        version=version,
    )
    press = zstandard.ZstdCompressor(level=1, write_checksum=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    out = io.BytesIO()
    for part in (metadata.encode(), records.tobytes()):
        with press.stream_writer(out, closefd=False) as frame:
            frame.write(part)
    path.write_bytes(out.getvalue())
    return path


class _Interval:
    def __init__(self, day: date, symbol: str) -> None:
        self.start_date, self.end_date, self.symbol = day, day + timedelta(days=1), symbol


class _Mapping:
    def __init__(self, raw_symbol: str, intervals: list[_Interval]) -> None:
        self.raw_symbol, self.intervals = raw_symbol, intervals


def definitions(rows: Sequence[dict[str, Any]], *, version: int) -> np.ndarray:
    """Definitions as the venue sends them: what does not apply carries the sentinel of its field."""
    kind = {1: dbn.InstrumentDefMsgV1, 2: dbn.InstrumentDefMsgV2, 3: dbn.InstrumentDefMsg}[version]
    dtype = np.dtype(kind._dtypes)
    block = np.zeros(len(rows), dtype=dtype)
    block["length"], block["rtype"], block["publisher_id"] = dtype.itemsize // 4, 19, 1
    for name in ("min_price_increment", "high_limit_price", "low_limit_price", "price_ratio", "strike_price"):
        block[name] = UNDEFINED_PRICE
    for name in ("contract_multiplier", "decay_quantity", "original_contract_size", "market_depth"):
        block[name] = 2**31 - 1
    for record, row in zip(block, rows, strict=True):
        for name, value in row.items():
            record[name] = value.encode() if isinstance(value, str) else value
    return block


def write_job(folder: Path, *, job_id: str, schema: str, parents: Sequence[str], day: date, start: int, end: int) -> Path:
    """The sidecars of a job around the one file that lies in its folder."""
    tomorrow = (day + timedelta(days=1)).isoformat()
    query = {"dataset": "GLBX.MDP3", "schema": schema, "symbols": list(parents), "stype_in": "parent"}
    query |= {"stype_out": "instrument_id", "start": start, "end": end, "limit": None, "encoding": "dbn", "compression": "zstd"}
    sidecars: dict[str, Any] = {
        "metadata.json": {"version": 1, "job_id": job_id, "query": query, "customizations": {"split_duration": "day"}},
        "condition.json": [{"date": day.isoformat(), "condition": "available", "last_modified_date": tomorrow}],
        "symbology.json": {
            "result": {},
            "symbols": list(parents),
            "stype_in": "parent",
            "stype_out": "instrument_id",
            "start_date": day.isoformat(),
            "end_date": tomorrow,
            "partial": [],
            "not_found": [],
            "message": "OK",
            "status": 0,
        },
    }
    for name, content in sidecars.items():
        (folder / name).write_text(json.dumps(content, indent=4))
    files = [
        {"filename": path.name, "size": path.stat().st_size, "hash": "sha256:" + hashlib.sha256(path.read_bytes()).hexdigest()}
        for path in sorted(folder.iterdir())
    ]
    (folder / "manifest.json").write_text(json.dumps({"job_id": job_id, "files": files}, indent=4))
    return folder
