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

__all__ = ["option_instruments", "selected_as_of"]

_STYLES: Final = {"A": "american", "E": "european"}
"""The third letter of an option's CFI code (ISO 10962)."""

_DEFINED: Final = ("ts_expiration", "underlying", "multiplier", "strike", "cfi")


def option_instruments(
    *,
    names: InstrumentNames[OptionSymbol],
    definitions: pa.Table | None,
    seen: pa.Table,
    claims: pa.Table,
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
    claims : rows of `vendor_shapes.CLAIMED`.
    day, max_dte, expirations : as for `selection`.
    tally : counts `definition_changed`, `definition_of_another_symbol`, `strike_differs`, `not_selected`, and terms that cannot
        be: `odd_multiplier`, `odd_expiration`, `odd_strike`. The product's or the symbol's take their place.

    Returns
    -------
    Rows of `BRONZE_OPTION_INSTRUMENTS`, by instrument id. `ts_listed` is NULL where neither a definition nor a record came.
    """
    start = datetime(day.year, day.month, day.day, tzinfo=UTC)
    day_start, day_end = (int(one.timestamp()) * 1_000_000_000 for one in (start, start + timedelta(days=1)))
    defined = {} if definitions is None else _first_definitions(definitions, names, day_end, tally)
    first_seen = {row["instrument_id"]: row for row in seen.to_pylist()}
    claimed: dict[int, list[dict[str, Any]]] = {}
    for row in claims.to_pylist():
        claimed.setdefault(row.pop("instrument_id"), []).append(row)
    rows = [
        _row(one, names.outrights[one], definition=defined.get(one), seen=first_seen.get(one), day=day)
        | {"claims": claimed.get(one, [])}
        for one in sorted(names.outrights)
    ]
    reasons = selection(_expirations(rows), day_start=day_start, day_end=day_end, max_dte=max_dte, expirations=expirations)
    for row in rows:
        row["selection_reason"] = reasons[row["ts_expiration"]]
        row["selected"] = row["selection_reason"] in SELECTING
    if not_selected := sum(not row["selected"] for row in rows):
        tally["not_selected"] += not_selected
    return pa.Table.from_pylist(rows, schema=BRONZE_OPTION_INSTRUMENTS.arrow_schema())


def selected_as_of(instruments: pa.Table, *, day: date, max_dte: int, expirations: Literal["front", "all"] | int) -> pa.Table:
    """The same options, selected as of another date, on which all of them count as listed.

    Parameters
    ----------
    instruments : rows of `BRONZE_OPTION_INSTRUMENTS`.
    day, max_dte, expirations : as for `selection`.
    """
    start = datetime(day.year, day.month, day.day, tzinfo=UTC)
    day_start, day_end = (int(one.timestamp()) * 1_000_000_000 for one in (start, start + timedelta(days=1)))
    moments = instruments["ts_expiration"].to_pylist()
    dte = {moment: days_to_expiration(moment, day) for moment in set(moments)}
    every = [Expiration(moment, left, None) for moment, left in dte.items()]
    reasons = selection(every, day_start=day_start, day_end=day_end, max_dte=max_dte, expirations=expirations)
    changed: dict[str, list[Any]] = {
        "dte": [dte[moment] for moment in moments],
        "selection_reason": [reasons[moment] for moment in moments],
        "selected": [reasons[moment] in SELECTING for moment in moments],
        "ts_listed": [None] * len(moments),
    }
    for name, values in changed.items():
        field = instruments.schema.field(name)
        instruments = instruments.set_column(instruments.column_names.index(name), field, pa.array(values).cast(field.type))
    return instruments


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
        row.update(_possible(row, tally if row["instrument_id"] not in first else Counter()))
        known = first.setdefault(row["instrument_id"], row)
        if known is row and row["strike"] is not None and row["strike"] != outright.strike:
            tally["strike_differs"] += 1
        if any(known[name] != row[name] for name in _DEFINED):
            tally["definition_changed"] += 1
    return first


def _possible(row: dict[str, Any], tally: Counter[str]) -> dict[str, Any]:
    """The terms of a definition of which 0 and less mean nothing; None where they are not positive, counted."""
    found: dict[str, Any] = {}
    if row["multiplier"] is None or row["multiplier"] <= 0.0:
        tally["odd_multiplier"] += 1
        found["multiplier"] = None
    if row["strike"] is not None and row["strike"] <= 0.0:
        tally["odd_strike"] += 1
        found["strike"] = None
    if row["ts_expiration"] is not None and row["ts_expiration"] <= 0:
        tally["odd_expiration"] += 1
        found["ts_expiration"] = None
    return found


def _row(
    instrument_id: int, symbol: OptionSymbol, *, definition: dict[str, Any] | None, seen: dict[str, Any] | None, day: date
) -> dict[str, Any]:
    said = definition or {}
    ts_expiration = said["ts_expiration"] if said.get("ts_expiration") is not None else symbol.ts_expiration
    listings = [definition["ts_recv"]] if definition is not None else []
    listings += [seen["ts_recv_first"]] if seen is not None else []
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
        "ts_listed": min(listings, default=None),
        "job_id": "" if seen is None else seen["job_id"],
    }


def _expirations(rows: list[dict[str, Any]]) -> list[Expiration]:
    """The expirations, each listed when the first of its options was."""
    by_expiration: dict[int, list[dict[str, Any]]] = {}
    for row in rows:
        by_expiration.setdefault(row["ts_expiration"], []).append(row)
    return [
        Expiration(
            ts_expiration,
            same[0]["dte"],
            min((row["ts_listed"] for row in same if row["ts_listed"] is not None), default=None),
        )
        for ts_expiration, same in by_expiration.items()
    ]
