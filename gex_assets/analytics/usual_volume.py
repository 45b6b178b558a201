"""How much of a future usually trades in five minutes of an hour: what a number of futures to trade is held against."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Final, NamedTuple

from gex_assets.time_units import MINUTE_NS, WINDOW_NS

__all__ = ["USUAL_SESSIONS", "TradedHour", "UsualVolume", "share_of_usual", "usual_volumes"]

USUAL_SESSIONS: Final = 20
"""Sessions that say what is usual: a month."""

_WINDOWS: Final = 5 * MINUTE_NS // WINDOW_NS
"""Windows of five minutes."""

_FEWEST_WINDOWS: Final = 30 * MINUTE_NS // WINDOW_NS
"""An hour of a session counts with half of its windows at least."""


class TradedHour(NamedTuple):
    """What one future traded in one hour of one session.

    Attributes
    ----------
    session_date : trade date.
    hour : of Chicago's clock, 0 to 23.
    symbol : of the future.
    contracts : traded in windows that begin in the hour. [contracts]
    windows : how many of these are known.
    """

    session_date: date
    hour: int
    symbol: str
    contracts: int
    windows: int


class UsualVolume(NamedTuple):
    """What is usual in an hour.

    Attributes
    ----------
    contracts : median over sessions of an hour's mean volume of five minutes. [contracts]
    sessions : how many sessions it rests on.
    """

    contracts: float
    sessions: int


def usual_volumes(traded: Iterable[TradedHour], *, last: int = USUAL_SESSIONS) -> Mapping[int, UsualVolume]:
    """Five-minute volume by hour of Chicago's clock, of the future that traded most in each session.

    Parameters
    ----------
    traded : of any sessions, in any order; a session, hour and future may come in parts, as a session spans two UTC dates.
    last : so many of the latest sessions count.

    Returns
    -------
    By hour, ascending; an hour in which no session has half of its windows is left out.
    """
    hours: dict[tuple[date, str, int], tuple[int, int]] = {}
    totals: dict[tuple[date, str], int] = {}
    for one in traded:
        contracts, windows = hours.get((one.session_date, one.symbol, one.hour), (0, 0))
        hours[one.session_date, one.symbol, one.hour] = contracts + one.contracts, windows + one.windows
        totals[one.session_date, one.symbol] = totals.get((one.session_date, one.symbol), 0) + one.contracts
    front = {session: symbol for (session, symbol), _ in sorted(totals.items(), key=lambda item: (item[1], item[0]))}
    counted = sorted(front)[-last:]
    means: dict[int, list[float]] = {}
    for (session, symbol, hour), (contracts, windows) in sorted(hours.items()):
        if session in counted and front[session] == symbol and windows >= _FEWEST_WINDOWS:
            means.setdefault(hour, []).append(contracts * _WINDOWS / windows)
    return {hour: UsualVolume(statistics.median(found), len(found)) for hour, found in sorted(means.items())}


def share_of_usual(contracts: float | None, usual: UsualVolume | None) -> float | None:
    """Size of a trade as a share of the usual five-minute volume; None where either is not known, or nothing usually trades. [1].

    Examples
    --------
    >>> share_of_usual(-1500.0, UsualVolume(6000.0, 20)), share_of_usual(10.0, None)
    (0.25, None)
    """
    return None if contracts is None or usual is None or not usual.contracts else abs(contracts) / usual.contracts
