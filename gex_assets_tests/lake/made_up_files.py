"""Small DBN files of a made-up feed, and batch folders around them, for the tests of the raw and bronze layers."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import zstandard

from gex_assets.lake.dbn.reader import MBO_DTYPE, Header, MappingInterval, SymbolMapping, definition_dtype, statistics_dtype
from gex_assets.lake.dbn.records import DATASET
from gex_assets.lake.dbn.writer import WrittenFile, write_file

DAY = date(2026, 1, 6)
SECOND = 1_000_000_000
MIDNIGHT = 1_767_657_600 * SECOND
OPTIONS = {
    11: "ESH6 C6900",
    12: "ESH6 P6900",
    21: "ESM6 C7000",
    22: "ESM6 P7000",
}
SPREADS = {31: "UD:1V: GN 3067770", 32: "ESH6-ESM6", 33: "EW2F6 C6900", 34: "NQH6 C20000"}


def midnight(day: date) -> int:
    """Start of a UTC day. [ns]"""
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()) * SECOND


def mapping(raw_symbol: str, instrument_id: int, day: date = DAY, days: int = 1) -> SymbolMapping:
    """One symbol, one id, from a day on."""
    return SymbolMapping(raw_symbol, (MappingInterval(day, day + timedelta(days=days), str(instrument_id)),))


def orders(rows: Sequence[Mapping[str, Any]]) -> np.ndarray:
    """MBO records with defaults for what a row does not say; `ts_recv` in ns after midnight of DAY."""
    block = np.zeros(len(rows), dtype=MBO_DTYPE)
    block["length"], block["rtype"], block["publisher_id"], block["channel_id"] = 14, 160, 1, 1
    for record, row in zip(block, rows, strict=True):
        said = {"action": "A", "side": "B", "price": 10_000_000_000, "size": 1, "flags": 130, "order_id": 7, **row}
        ts_recv = MIDNIGHT + said.pop("ts_recv")
        record["ts_recv"], record["ts_event"] = ts_recv, ts_recv - 100_000
        for name, value in said.items():
            record[name] = value.encode() if isinstance(value, str) else value
    return block


def random_orders(count: int, *, seed: int, ids: Sequence[int] = (*OPTIONS, *SPREADS, 99)) -> np.ndarray:
    """Records of many instruments, a few stepping back in time, some sharing a moment, some odd."""
    rng = np.random.default_rng(seed)
    block = orders([{"ts_recv": 0}] * count)
    ts = MIDNIGHT + np.cumsum(rng.integers(0, 3, count) * 1_000)
    ts -= (rng.random(count) < 0.05) * rng.integers(0, 10_000, count)
    block["ts_recv"] = ts
    block["instrument_id"] = rng.choice(np.array(ids), count)
    block["order_id"] = rng.integers(1, 2**63, count)
    block["price"] = rng.integers(1, 1000, count) * 50_000_000
    block["size"] = rng.integers(1, 100, count)
    block["action"] = rng.choice(np.frombuffer(b"ACMTFNRX", "S1"), count)
    block["side"] = rng.choice(np.frombuffer(b"ABN", "S1"), count)
    block["flags"] = rng.choice(np.array([130, 0, 40, 168, 4, 64]), count)
    block["sequence"] = rng.integers(0, 2**32, count)
    block["ts_in_delta"] = rng.integers(-(2**31), 2**31, count)
    return block


def definitions(rows: Sequence[Mapping[str, Any]], *, version: int) -> np.ndarray:
    """Definition records with the sentinels of what is not said; `ts_recv` in ns after midnight of DAY."""
    dtype = definition_dtype(version)
    block = np.zeros(len(rows), dtype=dtype)
    block["length"], block["rtype"], block["publisher_id"] = dtype.itemsize // 4, 19, 1
    undefined = 2**63 - 1
    for record, row in zip(block, rows, strict=True):
        said = {
            "strike_price": undefined,
            "unit_of_measure_qty": undefined,
            "expiration": 2**64 - 1,
            "security_update_action": "A",
            **row,
        }
        said["ts_recv"] = MIDNIGHT + said.get("ts_recv", 0)
        for name, value in said.items():
            record[name] = value.encode() if isinstance(value, str) else value
    return block


def stat_records(rows: Sequence[Mapping[str, Any]], *, version: int) -> np.ndarray:
    """Statistics with the sentinels of what is not said; `ts_recv` in ns after midnight of DAY."""
    dtype = statistics_dtype(version)
    block = np.zeros(len(rows), dtype=dtype)
    block["length"], block["rtype"], block["publisher_id"] = dtype.itemsize // 4, 24, 1
    for record, row in zip(block, rows, strict=True):
        said = {
            "price": 2**63 - 1,
            "quantity": 2**63 - 1 if version == 3 else 2**31 - 1,
            "ts_ref": 2**64 - 1,
            "update_action": 1,
            **row,
        }
        said["ts_recv"] = MIDNIGHT + said.get("ts_recv", 0)
        for name, value in said.items():
            record[name] = value
    return block


def write_orders(path: Path, blocks: Sequence[np.ndarray], **other: Any) -> WrittenFile:
    """A file of MBO records of ES.OPT, unless said otherwise: anything of its header, `level` and `threads`."""
    how = {name: other.pop(name) for name in ("level", "threads") if name in other}
    said: dict[str, Any] = {
        "dataset": DATASET,
        "version": 1,
        "schema": "mbo",
        "symbols": ["ES.OPT"],
        "stype_in": "parent",
        "stype_out": "instrument_id",
        "ts_out": False,
        "start_ns": MIDNIGHT,
        "end_ns": MIDNIGHT + 86_400 * SECOND,
        "mappings": [mapping(raw_symbol, one) for one, raw_symbol in {**OPTIONS, **SPREADS}.items()],
        **other,
    }
    return write_file(path, header=Header(**said), blocks=blocks, **how)


def plain(path: Path) -> bytes:
    """All frames of a file, decompressed by the library."""
    rest, out = path.read_bytes(), b""
    while rest:
        frame = zstandard.ZstdDecompressor().decompressobj()
        out += frame.decompress(rest)
        rest = frame.unused_data
    return out


def write_sidecars(
    folder: Path, *, job_id: str, day: date = DAY, condition: str = "available", schema: str = "mbo", **query: Any
) -> None:
    """The four sidecars of a job, with the sizes and hashes of what lies in the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    asked = {
        "dataset": "GLBX.MDP3",
        "schema": schema,
        "symbols": ["ES.OPT"],
        "stype_in": "parent",
        "stype_out": "instrument_id",
        "start": midnight(day),
        "end": midnight(day) + 86_400 * SECOND,
        "limit": None,
        **query,
    }
    contents: dict[str, Any] = {
        "metadata.json": {"version": 1, "job_id": job_id, "query": asked, "customizations": {}},
        "condition.json": [{"date": day.isoformat(), "condition": condition, "last_modified_date": day.isoformat()}],
        "symbology.json": {"result": {"ESH6 C6900": [{"d0": "2026-01-06", "d1": "2026-01-07", "s": "11"}]}, "status": 0},
    }
    for name, content in contents.items():
        (folder / name).write_text(json.dumps(content, indent=4))
    files = [
        {"filename": path.name, "size": path.stat().st_size, "hash": f"sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}"}
        for path in sorted(folder.iterdir())
        if path.is_file() and path.name != "manifest.json"
    ]
    (folder / "manifest.json").write_text(json.dumps({"job_id": job_id, "files": files}))
