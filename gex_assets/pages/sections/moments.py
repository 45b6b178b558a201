"""Which windows of a day the sections show: all are full minutes with a price, so that every table has them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from gex_assets.pages.day_tables import DayTables
from gex_assets.pages.words import CHICAGO, clock, window_clock
from gex_assets.time_units import MINUTE_NS, SECOND_NS

__all__ = ["CHAIN_COLUMNS", "chain_at", "chosen", "hourly", "moment_text", "priced_minutes", "said_of"]

_PREFERRED: Final = (time(8, 35), time(12, 0), time(14, 55))
"""In Chicago: after the open of regular hours, at noon, before their close."""

_HOUR_NS: Final = 60 * MINUTE_NS

CHAIN_COLUMNS: Final = (
    *(
        "ts_expiration",
        "strike",
        "underlying",
        "multiplier",
        "forward",
        "years",
        "iv_bid",
        "iv_mid",
        "iv_ask",
        "iv_fit",
        "iv_filled",
    ),
    *("gamma", "vanna", "call_charm", "put_charm", "net_gex_se"),
    *(f"{right}_{weight}" for weight in ("open_interest", "resting_size", "flow_inventory") for right in ("call", "put")),
    *(f"{right}_gex_{short}" for short in ("oi", "resting", "flow") for right in ("call", "put")),
)
"""What sections read of `silver_gex_chain`, at chosen moments only: one read for all of them."""


def priced_minutes(day: DayTables) -> NDArray[np.int64]:
    """Full minutes that have a reference price [UNIX ns UTC]."""
    rows = day.read("silver_gex_levels", ("ts_window_end", "reference_price"))
    known = np.asarray(rows["reference_price"].is_valid())
    ends: NDArray[np.int64] = np.unique(rows["ts_window_end"].to_numpy()[known])
    full: NDArray[np.int64] = ends[ends % MINUTE_NS == 0]
    return full


def chosen(day: DayTables) -> list[int]:
    """Up to four moments at which strikes are shown: after the regular open, at noon, before the regular close, the last one."""
    minutes = priced_minutes(day)
    if not len(minutes):
        return []
    wanted = [int(datetime.combine(day.day, at, tzinfo=CHICAGO).timestamp()) * SECOND_NS for at in _PREFERRED]
    found = [int(minutes[np.abs(minutes - moment).argmin()]) for moment in wanted if minutes[0] <= moment <= minutes[-1]]
    if not found:  # a short day: its thirds
        found = [int(minutes[len(minutes) * third // 3]) for third in range(3)]
    return sorted({*found, int(minutes[-1])})


def hourly(day: DayTables) -> list[int]:
    """The first minute with a price, every full hour with one, and the last."""
    minutes = priced_minutes(day)
    if not len(minutes):
        return []
    return sorted({int(minutes[0]), *(int(one) for one in minutes[minutes % _HOUR_NS == 0]), int(minutes[-1])})


def chain_at(day: DayTables, moments: Sequence[int]) -> pa.Table:
    """The chain at chosen moments."""
    return day.at("silver_gex_chain", CHAIN_COLUMNS, moments)


def moment_text(moment_ns: int) -> str:
    """A moment in UTC and in Chicago."""
    return f"{window_clock(moment_ns)} UTC ({clock(moment_ns, zone=CHICAGO)} in Chicago)"


def said_of(row: dict[str, Any], name: str) -> float:
    """A number of a row, NaN where it is NULL."""
    value = row[name]
    return float("nan") if value is None else float(value)
