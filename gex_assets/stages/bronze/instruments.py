"""`bronze_option_instruments`: the day's outright options, their terms by definition or symbol, and which are selected."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final, Literal

import pyarrow as pa

from gex_assets.market.expirations import days_to_expiration
from gex_assets.market.symbols import OptionSymbol
from gex_assets.schemas.bronze_option_instruments import BRONZE_OPTION_INSTRUMENTS
from gex_assets.stages.bronze.instrument_names import InstrumentNames
from gex_assets.stages.selection import SELECTING, Expiration, selection

__all__ = ["option_instruments"]

_STYLES: Final = {"A": "american", "E": "european"}
"""The third letter of an option's CFI code (ISO 10962)."""

_DEFINED: Final = ("ts_expiration", "underlying", "multiplier", "strike", "cfi")


def option_instruments(
    *,
    names: InstrumentNames[OptionSymbol],
    definitions: pa.Table | None,
    seen: pa.Table,
    day: date,
    max_dte: int,
    expirations: Literal["front", "all"] | int,
    tally: Counter[str],
) -> pa.Table:
    """Make the day's table of outright options.

    Parameters
    ----------
    names : the day's outrights by id.
    definitions : rows of `vendor_shapes.DEFINITIONS`. Expiration, underlying, multiplier and style come from the definition where
        there is one. An instrument's first definition counts, because a later one must not change earlier windows.
    seen : rows of `vendor_shapes.SEEN_INSTRUMENTS`.
    day, max_dte, expirations : as for `selection`.
    tally : counts `definition_changed`, `definition_of_another_symbol`, `strike_differs`, `not_selected`.

    Returns
    -------
    Rows of `BRONZE_OPTION_INSTRUMENTS`, by instrument id. `ts_listed` is NULL where neither a definition nor a record came.
    """
    start = datetime(day.year, day.month, day.day, tzinfo=UTC)
    day_start, day_end = (int(one.timestamp()) * 1_000_000_000 for one in (start, start + timedelta(days=1)))
    defined = {} if definitions is None else _first_definitions(definitions, names, day_end, tally)
    first_seen = {row["instrument_id"]: row for row in seen.to_pylist()}
    rows = [
        _row(one, names.outrights[one], definition=defined.get(one), seen=first_seen.get(one), day=day)
        for one in sorted(names.outrights)
    ]
    reasons = selection(
        _expirations(rows, day_start=day_start), day_start=day_start, day_end=day_end, max_dte=max_dte, expirations=expirations
    )
    for row in rows:
        row["selection_reason"] = reasons[row["ts_expiration"]]
        row["selected"] = row["selection_reason"] in SELECTING
    if not_selected := sum(not row["selected"] for row in rows):
        tally["not_selected"] += not_selected
    return pa.Table.from_pylist(rows, schema=BRONZE_OPTION_INSTRUMENTS.arrow_schema())


def _first_definitions(
    definitions: pa.Table, names: InstrumentNames[OptionSymbol], day_end: int, tally: Counter[str]
) -> dict[int, dict[str, Any]]:
    """The first definition of each outright that came before the day's end."""
    first: dict[int, dict[str, Any]] = {}
    columns = ["instrument_id", "raw_symbol", "ts_recv", *_DEFINED]
    for row in sorted(definitions.select(columns).to_pylist(), key=lambda row: int(row["ts_recv"])):
        outright = names.outrights.get(row["instrument_id"])
        if outright is None or row["ts_recv"] >= day_end:
            continue
        if outright.raw_symbol != row["raw_symbol"]:
            tally["definition_of_another_symbol"] += 1
            continue
        known = first.setdefault(row["instrument_id"], row)
        if known is row and row["strike"] is not None and row["strike"] != outright.strike:
            tally["strike_differs"] += 1
        if any(known[name] != row[name] for name in _DEFINED):
            tally["definition_changed"] += 1
    return first


def _row(
    instrument_id: int, symbol: OptionSymbol, *, definition: dict[str, Any] | None, seen: dict[str, Any] | None, day: date
) -> dict[str, Any]:
    said = definition or {}
    ts_expiration = said["ts_expiration"] if said.get("ts_expiration") is not None else symbol.ts_expiration
    seen_at = None if seen is None else seen["ts_recv_first"]
    return {
        "instrument_id": instrument_id,
        "raw_symbol": symbol.raw_symbol,
        "root": symbol.root,
        "family": symbol.family,
        "underlying": said.get("underlying") or symbol.underlying,
        "right": symbol.right,
        "strike": symbol.strike,
        "ts_expiration": ts_expiration,
        "multiplier": said["multiplier"] if said.get("multiplier") is not None else symbol.multiplier,
        "exercise": _STYLES.get(said.get("cfi", "")[2:3], symbol.exercise),
        "settlement": symbol.settlement,
        "source": "symbol" if definition is None else "definition",
        "dte": days_to_expiration(ts_expiration, day),
        "ts_listed": seen_at if definition is None else definition["ts_recv"],
        "job_id": "" if seen is None else seen["job_id"],
    }


def _expirations(rows: list[dict[str, Any]], *, day_start: int) -> list[Expiration]:
    """The expirations, each listed when the first of its options was.

    On a day without definitions only the headers name options, and they were known before the day began. So all expirations are
    then listed at the day's start, whenever their first record came.
    """
    headers_only = all(row["source"] == "symbol" for row in rows)
    by_expiration: dict[int, list[dict[str, Any]]] = {}
    for row in rows:
        by_expiration.setdefault(row["ts_expiration"], []).append(row)
    return [
        Expiration(
            ts_expiration,
            same[0]["dte"],
            day_start if headers_only else min((row["ts_listed"] for row in same if row["ts_listed"] is not None), default=None),
        )
        for ts_expiration, same in by_expiration.items()
    ]
