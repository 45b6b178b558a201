"""Volumes of the futures by session and hour, from published windows of the sessions before one."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa

from gex_assets.analytics.usual_volume import USUAL_SESSIONS, TradedHour
from gex_assets.lake.tables import Lake
from gex_assets.time_units import MINUTE_NS, SECOND_NS, WINDOW_NS

__all__ = ["traded_hours"]

_SIZES: Final = ("trade_buy_size", "trade_sell_size", "trade_none_size")
_COLUMNS: Final = ("session_date", "ts_window_end", "symbol", "book_state", *_SIZES)
_HOUR_NS: Final = 60 * MINUTE_NS
_CHICAGO: Final = ZoneInfo("America/Chicago")
_EPOCH: Final = date(1970, 1, 1)
_MOST: Final = 64
"""Twice as many days and more than lie between an hour and the date of its session."""


def traded_hours(lake: Lake, *, product: str, before: date, sessions: int = USUAL_SESSIONS) -> list[TradedHour]:
    """What each future traded by hour in the latest sessions before one, from `silver_future_quotes`.

    A window whose records have a gap (`book_state` is suspect) counts neither as volume nor as a window. Days that were still
    running when they were made are left out: the end of what had come cuts an hour in two.

    Parameters
    ----------
    before : trade date; its own session and later ones are left out.
    sessions : so many of the latest published sessions.

    Returns
    -------
    Of no session where no futures are published before. A session may have an hour in parts, one per UTC date.

    Raises
    ------
    LakeError
        A published day cannot be read.
    """
    found: list[TradedHour] = []
    seen: set[date] = set()
    for day in reversed([day for day in lake.days("silver_future_quotes", product) if day <= before]):
        if len(seen) > sessions:
            break
        of_day = list(_of_day(lake, product, day, before))
        seen |= {one.session_date for one in of_day}
        found += of_day
    counted = set(sorted(seen)[-sessions:])
    return [one for one in found if one.session_date in counted]


def _of_day(lake: Lake, product: str, day: date, before: date) -> Iterator[TradedHour]:
    stored = lake.open("silver_future_quotes", product=product, day=day)
    if stored.partial_until_ns is not None:
        return
    rows = stored.read(_COLUMNS).unify_dictionaries().combine_chunks()
    if not rows.num_rows:
        return
    session = rows["session_date"].cast(pa.int32()).to_numpy().astype(np.int64)
    symbol, state = (rows[name].combine_chunks() for name in ("symbol", "book_state"))
    suspect = np.flatnonzero(np.asarray(state.dictionary.to_pylist(), dtype=object) == "suspect")
    use = np.flatnonzero((session < (before - _EPOCH).days) & ~np.isin(state.indices.to_numpy(), suspect))
    hour = (rows["ts_window_end"].to_numpy() - WINDOW_NS) // _HOUR_NS
    contracts = np.sum([rows[name].to_numpy() for name in _SIZES], axis=0)
    # One number per session, hour and future: numbers are sorted much faster than rows of three.
    key = (hour * _MOST + session - hour // 24 + _MOST // 2) * len(symbol.dictionary) + symbol.indices.to_numpy()
    _, first, place, windows = np.unique(key[use], return_index=True, return_inverse=True, return_counts=True)
    volumes = np.bincount(place, weights=contracts[use], minlength=first.size)
    for at, volume, count in zip(use[first].tolist(), volumes.tolist(), windows.tolist(), strict=True):
        clock = datetime.fromtimestamp(int(hour[at]) * _HOUR_NS // SECOND_NS, tz=UTC).astimezone(_CHICAGO).hour
        yield TradedHour(_EPOCH + timedelta(days=int(session[at])), clock, symbol[at].as_py(), int(volume), count)
