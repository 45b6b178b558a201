"""Volumes of the futures by session and hour, from published windows of the sessions before one."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from gex_assets.analytics.usual_volume import USUAL_SESSIONS, TradedHour
from gex_assets.lake.tables import Lake
from gex_assets.time_units import MINUTE_NS, SECOND_NS, WINDOW_NS

__all__ = ["traded_hours"]

_SIZES: Final = ("trade_buy_size", "trade_sell_size", "trade_none_size")
_COLUMNS: Final = ("session_date", "ts_window_end", "symbol", "book_state", *_SIZES)
_HOUR_NS: Final = 60 * MINUTE_NS
_CHICAGO: Final = ZoneInfo("America/Chicago")
_EPOCH: Final = date(1970, 1, 1)


def traded_hours(lake: Lake, *, product: str, before: date, sessions: int = USUAL_SESSIONS) -> list[TradedHour]:
    """What each future traded by hour in the latest sessions before one, from `silver_future_quotes`.

    A window whose records have a gap (`book_state` is suspect) counts neither as volume nor as a window.

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
    rows = lake.open("silver_future_quotes", product=product, day=day).read(_COLUMNS)
    is_whole = pc.not_equal(rows["book_state"].cast(pa.string()), "suspect")
    rows = rows.filter(pc.and_(is_whole, pc.less(rows["session_date"], pa.scalar(before, pa.date32()))))
    if not rows.num_rows:
        return
    hour = (rows["ts_window_end"].to_numpy() - WINDOW_NS) // _HOUR_NS
    names = rows["symbol"].unify_dictionaries().combine_chunks()
    session = rows["session_date"].cast(pa.int32()).to_numpy()
    contracts = np.sum([rows[name].to_numpy() for name in _SIZES], axis=0)
    keys, place, windows = np.unique(
        np.stack([session, hour, names.indices.to_numpy()]), axis=1, return_inverse=True, return_counts=True
    )
    volumes = np.bincount(place.ravel(), weights=contracts)
    for (days, at, code), volume, count in zip(keys.T.tolist(), volumes.tolist(), windows.tolist(), strict=True):
        clock = datetime.fromtimestamp(at * _HOUR_NS // SECOND_NS, tz=UTC).astimezone(_CHICAGO).hour
        symbol = names.dictionary[code].as_py()
        yield TradedHour(_EPOCH + timedelta(days=days), clock, symbol, int(volume), int(count))
