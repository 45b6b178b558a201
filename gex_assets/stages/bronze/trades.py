"""`bronze_option_trades`: trades of outright options and of user-defined spreads, with name and legs by definition.

The venue gives the id of a spread to another one within a day, with the trade date. So the definition counts that is in force at
the trade: it holds from its own moment until the next one of its id.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Final, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from gex_assets.schemas.bronze_option_trades import BRONZE_OPTION_TRADES
from gex_assets.stages.bronze.record_stretches import Stretch, Traded, category, letters

__all__ = ["Defined", "Instrument", "TradeRows", "defined_spreads"]

ROWS_PER_GROUP: Final = 262_144

_LEGS: Final = BRONZE_OPTION_TRADES.arrow_schema().field("legs").type
_SIDES: Final = ("B", "A")
_DELETED: Final = "D"


@dataclass(frozen=True, slots=True)
class Instrument:
    """An instrument whose trades are kept: an outright option or a user-defined spread."""

    instrument_id: int
    raw_symbol: str
    is_spread: bool = False


class Defined(NamedTuple):
    """What an id stands for from a moment on [UNIX ns UTC].

    Attributes
    ----------
    since : when the definition came.
    raw_symbol : the spread's symbol; None after a deletion, where no definition says it.
    legs : None where the definition does not give every leg, its side and a whole ratio.
    """

    since: int
    raw_symbol: str | None
    legs: list[dict[str, Any]] | None


def defined_spreads(definitions: pa.Table | None, *, ids: Collection[int], tally: Counter[str]) -> dict[int, list[Defined]]:
    """What the ids of spreads stand for in the course of the day.

    Parameters
    ----------
    definitions : rows of `vendor_shapes.DEFINITIONS`: one record per leg; legs 0 before DBN version 3. One with
        security_update_action D ends what its symbol stood for.
    ids : of the spreads.
    tally : counts `legs_incomplete`: spreads whose definitions state legs, but never all of them with a side and a whole ratio.

    Returns
    -------
    By id, in order of time. Records of one symbol add up: legs that come in several records are all there with the last one.
    """
    if definitions is None:
        return {}
    asked = definitions.filter(pc.is_in(definitions["instrument_id"], pa.array(list(ids), pa.uint32())))
    ordered = sorted(asked.to_pylist(), key=lambda row: (int(row["instrument_id"]), int(row["ts_recv"])))
    return {one: _in_time(rows, tally) for one, rows in groupby(ordered, key=lambda row: int(row["instrument_id"]))}


def _in_time(rows: Iterable[dict[str, Any]], tally: Counter[str]) -> list[Defined]:
    """The definitions of one id, of which rows come in order of time."""
    found: list[Defined] = []
    incomplete: dict[str, bool] = {}
    raw_symbol, leg_count = None, 0
    by_index: dict[int, dict[str, Any]] = {}
    for since, at_once in groupby(rows, key=lambda row: int(row["ts_recv"])):
        fresh: set[int] = set()
        for row in at_once:
            if row["security_update_action"] == _DELETED:
                raw_symbol, by_index = (None, {}) if row["raw_symbol"] == raw_symbol else (raw_symbol, by_index)
                continue
            if (row["raw_symbol"], row["leg_count"]) != (raw_symbol, leg_count):
                raw_symbol, leg_count, by_index, fresh = row["raw_symbol"], row["leg_count"], {}, set()
            # Of one leg that is stated twice at once the first counts, as where two deliveries hold a definition.
            if leg_count and row["leg_index"] not in fresh:
                by_index[row["leg_index"]] = row
                fresh.add(row["leg_index"])
        legs = _legs(by_index, leg_count)
        if raw_symbol is not None and leg_count:
            incomplete[raw_symbol] = incomplete.get(raw_symbol, True) and legs is None
        found.append(Defined(since, raw_symbol, legs))
    if missing := sum(incomplete.values()):
        tally["legs_incomplete"] += missing
    return found


def _legs(by_index: Mapping[int, dict[str, Any]], leg_count: int) -> list[dict[str, Any]] | None:
    """All legs in the order of their index, or None."""
    said = [_leg(by_index[at]) for at in sorted(by_index)]
    whole = [leg for leg in said if leg is not None]
    return whole if 0 < len(whole) == len(said) == leg_count else None


def _leg(row: dict[str, Any]) -> dict[str, Any] | None:
    numerator, denominator = row["leg_ratio_qty_numerator"], row["leg_ratio_qty_denominator"] or 1
    if row["leg_side"] not in _SIDES or numerator <= 0 or denominator < 0 or numerator % denominator:
        return None
    return {"instrument_id": row["leg_instrument_id"], "ratio": numerator // denominator, "side": row["leg_side"]}


class TradeRows:
    """Collects trades of stretches into row groups; holds at most the trades of one group and one stretch.

    Parameters
    ----------
    traded : outrights, then spreads, each in the order of their codes.
    kept : number of outrights; their codes are 0 … kept - 1.
    first_spread : code of the first spread.
    definitions : for names and legs of spreads by time. Before its first definition, and where it was deleted, a spread has the
        name that `traded` gives it, and no legs.
    tally : counts `spread_trade_without_legs` and what `defined_spreads` counts.
    """

    def __init__(
        self, traded: Sequence[Instrument], *, kept: int, first_spread: int, definitions: pa.Table | None, tally: Counter[str]
    ) -> None:
        spreads = [one.instrument_id for one in traded if one.is_spread]
        defined = defined_spreads(definitions, ids=spreads, tally=tally)
        meanings: list[tuple[str, list[dict[str, Any]] | None]] = [(one.raw_symbol, None) for one in traded]
        self._changes: dict[int, tuple[NDArray[np.int64], int]] = {}
        for place, one in enumerate(traded):
            if one.is_spread and (said := defined.get(one.instrument_id)):
                self._changes[place] = (np.array([each.since for each in said], dtype=np.int64), len(meanings))
                meanings += [(each.raw_symbol or one.raw_symbol, each.legs) for each in said]
        self._symbols, codes = np.unique(np.array([name for name, _ in meanings], dtype=object), return_inverse=True)
        self._symbol_codes = codes.astype(np.int32)
        self._legs = pa.array([legs for _, legs in meanings], _LEGS)
        self._is_spread = np.array([one.is_spread for one in traded], dtype=np.bool_)
        self._kept, self._gap = kept, first_spread - kept
        self._tally = tally
        self._held: list[Traded] = []
        self._rows = 0

    def add(self, stretch: Stretch) -> Iterator[pa.Table]:
        """Add the trades of a stretch; yields a row group when there are enough."""
        if len(stretch.trades.codes):
            self._held.append(stretch.trades)
            self._rows += len(stretch.trades.codes)
        if self._rows >= ROWS_PER_GROUP:
            yield from self.rest()

    def rest(self) -> Iterator[pa.Table]:
        """Yield the trades that are held, if any."""
        if self._rows:
            held, self._held, self._rows = self._held, [], 0
            yield self._table(Traded(*(np.concatenate(parts) for parts in zip(*held, strict=True))))

    def _meanings(self, at: NDArray[np.int64], *, moments: NDArray[np.int64]) -> NDArray[np.int64]:
        """What the instruments at these places stand for at these moments: positions of name and legs."""
        meanings = at.astype(np.int64)
        for place in np.unique(at[self._is_spread[at]]).tolist():
            if place in self._changes:
                since, first = self._changes[place]
                here = np.flatnonzero(at == place)
                said = np.searchsorted(since, moments[here], side="right")
                meanings[here] = np.where(said > 0, first + said - 1, place)
        return meanings

    def _table(self, trades: Traded) -> pa.Table:
        records = trades.records
        at = np.where(trades.codes < self._kept, trades.codes, trades.codes - self._gap)
        meaning = self._meanings(at, moments=records["ts_recv"].astype(np.int64) + trades.behind)
        is_spread, legs = self._is_spread[at], self._legs.take(pa.array(meaning))
        if without := int(np.count_nonzero(is_spread & np.asarray(legs.is_null()))):
            self._tally["spread_trade_without_legs"] += without
        names, symbol_codes = np.unique(self._symbol_codes[meaning], return_inverse=True)
        columns: dict[str, Any] = {
            "record_index": trades.record_index,
            "ts_recv_behind": trades.behind,
            "raw_symbol": category(symbol_codes.astype(np.int32), [self._symbols[one] for one in names]),
            "is_spread": is_spread,
            "legs": legs,
        }
        for name in ("action", "side"):
            values, codes = letters(np.bincount(records[name], minlength=256), {"action": "T", "side": "ABN"}[name])
            columns[name] = category(codes[records[name]], values)
        for name in BRONZE_OPTION_TRADES.column_names:
            if name not in columns:
                numbers = np.ascontiguousarray(records[name])
                columns[name] = numbers.view(np.int64) if name in {"ts_recv", "ts_event"} else numbers
        arrays = {name: pa.array(columns[name]) for name in BRONZE_OPTION_TRADES.column_names}
        return pa.table(arrays, BRONZE_OPTION_TRADES.arrow_schema())
