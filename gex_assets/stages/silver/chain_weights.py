"""The weights of gamma by window and option: open interest as published by then, and contracts traded by then.

Both are looked up in the day's statistics and trades for any windows, so no answer depends on earlier calls. Resting sizes are
columns of the quotes. `chosen_weight` says which weight a convention uses on a day.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from gex_assets.conventions import Convention
from gex_assets.schemas.vendor_shapes import StatType
from gex_assets.time_units import WINDOW_NS

__all__ = ["OptionEvents", "TradedContracts", "chosen_weight", "open_interest", "traded_contracts"]

Float = NDArray[np.float64]
Int = NDArray[np.int64]

_NEEDS_OPEN_INTEREST: Final = ("open_interest", "oi_plus_flow")
_SIDE_SIGNS: Final = {"B": 1, "A": -1}


@dataclass(frozen=True, slots=True, kw_only=True)
class OptionEvents:
    """N values, each published at a moment for one of I options.

    Attributes
    ----------
    options : I.
    ts : (N,) ascending. [UNIX ns UTC]
    option : (N,) position of the option among the I.
    value : (N,) [contracts]
    """

    options: int
    ts: Int
    option: Int
    value: Int

    def latest_before(self, ends: Int) -> Float:
        """(W, I) the last value with ts < end; NaN before the first."""
        window, option, value = self._until(ends)
        seen = np.full((ends.size, self.options), np.nan)
        seen[window, option] = value
        row = np.where(np.isnan(seen), 0, np.arange(ends.size)[:, None])
        return np.take_along_axis(seen, np.maximum.accumulate(row, axis=0), axis=0)

    def sum_before(self, ends: Int) -> Int:
        """(W, I) the sum of the values with ts < end; 0 before the first."""
        window, option, value = self._until(ends)
        added = np.zeros((ends.size, self.options), dtype=np.int64)
        np.add.at(added, (window, option), value)
        return np.cumsum(added, axis=0)

    def _until(self, ends: Int) -> tuple[Int, Int, Int]:
        count = int(np.searchsorted(self.ts, ends[-1], side="left")) if ends.size else 0
        return np.searchsorted(ends, self.ts[:count], side="right"), self.option[:count], self.value[:count]


@dataclass(frozen=True, slots=True, kw_only=True)
class TradedContracts:
    """Trades by option.

    Attributes
    ----------
    volume : contracts of every outright trade and of every leg of a spread.
    spread_net : contracts that aggressors bought less those they sold, through spreads only.
    """

    volume: OptionEvents
    spread_net: OptionEvents


def open_interest(statistics: pa.Table, *, instrument_ids: NDArray[np.uint32]) -> OptionEvents:
    """Open interest as it was published: the latest by ts_recv counts, the later ts_ref where two came at once.

    Parameters
    ----------
    statistics : rows of `bronze_option_statistics`.
    instrument_ids : (I,) ascending.
    """
    published = _known_open_interest(statistics).sort_by(
        [("ts_recv", "ascending"), ("ts_ref", "ascending"), ("sequence", "ascending")]
    )
    option, known = _positions(published.column("instrument_id").to_numpy(), instrument_ids)
    return OptionEvents(
        options=instrument_ids.size,
        ts=published.column("ts_recv").to_numpy()[known],
        option=option[known],
        value=published.column("quantity").to_numpy()[known],
    )


def _known_open_interest(statistics: pa.Table) -> pa.Table:
    """Rows that state an open interest; the vendor's undefined quantity is NULL."""
    is_open_interest = pc.equal(statistics.column("stat_type"), StatType.OPEN_INTEREST.value)
    return statistics.filter(pc.and_(is_open_interest, pc.is_valid(statistics.column("quantity"))))


def chosen_weight(convention: Convention, statistics: pa.Table, *, first_window_start_ns: int) -> str | None:
    """The weight a convention uses for the whole day: the first of its list that exists.

    Weights made of open interest exist where a statistic of it, from this day's file or an earlier one, came before the end of
    the day's first window. The other weights always exist.

    Parameters
    ----------
    convention : its `weights` are in order of preference.
    statistics : `bronze_option_statistics` of the day.
    first_window_start_ns : start of the day's first window. [UNIX ns UTC]

    Returns
    -------
    None where none exists.
    """
    published = pc.less(_known_open_interest(statistics).column("ts_recv"), first_window_start_ns + WINDOW_NS)
    known = bool(pc.any(published).as_py())
    return next((weight for weight in convention.weights if known or weight not in _NEEDS_OPEN_INTEREST), None)


def traded_contracts(trades: pa.Table, *, instrument_ids: NDArray[np.uint32], tally: Counter[str]) -> TradedContracts:
    """Contracts traded outright and as legs of user-defined spreads.

    Time is the day's clock, the running maximum of ts_recv over the whole stream. The buyer of a spread (side B) buys its legs of
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

    def events(chosen: Int, value: Int) -> OptionEvents:
        return OptionEvents(options=instrument_ids.size, ts=ts[row[chosen]], option=option[chosen], value=value[chosen])

    return TradedContracts(volume=events(kept, volume), spread_net=events(through_spreads, net))


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
