"""Open interest and settlement prices in force at a moment, by what was published and withdrawn until then."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final, Literal, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from gex_assets.market.sessions import session_end_ns
from gex_assets.schemas.vendor_shapes import StatType
from gex_assets.stages.claim_runs import ALWAYS
from gex_assets.stages.silver.waiting_events import Events, Ids, Waiting, positions
from gex_assets.time_units import DAY_NS

__all__ = ["UNKNOWN_REF", "Published", "StatisticInForce", "sessions_over"]

Float = NDArray[np.float64]
Int = NDArray[np.int64]

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_PUBLISHED: Final = np.dtype(
    [
        *(("ts", np.int64), ("ts_ref", np.int64), ("sequence", np.int64), ("option", np.uint32)),
        *(("is_deleted", np.bool_), ("value", np.float64)),
    ]
)
_IN_FORCE: Final = np.dtype([("option", np.uint32), ("ts_ref", np.int64), ("value", np.float64)])

UNKNOWN_REF: Final = -1
"""Stands for a `ts_ref` that the vendor does not define, and for that of no value."""


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
        self._waiting = Waiting(_PUBLISHED, order=("ts", "sequence"))
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
        place, known = positions(before["option"], instrument_ids)
        value[0, place[known]], ts_ref[0, place[known]] = before["value"][known], before["ts_ref"][known]
        row = np.zeros(value.shape, dtype=np.int64)
        place, known = positions(changes["option"], instrument_ids)
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


def _said(statistics: pa.Table, kind: StatType, column: str) -> pa.Table:
    """Rows that state or withdraw a statistic; the vendor's undefined value is NULL and states none."""
    is_wanted = pc.equal(statistics.column("stat_type"), kind.value)
    says = pc.or_(pc.is_valid(statistics.column(column)), statistics.column("is_deleted"))
    return statistics.filter(pc.and_(is_wanted, says))
