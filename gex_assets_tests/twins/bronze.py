"""Slow, obvious ways to merge files and to make the bronze order tables: one record at a time, in plain Python."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

__all__ = ["merged", "option_mbo_rows", "option_trade_rows"]

VENDOR = ("instrument_id", "order_id", "price", "size", "flags", "sequence", "channel_id", "ts_in_delta")


def merged(files: Sequence[tuple[str, np.ndarray]]) -> list[tuple[np.void, bool]]:
    """Records of (job, records) in order of the running maximum of ts_recv, then job; and whether a newer job has them."""
    newest: dict[int, str] = {}
    for job_id, records in sorted(files, key=lambda file: file[0]):
        for record in records:
            newest[int(record["instrument_id"])] = job_id
    rows = []
    for job_id, records in files:
        largest = -(2**63)
        for place, record in enumerate(records):
            largest = max(largest, int(record["ts_recv"]))
            rows.append(((largest, job_id, place), record, newest[int(record["instrument_id"])] != job_id))
    return [(record, superseded) for _, record, superseded in sorted(rows, key=lambda row: row[0])]


def option_mbo_rows(
    stream: Sequence[tuple[np.void, bool]], instruments: Mapping[int, Mapping[str, Any]], stretch: int
) -> list[Any]:
    """Row groups: for each stretch and underlying, rows sorted by instrument and place."""
    clocks = _clocks(stream)
    groups: dict[tuple[int, str], list[dict[str, Any]]] = {}
    for place, (record, superseded) in enumerate(stream):
        option = instruments.get(int(record["instrument_id"]))
        if option is None or superseded:
            continue
        row = {
            **_vendor(record, place, clocks[place]),
            **{name: option[name] for name in ("raw_symbol", "right", "strike", "ts_expiration")},
        }
        groups.setdefault((place // stretch, option["underlying"]), []).append({**row, "underlying": option["underlying"]})
    return [sorted(groups[name], key=lambda row: (row["instrument_id"], row["record_index"])) for name in sorted(groups)]


def option_trade_rows(
    stream: Sequence[tuple[np.void, bool]], outrights: Mapping[int, str], spreads: Mapping[int, str], legs: Mapping[int, Any]
) -> list[dict[str, Any]]:
    """Trades of outrights and spreads in the stream's order."""
    rows = []
    clocks = _clocks(stream)
    for place, (record, superseded) in enumerate(stream):
        instrument_id = int(record["instrument_id"])
        if superseded or record["action"] != b"T" or instrument_id not in {**outrights, **spreads}:
            continue
        rows.append(
            {
                **_vendor(record, place, clocks[place]),
                "raw_symbol": {**outrights, **spreads}[instrument_id],
                "is_spread": instrument_id in spreads,
                "legs": legs.get(instrument_id),
            }
        )
    return rows


def _clocks(stream: Sequence[tuple[np.void, bool]]) -> list[int]:
    """The largest ts_recv up to each record, whatever becomes of it."""
    clocks: list[int] = []
    for record, _ in stream:
        clocks.append(max(int(record["ts_recv"].astype(np.int64)), clocks[-1] if clocks else -(2**63)))
    return clocks


def _vendor(record: np.void, place: int, clock: int) -> dict[str, Any]:
    return {
        "record_index": place,
        "ts_recv_behind": clock - int(record["ts_recv"].astype(np.int64)),
        **{name: int(record[name].astype(np.int64)) for name in ("ts_recv", "ts_event")},
        **{name: int(record[name]) for name in VENDOR},
        **{name: record[name].decode("latin-1") for name in ("action", "side")},
    }
