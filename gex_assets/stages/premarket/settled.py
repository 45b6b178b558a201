"""What the venue has said of every option about the sessions before one: its settlement price and its open interest.

A statistic says by `ts_ref` which trade date it is about. Only those about earlier trade dates count. So the settlement of the
session itself, which the next day's file holds too, is never used, however late the levels are made.
"""

from __future__ import annotations

from collections import Counter
from datetime import date
from typing import Final, Literal, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from gex_assets.schemas.vendor_shapes import StatType
from gex_assets.stages.silver.statistic_in_force import UNKNOWN_REF, StatisticInForce
from gex_assets.time_units import DAY_NS, midnight_ns

__all__ = ["InForce", "Settled", "settled"]

Float = NDArray[np.float64]
Int = NDArray[np.int64]
Bool = NDArray[np.bool_]

_FINAL: Final = 1
"""Bit of `stat_flags` that marks a settlement as final."""

_NO_DATE: Final = -1


class InForce(NamedTuple):
    """One statistic of I options, (I,) each.

    Attributes
    ----------
    value : NaN where none is in force. [index points, or contracts]
    trade_date : the date that it is about; -1 where that is undefined or no value is in force. [days since 1970-01-01]
    is_final : whether the venue called it final, or has published it more than once for that date.
    ts_known : when it was last published; -1 without a value. [UNIX ns UTC]
    """

    value: Float
    trade_date: Int
    is_final: Bool
    ts_known: Int


class Settled(NamedTuple):
    """Settlement prices and open interest of I options."""

    price: InForce
    open_interest: InForce


def settled(
    statistics: pa.Table,
    *,
    instrument_ids: NDArray[np.uint32],
    session_date: date,
    ts_open: int,
    tally: Counter[str],
) -> Settled:
    """Find what is in force about earlier sessions.

    Parameters
    ----------
    statistics : rows of `BRONZE_OPTION_STATISTICS`, whenever they were received.
    instrument_ids : (I,) ascending.
    session_date : the session. Values about it or later ones are left out; those without a date count if received before it.
    ts_open : when it begins. [UNIX ns UTC]
    tally : counts `of_a_later_session`, the rows left out for that.
    """
    refs = statistics["ts_ref"].to_numpy()
    moments = statistics["ts_recv"].to_numpy() + statistics["ts_recv_behind"].to_numpy()
    counts = np.where(refs == UNKNOWN_REF, moments < ts_open, refs < midnight_ns(session_date))
    tally["of_a_later_session"] += int(np.count_nonzero(~counts))
    earlier = statistics.filter(pa.array(counts))
    return Settled(
        price=_in_force(earlier, StatType.SETTLEMENT_PRICE, instrument_ids),
        open_interest=_in_force(earlier, StatType.OPEN_INTEREST, instrument_ids),
    )


def _in_force(
    statistics: pa.Table,
    kind: Literal[StatType.SETTLEMENT_PRICE, StatType.OPEN_INTEREST],
    instrument_ids: NDArray[np.uint32],
) -> InForce:
    said = statistics.filter(pc.equal(statistics["stat_type"], kind.value))
    published = StatisticInForce(kind)
    published.add(said)
    found = published.at(np.array([np.iinfo(np.int64).max]), instrument_ids=instrument_ids)
    value, ts_ref = found.value[0], found.ts_ref[0]
    times, is_final = np.zeros(value.size, dtype=np.int64), np.zeros(value.size, dtype=np.bool_)
    ts_known = np.full(value.size, -1, dtype=np.int64)
    column = "price" if kind == StatType.SETTLEMENT_PRICE else "quantity"
    states = pc.and_(pc.is_valid(said[column]), pc.invert(said["is_deleted"]))
    said = said.filter(states)
    place = np.searchsorted(instrument_ids, said["instrument_id"].to_numpy())
    there = place < instrument_ids.size
    there[there] = instrument_ids[place[there]] == said["instrument_id"].to_numpy()[there]
    there[there] &= (ts_ref[place[there]] == said["ts_ref"].to_numpy()[there]) & ~np.isnan(value[place[there]])
    rows, of = np.flatnonzero(there), place[there]
    np.add.at(times, of, 1)
    if kind == StatType.SETTLEMENT_PRICE:
        np.logical_or.at(is_final, of, (said["stat_flags"].to_numpy()[rows] & _FINAL) != 0)
    else:
        is_final = times > 1
    np.maximum.at(ts_known, of, (said["ts_recv"].to_numpy() + said["ts_recv_behind"].to_numpy())[rows])
    trade_date = np.where(ts_ref == UNKNOWN_REF, _NO_DATE, ts_ref // DAY_NS)
    return InForce(value, trade_date, is_final, ts_known)
