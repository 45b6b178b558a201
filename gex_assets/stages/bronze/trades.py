"""`bronze_option_trades`: trades of outright options and of user-defined spreads, with the spreads' legs by definition."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from gex_assets.schemas.bronze_option_trades import BRONZE_OPTION_TRADES
from gex_assets.stages.bronze.record_stretches import Stretch, Traded, category, letters

__all__ = ["Instrument", "TradeRows", "spread_legs"]

ROWS_PER_GROUP: Final = 262_144

_LEGS: Final = BRONZE_OPTION_TRADES.arrow_schema().field("legs").type
_SIDES: Final = ("B", "A")


@dataclass(frozen=True, slots=True)
class Instrument:
    """An instrument whose trades are kept: an outright option or a user-defined spread."""

    instrument_id: int
    raw_symbol: str
    is_spread: bool = False


def spread_legs(definitions: pa.Table | None, tally: Counter[str]) -> dict[tuple[int, str], list[dict[str, Any]]]:
    """Legs of spreads by instrument id and symbol; only where definitions give every leg, its side and a whole ratio.

    Parameters
    ----------
    definitions : rows of `vendor_shapes.DEFINITIONS`: one record per leg; none before DBN version 3.
    tally : counts `legs_incomplete`.
    """
    if definitions is None:
        return {}
    legs: dict[tuple[int, str], dict[int, dict[str, Any]]] = {}
    for row in definitions.filter(pc.greater(definitions["leg_count"], 0)).to_pylist():
        legs.setdefault((row["instrument_id"], row["raw_symbol"]), {}).setdefault(row["leg_index"], row)
    whole: dict[tuple[int, str], list[dict[str, Any]]] = {}
    for name, by_index in legs.items():
        ordered = [by_index[at] for at in sorted(by_index)]
        said = [_leg(row) for row in ordered]
        if len(ordered) == ordered[0]["leg_count"] and all(said):
            whole[name] = [leg for leg in said if leg]
        else:
            tally["legs_incomplete"] += 1
    return whole


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
    definitions : for the legs.
    tally : counts `spread_trade_without_legs` and what `spread_legs` counts.
    """

    def __init__(
        self, traded: Sequence[Instrument], *, kept: int, first_spread: int, definitions: pa.Table | None, tally: Counter[str]
    ) -> None:
        legs = spread_legs(definitions, tally)
        self._symbols = [one.raw_symbol for one in traded]
        self._is_spread = np.array([one.is_spread for one in traded], dtype=np.bool_)
        self._legs = pa.array([legs.get((one.instrument_id, one.raw_symbol)) if one.is_spread else None for one in traded], _LEGS)
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

    def _table(self, trades: Traded) -> pa.Table:
        records = trades.records
        at = np.where(trades.codes < self._kept, trades.codes, trades.codes - self._gap)
        is_spread, legs = self._is_spread[at], self._legs.take(pa.array(at))
        if without := int(np.count_nonzero(is_spread & np.asarray(legs.is_null()))):
            self._tally["spread_trade_without_legs"] += without
        names, symbol_codes = np.unique(at, return_inverse=True)
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
