"""Slow, obvious ways to make the bronze order tables: one record at a time, in plain Python."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

__all__ = ["option_mbo_rows", "option_trade_rows", "spread_at"]

VENDOR = ("instrument_id", "order_id", "price", "size", "flags", "sequence", "channel_id", "ts_in_delta")


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


def spread_at(
    definitions: Sequence[Mapping[str, Any]], number: int, moment: int, *, mapped: str
) -> tuple[str, list[dict[str, Any]] | None]:
    """Name and legs of a spread at a moment: every definition until then is read again, record by record."""
    symbol: str | None = None
    legs: dict[int, Mapping[str, Any]] = {}
    count = 0
    for row in sorted(definitions, key=lambda row: row["ts_recv"]):
        if row["instrument_id"] != number or row["ts_recv"] > moment:
            continue
        if row["security_update_action"] == "D":
            if row["raw_symbol"] == symbol:
                symbol, legs = None, {}
            continue
        if row["raw_symbol"] != symbol or row["leg_count"] != count:
            symbol, count, legs = row["raw_symbol"], row["leg_count"], {}
        known = legs.get(row["leg_index"])
        if known is None or known["ts_recv"] < row["ts_recv"]:
            legs[row["leg_index"]] = row
    found = []
    for place in sorted(legs):
        row = legs[place]
        ratio = row["leg_ratio_qty_numerator"] / (row["leg_ratio_qty_denominator"] or 1)
        if row["leg_side"] in ("B", "A") and ratio > 0 and ratio == int(ratio):
            found.append({"instrument_id": row["leg_instrument_id"], "ratio": int(ratio), "side": row["leg_side"]})
    is_whole = count > 0 and len(found) == len(legs) == count
    return (mapped if symbol is None else symbol), (found if symbol is not None and is_whole else None)


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
