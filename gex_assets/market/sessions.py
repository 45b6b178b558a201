"""Trading hours of equity-index products on CME Globex: the stretches of a UTC date in which windows exist.

Sunday to Friday 17:00–16:00 Chicago, without the days of `holidays`. Before 2021-06-28 trading also halted from 15:15 to 15:30;
no window exists in that quarter of an hour. Pre-open is no session. All products have the same hours.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, time, timedelta
from functools import lru_cache
from typing import Final

from gex_assets.market.expirations import chicago_ns
from gex_assets.market.holidays import CLOSED, REGULAR_CLOSE, globex_close, next_business_day
from gex_assets.market.products import product as product_of
from gex_assets.time_units import DAY_NS, midnight_ns

__all__ = ["Session", "session_after", "session_before", "session_end_ns", "sessions"]

_OPEN: Final = time(17, 0)
_HALT_BEGINS: Final = time(15, 15)
_HALT_ENDS: Final = time(15, 30)
_FIRST_DAY_WITHOUT_HALT: Final = date(2021, 6, 28)
"""CME removed the halt as of this trade date. Source for the halt before it: the contract specifications of those years, e.g.
 cmegroup.com/trading/equity-index/us-index/e-mini-nasdaq-100_contractSpecs_options.html?optionProductId=9008."""


_LONGEST_SESSION_DAYS: Final = 8
"""No trade date's stretches begin more days before it: the exchange has been closed for a week at most."""


@dataclass(frozen=True, slots=True)
class Session:
    """An uninterrupted stretch of trading, half-open.

    Attributes
    ----------
    open_ns, close_ns : UNIX time of its start and end. [ns]
    session_date : the Globex trade date: the day on which the session ends. Where that is an exchange holiday (trading stops at
        noon or before), it is the next business day. So every stretch from the Sunday before Martin Luther King Jr. Day to the
        Tuesday after it is Tuesday's, as the exchange has it. The same rule is applied, without a source, to Good Fridays
        traded until 08:15 and to days of mourning.
    """

    open_ns: int
    close_ns: int
    session_date: date


def sessions(*, product: str, day: date, start_ns: int | None = None, end_ns: int | None = None) -> tuple[Session, ...]:
    """The stretches of trading within a UTC date and a request.

    Parameters
    ----------
    product : the future's name.
    day : UTC date.
    start_ns, end_ns : the request, half-open; None is unbounded. [ns]

    Returns
    -------
    Ascending and disjoint stretches, cut to the date and the request; empty on Saturdays and where nothing is traded.

    Raises
    ------
    SymbolError
        The product is unknown.

    Examples
    --------
    >>> [(s.close_ns - s.open_ns) / 3.6e12 for s in sessions(product="ES", day=date(2026, 1, 6))]
    [22.0, 1.0]
    """
    product_of(product)
    midnight = midnight_ns(day)
    first = midnight if start_ns is None else max(midnight, start_ns)
    last = midnight + DAY_NS
    last = last if end_ns is None else min(last, end_ns)
    stretches = (stretch for ending in (day, day + timedelta(days=1)) for stretch in _stretches(ending))
    return tuple(
        Session(open_ns=max(stretch.open_ns, first), close_ns=min(stretch.close_ns, last), session_date=stretch.session_date)
        for stretch in stretches
        if max(stretch.open_ns, first) < min(stretch.close_ns, last)
    )


def session_end_ns(*, product: str, session_date: date) -> int:
    """When the session of a trade date is over; of a day without one, when the session before it was. [UNIX ns UTC].

    Parameters
    ----------
    product : the future's name.
    session_date : as in `Session`.

    Raises
    ------
    SymbolError
        The product is unknown.

    Examples
    --------
    >>> datetime.fromtimestamp(session_end_ns(product="ES", session_date=date(2026, 1, 4)) // SECOND_NS, UTC).isoformat()
    '2026-01-02T22:00:00+00:00'
    """
    product_of(product)
    day = session_date
    while not (closes := [one.close_ns for one in _stretches(day) if one.session_date <= session_date]):
        day -= timedelta(days=1)
    return max(closes)


def session_after(*, product: str, day: date) -> Session:
    """The first session of a later trade date than a day, from its opening to its close; halts in between count as part of it.

    Parameters
    ----------
    product : the future's name.
    day : in Chicago.

    Raises
    ------
    SymbolError
        The product is unknown.

    Examples
    --------
    >>> after = session_after(product="ES", day=date(2026, 1, 16))  # a Friday; Monday is a holiday
    >>> after.session_date.isoformat(), datetime.fromtimestamp(after.open_ns // SECOND_NS, UTC).isoformat()
    ('2026-01-20', '2026-01-18T23:00:00+00:00')
    """
    product_of(product)
    ending = day
    while not (later := [one.session_date for one in _stretches(ending) if one.session_date > day]):
        ending += timedelta(days=1)
    session_date = min(later)
    own = [
        one
        for back in range(_LONGEST_SESSION_DAYS)
        for one in _stretches(session_date - timedelta(days=back))
        if one.session_date == session_date
    ]
    return Session(open_ns=min(one.open_ns for one in own), close_ns=max(one.close_ns for one in own), session_date=session_date)


def session_before(*, product: str, session_date: date) -> Session:
    """The last session of an earlier trade date, as `session_after` gives it.

    Parameters
    ----------
    product : the future's name.
    session_date : as in `Session`.

    Raises
    ------
    SymbolError
        The product is unknown.

    Examples
    --------
    >>> session_before(product="ES", session_date=date(2026, 1, 20)).session_date.isoformat()  # Monday was a holiday
    '2026-01-16'
    """
    day = session_date - timedelta(days=1)
    while (found := session_after(product=product, day=day)).session_date >= session_date:
        day -= timedelta(days=1)
    return found


@lru_cache(maxsize=1024)
def _stretches(ending: date) -> tuple[Session, ...]:
    """The stretches of the session that ends on a day in Chicago, uncut."""
    close = globex_close(ending)
    if close is CLOSED:
        return ()
    trade_date = next_business_day(ending)
    bounds = [(chicago_ns(ending - timedelta(days=1), _OPEN), chicago_ns(ending, close))]
    if close == REGULAR_CLOSE and ending < _FIRST_DAY_WITHOUT_HALT:
        halt = chicago_ns(ending, _HALT_BEGINS), chicago_ns(ending, _HALT_ENDS)
        bounds = [(bounds[0][0], halt[0]), (halt[1], bounds[0][1])]
    return tuple(Session(open_ns=start, close_ns=end, session_date=trade_date) for start, end in bounds)
