"""A Globex session up to a moment: its night, its regular hours, the regime of the last window, and how good the numbers are.

A session begins on the evening before its date and spans two UTC days or more. Nothing after the moment is looked at: rows count
whose window ends by then, trades that came before it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from gex_assets.analytics.stretches import AggressorFlow, PriceRange, price_range
from gex_assets.brief.session_flow import flow_of_futures, flow_of_options, flow_reached
from gex_assets.errors import GexError
from gex_assets.lake.freshness import partial_until
from gex_assets.lake.lineage import while_running
from gex_assets.lake.ranges.latest import rows_at
from gex_assets.lake.tables import Lake
from gex_assets.market.expirations import chicago_ns, settlement_ns
from gex_assets.market.sessions import Session, session_after
from gex_assets.schemas.registry import DAY_TABLES
from gex_assets.time_units import DAY_NS, SECOND_NS, WINDOW_NS, midnight_ns
from gex_assets.wording import counted

__all__ = ["Quality", "RegimeNow", "SessionFrame", "Stretch", "session_frame"]

Row = Mapping[str, Any]

_REGULAR_OPEN: Final = time(8, 30)
_LEAST_SHARE_OF_WINDOWS: Final = 0.99
_SCORES: Final = (
    *("ts_window_end", "convention", "session_date", "scale", "reference_price", "regime", "magnitude"),
    *("net_gex", "net_gex_se", "confidence", "hedge_per_sigma", "reason"),
)
_LEVELS: Final = ("convention", "scope", "forward_quality", "coverage", "quoted_share")


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """A part of a session: the night, the regular hours, or what follows them.

    Attributes
    ----------
    name : overnight, regular hours or after the close.
    begin_ns, end_ns : half-open, cut at the moment. [UNIX ns UTC]
    first_ns, last_ns : begin of its first and end of its last published window; None without one. [UNIX ns UTC]
    windows : how many are published.
    prices : of the reference price at their ends; None where it is known in none.
    future, future_flow : the future that is traded most in the session, and what aggressors did in it; None without futures.
    calls, puts : what aggressors did in outright options; None without trades' tables.
    """

    name: str
    begin_ns: int
    end_ns: int
    first_ns: int | None = None
    last_ns: int | None = None
    windows: int = 0
    prices: PriceRange | None = None
    future: str | None = None
    future_flow: AggressorFlow | None = None
    calls: AggressorFlow | None = None
    puts: AggressorFlow | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RegimeNow:
    """The regime of one window; values that are unknown are None.

    Attributes
    ----------
    reason : why there is no regime.
    """

    ts_window_end: int
    regime: str | None
    magnitude: str | None
    scale: str
    net_gex: float | None
    net_gex_se: float | None
    confidence: float | None
    hedge_per_sigma: float | None
    reason: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Quality:
    """How good the numbers of one window are; shares are None where they are unknown.

    Attributes
    ----------
    forward_quality : ok, weak or none.
    coverage, quoted_share : of `silver_gex_levels`, all selected expirations. [1]
    complete_share : selected options whose book is complete. [1]
    """

    ts_window_end: int
    forward_quality: str | None
    coverage: float | None
    quoted_share: float | None
    complete_share: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionFrame:
    """A session up to a moment.

    Attributes
    ----------
    moment_ns : the last published window's end by default; None where nothing of the session is published. [UNIX ns UTC]
    regular_open_ns, regular_close_ns : 08:30 in Chicago, and when the stock exchanges close. [UNIX ns UTC]
    stretches : those that began before the moment, in order.
    missing : what is not published, in words.
    """

    session: Session
    moment_ns: int | None
    regular_open_ns: int
    regular_close_ns: int
    stretches: tuple[Stretch, ...] = ()
    regime: RegimeNow | None = None
    quality: Quality | None = None
    missing: tuple[str, ...] = ()


def session_frame(lake: Lake, *, product: str, session_date: date, convention: str, clock: time | None = None) -> SessionFrame:
    """Read a session up to a moment.

    Parameters
    ----------
    session_date : its trade date.
    clock : the moment, UTC; of a session longer than a day the last such moment. None for the end of the last published window.

    Raises
    ------
    GexError
        The date has no session, or the session has no such moment.
    """
    session = session_after(product=product, day=session_date - timedelta(days=1))
    if session.session_date != session_date:
        raise GexError(f"Expected a trade date, was {session_date}: the next one is {session.session_date}")
    moment = None if clock is None else _moment_of(session, clock)
    days = _days(session, session.close_ns if moment is None else moment)
    scores = _scores(lake, product, days, session_date=session_date, convention=convention, moment=moment)
    reached = int(pc.max(scores["ts_window_end"]).as_py()) if scores.num_rows else None
    bounds = chicago_ns(session_date, _REGULAR_OPEN), settlement_ns(session_date)
    frame = SessionFrame(session=session, moment_ns=moment, regular_open_ns=bounds[0], regular_close_ns=bounds[1])
    if reached is None:
        nothing = f"nothing of the session{'' if clock is None else f' by {clock:%H:%M} UTC'} is published"
        return replace(frame, missing=(f"{nothing}: no range, flow or regime",))
    until = reached if moment is None else moment
    days = [day for day in days if midnight_ns(day) < until]
    futures = flow_of_futures(lake, product, days, session_date)
    trades = flow_of_options(lake, product, days)
    stretches = []
    for name, begin, end in _parts(session, bounds):
        if begin < until:
            stretches.append(_stretch(name, begin, min(end, until), scores=scores, futures=futures, trades=trades))
    return replace(
        frame,
        moment_ns=until,
        stretches=tuple(stretches),
        regime=_regime(scores, reached),
        quality=_quality(lake, product, reached, convention),
        missing=tuple(_missing(lake, product, days, stretches, until=until, reached=reached)),
    )


def _moment_of(session: Session, clock: time) -> int:
    """The last moment of the session that has this clock in UTC."""
    of_day = (clock.hour * 3600 + clock.minute * 60 + clock.second) * SECOND_NS
    found = session.close_ns // DAY_NS * DAY_NS + of_day
    found -= DAY_NS if found > session.close_ns else 0
    if found <= session.open_ns:
        begin, end = (datetime.fromtimestamp(one // SECOND_NS, tz=UTC) for one in (session.open_ns, session.close_ns))
        raise GexError(f"Expected a moment of the session, from {begin:%H:%M} to {end:%H:%M} UTC, was {clock:%H:%M}")
    return found


def _days(session: Session, until: int) -> list[date]:
    """UTC dates that hold windows of the session by a moment; a window that ends at midnight is the day's before."""
    first, last = (datetime.fromtimestamp(one // SECOND_NS, tz=UTC).date() for one in (session.open_ns, until - 1))
    return [first + timedelta(days=at) for at in range((last - first).days + 1)]


def _parts(session: Session, regular: tuple[int, int]) -> Iterator[tuple[str, int, int]]:
    opens, closes = regular
    for name, begin, end in (
        ("overnight", session.open_ns, opens),
        ("regular hours", opens, closes),
        ("after the close", closes, session.close_ns),
    ):
        if begin < end:
            yield name, begin, end


def _scores(
    lake: Lake, product: str, days: Sequence[date], *, session_date: date, convention: str, moment: int | None
) -> pa.Table:
    """Rows of `regime_scores` of the session and convention by the moment, in the order of time."""
    parts = []
    for day in days:
        stored = lake.find("regime_scores", product=product, day=day)
        if stored is None:
            continue
        rows = stored.read(_SCORES)
        wanted = pc.and_(pc.equal(rows["convention"], convention), pc.equal(rows["session_date"], pa.scalar(session_date)))
        if moment is not None:
            wanted = pc.and_(wanted, pc.less_equal(rows["ts_window_end"], moment))
        parts.append(rows.filter(wanted))
    if not parts:
        return pa.table({name: [] for name in _SCORES})
    return pa.concat_tables(parts).unify_dictionaries().sort_by("ts_window_end")


def _stretch(
    name: str, begin: int, end: int, *, scores: pa.Table, futures: tuple[str, pa.Table] | None, trades: pa.Table | None
) -> Stretch:
    ends = scores["ts_window_end"].to_numpy()
    inside = (ends > begin) & (ends <= end)
    own = ends[inside]
    prices = np.asarray(scores["reference_price"].to_numpy(zero_copy_only=False), dtype=np.float64)[inside]
    bought = {right: None if trades is None else flow_reached(trades, begin, end, right=right) for right in ("C", "P")}
    return Stretch(
        name=name,
        begin_ns=begin,
        end_ns=end,
        first_ns=int(own[0]) - WINDOW_NS if len(own) else None,
        last_ns=int(own[-1]) if len(own) else None,
        windows=len(own),
        prices=price_range(prices),
        future=None if futures is None else futures[0],
        future_flow=None if futures is None else flow_reached(futures[1], begin, end),
        calls=bought["C"],
        puts=bought["P"],
    )


def _regime(scores: pa.Table, reached: int) -> RegimeNow:
    row = scores.filter(pc.equal(scores["ts_window_end"], reached)).to_pylist()[0]
    names = ("ts_window_end", "regime", "magnitude", "scale", "net_gex", "net_gex_se", "confidence", "hedge_per_sigma", "reason")
    return RegimeNow(**{name: row[name] for name in names})


def _quality(lake: Lake, product: str, reached: int, convention: str) -> Quality | None:
    day = datetime.fromtimestamp((reached - 1) // SECOND_NS, tz=UTC).date()
    levels = lake.find("silver_gex_levels", product=product, day=day)
    rows = [] if levels is None else rows_at(levels, reached, _LEVELS).to_pylist()
    of = [row for row in rows if (row["convention"], row["scope"]) == (convention, "selected")]
    if not of:
        return None
    quotes = lake.find("silver_option_quotes", product=product, day=day)
    books = None if quotes is None else rows_at(quotes, reached, ("is_complete",))
    return Quality(
        ts_window_end=reached,
        forward_quality=of[0]["forward_quality"],
        coverage=of[0]["coverage"],
        quoted_share=of[0]["quoted_share"],
        complete_share=None if books is None else pc.mean(books["is_complete"]).as_py(),
    )


def _missing(
    lake: Lake, product: str, days: Sequence[date], stretches: Sequence[Stretch], *, until: int, reached: int
) -> Iterator[str]:
    for day in days:
        refused = [name for name in DAY_TABLES if lake.rejection(name, product=product, day=day) is not None]
        if refused:
            more = "" if len(refused) == 1 else f" and {counted(len(refused) - 1, 'table')} more"
            yield f"the latest delivery of {day} was refused for {refused[0]}{more}"
        until_ns = partial_until(lake, "regime_scores", product=product, day=day)
        if until_ns is not None:
            yield f"{day} is a partial day: {while_running(until_ns)}"
        if lake.find("regime_scores", product=product, day=day) is None:
            yield f"no windows of {day} UTC are published"
    for one in stretches:
        expected = (one.end_ns - one.begin_ns) // WINDOW_NS
        if one.windows < _LEAST_SHARE_OF_WINDOWS * expected:
            yield f"{one.name}: {one.windows:,} of {expected:,} windows are published"
    if until - reached > WINDOW_NS:
        yield f"regime and quality are as of {counted((until - reached) // SECOND_NS, 'second')} before the moment"
    if stretches and all(one.future is None for one in stretches):
        yield "no futures are published, so no flow of futures"
    if stretches and all(one.calls is None for one in stretches):
        yield "no option trades are published, so no flow of options"
