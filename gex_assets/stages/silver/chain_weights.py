"""The weights of gamma by window and option: open interest as published by then, and contracts traded by then.

Statistics and trades are added when they come, any time before the windows that count them. Latest values and sums are kept by
instrument_id. So an option that is listed later has what was published and traded before.
Resting sizes are columns of the quotes. `chosen_weight` says which weight a convention uses on a day.
"""

from __future__ import annotations

from collections import Counter
from typing import Final, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from gex_assets.conventions import Convention
from gex_assets.schemas.vendor_shapes import StatType
from gex_assets.time_units import WINDOW_NS

__all__ = ["OpenInterest", "Traded", "TradedContracts", "chosen_weight"]

Float = NDArray[np.float64]
Int = NDArray[np.int64]
Ids = NDArray[np.uint32]
Events = NDArray[np.void]

_NEEDS_OPEN_INTEREST: Final = ("open_interest", "oi_plus_flow")
_SIDE_SIGNS: Final = {"B": 1, "A": -1}
_PUBLISHED: Final = np.dtype(
    [("ts", np.int64), ("ts_ref", np.int64), ("sequence", np.int64), ("option", np.uint32), ("value", np.float64)]
)
_TRADED: Final = np.dtype([("ts", np.int64), ("option", np.uint32), ("volume", np.int64), ("spread_net", np.int64)])


class _Waiting:
    """Events that no window has counted yet.

    Parameters
    ----------
    kind : fields of an event; `ts` is its moment [UNIX ns UTC].
    order : fields by which events are sorted, the most significant first: `ts` and those that decide where two came at once.
    """

    def __init__(self, kind: np.dtype[np.void], *, order: tuple[str, ...]) -> None:
        self._order = order
        self._events: Events = np.zeros(0, dtype=kind)
        self._last_end = -1

    def add(self, events: Events) -> None:
        """Add events, in any order; of equal ones the later added comes later."""
        self._events = self.sorted(np.concatenate([self._events, events]))

    def sorted(self, events: Events) -> Events:
        """These events in order."""
        return events[np.lexsort([events[name] for name in reversed(self._order)])]

    def until(self, ends: Int) -> Events:
        """Take out the events before the last of these windows ends.

        Raises
        ------
        ValueError
            The windows do not follow those of the call before.
        """
        if ends[0] <= self._last_end:
            raise ValueError(f"Expected windows that end after {self._last_end}, was {ends[0]}")
        self._last_end = int(ends[-1])
        count = int(np.searchsorted(self._events["ts"], ends[-1], side="left"))
        taken, self._events = self._events[:count], self._events[count:]
        return taken


class OpenInterest:
    """Open interest as it was published: the latest by ts_recv counts, the later ts_ref where two came at once."""

    def __init__(self) -> None:
        self._waiting = _Waiting(_PUBLISHED, order=("ts", "ts_ref", "sequence"))
        self._latest: Events = np.zeros(0, dtype=_PUBLISHED)

    def add(self, statistics: pa.Table) -> None:
        """Add rows of `bronze_option_statistics`.

        A window counts those with ts_recv before its end. One that is added after that window was given counts from the next
        one on, unless a later one is known by then.
        """
        published = _known_open_interest(statistics)
        events = np.zeros(published.num_rows, dtype=_PUBLISHED)
        columns = {"ts": "ts_recv", "option": "instrument_id", "value": "quantity", "ts_ref": "ts_ref", "sequence": "sequence"}
        for name, column in columns.items():
            events[name] = published.column(column).to_numpy()
        self._waiting.add(events)

    def at(self, ends: Int, *, instrument_ids: Ids) -> Float:
        """(W, I) the latest with ts_recv before each window's end; NaN before the first. [contracts].

        Parameters
        ----------
        ends : (W,) ascending, at least one, later than in all calls before. [UNIX ns UTC]
        instrument_ids : (I,) ascending.
        """
        events = self._latest
        if (new := self._waiting.until(ends)).size:
            events = self._waiting.sorted(np.concatenate([self._latest, new]))
            _, from_the_end = np.unique(events["option"][::-1], return_index=True)
            self._latest = events[np.sort(events.size - 1 - from_the_end)]
        window, option, events = _cells(events, ends, instrument_ids)
        seen = np.full((ends.size, instrument_ids.size), np.nan)
        seen[window, option] = events["value"]
        row = np.where(np.isnan(seen), 0, np.arange(ends.size)[:, None])
        return np.take_along_axis(seen, np.maximum.accumulate(row, axis=0), axis=0)


class Traded(NamedTuple):
    """Contracts traded before each window's end, (W, I) each.

    Attributes
    ----------
    volume : of every outright trade and of every leg of a spread.
    spread_net : those that aggressors bought less those they sold, through spreads only.
    """

    volume: Int
    spread_net: Int


class TradedContracts:
    """Contracts traded outright and as legs of user-defined spreads.

    Time is the day's clock, the running maximum of ts_recv over the whole stream. The buyer of a spread (side B) buys its legs of
    side B and sells those of side A, `ratio` contracts per spread.

    Parameters
    ----------
    tally : counts `spread_trades_without_legs` (only counted) and `spread_trades_without_aggressor` (volume, but no flow).
    """

    def __init__(self, *, tally: Counter[str]) -> None:
        self._tally = tally
        self._waiting = _Waiting(_TRADED, order=("ts",))
        self._sums: Events = np.zeros(0, dtype=_TRADED)

    def add(self, trades: pa.Table) -> None:
        """Add rows of `bronze_option_trades`.

        A window counts those whose clock is before its end. One that is added after that window was given counts from the next
        one on.
        """
        size = trades.column("size").to_numpy().astype(np.int64)
        side = _signs(trades.column("side"))
        is_spread = trades.column("is_spread").to_numpy()

        legs = trades.column("legs").combine_chunks()
        legs = legs if isinstance(legs, pa.Array) else pa.concat_arrays(legs.chunks or [pa.array([], type=legs.type)])
        leg_count = np.where(is_spread, pc.fill_null(pc.list_value_length(legs), 0).to_numpy(), 0)
        self._tally["spread_trades_without_legs"] += int(np.count_nonzero(is_spread & (leg_count == 0)))
        self._tally["spread_trades_without_aggressor"] += int(np.count_nonzero(is_spread & (leg_count > 0) & (side == 0)))

        outright = np.flatnonzero(~is_spread)
        of_leg = np.repeat(np.arange(leg_count.size), leg_count)
        each = legs.filter(pa.array(leg_count > 0)).flatten()
        leg_size = size[of_leg] * each.field("ratio").to_numpy()

        events = np.zeros(outright.size + of_leg.size, dtype=_TRADED)
        row, ids = np.concatenate([outright, of_leg]), trades.column("instrument_id").to_numpy()[outright]
        events["ts"] = (trades.column("ts_recv").to_numpy() + trades.column("ts_recv_behind").to_numpy())[row]
        events["option"] = np.concatenate([ids, each.field("instrument_id").to_numpy()])
        events["volume"] = np.concatenate([size[outright], leg_size])
        events["spread_net"][outright.size :] = leg_size * side[of_leg] * _signs(each.field("side"))
        self._waiting.add(events)

    def at(self, ends: Int, *, instrument_ids: Ids) -> Traded:
        """What was traded before each window's end; 0 before the first trade.

        Parameters
        ----------
        ends : (W,) ascending, at least one, later than in all calls before. [UNIX ns UTC]
        instrument_ids : (I,) ascending.
        """
        events = self._sums
        if (new := self._waiting.until(ends)).size:
            events = np.concatenate([self._sums, new])
            options, place = np.unique(events["option"], return_inverse=True)
            self._sums = np.zeros(options.size, dtype=_TRADED)
            self._sums["ts"], self._sums["option"] = -1, options
            for name in Traded._fields:
                np.add.at(self._sums[name], place, events[name])
        window, option, events = _cells(events, ends, instrument_ids)
        sums = []
        for name in Traded._fields:
            added = np.zeros((ends.size, instrument_ids.size), dtype=np.int64)
            np.add.at(added, (window, option), events[name])
            sums.append(np.cumsum(added, axis=0))
        return Traded(*sums)


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


def _cells(events: Events, ends: Int, instrument_ids: Ids) -> tuple[Int, Int, Events]:
    """Positions of the first window that counts an event and of its option, and the events of these options."""
    option, known = _positions(events["option"], instrument_ids)
    events = events[known]
    return np.searchsorted(ends, events["ts"], side="right"), option[known], events


def _positions(ids: Ids, instrument_ids: Ids) -> tuple[Int, NDArray[np.bool_]]:
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
