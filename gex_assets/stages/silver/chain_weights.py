"""What gamma is multiplied with, by window and option: open interest as published by then, and what has traded by then.

Both are looked up from the day's statistics and trades for any windows asked for, so nothing depends on which windows were
asked for before. What rests in the books comes with the quotes.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

__all__ = ["OptionEvents", "TradedContracts", "open_interest", "traded_contracts"]

Float = NDArray[np.float64]
Int = NDArray[np.int64]

_OPEN_INTEREST: Final = 9
_SIDE_SIGNS: Final = {"B": 1, "A": -1}


@dataclass(frozen=True, slots=True, kw_only=True)
class OptionEvents:
    """Numbers that come at moments: (N,) in ascending order of `ts`, `option` being a position among the (I,) instruments."""

    options: int
    ts: Int
    option: Int
    value: Int

    def latest_before(self, ends: Int) -> Float:
        """(W, I) the last value with ts < end; NaN where none came yet."""
        window, option, value = self._until(ends)
        seen = np.full((ends.size, self.options), np.nan)
        seen[window, option] = value
        row = np.where(np.isnan(seen), 0, np.arange(ends.size)[:, None])
        return np.take_along_axis(seen, np.maximum.accumulate(row, axis=0), axis=0)

    def sum_before(self, ends: Int) -> Int:
        """(W, I) the sum of the values with ts < end; 0 where none came yet."""
        window, option, value = self._until(ends)
        added = np.zeros((ends.size, self.options), dtype=np.int64)
        np.add.at(added, (window, option), value)
        return np.cumsum(added, axis=0)

    def _until(self, ends: Int) -> tuple[Int, Int, Int]:
        count = int(np.searchsorted(self.ts, ends[-1], side="left")) if ends.size else 0
        return np.searchsorted(ends, self.ts[:count], side="right"), self.option[:count], self.value[:count]


@dataclass(frozen=True, slots=True, kw_only=True)
class TradedContracts:
    """Trades by option: `volume` of every trade and leg; `spread_net`, aggressors' buys less sells by way of spreads."""

    volume: OptionEvents
    spread_net: OptionEvents


def open_interest(statistics: pa.Table, *, instrument_ids: NDArray[np.uint32]) -> OptionEvents:
    """Open interest as it was published: the latest by ts_recv counts, a later ts_ref where two came at once.

    Statistics with an undefined quantity say nothing and are left out.

    Parameters
    ----------
    statistics : rows of `bronze_option_statistics`.
    instrument_ids : (I,) ascending.
    """
    published = statistics.filter(
        pc.and_(pc.equal(statistics.column("stat_type"), _OPEN_INTEREST), pc.is_valid(statistics.column("quantity")))
    ).sort_by([("ts_recv", "ascending"), ("ts_ref", "ascending"), ("sequence", "ascending")])
    option, known = _positions(published.column("instrument_id").to_numpy(), instrument_ids)
    return OptionEvents(
        options=instrument_ids.size,
        ts=published.column("ts_recv").to_numpy()[known],
        option=option[known],
        value=published.column("quantity").to_numpy()[known],
    )


def traded_contracts(trades: pa.Table, *, instrument_ids: NDArray[np.uint32], tally: Counter[str]) -> TradedContracts:
    """What traded, outright and as legs of user-defined spreads.

    Time is the day's clock, the running maximum of ts_recv over the whole stream. Who buys a spread (side B) buys its legs of
    side B and sells those of side A, `ratio` contracts per spread.

    Parameters
    ----------
    trades : rows of `bronze_option_trades`.
    instrument_ids : (I,) ascending; trades and legs of other instruments are left out.
    tally : counts `spread_trades_without_legs` (only counted) and `spread_trades_without_aggressor` (volume, but no flow).
    """
    ordered = trades.sort_by("record_index")
    ts = ordered.column("ts_recv").to_numpy() + ordered.column("ts_recv_behind").to_numpy()
    size = ordered.column("size").to_numpy().astype(np.int64)
    side = _signs(ordered.column("side"))
    is_spread = ordered.column("is_spread").to_numpy()

    legs = ordered.column("legs").combine_chunks()
    legs = legs if isinstance(legs, pa.Array) else pa.concat_arrays(legs.chunks or [pa.array([], type=legs.type)])
    leg_count = np.where(is_spread, pc.fill_null(pc.list_value_length(legs), 0).to_numpy(), 0)
    tally["spread_trades_without_legs"] += int(np.count_nonzero(is_spread & (leg_count == 0)))
    tally["spread_trades_without_aggressor"] += int(np.count_nonzero(is_spread & (leg_count > 0) & (side == 0)))

    outright = np.flatnonzero(~is_spread)
    of_leg = np.repeat(np.arange(leg_count.size), leg_count)
    each = legs.filter(pa.array(leg_count > 0)).flatten()
    leg_size = size[of_leg] * each.field("ratio").to_numpy()
    leg_net = leg_size * side[of_leg] * _signs(each.field("side"))

    row = np.concatenate([outright, of_leg])
    option, known = _positions(
        np.concatenate([ordered.column("instrument_id").to_numpy()[outright], each.field("instrument_id").to_numpy()]),
        instrument_ids,
    )
    volume = np.concatenate([size[outright], leg_size])
    net = np.concatenate([np.zeros(outright.size, dtype=np.int64), leg_net])

    by_time = np.argsort(row, kind="stable")
    kept = by_time[known[by_time]]
    through_spreads = kept[net[kept] != 0]
    return TradedContracts(
        volume=_events(instrument_ids.size, ts[row[kept]], option[kept], volume[kept]),
        spread_net=_events(instrument_ids.size, ts[row[through_spreads]], option[through_spreads], net[through_spreads]),
    )


def _events(options: int, ts: Int, option: Int, value: Int) -> OptionEvents:
    return OptionEvents(options=options, ts=ts, option=option, value=value)


def _positions(ids: NDArray[np.uint32], instrument_ids: NDArray[np.uint32]) -> tuple[Int, NDArray[np.bool_]]:
    position = np.searchsorted(instrument_ids, ids)
    known = position < instrument_ids.size
    known[known] = instrument_ids[position[known]] == ids[known]
    return position, known


def _signs(sides: pa.ChunkedArray | pa.Array) -> Int:
    """1 for B, -1 for A, 0 for anything else."""
    text = sides.cast(pa.string())
    signs = np.zeros(len(text), dtype=np.int64)
    for side, sign in _SIDE_SIGNS.items():
        signs[pc.equal(text, side).to_numpy(zero_copy_only=False)] = sign
    return signs
