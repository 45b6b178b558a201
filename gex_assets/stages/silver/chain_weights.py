"""The weights of gamma by window and option: open interest as published by then, and contracts traded by then.

Statistics and trades are added when they come, any time before the windows that count them. Values and sums are kept by
instrument_id. So an option that is listed later has what was published and traded before.
Resting sizes are columns of the quotes. `chosen_weight` says which weight a convention uses on a day.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final, Literal, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from gex_assets.conventions import Convention
from gex_assets.kernels.mbo_record import UNDEF_SIZE
from gex_assets.market.sessions import session_end_ns
from gex_assets.schemas.vendor_shapes import StatType
from gex_assets.stages.claim_runs import ALWAYS
from gex_assets.time_units import DAY_NS, WINDOW_NS

__all__ = [
    "UNKNOWN_REF",
    "Published",
    "StatisticInForce",
    "Traded",
    "TradedContracts",
    "chosen_weight",
    "open_interest_is_known",
    "sessions_over",
]

Float = NDArray[np.float64]
Int = NDArray[np.int64]
Ids = NDArray[np.uint32]
Events = NDArray[np.void]

_NEEDS_OPEN_INTEREST: Final = ("open_interest", "oi_plus_flow")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_SIDE_SIGNS: Final = {"B": 1, "A": -1}
_PUBLISHED: Final = np.dtype(
    [
        *(("ts", np.int64), ("ts_ref", np.int64), ("sequence", np.int64), ("option", np.uint32)),
        *(("is_deleted", np.bool_), ("value", np.float64)),
    ]
)
_IN_FORCE: Final = np.dtype([("option", np.uint32), ("ts_ref", np.int64), ("value", np.float64)])
_TRADED: Final = np.dtype(
    [("ts", np.int64), ("option", np.uint32), ("volume", np.int64), ("spread_net", np.int64), ("net", np.int64)]
)

UNKNOWN_REF: Final = -1
"""Stands for a `ts_ref` that the vendor does not define, and for that of no value."""


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


class Published(NamedTuple):
    """A statistic in force at each window's end, (W, I) each.

    Attributes
    ----------
    value : NaN where none is in force. [contracts, or index points]
    ts_ref : the moment that the value is about; `UNKNOWN_REF` where that is undefined or no value is in force. [UNIX ns UTC]
    """

    value: Float
    ts_ref: Int


class StatisticInForce:
    """One statistic as it was published and withdrawn: in force is the value with the latest ts_ref.

    An undefined ts_ref is older than all others. Of one ts_ref the value that was received last counts, until a record withdraws
    it. Then the one before, by ts_ref, is in force again.

    Parameters
    ----------
    kind : which statistic: open interest [contracts] or the settlement price [index points].
    """

    def __init__(self, kind: Literal[StatType.OPEN_INTEREST, StatType.SETTLEMENT_PRICE] = StatType.OPEN_INTEREST) -> None:
        self._kind = kind
        self._column = "price" if kind == StatType.SETTLEMENT_PRICE else "quantity"
        self._waiting = _Waiting(_PUBLISHED, order=("ts", "sequence"))
        self._said: dict[int, dict[int, tuple[tuple[int, int], float | None]]] = {}
        self._in_force = np.zeros(0, dtype=_IN_FORCE)

    def add(self, statistics: pa.Table) -> None:
        """Add rows of `bronze_option_statistics`.

        A window counts those whose moment, the running maximum of ts_recv, is before its end. One that is added after that window
        was given counts from the next one on, unless a later one of its ts_ref is known by then.
        """
        published = _said(statistics, self._kind, self._column)
        events = np.zeros(published.num_rows, dtype=_PUBLISHED)
        columns = {"ts": "ts_recv", "option": "instrument_id", "value": self._column}
        for name in _PUBLISHED.names or ():
            events[name] = published.column(columns.get(name, name)).to_numpy()
        events["ts"] += published.column("ts_recv_behind").to_numpy()
        self._waiting.add(events)

    def at(self, ends: Int, *, instrument_ids: Ids) -> Published:
        """What is in force at each window's end, by what was received before it.

        Parameters
        ----------
        ends : (W,) ascending, at least one, later than in all calls before. [UNIX ns UTC]
        instrument_ids : (I,) ascending.
        """
        before = self._in_force
        changes = self._take(ends)
        value, ts_ref = np.full((ends.size + 1, instrument_ids.size), np.nan), np.full((ends.size + 1, instrument_ids.size), -1)
        place, known = _positions(before["option"], instrument_ids)
        value[0, place[known]], ts_ref[0, place[known]] = before["value"][known], before["ts_ref"][known]
        row = np.zeros(value.shape, dtype=np.int64)
        place, known = _positions(changes["option"], instrument_ids)
        window = np.searchsorted(ends, changes["ts"], side="right") + 1
        # Of several changes in a window the last one is written last.
        for w, i, change in zip(window[known].tolist(), place[known].tolist(), changes[known], strict=True):
            value[w, i], ts_ref[w, i], row[w, i] = change["value"], change["ts_ref"], w
        row = np.maximum.accumulate(row, axis=0)[1:]
        return Published(np.take_along_axis(value, row, axis=0), np.take_along_axis(ts_ref, row, axis=0))

    def any_before(self, end: int) -> bool:
        """Whether a value of any option is in force at a moment. [UNIX ns UTC]."""
        self._take(np.array([end]))
        return bool(np.isfinite(self._in_force["value"]).any())

    def _take(self, ends: Int) -> Events:
        """Take in what was received before the last window's end; every change of what is in force, in order."""
        taken = self._waiting.until(ends)
        changes = np.zeros(taken.size, dtype=_PUBLISHED)
        for at, (ts, ts_ref, sequence, option, is_deleted, value) in enumerate(taken.tolist()):
            said = self._said.setdefault(option, {})
            if ts_ref not in said or said[ts_ref][0] <= (ts, sequence):
                said[ts_ref] = ((ts, sequence), None if is_deleted else value)
            standing = {ref: known for ref, (_, known) in said.items() if known is not None}
            latest = max(standing, default=UNKNOWN_REF)
            changes[at] = (ts, latest, sequence, option, is_deleted, standing.get(latest, np.nan))
        if taken.size:
            together = np.concatenate([self._in_force, changes[["option", "ts_ref", "value"]].astype(_IN_FORCE)])
            _, from_the_end = np.unique(together["option"][::-1], return_index=True)
            self._in_force = together[together.size - 1 - from_the_end]
        return changes


def sessions_over(ts_ref: Int, *, product: str) -> Int:
    """When the sessions that values are about were over; `ALWAYS` where the reference is unknown. [UNIX ns UTC].

    Parameters
    ----------
    ts_ref : any shape; the date of a reference is the session's trade date. [UNIX ns UTC]
    product : whose sessions.
    """
    over = np.full(ts_ref.shape, ALWAYS, dtype=np.int64)
    for one in np.unique(ts_ref[ts_ref != UNKNOWN_REF]).tolist():
        trade_date = (_EPOCH + timedelta(days=one // DAY_NS)).date()
        over[ts_ref == one] = session_end_ns(product=product, session_date=trade_date)
    return over


class Traded(NamedTuple):
    """Contracts traded before each window's end, (W, I) each.

    Attributes
    ----------
    volume : of every outright trade and of every leg of a spread.
    spread_net : those that aggressors bought less those they sold, through spreads only.
    net : the same through spreads and outright.
    """

    volume: Int
    spread_net: Int
    net: Int


class TradedContracts:
    """Contracts traded outright and as legs of user-defined spreads.

    Time is the day's clock, the running maximum of ts_recv over the whole stream. The buyer of a spread (side B) buys its legs of
    side B and sells those of side A, `ratio` contracts per spread.

    Parameters
    ----------
    tally : counts `spread_trades_without_legs` (only counted), `spread_trades_without_aggressor` (volume, but no flow) and
        `trades_without_size` (the vendor's undefined size: left out).
    """

    def __init__(self, *, tally: Counter[str]) -> None:
        self._tally = tally
        self._waiting = _Waiting(_TRADED, order=("ts",))
        self._counted: list[Events] = []
        self._sums: Events = np.zeros(0, dtype=_TRADED)
        self._sums_before: dict[int, Events] = {}

    def add(self, trades: pa.Table) -> None:
        """Add rows of `bronze_option_trades`.

        A window counts those whose clock is before its end. One that is added after that window was given counts from the next
        one on.
        """
        has_size = pc.not_equal(trades.column("size"), UNDEF_SIZE)
        self._tally["trades_without_size"] += trades.num_rows - (pc.sum(has_size).as_py() or 0)
        trades = trades.filter(has_size)
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
        events["net"] = np.concatenate([size[outright] * side[outright], events["spread_net"][outright.size :]])
        self._waiting.add(events)

    def at(self, ends: Int, *, instrument_ids: Ids) -> Traded:
        """What was traded before each window's end; 0 before the first trade.

        Parameters
        ----------
        ends : (W,) ascending, at least one, later than in all calls before. [UNIX ns UTC]
        instrument_ids : (I,) ascending.
        """
        before = self._sums
        if (new := self._waiting.until(ends)).size:
            self._counted.append(new)
            self._sums = _summed([before, new])
            for moment, summed in self._sums_before.items():
                if (late := new["ts"] < moment).any():
                    self._sums_before[moment] = _summed([summed, new[late]])
        window, option, events = _cells(np.concatenate([before, new]), ends, instrument_ids)
        sums = []
        for name in Traded._fields:
            added = np.zeros((ends.size, instrument_ids.size), dtype=np.int64)
            np.add.at(added, (window, option), events[name])
            sums.append(np.cumsum(added, axis=0))
        return Traded(*sums)

    def before(self, moments: Int, *, instrument_ids: Ids) -> Traded:
        """What of that was traded before these moments, whatever `at` has counted since.

        Parameters
        ----------
        moments : (W, I) one for each value of the latest call of `at`. [UNIX ns UTC]
        instrument_ids : (I,) as in that call.
        """
        sums = Traded(*(np.zeros(moments.shape, dtype=np.int64) for _ in Traded._fields))
        for moment in np.unique(moments).tolist():
            if moment not in self._sums_before:
                self._sums_before[moment] = _summed([taken[taken["ts"] < moment] for taken in self._counted])
            events = self._sums_before[moment]
            place, known = _positions(events["option"], instrument_ids)
            for name in Traded._fields:
                of_option = np.zeros(instrument_ids.size, dtype=np.int64)
                of_option[place[known]] = events[name][known]
                there = moments == moment
                getattr(sums, name)[there] = np.broadcast_to(of_option, moments.shape)[there]
        return sums


def _summed(parts: Sequence[Events]) -> Events:
    """One event per option, with the sums of all; its moment is before every window."""
    events = np.concatenate([np.zeros(0, dtype=_TRADED), *parts])
    options, place = np.unique(events["option"], return_inverse=True)
    sums = np.zeros(options.size, dtype=_TRADED)
    sums["ts"], sums["option"] = -1, options
    for name in Traded._fields:
        np.add.at(sums[name], place, events[name])
    return sums


def _said(statistics: pa.Table, kind: StatType, column: str) -> pa.Table:
    """Rows that state or withdraw a statistic; the vendor's undefined value is NULL and states none."""
    is_wanted = pc.equal(statistics.column("stat_type"), kind.value)
    says = pc.or_(pc.is_valid(statistics.column(column)), statistics.column("is_deleted"))
    return statistics.filter(pc.and_(is_wanted, says))


def open_interest_is_known(statistics: pa.Table, *, first_window_start_ns: int) -> bool:
    """Whether open interest of any option is in force when the day's first window ends; earlier days' statistics count.

    Parameters
    ----------
    statistics : `bronze_option_statistics` of the day.
    first_window_start_ns : start of the day's first window. [UNIX ns UTC]
    """
    published = StatisticInForce()
    published.add(statistics)
    return published.any_before(first_window_start_ns + WINDOW_NS)


def chosen_weight(convention: Convention, *, has_open_interest: bool) -> str | None:
    """The weight a convention uses for the whole day: the first of its list that exists; None where none does.

    Parameters
    ----------
    convention : its `weights` are in order of preference.
    has_open_interest : by `open_interest_is_known`. Weights made of open interest exist with it, all others always.
    """
    return next((weight for weight in convention.weights if has_open_interest or weight not in _NEEDS_OPEN_INTEREST), None)


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
